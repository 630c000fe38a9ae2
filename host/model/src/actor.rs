//! Who does something to a conversation.

use serde::{Deserialize, Serialize};

use crate::codes;

codes! {
    /// What an actor may do.
    pub enum ActorRole {
        /// Works on the conversations it owns.
        Agent = "agent",
        /// Works on every conversation, and approves replies.
        Supervisor = "supervisor",
    }
}

/// The person or program behind an action, as the history records it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Identifier, 1 to 256 bytes.
    pub id: String,
    /// In which role it acts.
    pub role: ActorRole,
}

impl Actor {
    /// Whether [`id`](Self::id) has an allowed length.
    pub fn is_valid(&self) -> bool {
        (1..=crate::input::ID_BYTES).contains(&self.id.len())
    }
}
