//! From the body of a delivery, an event, to its item.

use patchbay_adapter::field::{Fields, cut};
use patchbay_adapter::{
    Attributes, DecodedInteraction, DeliveryStatus, Failure, FailureKind, InteractionKind, Item,
    MessagePurpose, OptOutChange, Reason, blank_interaction,
};
use patchbay_model::channel::Visibility;
use patchbay_model::delivery_state::DeliveryState;
use patchbay_model::input::NAME_BYTES;
use patchbay_model::interaction::{Author, Interaction};
use serde_json::Value;

use super::content::Content;
use super::{CHANNEL, Viber};
use patchbay_adapter::document;

/// Field with the id of a message.
const TOKEN: &str = "message_token";

pub(super) fn decode(adapter: &Viber, body: &[u8]) -> Item {
    let event: Value = match document::parse(body) {
        Ok(event) => event,
        Err(reason) => return Item::undecodable("$", reason),
    };
    let state = match event.text(&["event"]) {
        None => return Item::undecodable("event", "is missing"),
        Some("message") => None,
        Some("delivered") => Some(DeliveryState::Delivered),
        Some("seen") => Some(DeliveryState::Read),
        Some("failed") => Some(DeliveryState::Failed),
        Some("unsubscribed") => return opt_out(adapter, &event, &["user_id"], "blocked"),
        Some("subscribed") => return opt_out(adapter, &event, &["user", "id"], "subscribed"),
        // Contacts that begin, and what the customer's device says.
        Some(name) => return Item::event(&[name]),
    };
    let token = match event.get(TOKEN) {
        None => return Item::undecodable(TOKEN, "is missing"),
        Some(token) => token.is_u64().then(|| token.to_string()),
    };
    let Some(token) = token else {
        return Item::undecodable(TOKEN, "is not an integer");
    };
    match state {
        None => message(adapter, &event, &token),
        Some(state) => Item::Status(DeliveryStatus {
            message: adapter.ids.id(&adapter.account, &token),
            provider_id: token,
            account: adapter.account.clone(),
            state,
            at: event.milliseconds("timestamp"),
            key: None,
            // Viber describes it in words only.
            failure: (state == DeliveryState::Failed).then(|| Failure {
                kind: FailureKind::Refused,
                reason: Reason::words("no code"),
            }),
        }),
    }
}

/// The customer switched messages off, or on again.
fn opt_out(adapter: &Viber, event: &Value, user: &[&str], source: &'static str) -> Item {
    let Some(address) = event.text(user) else {
        return Item::undecodable(&user.join("."), "is missing");
    };
    Item::OptOut(OptOutChange {
        channel: CHANNEL,
        account: adapter.account.clone(),
        address: address.to_owned(),
        purpose: MessagePurpose::Any,
        is_opted_out: source == "blocked",
        source,
        at: event.milliseconds("timestamp"),
    })
}

fn message(adapter: &Viber, event: &Value, token: &str) -> Item {
    let mut attributes = Attributes::default();
    attributes.set("provider_id", Some(token.into()));
    // The key of our last message before it.
    for (name, path) in [
        ("tracking_data", ["message", "tracking_data"]),
        ("country", ["sender", "country"]),
        ("device_language", ["sender", "language"]),
    ] {
        let value = event.text(&path).map(|value| cut(value, NAME_BYTES));
        attributes.set(name, value.map(Value::from));
    }
    let message = event.get("message").unwrap_or(&Value::Null);
    let content = Content::read(message, token, &adapter.account);
    for (name, value) in content.attributes {
        attributes.set(name, Some(value));
    }
    let name = event.text(&["sender", "name"]);
    let interaction = Interaction {
        account: Some(adapter.account.clone()),
        received_at: event.milliseconds("timestamp"),
        author: Author {
            address: event.text(&["sender", "id"]).map(str::to_owned),
            name: name.map(|name| cut(name, NAME_BYTES).to_owned()),
            ..Author::default()
        },
        text: content.text,
        attachments: content.attachments,
        attributes: attributes.into_map(),
        ..blank_interaction(
            adapter.ids.id(&adapter.account, token),
            CHANNEL,
            Visibility::Private,
        )
    };
    let decoded = DecodedInteraction {
        kind: InteractionKind::Message,
        interaction,
        second_address: None,
        key: None,
    };
    decoded.into_item("message")
}
