//! From the body of a delivery, a batch of events in any order, to its items.

use patchbay_adapter::field::{Fields, cut};
use patchbay_adapter::{
    Attributes, DecodedInteraction, InteractionKind, Item, MessagePurpose, OptOutChange,
    blank_interaction,
};
use patchbay_model::channel::Visibility;
use patchbay_model::input::NAME_BYTES;
use patchbay_model::interaction::{Author, Interaction};
use serde_json::Value;

use super::content::Content;
use super::{CHANNEL, Line};
use patchbay_adapter::document;

/// The items of a delivery. Reply tokens and the state of redelivery differ between
/// two deliveries of one event and are not read.
pub(super) fn decode(adapter: &Line, body: &[u8]) -> Vec<Item> {
    let document: Value = match document::parse(body) {
        Ok(document) => document,
        Err(reason) => return vec![Item::undecodable("$", reason)],
    };
    match document.text(&["destination"]) {
        Some(destination) if destination == adapter.account => {}
        Some(_) => return vec![Item::event(&["unknown-account"])],
        None => return vec![Item::undecodable("destination", "is missing")],
    }
    let Some(events) = document.get("events").and_then(Value::as_array) else {
        return vec![Item::undecodable("events", "is missing")];
    };
    if events.is_empty() {
        return vec![Item::event(&["no_events"])];
    }
    let items = events.iter().enumerate();
    Item::bounded(items.map(|(index, event)| decode_event(adapter, index, event)))
}

fn decode_event(adapter: &Line, index: usize, event: &Value) -> Item {
    let place = format!("events[{index}]");
    if !event.is_object() {
        return Item::undecodable(&place, "is not an object");
    }
    let about = |path: &[&str], kind: InteractionKind| match event.id(path) {
        Some(id) => new(adapter, event, &id, kind, &place),
        None => Item::undecodable(&format!("{place}.{}", path.join(".")), "is missing"),
    };
    match event.text(&["type"]) {
        Some("message") => about(&["message", "id"], InteractionKind::Message),
        Some("unsend") => about(&["unsend", "messageId"], InteractionKind::Delete),
        // It has no message: the event's own id is the same at every delivery.
        Some("postback") => about(&["webhookEventId"], InteractionKind::Message),
        Some(kind @ ("follow" | "unfollow")) => opt_out(adapter, event, kind, &place),
        // Groups that the account joins or leaves.
        Some(kind) => Item::event(&[kind]),
        None => Item::undecodable(&format!("{place}.type"), "is missing"),
    }
}

/// The customer blocked the account, or added it again.
fn opt_out(adapter: &Line, event: &Value, kind: &str, place: &str) -> Item {
    let Some(address) = event.text(&["source", "userId"]) else {
        return Item::undecodable(&format!("{place}.source.userId"), "is missing");
    };
    let is_opted_out = kind == "unfollow";
    Item::OptOut(OptOutChange {
        channel: CHANNEL,
        account: adapter.account.clone(),
        address: address.to_owned(),
        purpose: MessagePurpose::Any,
        is_opted_out,
        source: match is_opted_out {
            true => "blocked",
            false => "followed",
        },
        at: event.milliseconds("timestamp"),
    })
}

fn new(adapter: &Line, event: &Value, id: &str, kind: InteractionKind, place: &str) -> Item {
    let mut attributes = Attributes::default();
    attributes.set("provider_id", Some(id.into()));
    // Another program has the conversation: read, and answer nothing.
    let is_standby = event.text(&["mode"]) == Some("standby");
    attributes.set("standby", is_standby.then(|| true.into()));
    let group = event.text(&["source", "groupId"]);
    let group = group.or_else(|| event.text(&["source", "roomId"]));
    let mut interaction = Interaction {
        account: Some(adapter.account.clone()),
        received_at: event.milliseconds("timestamp"),
        // A group's message can come without the person.
        author: Author {
            address: event.text(&["source", "userId"]).map(str::to_owned),
            ..Author::default()
        },
        conversation: group.map(str::to_owned),
        ..blank_interaction(
            adapter.ids.id(&adapter.account, id),
            CHANNEL,
            Visibility::Private,
        )
    };
    if let Some(message) = event
        .get("message")
        .filter(|_| kind == InteractionKind::Message)
    {
        let quoted = message.id(&["quotedMessageId"]);
        interaction.in_reply_to = quoted.map(|quoted| adapter.ids.id(&adapter.account, &quoted));
        let content = Content::read(message, id, &adapter.account);
        interaction.text = content.text;
        interaction.attachments = content.attachments;
        for (name, value) in content.attributes {
            attributes.set(name, Some(value));
        }
    }
    let payload = event.text(&["postback", "data"]);
    let payload = payload.map(|payload| cut(payload, NAME_BYTES));
    attributes.set("payload", payload.map(Value::from));
    interaction.attributes = attributes.into_map();
    let decoded = DecodedInteraction {
        kind,
        interaction,
        second_address: None,
        key: None,
    };
    decoded.into_item(place)
}
