//! What a delivery contains.

use jiff::Timestamp;
use patchbay_model::channel::Visibility;
use patchbay_model::codes;
use patchbay_model::contact_record::ContactRecord;
use patchbay_model::delivery_state::DeliveryState;
use patchbay_model::input;
use patchbay_model::interaction::{Author, Direction, Interaction};
use patchbay_model::opt_out_entry::MessagePurpose;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::outcome::Failure;

codes! {
    /// What an interaction is to the conversation: the field `kind` of intake.
    pub enum InteractionKind {
        /// New.
        Message = "message",
        /// Another wording of the message with the same id.
        Edit = "edit",
        /// The message with this id was deleted by its author.
        Delete = "delete",
        /// A reaction to the message with this id, in the attribute `reaction`.
        Reaction = "reaction",
        /// The company sent it by other means.
        Echo = "echo",
    }
}

/// Most items of a delivery, besides one that says that there were more. The
/// batches of providers are smaller by far.
pub const MOST_ITEMS: usize = 10_000;

/// One item of a delivery.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "item", rename_all = "kebab-case")]
pub enum Item {
    /// An interaction for intake.
    Interaction(Box<DecodedInteraction>),
    /// The status of a message that the company sent.
    Status(DeliveryStatus),
    /// A customer has a new address.
    AddressChange(AddressChange),
    /// The provider took the access of an account back: the connection can send nothing
    /// until it is renewed.
    AccessRevoked {
        /// The account.
        account: String,
    },
    /// A customer no longer takes messages, or takes them again.
    OptOut(OptOutChange),
    /// What the company's CRM says about a person.
    ContactRecord(ContactRecord),
    /// An event without an interaction: acknowledge and count it.
    Event {
        /// A code of the provider's name of the event. Providers add names: a
        /// metric keeps labels for known ones only.
        name: String,
    },
    /// An item that cannot be decoded: store the request sealed, to run it again
    /// after a fix.
    Undecodable(Undecodable),
}

impl Item {
    /// An event, named by the parts that are codes: `message.request_welcome`.
    pub fn event(parts: &[&str]) -> Item {
        let code = |part: &&str| match input::is_code(part) && part.len() <= 40 {
            true => (*part).to_owned(),
            false => "other".to_owned(),
        };
        let parts: Vec<String> = parts.iter().map(code).collect();
        Item::Event {
            name: parts.join("."),
        }
    }

    /// The first [`MOST_ITEMS`] items, and where there are more, one that says so.
    pub fn bounded(mut items: impl Iterator<Item = Item>) -> Vec<Item> {
        let mut bounded: Vec<Item> = items.by_ref().take(MOST_ITEMS).collect();
        if items.next().is_some() {
            let reason = format!("the delivery has more than {MOST_ITEMS} items");
            bounded.push(Item::undecodable("$", reason));
        }
        bounded
    }

    /// An item that cannot be decoded: `place` is its path in the delivery, and `reason`
    /// contains no value of it.
    pub fn undecodable(place: &str, reason: impl Into<String>) -> Item {
        Item::Undecodable(Undecodable {
            place: place.to_owned(),
            reason: reason.into(),
        })
    }
}

/// An interaction of a delivery.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DecodedInteraction {
    /// Kind.
    pub kind: InteractionKind,
    /// The interaction. Its id is made by [`MessageIds`](crate::MessageIds), and the
    /// provider's id of the same message is in the attribute `provider_id`; of an
    /// adapter without channels of its own it is the sender's. The text is whole: intake
    /// cuts what is too long.
    pub interaction: Interaction,
    /// Another address of the same person on the same channel, for the contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_address: Option<String>,
    /// The key that [`Adapter::encode`](crate::Adapter::encode) planted in the request,
    /// if the provider returns it with an echo: finds the reply before its answer came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl DecodedInteraction {
    /// The document that intake takes: the interaction with its kind.
    pub fn to_intake(&self) -> Value {
        // A struct of plain values: serialization cannot fail.
        let mut document = match serde_json::to_value(&self.interaction) {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        };
        document.insert("kind".to_owned(), self.kind.as_str().into());
        Value::Object(document)
    }

    /// The item, if intake accepts it, else the reason why not.
    pub fn into_item(self, place: &str) -> Item {
        let mut document = self.to_intake();
        if let Value::Object(fields) = &mut document {
            fields.remove("kind");
        }
        match Interaction::from_outside(document) {
            Ok(_) => Item::Interaction(Box::new(self)),
            Err(error) => Item::undecodable(place, error.to_string()),
        }
    }
}

/// An inbound interaction without content, account, author and time.
pub fn blank_interaction(id: String, channel: &str, visibility: Visibility) -> Interaction {
    Interaction {
        id,
        channel: channel.to_owned(),
        text: String::new(),
        direction: Direction::Inbound,
        visibility: Some(visibility),
        account: None,
        language: None,
        received_at: None,
        author: Author::default(),
        conversation: None,
        in_reply_to: None,
        attachments: Vec::new(),
        edited_at: None,
        automatic: false,
        attributes: Default::default(),
        rest: None,
    }
}

/// The status of a message that the company sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeliveryStatus {
    /// Id of the message, made by [`MessageIds`](crate::MessageIds).
    pub message: String,
    /// The provider's id of it; seal it.
    pub provider_id: String,
    /// The company's account.
    pub account: String,
    /// State.
    pub state: DeliveryState,
    /// The provider's time of the state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The key that [`Adapter::encode`](crate::Adapter::encode) planted in the
    /// request, if the provider returns it: finds the reply of an uncertain send.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// A customer has a new address on the same channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AddressChange {
    /// Address until now.
    pub old: String,
    /// Address from now on.
    pub new: String,
    /// The provider's time of the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// A customer no longer takes messages of an account, or takes them again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OptOutChange {
    /// Code of the channel.
    pub channel: &'static str,
    /// The company's account.
    pub account: String,
    /// The customer's address.
    pub address: String,
    /// Of what.
    pub purpose: MessagePurpose,
    /// Whether they opted out, or in again.
    pub is_opted_out: bool,
    /// How: a code, such as `stop` or `blocked`.
    pub source: &'static str,
    /// The provider's time of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// An item that cannot be decoded. Contains no value of the delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Undecodable {
    /// Path in the body: `entry[0].changes[1].value.messages[2]`.
    pub place: String,
    /// What is wrong.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_named_by_codes_only() {
        for (parts, name) in [
            (
                &["message", "request_welcome"][..],
                "message.request_welcome",
            ),
            (&["Ünknown name"], "other"),
            (&["a", ""], "a.other"),
            (&["a", &"x".repeat(41)], "a.other"),
        ] {
            assert_eq!(
                Item::event(parts),
                Item::Event {
                    name: name.to_owned()
                }
            );
        }
    }
}
