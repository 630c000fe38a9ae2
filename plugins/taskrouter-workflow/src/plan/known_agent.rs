//! A target for one worker.

use patchbay_sdk::prelude::*;
use taskrouter_document::KnownWorker;

use super::{EVERYBODY, NOBODY, Planned, Situation, queue_plan};
use crate::members::{self, profile};
use crate::position::Position;

/// How long a target without a timeout waits for its worker: a task of TaskRouter lives so long unless it
/// says otherwise.
const LIFE_OF_A_TASK: Timestamp = 24 * 60 * 60 * 1000;

/// The plan of a target with a known worker.
pub(super) fn plan(
    situation: &Situation<'_>,
    known: &KnownWorker,
    position: Position,
    why: String,
) -> Result<Planned, Error> {
    let value = situation.task.value(&known.attribute);
    let agent = value
        .as_text()
        .map(|name| situation.policy.facts.agent(name).to_owned());
    Ok(plan_for(situation, agent.as_deref(), position, why))
}

/// The plan of a target for one agent, who must be in the queue and meet the expression.
pub(super) fn plan_for(
    situation: &Situation<'_>,
    agent: Option<&str>,
    mut position: Position,
    why: String,
) -> Planned {
    let found = agent.and_then(agents::get).filter(|agent| {
        let is_member = agent.queues().iter().any(|queue| queue == situation.queue);
        is_member
            && situation
                .requirement
                .is_met_by(&profile(agent), &situation.policy.facts)
    });
    let Some(agent) = found.map(|agent| agent.id()) else {
        if agent.is_some() {
            log::warn!(
                "{}: the known worker is no agent of the queue who matches",
                situation.target.path
            );
        }
        return queue_plan::without_agent(situation, position, why);
    };
    let mut plan = RoutePlan::to_agent(&agent).in_queue(situation.queue);
    if !situation.skips {
        // The wait ends with the timeout alone: also while the worker is away.
        let end = situation.now.saturating_add(LIFE_OF_A_TASK);
        plan = plan
            .until(position.deadline.unwrap_or(end).max(situation.now + 1))
            .while_away();
    }
    // When the wait is over, nobody of the queue is offered the conversation: routing is called again, for
    // the next target.
    plan = plan.step(Step::new().skill(NOBODY, 5).minimum_agents(EVERYBODY));
    let (members, _) = members::ids(&Query::new().queue(situation.queue));
    for other in members.into_iter().filter(|other| *other != agent) {
        plan = plan.exclude(other);
    }
    position.may_skip = situation.skips;
    let plan = situation
        .with_priority(plan)
        .because(format!("{why}; its known worker."));
    Planned::Plan(Box::new(plan), position)
}
