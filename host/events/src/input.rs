//! Inputs from a channel.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{DecisionSummary, StoppedClock};
use patchbay_model::codes;
use patchbay_model::outcome::OutcomeKind;

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
        /// A message again, with the same words and other attributes. No caller
        /// delivers it: the journal finds it.
        Counters = "counters",
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
    /// Whether a program wrote it without a person: it changes nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
    /// Whether a newer wording or the deletion of the message came before: it
    /// changes nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub superseded: bool,
    /// The reply clock that an echo stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<StoppedClock>,
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
