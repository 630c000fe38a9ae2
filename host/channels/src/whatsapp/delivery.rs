//! From the body of a delivery to its items.

use std::rc::Rc;

use patchbay_adapter::Item;
use patchbay_adapter::field::Fields;
use serde_json::Value;

use super::WhatsApp;
use super::{echo, message, preference, status};
use crate::meta;

/// What the items of a change have in common.
pub(super) struct Change<'a> {
    pub(super) adapter: &'a WhatsApp,
    /// Id of the company's phone number.
    pub(super) account: &'a str,
    /// Customers in the items.
    pub(super) contacts: &'a [Value],
    /// Whether there is one message or echo.
    pub(super) is_only_message: bool,
}

/// The items of a delivery, in order.
pub(super) fn decode(adapter: &WhatsApp, body: &[u8]) -> Vec<Item> {
    let document = match meta::read(body, "whatsapp_business_account") {
        Ok(document) => document,
        Err(item) => return vec![*item],
    };
    meta::items(&document, |place, entry| {
        let changes = entry.list("changes").iter().enumerate();
        Box::new(changes.flat_map(move |(index, change)| {
            change_items(adapter, &format!("{place}.changes[{index}]"), change)
        }))
    })
}

fn change_items<'a>(adapter: &'a WhatsApp, place: &str, change: &'a Value) -> meta::Items<'a> {
    // Synchronised history is not news; other fields are about the account.
    let decoded = ["messages", "smb_message_echoes", "user_preferences"];
    let (field, value) = match meta::read_change(place, change, &decoded) {
        Ok(change) => change,
        Err(item) => return meta::one(*item),
    };
    let Some(account) = value.text(&["metadata", "phone_number_id"]) else {
        let place = format!("{place}.value.metadata.phone_number_id");
        return meta::one(Item::undecodable(&place, "is missing"));
    };
    if !adapter.app.serves(account) {
        return meta::one(Item::event(&["unknown-account"]));
    }
    let change = Change {
        adapter,
        account,
        contacts: value.list("contacts"),
        is_only_message: value.list("messages").len() + value.list("message_echoes").len() == 1,
    };
    let change = Rc::new(change);
    let items = |list: &'static str, decode: fn(&Change<'_>, &str, &Value) -> Item| {
        let change = Rc::clone(&change);
        let place = format!("{place}.value.{list}");
        let values = value.list(list).iter().enumerate();
        values.map(move |(index, value)| decode(&change, &format!("{place}[{index}]"), value))
    };
    match field {
        "messages" => {
            // Errors of the account, without a message of a customer.
            let errors = match value.list("messages").is_empty() {
                true => value.list("errors"),
                false => &[],
            };
            let errors = errors.iter().map(|_| Item::event(&["messages", "errors"]));
            let messages = items("messages", message::decode);
            let statuses = items("statuses", status::decode);
            Box::new(messages.chain(statuses).chain(errors))
        }
        "user_preferences" => Box::new(items("user_preferences", preference::decode)),
        _ => Box::new(items("message_echoes", echo::decode)),
    }
}
