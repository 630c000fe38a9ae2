//! Replies to the customer: a draft is checked, then published, held, returned
//! for changes or blocked; and what became of its delivery.

use patchbay_company::MessageTemplate;
use patchbay_events::{
    AlertEvent, Event, ReplyCheckedEvent, ReplyDeliveredEvent, ReplyDraftedEvent,
    ReplyUndeliverableEvent, StaleCause, StateChangedEvent,
};
use patchbay_journal::{FailedDelivery, OutboxState, Purpose, SealError};
use patchbay_model::actor::Actor;
use patchbay_model::channel::CONNECTION_TARGET;
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::decision::tone::Verdict;
use patchbay_model::final_failure::FinalFailure;
use patchbay_model::interaction::{Draft, WrittenBy};
use patchbay_records::reply::{
    self, AfterReply, ExpectedEcho, FilledTemplate, PendingReply, Reply, ReplyRecord, ReplyResult,
    ReplyStatus, UnconfirmedReply,
};
use serde_json::json;

use super::known_reply::KnownReply;
use super::recipient::Recipient;
use super::unit_of_work::{Attempt, UnitOfWork};
use super::{
    Pass, PassError, agent_actions, approvals, commit, customer_message, drafts, files,
    known_reply, newer_entries, recipient, state_changes, unanswered, words,
};
use crate::agent_action::{ActionError, DraftCheck};

/// Attribute with the provider's id of a message.
const PROVIDER_ID: &str = "provider_id";
/// Attribute with the subject of a mail.
const SUBJECT: &str = "subject";

/// Reply to the customer.
pub(super) fn reply(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    actor: &Actor,
    (reply, expected): (&Reply, Option<u64>),
) -> Attempt {
    if let Err(refused) = unit.check_access(actor) {
        return Ok(Err(refused));
    }
    let template = match find_template(pass, unit, reply) {
        Ok(template) => template,
        // A repeated request of a reply whose template is gone meanwhile.
        Err(refused) => return known_result(pass, unit, reply, refused),
    };
    let attachments = match files::find(pass, unit, reply)? {
        Ok(attachments) => attachments,
        Err(refused) => return known_result(pass, unit, reply, refused),
    };
    let text = template.as_ref().map_or(&reply.text, |it| &it.text);
    let draft = Draft {
        attachments,
        ..drafts::draft(unit, actor, &reply.id, text, reply.written_by)
    };
    let digest = reply::draft_digest(&draft);
    if let Some(known) = known_reply::find(pass, unit, &reply.id)? {
        if known.digest != digest {
            return Ok(Err(ActionError::ReplyIdTaken {
                id: reply.id.clone(),
            }));
        }
        // A reply returned for changes may be sent again; all else is done.
        if known.status != ReplyStatus::Revise {
            return Ok(Ok(Some(repeated_result(unit, &known))));
        }
    }
    if let Err(refused) = newer_entries::check(pass, unit, actor, expected)? {
        return Ok(Err(refused));
    }
    let target = match check_publishable(pass, unit, &draft) {
        Ok(target) => target.to_owned(),
        Err(refused) => return Ok(Err(refused)),
    };
    let recipient = match recipient::find(pass, unit)? {
        Ok(recipient) => recipient,
        Err(refused) => return Ok(Err(refused)),
    };
    if let Err(refused) = files::check_contact(pass, unit, &draft, recipient.contact)? {
        return Ok(Err(refused));
    }
    let result = drafts::check(pass, unit, &draft, false)?;
    let review = result.decision.tone.clone();
    state_changes::make_stale(pass, unit, StaleCause::Superseded);
    let recorded = record_draft(
        pass,
        unit,
        actor,
        (&draft, template.as_ref()),
        &digest,
        &recipient,
    );
    let entry = match recorded {
        Ok(entry) => entry,
        Err(refused) => return Ok(Err(refused)),
    };
    let rules = &pass.generation.desk;
    let needs_approval = unit.snapshot().needs_approval || rules.approve_all;
    let mut checked = ReplyCheckedEvent {
        reply: reply.id.clone(),
        by: Some(actor.clone()),
        written_by: Some(reply.written_by),
        digest: digest.clone(),
        approval_required: Some(needs_approval),
        sends_at: None,
        checked_again: false,
        decision: None,
    };
    let (status, event) = match review.as_ref().map(|review| review.verdict) {
        Some(Verdict::Block) => (ReplyStatus::Blocked, Event::ReplyBlocked(checked)),
        Some(Verdict::Revise) => (ReplyStatus::Revise, Event::ReplyRevise(checked)),
        Some(Verdict::Approve) | None if !needs_approval => {
            checked.sends_at = drafts::sends_at(pass);
            (ReplyStatus::Published, Event::ReplyPublished(checked))
        }
        Some(Verdict::Hold | Verdict::Approve) | None => {
            (ReplyStatus::Held, Event::ReplyHeld(checked))
        }
    };
    commit::record(pass, unit, event, Some(&result));
    commit::remember(pass, unit, &result);
    let sends_at = drafts::sends_at(pass).filter(|_| status == ReplyStatus::Published);
    match status {
        ReplyStatus::Held => {
            unit.snapshot_mut().pending = Some(PendingReply {
                id: reply.id.clone(),
                entry,
                by: actor.id.clone(),
                digest: digest.clone(),
                generation: pass.generation.number,
                since: pass.now,
                then: reply.then,
                answers_up_to: Some(unit.snapshot().unanswered.newest_ordinal()),
                steps: approvals::steps(pass, unit, review.as_ref()),
                step: 0,
                approved: Vec::new(),
            });
            if unit.snapshot().owner.is_some() {
                pass.enter(unit, ConversationState::AwaitingApproval);
            }
        }
        ReplyStatus::Published => {
            let sending = UnconfirmedReply {
                key: reply::outbox_key(unit.conversation.row.id, entry),
                id: reply.id.clone(),
                by: actor.id.clone(),
                then: reply.then,
                answers_up_to: Some(unit.snapshot().unanswered.newest_ordinal()),
                published_in: Some(unit.snapshot().state),
                undo: None,
            };
            let account = recipient.source.account.as_deref();
            let target = pass.generation.target_of_account(&target, account);
            drafts::publish(pass, unit, (entry, reply.written_by), sending, target);
        }
        _ => {}
    }
    let echo = ExpectedEcho {
        key: reply::outbox_key(unit.conversation.row.id, entry),
        text: reply::text_digest(&draft.text),
        written_at: pass.now,
        has_come: false,
    };
    unit.snapshot_mut().record_reply(ReplyRecord {
        id: reply.id.clone(),
        digest,
        status,
        echo: Some(echo),
    });
    Ok(Ok(Some(ReplyResult {
        review,
        sends_at,
        ..ReplyResult::of(&reply.id, status)
    })))
}

