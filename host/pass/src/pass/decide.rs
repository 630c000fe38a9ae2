//! Step 2, decide: call the policies, and determine whether the transcript is
//! stored.

use std::collections::BTreeSet;
use std::sync::Arc;

use patchbay_engine::Recording;
use patchbay_engine::decision::Decision;
use patchbay_engine::pipeline::PipelineRun;
use patchbay_generations::decide::DecideOptions;
use patchbay_generations::rollout::{ComparisonInput, DecisionNumber, RolloutAssignment};
use patchbay_journal::ContactId;
use patchbay_model::decision::stage::Stage;
use patchbay_model::interaction::Interaction;
use patchbay_model::situation::{DraftInput, Situation};
use patchbay_records::decisions::{RecordedInput, TextSources};

use super::{Pass, PassError};

/// What the policies are called with, and where its texts are stored.
#[derive(Clone, Debug)]
pub(super) struct DecisionInput {
    pub(super) situation: Situation,
    pub(super) sources: TextSources,
    /// The person it is about, whose key seals the record: who wrote the
    /// message, else the conversation's customer.
    pub(super) contact: Option<ContactId>,
}

/// What the policies decided.
pub(super) struct PolicyResult<'a> {
    pub(super) decision: Decision,
    pub(super) input: RecordedInput,
    /// See [`DecisionInput::contact`].
    pub(super) contact: Option<ContactId>,
    pub(super) transcript: TranscriptStatus,
    /// What awaits the number of the decision: a comparison of a rollout.
    pub(super) numbers: Vec<DecisionNumber>,
    /// The instances, dropped with the result: dropping them takes longer than
    /// the answer should wait.
    _instances: PipelineRun<'a>,
}

impl PolicyResult<'_> {
    /// Add a further decision that goes into the same entry.
    pub(super) fn merge(&mut self, other: PolicyResult<'_>) {
        let stamp = &mut self.decision.stamp;
        stamp.plugins.extend(other.decision.stamp.plugins);
        let fallbacks = &mut self.decision.fallbacks;
        fallbacks.extend(other.decision.fallbacks);
        self.numbers.extend(other.numbers);
        if self.transcript == TranscriptStatus::NotWanted
            || other.transcript == TranscriptStatus::TooLong
        {
            self.transcript = other.transcript;
        }
    }
}

/// What becomes of a decision's transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TranscriptStatus {
    /// Stored in the record.
    Stored,
    /// The company file asks for none.
    NotWanted,
    /// Longer than the company file allows, or no key to seal it with.
    TooLong,
}

impl TranscriptStatus {
    /// As the history shows it.
    pub(super) fn as_event(self) -> Option<patchbay_events::TranscriptStatus> {
        match self {
            TranscriptStatus::Stored => Some(patchbay_events::TranscriptStatus::Stored),
            TranscriptStatus::TooLong => Some(patchbay_events::TranscriptStatus::NotStored),
            TranscriptStatus::NotWanted => None,
        }
    }
}

/// Call the policies of these stages; tone is not among them.
pub(super) fn decide<'p>(
    pass: &'p Pass<'_>,
    input: DecisionInput,
    stages: &BTreeSet<Stage>,
) -> Result<PolicyResult<'p>, PassError> {
    let recorded = RecordedInput::new(&input.situation, &input.sources, stages);
    let recorded = (recorded, input.contact);
    let options = options(pass, recording(pass, &input.situation));
    let comparison = comparison(pass, pass.rollout.as_ref(), &input.situation, stages, None);
    let decided = pass
        .generation
        .decide(input.situation, stages, &options, pass.timeout);
    finish(pass, pass.rollout.as_ref(), decided, recorded, comparison)
}

/// Call the tone policies about a draft.
pub(super) fn check<'p>(
    pass: &'p Pass<'_>,
    input: DecisionInput,
    draft: DraftInput,
) -> Result<PolicyResult<'p>, PassError> {
    let stages = BTreeSet::from([Stage::Tone]);
    let mut recorded = RecordedInput::new(&input.situation, &input.sources, &stages);
    recorded.draft = Some((*draft.draft).clone());
    let recorded = (recorded, input.contact);
    // A draft that is still typed is not recorded and takes no part in a
    // rollout: it may come at every keystroke.
    let (recording, rollout) = match draft.composing {
        true => (Recording::NONE, None),
        false => (recording(pass, &input.situation), pass.rollout.as_ref()),
    };
    let options = options(pass, recording);
    let comparison = comparison(pass, rollout, &input.situation, &stages, Some(&draft));
    let decided =
        pass.generation
            .check_draft(input.situation, draft, &stages, &options, pass.timeout);
    finish(pass, rollout, decided, recorded, comparison)
}

