//! What a customer set for messages of the company: no advertisements, or again
//! (developers.facebook.com, WhatsApp, webhooks, user_preferences).

use patchbay_adapter::field::Fields;
use patchbay_adapter::{Item, MessagePurpose, OptOutChange};
use serde_json::Value;

use super::CHANNEL;
use super::delivery::Change;

/// Decodes a preference.
pub(super) fn decode(change: &Change<'_>, place: &str, value: &Value) -> Item {
    let category = value.text(&["category"]);
    let is_opted_out = match (category, value.text(&["value"])) {
        (Some("marketing_messages"), Some("stop")) => true,
        (Some("marketing_messages"), Some("resume")) => false,
        _ => return Item::event(&["user_preferences", category.unwrap_or("other")]),
    };
    let address = value.id(&["user_id"]).or_else(|| value.id(&["wa_id"]));
    let Some(address) = address else {
        return Item::undecodable(&format!("{place}.wa_id"), "is missing");
    };
    Item::OptOut(OptOutChange {
        channel: CHANNEL,
        account: change.account.to_owned(),
        address: address.into_owned(),
        purpose: MessagePurpose::Marketing,
        is_opted_out,
        source: match is_opted_out {
            true => "stop",
            false => "resume",
        },
        at: value.seconds("timestamp"),
    })
}
