//! The public part of a decision: codes and numbers. What a policy wrote in
//! its own words may quote the customer and is stored sealed.

use std::collections::BTreeMap;

use patchbay_config::duration::Seconds;
use patchbay_model::codes;
use patchbay_model::decision::classification::Intent;
use patchbay_model::decision::escalation::ActionKind;
use patchbay_model::decision::route::{Step, Target};
use patchbay_model::decision::stage::Stage;
use patchbay_model::decision::tone::{Severity, Verdict};
use patchbay_model::outcome::OutcomeKind;
use serde::{Deserialize, Serialize};

codes! {
    /// Whether the transcript of a decision was stored.
    pub enum TranscriptStatus {
        /// Stored with the entry.
        Stored = "kept",
        /// Not stored: longer than the limit, or nothing to seal it with.
        NotStored = "not-kept",
    }
}

/// What the history shows of a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionSummary {
    /// Outcome of the decision.
    pub outcome: OutcomeKind,
    /// Classification, where that stage ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification: Option<ClassificationSummary>,
    /// Route, where that stage ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<RouteSummary>,
    /// Escalation, where that stage ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalation: Option<EscalationSummary>,
    /// Review of the draft, where that stage ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tone: Option<ToneSummary>,
    /// Rules that answered in place of a policy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallbacks: Vec<FallbackSummary>,
    /// Generation and plugins that decided.
    pub stamp: GenerationStamp,
    /// Time per phase, all plugins together.
    pub micros: PhaseTimes,
    /// Whether the transcript was stored; absent where none was requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript: Option<TranscriptStatus>,
}

/// A classification without texts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassificationSummary {
    /// Intents, best first.
    pub intents: Vec<Intent>,
    /// Topics.
    pub topics: Vec<String>,
    /// Mood, -1 to 1.
    pub sentiment: Option<f64>,
    /// Urgency, 0 to 100.
    pub urgency: Option<u8>,
    /// Language tag (BCP 47).
    pub language: Option<String>,
    /// Probability of spam, 0 to 1.
    pub spam: Option<f64>,
    /// Probability of abuse, 0 to 1.
    pub abuse: Option<f64>,
    /// Whether the customer expects a reply.
    pub reply_expected: Option<bool>,
    /// Kinds of personal data found, each once, sorted.
    pub personal_data_kinds: Vec<String>,
}

/// A route plan without its reason and its preferences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteSummary {
    /// Where the conversation goes.
    pub target: Target,
    /// Who qualifies, step by step.
    pub steps: Vec<Step>,
    /// Priority, 0 to 100; absent: the queue's.
    pub priority: Option<u8>,
    /// Targets by clock.
    pub sla: BTreeMap<String, Seconds>,
    /// Tags to add.
    pub tags: Vec<String>,
}

/// The actions of an escalation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EscalationSummary {
    /// In the order of the answer.
    pub actions: Vec<ActionSummary>,
}

/// An action without its message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionSummary {
    /// Kind of action.
    pub kind: ActionKind,
    /// Queue, team, named target, incident or wake-up, as the kind has it.
    pub target: Option<String>,
}

/// A review without its texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToneSummary {
    /// The verdict.
    pub verdict: Verdict,
    /// The findings.
    pub findings: Vec<FindingSummary>,
}

/// A finding without its texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingSummary {
    /// Code.
    pub code: String,
    /// How much it matters.
    pub severity: Severity,
}

/// A rule that answered in place of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FallbackSummary {
    /// Stage.
    pub stage: Stage,
    /// Code of the rule.
    pub rule: String,
    /// The plugin that failed; absent where no policy had an opinion.
    pub plugin: Option<String>,
}

/// Which generation decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationStamp {
    /// Number of the generation.
    pub generation: u64,
    /// Its plugins, in the order of the calls.
    pub plugins: Vec<PluginStamp>,
}

/// One plugin's part in a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginStamp {
    /// Stage of the call.
    pub stage: Stage,
    /// Name in the pipeline.
    pub name: String,
    /// Version of its pack.
    pub version: String,
    /// Digest of its component.
    pub digest: String,
    /// Outcome of the call.
    pub outcome: OutcomeKind,
    /// Which decision of its instance this was, from 1; 0: it was not called.
    #[serde(rename = "use")]
    pub use_number: u32,
    /// Time per phase.
    pub micros: PhaseTimes,
    /// Most linear memory, in bytes.
    pub peak_memory: u64,
}

/// Times of a decision's phases, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseTimes {
    /// Waiting for a permit of the pool.
    pub queue: u64,
    /// Getting an instance.
    pub instantiate: u64,
    /// In the policy, with its host calls.
    pub call: u64,
}
