//! Actions of agents, supervisors and the host on a conversation.

use patchbay_events::{Departure, Event, RequeuedEvent, StaleCause, TransferredEvent};
use patchbay_floor::{Hold, OfferId};
use patchbay_journal::Slot;
use patchbay_model::actor::{Actor, ActorRole};
use patchbay_model::conversation::RouteCause;
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::decision::route::{RoutePlan, Target, TargetKind};
use patchbay_records::reply::ReplyResult;
use patchbay_records::snapshot::{from_unix_ms, span};

use super::unit_of_work::{Attempt, UnitOfWork};
use super::{
    Pass, PassError, act, approvals, commit, files, newer_entries, notes, place, replies,
    state_changes, take_back,
};
use crate::agent_action::{ActionError, ActionResult, AgentAction, Destination};
use crate::floor_state::FollowUp;

type Action = Result<(), ActionError>;

pub(super) fn perform(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    actor: &Actor,
    (action, expected): (&AgentAction, Option<u64>),
) -> Attempt {
    // A reply is checked later: the same one again is answered as before.
    if let AgentAction::Reply(reply) = action {
        return replies::reply(pass, unit, actor, (reply, expected));
    }
    if let Err(refused) = check(pass, unit, actor, (action, expected))? {
        return Ok(Err(refused));
    }
    let done = match action {
        AgentAction::Accept(offer) => accept(pass, unit, actor, *offer),
        AgentAction::Decline(offer) => decline(pass, unit, actor, *offer),
        AgentAction::Assign { agent } => assign(pass, unit, actor, agent),
        AgentAction::Transfer(destination) => {
            transfer(pass, unit, actor, destination);
            Ok(())
        }
        AgentAction::Return => {
            return_to_queue(pass, unit, actor);
            Ok(())
        }
        AgentAction::Requeue => {
            requeue(pass, unit, actor);
            Ok(())
        }
        AgentAction::Hold => {
            state_changes::change_state(pass, unit, ConversationState::OnHold, Some(actor));
            Ok(())
        }
        AgentAction::Resume => resume(pass, unit, actor),
        AgentAction::Wait => {
            state_changes::wait_on_customer(pass, unit, Some(actor));
            Ok(())
        }
        AgentAction::WrapUp => state_changes::start_wrap_up(pass, unit, Some(actor)),
        AgentAction::Resolve => {
            resolve(pass, unit, actor);
            Ok(())
        }
        AgentAction::Reply(reply) => return replies::reply(pass, unit, actor, (reply, None)),
        AgentAction::Approve { reply } => return approvals::approve(pass, unit, actor, reply),
        AgentAction::Reject { reply, why } => {
            return Ok(approvals::reject(pass, unit, actor, reply, why));
        }
        AgentAction::TakeBack { reply } => return take_back::take_back(pass, unit, actor, reply),
        AgentAction::Note(note) => return notes::add(pass, unit, actor, note),
        AgentAction::RemoveFile { file } => return files::remove(pass, unit, actor, file),
        AgentAction::Delivered { key } => {
            replies::delivered(pass, unit, key);
            Ok(())
        }
        AgentAction::Undeliverable { key, failure } => {
            replies::undeliverable(pass, unit, key, failure)?;
            Ok(())
        }
        AgentAction::Undelivered { key, failure } => {
            replies::undelivered(pass, unit, key, failure)?;
            Ok(())
        }
    };
    Ok(done.map(|()| None))
}

/// Why an action is not possible now. Changes nothing. Replies, offers, approvals and notes
/// have checks of their own, made as they are performed.
pub(super) fn check(
    pass: &Pass<'_>,
    unit: &UnitOfWork,
    actor: &Actor,
    (action, expected): (&AgentAction, Option<u64>),
) -> Result<Action, PassError> {
    let newer = newer_entries::check(pass, unit, actor, expected)?;
    Ok(newer.and_then(|()| check_state(pass, unit, actor, action)))
}

