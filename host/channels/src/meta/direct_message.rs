//! Direct messages of Messenger and Instagram: one item of `messaging` or `standby`.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{
    Attributes, DecodedInteraction, DeliveryStatus, InteractionKind, Item, MOST_ITEMS,
    blank_interaction,
};
use patchbay_model::channel::Visibility;
use patchbay_model::delivery_state::DeliveryState;
use patchbay_model::interaction::{Author, Direction, Interaction};
use serde_json::{Map, Value, json};

use super::attachment;
use super::inbox::Account;

/// Most bytes of the provider's id in a status, and of a key.
const ID_BYTES: usize = 1_024;

/// An item of `messaging`, with what its kinds have in common.
struct Event<'a> {
    account: Account<'a>,
    /// The list in which it stands.
    list: &'static str,
    place: &'a str,
    body: &'a Value,
    /// Whether the company's account did it.
    is_own: bool,
}

/// The items of an event. The account is the sender of what the company did, and
/// the customer is its recipient.
pub(super) fn decode(
    account: Account<'_>,
    list: &'static str,
    place: &str,
    item: &Value,
) -> Vec<Item> {
    let Some(fields) = item.as_object() else {
        return vec![Item::undecodable(place, "is not an object")];
    };
    let is_echo = item.flag(&["message", "is_echo"]);
    let event = Event {
        account,
        list,
        place,
        body: item,
        is_own: is_echo || item.text(&["sender", "id"]) == Some(account.id),
    };
    let is_common = |name: &str| matches!(name, "sender" | "recipient" | "timestamp");
    let mut names = fields.keys().map(String::as_str);
    let known = ["message", "postback", "message_edit", "reaction"];
    let known = known.into_iter().chain(["delivery", "read"]);
    let name = known.into_iter().find(|name| fields.contains_key(*name));
    let item = match name {
        Some("message") => event.message(),
        Some("postback") => event.postback(),
        Some("message_edit") => event.edit(),
        Some("reaction") => event.reaction(),
        Some("delivery") => return event.delivered(),
        Some("read") => event.read(),
        // Also one whose customer is not known yet: opt-in, referral, hand-over.
        _ => event.unused(names.find(|name| !is_common(name)).unwrap_or("other")),
    };
    vec![item]
}

impl<'a> Event<'a> {
    fn unused(&self, name: &str) -> Item {
        Item::event(&[self.list, name])
    }

    fn missing(&self, path: &str) -> Item {
        Item::undecodable(&format!("{}.{path}", self.place), "is missing")
    }

    /// The interaction about the message with a provider's id.
    fn interaction(&self, id: &str) -> (Interaction, Attributes) {
        let Account { inbox, id: account } = self.account;
        let customer = match self.is_own {
            true => "recipient",
            false => "sender",
        };
        let mut attributes = Attributes::default();
        attributes.set("provider_id", Some(id.into()));
        let is_standby = self.list == "standby";
        attributes.set("standby", is_standby.then_some(true.into()));
        let interaction = Interaction {
            account: Some(account.to_owned()),
            direction: match self.is_own {
                true => Direction::Outbound,
                false => Direction::Inbound,
            },
            received_at: self.body.milliseconds("timestamp"),
            author: Author {
                address: self.body.text(&[customer, "id"]).map(str::to_owned),
                ..Author::default()
            },
            ..blank_interaction(
                inbox.direct_ids.id(account, id),
                inbox.product.direct,
                Visibility::Private,
            )
        };
        (interaction, attributes)
    }

    /// The item of an interaction: what the company wrote is an echo.
    fn item(
        &self,
        (mut interaction, attributes): (Interaction, Attributes),
        kind: InteractionKind,
    ) -> Item {
        interaction.attributes = attributes.into_map();
        let kind = match self.is_own {
            true => InteractionKind::Echo,
            false => kind,
        };
        // The key of our own send comes back with its echo.
        let key = self
            .body
            .text(&["message", "metadata"])
            .filter(|_| self.is_own);
        let decoded = DecodedInteraction {
            kind,
            interaction,
            second_address: None,
            // Also a mention in a story and the button of a menu.
            key: key.filter(|key| key.len() <= ID_BYTES).map(str::to_owned),
        };
        decoded.into_item(self.place)
    }

