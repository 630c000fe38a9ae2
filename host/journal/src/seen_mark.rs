//! How far each person has read a conversation.

use jiff::Timestamp;

use crate::{CompanyId, ConversationId, Result};

/// How far a person has read a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeenMark {
    /// Number of the newest history entry that they saw.
    pub sequence: u64,
    /// Ordinal of the newest input up to that entry; 0: none.
    pub input: u64,
}

/// Stores how far people have read conversations: the newest mark of each person, at most
/// [`SEEN_MARKS`](crate::limits::SEEN_MARKS) of a conversation. Marks are no entries of a
/// history and not in the feed. They are deleted with their conversation, and when its
/// contact is erased.
pub trait SeenMarks {
    /// Note that a person saw a conversation up to an entry. Returns the mark that counts,
    /// which is the one further on; `None`: there is no such conversation. Writes nothing
    /// where the stored one counts.
    fn mark_seen(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        person: &str,
        sequence: u64,
        at: Timestamp,
    ) -> Result<Option<SeenMark>>;

    /// A person's marks of conversations, in the order of these; `None`: they saw none of it.
    fn seen_marks(
        &self,
        company: CompanyId,
        person: &str,
        conversations: &[ConversationId],
    ) -> Result<Vec<Option<SeenMark>>>;
}
