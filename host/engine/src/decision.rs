//! The document of a decision: answers, plugins, outcomes and times. The same
//! object on the command line, in the API and in pack cases.

use std::time::Duration;

use patchbay_model::decision::classification::MergedClassification;
use patchbay_model::decision::escalation::Escalation;
use patchbay_model::decision::route::RoutePlan;
use patchbay_model::decision::stage::Stage;
use patchbay_model::decision::tone::Review;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use patchbay_model::state::StateWrite;
use serde::Serialize;

use crate::call::PluginAnswer;
use crate::care::log_buffer::LogLine;
use crate::care::transcript::Transcript;
use crate::component::Digest;

/// Times of a decision's phases, in whole microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Micros {
    /// Waiting for a free instance.
    pub queue: u64,
    /// Taking an instance from a pool, or starting one.
    pub instantiate: u64,
    /// Inside policies, host calls included.
    pub call: u64,
}

impl Micros {
    fn add(&mut self, other: Micros) {
        self.queue += other.queue;
        self.instantiate += other.instantiate;
        self.call += other.call;
    }
}

/// Whole microseconds, rounded.
pub(crate) fn micros(time: Duration) -> u64 {
    ((time.as_nanos() + 500) / 1000) as u64
}

/// What one plugin did at one stage of a decision.
#[derive(Clone, Debug, Serialize)]
pub struct PluginResult {
    /// The stage.
    pub stage: Stage,
    /// Name of the plugin in the pipelines.
    pub name: String,
    /// Name of its pack.
    pub pack: String,
    /// Version of its pack.
    pub version: String,
    /// Digest of its component.
    pub digest: Digest,
    /// Digest of its settings.
    pub settings: Digest,
    /// Digest of the names and digests of its data, if it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Digest>,
    /// Digest of the snapshot its instance started from, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Digest>,
    /// How it ended.
    pub outcome: OutcomeKind,
    /// Detail, limit and backtrace of the outcome, if it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Outcome>,
    /// Number of this decision in its instance, from 1; 0: not called.
    #[serde(rename = "use")]
    pub use_number: u32,
    /// Times.
    pub micros: Micros,
    /// Linear memory of its instance, in bytes.
    pub peak_memory: u64,
    /// Limit on that memory, in bytes.
    pub memory_limit: u64,
    /// Number of host calls.
    pub host_calls: u32,
    /// Fuel used; on the metered engine only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// Lines it logged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<LogLine>,
    /// Number of lines dropped beyond the limit.
    #[serde(skip_serializing_if = "is_zero")]
    pub log_dropped: u32,
    /// Its answer before validation, where the recording asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<PluginAnswer>,
    /// Every host call, where the recording asks for them and they fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcript: Option<Transcript>,
    /// In a trial: volatile host calls the record answered, and did not.
    #[serde(skip)]
    pub recalled: (u32, u32),
    /// State it wrote, to be committed with the decision.
    #[serde(skip)]
    pub writes: Vec<StateWrite>,
}

impl PluginResult {
    /// The outcome with its particulars.
    pub(crate) fn full_outcome(&self) -> Outcome {
        let plain = || Outcome::plain(self.outcome);
        self.problem.clone().unwrap_or_else(plain)
    }
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What the host did because a plugin gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fallback {
    /// The stage.
    pub stage: Stage,
    /// The rule applied: `continue`, `default-queue`, `next`, `hold`, `revise`,
    /// `block`, `alert`, or `let-through` for a bypassed plugin whose operator
    /// chose that.
    pub rule: &'static str,
    /// The plugin that failed; absent where no plugin had an opinion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    /// Why.
    pub because: String,
}

/// The result of one stage of a pipeline.
#[derive(Clone, Debug)]
pub struct StageResult<A> {
    /// The merged answer; absent where no plugin gave one and the host needs
    /// none, or the host was overloaded.
    pub answer: Option<A>,
    /// Outcome of the first plugin that failed, else ok or declined.
    pub outcome: Outcome,
    /// What each plugin did, in order.
    pub plugins: Vec<PluginResult>,
    /// What the host did for lack of an answer.
    pub fallback: Option<Fallback>,
}

/// The generation and plugins that made a decision.
#[derive(Clone, Debug, Serialize)]
pub struct Stamp {
    /// Number of the generation.
    pub generation: u64,
    /// What each plugin did, in order.
    pub plugins: Vec<PluginResult>,
}

/// The decision of one or several stages about one interaction or draft.
#[derive(Clone, Debug, Serialize)]
pub struct Decision {
    /// Id of the interaction; absent where a draft answers none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interaction: Option<String>,
    /// Id of the draft.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft: Option<String>,
    /// Outcome of the first stage that did not end `ok`, else `ok`.
    pub outcome: OutcomeKind,
    /// Detail, limit and backtrace of the outcome, if it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Outcome>,
    /// What the interaction is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<MergedClassification>,
    /// Where its conversation goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<RoutePlan>,
    /// Whether the draft may be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tone: Option<Review>,
    /// What is escalated, and to which targets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalation: Option<Escalation>,
    /// What the host did where a plugin gave no answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fallbacks: Vec<Fallback>,
    /// The generation and plugins that made the decision.
    pub stamp: Stamp,
    /// Times of all plugins together.
    pub micros: Micros,
}

impl Decision {
    /// The first plugin the host was too busy to call. With one, nothing was
    /// decided, and the caller has to try again.
    pub fn overloaded_plugin(&self) -> Option<&PluginResult> {
        let mut results = self.stamp.plugins.iter();
        results.find(|result| result.outcome == OutcomeKind::Overloaded)
    }

    /// An empty decision of a generation.
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

    /// Add the result of a stage, and return its answer.
    pub fn add<A>(&mut self, stage: StageResult<A>) -> Option<A> {
        for result in &stage.plugins {
            self.micros.add(result.micros);
        }
        self.stamp.plugins.extend(stage.plugins);
        self.fallbacks.extend(stage.fallback);
        if matches!(self.outcome, OutcomeKind::Ok | OutcomeKind::Declined)
            && stage.outcome.kind != OutcomeKind::Ok
        {
            self.outcome = stage.outcome.kind;
            self.problem = has_particulars(&stage.outcome).then_some(stage.outcome);
        }
        stage.answer
    }

    /// Every state write, with the name of the plugin.
    pub fn writes(&self) -> impl Iterator<Item = (&str, &StateWrite)> {
        let plugins = self.stamp.plugins.iter();
        plugins.flat_map(|it| it.writes.iter().map(|write| (it.name.as_str(), write)))
    }
}

/// Whether an outcome says more than its kind.
pub(crate) fn has_particulars(outcome: &Outcome) -> bool {
    outcome.detail.is_some() || outcome.limit.is_some() || !outcome.backtrace.is_empty()
}
