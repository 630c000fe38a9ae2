//! Facebook: comments below a post of the company's page.

use serde_json::{Value, json};

use super::connection::Connection;
use super::customer_book::CustomerMessage;
use super::network::{Answered, Delivery, Network};
use super::signature;

/// The post that everyone comments on.
const POST: &str = "122093847561029384";

pub(super) static FACEBOOK: Network = Network {
    channel: "facebook",
    message_id,
    customer_id: |customer, _| user_id(customer),
    delivery,
    answered: |path, _| {
        let (_, rest) = path.split_once('/')?;
        Some(Answered::Message(rest.strip_suffix("/comments")?))
    },
    accepted: |number| {
        let id = format!("{POST}_{}", 2_000_000 + number);
        (200, json!({"id": id}))
    },
    busy,
};

fn message_id(number: u64) -> String {
    format!("{POST}_{}", 1_000_000 + number)
}

fn user_id(customer: u64) -> String {
    (5_432_000_000_000_000 + customer).to_string()
}

fn delivery(connection: &Connection, message: &CustomerMessage<'_>) -> Delivery {
    let page = connection.account();
    let post = format!("{page}_{POST}");
    let mut comment = json!({
        "item": "comment",
        "verb": "add",
        "from": {"id": user_id(message.customer), "name": message.name()},
        "post_id": post,
        "parent_id": post,
        "comment_id": message_id(message.number),
        "created_time": message.at().as_second(),
        "message": message.text(),
    });
    if let Some(file) = message.attachments().first() {
        let name = file["name"].as_str().unwrap_or_default();
        comment["photo"] = format!("https://scontent.example/{name}").into();
    }
    let change = json!({"field": "feed", "value": comment});
    signed(connection, "page", page, &change)
}

/// A delivery of one change, signed by the secret of the company's app at Meta.
pub(super) fn signed(
    connection: &Connection,
    object: &str,
    account: &str,
    change: &Value,
) -> Delivery {
    let document = json!({"object": object, "entry": [{"id": account, "changes": [change]}]});
    let body = document.to_string();
    let code = signature::hex(connection.secret("app-secret"), body.as_bytes());
    Delivery {
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("x-hub-signature-256", format!("sha256={code}")),
        ],
        body,
    }
}

/// The limit of requests of an app.
pub(super) fn busy() -> (u16, Value) {
    let error = json!({"code": 4, "message": "Application request limit reached"});
    (400, json!({"error": error}))
}
