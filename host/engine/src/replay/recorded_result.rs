use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use serde::Deserialize;
use serde_json::Value;

use crate::care::transcript::HostCall;
use crate::component::Digest;

/// What one plugin did at one stage, read back from a decision's record.
#[derive(Clone, Debug, Deserialize)]
pub struct RecordedResult {
    /// The stage.
    pub stage: Stage,
    /// Name of the plugin in the pipelines.
    pub name: String,
    /// Version of its pack.
    pub version: String,
    /// Digest of its component.
    pub digest: Digest,
    /// Digest of its settings.
    pub settings: Digest,
    /// Digest of the snapshot its instance started from, if it did.
    #[serde(default)]
    pub snapshot: Option<Digest>,
    /// How it ended.
    pub outcome: OutcomeKind,
    /// Detail, limit and backtrace of the outcome, if it has any.
    #[serde(default)]
    pub problem: Option<Outcome>,
    /// Number of this decision in its instance, from 1; 0: not called.
    #[serde(rename = "use")]
    pub use_number: u32,
    /// Limit on linear memory, in bytes.
    pub memory_limit: u64,
    /// Its answer before validation.
    #[serde(default)]
    pub answer: Option<Value>,
    /// Every host call; absent where none were stored.
    #[serde(default)]
    pub transcript: Option<Vec<HostCall>>,
}

impl RecordedResult {
    /// The outcome with its particulars.
    pub(crate) fn full_outcome(&self) -> Outcome {
        let plain = || Outcome::plain(self.outcome);
        self.problem.clone().unwrap_or_else(plain)
    }

    /// Whether the host rejected the answer.
    pub(crate) fn was_rejected(&self) -> bool {
        self.outcome == OutcomeKind::BadOutput && self.answer.is_some()
    }
}
