//! The four kinds of decision.

use serde::{Deserialize, Serialize};

/// One kind of decision; a company lists the plugins of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// What an interaction is.
    Classify,
    /// Who handles a conversation.
    Route,
    /// Whether a draft may go out.
    Tone,
    /// When more people must know.
    Escalate,
}

impl Stage {
    /// Every stage, in the order an interaction meets them.
    pub const ALL: [Stage; 4] = [Stage::Classify, Stage::Route, Stage::Tone, Stage::Escalate];

    /// The name: in pipelines, metric labels and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Stage::Classify => "classify",
            Stage::Route => "route",
            Stage::Tone => "tone",
            Stage::Escalate => "escalate",
        }
    }

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

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
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
