//! Direct messages, in the form that both APIs have in common, and encrypted chats.

use patchbay_adapter::field::{Fields, cut};
use patchbay_adapter::{InteractionKind, Item};
use patchbay_model::input::NAME_BYTES;
use serde_json::{Value, json};

use super::message::{Message, unwrapped};
use super::post::links;
use super::{DIRECT, X, is_id, media};
use patchbay_adapter::escaped_text::unescape;

/// The item of a direct message. `users` are the people by id; `name` names what is only
/// counted. The customer and the account are the conversation.
pub(super) fn decode(
    adapter: &X,
    name: &str,
    place: &str,
    event: &Value,
    users: Option<&Value>,
) -> Item {
    match event.text(&["type"]) {
        Some("message_create") => {}
        Some(kind) => return Item::event(&[name, kind]),
        None => return Item::undecodable(&format!("{place}.type"), "is missing"),
    }
    let id = event.text(&["id"]).filter(|id| is_id(id));
    let Some(id) = id else {
        return Item::undecodable(&format!("{place}.id"), "is missing or not an id");
    };
    let sender = event.text(&["message_create", "sender_id"]);
    let recipient = event.text(&["message_create", "target", "recipient_id"]);
    let account = Some(adapter.account.as_str());
    let is_own = sender == account;
    let customer = if is_own { recipient } else { sender };
    if is_own && recipient == account {
        return Item::event(&[name, "self"]);
    }
    let Some(customer) = customer else {
        let problem = "names no sender or no recipient";
        return Item::undecodable(&format!("{place}.message_create"), problem);
    };
    let data = event.at(&["message_create", "message_data"]);
    let data = data.unwrap_or(&Value::Null);
    let mut message = Message::new(adapter, DIRECT, id);
    let user = users.and_then(|users| users.get(customer));
    message.set_customer(Some(customer), user.map(unwrapped));
    let interaction = &mut message.interaction;
    unescape(
        data.text(&["text"]).unwrap_or_default(),
        &mut interaction.text,
    );
    interaction.received_at = event.milliseconds("created_timestamp");
    interaction.attachments = media::of_direct_message(adapter, id, data)
        .into_iter()
        .collect();
    let payload = data.text(&["quick_reply_response", "metadata"]);
    let payload = payload.map(|payload| cut(payload, NAME_BYTES).into());
    message.attributes.set("payload", payload);
    message.attributes.set("links", links(data.get("entities")));
    message.into_item(kind(is_own), place)
}

/// The item of a message of an encrypted chat, whose text only the people in it can
/// read.
pub(super) fn decode_chat(adapter: &X, name: &str, place: &str, chat: &Value) -> Item {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_key = |id: &&str| id.len() <= 128 && id.bytes().all(is_part);
    let Some(id) = chat.text(&["id"]).filter(is_key) else {
        return Item::undecodable(&format!("{place}.id"), "is missing or not an id");
    };
    let Some(sender) = chat.text(&["sender_id"]) else {
        return Item::undecodable(&format!("{place}.sender_id"), "is missing");
    };
    let is_own = sender == adapter.account;
    // The name of a conversation of two has both ids.
    let pair = chat.text(&["conversation_id"]);
    let pair = pair.and_then(|pair| pair.split_once(':'));
    let other = match pair {
        Some((one, other)) if one == adapter.account => Some(other),
        Some((one, other)) if other == adapter.account => Some(one),
        _ => None,
    };
    let other = other.filter(|other| *other != adapter.account);
    let customer = if is_own { other } else { Some(sender) };
    let Some(customer) = customer else {
        return Item::event(&[name]);
    };
    let mut message = Message::new(adapter, DIRECT, id);
    message.set_customer(Some(customer), None);
    message.interaction.received_at = chat.milliseconds("created_at_msec");
    let unsupported = json!({"type": "encrypted", "codes": []});
    message.attributes.set("unsupported", Some(unsupported));
    message.into_item(kind(is_own), place)
}

fn kind(is_own: bool) -> InteractionKind {
    match is_own {
        true => InteractionKind::Echo,
        false => InteractionKind::Message,
    }
}