fn options(pass: &Pass<'_>, recording: Recording) -> DecideOptions {
    DecideOptions::recording(recording).with_bypasses(&pass.bypasses)
}

/// What the other generation of the rollout is to repeat.
fn comparison(
    pass: &Pass<'_>,
    rollout: Option<&RolloutAssignment<'_>>,
    situation: &Situation,
    stages: &BTreeSet<Stage>,
    draft: Option<&DraftInput>,
) -> Option<ComparisonInput> {
    rollout.filter(|rollout| rollout.should_compare())?;
    Some(ComparisonInput {
        situation: situation.clone(),
        stages: stages.clone(),
        draft: draft.cloned(),
        bypasses: Arc::clone(&pass.bypasses),
        stateless: None,
        number: DecisionNumber::default(),
    })
}

/// Report the decision, unless no instance was free, and keep its transcripts
/// where they are to be stored.
fn finish<'p>(
    pass: &'p Pass<'_>,
    rollout: Option<&RolloutAssignment<'_>>,
    (mut decision, instances): (Decision, PipelineRun<'p>),
    (input, contact): (RecordedInput, Option<ContactId>),
    comparison: Option<ComparisonInput>,
) -> Result<PolicyResult<'p>, PassError> {
    let company = &pass.generation.company;
    pass.observer.decided(company, &decision);
    if decision.overloaded_plugin().is_some() {
        if let Some(rollout) = rollout {
            rollout.count_overload();
        }
        return Err(PassError::Overloaded);
    }
    let rules = &pass.generation.record;
    let parts = &mut decision.stamp.plugins;
    let wanted =
        instances.is_recording() && rules.should_store(parts.iter().map(|part| part.outcome));
    let bytes: Option<usize> = parts
        .iter()
        .filter(|part| part.use_number > 0)
        .map(|part| Some(part.transcript.as_ref()?.bytes()))
        .sum();
    let transcript = match (wanted, bytes) {
        (false, _) => TranscriptStatus::NotWanted,
        (true, Some(bytes)) if bytes <= limit(pass) => TranscriptStatus::Stored,
        (true, _) => TranscriptStatus::TooLong,
    };
    if transcript != TranscriptStatus::Stored {
        for part in parts {
            part.transcript = None;
        }
    }
    let numbers = comparison
        .iter()
        .map(|comparison| comparison.number.clone());
    let numbers = numbers.collect();
    if let Some(rollout) = rollout {
        rollout.record_decision(&decision, comparison);
    }
    Ok(PolicyResult {
        decision,
        input,
        contact,
        transcript,
        numbers,
        _instances: instances,
    })
}

/// Most bytes of a decision's transcripts.
fn limit(pass: &Pass<'_>) -> usize {
    usize::try_from(pass.generation.record.limit.0).unwrap_or(usize::MAX)
}

fn recording(pass: &Pass<'_>, situation: &Situation) -> Recording {
    let exchange = situation.exchange.as_ref();
    let sample = sample(pass, exchange.map(|exchange| &*exchange.interaction));
    Recording {
        answers: true,
        transcript: match pass.generation.record.should_record(sample) {
            true => limit(pass),
            false => 0,
        },
    }
}

/// An evenly distributed number, the same for every decision about the same
/// interaction.
fn sample(pass: &Pass<'_>, interaction: Option<&Interaction>) -> u64 {
    let mut hasher = blake3::Hasher::new_derive_key("patchbay 2026 sampled transcripts");
    hasher.update(pass.generation.company.as_bytes());
    hasher.update(&[0]);
    hasher.update(interaction.map_or(&[][..], |interaction| interaction.id.as_bytes()));
    let mut first = [0; 8];
    hasher.finalize_xof().fill(&mut first);
    u64::from_le_bytes(first)
}
