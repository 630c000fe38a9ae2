//! One call into a guest: the stages, their answers, and the trace of a call.

mod lift;
mod stage_answer;
mod trace;

pub use stage_answer::PluginAnswer;
pub(crate) use stage_answer::StageAnswer;
pub use trace::Trace;
