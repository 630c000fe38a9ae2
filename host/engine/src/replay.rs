//! Replays recorded decisions from their transcripts: the policy must make the
//! same host calls and give the same answer.

mod comparison;
mod recorded_facts;
mod recorded_result;
mod replayer;
mod verdict;

pub use crate::care::recall::{CallSignature, Divergence};
pub use comparison::{Difference, canonical, differences};
pub use recorded_facts::RecordedFacts;
pub use recorded_result::RecordedResult;
pub use replayer::{PluginReplay, PluginSource, replay};
pub use verdict::{NotReplayable, ReplayVerdict};
