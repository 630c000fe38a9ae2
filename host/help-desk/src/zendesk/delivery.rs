//! From the body of a delivery, an event of a ticket, to its item.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{Item, document};
use serde_json::Value;

use super::{Zendesk, comment};

/// Begins the types of events.
const TYPE: &str = "zen:event-type:";

/// The item of a delivery.
pub(super) fn decode(adapter: &Zendesk, body: &[u8]) -> Item {
    // A webhook with the method GET or DELETE.
    if body.is_empty() {
        return Item::event(&["empty"]);
    }
    let delivery: Value = match document::parse(body) {
        Ok(delivery) => delivery,
        Err(reason) => return Item::undecodable("$", reason),
    };
    let Some(kind) = delivery.text(&["type"]) else {
        let reason = "is missing: connect the webhook to Zendesk events, not to a trigger";
        return Item::undecodable("type", reason);
    };
    match kind.strip_prefix(TYPE) {
        Some("ticket.comment_added") => comment::decode(adapter, &delivery),
        Some(name) => Item::event(&[name]),
        None => Item::event(&["other"]),
    }
}
