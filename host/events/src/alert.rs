//! What an operator or supervisor should look at.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::RolloutEndedEvent;
use patchbay_model::decision::stage::Stage;
use patchbay_model::final_failure::FinalKind;
use patchbay_model::rollout::Breach;

/// An alert: its code, and what it is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "alert", content = "about", rename_all = "kebab-case")]
pub enum AlertEvent {
    /// The conversation was decided about too often within an hour. Its
    /// policies are not called again in that hour.
    DecidedTooOften {},
    /// An escalation policy failed.
    EscalationFailed {
        /// [`Stage::Escalate`].
        stage: Stage,
        /// The plugin.
        plugin: String,
    },
    /// An agent gets a conversation again that they refused or returned.
    OfferedAgain {
        /// The agent.
        agent: String,
        /// How often they refused or returned it.
        again: u32,
    },
    /// The agent who refused the offer is the only one who fits.
    #[serde(rename = "nobody-else-fits")]
    NoOtherAgentFits {
        /// The agent.
        agent: String,
        /// The queue.
        queue: Option<String>,
    },
    /// The channel refused a reply or notification.
    Undeliverable {
        /// The agent's id of the reply; absent where the item is no reply in
        /// progress.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply: Option<String>,
        /// Key of the outbox item.
        key: String,
        /// What the channel answered; absent where the entry of the reply has
        /// it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<String>,
        /// Kind of failure; absent in what was written before there were kinds.
        /// [`FinalKind::Uncertain`]: the message may have arrived; a person
        /// must look before it is sent again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<FinalKind>,
    },
    /// A canary exceeded a bound and was aborted.
    CanaryAborted {
        /// Candidate generation.
        generation: u64,
        /// Active generation.
        control: u64,
        /// The bound.
        breach: Breach,
    },
    /// A rollout ended because its candidate cannot be built any more.
    RolloutEnded(Box<RolloutEndedEvent>),
    /// The server rejected a company file it watches.
    #[serde(rename = "setup-refused")]
    CompanyFileRejected {
        /// Name of the file.
        file: String,
        /// The first problems.
        problems: Vec<String>,
        /// How many problems there are.
        reasons: usize,
    },
    /// The machine's clock went back, or forward by more than the time that
    /// passed.
    ClockJumped {
        /// What the clock should have shown.
        from: Timestamp,
        /// What it shows.
        to: Timestamp,
    },
    /// The journal writes again after it could not.
    StorageFailed {
        /// Since when it could not.
        since: Timestamp,
        /// The last error.
        error: String,
    },
    /// Outbox items of a target are due and are not delivered.
    OutboxStalled {
        /// The target.
        target: String,
        /// When the oldest was due first.
        since: Timestamp,
        /// How many wait.
        items: u64,
    },
}
