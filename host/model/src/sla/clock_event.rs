//! Events that the clocks react to.

use serde::{Deserialize, Serialize};

use super::Targets;
use crate::conversation_state::ConversationState;

/// An event of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum ClockEvent {
    /// The customer wrote. Ends `waiting-on-customer` where a reply is
    /// expected. It reopens a resolved conversation only through a state event.
    CustomerMessage {
        /// Start of its clock, from [`start_of`](super::start_of), in Unix
        /// milliseconds; clamped to creation and event.
        started_ms: u64,
        /// Whether a reply is expected; otherwise no clock starts.
        expects_reply: bool,
    },
    /// The customer wrote in a conversation that waits on them, whether or not a
    /// reply is expected: ends `waiting-on-customer`, and the resolution clock
    /// goes on from the message.
    CustomerReturned {
        /// When the customer wrote, from [`start_of`](super::start_of), in Unix
        /// milliseconds; clamped to the start of the wait and the event.
        since_ms: u64,
    },
    /// The channel accepted a reply, which answers every message so far: for
    /// messages that it does not answer, a [`CustomerMessage`] follows. Not for
    /// automatic acknowledgements or held replies.
    ///
    /// [`CustomerMessage`]: ClockEvent::CustomerMessage
    ReplyAccepted,
    /// The customer took a message back, or reworded one so that it expects a
    /// reply or no longer does: the oldest unanswered message is another now.
    /// A clock that runs goes on from there, or ends with neither hit nor miss.
    UnansweredSince {
        /// Start of the oldest unanswered message, in Unix milliseconds,
        /// clamped to creation and event; `None`: nothing is unanswered.
        since_ms: Option<u64>,
    },
    /// The conversation entered a state; a state other than `resolved` reopens
    /// it.
    State {
        /// The state.
        state: ConversationState,
    },
    /// New targets, and perhaps new hours. Counted working time, pauses and
    /// fired events stay. A paused clock past its new target fires when it
    /// resumes; resolved before that, it is a miss.
    Retarget {
        /// All new targets.
        targets: Targets,
    },
}

/// Why the clocks refuse an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// `waiting-on-customer` while a customer message is unanswered.
    #[error(
        "waiting-on-customer: a customer message is not answered yet; reply first, or use on-hold"
    )]
    Unanswered {
        /// When the oldest unanswered message started its clock, in Unix
        /// milliseconds.
        since_ms: u64,
    },
}
