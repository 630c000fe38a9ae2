//! Messages of customers: new, edited, deleted, reactions, and what the system
//! says about a customer.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{
    AddressChange, Attributes, DecodedInteraction, InteractionKind, Item, blank_interaction,
};
use patchbay_model::channel::Visibility;
use patchbay_model::identifier;
use patchbay_model::input::NAME_BYTES;
use patchbay_model::interaction::Interaction;
use serde_json::{Value, json};

use super::content::Content;
use super::delivery::Change;
use super::sender::Customer;

/// One item of `messages`.
pub(super) fn decode(change: &Change<'_>, place: &str, message: &Value) -> Item {
    match message.text(&["type"]) {
        None => Item::undecodable(&format!("{place}.type"), "is missing"),
        Some("reaction") => reaction(change, place, message),
        Some("edit") => edit(change, place, message),
        Some("revoke") => revoke(change, place, message),
        Some("system") => system(place, message),
        // A person opened the chat and has not written yet.
        Some("request_welcome") => Item::event(&["messages", "request_welcome"]),
        Some(kind) => new(change, place, message, kind),
    }
}

/// The interaction about the message with a provider's id, without content.
pub(super) fn interaction(
    change: &Change<'_>,
    provider_id: &str,
    message: &Value,
    customer: &Customer<'_>,
) -> (Interaction, Attributes) {
    let mut attributes = Attributes::default();
    attributes.set("provider_id", Some(provider_id.into()));
    attributes.set("username", customer.username.map(Value::from));
    attributes.set("second_address", customer.second_address.map(Value::from));
    let interaction = Interaction {
        account: Some(change.account.to_owned()),
        received_at: message.seconds("timestamp"),
        author: customer.author(),
        // Elsewhere the author and the account are the conversation.
        conversation: message.text(&["group_id"]).map(str::to_owned),
        ..blank_interaction(
            change.adapter.ids.id(change.account, provider_id),
            super::CHANNEL,
            Visibility::Private,
        )
    };
    (interaction, attributes)
}

/// Adds what a message says. `context` names the message it answers, or nothing,
/// or one this host never saw.
pub(super) fn add_content(
    change: &Change<'_>,
    (interaction, attributes): &mut (Interaction, Attributes),
    message: &Value,
    kind: &str,
) {
    let content = Content::read(kind, message, change.account);
    interaction.text = content.text;
    interaction.attachments = content.attachments;
    let answered = message.text(&["context", "id"]);
    interaction.in_reply_to = answered.map(|id| change.adapter.ids.id(change.account, id));
    for (name, value) in content.attributes {
        attributes.set(name, Some(value));
    }
    let forwarded = match message {
        often if often.flag(&["context", "frequently_forwarded"]) => Some("often"),
        once if once.flag(&["context", "forwarded"]) => Some("once"),
        _ => None,
    };
    attributes.set("forwarded", forwarded.map(Value::from));
    let product = message.at(&["context", "referred_product"]);
    attributes.set("referred_product", product.cloned());
    // The advertisement that brought the customer. Its pictures have URLs that
    // expire and change between deliveries.
    let referral = message.get("referral").map(|referral| {
        let mut kept = serde_json::Map::new();
        for field in [
            "source_type",
            "source_id",
            "source_url",
            "headline",
            "body",
            "ctwa_clid",
        ] {
            if let Some(text) = referral.text(&[field]) {
                kept.insert(field.to_owned(), text.into());
            }
        }
        Value::Object(kept)
    });
    attributes.set("referral", referral);
    let origin = message.text(&["origin"]);
    attributes.set("origin", origin.map(Value::from));
}

/// The item of an interaction.
pub(super) fn item(
    (mut interaction, attributes): (Interaction, Attributes),
    kind: InteractionKind,
    customer: &Customer<'_>,
    place: &str,
) -> Item {
    interaction.attributes = attributes.into_map();
    let decoded = DecodedInteraction {
        kind,
        interaction,
        second_address: customer.second_address.map(str::to_owned),
        // Any new message; that reactions do not is an assumption.
        key: None,
    };
    decoded.into_item(place)
}

