//! Changes of a conversation's state that several steps share, each with its
//! entry in the history.

use patchbay_events::{
    Departure, Event, ParkedEvent, ReplyStaleEvent, ReturnedEvent, StaleCause, StateChangedEvent,
    StoppedClock,
};
use patchbay_floor::Hold;
use patchbay_model::actor::Actor;
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::sla::Clock;
use patchbay_records::reply::ReplyStatus;
use patchbay_records::snapshot::span;

use super::unit_of_work::UnitOfWork;
use super::{Pass, commit};
use crate::agent_action::ActionError;

/// Enter a state and record it; `by` is `None` for the host.
pub(super) fn change_state(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    to: ConversationState,
    by: Option<&Actor>,
) {
    let from = unit.snapshot().state;
    pass.enter(unit, to);
    let entered = unit.snapshot().state;
    if entered == ConversationState::Resolved {
        make_stale(pass, unit, StaleCause::Resolved);
        unit.snapshot_mut().clear_owner();
    }
    let snapshot = unit.snapshot();
    let ends = entered == ConversationState::Resolved && from != entered;
    let clock = match ends {
        true => {
            let hours = pass.hours(snapshot);
            snapshot.clocks.result(Clock::Resolution, hours)
        }
        false => None,
    };
    let event = Event::StateChanged(StateChangedEvent {
        from,
        to: entered,
        by: by.cloned(),
        clock: clock.map(StoppedClock::from),
    });
    commit::record(pass, unit, event, None);
}

/// The customer has not answered for a while: the conversation holds no
/// capacity any more.
pub(super) fn park(pass: &Pass<'_>, unit: &mut UnitOfWork) {
    let id = unit.conversation.row.id;
    let parked = pass.floor.lock().hold(id, Hold::Parked, pass.now);
    if parked.is_ok() {
        commit::record(pass, unit, Event::Parked(ParkedEvent {}), None);
    }
}

/// Take the conversation from its owner, if it has one.
pub(super) fn take_from_owner(pass: &Pass<'_>, unit: &mut UnitOfWork, because: Departure) {
    let Some(agent) = unit.snapshot().owner.clone() else {
        return;
    };
    unit.snapshot_mut().clear_owner();
    make_stale(pass, unit, StaleCause::AgentLeft);
    let event = Event::Returned(ReturnedEvent {
        agent,
        because,
        state: None,
        by: None,
    });
    commit::record(pass, unit, event, None);
}

/// Wait on the customer. The owner's capacity is freed after `park-after`.
pub(super) fn wait_on_customer(pass: &Pass<'_>, unit: &mut UnitOfWork, by: Option<&Actor>) {
    change_state(pass, unit, ConversationState::WaitingOnCustomer, by);
    let snapshot = unit.snapshot_mut();
    if snapshot.waits_on_customer() {
        let park_after = span(pass.generation.desk.park_after);
        snapshot.park_at = pass.now.checked_add(park_after).ok();
    }
}

pub(super) fn start_wrap_up(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    by: Option<&Actor>,
) -> Result<(), ActionError> {
    let id = unit.conversation.row.id;
    let _ = pass.floor.lock().hold(id, Hold::Wrapping, pass.now)?;
    make_stale(pass, unit, StaleCause::Resolved);
    change_state(pass, unit, ConversationState::Wrapping, by);
    let wrap_up = span(pass.generation.desk.wrap_up);
    unit.snapshot_mut().wrap_until = pass.now.checked_add(wrap_up).ok();
    Ok(())
}

/// Drop the pending reply: it is out of date.
pub(super) fn make_stale(pass: &Pass<'_>, unit: &mut UnitOfWork, because: StaleCause) {
    let Some(pending) = unit.snapshot_mut().pending.take() else {
        return;
    };
    let event = Event::ReplyStale(ReplyStaleEvent {
        reply: pending.id.clone(),
        because,
    });
    commit::record(pass, unit, event, None);
    end_approval(pass, unit, &pending.id, ReplyStatus::Stale);
    let silent_after = pass.generation.desk.silent_after;
    unit.snapshot_mut()
        .restart_silence_timer(silent_after, pass.now);
}

pub(super) fn end_approval(pass: &Pass<'_>, unit: &mut UnitOfWork, id: &str, status: ReplyStatus) {
    set_status(unit, id, status);
    if unit.snapshot().state == ConversationState::AwaitingApproval {
        pass.enter(unit, ConversationState::Active);
    }
}

pub(super) fn set_status(unit: &mut UnitOfWork, id: &str, status: ReplyStatus) {
    let answers = &mut unit.snapshot_mut().answers;
    if let Some(known) = answers.iter_mut().find(|known| known.id == id) {
        known.status = status;
    }
}
