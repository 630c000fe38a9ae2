//! A customer of a sequence, with their conversation.

use patchbay_journal::ConversationId;
use patchbay_model::conversation_state::ConversationState;

use super::oracle::{Draft, Oracle, Then};

/// A reply whose delivery is not reported yet.
pub(super) struct Pending {
    pub(super) id: String,
    pub(super) key: String,
    pub(super) draft: Draft,
    /// Whether the channel delivered its copy.
    pub(super) has_echo: bool,
    /// Whether its delivery failed once.
    pub(super) is_tried: bool,
    pub(super) then: Then,
    /// State of the conversation when it was written.
    pub(super) state: ConversationState,
}

pub(super) struct Message {
    pub(super) id: String,
    pub(super) text: String,
    pub(super) is_deleted: bool,
}

/// The newest conversation of a customer.
pub(super) struct Thread {
    /// `None` until its first message is decided.
    pub(super) id: Option<ConversationId>,
    pub(super) oracle: Oracle,
    /// The oracle after each minute in which something happened.
    pub(super) past: Vec<(i64, Oracle)>,
    pub(super) messages: Vec<Message>,
    pub(super) pending: Vec<Pending>,
    /// Outbox keys of the replies whose delivery was reported.
    pub(super) sent: Vec<String>,
}

pub(super) struct Customer {
    pub(super) author: String,
    pub(super) thread: Option<Thread>,
}

impl Customer {
    pub(super) fn new(number: usize) -> Self {
        Self {
            author: format!("@jo{number}"),
            thread: None,
        }
    }

    pub(super) fn thread(&mut self) -> &mut Thread {
        self.thread.as_mut().expect("a conversation")
    }

    pub(super) fn oracle(&mut self) -> &mut Oracle {
        &mut self.thread().oracle
    }
}

impl Thread {
    pub(super) fn new(oracle: Oracle) -> Self {
        Self {
            id: None,
            oracle,
            past: Vec::new(),
            messages: Vec::new(),
            pending: Vec::new(),
            sent: Vec::new(),
        }
    }

    /// Keep the oracle for a change that counts from this minute.
    pub(super) fn keep(&mut self, now: i64) {
        if self.past.last().is_some_and(|(minute, _)| *minute == now) {
            self.past.pop();
        }
        self.past.push((now, self.oracle.clone()));
    }
}
