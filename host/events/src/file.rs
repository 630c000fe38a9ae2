//! Files of a conversation.

use patchbay_model::actor::Actor;
use serde::{Deserialize, Serialize};

/// A supervisor removed a file that a reply has. Its name stands in the reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRemovedEvent {
    /// Id of the file in its conversation.
    pub file: String,
    /// Who removed it.
    pub by: Actor,
}
