//! Inputs from a channel.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::DecisionSummary;
use crate::codes;
use crate::outcome::OutcomeKind;

codes! {
    /// What a channel delivered.
    pub enum InputKind {
        /// A message, post, call or mention.
        Message = "message",
        /// New text of an earlier message.
        Edit = "edit",
        /// The author deleted an earlier message.
        Delete = "delete",
        /// A reaction to a message.
        Reaction = "reaction",
        /// The channel's copy of what the company sent.
        Echo = "echo",
    }
}

/// An input that was processed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputEvent {
    /// The channel's id of the interaction.
    pub interaction: String,
    /// Kind of input.
    pub kind: InputKind,
    /// Channel code.
    pub channel: String,
    /// When the channel says it was written.
    pub received_at: Timestamp,
    /// The decision; absent where no policy was called.
    #[serde(flatten)]
    pub decision: Option<Box<DecisionSummary>>,
}

/// An input that no policy is called about again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuarantinedEvent {
    /// The channel's id of the interaction.
    pub interaction: String,
    /// Kind of input.
    pub kind: InputKind,
    /// Channel code.
    pub channel: String,
    /// When the channel says it was written.
    pub received_at: Timestamp,
    /// [`OutcomeKind::Quarantined`].
    pub outcome: OutcomeKind,
}
