//! Step 4, place: bring the floor in line with the conversation. Before the
//! other steps, what happened on the floor is applied to the conversation.

use jiff::SignedDuration;
use patchbay_events::{
    AlertEvent, AssignedEvent, Departure, Event, OfferedEvent, RefusedEvent, ReturnedEvent,
    StaleCause, TransferredEvent, WidenedEvent, WithdrawnEvent,
};
use patchbay_floor::{
    AgentWait, Arrival, Assignment, ClosedOffer, Offer, Refusal, RoutingTerms, StepChange,
};
use patchbay_journal::Slot;
use patchbay_model::conversation::{RouteCause, Trigger, TriggerCode};
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::decision::route::{Preference, TargetKind};
use patchbay_model::offer::OfferState;

use super::unit_of_work::UnitOfWork;
use super::{Pass, act, commit, state_changes};
use crate::floor_state::{FloorEvent, FloorState, FollowUp};

/// How long a preferred agent who could take the conversation now may take to
/// be offered it.
const AT_ONCE: SignedDuration = SignedDuration::from_secs(1);
/// Score of the agent who last answered the contact.
const SAME_AGENT_SCORE: u8 = 100;

/// Apply what happened to the conversation on the floor.
pub(super) fn apply_floor_events(pass: &Pass<'_>, unit: &mut UnitOfWork) {
    let id = unit.conversation.row.id;
    let (events, record) = {
        let mut floor = pass.floor.lock();
        (floor.take_events(id), floor.record_of(id))
    };
    if events.is_empty() {
        return;
    }
    unit.snapshot_mut().floor = record;
    apply_all(pass, unit, events);
}

fn apply_all(pass: &Pass<'_>, unit: &mut UnitOfWork, events: Vec<FloorEvent>) {
    for event in &events {
        apply(pass, unit, event);
    }
    unit.floor_events.extend(events);
}

fn apply(pass: &Pass<'_>, unit: &mut UnitOfWork, event: &FloorEvent) {
    match event {
        FloorEvent::Offered(offer) => offered(pass, unit, offer),
        FloorEvent::Taken(assignment) => taken(pass, unit, assignment),
        FloorEvent::Refused(refusal) => refused(pass, unit, refusal),
        FloorEvent::Withdrawn(closed) => withdrawn(pass, unit, closed),
        FloorEvent::Widened(step) => widened(pass, unit, step),
        FloorEvent::Returned { agent, because } => returned(pass, unit, agent, *because),
        FloorEvent::Moved { from, to } => moved(pass, unit, from, to),
        FloorEvent::Ended => {
            state_changes::change_state(pass, unit, ConversationState::Resolved, None)
        }
        FloorEvent::Due(follow_up) => unit.follow_ups.push(follow_up.clone()),
    }
}

fn offered(pass: &Pass<'_>, unit: &mut UnitOfWork, offer: &Offer) {
    pass.enter(unit, ConversationState::Reserved);
    let event = Event::Offered(OfferedEvent {
        offer: offer.id,
        agent: offer.agent.clone(),
        deadline: offer.deadline,
        step: offer.step,
        again: offer.again,
    });
    commit::record(pass, unit, event, None);
    if offer.again > 0 {
        let alert = AlertEvent::OfferedAgain {
            agent: offer.agent.clone(),
            again: offer.again,
        };
        commit::alert(pass, unit, alert);
    }
}

fn returned(pass: &Pass<'_>, unit: &mut UnitOfWork, agent: &str, because: Departure) {
    unit.snapshot_mut().clear_owner();
    state_changes::make_stale(pass, unit, StaleCause::AgentLeft);
    // It waits on the customer: no agent could do anything now.
    let stays = unit.snapshot().state == ConversationState::WaitingOnCustomer
        && matches!(because, Departure::Offline | Departure::Removed);
    if !stays {
        pass.enter(unit, ConversationState::Queued);
    }
    let event = Event::Returned(ReturnedEvent {
        agent: agent.to_owned(),
        because,
        state: Some(unit.snapshot().state),
        by: None,
    });
    commit::record(pass, unit, event, None);
    if !stays {
        unit.follow_ups.push(FollowUp::Route(RouteCause::Returned));
    }
}

