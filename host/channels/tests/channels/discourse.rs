//! Discourse: the ping, replies, and the meaning of answers. Deliveries are golden cases.

mod answers;
mod deliveries;
mod handshake;
mod replies;

use patchbay_adapter::Adapter;
use serde_json::{Value, json};

use crate::golden::{Delivery, Subject, hmac_sha256_hex};

const ACCOUNT: &str = "forum.northwind.example";
/// Of the published computation of the signature.
const SECRET: &str = "discourse_secret";

fn settings() -> Value {
    json!({
        "account": ACCOUNT,
        "username": "Northwind_Care",
        "team": ["ivo_northwind"],
        "api-base": "https://discourse.example/",
    })
}

pub(crate) const SUBJECT: Subject = Subject {
    name: "discourse",
    settings,
    secrets: &[("webhook-secret", SECRET), ("api-key", "key-of-the-test")],
    sign,
    words: &[
        "\"post\":",
        "\"post_type\":",
        "\"topic_id\":",
        "\"post_number\":",
        "\"reply_to_post_number\":7",
        "\"user_deleted\":true",
        "\"deleted_at\":\"2026-03-02T16:00:00.000Z\"",
        "\"topic_archetype\":\"private_message\"",
        "\"staff\":true",
        "\"cooked\":\"<p>&amp;</p>\"",
        "\"version\":2",
        "northwind_care",
    ],
    answers: &[
        r#"{"id":918400,"topic_id":4520,"post_number":9,"username":"northwind_care","raw":"a"}"#,
        r#"{"topic_id":1,"post_number":2,"raw":"It leaves Lisbon today and is with you on Thursday.","cooked":"It leaves Lisbon today and is with you on Thursday."}"#,
        r#"{"errors":["API"],"error_type":"rate_limit","extras":{"wait_seconds":7}}"#,
    ],
};

fn sign(delivery: &mut Delivery) {
    let code = hmac_sha256_hex(SECRET, &delivery.body);
    delivery.header("x-discourse-event-signature", &format!("sha256={code}"));
}

fn adapter() -> Box<dyn Adapter> {
    SUBJECT.open()
}

#[test]
fn settings_are_checked_when_a_channel_starts() {
    let open = |name: &str, value: Value| {
        let mut settings = settings();
        settings[name] = value;
        match (SUBJECT.kind().open)(&SUBJECT.config(settings)) {
            Ok(adapter) => format!("{adapter:?}"),
            Err(error) => error.to_string(),
        }
    };
    for (name, value, part) in [
        (
            "account",
            json!("https://forum.northwind.example"),
            "`account` must be the host",
        ),
        ("account", json!(""), "`account` must be the host"),
        (
            "account",
            json!("Forum.northwind.example"),
            "`account` must be the host",
        ),
        (
            "account",
            json!("forum.northwind.example/"),
            "`account` must be the host",
        ),
        (
            "account",
            json!("forum.northwind.example/?a"),
            "`account` must be the host",
        ),
        ("username", json!("@care"), "`username` must be the name"),
        ("username", json!(""), "`username` must be the name"),
        ("username", json!("a\r\nb"), "`username` must be the name"),
        ("team", json!(["@ana"]), "`team` must list names"),
        ("team", json!([""]), "`team` must list names"),
        ("api-base", json!("x"), "`api-base` is not a URL"),
        (
            "account",
            json!("northwind.example:8443/forum"),
            "Discourse { account: \"northwind.example:8443/forum\", .. }",
        ),
    ] {
        let shown = open(name, value.clone());
        assert!(shown.contains(part), "{name} {value}: {shown}");
    }
}
