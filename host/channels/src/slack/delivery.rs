//! From the body of a delivery, an event in its envelope, to its item.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{Item, form};
use serde_json::Value;

use super::{Slack, message};
use patchbay_adapter::document;

/// The item of a delivery. `event_id` and `event_time` belong to the delivery, not to
/// the message.
pub(super) fn decode(adapter: &Slack, body: &[u8]) -> Item {
    // Slash commands and interactive components come as forms.
    if !body.trim_ascii_start().starts_with(b"{")
        && let Some(item) = form_item(body)
    {
        return item;
    }
    let envelope: Value = match document::parse(body) {
        Ok(envelope) => envelope,
        Err(reason) => return Item::undecodable("$", reason),
    };
    match envelope.text(&["type"]) {
        Some("event_callback") => {}
        Some(kind) => return Item::event(&[kind]),
        None => return Item::undecodable("type", "is missing"),
    }
    let teams = [&["team_id"][..], &["context_team_id"]].into_iter();
    let mut teams = teams.filter_map(|path| envelope.text(path));
    if !teams.any(|team| team == adapter.account) {
        return Item::event(&["unknown-account"]);
    }
    let event = envelope.get("event").unwrap_or(&Value::Null);
    match event.text(&["type"]) {
        Some("message" | "app_mention") => message::decode(adapter, event),
        Some(kind @ ("reaction_added" | "reaction_removed")) => {
            message::reaction(adapter, event, kind)
        }
        Some(kind) => Item::event(&[kind]),
        None => Item::undecodable("event.type", "is missing"),
    }
}

fn form_item(body: &[u8]) -> Option<Item> {
    let parameters = form::parameters(body);
    let find = |name: &str| {
        let mut found = parameters.iter().filter(|(it, _)| it == name.as_bytes());
        found.next().map(|(_, value)| value.as_slice())
    };
    if let Some(payload) = find("payload") {
        let payload: Value = document::parse(payload).unwrap_or_default();
        let kind = payload.text(&["type"]).unwrap_or("other");
        return Some(Item::event(&["interactive", kind]));
    }
    find("command").map(|_| Item::event(&["slash_command"]))
}
