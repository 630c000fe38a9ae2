//! Chatwoot: signatures, replies, decisions, and the meaning of answers. Deliveries are golden
//! cases.

mod decisions;
mod deliveries;
mod replies;

use patchbay_adapter::Adapter;
use serde_json::{Value, json};

use crate::golden::{Delivery, Subject, hmac_sha256_hex};

const ACCOUNT: &str = "1";
/// Of the vector.
const WEBHOOK_SECRET: &str = "secret";

fn settings() -> Value {
    json!({
        "account": ACCOUNT,
        "user": "17",
        "queues": {"billing": "3"},
        "agents": {"ana": "21"},
        "labels": ["intents", "topics", "tags", "language"],
        "label-prefix": "pb-",
        "notes": true,
        "api-base": "https://chatwoot.example/",
    })
}

pub(crate) const SUBJECT: Subject = Subject {
    name: "chatwoot",
    settings,
    secrets: &[
        ("webhook-secret", WEBHOOK_SECRET),
        ("access-token", "hush-token"),
    ],
    sign,
    words: &[
        "\"event\": \"message_created\"",
        "\"event\": \"message_updated\"",
        "\"message_type\": \"incoming\"",
        "\"message_type\": \"outgoing\"",
        "\"private\": true",
        "\"content_attributes\": {",
        "\"patchbay_key\": \"",
        "\"labels\": [",
        "\"deleted\": true",
        "contact:",
    ],
    answers: &[r#"{"id":655,"content":"Hi","conversation_id":207,"message_type":1}"#],
};

fn sign(delivery: &mut Delivery) {
    let time = delivery.now.as_second().to_string();
    let signed = [time.as_bytes(), b".", &delivery.body].concat();
    let signature = hmac_sha256_hex(WEBHOOK_SECRET, &signed);
    delivery.header("x-chatwoot-signature", &format!("sha256={signature}"));
    delivery.header("x-chatwoot-timestamp", &time);
}

fn adapter() -> Box<dyn Adapter> {
    SUBJECT.open()
}

/// An adapter with one other setting.
fn adapter_with(name: &str, value: Value) -> Result<Box<dyn Adapter>, String> {
    let mut settings = settings();
    settings[name] = value;
    let opened = (SUBJECT.kind().open)(&SUBJECT.config(settings));
    opened.map_err(|error| error.to_string())
}

#[test]
fn settings_are_checked_when_a_channel_starts() {
    for (name, value, part) in [
        (
            "account",
            json!("northwind"),
            "`account` must be the number",
        ),
        (
            "user",
            json!("emma"),
            "`user` must be the number of the user",
        ),
        ("user", json!(17), "expected a string"),
        (
            "queues",
            json!({"billing": "Billing"}),
            "`queues`: `billing` must be a number of the help desk in quotes",
        ),
        (
            "agents",
            json!({"ana": ""}),
            "`agents`: `ana` must be a number",
        ),
        ("labels", json!(["intent"]), "unknown variant `intent`"),
        ("label-prefix", json!("PB:"), "`label-prefix` must have"),
        (
            "priorities",
            json!({"normal": 30}),
            "`normal = 30` must be one of low, medium, high and urgent",
        ),
        (
            "priorities",
            json!({"high": 60, "urgent": 60}),
            "begin at the same priority",
        ),
        (
            "api-base",
            json!("chatwoot.example"),
            "`api-base` is not a URL",
        ),
    ] {
        let problem = adapter_with(name, value.clone()).expect_err(name);
        assert!(problem.contains(part), "{name} {value}: {problem}");
    }
    let shown = format!("{:?}", adapter());
    assert!(
        shown.contains("account: \"1\"") && !shown.contains("hush"),
        "{shown}"
    );
}
