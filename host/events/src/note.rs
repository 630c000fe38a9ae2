//! Internal notes.

use patchbay_model::actor::Actor;
use serde::{Deserialize, Serialize};

/// A person wrote an internal note. The sealed part of the entry holds its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotedEvent {
    /// Id of the note, unique in its conversation.
    pub note: String,
    /// Who wrote it.
    pub by: Actor,
}
