//! A target for the workers of a queue.

use patchbay_sdk::prelude::*;
use taskrouter_document::{Profile, Requirement, Target};

use super::{NOBODY, Planned, Situation, requirement};
use crate::members::{self, Members};
use crate::position::Position;

/// Most steps of a plan.
const MAX_STEPS: usize = 16;
/// Seconds after which a plan with a list of agents, and without a timeout, is made again: the list is of
/// the time of the decision.
const RENEWAL: u32 = 600;
/// Tag of a conversation that no agent could ever take under its target.
const NO_WORKER: &str = "no-matching-worker";

/// The plan of a target, and of those after it that only widen.
pub(super) fn plan(
    situation: &Situation<'_>,
    targets: &[Target],
    mut position: Position,
    why: String,
) -> Result<Planned, Error> {
    if situation.requirement.is_impossible {
        return Ok(without_agent(situation, position, why));
    }
    let mut steps = vec![step(situation, &situation.requirement)];
    let mut widest = situation.requirement.clone();
    let mut begin = situation.now;
    while let (Some(end), true) = (position.deadline, steps.len() < MAX_STEPS) {
        let Some(next) = wider(situation, targets, position.target, &widest) else {
            break;
        };
        if let Some(last) = steps.last_mut() {
            last.expires_after = Some(seconds(begin, end));
        }
        begin = end.max(situation.now);
        position.target += 1;
        position.deadline = super::deadline(targets, position);
        steps.push(step(situation, &next));
        widest = next;
    }
    if let (Some(end), Some(last)) = (position.deadline, steps.last_mut()) {
        last.expires_after = Some(seconds(begin, end));
    }
    let mut plan = situation.with_priority(RoutePlan::to_queue(situation.queue));
    let ends = position.deadline.is_some() || position.may_skip;
    let excluded = excluded(situation, &widest, ends)?;
    position.renews = !widest.conditions.is_empty() && position.deadline.is_none();
    if position.renews
        && let Some(last) = steps.last_mut()
    {
        // The host does not follow the same plan again.
        last.expires_after = Some(RENEWAL + position.renewals % 2);
    }
    let is_plain = steps.len() == 1
        && widest.skills.is_empty()
        && widest.languages.is_empty()
        && position.deadline.is_none()
        && !position.may_skip;
    if !is_plain || position.renews {
        plan.steps = steps;
    }
    for agent in excluded {
        plan = plan.exclude(agent);
    }
    let partial = prefer(situation, &mut plan);
    let expression = if situation.target.expression.is_some() {
        "; workers by expression"
    } else {
        ""
    };
    let order = match (situation.target.order_by.is_empty(), partial) {
        (true, _) => "",
        (false, false) => "; in the order of order_by",
        (false, true) => "; the 64 longest idle in the order of order_by",
    };
    Ok(Planned::Plan(
        Box::new(plan.because(format!("{why}{expression}{order}."))),
        position,
    ))
}

/// The plan of the default filter, which has no timeout.
pub(super) fn of_default(situation: &Situation<'_>, why: String) -> Result<RoutePlan, Error> {
    let position = Position::at_filter(usize::MAX, situation.now, false);
    match plan(situation, &[], position, why)? {
        Planned::Plan(mut plan, position) => {
            if position.renews
                && let Some(last) = plan.steps.last_mut()
            {
                last.expires_after = None;
            }
            Ok(*plan)
        }
        Planned::Skipped => Err(Error::new("the default filter cannot be skipped")),
    }
}

/// A target whose worker does not exist, or whose expression is false for every worker.
pub(super) fn without_agent(situation: &Situation<'_>, position: Position, why: String) -> Planned {
    if situation.skips {
        return Planned::Skipped;
    }
    let mut plan = situation.with_priority(RoutePlan::to_queue(situation.queue));
    let Some(end) = position.deadline else {
        // It would wait until the task dies: any member is better than nobody.
        let plan = plan.tag(NO_WORKER);
        let why = format!("{why}; no worker can match, so any member of the queue.");
        return Planned::Plan(Box::new(plan.because(why)), position);
    };
    let wait = seconds(situation.now, end);
    plan = plan.step(
        Step::new()
            .skill(NOBODY, 5)
            .minimum_agents(0)
            .expires_after(wait),
    );
    for agent in members::ids(&Query::new().queue(situation.queue)).0 {
        plan = plan.exclude(agent);
    }
    let why = format!("{why}; no worker can match, so it waits for the timeout.");
    Planned::Plan(Box::new(plan.because(why)), position)
}

