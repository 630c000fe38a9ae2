//! What happens to a company rather than to a conversation: generations,
//! rollouts, circuit breakers, bypasses, drains and the roster.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use patchbay_model::alert::{Alert, AlertKind};
use patchbay_model::bypass::BypassTarget;
use patchbay_model::codes;
use patchbay_model::decision::stage::Stage;
use patchbay_model::directory::Presence;
use patchbay_model::outcome::OutcomeKind;
use patchbay_model::rollout::{Breach, RolloutKind, Share};

codes! {
    /// Why a generation became active.
    pub enum ActivationCause {
        /// The server started with it.
        Started = "started",
        /// A company file was applied.
        Applied = "applied",
        /// An operator activated a stored generation.
        Activated = "activated",
        /// An operator rolled back to it.
        RolledBack = "rolled-back",
        /// It was a candidate and was promoted.
        Promoted = "promoted",
    }
}

/// Another generation is active.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationActivatedEvent {
    /// Its number.
    pub generation: u64,
    /// The active generation before; absent: none.
    pub before: Option<u64>,
    /// Who activated it.
    pub by: String,
    /// Why.
    pub because: ActivationCause,
}

/// A shadow run or canary started, or its terms changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolloutEvent {
    /// Candidate generation.
    pub generation: u64,
    /// Active generation.
    pub control: u64,
    /// Shadow run or canary.
    pub kind: RolloutKind,
    /// Share of the conversations.
    pub share: Share,
    /// Who started or changed it.
    pub by: String,
}

codes! {
    /// Why a rollout ended.
    pub enum RolloutEnd {
        /// An operator ended it.
        Aborted = "aborted",
        /// The candidate became active.
        Promoted = "promoted",
        /// Another generation became active, or another rollout began.
        Superseded = "superseded",
        /// A bound was exceeded.
        BoundExceeded = "bound-exceeded",
        /// The candidate cannot be built any more.
        Unbuildable = "unbuildable",
    }
}

/// A shadow run or canary ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RolloutEndedEvent {
    /// Candidate generation.
    pub generation: u64,
    /// Active generation.
    pub control: u64,
    /// Shadow run or canary; absent where its row cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<RolloutKind>,
    /// Share of the conversations; absent where its row cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
    /// Why it ended.
    pub because: RolloutEnd,
    /// Who ended it; absent: the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The operator's reason, or what exceeded the bound or cannot be built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The bound that was exceeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breach: Option<Breach>,
    /// What was counted; absent where its row cannot be read.
    #[serde(flatten)]
    pub counts: Option<RolloutCounts>,
}

impl RolloutEndedEvent {
    /// The alert about it, if the host ended it and no operator did.
    pub fn alert(&self, company: &str, at: Timestamp) -> Option<Alert> {
        if !matches!(
            self.because,
            RolloutEnd::BoundExceeded | RolloutEnd::Unbuildable
        ) {
            return None;
        }
        let kind = self.kind.map_or("rollout", RolloutKind::as_str);
        let reason = self.reason.as_deref().unwrap_or(self.because.as_str());
        let what = format!(
            "the host ended the {kind} of generation {}: {reason}; generation {} decides",
            self.generation, self.control
        );
        Some(Alert::of_company(
            AlertKind::RolloutEnded,
            company,
            at,
            what,
        ))
    }
}

/// What a rollout counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolloutCounts {
    /// Decisions of the candidate.
    pub decisions: u64,
    /// Those in which a policy failed.
    pub failed: u64,
    /// Decisions of both generations that were compared.
    pub compared: u64,
    /// Those that were equal.
    pub agreed: u64,
}

/// A circuit breaker opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakerOpenedEvent {
    /// The plugin.
    pub plugin: String,
    /// The stage.
    pub stage: Stage,
    /// The generation the plugin belongs to.
    pub generation: u64,
    /// Outcome of the call that opened it.
    pub outcome: OutcomeKind,
    /// Failures in a row.
    pub failures: u32,
}

/// A circuit breaker closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakerClosedEvent {
    /// The plugin.
    pub plugin: String,
    /// The stage.
    pub stage: Stage,
    /// The generation the plugin belongs to.
    pub generation: u64,
}

/// An operator bypassed a stage or plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BypassedEvent {
    /// The stage or plugin.
    pub bypassed: BypassTarget,
    /// When the bypass ends.
    pub until: Timestamp,
    /// Whether the host decides as if it were not in the pipeline.
    pub let_through: bool,
    /// The operator.
    pub by: String,
}

codes! {
    /// Why a bypass ended.
    pub enum BypassEnd {
        /// An operator lifted it.
        Lifted = "lifted",
        /// Its time was over.
        Expired = "over",
    }
}

/// A bypass ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BypassEndedEvent {
    /// The stage or plugin.
    pub bypassed: BypassTarget,
    /// When the bypass would have ended.
    pub until: Timestamp,
    /// Whether the host decided as if it were not in the pipeline.
    pub let_through: bool,
    /// Why.
    pub because: BypassEnd,
    /// The operator who lifted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// A drain began or ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrainEvent {
    /// The operator.
    pub by: String,
}

/// An agent's presence changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceChangedEvent {
    /// The agent.
    pub agent: String,
    /// Presence before.
    pub from: Presence,
    /// Presence now.
    pub to: Presence,
}

/// An agent was added to the roster or changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentPutEvent {
    /// The agent.
    pub agent: String,
    /// Proficiency, 1 to 5, by skill.
    pub skills: BTreeMap<String, u8>,
    /// Queues; empty: every queue whose skills are met.
    pub queues: Vec<String>,
}

/// An agent was removed from the roster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentRemovedEvent {
    /// The agent.
    pub agent: String,
}

/// A person was erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactErasedEvent {
    /// The contact that was named.
    pub contact: String,
    /// All contacts of the person.
    pub contacts: Vec<String>,
}

/// A person acknowledged an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertAcknowledgedEvent {
    /// Number of the alert's entry in the feed.
    pub alert: u64,
    /// Who acknowledged it.
    pub by: String,
}

codes! {
    /// Whether an incident is open.
    pub enum IncidentState {
        /// Messages about its subject join it.
        Open = "open",
        /// A supervisor closed it. Its conversations stay in it; messages no longer join it.
        Closed = "closed",
    }
}

/// A supervisor named, closed or reopened an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentChangedEvent {
    /// The subject.
    pub subject: String,
    /// Whether it is open now.
    pub state: IncidentState,
    /// Its name now; absent: it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Who changed it.
    pub by: String,
}
