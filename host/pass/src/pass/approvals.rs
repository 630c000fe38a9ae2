//! Replies that wait for approval.

use patchbay_events::{Event, ReplyApprovedEvent, ReplyCheckedEvent, ReplyRejectedEvent};
use patchbay_journal::Purpose;
use patchbay_model::actor::{Actor, ActorRole};
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::decision::tone::{Review, Verdict};
use patchbay_model::desk::{ApprovalStep, Need};
use patchbay_model::interaction::{Draft, WrittenBy};
use patchbay_records::approval::ApprovalRefusal;
use patchbay_records::reply::{self, PendingReply, ReplyResult, ReplyStatus, UnconfirmedReply};
use patchbay_records::{thread, written_reply};
use serde_json::json;

use super::unit_of_work::{Attempt, UnitOfWork};
use super::{Pass, PassError, commit, drafts, recipient, state_changes};
use crate::agent_action::ActionError;

/// Who must approve a reply: the teams the tone policies name, else the team
/// escalation named, else the company's rules, else any supervisor.
pub(super) fn steps(
    pass: &Pass<'_>,
    unit: &UnitOfWork,
    review: Option<&Review>,
) -> Vec<ApprovalStep> {
    let teams = review.into_iter().flat_map(|review| &review.approvers);
    let mut teams: Vec<&String> = teams.collect();
    if teams.is_empty() {
        teams.extend(&unit.snapshot().approvers);
    }
    let rules = &pass.generation.desk.approvals;
    if teams.is_empty() && !rules.is_empty() {
        return rules.clone();
    }
    let step = |approvers| ApprovalStep {
        approvers,
        need: Need::Any,
    };
    if teams.is_empty() {
        return vec![step(Vec::new())];
    }
    let floor = pass.floor.lock();
    teams.iter().map(|team| step(floor.team(team))).collect()
}

/// Approve the pending reply. The last approval publishes it, after another
/// check where the generation changed meanwhile.
pub(super) fn approve(pass: &Pass<'_>, unit: &mut UnitOfWork, actor: &Actor, id: &str) -> Attempt {
    let mut pending = match pending(unit, actor, id) {
        Ok(pending) => pending,
        Err(refused) => return Ok(Err(refused)),
    };
    if let Some(index) = removed_file(pass, unit, &pending)? {
        return Ok(Err(ActionError::RemovedFile { index }));
    }
    if let Some(need) = pending.steps.get(pending.step).map(|step| step.need) {
        if !pending.approved.contains(&actor.id) {
            pending.approved.push(actor.id.clone());
        }
        let is_over = match need {
            Need::Any => true,
            Need::All => {
                let mut approvers = pending.approvers().into_iter();
                approvers.all(|approver| pending.approved.contains(approver))
            }
        };
        if is_over {
            pending.step += 1;
            pending.approved.clear();
        }
    }
    let is_last = pending.step >= pending.steps.len();
    let first = unit.entries.len();
    let status = match is_last {
        true => match release(pass, unit, &pending)? {
            Ok(status) => status,
            Err(refused) => return Ok(Err(refused)),
        },
        false => ReplyStatus::Held,
    };
    let sends_at = drafts::sends_at(pass).filter(|_| status == ReplyStatus::Published);
    let event = Event::ReplyApproved(ReplyApprovedEvent {
        reply: id.to_owned(),
        by: actor.clone(),
        step: pending.step,
        complete: is_last,
    });
    commit::record(pass, unit, event, None);
    // The approval is recorded only for a reply that can be published, and
    // stands before the publication.
    unit.entries[first..].rotate_right(1);
    for decision in &mut unit.trace.decisions {
        decision.entry += u64::from(decision.entry >= first as u64);
    }
    if !is_last {
        unit.snapshot_mut().pending = Some(pending);
    }
    Ok(Ok(Some(ReplyResult {
        sends_at,
        ..ReplyResult::of(id, status)
    })))
}