/// What a request is answered that would be refused, unless it repeats a known reply.
fn known_result(
    pass: &Pass<'_>,
    unit: &UnitOfWork,
    reply: &Reply,
    refused: ActionError,
) -> Result<Result<Option<ReplyResult>, ActionError>, PassError> {
    Ok(match known_reply::find(pass, unit, &reply.id)? {
        Some(known) if known.status != ReplyStatus::Revise => {
            Ok(Some(repeated_result(unit, &known)))
        }
        _ => Err(refused),
    })
}

/// What a repeated request of a reply is answered.
fn repeated_result(unit: &UnitOfWork, known: &KnownReply) -> ReplyResult {
    let mut sending = unit.snapshot().sending.iter();
    let sending = sending.find(|sending| sending.id == known.id);
    let undo = sending.and_then(|sending| sending.undo.as_ref());
    ReplyResult {
        sends_at: undo.map(|undo| undo.sends_at),
        ..ReplyResult::of(&known.id, known.status)
    }
}

/// A template of the company file, filled in.
struct ReplyTemplate<'a> {
    template: &'a MessageTemplate,
    parameters: &'a [String],
    text: String,
}

/// The template of a reply, filled in; `None` for a reply with a text of its own.
fn find_template<'a>(
    pass: &'a Pass<'_>,
    unit: &UnitOfWork,
    reply: &'a Reply,
) -> Result<Option<ReplyTemplate<'a>>, ActionError> {
    let Some(FilledTemplate { id, parameters }) = &reply.template else {
        return Ok(None);
    };
    let channel = &unit.snapshot().channel;
    let templates = pass.generation.templates.get(channel);
    let template = templates.and_then(|all| all.get(id));
    let template = template.ok_or_else(|| ActionError::UnknownTemplate {
        channel: channel.clone(),
        id: id.clone(),
    })?;
    Ok(Some(ReplyTemplate {
        template,
        parameters,
        text: template.fill_in(parameters)?,
    }))
}

/// Check a draft while it is typed.
pub(super) fn check_typed(
    pass: &Pass<'_>,
    unit: &UnitOfWork,
    actor: &Actor,
    text: &str,
    written_by: WrittenBy,
) -> Result<DraftCheck, PassError> {
    let draft = drafts::draft(unit, actor, "typed", text, written_by);
    let surroundings = &pass.generation.surroundings;
    let measure = surroundings.measure(&draft.channel, draft.visibility(), text);
    let result = drafts::check(pass, unit, &draft, true)?;
    Ok(DraftCheck {
        review: result.decision.tone.clone(),
        length: measure.length,
        limit: measure.limit,
    })
}

