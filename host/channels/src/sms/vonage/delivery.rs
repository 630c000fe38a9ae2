//! From a request of Vonage to its items: a message of a customer, or the state of one of
//! the company's.

use jiff::Timestamp;
use patchbay_adapter::field::Fields;
use patchbay_adapter::{DeliveryStatus, Failure, FailureKind, Item, Reason, document};
use patchbay_model::delivery_state::DeliveryState;
use serde_json::Value;

use super::super::message::{Message, OptOutWords};
use super::{Vonage, error_code, file, number};

/// Field with the id of a message.
const ID: &str = "message_uuid";
/// Most bytes of an id.
const ID_BYTES: usize = 128;
/// Words that carriers want to be understood wherever a program writes (CTIA). Vonage says
/// of a message only what is in it.
const OPT_OUT_WORDS: OptOutWords = OptOutWords {
    out: &["stop", "stopall", "unsubscribe", "cancel", "end", "quit"],
    back_in: &["start", "unstop"],
};

/// The items of a request: one, and for a word of refusal or consent the change too.
pub(super) fn decode(adapter: &Vonage, body: &[u8]) -> Vec<Item> {
    let document: Value = match document::parse(body) {
        Ok(document) => document,
        Err(reason) => return vec![Item::undecodable("$", reason)],
    };
    let status = document.text(&["status"]);
    match document.text(&["channel"]) {
        Some("sms" | "mms") => {}
        // Another network by Vonage.
        Some(network) => {
            let name = if status.is_some() {
                "status"
            } else {
                "message"
            };
            return vec![Item::event(&[name, network])];
        }
        None => return vec![Item::undecodable("channel", "is missing")],
    }
    let id = document.text(&[ID]).filter(|id| id.len() <= ID_BYTES);
    let Some(id) = id else {
        return vec![Item::undecodable(ID, "is missing or too long")];
    };
    match status {
        Some(status) => vec![self::status(adapter, &document, id, status)],
        None => message(adapter, &document, id),
    }
}

/// The company's number in a field.
fn account(adapter: &Vonage, document: &Value, name: &str) -> Option<String> {
    let account = number(&document.id(&[name])?);
    adapter.accounts.contains(&account).then_some(account)
}

fn time(document: &Value) -> Option<Timestamp> {
    document.text(&["timestamp"])?.parse().ok()
}

fn message(adapter: &Vonage, document: &Value, id: &str) -> Vec<Item> {
    let Some(account) = account(adapter, document, "to") else {
        return vec![Item::event(&["unknown-account"])];
    };
    let files = file::files(document);
    let text = match document.text(&["text"]) {
        Some(text) => text.to_owned(),
        None => file::captions(&files),
    };
    let is_opted_out = OPT_OUT_WORDS.is_opted_out(&text);
    let segments = document.id(&["sms", "num_messages"]);
    let segments = segments.and_then(|count| count.parse::<u64>().ok());
    let message = Message {
        provider_id: id,
        from: document.id(&["from"]).map(|from| number(&from)),
        text,
        attachments: files.iter().map(|it| it.attachment(&account)).collect(),
        received_at: time(document),
        attributes: vec![("segments", segments.filter(|it| *it > 1).map(Value::from))],
        account,
    };
    message.into_items(&adapter.ids, is_opted_out)
}

fn status(adapter: &Vonage, document: &Value, id: &str, status: &str) -> Item {
    let state = match status {
        "submitted" => DeliveryState::Sent,
        "delivered" => DeliveryState::Delivered,
        "read" => DeliveryState::Read,
        "rejected" | "undeliverable" => DeliveryState::Failed,
        _ => return Item::event(&["status", status]),
    };
    let Some(account) = account(adapter, document, "from") else {
        return Item::event(&["unknown-account"]);
    };
    let failure = (state == DeliveryState::Failed).then(|| failure(document));
    Item::Status(DeliveryStatus {
        message: adapter.ids.id(&account, id),
        provider_id: id.to_owned(),
        account,
        state,
        at: time(document),
        key: document.text(&["client_ref"]).map(str::to_owned),
        failure,
    })
}

/// Why a message failed. Without a known code it is not sent again by itself.
fn failure(document: &Value) -> Failure {
    match document.get("error").and_then(error_code::read) {
        Some(code) => Failure {
            kind: error_code::kind(code).unwrap_or(FailureKind::Refused),
            reason: Reason::code(code),
        },
        None => Failure {
            kind: FailureKind::Refused,
            reason: Reason::words("no code"),
        },
    }
}