/// Publish an approved reply, or block it.
fn release(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    pending: &PendingReply,
) -> Result<Result<ReplyStatus, ActionError>, PassError> {
    let channel = unit.snapshot().channel.clone();
    let Some(target) = pass
        .generation
        .publishers
        .for_channel(&channel)
        .map(str::to_owned)
    else {
        return Ok(Err(ActionError::NoPublisher { channel }));
    };
    let mut status = ReplyStatus::Published;
    let again = pending.generation != pass.generation.number;
    let mut checked =
        ReplyCheckedEvent::approved(pending.id.clone(), pending.digest.clone(), again);
    checked.sends_at = drafts::sends_at(pass);
    if again {
        let Some(draft) = stored_draft(pass, unit, pending)? else {
            return Ok(Err(ActionError::CustomerErased));
        };
        let result = drafts::check(pass, unit, &draft, false)?;
        let review = result.decision.tone.as_ref();
        let event = match review.map(|review| review.verdict) {
            Some(Verdict::Block) => {
                status = ReplyStatus::Blocked;
                checked.sends_at = None;
                Event::ReplyBlocked(checked)
            }
            _ => Event::ReplyPublished(checked),
        };
        commit::record(pass, unit, event, Some(&result));
    } else {
        commit::record(pass, unit, Event::ReplyPublished(checked), None);
    }
    unit.snapshot_mut().pending = None;
    if status == ReplyStatus::Published {
        let sending = UnconfirmedReply {
            key: reply::outbox_key(unit.conversation.row.id, pending.entry),
            id: pending.id.clone(),
            by: pending.by.clone(),
            then: pending.then,
            answers_up_to: pending.answers_up_to,
            published_in: match unit.snapshot().state {
                ConversationState::AwaitingApproval => Some(ConversationState::Active),
                other => Some(other),
            },
            undo: None,
        };
        let recipient = recipient::find(pass, unit)?.ok();
        let account = recipient
            .as_ref()
            .and_then(|it| it.source.account.as_deref());
        let target = pass.generation.target_of_account(&target, account);
        let draft = stored_draft(pass, unit, pending)?;
        let written_by = draft.map_or(WrittenBy::Human, |draft| draft.written_by);
        drafts::publish(pass, unit, (pending.entry, written_by), sending, target);
    }
    state_changes::end_approval(pass, unit, &pending.id, status);
    Ok(Ok(status))
}

/// Position of a file of a pending reply that was removed since.
fn removed_file(
    pass: &Pass<'_>,
    unit: &UnitOfWork,
    pending: &PendingReply,
) -> Result<Option<usize>, PassError> {
    let conversation = unit.conversation.row.id;
    let stored = written_reply::read(pass.journal, pass.company, conversation, pending.entry)?;
    let written = stored.and_then(|stored| stored.written);
    let files = written.map(|written| written.attachments);
    let of = (pass.company, Some(conversation));
    let removed = thread::removed_files(pass.journal, of, &files.unwrap_or_default())?;
    Ok(removed.first().copied())
}

/// The draft of a pending reply; `None` where the contact was erased.
fn stored_draft(
    pass: &Pass<'_>,
    unit: &UnitOfWork,
    pending: &PendingReply,
) -> Result<Option<Draft>, PassError> {
    let conversation = unit.conversation.row.id;
    let stored = written_reply::read(pass.journal, pass.company, conversation, pending.entry)?;
    let Some(stored) = stored.and_then(|stored| stored.written) else {
        return Ok(None);
    };
    let actor = Actor {
        id: pending.by.clone(),
        role: ActorRole::Agent,
    };
    Ok(Some(Draft {
        attachments: stored.attachments,
        ..drafts::draft(unit, &actor, &pending.id, &stored.text, stored.written_by)
    }))
}

/// Reject the pending reply.
pub(super) fn reject(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    actor: &Actor,
    id: &str,
    why: &str,
) -> Result<Option<ReplyResult>, ActionError> {
    let pending = pending(unit, actor, id)?;
    unit.snapshot_mut().pending = None;
    // The approver's words may quote the customer: they are sealed.
    let sealed = unit.contact().and_then(|contact| {
        let why = json!({"why": why}).to_string();
        let journal = pass.journal;
        let sealed = journal.seal(pass.company, contact, Purpose::Entry, why.as_bytes());
        Some((contact, sealed.ok()?))
    });
    let event = Event::ReplyRejected(ReplyRejectedEvent {
        reply: id.to_owned(),
        by: actor.clone(),
    });
    commit::record(pass, unit, event, None);
    if let Some((contact, sealed)) = sealed {
        commit::attach_sealed(unit, contact, sealed);
    }
    state_changes::end_approval(pass, unit, &pending.id, ReplyStatus::Rejected);
    Ok(Some(ReplyResult::of(id, ReplyStatus::Rejected)))
}

/// The pending reply, if it has this id and the actor may approve it.
fn pending(unit: &UnitOfWork, actor: &Actor, id: &str) -> Result<PendingReply, ActionError> {
    let pending = unit.snapshot().pending.clone();
    let pending = pending.filter(|pending| pending.id == id);
    let pending = pending.ok_or_else(|| ActionError::NothingPending { id: id.to_owned() })?;
    match pending.check_approver(actor) {
        Ok(()) => Ok(pending),
        Err(ApprovalRefusal::OwnReply) => Err(ActionError::OwnReply),
        Err(ApprovalRefusal::SupervisorsOnly) => Err(ActionError::SupervisorsOnly),
        Err(ApprovalRefusal::NotAnApprover(approvers)) => {
            Err(ActionError::NotAnApprover { approvers })
        }
    }
}