/// Find the target that publishes the reply, or why it cannot be published.
fn check_publishable<'p>(
    pass: &'p Pass<'_>,
    unit: &UnitOfWork,
    draft: &Draft,
) -> Result<&'p str, ActionError> {
    if unit.snapshot().state == ConversationState::Resolved {
        return Err(unit.not_now());
    }
    let channel = &draft.channel;
    let target = pass.generation.publishers.for_channel(channel);
    let target = target.ok_or_else(|| ActionError::NoPublisher {
        channel: channel.clone(),
    })?;
    let measure = pass
        .generation
        .surroundings
        .measure(channel, draft.visibility(), &draft.text);
    let is_connection = target.starts_with(CONNECTION_TARGET);
    files::check(pass, draft, is_connection)?;
    // A connection sends a long reply in parts.
    let is_divided = is_connection && !pass.generation.surroundings.lengths.contains_key(channel);
    if !is_divided && let (false, Some(limit)) = (measure.fits(), measure.limit) {
        return Err(ActionError::TooLong {
            channel: channel.clone(),
            length: measure.length,
            limit,
        });
    }
    Ok(target)
}

/// Add the entry with the sealed reply as it would be published. Returns the
/// entry's number.
fn record_draft(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    actor: &Actor,
    (draft, template): (&Draft, Option<&ReplyTemplate<'_>>),
    digest: &str,
    recipient: &Recipient,
) -> Result<u64, ActionError> {
    let number = unit.next_entry();
    let source = &recipient.source;
    let mut body = json!({
        "type": "reply",
        "id": reply::outbox_key(unit.conversation.row.id, number),
        "company": pass.generation.company,
        "conversation": unit.conversation.row.id.to_string(),
        "channel": draft.channel,
        "visibility": draft.visibility(),
        "account": source.account,
        "thread": source.conversation,
        "to": source.author.address,
        "text": draft.text,
        "attachments": draft.attachments,
        "written_by": draft.written_by,
        "agent": actor.id,
        "written_at": pass.now,
    });
    if let Some(ReplyTemplate {
        template,
        parameters,
        ..
    }) = template
    {
        body["template"] = json!({
            "name": template.name,
            "language": template.language,
            "parameters": parameters,
        });
    }
    if let Some(answered) = &recipient.in_reply_to {
        body["in_reply_to"] = json!(answered);
        // The provider knows the message by an id of its own.
        if let Some(id) = source.attributes.get(PROVIDER_ID) {
            body["in_reply_to_provider_id"] = id.clone();
        }
        if let Some(subject) = source.attributes.get(SUBJECT) {
            body["subject"] = subject.clone();
        }
    }
    let (journal, body) = (pass.journal, body.to_string());
    let sealed = journal.seal(
        pass.company,
        recipient.contact,
        Purpose::Entry,
        body.as_bytes(),
    );
    let sealed = sealed.map_err(|error| match error {
        SealError::Erased(_) => ActionError::CustomerErased,
        other => ActionError::Journal(other.to_string()),
    })?;
    let event = Event::ReplyDrafted(ReplyDraftedEvent {
        reply: draft.id.clone(),
        by: actor.clone(),
        written_by: draft.written_by,
        digest: digest.to_owned(),
    });
    commit::record(pass, unit, event, None);
    commit::attach_sealed(unit, recipient.contact, sealed);
    words::note_text(unit, recipient.contact, &draft.text);
    unit.files.extend(files::named_files(draft));
    Ok(number)
}

/// The channel accepted a reply: it answers what was there when it was drafted.
/// Then do what the agent chose, where it still applies.
pub(super) fn delivered(pass: &Pass<'_>, unit: &mut UnitOfWork, key: &str) {
    unit.sent.push(key.to_owned());
    let sending = &mut unit.snapshot_mut().sending;
    let Some(position) = sending.iter().position(|sending| sending.key == key) else {
        return;
    };
    let sent = sending.remove(position);
    let clock = unanswered::answer(pass, unit, sent.answer());
    let effect = then_effect(unit, &sent);
    let snapshot = unit.snapshot_mut();
    snapshot.last_agent = Some(sent.by.clone());
    snapshot.answered_at = Some(pass.now);
    state_changes::set_status(unit, &sent.id, ReplyStatus::Delivered);
    let event = Event::ReplyDelivered(ReplyDeliveredEvent {
        reply: sent.id,
        by: sent.by,
        key: key.to_owned(),
        withheld: (effect == ThenEffect::Withheld).then_some(sent.then),
        clock,
    });
    commit::record(pass, unit, event, None);
    if effect != ThenEffect::Applies {
        return;
    }
    match sent.then {
        AfterReply::Stay => {}
        AfterReply::Wait => state_changes::wait_on_customer(pass, unit, None),
        // Refused where no agent holds it, which withholds it.
        AfterReply::WrapUp => {
            let _ = state_changes::start_wrap_up(pass, unit, None);
        }
        AfterReply::Resolve => {
            state_changes::change_state(pass, unit, ConversationState::Resolved, None)
        }
    }
}

/// Effect of what an agent chose to follow a reply.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ThenEffect {
    Applies,
    /// The conversation is so already.
    Reached,
    /// The customer waits for an answer, or a person decided otherwise since the
    /// reply was published.
    Withheld,
}

