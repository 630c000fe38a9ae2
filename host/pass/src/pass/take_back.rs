//! Replies that are taken back: what waits to be sent, or for approval, and is not sent.
//!
//! The SLA clocks stop when a channel accepts a reply. A reply that nothing of was sent
//! has stopped none, so there is none to start again.

use patchbay_events::{Event, ReplyTakenBackEvent};
use patchbay_journal::OutboxState;
use patchbay_model::actor::{Actor, ActorRole};
use patchbay_records::reply::{ReplyResult, ReplyStatus, UnconfirmedReply};
use patchbay_records::written_reply::{self, StoredReply};

use super::unit_of_work::{Attempt, UnitOfWork};
use super::{Pass, PassError, commit, known_reply, state_changes};
use crate::agent_action::ActionError;

/// Take a reply back. The same again is answered as the first time.
pub(super) fn take_back(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    actor: &Actor,
    id: &str,
) -> Attempt {
    let nothing = || ActionError::NothingToTakeBack { id: id.to_owned() };
    let Some((status, entry, stored)) = find(pass, unit, id)? else {
        return Ok(Err(nothing()));
    };
    if actor.role != ActorRole::Supervisor && actor.id != stored.by.id {
        return Ok(Err(ActionError::NotTheAuthor { by: stored.by.id }));
    }
    let is_held = status == ReplyStatus::Held;
    match status {
        ReplyStatus::Held => {
            // The history says what a reply was last; another one may be pending since.
            let pending = &mut unit.snapshot_mut().pending;
            if pending.take_if(|pending| pending.id == id).is_none() {
                return Ok(Err(nothing()));
            }
        }
        ReplyStatus::Published => {
            let Some(sending) = remove_unsent(pass, unit, id)? else {
                return Ok(Err(ActionError::AlreadySent { id: id.to_owned() }));
            };
            restore(unit, sending, entry);
        }
        ReplyStatus::TakenBack => {}
        ReplyStatus::Delivered | ReplyStatus::Undeliverable => {
            return Ok(Err(ActionError::AlreadySent { id: id.to_owned() }));
        }
        ReplyStatus::Revise | ReplyStatus::Blocked | ReplyStatus::Rejected | ReplyStatus::Stale => {
            return Ok(Err(nothing()));
        }
    }
    if status != ReplyStatus::TakenBack {
        let event = Event::ReplyTakenBack(ReplyTakenBackEvent {
            reply: id.to_owned(),
            by: actor.clone(),
            held: is_held,
        });
        commit::record(pass, unit, event, None);
    }
    match is_held {
        true => state_changes::end_approval(pass, unit, id, ReplyStatus::TakenBack),
        false => state_changes::set_status(unit, id, ReplyStatus::TakenBack),
    }
    Ok(Ok(Some(ReplyResult {
        draft: stored.written.map(Box::new),
        ..ReplyResult::of(id, ReplyStatus::TakenBack)
    })))
}

/// Status of a reply, the number of its entry, and what is stored of it.
fn find(
    pass: &Pass<'_>,
    unit: &UnitOfWork,
    id: &str,
) -> Result<Option<(ReplyStatus, u64, StoredReply)>, PassError> {
    let conversation = unit.conversation.row.id;
    let Some(known) = known_reply::find(pass, unit, id)? else {
        return Ok(None);
    };
    let Some(entry) = known.entry else {
        return Ok(None);
    };
    let stored = written_reply::read(pass.journal, pass.company, conversation, entry)?;
    Ok(stored.map(|stored| (known.status, entry, stored)))
}

/// Remove a reply from those being sent, and its item from the outbox; `None` if its
/// sending has begun. The commit is refused if it begins before.
fn remove_unsent(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    id: &str,
) -> Result<Option<UnconfirmedReply>, PassError> {
    let sending = &unit.snapshot().sending;
    let Some(position) = sending.iter().position(|sending| sending.id == id) else {
        return Ok(None);
    };
    let item = pass
        .journal
        .outbox_item(pass.company, &sending[position].key)?;
    if item.is_none_or(|item| item.state != OutboxState::Waiting || !item.can_take_back) {
        return Ok(None);
    }
    let removed = unit.snapshot_mut().sending.remove(position);
    unit.taken_back.push(removed.key.clone());
    Ok(Some(removed))
}

/// Restore what the publication of a reply changed.
fn restore(unit: &mut UnitOfWork, sending: UnconfirmedReply, entry: u64) {
    let Some(undo) = sending.undo else {
        return;
    };
    let snapshot = unit.snapshot_mut();
    if snapshot.owner.is_some() && snapshot.clocks.unanswered_since().is_some() {
        let timers = [snapshot.silent_at, undo.silent_at];
        snapshot.silent_at = timers.into_iter().flatten().min();
    }
    snapshot.restore_last_message(entry, undo.last_message);
}
