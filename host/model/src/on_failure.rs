//! What the host does when a plugin fails, by stage. The defaults are safe: what
//! could not be checked does not go out.

use serde::{Deserialize, Serialize};

/// What happens when a plugin fails while classifying.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassifyFailure {
    /// The other classifiers' answers are used.
    #[default]
    Continue,
}

/// What happens when a routing plugin fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouteFailure {
    /// The conversation goes to the default queue.
    #[default]
    DefaultQueue,
    /// The next routing plugin is asked.
    Next,
}

/// What happens to a draft when a plugin fails while checking it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToneFailure {
    /// A supervisor must approve it.
    #[default]
    Hold,
    /// The agent should look again.
    Revise,
    /// It may not go out.
    Block,
}

/// What happens when an escalation plugin fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EscalateFailure {
    /// Operators are alerted.
    #[default]
    Alert,
}

/// What happens when a plugin fails, by stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct OnFailure {
    /// While classifying.
    pub classify: ClassifyFailure,
    /// While routing.
    pub route: RouteFailure,
    /// While checking a draft.
    pub tone: ToneFailure,
    /// While escalating.
    pub escalate: EscalateFailure,
}
