//! In which order a list has conversations.

use jiff::Timestamp;
use patchbay_journal::ConversationId;
use patchbay_model::codes;

use super::ListedConversation;

codes! {
    /// An order of conversations. Those that are equal in it follow their ids.
    #[derive(Default)]
    pub enum ListOrder {
        /// By id.
        #[default]
        Id = "id",
        /// The nearest deadline first; those without one last.
        Deadline = "deadline",
        /// The oldest first.
        Age = "age",
        /// The most urgent first, and of these the oldest.
        Priority = "priority",
        /// The one with the newest message first.
        Activity = "activity",
    }
}

/// Place of a conversation in an order. It changes only with the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SortKey {
    pub(super) first: u64,
    pub(super) second: u64,
    pub(super) id: ConversationId,
}

impl ListOrder {
    /// The place of a conversation.
    pub fn key(self, row: &ListedConversation) -> SortKey {
        let created = micros(row.created_at);
        let (first, second) = match self {
            ListOrder::Id => (0, 0),
            ListOrder::Deadline => (row.deadline.map_or(u64::MAX, |deadline| deadline.at_ms), 0),
            ListOrder::Age => (created, 0),
            ListOrder::Priority => (u64::from(u8::MAX - row.priority), created),
            ListOrder::Activity => (u64::MAX - row.last_message_at.map_or(created, micros), 0),
        };
        SortKey {
            first,
            second,
            id: row.id,
        }
    }
}

/// Microseconds since 1970; 0 before.
fn micros(at: Timestamp) -> u64 {
    u64::try_from(at.as_microsecond()).unwrap_or(0)
}
