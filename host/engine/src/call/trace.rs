use std::time::Duration;

use patchbay_model::outcome::Outcome;
use patchbay_model::state::StateWrite;

use super::stage_answer::PluginAnswer;
use crate::care::log_buffer::LogLine;
use crate::care::recall::Recall;
use crate::care::transcript::Transcript;

/// What one call into a policy cost and left behind, beside its answer.
#[derive(Debug)]
pub struct Trace {
    /// How the call ended.
    pub outcome: Outcome,
    /// Wall-clock time inside the policy, host calls included.
    pub call: Duration,
    /// Fuel used; on the metered engine only.
    pub fuel: Option<u64>,
    /// Linear memory of the instance after the call, in bytes.
    pub peak_memory: u64,
    /// Number of host calls.
    pub host_calls: u32,
    /// Lines the policy logged.
    pub log: Vec<LogLine>,
    /// Number of lines dropped beyond the limit.
    pub log_dropped: u32,
    /// State the policy wrote; empty unless the outcome is ok or declined.
    pub writes: Vec<StateWrite>,
    /// The answer before validation, where the recording asks for it.
    pub answer: Option<PluginAnswer>,
    /// Every host call, where the recording asks for them and they fit.
    pub transcript: Option<Transcript>,
    /// Whether the policy was called; false where something prevented it.
    pub called: bool,
    /// The record that answered host calls, if there was one.
    pub(crate) recall: Option<Recall>,
}

impl Trace {
    /// The policy was not called, for this reason.
    pub(crate) fn not_called(outcome: Outcome) -> Trace {
        Trace {
            outcome,
            call: Duration::ZERO,
            fuel: None,
            peak_memory: 0,
            host_calls: 0,
            log: Vec::new(),
            log_dropped: 0,
            writes: Vec::new(),
            answer: None,
            transcript: None,
            called: false,
            recall: None,
        }
    }

    /// Discard what the policy wrote, because the host rejects its answer.
    pub(crate) fn reject(&mut self, outcome: Outcome) {
        self.outcome = outcome;
        self.writes.clear();
    }
}
