//! The route plan of a target.

mod known_agent;
mod queue_plan;

use patchbay_sdk::prelude::*;
use taskrouter_document::{Reference, Requirement, Scope, Target, Value};

use crate::TaskRouter;
use crate::position::Position;
use crate::task::Task;

/// More agents than any company has: the host skips a step with this minimum whenever it cannot offer at
/// once.
const EVERYBODY: u32 = i32::MAX as u32;
/// A skill that no agent has.
const NOBODY: &str = "no-such-worker";

/// What a target gives.
pub(crate) enum Planned {
    /// A plan, and the position to remember.
    Plan(Box<RoutePlan>, Position),
    /// Its `skip_if` holds, and no worker can take the task.
    Skipped,
}

/// A target, read for one conversation.
struct Situation<'a> {
    policy: &'a TaskRouter,
    task: &'a Task<'a>,
    target: &'a Target,
    queue: &'a str,
    requirement: Requirement,
    /// Whether `skip_if` holds; absent without one.
    skips: bool,
    now: Timestamp,
}

/// The plan of a target of a filter.
pub(crate) fn of_target(
    policy: &TaskRouter,
    at: Position,
    task: &Task<'_>,
    now: Timestamp,
) -> Result<Planned, Error> {
    let filter = policy.workflow.filters.get(at.filter);
    let Some((filter, target)) = filter.and_then(|it| Some((it, it.targets.get(at.target)?)))
    else {
        return Ok(Planned::Skipped);
    };
    let situation = Situation::read(policy, task, target, now)?;
    let position = Position {
        deadline: deadline(&filter.targets, at),
        may_skip: situation.skips,
        ..at
    };
    let why = format!(
        "Filter {:?}, target {} of {}: queue {}",
        filter.name,
        at.target + 1,
        filter.targets.len(),
        situation.queue
    );
    if let Some(known) = &target.known_worker {
        return known_agent::plan(&situation, known, position, why);
    }
    if let Some(agent) = situation.requirement.agent.clone() {
        return Ok(known_agent::plan_for(
            &situation,
            Some(&agent),
            position,
            why,
        ));
    }
    queue_plan::plan(&situation, &filter.targets, position, why)
}

/// The plan of the default filter.
pub(crate) fn of_default(policy: &TaskRouter, task: &Task<'_>) -> Answer<RoutePlan> {
    let Some(target) = &policy.workflow.default_filter else {
        return Ok(None);
    };
    let situation = Situation::read(policy, task, target, clock::now())?;
    let why = format!("The default filter: queue {}", situation.queue);
    queue_plan::of_default(&situation, why).map(Some)
}

/// The timeouts of the filter's targets up to this one count from when the filter was entered, as the
/// vendor's count from the age of the task.
fn deadline(targets: &[Target], at: Position) -> Option<Timestamp> {
    targets.get(at.target)?.timeout?;
    let seconds = targets
        .iter()
        .take(at.target + 1)
        .filter_map(|target| target.timeout);
    let milliseconds: u64 = seconds.map(|seconds| u64::from(seconds) * 1000).sum();
    Some(at.entered.saturating_add(milliseconds))
}

impl<'a> Situation<'a> {
    fn read(
        policy: &'a TaskRouter,
        task: &'a Task<'a>,
        target: &'a Target,
        now: Timestamp,
    ) -> Result<Situation<'a>, Error> {
        let queue = policy.queues.get(&target.queue).map(String::as_str);
        let queue =
            queue.ok_or_else(|| Error::new(format!("no queue is set for {}", target.queue)))?;
        Ok(Situation {
            requirement: requirement(policy, task, target),
            skips: skips(target, queue),
            policy,
            task,
            target,
            queue,
            now,
        })
    }

    /// The minimum of agents of a step: without `skip_if` the step is not skipped.
    fn minimum_agents(&self) -> u32 {
        match self.skips {
            true => EVERYBODY,
            false => 0,
        }
    }

    fn with_priority(&self, plan: RoutePlan) -> RoutePlan {
        match self
            .target
            .priority
            .and_then(|priority| self.policy.priority(priority))
        {
            Some(priority) => plan.priority(priority),
            None => plan,
        }
    }
}

/// What a target's expression requires for this task.
fn requirement(policy: &TaskRouter, task: &Task<'_>, target: &Target) -> Requirement {
    match &target.expression {
        Some(expression) => Requirement::of(expression, &policy.facts, &|reference| {
            task.value(reference)
        }),
        None => Requirement::default(),
    }
}

/// Whether `skip_if` holds now.
fn skips(target: &Target, queue: &str) -> bool {
    let Some(condition) = &target.skip_if else {
        return false;
    };
    let of_queue = || Query::new().queue(queue);
    condition.holds(&|reference: &Reference| {
        let available = agents::count(&of_queue().present());
        let number = match (reference.scope, reference.dotted().as_str()) {
            (Scope::Workers, "available") => available,
            _ => agents::count(&of_queue()).saturating_sub(available),
        };
        std::borrow::Cow::Owned(Value::Number(f64::from(number)))
    })
}
