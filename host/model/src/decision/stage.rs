//! Stages of a pipeline.

use crate::codes;

codes! {
    /// A kind of decision; a company lists the plugins of each.
    pub enum Stage {
        /// Classify an interaction.
        Classify = "classify",
        /// Decide where a conversation goes.
        Route = "route",
        /// Review a draft.
        Tone = "tone",
        /// Decide whether to escalate.
        Escalate = "escalate",
    }
}

impl Stage {
    /// Key of the answer in a result.
    pub const fn answer_key(self) -> &'static str {
        match self {
            Stage::Classify => "classification",
            Stage::Route => "route",
            Stage::Tone => "tone",
            Stage::Escalate => "escalation",
        }
    }
}

impl std::str::FromStr for Stage {
    type Err = String;

    fn from_str(text: &str) -> Result<Stage, String> {
        Stage::from_code(text).ok_or_else(|| {
            format!("{text:?} is not a stage; stages are classify, route, tone, escalate")
        })
    }
}
