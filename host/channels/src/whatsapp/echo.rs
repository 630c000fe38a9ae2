//! What the company sent from the WhatsApp Business app.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{InteractionKind, Item};
use patchbay_model::interaction::Direction;
use serde_json::Value;

use super::delivery::Change;
use super::message;
use super::sender::Customer;

/// One item of `message_echoes`. Its author is the customer who got it: so it is
/// filed in their conversation.
pub(super) fn decode(change: &Change<'_>, place: &str, echo: &Value) -> Item {
    let Some(kind) = echo.text(&["type"]) else {
        return Item::undecodable(&format!("{place}.type"), "is missing");
    };
    let (id, wording, kind) = match kind {
        // Intake takes deletions and reactions of customers only.
        "revoke" | "reaction" => return Item::event(&["smb_message_echoes", kind]),
        "edit" => {
            let id = echo.text(&["edit", "original_message_id"]);
            let wording = echo.at(&["edit", "message"]).unwrap_or(&Value::Null);
            (id, wording, wording.text(&["type"]).unwrap_or("other"))
        }
        kind => (echo.text(&["id"]), echo, kind),
    };
    let Some(id) = id else {
        return Item::undecodable(place, "has no id of a message");
    };
    let user = echo.text(&["to_user_id"]);
    let number = echo.text(&["to"]);
    let customer = Customer::find(user, number, change.contacts, change.is_only_message);
    let mut decoded = message::interaction(change, id, echo, &customer);
    message::add_content(change, &mut decoded, wording, kind);
    decoded.0.direction = Direction::Outbound;
    if !std::ptr::eq(wording, echo) {
        decoded.0.edited_at = decoded.0.received_at;
    }
    message::item(decoded, InteractionKind::Echo, &customer, place)
}