fn moved(pass: &Pass<'_>, unit: &mut UnitOfWork, from: &str, to: &str) {
    let snapshot = unit.snapshot_mut();
    snapshot.queue = Some(to.to_owned());
    if let Some(plan) = &mut snapshot.plan
        && plan.target.id.as_deref() == Some(from)
        && plan.target.kind == TargetKind::Queue
    {
        plan.target.id = Some(to.to_owned());
    }
    let event = TransferredEvent::queue(to.to_owned(), from.to_owned());
    commit::record(pass, unit, Event::Transferred(event), None);
}

fn taken(pass: &Pass<'_>, unit: &mut UnitOfWork, assignment: &Assignment) {
    let closed = assignment.closed.as_ref();
    let accepted = closed.filter(|closed| closed.state == OfferState::Accepted);
    let event = AssignedEvent {
        agent: assignment.agent.clone(),
        offer: closed.map(|closed| closed.offer.id),
        exceeds_capacity: assignment.exceeds_capacity,
        previous: assignment.previous.clone(),
        by: None,
    };
    let snapshot = unit.snapshot_mut();
    snapshot.drop_stopped_timers();
    snapshot.owner = Some(assignment.agent.clone());
    snapshot.accepted = accepted.map(|closed| closed.offer.id);
    snapshot.restart_silence_timer(pass.generation.desk.silent_after, pass.now);
    pass.enter(unit, ConversationState::Active);
    let event = match accepted {
        Some(_) => Event::Accepted(event),
        None => Event::Assigned(event),
    };
    commit::record(pass, unit, event, None);
}

fn refused(pass: &Pass<'_>, unit: &mut UnitOfWork, refusal: &Refusal) {
    let closed = &refusal.closed;
    let agent = &closed.offer.agent;
    unreserve(pass, unit);
    let event = RefusedEvent {
        offer: closed.offer.id,
        agent: agent.clone(),
        again_at: refusal.again_at,
        alone: refusal.alone,
    };
    let event = match closed.state {
        OfferState::TimedOut => Event::TimedOut(event),
        _ => Event::Declined(event),
    };
    commit::record(pass, unit, event, None);
    if closed.state == OfferState::TimedOut {
        unit.agents.push(agent.clone());
    }
    if refusal.alone {
        let alert = AlertEvent::NoOtherAgentFits {
            agent: agent.clone(),
            queue: unit.snapshot().queue.clone(),
        };
        commit::alert(pass, unit, alert);
        unit.follow_ups.push(FollowUp::Escalate(Trigger {
            agent: Some(agent.clone()),
            ..Trigger::of(TriggerCode::Declined)
        }));
    }
}

fn withdrawn(pass: &Pass<'_>, unit: &mut UnitOfWork, closed: &ClosedOffer) {
    unreserve(pass, unit);
    let event = Event::Withdrawn(WithdrawnEvent {
        offer: closed.offer.id,
        agent: closed.offer.agent.clone(),
        state: closed.state,
    });
    commit::record(pass, unit, event, None);
}

fn widened(pass: &Pass<'_>, unit: &mut UnitOfWork, widened: &StepChange) {
    let event = Event::Widened(WidenedEvent {
        step: widened.step,
        skipped: widened.skipped,
    });
    commit::record(pass, unit, event, None);
    // After the last step routing is called again, also while an agent has an
    // offer.
    if widened.step.is_none() {
        unit.follow_ups.push(FollowUp::Route(RouteCause::Expired));
    }
}

fn unreserve(pass: &Pass<'_>, unit: &mut UnitOfWork) {
    if unit.snapshot().state == ConversationState::Reserved {
        pass.enter(unit, ConversationState::Queued);
    }
}

/// Bring the floor in line: queue the conversation, release it, or set its
/// priority. What happened on the floor meanwhile comes first: an agent who
/// accepted keeps the conversation.
pub(super) fn place(pass: &Pass<'_>, unit: &mut UnitOfWork) {
    let id = unit.conversation.row.id;
    let mut floor = pass.floor.lock();
    apply_late_events(pass, unit, &mut floor);
    let is_on_floor = floor.record_of(id).is_some();
    match unit.snapshot().state {
        ConversationState::Resolved => floor.release(id, pass.now),
        ConversationState::OnHold | ConversationState::WaitingOnCustomer
            if unit.snapshot().owner.is_none() =>
        {
            floor.release(id, pass.now);
        }
        ConversationState::Queued if unit.is_routed || !is_on_floor => {
            enqueue(pass, unit, &mut floor);
        }
        _ => floor.set_priority(id, unit.snapshot().priority, pass.now),
    }
    // An offer withdrawn by that belongs to this commit.
    apply_late_events(pass, unit, &mut floor);
    // The policies were called: what a late event makes due is only recorded.
    for due in std::mem::take(&mut unit.due) {
        commit::record(pass, unit, act::clock_rang(&due), None);
    }
    let snapshot = unit.snapshot_mut();
    snapshot.floor = floor.record_of(id);
    floor.set_waits_on_customer(id, snapshot.waits_on_customer());
    floor.overview.note_unstored(id, snapshot);
}

