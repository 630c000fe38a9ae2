//! X: public posts, and direct messages.

use serde_json::{Value, json};

use super::connection::Connection;
use super::customer_book::CustomerMessage;
use super::network::{Answered, Delivery, Network};
use super::signature;

pub(super) static X: Network = Network {
    channel: "x",
    message_id,
    customer_id: |customer, _| user_id(customer),
    delivery,
    answered,
    accepted: |number| {
        let id = (2_029_000_000_000_000_000 + number).to_string();
        (201, json!({"data": {"id": id, "dm_event_id": id}}))
    },
    busy: || {
        let problem = json!({"type": "https://api.x.com/2/problems/rate-limit-exceeded",
            "title": "Too Many Requests", "detail": "Too Many Requests", "status": 429});
        (429, problem)
    },
};

fn message_id(number: u64) -> String {
    (2_028_000_000_000_000_000 + number).to_string()
}

fn user_id(customer: u64) -> String {
    (2_200_000_000 + customer).to_string()
}

fn delivery(connection: &Connection, message: &CustomerMessage<'_>) -> Delivery {
    let (kind, mut data) = match message.row["visibility"].as_str() {
        Some("private") => ("dm.received", direct_message(connection, message)),
        _ => ("post.mention.create", post(message)),
    };
    data["event_type"] = kind.into();
    data["event_uuid"] = message_id(message.number).into();
    data["filter"] = json!({"user_id": connection.account()});
    let body = json!({"data": data}).to_string();
    let code = signature::base64(connection.secret("consumer-secret"), body.as_bytes());
    Delivery {
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("x-twitter-webhooks-signature", format!("sha256={code}")),
        ],
        body,
    }
}

fn post(message: &CustomerMessage<'_>) -> Value {
    let id = message_id(message.number);
    let mut post = json!({
        "id": id,
        "author_id": user_id(message.customer),
        "conversation_id": message_id(message.root),
        "edit_history_tweet_ids": [id],
        "created_at": message.at(),
        "text": escaped(message.text()),
    });
    if let Some(language) = message.row.get("language") {
        post["lang"] = language.clone();
    }
    if let Some(parent) = message.parent {
        post["referenced_tweets"] = json!([{"type": "replied_to", "id": message_id(parent)}]);
    }
    let media = message.attachments().iter().zip(1..).map(|(file, index)| {
        let kind = if file["kind"] == "video" { 7 } else { 3 };
        format!("{kind}_{id}{index}")
    });
    let media: Vec<String> = media.collect();
    if !media.is_empty() {
        post["attachments"] = json!({"media_keys": media});
    }
    json!({"payload": post, "includes": {"users": [user(message)]}})
}

fn direct_message(connection: &Connection, message: &CustomerMessage<'_>) -> Value {
    let event = json!({
        "type": "message_create",
        "id": message_id(message.number),
        "created_timestamp": message.at().as_millisecond().to_string(),
        "message_create": {
            "target": {"recipient_id": connection.account()},
            "sender_id": user_id(message.customer),
            "message_data": {"text": escaped(message.text())},
        },
    });
    let id = user_id(message.customer);
    let users = json!({(id): {"data": user(message)}});
    json!({"payload": {"direct_message_events": [event], "users": users}})
}

fn user(message: &CustomerMessage<'_>) -> Value {
    let author = &message.row["author"];
    let is_verified = author["verified"] == true;
    json!({
        "id": user_id(message.customer),
        "name": message.name(),
        "username": message.address().trim_start_matches('@'),
        "public_metrics": {"followers_count": author["reach"]},
        "verified": is_verified,
        "verified_type": if is_verified { "blue" } else { "none" },
    })
}

/// X writes these characters as entities.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}

fn answered<'a>(path: &'a str, body: &'a Value) -> Option<Answered<'a>> {
    let Some(rest) = path.strip_prefix("2/dm_conversations/with/") else {
        let id = body["reply"]["in_reply_to_tweet_id"].as_str();
        return id.filter(|_| path == "2/tweets").map(Answered::Message);
    };
    Some(Answered::Customer(rest.strip_suffix("/messages")?))
}
