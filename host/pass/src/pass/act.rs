//! Step 3, act: carry out routes and escalations, and call the policies that
//! these lead to.

use std::collections::BTreeSet;
use std::sync::Arc;

use patchbay_engine::decision::Decision;
use patchbay_events::{AlertEvent, Departure, Event, RoutedEvent, TriggeredEvent};
use patchbay_journal::Ordinal;
use patchbay_model::conversation::{RouteCause, Trigger};
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::decision::escalation::{ActionKind, EscalationAction};
use patchbay_model::decision::route::RoutePlan;
use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::OutcomeKind;
use patchbay_model::sla::{Due, Targets};
use patchbay_records::snapshot::WakeUp;

use super::decide::{DecisionInput, PolicyResult};
use super::unit_of_work::UnitOfWork;
use super::{Pass, PassError, commit, decide, load, running_clocks, state_changes};
use crate::floor_state::FollowUp;

/// Most wake-ups of a conversation.
const MAX_WAKE_UPS: usize = 16;

/// The event of a trigger that is neither an SLA clock nor a wake-up.
pub(super) fn triggered(trigger: Trigger) -> Event {
    Event::Triggered(TriggeredEvent {
        trigger,
        decision: None,
    })
}

/// The event of an SLA clock.
pub(super) fn clock_rang(due: &Due) -> Event {
    Event::ClockRang(TriggeredEvent {
        trigger: due.trigger(),
        decision: None,
    })
}

/// Call routing and escalation for what happened. Their answers may have
/// follow-ups of their own; the budget of re-decisions ends that.
pub(super) fn follow_up(pass: &Pass<'_>, unit: &mut UnitOfWork) -> Result<(), PassError> {
    loop {
        tell_due(pass, unit)?;
        match unit.follow_ups.pop() {
            Some(FollowUp::Escalate(trigger)) => escalate(pass, unit, triggered(trigger))?,
            Some(FollowUp::Route(cause)) => route_again(pass, unit, cause)?,
            None => return Ok(()),
        }
    }
}

/// Write what fell due on the SLA clocks, whichever pass noticed it, and call
/// escalation about it.
pub(super) fn tell_due(pass: &Pass<'_>, unit: &mut UnitOfWork) -> Result<(), PassError> {
    while !unit.due.is_empty() {
        for due in std::mem::take(&mut unit.due) {
            escalate(pass, unit, clock_rang(&due))?;
        }
    }
    Ok(())
}

/// Call escalation about an event's trigger, and carry out its answer.
pub(super) fn escalate(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    event: Event,
) -> Result<(), PassError> {
    let trigger = match &event {
        Event::ClockRang(event) | Event::WokeUp(event) | Event::Triggered(event) => {
            Some(event.trigger.clone())
        }
        _ => None,
    };
    // Without a message an answer would be about nothing.
    let about = trigger.zip(unit.latest_message());
    let Some((trigger, latest)) = about.filter(|_| has_budget(pass, unit)) else {
        commit::record(pass, unit, event, None);
        return Ok(());
    };
    let mut input = load::decision_input(pass, &unit.conversation, &latest)?;
    input.situation.trigger = Some(Arc::new(trigger));
    let stages = BTreeSet::from([Stage::Escalate]);
    let mut result = decide::decide(pass, input.clone(), &stages)?;
    let unique = format!("{}-{}", unit.conversation.row.id, unit.next_entry());
    carry_out(pass, unit, &mut result, input, &unique)?;
    alert_failed_escalation(pass, unit, &result.decision);
    commit::record(pass, unit, event, Some(&result));
    commit::remember(pass, unit, &result);
    Ok(())
}

/// Count a re-decision. Returns whether the conversation's hourly budget allows
/// it; one alert when it is used up.
fn has_budget(pass: &Pass<'_>, unit: &mut UnitOfWork) -> bool {
    if !unit.snapshot_mut().count_redecision(pass.now) {
        return false;
    }
    if !unit.snapshot().has_redecision_budget(pass.now) {
        tracing::warn!(
            company = pass.generation.company,
            conversation = %unit.conversation.row.id,
            "decided too often within an hour; its policies are not called again in that hour"
        );
        commit::alert(pass, unit, AlertEvent::DecidedTooOften {});
    }
    true
}

/// Route a conversation without an owner again.
fn route_again(pass: &Pass<'_>, unit: &mut UnitOfWork, cause: RouteCause) -> Result<(), PassError> {
    let snapshot = unit.snapshot();
    let waits = matches!(
        snapshot.state,
        ConversationState::Queued | ConversationState::Reserved
    );
    if snapshot.owner.is_some() || !waits {
        return Ok(());
    }
    unit.snapshot_mut().cause.clone_from(&cause);
    let Some(latest) = unit.latest_message() else {
        return Ok(());
    };
    if !has_budget(pass, unit) {
        let queue = pass.generation.pipelines.default_queue();
        follow_plan(pass, unit, RoutePlan::to_queue(queue, ""));
        return Ok(());
    }
    let input = load::decision_input(pass, &unit.conversation, &latest)?;
    let result = decide::decide(pass, input, &BTreeSet::from([Stage::Route]))?;
    if let Some(plan) = result.decision.route.clone() {
        let mut stored = plan.clone();
        stored.why.clear();
        // After the last step the same plan again must not narrow the choice.
        if cause != RouteCause::Expired || unit.snapshot().plan.as_ref() != Some(&stored) {
            follow_plan(pass, unit, plan);
        }
    }
    let routed = Event::Routed(RoutedEvent {
        cause,
        decision: None,
    });
    commit::record(pass, unit, routed, Some(&result));
    commit::remember(pass, unit, &result);
    Ok(())
}

