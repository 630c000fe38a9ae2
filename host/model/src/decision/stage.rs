//! The four kinds of decision.

use crate::codes;

codes! {
    /// One kind of decision; a company lists the plugins of each.
    pub enum Stage {
        /// What an interaction is.
        Classify = "classify",
        /// Who handles a conversation.
        Route = "route",
        /// Whether a draft may go out.
        Tone = "tone",
        /// When more people must know.
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
        Stage::ALL
            .into_iter()
            .find(|stage| stage.as_str() == text)
            .ok_or_else(|| {
                format!("{text:?} is no stage; stages are classify, route, tone, escalate")
            })
    }
}