fn sender<'a>(change: &Change<'a>, message: &'a Value) -> Customer<'a> {
    let user = message.text(&["from_user_id"]);
    let number = message.text(&["from"]);
    Customer::find(user, number, change.contacts, change.is_only_message)
}

fn new(change: &Change<'_>, place: &str, message: &Value, kind: &str) -> Item {
    let Some(id) = message.text(&["id"]) else {
        return Item::undecodable(&format!("{place}.id"), "is missing");
    };
    let customer = sender(change, message);
    let mut decoded = interaction(change, id, message, &customer);
    add_content(change, &mut decoded, message, kind);
    item(decoded, InteractionKind::Message, &customer, place)
}

fn reaction(change: &Change<'_>, place: &str, message: &Value) -> Item {
    let Some(id) = message.text(&["reaction", "message_id"]) else {
        return Item::undecodable(&format!("{place}.reaction.message_id"), "is missing");
    };
    let customer = sender(change, message);
    let (mut decoded, mut attributes) = interaction(change, id, message, &customer);
    let emoji = message.text(&["reaction", "emoji"]);
    let at = decoded.received_at.map(|at| at.to_string());
    decoded.text = emoji.unwrap_or_default().to_owned();
    // Without an emoji it is taken off.
    let reaction = match emoji {
        Some(emoji) => json!({"action": "add", "emoji": emoji, "at": at}),
        None => json!({"action": "remove", "at": at}),
    };
    attributes.set("reaction", Some(reaction));
    let decoded = (decoded, attributes);
    item(decoded, InteractionKind::Reaction, &customer, place)
}

/// Another wording. The event has an id of its own, which is not used.
fn edit(change: &Change<'_>, place: &str, message: &Value) -> Item {
    let Some(id) = message.text(&["edit", "original_message_id"]) else {
        return Item::undecodable(&format!("{place}.edit.original_message_id"), "is missing");
    };
    let wording = message.at(&["edit", "message"]);
    let kind = wording.and_then(|wording| wording.text(&["type"]));
    let (Some(wording), Some(kind)) = (wording, kind) else {
        return Item::undecodable(&format!("{place}.edit.message.type"), "is missing");
    };
    let customer = sender(change, message);
    let mut decoded = interaction(change, id, message, &customer);
    add_content(change, &mut decoded, wording, kind);
    decoded.0.edited_at = decoded.0.received_at;
    item(decoded, InteractionKind::Edit, &customer, place)
}

fn revoke(change: &Change<'_>, place: &str, message: &Value) -> Item {
    let Some(id) = message.text(&["revoke", "original_message_id"]) else {
        return Item::undecodable(&format!("{place}.revoke.original_message_id"), "is missing");
    };
    let customer = sender(change, message);
    let decoded = interaction(change, id, message, &customer);
    item(decoded, InteractionKind::Delete, &customer, place)
}

/// A customer's new number or user id; anything else is counted.
fn system(place: &str, message: &Value) -> Item {
    let kind = message.text(&["system", "type"]).unwrap_or("other");
    let (old, new) = match kind {
        "user_changed_number" | "customer_changed_number" => {
            let new = message.text(&["system", "wa_id"]);
            let new = new.or_else(|| message.text(&["system", "new_wa_id"]));
            (message.text(&["from"]), new)
        }
        "user_changed_user_id" => (
            message.text(&["system", "previous_user_id"]),
            message.text(&["system", "user_id"]),
        ),
        _ => return Item::event(&["messages", "system", kind]),
    };
    match (old, new) {
        (Some(old), Some(new)) if is_address(old) && is_address(new) => {
            Item::AddressChange(AddressChange {
                old: old.to_owned(),
                new: new.to_owned(),
                at: message.seconds("timestamp"),
            })
        }
        _ => Item::undecodable(&format!("{place}.system"), "has no old or no new address"),
    }
}

/// Whether intake takes a text as an address.
fn is_address(text: &str) -> bool {
    text.len() <= NAME_BYTES && identifier::problem(text).is_none()
}
