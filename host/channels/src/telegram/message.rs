//! Messages: new, edited, and deleted ones of business accounts.

use patchbay_adapter::field::{Fields, cut};
use patchbay_adapter::{Attributes, DecodedInteraction, InteractionKind, Item, blank_interaction};
use patchbay_model::channel::Visibility;
use patchbay_model::input::NAME_BYTES;
use patchbay_model::interaction::{Author, Direction, Interaction};
use serde_json::Value;

use super::content::{self, Content};
use super::{CHANNEL, Telegram};

/// Where a message is: the chat, and the business account's connection.
pub(super) struct Chat<'a> {
    adapter: &'a Telegram,
    chat: String,
    connection: Option<&'a str>,
    is_private: bool,
}

impl<'a> Chat<'a> {
    /// The chat of a message or of another update about messages; `None` without
    /// its id.
    pub(super) fn read(adapter: &'a Telegram, value: &'a Value) -> Option<Chat<'a>> {
        Some(Chat {
            adapter,
            chat: value.id(&["chat", "id"])?.into_owned(),
            connection: value.text(&["business_connection_id"]),
            is_private: value.text(&["chat", "type"]) == Some("private"),
        })
    }

    /// The provider's id of a message of the chat.
    pub(super) fn provider_id(&self, message: &str) -> String {
        match self.connection {
            Some(connection) => format!("{connection}:{}:{message}", self.chat),
            None => format!("{}:{message}", self.chat),
        }
    }

    fn id(&self, message: &str) -> String {
        let ids = &self.adapter.ids;
        ids.id(&self.adapter.account, &self.provider_id(message))
    }

    /// The conversation, without the customer's id: the connection and a hash, or
    /// the group and its topic. A private chat is that of author and account.
    fn conversation(&self, topic: Option<&str>) -> Option<String> {
        match self.connection {
            Some(connection) => {
                let ids = &self.adapter.ids;
                let chat = ids.conversation(&self.adapter.account, &[connection, &self.chat]);
                Some(format!("{connection}:{chat}"))
            }
            None if self.is_private => None,
            None => Some(match topic {
                Some(topic) => format!("{}:{topic}", self.chat),
                None => self.chat.clone(),
            }),
        }
    }

    /// The interaction about a message of the chat, without content.
    pub(super) fn interaction(
        &self,
        message: &str,
        topic: Option<&str>,
    ) -> (Interaction, Attributes) {
        let mut attributes = Attributes::default();
        attributes.set("provider_id", Some(self.provider_id(message).into()));
        let connection = self.connection.map(|it| cut(it, NAME_BYTES));
        attributes.set("business_connection_id", connection.map(Value::from));
        let interaction = Interaction {
            account: Some(self.adapter.account.clone()),
            conversation: self.conversation(topic),
            ..blank_interaction(self.id(message), CHANNEL, Visibility::Private)
        };
        (interaction, attributes)
    }
}

/// A person, as author. Names and user names change.
pub(super) fn author(person: &Value) -> Author {
    let names = ["first_name", "last_name", "title"].into_iter();
    let names: Vec<&str> = names.filter_map(|name| person.text(&[name])).collect();
    let name = names.join(" ");
    Author {
        address: person.id(&["id"]).map(|id| id.into_owned()),
        name: (!name.is_empty()).then(|| cut(&name, NAME_BYTES).to_owned()),
        reach: None,
        verified: None,
    }
}

/// Adds what Telegram says of a person. The language is that of their application,
/// not of what they write.
pub(super) fn add_person(attributes: &mut Attributes, person: &Value) {
    for name in ["username", "language_code"] {
        let value = person.text(&[name]).map(|value| cut(value, NAME_BYTES));
        attributes.set(name, value.map(Value::from));
    }
}

pub(super) fn item(
    (mut interaction, attributes): (Interaction, Attributes),
    kind: InteractionKind,
    place: &str,
) -> Item {
    interaction.attributes = attributes.into_map();
    let decoded = DecodedInteraction {
        kind,
        interaction,
        second_address: None,
        key: None,
    };
    decoded.into_item(place)
}

/// A message, new or edited.
pub(super) fn decode(
    adapter: &Telegram,
    place: &str,
    message: &Value,
    kind: InteractionKind,
) -> Item {
    if let Some(service) = content::service(message) {
        return Item::event(&["message", service]);
    }
    // Another bot, or an administrator who writes as the group.
    if message.flag(&["from", "is_bot"]) {
        return Item::event(&["message", "bot"]);
    }
    if message.flag(&["is_automatic_forward"]) {
        return Item::event(&["message", "automatic_forward"]);
    }
    let Some(id) = message.id(&["message_id"]) else {
        return Item::undecodable(&format!("{place}.message_id"), "is missing");
    };
    let Some(chat) = Chat::read(adapter, message) else {
        return Item::undecodable(&format!("{place}.chat.id"), "is missing");
    };
    // Elsewhere the thread is one of answers, which a reply cannot name.
    let topic = message.flag(&["is_topic_message"]);
    let topic = topic.then(|| message.id(&["message_thread_id"])).flatten();
    let (mut interaction, mut attributes) = chat.interaction(&id, topic.as_deref());
    // In the chat of a business account either side writes.
    let is_owner =
        chat.connection.is_some() && message.id(&["from", "id"]).as_deref() != Some(&chat.chat);
    let person = message.get(if is_owner { "chat" } else { "from" });
    let person = person.unwrap_or(&Value::Null);
    interaction.author = author(person);
    if is_owner {
        interaction.direction = Direction::Outbound;
    } else {
        add_person(&mut attributes, person);
    }
    interaction.received_at = message.seconds("date");
    if kind == InteractionKind::Edit {
        interaction.edited_at = message.seconds("edit_date");
    }
    let answered = message.id(&["reply_to_message", "message_id"]);
    interaction.in_reply_to = answered.map(|answered| chat.id(&answered));
    let content = Content::read(message, &adapter.account);
    interaction.text = content.text;
    interaction.attachments = content.attachments;
    for (name, value) in content.attributes {
        attributes.set(name, Some(value));
    }
    for (name, path) in [
        ("media_group_id", &["media_group_id"][..]),
        ("via_bot", &["via_bot", "username"]),
        ("sender_chat", &["sender_chat", "title"]),
    ] {
        let value = message.text(path).map(|value| cut(value, NAME_BYTES));
        attributes.set(name, value.map(Value::from));
    }
    let kind = if is_owner {
        InteractionKind::Echo
    } else {
        kind
    };
    item((interaction, attributes), kind, place)
}

/// Deleted messages of a business account's chat; which side deleted is not said.
pub(super) fn deletions(adapter: &Telegram, place: &str, value: &Value) -> Vec<Item> {
    let Some(chat) = Chat::read(adapter, value) else {
        return vec![Item::undecodable(&format!("{place}.chat.id"), "is missing")];
    };
    let list = value.list("message_ids");
    if list.is_empty() {
        let place = format!("{place}.message_ids");
        return vec![Item::undecodable(&place, "is missing or empty")];
    }
    let author = author(value.get("chat").unwrap_or(&Value::Null));
    let items = list.iter().enumerate().map(|(index, id)| {
        let place = format!("{place}.message_ids[{index}]");
        let Some(id) = id.as_i64() else {
            return Item::undecodable(&place, "is not an integer");
        };
        let (mut interaction, attributes) = chat.interaction(&id.to_string(), None);
        interaction.author = author.clone();
        item((interaction, attributes), InteractionKind::Delete, &place)
    });
    Item::bounded(items)
}
