//! From the body of a delivery to its items.

use std::rc::Rc;

use serde_json::Value;

use super::WhatsApp;
use super::{echo, message, status};
use crate::field::Fields;
use crate::item::Item;

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
    let document: Value = match serde_json::from_slice(body) {
        Ok(document) => document,
        Err(error) => return vec![Item::undecodable("$", format!("is not JSON: {error}"))],
    };
    match document.text(&["object"]) {
        Some("whatsapp_business_account") => {}
        Some(object) => return vec![Item::event(&["object", object])],
        None => return vec![Item::undecodable("object", "is missing")],
    }
    let entries = document.list("entry").iter().enumerate();
    let items = entries.flat_map(|(entry_index, entry)| {
        let changes = entry.list("changes").iter().enumerate();
        changes.flat_map(move |(index, change)| {
            let place = format!("entry[{entry_index}].changes[{index}]");
            change_items(adapter, &place, change)
        })
    });
    let mut items = Item::bounded(items);
    if items.is_empty() {
        items.push(Item::undecodable("entry", "has no changes"));
    }
    items
}

fn change_items<'a>(
    adapter: &'a WhatsApp,
    place: &str,
    change: &'a Value,
) -> Box<dyn Iterator<Item = Item> + 'a> {
    let one = |item: Item| Box::new(std::iter::once(item));
    let Some(field) = change.text(&["field"]) else {
        return one(Item::undecodable(&format!("{place}.field"), "is missing"));
    };
    // Synchronised history is not news; the rest is about the account.
    if !matches!(field, "messages" | "smb_message_echoes") {
        return one(Item::event(&[field]));
    }
    let Some(value) = change.get("value").filter(|value| value.is_object()) else {
        return one(Item::undecodable(&format!("{place}.value"), "is missing"));
    };
    let Some(account) = value.text(&["metadata", "phone_number_id"]) else {
        let place = format!("{place}.value.metadata.phone_number_id");
        return one(Item::undecodable(&place, "is missing"));
    };
    if !adapter.accounts.contains(account) {
        return one(Item::event(&["unknown-account"]));
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
        _ => Box::new(items("message_echoes", echo::decode)),
    }
}
