//! From the body of a delivery, one event, to its item.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{Item, document};
use serde_json::Value;

use super::{Chatwoot, message};

/// The item of a delivery.
pub(super) fn decode(adapter: &Chatwoot, body: &[u8]) -> Item {
    let delivery: Value = match document::parse(body) {
        Ok(delivery) => delivery,
        Err(reason) => return Item::undecodable("$", reason),
    };
    let Some(event) = delivery.text(&["event"]) else {
        return Item::undecodable("event", "is missing");
    };
    let account = delivery.id(&["account", "id"]);
    if account.is_some_and(|account| account != adapter.desk.account) {
        return Item::event(&["unknown-account"]);
    }
    match event {
        "message_created" | "message_updated" => message::decode(adapter, &delivery, event),
        _ => Item::event(&[event]),
    }
}
