//! A message of a customer, as every provider delivers it.

use jiff::Timestamp;
use patchbay_adapter::{
    Attributes, DecodedInteraction, InteractionKind, Item, MessageIds, MessagePurpose,
    OptOutChange, blank_interaction,
};
use patchbay_model::channel::Visibility;
use patchbay_model::interaction::{Attachment, Author};
use serde_json::Value;

use super::CHANNEL;

/// A message.
pub(super) struct Message<'a> {
    /// The provider's id of it.
    pub(super) provider_id: &'a str,
    /// The company's number.
    pub(super) account: String,
    /// The customer's number.
    pub(super) from: Option<String>,
    pub(super) text: String,
    pub(super) attachments: Vec<Attachment>,
    pub(super) received_at: Option<Timestamp>,
    /// What else the provider says of it.
    pub(super) attributes: Vec<(&'static str, Option<Value>)>,
}

impl Message<'_> {
    /// The item, and for a word of refusal or consent the change too: whether the customer
    /// is opted out from now on.
    pub(super) fn into_items(self, ids: &MessageIds, is_opted_out: Option<bool>) -> Vec<Item> {
        let id = ids.id(&self.account, self.provider_id);
        let mut interaction = blank_interaction(id, CHANNEL, Visibility::Private);
        interaction.text = self.text;
        interaction.attachments = self.attachments;
        interaction.received_at = self.received_at;
        interaction.author = Author {
            address: self.from.clone(),
            ..Author::default()
        };
        interaction.account = Some(self.account.clone());
        let mut attributes = Attributes::default();
        attributes.set("provider_id", Some(self.provider_id.into()));
        for (name, value) in self.attributes {
            attributes.set(name, value);
        }
        interaction.attributes = attributes.into_map();
        let decoded = DecodedInteraction {
            kind: InteractionKind::Message,
            interaction,
            second_address: None,
            key: None,
        };
        let item = decoded.into_item("$");
        let change = is_opted_out.zip(self.from);
        let change = change.filter(|_| matches!(item, Item::Interaction(_)));
        let change = change.map(|(is_opted_out, address)| {
            Item::OptOut(OptOutChange {
                channel: CHANNEL,
                account: self.account,
                address,
                purpose: MessagePurpose::Any,
                is_opted_out,
                source: match is_opted_out {
                    true => "stop",
                    false => "start",
                },
                at: self.received_at,
            })
        });
        std::iter::once(item).chain(change).collect()
    }
}

/// Words by which a customer opts out and in again.
pub(super) struct OptOutWords {
    /// Opt out, in lower case.
    pub(super) out: &'static [&'static str],
    /// Opt in again, in lower case.
    pub(super) back_in: &'static [&'static str],
}

impl OptOutWords {
    /// The change that a message makes which is one of the words and nothing else.
    pub(super) fn is_opted_out(&self, text: &str) -> Option<bool> {
        let word = text.trim().to_ascii_lowercase();
        let is_one_of = |words: &[&str]| words.contains(&word.as_str());
        match (is_one_of(self.out), is_one_of(self.back_in)) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        }
    }
}
