//! Deciding: the stages of a generation in a situation, one after the other.

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
use patchbay_model::decision::stage::Stage;
use patchbay_model::input::InputError;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use patchbay_model::situation::{DraftInput, Situation};

use crate::Generation;
use crate::inquiry::Inquiry;

/// How a decision is made, beside on what.
#[derive(Clone, Debug, Default)]
pub struct DecideOptions {
    /// What is kept of it.
    pub recording: Recording,
    /// What is known of things that have changed since, where it is made on a
    /// record.
    pub recalled: RecordedFacts,
    /// What an operator has taken out.
    pub bypasses: Arc<Bypasses>,
    /// Whether nobody goes by it: then it leaves breakers as they are.
    pub aside: bool,
}

impl DecideOptions {
    /// One that nobody goes by.
    pub fn aside() -> DecideOptions {
        DecideOptions {
            aside: true,
            ..DecideOptions::default()
        }
    }

    /// On things as they are.
    pub fn recording(recording: Recording) -> DecideOptions {
        DecideOptions {
            recording,
            ..DecideOptions::default()
        }
    }

    /// The same, without what an operator has taken out.
    #[must_use]
    pub fn bypassing(self, bypasses: &Arc<Bypasses>) -> DecideOptions {
        DecideOptions {
            bypasses: Arc::clone(bypasses),
            ..self
        }
    }
}

/// When a decision is made, how long it may wait for its turn, and without
/// whom.
#[derive(Clone, Debug)]
pub struct RequestContext {
    /// The moment.
    pub now: Timestamp,
    /// How long to wait to be admitted.
    pub patience: Duration,
    /// What an operator has taken out.
    pub bypasses: Arc<Bypasses>,
}

impl RequestContext {
    /// With everybody.
    pub fn at(now: Timestamp, patience: Duration) -> RequestContext {
        RequestContext {
            now,
            patience,
            bypasses: Arc::default(),
        }
    }
}

impl Generation {
    /// Answer what is asked.
    ///
    /// # Errors
    /// [`InputError`] where what is asked does not fit this generation.
    pub fn answer(
        &self,
        inquiry: &Inquiry,
        terms: &RequestContext,
    ) -> Result<(Decision, PipelineRun<'_>), InputError> {
        let situation = inquiry.situation(self, terms.now)?;
        Ok(self.answer_in(situation, inquiry, terms))
    }

    /// The same, in the situation it makes.
    pub fn answer_in(
        &self,
        situation: Situation,
        inquiry: &Inquiry,
        terms: &RequestContext,
    ) -> (Decision, PipelineRun<'_>) {
        let trying = DecideOptions::recording(inquiry.transcript.into()).bypassing(&terms.bypasses);
        let patience = terms.patience;
        match &inquiry.draft {
            Some(at_hand) => self.check_on(situation, at_hand.clone(), &trying, patience),
            None => self.decide_on(situation, &inquiry.stages, &trying, patience),
        }
    }

    /// Decide about an interaction in a situation, at these stages: tone is
    /// not among them. Each goes by what the ones before it said. Escalation
    /// is asked about the situation's trigger, `classified` where it has none.
    pub fn decide_on(
        &self,
        situation: Situation,
        stages: &BTreeSet<Stage>,
        trying: &DecideOptions,
        patience: Duration,
    ) -> (Decision, PipelineRun<'_>) {
        let id = situation.exchange.as_ref();
        let mut decision = Decision::of(
            self.number,
            id.map(|exchange| exchange.interaction.id.as_str()),
        );
        let mut situation = Arc::new(situation);
        let mut pass = self
            .pipelines
            .begin(stages.iter().copied(), patience)
            .recording(trying.recording)
            .recorded_facts(&trying.recalled)
            .bypasses(&trying.bypasses)
            .shadow(trying.aside);
        if stages.contains(&Stage::Classify) {
            let decided = pass.classify(&situation);
            classified(&mut decision, &mut situation, decided);
        }
        // Whoever was too busy for one stage is asked for no other: the caller
        // tries again.
        let goes_on = |decision: &Decision| decision.outcome != OutcomeKind::Overloaded;
        if stages.contains(&Stage::Route) && goes_on(&decision) {
            decision.route = decision.add(without_opinion(pass.route(&situation)));
        }
        if stages.contains(&Stage::Escalate) && goes_on(&decision) {
            if situation.trigger.is_none() {
                let classified = Trigger::of(TriggerCode::Classified);
                Arc::make_mut(&mut situation).trigger = Some(Arc::new(classified));
            }
            let escalated = pass.escalate(&situation);
            decision.escalation = decision.add(without_opinion(escalated));
        }
        (decision, pass)
    }

    /// Check a draft in a situation. What it answers is classified first,
    /// unless the situation says what it is.
    pub fn check_on(
        &self,
        situation: Situation,
        at_hand: DraftInput,
        trying: &DecideOptions,
        patience: Duration,
    ) -> (Decision, PipelineRun<'_>) {
        let answered = situation.exchange.as_ref();
        let answered = answered.map(|exchange| exchange.interaction.id.as_str());
        let mut decision = Decision::of(
            self.number,
            answered.or(at_hand.draft.interaction.as_deref()),
        );
        decision.draft = Some(at_hand.draft.id.clone());
        let classifies = situation.exchange.is_some() && situation.assessment.is_none();
        let stages = classifies.then_some(Stage::Classify);
        let mut pass = self
            .pipelines
            .begin(stages.into_iter().chain([Stage::Tone]), patience)
            .recording(trying.recording)
            .recorded_facts(&trying.recalled)
            .bypasses(&trying.bypasses)
            .shadow(trying.aside);
        let mut situation = Arc::new(situation);
        if classifies {
            let decided = pass.classify(&situation);
            classified(&mut decision, &mut situation, decided);
        }
        Arc::make_mut(&mut situation).draft = Some(at_hand);
        decision.tone = decision.add(without_opinion(pass.check(&situation)));
        (decision, pass)
    }
}

/// Put a classification into the decision and before the next policies.
fn classified(
    decision: &mut Decision,
    situation: &mut Arc<Situation>,
    decided: StageResult<patchbay_model::decision::classification::MergedClassification>,
) {
    decision.classification = decision.add(without_opinion(decided));
    let merged = decision.classification.as_ref();
    Arc::make_mut(situation).assessment =
        merged.map(|merged| Arc::new(merged.classification.clone()));
}

/// No opinion at one stage does not make a decision of several stages end
/// `declined`: the record of each part says who declined.
fn without_opinion<A>(mut decided: StageResult<A>) -> StageResult<A> {
    if decided.outcome.kind == OutcomeKind::Declined {
        decided.outcome = Outcome::plain(OutcomeKind::Ok);
    }
    decided
}

/// A seed that is the same for the same interaction (FNV-1a).
pub fn seed_of(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
