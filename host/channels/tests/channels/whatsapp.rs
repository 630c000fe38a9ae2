//! WhatsApp Cloud API: replies, and the meaning of answers. Deliveries are golden cases.

mod answers;
mod deliveries;
mod files;
mod handshake;
mod replies;

use patchbay_adapter::Adapter;
use serde_json::{Value, json};

use crate::golden::{Delivery, Subject, hmac_sha256_hex};

const ACCOUNT: &str = "1122334455667";
const APP_SECRET: &str = "app-secret-of-the-test";

pub(crate) const SUBJECT: Subject = Subject {
    name: "whatsapp",
    settings: || json!({"accounts": [ACCOUNT], "api-base": "https://graph.example/"}),
    secrets: &[
        ("app-secret", APP_SECRET),
        ("verify-token", "token of the handshake"),
        ("access-token", "hush"),
    ],
    sign: |delivery: &mut Delivery| {
        let signature = hmac_sha256_hex(APP_SECRET, &delivery.body);
        delivery.header("x-hub-signature-256", &format!("sha256={signature}"));
    },
    words: &[
        "\"messages\":[",
        "\"statuses\":[",
        "\"message_echoes\":[",
        "\"type\":\"edit\"",
        "\"id\":",
        "\"timestamp\":\"",
        "\"errors\":[",
        "\"contacts\":[{}]",
    ],
    answers: &[
        r#"{"messaging_product":"whatsapp","contacts":[{"input":"1","wa_id":"1"}],"messages":[{"id":"wamid.a"}]}"#,
        r#"{"error":{"message":"x","type":"OAuthException","code":131047,"is_transient":false}}"#,
    ],
};

fn adapter() -> Box<dyn Adapter> {
    SUBJECT.open()
}

#[test]
fn settings_are_checked_when_a_channel_starts() {
    let open = |settings: Value| match (SUBJECT.kind().open)(&SUBJECT.config(settings)) {
        Ok(adapter) => format!("{adapter:?}"),
        Err(error) => error.to_string(),
    };
    for (settings, part) in [
        (json!({}), "missing field `accounts`"),
        (json!({"accounts": []}), "`accounts` must list"),
        (json!({"accounts": ["1/../2"]}), "`accounts` must list"),
        (
            json!({"accounts": ["1"], "api-version": "v/1"}),
            "`api-version` must be",
        ),
        (
            json!({"accounts": ["1"], "api-base": "graph.example"}),
            "`api-base` is not a URL",
        ),
        (
            json!({"accounts": ["1"], "api-base": "https://a.example/?x"}),
            "must not have a query",
        ),
        (json!({"accounts": ["1"]}), "accounts: {\"1\"}"),
    ] {
        let shown = open(settings.clone());
        assert!(shown.contains(part), "{settings}: {shown}");
        assert!(!shown.contains("hush"), "{shown}");
    }
}
