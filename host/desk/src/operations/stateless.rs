//! Decisions without a conversation, while a rollout runs: they take part in it
//! as the desk's own decisions do.

use std::sync::Arc;

use patchbay_engine::decision::Decision;
use patchbay_engine::pipeline::PipelineRun;
use patchbay_generations::decide::RequestContext;
use patchbay_generations::inquiry::Inquiry;
use patchbay_generations::rollout::{
    ComparisonInput, DecisionNumber, Rollout, RolloutAssignment, deciding_generation,
};
use patchbay_model::input::InputError;

use crate::desk_core::DeskCore;

/// Answers the `decide` and `tone` requests of a company that runs a rollout.
pub struct StatelessDecider {
    pub(crate) rollout: Arc<Rollout>,
    pub(crate) core: Arc<DeskCore>,
    /// Whether the host has headroom for comparisons.
    pub(crate) has_headroom: bool,
}

impl StatelessDecider {
    /// Decide with the generation that the conversation, contact, author or
    /// message is assigned to, and queue the comparison with the other one. A
    /// draft that is still typed is not counted: it may come at every
    /// keystroke.
    ///
    /// # Errors
    /// [`InputError`] where the request does not fit the generation.
    pub fn answer(
        &self,
        inquiry: Inquiry,
        context: &RequestContext,
    ) -> Result<(Decision, PipelineRun<'_>), InputError> {
        let thread = inquiry.thread();
        let (rollout, queue) = (&self.rollout, &self.core.comparisons);
        let assignment =
            RolloutAssignment::of(rollout, thread.as_bytes(), queue, self.has_headroom);
        let generation = deciding_generation(assignment.as_ref(), &rollout.control);
        let situation = inquiry.situation(generation, context.now)?;
        let Some(assignment) = assignment.filter(|_| !inquiry.is_composing()) else {
            return Ok(generation.answer_in(situation, &inquiry, context));
        };
        let inquiry = Arc::new(inquiry);
        let comparison = assignment.should_compare().then(|| ComparisonInput {
            situation: situation.clone(),
            stages: inquiry.stages.clone(),
            draft: inquiry.draft.clone(),
            bypasses: Arc::clone(&context.bypasses),
            stateless: Some(Arc::clone(&inquiry)),
            number: DecisionNumber::default(),
        });
        let (decision, instances) = generation.answer_in(situation, &inquiry, context);
        match decision.overloaded_plugin() {
            Some(_) => assignment.count_overload(),
            None => assignment.record_decision(&decision, comparison),
        }
        Ok((decision, instances))
    }
}
