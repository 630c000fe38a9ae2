//! What must go out, at least once, with the same key and the same bytes.

use jiff::Timestamp;

use crate::id::{CompanyId, ConversationId};

/// A side effect before it is in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOutbox {
    /// Unique within the company. Given again with the same target,
    /// conversation and bytes it is the same item; with others the commit is
    /// refused.
    pub key: String,
    /// Where it goes: the name of a configured target.
    pub target: String,
    /// The conversation it is of; absent: of none. What one conversation has
    /// for one target goes out in the order it was put in: while one item
    /// waits, for its time or another attempt, those after it are held back.
    /// One that was given up holds back nothing; retried, it goes before those
    /// that still wait. A conversation is not let go before its items are done.
    pub conversation: Option<ConversationId>,
    /// What goes there; sealed where it holds personal data.
    pub payload: Vec<u8>,
    /// Not to be sent earlier.
    pub not_before: Timestamp,
}

impl NewOutbox {
    /// Whether it is another item given again.
    pub(crate) fn is_again(&self, other: &NewOutbox) -> bool {
        let NewOutbox {
            key,
            target,
            conversation,
            payload,
            not_before: _,
        } = self;
        (key, target, conversation, payload)
            == (
                &other.key,
                &other.target,
                &other.conversation,
                &other.payload,
            )
    }
}

/// Where an item of the outbox stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutboxState {
    /// It is still to go out.
    Waiting,
    /// The target has it.
    Done,
    /// It was given up; a human may retry it.
    Dead,
}

impl OutboxState {
    /// Every state, in the order of their numbers in the store.
    pub(crate) const ALL: [OutboxState; 3] =
        [OutboxState::Waiting, OutboxState::Done, OutboxState::Dead];

    /// The code, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            OutboxState::Waiting => "waiting",
            OutboxState::Done => "done",
            OutboxState::Dead => "dead",
        }
    }
}

/// An item of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxItem {
    /// Whose.
    pub company: CompanyId,
    /// Unique within the company.
    pub key: String,
    /// Name of the target.
    pub target: String,
    /// The conversation it is of, if any.
    pub conversation: Option<ConversationId>,
    /// The bytes, the same at every attempt.
    pub payload: Vec<u8>,
    /// Not to be sent earlier.
    pub not_before: Timestamp,
    /// Attempts that failed since it was put in or retried by hand.
    pub attempts: u32,
    /// Where it stands.
    pub state: OutboxState,
    /// What went wrong last; absent before the first failure.
    pub problem: Option<String>,
}

/// How much of a company is on its way, or was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxCount {
    /// Whose.
    pub company: CompanyId,
    /// Items still to go out.
    pub waiting: u64,
    /// Items that were given up.
    pub dead: u64,
}
