//! What the clocks are told.

use serde::{Deserialize, Serialize};

use super::Targets;
use crate::conversation::ConversationState;

/// Something that happened to a conversation, as far as its clocks care.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum ClockEvent {
    /// The customer wrote. Ends `waiting-on-customer` where a reply is
    /// expected; whether it reopens a resolved conversation is the host's to
    /// say, with the state.
    CustomerMessage {
        /// When its clock starts, as [`start_of`](super::start_of) says, in
        /// Unix milliseconds; taken to be between creation and the event.
        started_ms: u64,
        /// Whether a reply is expected; where not, no clock starts.
        expects_reply: bool,
    },
    /// The channel accepted a reply to the customer, which answers every
    /// message so far. Not for automatic acknowledgements, nor for a reply
    /// that is held or only sent off.
    ReplyAccepted,
    /// The conversation entered a state; a state other than `resolved` reopens
    /// a resolved one.
    State {
        /// Which.
        state: ConversationState,
    },
    /// Other targets, and perhaps other hours, from now on. Working time
    /// counted so far stays as it was counted, pauses stay, and what fired in
    /// a run does not fire again in it. A paused clock that is past its new
    /// target fires when it resumes; resolved without that, it is a miss.
    Retarget {
        /// The new targets, all of them.
        targets: Targets,
    },
}

/// Why an event was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// `waiting-on-customer` while it is the customer who waits.
    #[error(
        "waiting-on-customer: a customer message is not answered yet; reply first, or use on-hold"
    )]
    Unanswered {
        /// When the oldest unanswered message started its clock, in Unix
        /// milliseconds.
        since_ms: u64,
    },
}