fn check_state(pass: &Pass<'_>, unit: &UnitOfWork, actor: &Actor, action: &AgentAction) -> Action {
    let snapshot = unit.snapshot();
    let check_unresolved = || match snapshot.state {
        ConversationState::Resolved => Err(unit.not_now()),
        _ => Ok(()),
    };
    let check_owned = || match snapshot.owner {
        Some(_) => Ok(()),
        None => Err(unit.not_now()),
    };
    match action {
        AgentAction::Assign { agent } => {
            let takes_free = snapshot.owner.is_none() && actor.id == *agent;
            if actor.role != ActorRole::Supervisor && !takes_free {
                return Err(ActionError::SupervisorsOnly);
            }
            check_unresolved()?;
            match pass.floor.lock().has_agent(agent) {
                true => Ok(()),
                false => Err(ActionError::UnknownAgent(agent.clone())),
            }
        }
        AgentAction::Transfer(destination) => {
            unit.check_access(actor)?;
            check_unresolved()?;
            let floor = pass.floor.lock();
            match destination {
                Destination::Queue(queue) if !floor.has_queue(queue) => {
                    Err(ActionError::UnknownQueue(queue.clone()))
                }
                Destination::Agent(agent) if !floor.has_agent(agent) => {
                    Err(ActionError::UnknownAgent(agent.clone()))
                }
                Destination::Queue(_) | Destination::Agent(_) => Ok(()),
            }
        }
        AgentAction::Return => {
            unit.check_access(actor)?;
            check_owned()
        }
        AgentAction::Requeue if actor.role != ActorRole::Supervisor => {
            Err(ActionError::SupervisorsOnly)
        }
        AgentAction::Requeue => check_unresolved(),
        AgentAction::Hold => {
            unit.check_access(actor)?;
            unit.require(&[
                ConversationState::Active,
                ConversationState::WaitingOnCustomer,
            ])
        }
        AgentAction::Resume => {
            unit.check_access(actor)?;
            unit.require(&[
                ConversationState::OnHold,
                ConversationState::WaitingOnCustomer,
                ConversationState::Wrapping,
            ])
        }
        AgentAction::Wait => {
            unit.check_access(actor)?;
            unit.require(&[ConversationState::Active, ConversationState::OnHold])?;
            check_owned()?;
            match snapshot.clocks.unanswered_since() {
                Some(since) => Err(ActionError::Unanswered {
                    since: from_unix_ms(since),
                }),
                None => Ok(()),
            }
        }
        AgentAction::WrapUp => {
            unit.check_access(actor)?;
            unit.require(&[
                ConversationState::Active,
                ConversationState::WaitingOnCustomer,
                ConversationState::OnHold,
            ])?;
            check_owned()
        }
        // Resolved already: the same request again.
        AgentAction::Resolve if snapshot.state == ConversationState::Resolved => Ok(()),
        AgentAction::Resolve => unit.check_access(actor),
        AgentAction::Accept(_)
        | AgentAction::Decline(_)
        | AgentAction::Reply(_)
        | AgentAction::Approve { .. }
        | AgentAction::Reject { .. }
        | AgentAction::TakeBack { .. }
        | AgentAction::Note(_)
        | AgentAction::RemoveFile { .. }
        | AgentAction::Delivered { .. }
        | AgentAction::Undelivered { .. }
        | AgentAction::Undeliverable { .. } => Ok(()),
    }
}

/// The conversation after an action.
pub(super) fn result(
    pass: &Pass<'_>,
    unit: &UnitOfWork,
    reply: Option<ReplyResult>,
) -> ActionResult {
    let owner = unit.snapshot().owner.clone();
    let floor = pass.floor.lock();
    let agent = owner.as_deref().and_then(|owner| floor.agent(owner));
    ActionResult {
        state: unit.snapshot().state,
        exceeds_capacity: agent.is_some_and(|(_, view)| view.exceeds_capacity),
        owner,
        reply,
        sequence: unit.next_entry() - 1,
    }
}

fn accept(pass: &Pass<'_>, unit: &mut UnitOfWork, actor: &Actor, offer: OfferId) -> Action {
    let snapshot = unit.snapshot();
    if snapshot.accepted == Some(offer) && snapshot.owner.as_ref() == Some(&actor.id) {
        // The same request again: done already.
        return Ok(());
    }
    check_offer(pass, unit, actor, offer)?;
    pass.floor.lock().accept(offer, pass.now)?;
    place::apply_floor_events(pass, unit);
    Ok(())
}

fn decline(pass: &Pass<'_>, unit: &mut UnitOfWork, actor: &Actor, offer: OfferId) -> Action {
    check_offer(pass, unit, actor, offer)?;
    pass.floor.lock().decline(offer, pass.now)?;
    place::apply_floor_events(pass, unit);
    Ok(())
}

