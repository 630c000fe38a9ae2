//! Entries of some kinds in one conversation.

use crate::{CompanyId, ConversationId, Entry, Result};

/// The id that an agent's client gave to what the agent wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrittenId<'a> {
    /// Of a reply: `reply` in the heads of entries of the kinds 95 to 111.
    Reply(&'a str),
    /// Of an internal note: `note` in the heads of entries of the kind 112.
    Note(&'a str),
}

/// Reads the entries of some kinds of a conversation, such as its internal notes.
pub trait ConversationEntries {
    /// The newest entries of a kind before a sequence number, oldest first; at most
    /// `limit`. Goes through the conversation's entries by an index; opens those of the
    /// kind only.
    fn newest_entries(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        kind: u16,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Entry>>;

    /// The newest entry of these kinds about a reply or note. Reads the entries about that
    /// one only, however many the conversation has. Entries of kinds that have no such id
    /// are not found.
    fn newest_entry_about(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        kinds: &[u16],
        about: WrittenId<'_>,
    ) -> Result<Option<Entry>>;
}
