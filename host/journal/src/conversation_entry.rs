//! Entries of some kinds in one conversation.

use crate::{CompanyId, ConversationId, Entry, Result};

/// Reads the entries of some kinds of a conversation, such as its internal notes. Goes
/// through the conversation's entries by an index; opens those of the kinds only.
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

    /// The newest entry of these kinds whose head has a text in a field: its name, and the
    /// text.
    fn newest_entry_with(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        kinds: &[u16],
        field: (&'static str, &str),
    ) -> Result<Option<Entry>>;
}
