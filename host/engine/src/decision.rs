//! The document of a decision: what was answered, by whom, how it ended and
//! how long it took. One object on the command line, in the API and in cases.

use std::time::Duration;

use patchbay_model::decision::classification::MergedClassification;
use patchbay_model::decision::escalation::Escalation;
use patchbay_model::decision::route::RoutePlan;
use patchbay_model::decision::stage::Stage;
use patchbay_model::decision::tone::Review;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use patchbay_model::state::StateWrite;
use serde::Serialize;

use crate::answers::Answered;
use crate::care::recorder::{LogLine, Transcript};
use crate::component::Digest;

/// Times of a decision's phases, in whole microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Micros {
    /// Waiting for a place.
    pub queue: u64,
    /// Finding or making an instance.
    pub instantiate: u64,
    /// Inside policies, with the host calls they made.
    pub call: u64,
}

impl Micros {
    pub(crate) fn add(&mut self, other: Micros) {
        self.queue += other.queue;
        self.instantiate += other.instantiate;
        self.call += other.call;
    }
}

/// Whole microseconds, rounded.
pub(crate) fn micros(time: Duration) -> u64 {
    ((time.as_nanos() + 500) / 1000) as u64
}

/// One plugin's part in a decision.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// Stage it was asked at.
    pub stage: Stage,
    /// Name in the pipeline.
    pub name: String,
    /// Name of its pack.
    pub pack: String,
    /// Version of its pack.
    pub version: String,
    /// Digest of its component.
    pub digest: Digest,
    /// Digest of its settings.
    pub settings: Digest,
    /// Digest of the picture its instance started from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Digest>,
    /// How it ended.
    pub outcome: OutcomeKind,
    /// The particulars, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Outcome>,
    /// Which decision of its instance this was, from 1; 0: it was not called.
    #[serde(rename = "use")]
    pub use_number: u32,
    /// Times.
    pub micros: Micros,
    /// Most linear memory, in bytes.
    pub peak_memory: u64,
    /// Linear memory it might have had, in bytes.
    pub memory_limit: u64,
    /// Host calls made.
    pub host_calls: u32,
    /// Fuel used; only on the metered engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// Lines it wrote.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<LogLine>,
    /// Lines dropped beyond the limit.
    #[serde(skip_serializing_if = "is_zero")]
    pub log_dropped: u32,
    /// What it answered, allowed or not, where that is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answered>,
    /// Every host call, where a transcript was asked for and did not grow
    /// too long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcript: Option<Transcript>,
    /// How many of its questions about what changes by itself a record
    /// answered, and how many it did not; in a trial on recorded decisions only.
    #[serde(skip)]
    pub recalled: (u32, u32),
    /// State it wrote; committed by whoever keeps state.
    #[serde(skip)]
    pub writes: Vec<StateWrite>,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What the host did because a plugin failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fallback {
    /// At which stage.
    pub stage: Stage,
    /// The rule that decided: `continue`, `default-queue`, `next`, `hold`,
    /// `revise`, `block`, `alert`, or `let-through` where an operator bypassed
    /// it and would have it so.
    pub rule: &'static str,
    /// The plugin that failed, or none where no policy had an opinion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    /// Why.
    pub because: String,
}

/// What a stage of a pipeline came to.
#[derive(Clone, Debug)]
pub struct Decided<A> {
    /// The answer the host goes on with; absent where nobody could be asked,
    /// or nobody had an opinion and the host needs none.
    pub answer: Option<A>,
    /// How the stage ended as a whole.
    pub outcome: Outcome,
    /// Each plugin's part.
    pub parts: Vec<Part>,
    /// What the host did for want of an answer.
    pub fallback: Option<Fallback>,
}

/// Which setup decided.
#[derive(Clone, Debug, Serialize)]
pub struct Stamp {
    /// Number of the generation.
    pub generation: u64,
    /// The plugins, in the order they were asked.
    pub plugins: Vec<Part>,
}

/// One decision, or several about one interaction made in one pass.
#[derive(Clone, Debug, Serialize)]
pub struct Decision {
    /// Id of the interaction, or of the draft where it answers none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interaction: Option<String>,
    /// Id of the draft.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft: Option<String>,
    /// How it ended: the first stage that did not end well, else `ok`.
    pub outcome: OutcomeKind,
    /// The particulars, where it did not end well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Outcome>,
    /// What the interaction is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<MergedClassification>,
    /// Where its conversation goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<RoutePlan>,
    /// Whether the draft may go out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tone: Option<Review>,
    /// Who else must know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalation: Option<Escalation>,
    /// What the host did where a policy failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fallbacks: Vec<Fallback>,
    /// Which setup decided.
    pub stamp: Stamp,
    /// Times of all parts together.
    pub micros: Micros,
}

impl Decision {
    /// The first plugin that could not be asked for want of room: then nothing
    /// was decided, and whoever asks does so again.
    pub fn without_room(&self) -> Option<&Part> {
        let mut parts = self.stamp.plugins.iter();
        parts.find(|part| part.outcome == OutcomeKind::Overloaded)
    }

    /// An empty decision of a generation, to which stages are added.
    pub fn of(generation: u64, interaction: Option<&str>) -> Decision {
        Decision {
            interaction: interaction.map(str::to_owned),
            draft: None,
            outcome: OutcomeKind::Ok,
            problem: None,
            classification: None,
            route: None,
            tone: None,
            escalation: None,
            fallbacks: Vec::new(),
            stamp: Stamp {
                generation,
                plugins: Vec::new(),
            },
            micros: Micros::default(),
        }
    }

    /// Add what a stage came to.
    pub fn add<A>(&mut self, decided: Decided<A>) -> Option<A> {
        for part in &decided.parts {
            self.micros.add(part.micros);
        }
        self.stamp.plugins.extend(decided.parts);
        self.fallbacks.extend(decided.fallback);
        if matches!(self.outcome, OutcomeKind::Ok | OutcomeKind::Declined)
            && decided.outcome.kind != OutcomeKind::Ok
        {
            self.outcome = decided.outcome.kind;
            self.problem = has_particulars(&decided.outcome).then_some(decided.outcome);
        }
        decided.answer
    }

    /// State every plugin wrote, by plugin name.
    pub fn writes(&self) -> impl Iterator<Item = (&str, &StateWrite)> {
        self.stamp
            .plugins
            .iter()
            .flat_map(|part| part.writes.iter().map(|write| (part.name.as_str(), write)))
    }
}

/// Whether an outcome says more than its kind.
pub(crate) fn has_particulars(outcome: &Outcome) -> bool {
    outcome.detail.is_some() || outcome.limit.is_some() || !outcome.backtrace.is_empty()
}
