//! Discourse.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Answer, Answers, Expected, Message, Network, UNCERTAIN, signatures};

const WEBHOOK_SECRET: &str = "hush-discourse-webhook-secret";
const TOPIC: u64 = 4_520;

/// Without the name of the event, which is not signed: what the post says counts.
fn sign(_url: &str, body: &[u8], _number: u32) -> Vec<(&'static str, String)> {
    let signature = format!("sha256={}", signatures::hex(WEBHOOK_SECRET, body));
    vec![
        ("x-discourse-event-signature", signature),
        ("content-type", "application/json".to_owned()),
    ]
}

/// Number in the topic of a customer's only post.
fn incoming(customer: u32) -> u32 {
    customer + 1
}

fn outgoing(number: u32) -> u32 {
    900 + number
}

fn time(seconds: i64) -> String {
    let at = Timestamp::from_second(seconds).expect("a time");
    at.to_string()
}

fn post(message: &Message<'_>) -> Value {
    json!({"topic_id": TOPIC, "post_number": incoming(message.customer), "post_type": 1,
        "user_id": 20_000 + message.customer, "username": format!("jo_{}", message.customer),
        "raw": message.text, "version": 1, "created_at": time(message.at),
        "deleted_at": null, "topic_archetype": "regular"})
}

fn delivery(post: &Value) -> Vec<u8> {
    json!({ "post": post }).to_string().into_bytes()
}

fn error(status: u16, kind: &str, text: &str) -> Answer {
    Answer::json(status, &json!({"errors": [text], "error_type": kind}))
}

pub(super) static DISCOURSE: Network = Network {
    name: "discourse",
    settings: "account = \"forum.northwind.example\", username = \"northwind_care\", api-base = \"API\"",
    secrets: &[
        ("webhook-secret", WEBHOOK_SECRET),
        ("api-key", "hush-discourse-api-key"),
    ],
    sign,
    has_batches: false,
    messages: |messages, number| {
        let [only] = messages else {
            panic!("a delivery has one message");
        };
        let mut post = post(only);
        // It was read meanwhile.
        post["reads"] = number.into();
        delivery(&post)
    },
    edit: Some(|edited| {
        let mut post = post(edited);
        post["version"] = 2.into();
        post["updated_at"] = time(edited.at + 1).into();
        delivery(&post)
    }),
    delete: Some(|deleted| {
        let mut post = post(deleted);
        post["deleted_at"] = time(deleted.at + 1).into();
        delivery(&post)
    }),
    answers: Some(Answers {
        accepted: |number, _| {
            let post = json!({"id": 918_000 + number, "topic_id": TOPIC,
                "post_number": outgoing(number)});
            Answer::json(200, &post)
        },
        busy_for_a_second: || {
            let document = json!({"errors": ["x"], "error_type": "rate_limit",
                "extras": {"wait_seconds": 1}});
            Answer::json(429, &document)
        },
        busy: || error(429, "rate_limit", "x"),
        fault: Answer::bad_gateway,
        after_fault: UNCERTAIN,
        after_loss: UNCERTAIN,
        error_in_success: Some((
            || Answer::json(200, &json!({"action": "enqueued", "success": true})),
            Expected::Failed("uncertain", "waits for approval"),
        )),
        revoked: || {
            let text = "The API username or key is invalid.";
            error(403, "invalid_access", text)
        },
        // A forum does not say it of a person.
        unreachable: None,
        window_closed: None,
        report: None,
        echo: Some(|number, request| {
            let sent = request.json();
            let answered = sent["reply_to_post_number"].clone();
            // Of the person who is answered, the name alone.
            let customer = answered.as_u64().expect("a number") - 1;
            let post = json!({"topic_id": TOPIC, "post_number": outgoing(number),
                "post_type": 1, "user_id": 87, "username": "northwind_care",
                "raw": sent["raw"], "version": 1, "created_at": time(signatures::now()),
                "reply_to_post_number": answered,
                "reply_to_user": {"username": format!("jo_{customer}")}});
            delivery(&post)
        }),
    }),
};
