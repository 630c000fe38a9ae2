//! WhatsApp.

use serde_json::{Value, json};

use super::connection::Connection;
use super::customer_book::CustomerMessage;
use super::facebook;
use super::network::{Answered, Delivery, Network};

pub(super) static WHATSAPP: Network = Network {
    channel: "whatsapp",
    message_id,
    customer_id: |_, address| digits(address),
    delivery,
    answered: |path, body| {
        let to = body["to"].as_str()?;
        path.ends_with("/messages")
            .then_some(Answered::Customer(to))
    },
    accepted: |number| {
        let id = format!("wamid.out.{number}");
        let document = json!({"messaging_product": "whatsapp", "messages": [{"id": id}]});
        (200, document)
    },
    busy: facebook::busy,
};

fn message_id(number: u64) -> String {
    format!("wamid.in.{number}")
}

fn digits(address: &str) -> String {
    let digits = address.chars().filter(char::is_ascii_digit);
    digits.collect()
}

fn delivery(connection: &Connection, message: &CustomerMessage<'_>) -> Delivery {
    let number = digits(message.address());
    let mut content = content(message);
    content["from"] = number.clone().into();
    content["id"] = message_id(message.number).into();
    content["timestamp"] = message.at().as_second().to_string().into();
    let account = connection.account();
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": account},
        "contacts": [{"profile": {"name": message.name()}, "wa_id": number}],
        "messages": [content],
    });
    let change = json!({"field": "messages", "value": value});
    facebook::signed(connection, "whatsapp_business_account", account, &change)
}

/// A text; or a file with the text as its caption.
fn content(message: &CustomerMessage<'_>) -> Value {
    let Some(file) = message.attachments().first() else {
        return json!({"type": "text", "text": {"body": message.text()}});
    };
    // Recordings have no caption: customers of the demo send them as documents.
    let kind = file["kind"].as_str();
    let kind = kind.filter(|kind| matches!(*kind, "image" | "video"));
    let kind = kind.unwrap_or("document");
    let mut media = json!({
        "id": (65_463_000 + message.number).to_string(),
        "mime_type": file["media_type"],
        "caption": message.text(),
    });
    if kind == "document" {
        media["filename"] = file["name"].clone();
    }
    json!({"type": kind, (kind): media})
}