/// Apply events that came after the policies were called: the next pass does
/// what they call for.
fn apply_late_events(pass: &Pass<'_>, unit: &mut UnitOfWork, floor: &mut FloorState) {
    let id = unit.conversation.row.id;
    let late = floor.take_events(id);
    if late.is_empty() {
        return;
    }
    apply_all(pass, unit, late);
    for follow_up in std::mem::take(&mut unit.follow_ups) {
        floor.postpone(id, follow_up);
    }
}

fn enqueue(pass: &Pass<'_>, unit: &mut UnitOfWork, floor: &mut FloorState) {
    let id = unit.conversation.row.id;
    let default_queue = pass.generation.pipelines.default_queue();
    let snapshot = unit.snapshot_mut();
    let wanted = snapshot.queue.as_deref().unwrap_or(default_queue);
    snapshot.queue = Some(floor.queue_for(wanted));
    let place = (
        Slot::for_thread(pass.company, &unit.conversation.row.thread),
        id,
    );
    let arrival = arrival(pass, unit, floor);
    let Err(error) = floor.enqueue(place, arrival.clone(), pass.now) else {
        return;
    };
    // The engine checked the plan; its queue or agents may be gone since.
    tracing::warn!(company = pass.generation.company, conversation = %id, %error, "cannot follow the route plan; the default queue is used");
    let queue = floor.queue_for(default_queue);
    let arrival = Arrival {
        terms: RoutingTerms::queue(&queue),
        ..arrival
    };
    unit.snapshot_mut().queue = Some(queue);
    if let Err(error) = floor.enqueue(place, arrival, pass.now) {
        tracing::error!(company = pass.generation.company, conversation = %id, %error, "cannot queue a conversation");
    }
}

/// The conversation as it comes to the floor, with its age.
pub(super) fn arrival(pass: &Pass<'_>, unit: &UnitOfWork, floor: &FloorState) -> Arrival {
    let snapshot = unit.snapshot();
    let since = snapshot.floor.as_ref().map(|record| record.since);
    Arrival {
        conversation: unit.conversation.row.id.to_string(),
        channel: snapshot.channel.clone(),
        visibility: snapshot.visibility,
        since: since.unwrap_or(pass.now),
        terms: terms(pass, unit, floor),
    }
}

/// The terms of its route plan.
fn terms(pass: &Pass<'_>, unit: &UnitOfWork, floor: &FloorState) -> RoutingTerms {
    let snapshot = unit.snapshot();
    let default_queue = pass.generation.pipelines.default_queue();
    let mut terms = RoutingTerms::queue(snapshot.queue.as_deref().unwrap_or(default_queue));
    terms.priority = snapshot.priority.min(100);
    let Some(plan) = &snapshot.plan else {
        return terms;
    };
    terms.steps.clone_from(&plan.steps);
    terms.preferences.clone_from(&plan.preferences);
    terms.excluded.clone_from(&plan.excluded);
    terms.offer_timeout = plan.offer_timeout;
    let target = &plan.target;
    if target.kind == TargetKind::Agent
        && let Some(agent) = target.id.clone().filter(|id| floor.has_agent(id))
    {
        let while_away = target.while_away;
        let may_wait = floor.is_present(&agent) || while_away;
        // Without a bound the agent must be offered it at once, or other agents
        // are.
        let at_once = pass.now.checked_add(AT_ONCE).ok();
        let until = target
            .until
            .or(at_once.filter(|_| floor.can_take(&agent, snapshot, &terms.queue)));
        let until = until.filter(|_| may_wait);
        terms.wait_for = until.map(|until| AgentWait {
            agent,
            until,
            while_away,
        });
    }
    if terms.preferences.is_empty()
        && let Some(agent) = snapshot.familiar.clone()
    {
        let score = SAME_AGENT_SCORE;
        terms.preferences.push(Preference { agent, score });
    }
    terms
}
