//! What is due in a conversation: SLA clocks, wake-ups, silent agents, holds,
//! parking and wrap-up.

use patchbay_events::{Event, TriggeredEvent};
use patchbay_model::conversation::{RouteCause, Trigger, TriggerCode};
use patchbay_model::conversation_state::ConversationState;
use patchbay_records::snapshot::WakeUp;

use super::unit_of_work::UnitOfWork;
use super::{Pass, act, state_changes};
use crate::floor_state::FollowUp;

/// Do what needs no policy, and return the events that call escalation, but for
/// those of SLA clocks.
pub(super) fn collect(pass: &Pass<'_>, unit: &mut UnitOfWork) -> Vec<Event> {
    let now = pass.now;
    let snapshot = &mut unit.conversation.snapshot;
    let triggered = |trigger| TriggeredEvent {
        trigger,
        decision: None,
    };
    let mut events = Vec::new();
    let is_due = |wake_up: &&WakeUp| wake_up.at <= now;
    let due = snapshot.wake_ups.iter().filter(is_due).count();
    for wake_up in snapshot.wake_ups.drain(..due) {
        events.push(Event::WokeUp(triggered(Trigger {
            subject: wake_up.name,
            due_at: Some(wake_up.at),
            ..Trigger::of(TriggerCode::WakeUp)
        })));
    }
    if snapshot.silent_at.is_some_and(|at| at <= now) {
        snapshot.silent_at = None;
        events.push(act::triggered(Trigger {
            agent: snapshot.owner.clone(),
            ..Trigger::of(TriggerCode::SilentAgent)
        }));
    }
    if snapshot.held_until.is_some_and(|at| at <= now) {
        snapshot.held_until = None;
        if snapshot.state == ConversationState::OnHold && snapshot.owner.is_none() {
            state_changes::change_state(pass, unit, ConversationState::Queued, None);
            unit.is_routed = true;
            unit.follow_ups.push(FollowUp::Route(RouteCause::Held));
        }
    }
    let snapshot = unit.snapshot_mut();
    if snapshot.park_at.is_some_and(|at| at <= now) {
        snapshot.park_at = None;
        state_changes::park(pass, unit);
    }
    if unit.snapshot().wrap_until.is_some_and(|at| at <= now) {
        state_changes::change_state(pass, unit, ConversationState::Resolved, None);
    }
    events
}
