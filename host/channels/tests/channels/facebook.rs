//! Facebook pages: replies, and the meaning of answers. Deliveries are golden cases.

mod answers;
mod deliveries;
mod replies;

use serde_json::{Value, json};

use crate::golden::{Delivery, Subject, hmac_sha256_hex};

const ACCOUNT: &str = "102938475610293";
const APP_SECRET: &str = "app-secret-of-the-test";

pub(crate) const SUBJECT: Subject = Subject {
    name: "facebook",
    settings: || json!({"accounts": [ACCOUNT], "api-base": "https://graph.example"}),
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
        "\"messaging\":[",
        "\"standby\":[",
        "\"changes\":[",
        "\"message\":{",
        "\"mid\":\"",
        "\"is_echo\":true",
        "\"verb\":\"remove\"",
        "\"item\":\"post\"",
        "\"attachments\":[",
        "\"payload\":{\"url\":\"https://",
    ],
    answers: &[
        r#"{"recipient_id":"7654321098765432","message_id":"m_a"}"#,
        r#"{"error":{"message":"x","code":10,"error_subcode":2018278,"fbtrace_id":"x"}}"#,
    ],
};

#[test]
fn settings_are_checked_when_a_channel_starts() {
    let open = |settings: Value| match (SUBJECT.kind().open)(&SUBJECT.config(settings)) {
        Ok(adapter) => format!("{adapter:?}"),
        Err(error) => error.to_string(),
    };
    for (settings, part) in [
        (json!({"accounts": []}), "`accounts` must list one page"),
        (json!({"accounts": [".."]}), "`accounts` must list"),
        (
            json!({"accounts": ["1", "2"]}),
            "the access token belongs to one page",
        ),
        (
            json!({"accounts": ["1"], "human-agent": "yes"}),
            "`human-agent` must be true or false",
        ),
        (json!({"accounts": ["1"]}), "accounts: {\"1\"}"),
    ] {
        let shown = open(settings.clone());
        assert!(shown.contains(part), "{settings}: {shown}");
    }
}