fn then_effect(unit: &UnitOfWork, sent: &UnconfirmedReply) -> ThenEffect {
    let snapshot = unit.snapshot();
    let (state, then) = (snapshot.state, sent.then);
    let is_reached = match then {
        AfterReply::Stay => true,
        AfterReply::Wait => state == ConversationState::WaitingOnCustomer,
        AfterReply::WrapUp => state == ConversationState::Wrapping,
        AfterReply::Resolve => state == ConversationState::Resolved,
    };
    if is_reached {
        return ThenEffect::Reached;
    }
    // The host makes an offer: it is no person's decision.
    let waits_for_agent = |state| {
        matches!(
            state,
            ConversationState::Queued | ConversationState::Reserved
        )
    };
    let is_as_published = sent.published_in.is_some_and(|published| {
        published == state || waits_for_agent(published) && waits_for_agent(state)
    });
    let may_follow = match state {
        ConversationState::Active | ConversationState::WaitingOnCustomer => true,
        ConversationState::Resolved => false,
        _ => is_as_published,
    };
    let is_unanswered = snapshot.clocks.unanswered_since().is_some();
    let is_held = then != AfterReply::WrapUp || snapshot.owner.is_some();
    match may_follow && is_held && !is_unanswered {
        true => ThenEffect::Applies,
        false => ThenEffect::Withheld,
    }
}

/// Delivery of an item failed for good. A reply stays among those being sent:
/// an operator may retry it. Nothing changes where an earlier call wrote it.
pub(super) fn undeliverable(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    key: &str,
    failure: &FinalFailure,
) -> Result<(), PassError> {
    let item = pass.journal.outbox_item(pass.company, key)?;
    if item.is_none_or(|item| item.state != OutboxState::Waiting) {
        return Ok(());
    }
    let FinalFailure { kind, problem } = failure;
    unit.failed.push(FailedDelivery {
        key: key.to_owned(),
        problem: problem.clone(),
    });
    let sending = &unit.snapshot().sending;
    let Some(sent) = sending.iter().find(|sent| sent.key == key).cloned() else {
        let alert = AlertEvent::Undeliverable {
            reply: None,
            key: key.to_owned(),
            problem: Some(problem.clone()),
            kind: Some(*kind),
        };
        commit::alert(pass, unit, alert);
        return Ok(());
    };
    record_undeliverable(pass, unit, sent.id, key, failure);
    Ok(())
}

/// The channel accepted a reply and reported later that it did not arrive: the
/// conversation returns to its agent, or to a queue. Nothing changes where it was
/// reported before, or where the reply is being sent again.
pub(super) fn undelivered(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    key: &str,
    failure: &FinalFailure,
) -> Result<(), PassError> {
    let reply = known_reply::find_sent(pass, unit, key)?;
    let delivered = reply.filter(|known| known.status == ReplyStatus::Delivered);
    let Some(reply) = delivered.map(|known| known.id) else {
        return Ok(());
    };
    let from = unit.snapshot().state;
    if customer_message::wake(pass, unit) {
        agent_actions::route_again(unit);
    }
    let to = unit.snapshot().state;
    if from != to {
        let by = None;
        let event = Event::StateChanged(StateChangedEvent {
            from,
            to,
            by,
            clock: None,
        });
        commit::record(pass, unit, event, None);
    }
    record_undeliverable(pass, unit, reply, key, failure);
    Ok(())
}

fn record_undeliverable(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    reply: String,
    key: &str,
    FinalFailure { kind, problem }: &FinalFailure,
) {
    state_changes::set_status(unit, &reply, ReplyStatus::Undeliverable);
    let event = Event::ReplyUndeliverable(ReplyUndeliverableEvent {
        reply: reply.clone(),
        key: key.to_owned(),
        problem: problem.clone(),
        kind: Some(*kind),
    });
    commit::record(pass, unit, event, None);
    let alert = AlertEvent::Undeliverable {
        reply: Some(reply),
        key: key.to_owned(),
        problem: None,
        kind: Some(*kind),
    };
    commit::alert(pass, unit, alert);
    let silent_after = pass.generation.desk.silent_after;
    unit.snapshot_mut()
        .restart_silence_timer(silent_after, pass.now);
}
