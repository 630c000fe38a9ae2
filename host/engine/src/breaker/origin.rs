//! Whose input a call is about.

use std::hash::{DefaultHasher, Hash, Hasher};

use patchbay_model::situation::Situation;

/// Contact, conversation, channel and language of a call's input, as hashes:
/// failures are counted by these, and nothing of the person is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallOrigin {
    pub(super) contact: u64,
    pub(super) conversation: u64,
    pub(super) channel: u64,
    pub(super) language: u64,
}

impl CallOrigin {
    /// The origin of a situation; `None` where no customer caused the call, as
    /// for a surge.
    pub fn of(situation: &Situation) -> Option<CallOrigin> {
        let exchange = situation.exchange.as_ref()?;
        let interaction = &exchange.interaction;
        let channel = interaction.channel.as_str();
        let contact = match &exchange.contact.id {
            Some(id) => hash(("contact", id)),
            None => match interaction.canonical_author() {
                Some(author) => hash(("address", channel, author)),
                None => hash(("message", channel, &interaction.id)),
            },
        };
        Some(CallOrigin {
            contact,
            conversation: hash(&exchange.conversation.id),
            channel: hash(channel),
            language: hash(&interaction.language),
        })
    }

    /// An origin for tests, by numbers.
    #[cfg(test)]
    pub(super) fn numbered(contact: u64, channel: u64, language: u64) -> CallOrigin {
        CallOrigin {
            contact,
            conversation: contact,
            channel,
            language,
        }
    }
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
