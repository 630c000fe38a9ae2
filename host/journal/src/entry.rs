//! History, as it is read; and what a company writes into it by itself.

use jiff::Timestamp;

use crate::id::{ContactId, ConversationId, Ordinal};

/// Something that happened to a company and to no one of its conversations,
/// before it has its number in the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it records; the desk's codes.
    pub kind: u16,
    /// When it happened.
    pub at: Timestamp,
    /// JSON without personal data; at most 64 KiB.
    pub head: String,
}

/// One entry of a company's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Of which conversation; absent for a [`Note`].
    pub conversation: Option<ConversationId>,
    /// Place in the conversation: 1, 2, 3 … without gaps; 0 for a [`Note`].
    pub sequence: u64,
    /// Place in the company's feed: rising in the order of commits, without
    /// gaps.
    pub feed: u64,
    /// What it records; the desk's codes.
    pub kind: u16,
    /// When it happened.
    pub at: Timestamp,
    /// The input it records.
    pub input: Option<Ordinal>,
    /// JSON without personal data, or empty.
    pub head: String,
    /// Sealed bytes, or empty.
    pub sealed: Vec<u8>,
    /// Whose key sealed them.
    pub contact: Option<ContactId>,
}

/// A stretch of a company's feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Entries after the number asked for, in order; empty at the end.
    pub entries: Vec<Entry>,
    /// Lowest number still kept. Whoever asks for what follows a number
    /// smaller than `oldest - 1` has missed entries and must start from a
    /// snapshot.
    pub oldest: u64,
    /// Highest number given; 0 before the first entry.
    pub newest: u64,
}

impl Feed {
    /// Whether nothing between `after` and what this stretch starts with was
    /// thrown away.
    pub fn follows(&self, after: u64) -> bool {
        after.saturating_add(1) >= self.oldest
    }
}
