//! Entries of one kind in one conversation.

use crate::{CompanyId, ConversationId, Entry, Result};

/// Reads the entries of one kind of a conversation, such as its internal notes. Goes
/// through the conversation's entries by an index; opens those of the kind only.
pub trait ConversationEntries {
    /// The newest entries of a kind before a sequence number, oldest first; at most
    /// `limit`.
    fn newest_entries(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        kind: u16,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Entry>>;

    /// The entry of a kind whose head has a text in a field: its name, and the text.
    fn entry_with(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        kind: u16,
        field: (&'static str, &str),
    ) -> Result<Option<Entry>>;
}
