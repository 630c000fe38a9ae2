//! Fallback rules for a plugin that fails, by stage. By default an unchecked
//! draft is not sent.

use serde::{Deserialize, Serialize};

/// Rule of the stage classify.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassifyFailure {
    /// The other classifiers' answers are used.
    #[default]
    Continue,
}

/// Rule of the stage route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouteFailure {
    /// The conversation goes to the default queue.
    #[default]
    DefaultQueue,
    /// The host calls the next routing plugin.
    Next,
}

/// Rule of the stage tone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToneFailure {
    /// A supervisor must approve it.
    #[default]
    Hold,
    /// The agent must revise it.
    Revise,
    /// It may not be sent.
    Block,
}

/// Rule of the stage escalate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EscalateFailure {
    /// Operators are alerted.
    #[default]
    Alert,
}

/// Rules by stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct OnFailure {
    /// Stage classify.
    pub classify: ClassifyFailure,
    /// Stage route.
    pub route: RouteFailure,
    /// Stage tone.
    pub tone: ToneFailure,
    /// Stage escalate.
    pub escalate: EscalateFailure,
}
