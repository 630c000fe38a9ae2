//! Chatwoot.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::stand_in::Request;
use super::{Answer, Answers, Message, Network, Report, UNCERTAIN, signatures};

const WEBHOOK_SECRET: &str = "hush-chatwoot-webhook-secret";

fn sign(_url: &str, body: &[u8], _number: u32) -> Vec<(&'static str, String)> {
    let now = signatures::now();
    let signed = [format!("{now}.").as_bytes(), body].concat();
    let signature = format!("sha256={}", signatures::hex(WEBHOOK_SECRET, &signed));
    vec![
        ("x-chatwoot-signature", signature),
        ("x-chatwoot-timestamp", now.to_string()),
        ("content-type", "application/json".to_owned()),
    ]
}

fn outgoing(number: u32) -> u32 {
    9_000 + number
}

fn time(seconds: i64) -> String {
    let at = Timestamp::from_second(seconds).expect("a time");
    at.to_string()
}

/// The conversation of a customer.
fn conversation(customer: u32) -> Value {
    json!({"id": 200 + customer, "channel": "Channel::WebWidget", "labels": ["vip"],
        "meta": {"sender": {"id": customer, "name": "Jo", "type": "contact"}}})
}

fn message(message: &Message<'_>) -> Value {
    json!({"event": "message_created", "account": {"id": 1}, "id": 6_000 + message.customer,
        "content": message.text, "content_type": "text", "content_attributes": {},
        "message_type": "incoming", "private": false, "created_at": time(message.at),
        "sender": {"id": message.customer, "name": "Jo"},
        "conversation": conversation(message.customer)})
}

/// An event of a message that was there before.
fn updated(changed: &Message<'_>) -> Value {
    let mut document = message(changed);
    document["event"] = "message_updated".into();
    document["conversation"]["messages"] =
        json!([{"id": document["id"], "updated_at": time(changed.at + 1)}]);
    document
}

/// The event of a message of the company that a request wrote.
pub(super) fn written(event: &str, number: u32, request: &Request) -> Value {
    let sent = request.json();
    let mut parts = request.line().split('/');
    let conversation = parts.find(|part| *part == "conversations");
    let conversation = conversation.and_then(|_| parts.next()?.parse::<u32>().ok());
    let customer = conversation.expect("a conversation") - 200;
    json!({"event": event, "account": {"id": 1}, "id": outgoing(number),
        "content": sent["content"], "content_type": "text",
        "content_attributes": sent["content_attributes"], "message_type": "outgoing",
        "private": sent["private"], "created_at": time(signatures::now()), "status": "sent",
        "sender": {"id": 17, "name": "Patchbay", "type": "user"},
        "conversation": self::conversation(customer)})
}

fn bytes(document: &Value) -> Vec<u8> {
    document.to_string().into_bytes()
}

fn error(status: u16) -> Answer {
    Answer::json(status, &json!({"error": "x"}))
}

pub(super) static CHATWOOT: Network = Network {
    name: "chatwoot",
    settings: "account = \"1\", user = \"17\", api-base = \"API\"",
    secrets: &[
        ("webhook-secret", WEBHOOK_SECRET),
        ("access-token", "hush-chatwoot-access-token"),
    ],
    sign,
    has_batches: false,
    messages: |messages, number| {
        let [only] = messages else {
            panic!("a delivery has one message");
        };
        let mut document = message(only);
        // It was seen meanwhile.
        document["conversation"]["unread_count"] = number.into();
        bytes(&document)
    },
    edit: Some(|edited| bytes(&updated(edited))),
    delete: Some(|deleted| {
        let mut document = updated(deleted);
        document["content"] = "This message was deleted".into();
        document["content_attributes"]["deleted"] = true.into();
        bytes(&document)
    }),
    answers: Some(Answers {
        accepted: |number, _| Answer::json(200, &json!({"id": outgoing(number)})),
        busy_for_a_second: || error(429).header("retry-after", 1),
        busy: || error(429),
        fault: Answer::bad_gateway,
        after_fault: UNCERTAIN,
        after_loss: UNCERTAIN,
        // Written, but under which number?
        error_in_success: Some((|| error(200), UNCERTAIN)),
        revoked: || error(401),
        unreachable: Some((|| error(404), "http 404")),
        window_closed: None,
        report: Some(|report, number, request| {
            let mut document = written("message_updated", number, request);
            document["status"] = match report {
                Report::Delivered => "delivered",
                Report::Failed => "failed",
            }
            .into();
            bytes(&document)
        }),
        echo: Some(|number, request| bytes(&written("message_created", number, request))),
    }),
};
