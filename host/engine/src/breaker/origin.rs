//! Whose input a call is about.

use std::cell::OnceCell;
use std::hash::{DefaultHasher, Hash, Hasher};

use patchbay_model::situation::{Exchange, Situation};

/// Contact, conversation, channel and language of a call's input, as hashes:
/// failures are counted by these, and nothing of the person is kept. The first two
/// are computed when a failure is counted, or was counted lately: to bring an
/// author's address into its canonical form costs as much as half a call.
#[derive(Clone, Debug)]
pub struct CallOrigin<'a> {
    exchange: Option<&'a Exchange>,
    contact: OnceCell<u64>,
    conversation: OnceCell<u64>,
    pub(super) channel: u64,
    pub(super) language: u64,
}

impl CallOrigin<'_> {
    /// The origin of a situation; `None` where no customer caused the call, as
    /// for a surge.
    pub fn of(situation: &Situation) -> Option<CallOrigin<'_>> {
        let exchange = situation.exchange.as_ref()?;
        let interaction = &exchange.interaction;
        Some(CallOrigin {
            exchange: Some(exchange),
            contact: OnceCell::new(),
            conversation: OnceCell::new(),
            channel: hash(interaction.channel.as_str()),
            language: hash(&interaction.language),
        })
    }

    pub(super) fn contact(&self) -> u64 {
        *self.contact.get_or_init(|| {
            let Some(exchange) = self.exchange else {
                return 0;
            };
            let interaction = &exchange.interaction;
            let channel = interaction.channel.as_str();
            match &exchange.contact.id {
                Some(id) => hash(("contact", id)),
                None => match interaction.canonical_author() {
                    Some(author) => hash(("address", channel, author)),
                    None => hash(("message", channel, &interaction.id)),
                },
            }
        })
    }

    pub(super) fn conversation(&self) -> u64 {
        let id = || {
            self.exchange
                .map(|exchange| hash(&exchange.conversation.id))
        };
        *self.conversation.get_or_init(|| id().unwrap_or_default())
    }

    /// An origin for tests, by numbers.
    #[cfg(test)]
    pub(super) fn numbered(contact: u64, channel: u64, language: u64) -> CallOrigin<'static> {
        CallOrigin {
            exchange: None,
            contact: OnceCell::from(contact),
            conversation: OnceCell::from(contact),
            channel,
            language,
        }
    }

    /// The same origin in another conversation.
    #[cfg(test)]
    pub(super) fn in_conversation(self, number: u64) -> Self {
        CallOrigin {
            conversation: OnceCell::from(number),
            ..self
        }
    }
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
