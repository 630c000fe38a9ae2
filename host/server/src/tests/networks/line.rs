//! LINE.

use serde_json::{Value, json};

use super::{Answer, Answers, Expected, Message, Network, signatures};

const CHANNEL_SECRET: &str = "hush-line-channel-secret";

fn sign(_url: &str, body: &[u8], _number: u32) -> Vec<(&'static str, String)> {
    vec![
        ("x-line-signature", signatures::base64(CHANNEL_SECRET, body)),
        ("content-type", "application/json".to_owned()),
    ]
}

fn event(message: &Message<'_>, kind: &str, value: &Value, number: u32) -> Value {
    json!({"type": kind, kind: value, "mode": "active", "timestamp": message.at * 1_000,
        "source": {"type": "user", "userId": format!("U{:032x}", message.customer)},
        "webhookEventId": format!("01{number}"), "replyToken": format!("hush{number}"),
        "deliveryContext": {"isRedelivery": number > 1}})
}

fn incoming(customer: u32) -> String {
    (500_000_000_000_000_000 + u64::from(customer)).to_string()
}

fn delivery(events: &[Value]) -> Vec<u8> {
    json!({"destination": "U0123456789abcdef0123456789abcdef", "events": events})
        .to_string()
        .into_bytes()
}

fn error(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({"message": message}))
}

pub(super) static LINE: Network = Network {
    name: "line",
    settings: "account = \"U0123456789abcdef0123456789abcdef\", api-base = \"API\"",
    secrets: &[
        ("channel-secret", CHANNEL_SECRET),
        ("access-token", "hush-line-access-token"),
    ],
    sign,
    has_batches: true,
    messages: |messages, number| {
        let events = messages.iter().map(|message| {
            let text = json!({"type": "text", "id": incoming(message.customer),
                "text": message.text});
            event(message, "message", &text, number)
        });
        delivery(&events.collect::<Vec<_>>())
    },
    edit: None,
    delete: Some(|message| {
        let unsend = json!({"messageId": incoming(message.customer)});
        delivery(&[event(message, "unsend", &unsend, 1)])
    }),
    answers: Some(Answers {
        accepted: |number, _| {
            let sent = json!([{"id": format!("6{number:017}"), "quoteToken": "x"}]);
            Answer::json(200, &json!({"sentMessages": sent}))
        },
        busy_for_a_second: || {
            error(429, "The API rate limit has been exceeded.").header("retry-after", 1)
        },
        busy: || error(429, "The API rate limit has been exceeded."),
        fault: Answer::bad_gateway,
        // The retry key makes a repetition harmless.
        after_fault: Expected::Delivered,
        after_loss: Expected::Delivered,
        // What was taken before, and by which id it is not said.
        error_in_success: Some((|| Answer::json(200, &json!({})), Expected::Delivered)),
        revoked: || error(401, "Authentication failed."),
        unreachable: Some((
            || error(400, "The property, 'to', in the request body is invalid"),
            "recipient",
        )),
        window_closed: None,
        report: None,
        echo: None,
    }),
};
