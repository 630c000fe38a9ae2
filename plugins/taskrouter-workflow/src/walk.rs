//! The way of a conversation through the workflow.

use patchbay_sdk::prelude::*;

use crate::TaskRouter;
use crate::plan::{self, Planned};
use crate::position::Position;
use crate::settings::AfterLastTarget;
use crate::task::Task;

/// Tag of a conversation whose last target timed out.
const TIMED_OUT: &str = "workflow-timeout";

/// Where a conversation goes next.
enum Next {
    Target(Position),
    Default,
    /// The last target's timeout is over.
    End,
    /// No filter matches, and there is no default filter.
    Nowhere,
}

/// The plan of the target that the conversation is at.
pub(crate) fn route(policy: &TaskRouter, conversation: &Conversation) -> Answer<RoutePlan> {
    let now = clock::now();
    let task = Task::new(conversation);
    let known = match conversation.cause() {
        RouteCause::Expired => Position::load(policy.fingerprint),
        _ => None,
    };
    let mut last_queue = known.and_then(|at| policy.queue_of(at));
    let mut next = match known {
        Some(position) if position.renews && !position.was_skipped(now) => Next::Target(Position {
            renewals: position.renewals.wrapping_add(1),
            ..position
        }),
        Some(position) => policy.after(position, position.was_skipped(now), &task, now),
        None => policy.first(&task, now),
    };
    // Each turn is at a later target.
    loop {
        match next {
            Next::Target(position) => match plan::of_target(policy, position, &task, now)? {
                Planned::Plan(plan, position) => {
                    position.store(policy.fingerprint);
                    return Ok(Some(*plan));
                }
                Planned::Skipped => {
                    last_queue = policy.queue_of(position);
                    next = policy.after(position, true, &task, now);
                }
            },
            Next::Default => return plan::of_default(policy, &task),
            Next::End => return Ok(policy.end(last_queue)),
            Next::Nowhere => return Ok(None),
        }
    }
}

impl TaskRouter {
    /// The first filter that matches.
    fn first(&self, task: &Task<'_>, now: Timestamp) -> Next {
        match self.matching_filter(0, task) {
            Some(filter) => Next::Target(Position::at_filter(filter, now, false)),
            None if self.workflow.default_filter.is_some() => Next::Default,
            None => Next::Nowhere,
        }
    }

    /// What comes after a target: the next one, else the next filter that matches, else, if every target
    /// was skipped, the default filter.
    fn after(&self, at: Position, skipped: bool, task: &Task<'_>, now: Timestamp) -> Next {
        let targets = self
            .workflow
            .filters
            .get(at.filter)
            .map_or(0, |filter| filter.targets.len());
        if at.target + 1 < targets {
            return Next::Target(Position {
                target: at.target + 1,
                renewals: 0,
                renews: false,
                ..at
            });
        }
        let timed_out = at.timed_out || !skipped;
        match self.matching_filter(at.filter.saturating_add(1), task) {
            Some(filter) => Next::Target(Position::at_filter(filter, now, timed_out)),
            None if !timed_out && self.workflow.default_filter.is_some() => Next::Default,
            None => Next::End,
        }
    }

    fn matching_filter(&self, from: usize, task: &Task<'_>) -> Option<usize> {
        let filters = self.workflow.filters.iter().enumerate().skip(from);
        let mut matching = filters
            .filter(|(_, filter)| filter.expression.holds(&|reference| task.value(reference)));
        matching.next().map(|(index, _)| index)
    }

    /// The company's queue of a target.
    fn queue_of(&self, at: Position) -> Option<String> {
        let target = self
            .workflow
            .filters
            .get(at.filter)?
            .targets
            .get(at.target)?;
        self.queues.get(&target.queue).cloned()
    }

    /// TaskRouter cancels the task here; nobody would answer the customer.
    fn end(&self, queue: Option<String>) -> Option<RoutePlan> {
        let plan = match self.after_last_target {
            AfterLastTarget::Close => RoutePlan::close(),
            AfterLastTarget::Queue => RoutePlan::to_queue(queue?),
        };
        Some(
            plan.tag(TIMED_OUT)
                .because("The last target's timeout is over."),
        )
    }
}
