//! What was said before: earlier interactions of the conversation and of the
//! contact. Needs the grant `interactions`.

use crate::Interaction;
use crate::source::interactions as host;

/// Interactions of the conversation this decision is about, newest first, the
/// present one included. `limit` is capped at 64.
pub fn of_conversation(limit: u32) -> Page {
    Page::new(host::of_conversation(limit))
}

/// Interactions of the contact this decision is about on every channel, newest
/// first, the present one included. `limit` is capped at 64.
pub fn of_contact(limit: u32) -> Page {
    Page::new(host::of_contact(limit))
}

/// A bounded part of the history, newest first.
#[derive(Debug)]
pub struct Page {
    /// At most 64 interactions.
    pub items: Vec<Interaction>,
    /// Whether there were more than were returned.
    pub truncated: bool,
}

impl Page {
    fn new(page: host::Page) -> Self {
        Self {
            items: page.items.into_iter().map(Interaction::new).collect(),
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
