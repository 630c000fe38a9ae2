//! Viber bots: the handshake, replies, and the meaning of answers. Deliveries are
//! golden cases.

mod answers;
mod handshake;
mod replies;

use patchbay_adapter::Adapter;
use serde_json::{Value, json};

use crate::golden::{Delivery, Subject, hmac_sha256_hex};

const ACCOUNT: &str = "northwind";
const TOKEN: &str = "44dafb7e0f40021e-61a47a1e6778d187-f2c5a676a07050b3";

fn settings() -> Value {
    json!({
        "account": ACCOUNT,
        "sender-name": "Northwind",
        "commercial": true,
        "api-base": "https://viber.example/",
    })
}

pub(crate) const SUBJECT: Subject = Subject {
    name: "viber",
    settings,
    secrets: &[("auth-token", TOKEN)],
    sign: |delivery: &mut Delivery| {
        let signature = hmac_sha256_hex(TOKEN, &delivery.body);
        delivery.header("x-viber-content-signature", &signature);
    },
    words: &[
        "\"event\":\"message\"",
        "\"event\":\"failed\"",
        "\"message_token\":",
        "\"message\":{\"type\":\"file\"",
        "\"timestamp\":",
        "18446744073709551616",
        "-1",
    ],
    answers: &[
        r#"{"status":0,"status_message":"ok","message_token":5741311803571721087}"#,
        r#"{"status":6,"status_message":"notSubscribed"}"#,
    ],
};

fn adapter() -> Box<dyn Adapter> {
    SUBJECT.open()
}

#[test]
fn settings_are_checked_when_a_channel_starts() {
    let open = |name: &str, value: &str| {
        let mut settings = settings();
        settings[name] = value.into();
        match (SUBJECT.kind().open)(&SUBJECT.config(settings)) {
            Ok(adapter) => format!("{adapter:?}"),
            Err(error) => error.to_string(),
        }
    };
    for (name, value, part) in [
        ("account", "North Wind", "`account` must be a name"),
        ("sender-name", "", "`sender-name` must have 1 to 28"),
        (
            "sender-name",
            &"x".repeat(29),
            "`sender-name` must have 1 to 28",
        ),
        ("sender-name", "a\nb", "`sender-name` must have 1 to 28"),
        ("api-base", "viber", "`api-base` is not a URL"),
        ("sender-name", "Ñ", "Viber { account: \"northwind\", .. }"),
    ] {
        let shown = open(name, value);
        assert!(shown.contains(part), "{name} {value}: {shown}");
    }
}
