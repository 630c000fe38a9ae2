//! Drafts: their content, their check by the tone policies, and publishing them.

use std::sync::Arc;

use jiff::Timestamp;
use patchbay_journal::NewOutbox;
use patchbay_model::actor::Actor;
use patchbay_model::interaction::{Draft, WrittenBy};
use patchbay_model::situation::DraftInput;
use patchbay_records::outbox_payload::Payload;
use patchbay_records::reply::{UnconfirmedReply, Undo};
use patchbay_records::snapshot::span;

use super::decide::{self, PolicyResult};
use super::unit_of_work::UnitOfWork;
use super::{Pass, PassError, load};

pub(super) fn draft(
    unit: &UnitOfWork,
    actor: &Actor,
    id: &str,
    text: &str,
    written_by: WrittenBy,
) -> Draft {
    let snapshot = unit.snapshot();
    Draft {
        id: id.to_owned(),
        channel: snapshot.channel.clone(),
        text: text.to_owned(),
        visibility: snapshot.visibility,
        written_by,
        agent: Some(actor.id.clone()),
        interaction: unit
            .latest_message()
            .map(|latest| latest.interaction.id.clone()),
        attachments: Vec::new(),
    }
}

/// Call the tone policies about a draft.
pub(super) fn check<'p>(
    pass: &'p Pass<'_>,
    unit: &UnitOfWork,
    draft: &Draft,
    composing: bool,
) -> Result<PolicyResult<'p>, PassError> {
    // The message was classified when it came in, or no policy classified it:
    // not again here.
    let input = match unit.latest_message() {
        Some(answered) => load::decision_input(pass, &unit.conversation, &answered)?,
        None => load::draft_input(pass, &unit.conversation, draft)?,
    };
    let draft = DraftInput {
        draft: Arc::new(draft.clone()),
        composing,
    };
    decide::check(pass, input, draft)
}

/// When a reply that is published now is sent, if it may be taken back until then.
pub(super) fn sends_at(pass: &Pass<'_>) -> Option<Timestamp> {
    let wait = pass.generation.desk.send_after;
    let at = pass.now.checked_add(span(wait)).ok();
    at.filter(|_| wait.0 > 0)
}

/// Put a drafted reply into the outbox. The SLA clocks run until the channel
/// accepts it.
pub(super) fn publish(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    (entry, written_by): (u64, WrittenBy),
    mut sending: UnconfirmedReply,
    target: String,
) {
    let conversation = unit.conversation.row.id;
    let sends_at = sends_at(pass);
    unit.outbox.push(NewOutbox {
        key: sending.key.clone(),
        target,
        payload: Payload::Entry(conversation, entry).to_bytes(),
        conversation: Some(conversation),
        not_before: sends_at.unwrap_or(pass.now),
        can_take_back: sends_at.is_some(),
    });
    let snapshot = unit.snapshot_mut();
    let silent_at = snapshot.silent_at.take();
    sending.undo = sends_at.map(|sends_at| Undo {
        sends_at,
        silent_at,
        last_message: snapshot.last_message.clone(),
    });
    snapshot.sending.push(sending);
    snapshot.set_last_reply(entry, written_by, pass.now);
}
