//! From the body of a delivery, an update, to its items.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{InteractionKind, Item, MessagePurpose, OptOutChange};
use serde_json::Value;

use super::{CHANNEL, Telegram, message, reaction};
use patchbay_adapter::document;

/// Fields of an update that are not its content.
const ENVELOPE: &str = "update_id";

/// The items of an update. `update_id` finds gaps; it does not identify a message.
pub(super) fn decode(adapter: &Telegram, body: &[u8]) -> Vec<Item> {
    let update: Value = match document::parse(body) {
        Ok(update) => update,
        Err(reason) => return vec![Item::undecodable("$", reason)],
    };
    let Some(fields) = update.as_object() else {
        return vec![Item::undecodable("$", "is not an object")];
    };
    // An update has at most one content.
    let Some((name, value)) = fields.iter().find(|(name, _)| *name != ENVELOPE) else {
        return vec![Item::undecodable("$", "has no content")];
    };
    if !value.is_object() {
        return vec![Item::undecodable(
            "$",
            "has a content that is not an object",
        )];
    }
    let one = |kind| vec![message::decode(adapter, name, value, kind)];
    match name.as_str() {
        "message" | "business_message" => one(InteractionKind::Message),
        "edited_message" | "edited_business_message" => one(InteractionKind::Edit),
        "deleted_business_messages" => message::deletions(adapter, name, value),
        "message_reaction" => reaction::decode(adapter, name, value),
        "my_chat_member" => {
            let status = value.text(&["new_chat_member", "status"]);
            if let Some(change) = opt_out(adapter, value, status) {
                return vec![change];
            }
            let name: Vec<&str> = std::iter::once(name.as_str()).chain(status).collect();
            vec![Item::event(&name)]
        }
        // Posts of channels, buttons, polls, payments.
        name => vec![Item::event(&[name])],
    }
}

/// The change that the bot's membership in a private chat is: `kicked` where the
/// customer blocked it, `member` where they took it back.
fn opt_out(adapter: &Telegram, value: &Value, status: Option<&str>) -> Option<Item> {
    let is_opted_out = match status? {
        "kicked" => true,
        "member" => false,
        _ => return None,
    };
    let is_private = value.text(&["chat", "type"]) == Some("private");
    let address = value.id(&["chat", "id"]).filter(|_| is_private)?;
    Some(Item::OptOut(OptOutChange {
        channel: CHANNEL,
        account: adapter.account.clone(),
        address: address.into_owned(),
        purpose: MessagePurpose::Any,
        is_opted_out,
        source: match is_opted_out {
            true => "blocked",
            false => "unblocked",
        },
        at: value.seconds("date"),
    }))
}