/// Carry out the actions of an escalation.
pub(super) fn carry_out(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    result: &mut PolicyResult<'_>,
    input: DecisionInput,
    unique: &str,
) -> Result<(), PassError> {
    let Some(escalation) = result.decision.escalation.clone() else {
        return Ok(());
    };
    let mut re_route = None;
    for (number, action) in escalation.actions.into_iter().enumerate() {
        let snapshot = unit.snapshot_mut();
        match &action.kind {
            ActionKind::RaisePriority => {
                let least = action.priority.unwrap_or(snapshot.priority);
                snapshot.priority = snapshot.priority.max(least);
            }
            ActionKind::RequireApproval => {
                snapshot.needs_approval = true;
                snapshot.approvers.clone_from(&action.target);
            }
            ActionKind::OpenIncident => {
                let intent = || {
                    let assessment = snapshot.assessment.as_ref();
                    let intent = assessment.and_then(|assessment| assessment.top_intent());
                    intent.map_or_else(|| "general".to_owned(), |intent| intent.name.clone())
                };
                let subject = action.target.clone().unwrap_or_else(intent);
                snapshot.join_incident(subject, pass.now);
            }
            ActionKind::WakeUp => {
                if let Some(at) = action.at {
                    let name = action.target.clone();
                    snapshot.wake_ups.retain(|known| known.name != name);
                    snapshot.wake_ups.push(WakeUp { at, name });
                    snapshot.wake_ups.sort();
                    snapshot.wake_ups.truncate(MAX_WAKE_UPS);
                }
            }
            ActionKind::Notify => {
                commit::notify(pass, unit, format!("notify-{unique}-{number}"), &action);
            }
            ActionKind::ReRoute => re_route = Some(action),
            // The engine refuses an answer with an unknown kind.
            ActionKind::Other(kind) => {
                tracing::error!(
                    company = pass.generation.company,
                    kind,
                    "an escalation requests an action this host does not know; the action is skipped"
                );
            }
        }
    }
    match re_route {
        Some(action) => re_route_to(pass, unit, result, input, action),
        None => Ok(()),
    }
}

/// Take a conversation from its owner, and queue it where escalation says, else
/// where the routing policies say.
fn re_route_to(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    result: &mut PolicyResult<'_>,
    mut input: DecisionInput,
    action: EscalationAction,
) -> Result<(), PassError> {
    unit.snapshot_mut().cause = RouteCause::ReRouted;
    state_changes::take_from_owner(pass, unit, Departure::GivenBack);
    if let Some(queue) = action.target {
        follow_plan(pass, unit, RoutePlan::to_queue(&queue, ""));
        return Ok(());
    }
    if !has_budget(pass, unit) {
        let queue = pass.generation.pipelines.default_queue();
        follow_plan(pass, unit, RoutePlan::to_queue(queue, ""));
        return Ok(());
    }
    let snapshot = unit.snapshot();
    let situation = &mut input.situation;
    if let Some(exchange) = &mut situation.exchange {
        let exchange = Arc::make_mut(exchange);
        exchange.conversation = load::policy_view(pass, snapshot, exchange.conversation.id.clone());
    }
    let ordinal = input.sources.interaction.map(Ordinal);
    let assessment = ordinal.and_then(|ordinal| snapshot.assessment_of(ordinal));
    situation.assessment = assessment.cloned().map(Arc::new);
    situation.trigger = None;
    let routed = decide::decide(pass, input, &BTreeSet::from([Stage::Route]))?;
    if let Some(plan) = routed.decision.route.clone() {
        follow_plan(pass, unit, plan.clone());
        result.decision.route = Some(plan);
    }
    result.merge(routed);
    Ok(())
}

/// Adopt a route plan; the place step brings it to the floor.
pub(super) fn follow_plan(pass: &Pass<'_>, unit: &mut UnitOfWork, mut plan: RoutePlan) {
    plan.why.clear();
    let default_queue = pass.generation.pipelines.default_queue();
    let present = unit.snapshot().queue.as_deref();
    let queue = plan.queue().or(present).unwrap_or(default_queue).to_owned();
    let terms = pass.generation.queues.get(&queue).cloned();
    let terms = terms.unwrap_or_default();
    let targets = Targets::merged(&terms.sla, &plan.sla);
    let snapshot = unit.snapshot_mut();
    let priority = plan.priority.unwrap_or(terms.priority);
    snapshot.priority = priority.max(snapshot.priority);
    snapshot.add_tags(&plan.tags);
    let state = plan.target.kind.state();
    // What the new targets make due is due at once. A plan that resolves sets none:
    // no agent is to answer.
    if state != ConversationState::Resolved {
        let due = running_clocks::retarget(pass, unit, targets, pass.now);
        unit.due.extend(due);
    }
    let snapshot = unit.snapshot_mut();
    snapshot.queue = Some(queue);
    let until = plan.target.until;
    snapshot.plan = Some(plan);
    pass.enter(unit, state);
    unit.snapshot_mut().held_until = until.filter(|_| state == ConversationState::OnHold);
    unit.is_routed = state == ConversationState::Queued;
}

/// Add an alert where an escalation policy failed. A bypassed one is known to
/// the operator who bypassed it.
pub(super) fn alert_failed_escalation(pass: &Pass<'_>, unit: &mut UnitOfWork, decision: &Decision) {
    let failed = decision.stamp.plugins.iter().find(|part| {
        let outcome = part.outcome;
        part.stage == Stage::Escalate && outcome.is_failure() && outcome != OutcomeKind::Bypassed
    });
    if let Some(failed) = failed {
        let alert = AlertEvent::EscalationFailed {
            stage: failed.stage,
            plugin: failed.name.clone(),
        };
        commit::alert(pass, unit, alert);
    }
}
