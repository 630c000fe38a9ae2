//! Call the policies of a generation, stage by stage.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use patchbay_engine::Recording;
use patchbay_engine::decision::{Decision, StageResult};
use patchbay_engine::pipeline::PipelineRun;
use patchbay_engine::replay::RecordedFacts;
use patchbay_model::bypass::Bypasses;
use patchbay_model::conversation::{Trigger, TriggerCode};
use patchbay_model::decision::classification::MergedClassification;
use patchbay_model::decision::stage::Stage;
use patchbay_model::input::InputError;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use patchbay_model::situation::{DraftInput, Situation};

use crate::Generation;
use crate::inquiry::Inquiry;

/// Options of a decision.
#[derive(Clone, Debug, Default)]
pub struct DecideOptions {
    /// What to record.
    pub recording: Recording,
    /// In a replay: recorded results of host calls whose answers change.
    pub recorded_facts: RecordedFacts,
    /// Stages and plugins that an operator bypasses.
    pub bypasses: Arc<Bypasses>,
    /// The decision has no effect: failures do not open circuit breakers.
    pub shadow: bool,
}

impl DecideOptions {
    /// Options of a live decision.
    pub fn recording(recording: Recording) -> DecideOptions {
        DecideOptions {
            recording,
            ..DecideOptions::default()
        }
    }

    /// Set the bypasses.
    #[must_use]
    pub fn with_bypasses(self, bypasses: &Arc<Bypasses>) -> DecideOptions {
        DecideOptions {
            bypasses: Arc::clone(bypasses),
            ..self
        }
    }
}

/// Time, timeout and bypasses of a stateless request.
#[derive(Clone, Debug)]
pub struct RequestContext {
    /// The current time for policies.
    pub now: Timestamp,
    /// How long each stage waits for a free instance.
    pub timeout: Duration,
    /// Stages and plugins that an operator bypasses.
    pub bypasses: Arc<Bypasses>,
}

impl RequestContext {
    /// A context without bypasses.
    pub fn at(now: Timestamp, timeout: Duration) -> RequestContext {
        RequestContext {
            now,
            timeout,
            bypasses: Arc::default(),
        }
    }
}

impl Generation {
    /// Decide a stateless request.
    ///
    /// # Errors
    /// [`InputError`] where the request does not fit this generation.
    pub fn answer(
        &self,
        inquiry: &Inquiry,
        context: &RequestContext,
    ) -> Result<(Decision, PipelineRun<'_>), InputError> {
        let situation = inquiry.situation(self, context.now)?;
        Ok(self.answer_in(situation, inquiry, context))
    }

    /// Decide a stateless request in its
    /// [`situation`](Inquiry::situation).
    pub fn answer_in(
        &self,
        situation: Situation,
        inquiry: &Inquiry,
        context: &RequestContext,
    ) -> (Decision, PipelineRun<'_>) {
        let options = DecideOptions::recording(inquiry.transcript.into());
        let options = options.with_bypasses(&context.bypasses);
        let draft = inquiry.draft.clone();
        self.run_policies(situation, draft, &inquiry.stages, &options, context.timeout)
    }

    /// Check the draft, or else decide the stages.
    pub(crate) fn run_policies(
        &self,
        situation: Situation,
        draft: Option<DraftInput>,
        stages: &BTreeSet<Stage>,
        options: &DecideOptions,
        timeout: Duration,
    ) -> (Decision, PipelineRun<'_>) {
        match draft {
            Some(draft) => self.check_draft(situation, draft, stages, options, timeout),
            None => self.decide(situation, stages, options, timeout),
        }
    }

    /// Call the policies of these stages; tone is not among them. Each stage
    /// sees the results of the stages before. Without a trigger, escalation is
    /// called with `classified`.
    pub fn decide(
        &self,
        situation: Situation,
        stages: &BTreeSet<Stage>,
        options: &DecideOptions,
        timeout: Duration,
    ) -> (Decision, PipelineRun<'_>) {
        let exchange = situation.exchange.as_ref();
        let id = exchange.map(|exchange| exchange.interaction.id.as_str());
        let mut decision = Decision::of(self.number, id);
        let mut situation = Arc::new(situation);
        let mut run = self.begin(stages.iter().copied(), options, timeout);
        if stages.contains(&Stage::Classify) {
            let result = run.classify(&situation);
            add_classification(&mut decision, &mut situation, result);
        }
        // After an overload the caller retries the whole decision.
        let continues = |decision: &Decision| decision.outcome != OutcomeKind::Overloaded;
        if stages.contains(&Stage::Route) && continues(&decision) {
            decision.route = decision.add(ignore_declined(run.route(&situation)));
        }
        if stages.contains(&Stage::Escalate) && continues(&decision) {
            if situation.trigger.is_none() {
                let classified = Trigger::of(TriggerCode::Classified);
                Arc::make_mut(&mut situation).trigger = Some(Arc::new(classified));
            }
            decision.escalation = decision.add(ignore_declined(run.escalate(&situation)));
        }
        (decision, run)
    }

    /// Call the tone policies about a draft. If `stages` contains `classify`, the
    /// interaction it answers is classified first, where the situation has no
    /// classification. Otherwise the tone policies see that it has none.
    pub fn check_draft(
        &self,
        situation: Situation,
        draft: DraftInput,
        stages: &BTreeSet<Stage>,
        options: &DecideOptions,
        timeout: Duration,
    ) -> (Decision, PipelineRun<'_>) {
        let exchange = situation.exchange.as_ref();
        let answered = exchange.map(|exchange| exchange.interaction.id.as_str());
        let answered = answered.or(draft.draft.interaction.as_deref());
        let mut decision = Decision::of(self.number, answered);
        decision.draft = Some(draft.draft.id.clone());
        let classifies = stages.contains(&Stage::Classify)
            && situation.exchange.is_some()
            && situation.assessment.is_none();
        let classify = classifies.then_some(Stage::Classify);
        let mut run = self.begin(classify.into_iter().chain([Stage::Tone]), options, timeout);
        let mut situation = Arc::new(situation);
        if classifies {
            let result = run.classify(&situation);
            add_classification(&mut decision, &mut situation, result);
        }
        Arc::make_mut(&mut situation).draft = Some(draft);
        decision.tone = decision.add(ignore_declined(run.check(&situation)));
        (decision, run)
    }

    fn begin(
        &self,
        stages: impl IntoIterator<Item = Stage>,
        options: &DecideOptions,
        timeout: Duration,
    ) -> PipelineRun<'_> {
        self.pipelines
            .begin(stages, timeout)
            .recording(options.recording)
            .recorded_facts(&options.recorded_facts)
            .bypasses(&options.bypasses)
            .shadow(options.shadow)
    }
}

/// Add a classification to the decision, and to the situation for the next
/// stages.
fn add_classification(
    decision: &mut Decision,
    situation: &mut Arc<Situation>,
    result: StageResult<MergedClassification>,
) {
    decision.classification = decision.add(ignore_declined(result));
    let merged = decision.classification.as_ref();
    Arc::make_mut(situation).assessment =
        merged.map(|merged| Arc::new(merged.classification.clone()));
}

/// One stage without an opinion does not make the whole decision `declined`;
/// the result of each plugin says which declined.
fn ignore_declined<A>(mut result: StageResult<A>) -> StageResult<A> {
    if result.outcome.kind == OutcomeKind::Declined {
        result.outcome = Outcome::plain(OutcomeKind::Ok);
    }
    result
}
