//! Running clocks follow the business hours and SLA targets of the generation
//! that decides.

use jiff::Timestamp;
use patchbay_events::{ClocksChangedEvent, Event};
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::desk::RunningClocks;
use patchbay_model::sla::{Clock, ClockEvent, Due, Targets};
use patchbay_records::snapshot::{from_unix_ms, unix_ms};

use super::unit_of_work::UnitOfWork;
use super::{Pass, commit};

/// Move the conversation's clocks to the rules of the pass's generation. Time
/// that passed until they changed stays counted by the hours before. Returns
/// what fell due until then.
pub(super) fn follow_rules(pass: &Pass<'_>, unit: &mut UnitOfWork) -> Vec<Due> {
    let rules = &pass.clock_rules;
    let snapshot = unit.snapshot();
    let followed = snapshot.clock_rules;
    if followed == Some(rules.digest) {
        return Vec::new();
    }
    // After a restart the hours before are not known, nor when they changed:
    // everything since the last event counts by the new rules.
    let known = followed.and_then(|digest| rules.hours(digest));
    let last_event = from_unix_ms(snapshot.clocks.latest_ms());
    let at = known.map_or(last_event, |_| rules.changed_at);
    let before = promise(pass, unit);
    let targets = targets(pass, unit);
    let due = retarget(pass, unit, targets, at);
    let (targets, due_at) = promise(pass, unit);
    if before != (targets.clone(), due_at) {
        let target = |clock: Clock| Some((clock.plan_key().to_owned(), targets.of(clock)?));
        let event = ClocksChangedEvent {
            sla: Clock::ALL.into_iter().filter_map(target).collect(),
            hours: targets.hours.clone(),
            due_at,
        };
        commit::record(pass, unit, Event::ClocksChanged(event), None);
    }
    due
}

/// The targets of the clocks, and the nearest deadline.
fn promise(pass: &Pass<'_>, unit: &UnitOfWork) -> (Targets, Option<Timestamp>) {
    let snapshot = unit.snapshot();
    let nearest = snapshot.clocks.nearest_deadline(pass.hours(snapshot));
    let targets = snapshot.clocks.targets().clone();
    (targets, nearest.map(|nearest| from_unix_ms(nearest.at_ms)))
}

/// The targets of its queue and plan, or those it has where running clocks keep
/// theirs.
fn targets(pass: &Pass<'_>, unit: &UnitOfWork) -> Targets {
    let snapshot = unit.snapshot();
    let present = snapshot.clocks.targets().clone();
    let keeps = pass.generation.desk.running_clocks == RunningClocks::Keep;
    let (Some(plan), Some(queue)) = (&snapshot.plan, &snapshot.queue) else {
        return present;
    };
    if keeps || snapshot.state == ConversationState::Resolved {
        return present;
    }
    // A removed queue's conversations get the targets of the one they move to.
    let queue = pass.generation.present_queue(queue);
    let queue = pass.generation.queues.get(queue);
    let sla = queue.map(|queue| &queue.sla).cloned().unwrap_or_default();
    Targets::merged(&sla, &plan.sla)
}

/// Set the targets of the running clocks at a moment, usually now. Returns what
/// fell due until then.
pub(super) fn retarget(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    targets: Targets,
    at: Timestamp,
) -> Vec<Due> {
    let rules = &pass.clock_rules;
    let is_same = unit.snapshot().clock_rules == Some(rules.digest);
    if is_same && *unit.snapshot().clocks.targets() == targets {
        return Vec::new();
    }
    let snapshot = &mut unit.conversation.snapshot;
    let hours = match &snapshot.queue {
        Some(_) => pass.hours(snapshot),
        // The time since its message counts by the hours of its first queue.
        None => {
            let calendars = &pass.generation.surroundings.hours;
            let name = targets.hours.as_ref();
            name.and_then(|name| calendars.get(name))
        }
    };
    // The clocks never refuse new targets.
    let event = ClockEvent::Retarget { targets };
    let due = snapshot.clocks.apply(unix_ms(at), event, hours);
    snapshot.clock_rules = Some(rules.digest);
    due.unwrap_or_default()
}