/// What the next target requires, if its plan is this one with a wider step.
fn wider(
    situation: &Situation<'_>,
    targets: &[Target],
    index: usize,
    before: &Requirement,
) -> Option<Requirement> {
    let (now, next) = (targets.get(index)?, targets.get(index + 1)?);
    let keeps_priority = match (next.priority, situation.target.priority) {
        (None, _) => true,
        (Some(next), first) => first == Some(next),
    };
    let is_same = next.queue == now.queue
        && next.order_by == now.order_by
        && next.known_worker.is_none()
        && next.skip_if.is_none()
        && now.skip_if.is_none()
        && keeps_priority;
    let required = requirement(situation.policy, situation.task, next);
    (is_same && before.conditions.is_empty() && required.widens(before)).then_some(required)
}

fn step(situation: &Situation<'_>, requirement: &Requirement) -> Step {
    let mut step = Step::new().minimum_agents(situation.minimum_agents());
    for (skill, least) in &requirement.skills {
        step = step.skill(skill, *least);
    }
    for language in &requirement.languages {
        step = step.language(language);
    }
    step
}

fn seconds(from: Timestamp, to: Timestamp) -> u32 {
    let seconds = to.saturating_sub(from).div_ceil(1000).max(1);
    u32::try_from(seconds).unwrap_or(604_800).min(604_800)
}

/// Agents of the queue who do not match: by a condition that is no skill and no language, or, where the
/// plan ends, at all. After its end the host would offer to any member until routing answers.
fn excluded(
    situation: &Situation<'_>,
    required: &Requirement,
    ends: bool,
) -> Result<Vec<String>, Error> {
    let facts = &situation.policy.facts;
    let is_open = required.skills.is_empty() && required.languages.is_empty();
    if required.conditions.is_empty() && (is_open || !ends) {
        return Ok(Vec::new());
    }
    let all = Query::new().queue(situation.queue);
    let with_skills = members::with_skills(situation.queue, required);
    if required.conditions.is_empty() && required.languages.len() <= 1 {
        let (all, is_partial) = members::ids(&all);
        let (fitting, _) = members::ids(&with_skills);
        let others = all
            .into_iter()
            .filter(|agent| !is_partial && !fitting.contains(agent));
        return Ok(others.collect());
    }
    let ids = |members: Members, fits: &dyn Fn(&Profile) -> bool| {
        let others = members.agents.into_iter().filter(|agent| !fits(agent));
        others.map(|agent| agent.id).collect::<Vec<_>>()
    };
    let members = Members::find(&all);
    if !members.is_partial {
        let others = ids(members, &|agent| match ends {
            true => required.is_met_by(agent, facts),
            false => required.meets_conditions(agent, facts),
        });
        return Ok(others);
    }
    if required.conditions.is_empty() {
        return Ok(Vec::new());
    }
    let members = Members::find(&with_skills);
    if members.is_partial {
        return Err(Error::new(format!(
            "the queue {} has more than 64 agents for {}/expression, which asks for more than skills and \
             languages; use a smaller queue, or give the agents a skill",
            situation.queue, situation.target.path
        )));
    }
    Ok(ids(members, &|agent| {
        required.meets_conditions(agent, facts)
    }))
}

/// Scores the members by `order_by`; whether the queue has more than those.
fn prefer(situation: &Situation<'_>, plan: &mut RoutePlan) -> bool {
    if situation.target.order_by.is_empty() {
        return false;
    }
    let members = Members::with_levels(situation.queue);
    for (agent, score) in members.scores(&situation.target.order_by, &situation.policy.facts) {
        if !plan.excluded.contains(&agent) {
            plan.preferences
                .push(patchbay_sdk::Preference { agent, score });
        }
    }
    members.is_partial
}
