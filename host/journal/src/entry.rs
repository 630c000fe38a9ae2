//! A company's history: entries of its conversations, and notes about the
//! company itself.

use jiff::Timestamp;

use crate::{CompanyId, ContactId, ConversationId, EntryScope, Input, Ordinal, Result};

/// An event that concerns a company and none of its conversations, before it
/// has its feed number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Event code; the desk defines the codes.
    pub kind: u16,
    /// When it happened.
    pub at: Timestamp,
    /// JSON without personal data; at most 64 KiB.
    pub head: String,
}

/// One entry of a company's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its conversation; `None` for a [`Note`].
    pub conversation: Option<ConversationId>,
    /// Position in the conversation: 1, 2, 3 … without gaps; 0 for a [`Note`].
    pub sequence: u64,
    /// Position in the company's feed: 1, 2, 3 … without gaps, in commit order.
    pub feed: u64,
    /// Event code; the desk defines the codes.
    pub kind: u16,
    /// When it happened.
    pub at: Timestamp,
    /// The input it records.
    pub input: Option<Ordinal>,
    /// JSON without personal data, or empty.
    pub head: String,
    /// Sealed bytes, or empty.
    pub sealed: Vec<u8>,
    /// Contact whose key sealed them.
    pub contact: Option<ContactId>,
    /// Whom it concerns; `None` for a [`Note`], for an entry of an earlier version, and
    /// where [`thread_entries`](Entries::thread_entries) read it.
    pub scope: Option<EntryScope>,
}

/// Part of a company's feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedPage {
    /// Entries after the requested number, in order; empty at the end.
    pub entries: Vec<Entry>,
    /// Lowest number still stored. A reader that has read less than
    /// `oldest - 1` has missed entries and must start again from a snapshot.
    pub oldest: u64,
    /// Highest number assigned; 0 before the first entry.
    pub newest: u64,
}

impl FeedPage {
    /// Whether the feed still holds every entry after this number.
    pub fn continues_from(&self, after: u64) -> bool {
        after.saturating_add(1) >= self.oldest
    }
}

/// Which entries of a sequence to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryPage {
    /// The first after a feed number.
    After(u64),
    /// The last before a feed number.
    Before(u64),
}

/// Which messages of a conversation to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessagePage {
    /// The first after a place.
    After(Ordinal),
    /// The last before a place.
    Before(Ordinal),
}

/// A message in a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedMessage {
    /// Its place: ordinal of its first wording.
    pub place: Ordinal,
    /// Number of the entry that records the first wording.
    pub sequence: u64,
    /// The input that counts: the newest wording, the newest change of its counters, or
    /// its deletion.
    pub input: Input,
}

/// Reads the history of a company, and appends notes to it. Entries of
/// conversations are appended by [`Commits`](crate::Commits).
pub trait Entries {
    /// Entries of a conversation after a sequence number, in order.
    fn entries(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Entry>>;

    /// The last entries of a conversation before a sequence number, in order.
    fn entries_before(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        before: u64,
        limit: usize,
    ) -> Result<Vec<Entry>>;

    /// Messages and echoes of a conversation in the order in which they were first
    /// accepted, each once, however often it was reworded: the first ones after an
    /// ordinal, or the last ones before it.
    fn messages(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        page: MessagePage,
        limit: usize,
    ) -> Result<Vec<PlacedMessage>>;

    /// Entries of all conversations of the person behind a contact, by their feed numbers:
    /// the oldest first after a number, or the newest first before one.
    fn journey(
        &self,
        company: CompanyId,
        contact: ContactId,
        page: EntryPage,
        limit: usize,
    ) -> Result<Vec<Entry>>;

    /// Entries of these kinds of all conversations of a thread, in feed order,
    /// without their sealed parts; at most `limit`.
    fn thread_entries(
        &self,
        company: CompanyId,
        thread: &[u8],
        kinds: &[u16],
        page: EntryPage,
        limit: usize,
    ) -> Result<Vec<Entry>>;

    /// A company's entries after a feed number.
    fn feed(&self, company: CompanyId, after: u64, limit: usize) -> Result<FeedPage>;

    /// The newest of a company's notes of these kinds that happened after a
    /// time. Reads its notes from the newest on.
    fn newest_note(
        &self,
        company: CompanyId,
        kinds: &[u16],
        after: Timestamp,
    ) -> Result<Option<Entry>>;

    /// Append notes, at most 10,000, to a company's feed. Returns the feed
    /// number of the first.
    fn append_notes(&self, company: CompanyId, notes: Vec<Note>) -> Result<u64>;
}
