//! Earlier interactions of the conversation and of the contact. Needs the grant `interactions`:
//! without it a call ends the decision with the outcome `denied`.

use crate::Interaction;
use crate::source::interactions as host;

/// Interactions of this decision's conversation, newest first, the current one included; at most
/// `limit`, which is capped at 64.
pub fn of_conversation(limit: u32) -> Page {
    host::of_conversation(limit).into()
}

/// Interactions of this decision's contact on every channel, newest first, the current one
/// included; at most `limit`, which is capped at 64.
pub fn of_contact(limit: u32) -> Page {
    host::of_contact(limit).into()
}

/// The newest part of a history.
#[derive(Debug)]
pub struct Page {
    /// Interactions, newest first; at most 64.
    pub items: Vec<Interaction>,
    /// Whether the history holds more.
    pub truncated: bool,
}

impl From<host::Page> for Page {
    fn from(page: host::Page) -> Self {
        Self {
            items: page.items.into_iter().map(Interaction::from).collect(),
            truncated: page.truncated,
        }
    }
}

impl IntoIterator for Page {
    type Item = Interaction;
    type IntoIter = std::vec::IntoIter<Interaction>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}