fn check_offer(pass: &Pass<'_>, unit: &UnitOfWork, actor: &Actor, offer: OfferId) -> Action {
    let open = pass.floor.lock().open_offer(offer);
    let ((_, conversation), open) = open.ok_or(ActionError::OfferOver(offer))?;
    if conversation != unit.conversation.row.id {
        return Err(ActionError::OfferOver(offer));
    }
    match open.agent == actor.id {
        true => Ok(()),
        false => Err(ActionError::NotYours {
            owner: Some(open.agent),
        }),
    }
}

fn assign(pass: &Pass<'_>, unit: &mut UnitOfWork, actor: &Actor, agent: &str) -> Action {
    if unit.snapshot().owner.as_deref() == Some(agent) {
        return Ok(());
    }
    let row = &unit.conversation.row;
    let conversation = (Slot::for_thread(pass.company, &row.thread), row.id);
    state_changes::make_stale(pass, unit, StaleCause::AgentLeft);
    let mut floor = pass.floor.lock();
    let arrival = place::arrival(pass, unit, &floor);
    floor.assign(conversation, arrival, agent, pass.now)?;
    drop(floor);
    place::apply_floor_events(pass, unit);
    commit::name_actor(unit, actor);
    Ok(())
}

fn transfer(pass: &Pass<'_>, unit: &mut UnitOfWork, actor: &Actor, destination: &Destination) {
    let (target, queue) = match destination {
        Destination::Queue(queue) => (Target::queue(queue), queue),
        Destination::Agent(agent) => {
            let wait = span(pass.generation.desk.wait_for_agent);
            let target = Target {
                kind: TargetKind::Agent,
                id: Some(agent.clone()),
                queue: None,
                until: pass.now.checked_add(wait).ok(),
                while_away: true,
            };
            (target, agent)
        }
    };
    let from = unit.snapshot().owner.clone();
    unit.snapshot_mut().clear_owner();
    state_changes::make_stale(pass, unit, StaleCause::AgentLeft);
    let mut plan = RoutePlan::to_queue(queue, "");
    plan.target = target;
    let event = Event::Transferred(TransferredEvent::Person {
        to: plan.target.clone(),
        from,
        by: actor.clone(),
    });
    act::follow_plan(pass, unit, plan);
    commit::record(pass, unit, event, None);
}

fn return_to_queue(pass: &Pass<'_>, unit: &mut UnitOfWork, actor: &Actor) {
    state_changes::take_from_owner(pass, unit, Departure::GivenBack);
    commit::name_actor(unit, actor);
    pass.enter(unit, ConversationState::Queued);
    // The agent who returned it gets it again only if no other fits.
    route_again(unit);
}

/// Queue it again as if it never had an owner, but with its age.
fn requeue(pass: &Pass<'_>, unit: &mut UnitOfWork, actor: &Actor) {
    let from = unit.snapshot().state;
    state_changes::make_stale(pass, unit, StaleCause::Requeued);
    let snapshot = unit.snapshot_mut();
    let event = Event::Requeued(RequeuedEvent {
        from,
        agent: snapshot.owner.clone(),
        queue: snapshot.queue.clone(),
        by: actor.clone(),
    });
    snapshot.clear_owner();
    snapshot.held_until = None;
    pass.enter(unit, ConversationState::Queued);
    commit::record(pass, unit, event, None);
    route_again(unit);
}

pub(super) fn route_again(unit: &mut UnitOfWork) {
    unit.is_routed = true;
    unit.follow_ups.push(FollowUp::Route(RouteCause::Returned));
}

fn resume(pass: &Pass<'_>, unit: &mut UnitOfWork, actor: &Actor) -> Action {
    if unit.snapshot().owner.is_none() {
        state_changes::change_state(pass, unit, ConversationState::Queued, Some(actor));
        unit.follow_ups.push(FollowUp::Route(RouteCause::Returned));
        return Ok(());
    }
    let id = unit.conversation.row.id;
    let _ = pass.floor.lock().hold(id, Hold::Active, pass.now)?;
    state_changes::change_state(pass, unit, ConversationState::Active, Some(actor));
    let silent_after = pass.generation.desk.silent_after;
    unit.snapshot_mut()
        .restart_silence_timer(silent_after, pass.now);
    Ok(())
}

fn resolve(pass: &Pass<'_>, unit: &mut UnitOfWork, actor: &Actor) {
    if unit.snapshot().state != ConversationState::Resolved {
        state_changes::change_state(pass, unit, ConversationState::Resolved, Some(actor));
    }
}
