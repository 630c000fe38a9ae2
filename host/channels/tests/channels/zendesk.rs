//! Zendesk: signatures, replies, decisions, and the meaning of answers. Deliveries are golden
//! cases.

mod decisions;
mod deliveries;
mod replies;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use patchbay_adapter::Adapter;
use ring::hmac;
use serde_json::{Value, json};

use crate::golden::{Delivery, Subject};

const ACCOUNT: &str = "northwind";
/// Of the vector: the text is the secret, not what it decodes to.
const SIGNING_SECRET: &str = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==";

fn settings() -> Value {
    json!({
        "account": ACCOUNT,
        "user": "8447388090777",
        "login": "patchbay@northwind.example",
        "queues": {"billing": "360001234567"},
        "agents": {"ana": "8447388090496"},
        "label-prefix": "pb_",
        "notes": true,
        "api-base": "https://zendesk.example/",
    })
}

pub(crate) const SUBJECT: Subject = Subject {
    name: "zendesk",
    settings,
    secrets: &[
        ("signing-secret", SIGNING_SECRET),
        ("api-token", "hush-token"),
    ],
    sign,
    words: &[
        "\"type\": \"zen:event-type:ticket.comment_added\"",
        "\"event\": {\"comment\": {",
        "\"is_public\": true",
        "\"is_staff\": false",
        "\"is_staff\": true",
        "\"detail\": {",
        "\"tags\": [",
        "\"id\": \"",
        "8447388090777",
    ],
    answers: &[
        r#"{"ticket":{"id":5158},"audit":{"id":1,"events":[{"id":2,"type":"Change"},{"id":9876543210124,"type":"Comment","public":true}]}}"#,
    ],
};

fn sign(delivery: &mut Delivery) {
    let time = delivery.now.to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA256, SIGNING_SECRET.as_bytes());
    let signed = [time.as_bytes(), &delivery.body].concat();
    let code = BASE64_STANDARD.encode(hmac::sign(&key, &signed));
    delivery.header("x-zendesk-webhook-signature", &code);
    delivery.header("x-zendesk-webhook-signature-timestamp", &time);
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
            json!("northwind.zendesk.com"),
            "`account` must be the subdomain alone",
        ),
        (
            "account",
            json!("-"),
            "`account` must be the subdomain alone",
        ),
        (
            "user",
            json!("emma"),
            "`user` must be the number of the user",
        ),
        (
            "login",
            json!("patchbay"),
            "`login` must be the mail address",
        ),
        (
            "login",
            json!("a:b@c.example"),
            "`login` must be the mail address",
        ),
        (
            "priorities",
            json!({"medium": 30}),
            "`medium = 30` must be one of low, normal, high and urgent",
        ),
        (
            "agents",
            json!({"ana": "1 2"}),
            "`agents`: `ana` must be a number",
        ),
        (
            "api-base",
            json!("zendesk.example"),
            "`api-base` is not a URL",
        ),
    ] {
        let problem = adapter_with(name, value.clone()).expect_err(name);
        assert!(problem.contains(part), "{name} {value}: {problem}");
    }
    let shown = format!("{:?}", adapter());
    assert!(shown.contains("account: \"northwind\""), "{shown}");
    assert!(!shown.contains("hush") && !shown.contains('@'), "{shown}");
}
