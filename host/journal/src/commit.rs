//! What a decision writes, as one.

use jiff::Timestamp;
use patchbay_model::conversation::ConversationState;
use patchbay_model::state::{Change, Scope};

use crate::id::{CompanyId, ContactId, ConversationId, Ordinal};
use crate::outbox::NewOutbox;

/// Everything one pass over a conversation writes: all of it or nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Commit {
    /// Sequence number of the conversation's last entry as the pass knew it;
    /// 0: the conversation must not exist yet.
    pub expected: u64,
    /// The conversation as it is afterwards; its `sequence` is given by the
    /// journal.
    pub conversation: Conversation,
    /// What is appended to its history, in order; at least one, at most 1000.
    pub entries: Vec<NewEntry>,
    /// What policies remember, in order.
    pub state: Vec<StateChange>,
    /// What must go out.
    pub outbox: Vec<NewOutbox>,
    /// Keys of outbox items the target has by now: they are done with this
    /// commit, whether they waited or had been given up. A key that is done
    /// already or that there is none of changes nothing and is no error, so
    /// that doing the pass again writes the same; one that this commit puts in
    /// is done at once. At most 1000.
    pub sent: Vec<String>,
    /// When; what expired before is forgotten.
    pub at: Timestamp,
}

/// A conversation: the desk's bytes, and what it is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Whose.
    pub company: CompanyId,
    /// Which.
    pub id: ConversationId,
    /// Sequence number of its last entry. In a commit: what the caller says
    /// here is not read.
    pub sequence: u64,
    /// Thread it is on.
    pub thread: Vec<u8>,
    /// Whom it is with, as first seen; absent if unknown.
    pub contact: Option<ContactId>,
    /// State; what is not `resolved` is listed by
    /// [`unresolved`](crate::Journal::unresolved).
    pub state: ConversationState,
    /// Queue it waits in or came from.
    pub queue: Option<String>,
    /// Agent who owns it.
    pub owner: Option<String>,
    /// When its next clock rings; absent: none runs.
    pub due_at: Option<Timestamp>,
    /// When it was opened; of two on one thread the later is the current one.
    pub opened_at: Timestamp,
    /// What the desk keeps of it. It must not hold personal data in the clear.
    pub snapshot: Vec<u8>,
}

/// One entry of a conversation's history, before it has its numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// What it records; the desk's codes.
    pub kind: u16,
    /// When it happened.
    pub at: Timestamp,
    /// The input it records. That input is dealt with when the entry is
    /// durable; no other entry may ever name it. Its body need not be
    /// repeated: [`inputs`](crate::Journal::inputs) has it.
    pub input: Option<Ordinal>,
    /// JSON without personal data, or empty.
    pub head: String,
    /// Sealed bytes for [`Purpose::Entry`](crate::Purpose::Entry), or empty.
    pub sealed: Vec<u8>,
    /// Whose key sealed them; absent where nothing is sealed.
    pub contact: Option<ContactId>,
}

/// One write of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// Name of the plugin.
    pub plugin: String,
    /// Its state version; memories of different versions are kept apart.
    pub version: u32,
    /// Whose memory.
    pub scope: Scope,
    /// The 16 bytes of the conversation's or contact's id; empty for the
    /// company. An erasure finds by it what to forget.
    pub owner: Vec<u8>,
    /// Which key.
    pub key: String,
    /// What happens to it.
    pub change: Change,
}

/// The numbers a commit was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Sequence number of its last entry; the next commit expects it.
    pub sequence: u64,
    /// The company's feed number of its first entry; the others follow
    /// without a gap.
    pub first_feed: u64,
}