    fn message(&self) -> Item {
        let Some(id) = self.body.text(&["message", "mid"]) else {
            return self.missing("message.mid");
        };
        let message = &self.body["message"];
        let (mut interaction, mut attributes) = self.interaction(id);
        if message.flag(&["is_deleted"]) {
            return match self.is_own {
                true => self.unused("is_deleted"),
                false => self.item((interaction, attributes), InteractionKind::Delete),
            };
        }
        interaction.text = message.text(&["text"]).unwrap_or_default().to_owned();
        let answered = message.text(&["reply_to", "mid"]);
        let ids = &self.account.inbox.direct_ids;
        interaction.in_reply_to = answered.map(|id| ids.id(self.account.id, id));
        let payload = message.text(&["quick_reply", "payload"]);
        attributes.set("payload", payload.map(Value::from));
        // The URL of a story expires.
        let story = message.text(&["reply_to", "story", "id"]);
        attributes.set("story", story.map(|id| json!({"id": id})));
        attributes.set("referral", referral(message.get("referral")));
        attachment::add(self.account, id, message, &mut interaction, &mut attributes);
        let is_empty = interaction.text.is_empty() && message.list("attachments").is_empty();
        if message.flag(&["is_unsupported"]) || is_empty {
            attributes.set("unsupported", Some(attachment::unsupported("unsupported")));
        }
        self.item((interaction, attributes), InteractionKind::Message)
    }

    /// A button of a menu or of a template.
    fn postback(&self) -> Item {
        let Some(id) = self.body.text(&["postback", "mid"]) else {
            return self.missing("postback.mid");
        };
        let postback = &self.body["postback"];
        let (mut interaction, mut attributes) = self.interaction(id);
        interaction.text = postback.text(&["title"]).unwrap_or_default().to_owned();
        attributes.set("payload", postback.text(&["payload"]).map(Value::from));
        attributes.set("referral", referral(postback.get("referral")));
        self.item((interaction, attributes), InteractionKind::Message)
    }

    /// Another wording. Without a text, it is not one.
    fn edit(&self) -> Item {
        let edit = &self.body["message_edit"];
        let Some(text) = edit.text(&["text"]) else {
            return self.unused("message_edit");
        };
        let Some(id) = edit.text(&["mid"]) else {
            return self.missing("message_edit.mid");
        };
        let (mut interaction, attributes) = self.interaction(id);
        interaction.text = text.to_owned();
        interaction.edited_at = interaction.received_at;
        self.item((interaction, attributes), InteractionKind::Edit)
    }

    fn reaction(&self) -> Item {
        // Intake takes reactions of customers only.
        if self.is_own {
            return self.unused("reaction");
        }
        let reaction = &self.body["reaction"];
        let Some(id) = reaction.text(&["mid"]) else {
            return self.missing("reaction.mid");
        };
        let (mut interaction, mut attributes) = self.interaction(id);
        let at = interaction.received_at.map(|at| at.to_string());
        let value = match reaction.text(&["action"]) {
            Some("react") => {
                // A reaction that is not an emoji has a name only.
                let emoji = reaction.text(&["emoji"]);
                let emoji = emoji.or_else(|| reaction.text(&["reaction"]));
                let emoji = emoji.unwrap_or("other");
                interaction.text = emoji.to_owned();
                json!({"action": "add", "emoji": emoji, "at": at})
            }
            Some("unreact") => json!({"action": "remove", "at": at}),
            _ => return self.unused("reaction"),
        };
        attributes.set("reaction", Some(value));
        self.item((interaction, attributes), InteractionKind::Reaction)
    }

    fn status(&self, id: &str, state: DeliveryState) -> Item {
        if id.is_empty() || id.len() > ID_BYTES {
            return Item::undecodable(self.place, "has an id that is empty or too long");
        }
        let Account { inbox, id: account } = self.account;
        Item::Status(DeliveryStatus {
            message: inbox.direct_ids.id(account, id),
            provider_id: id.to_owned(),
            account: account.to_owned(),
            state,
            at: self.body.milliseconds("timestamp"),
            key: None,
            failure: None,
        })
    }

    /// The messages that arrived. Without ids there is only the time up to which they
    /// did.
    fn delivered(&self) -> Vec<Item> {
        let ids = self.body["delivery"].list("mids").iter();
        let ids = ids.filter_map(Value::as_str).take(MOST_ITEMS + 1);
        let items = ids.map(|id| self.status(id, DeliveryState::Delivered));
        let items: Vec<Item> = items.collect();
        match items.is_empty() {
            true => vec![self.unused("delivery")],
            false => items,
        }
    }

    /// Messenger says only up to when, Instagram which message.
    fn read(&self) -> Item {
        match self.body.text(&["read", "mid"]) {
            Some(id) => self.status(id, DeliveryState::Read),
            None => self.unused("read"),
        }
    }
}

/// Where the customer came from: an advertisement, a link, a plugin.
fn referral(referral: Option<&Value>) -> Option<Value> {
    let referral = referral?;
    let mut kept = Map::new();
    for field in ["ref", "source", "type", "ad_id", "referer_uri"] {
        if let Some(text) = referral.text(&[field]) {
            kept.insert(field.to_owned(), text.into());
        }
    }
    (!kept.is_empty()).then_some(Value::Object(kept))
}
