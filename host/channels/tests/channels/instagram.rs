//! Instagram: replies, and the meaning of answers. Deliveries are golden cases.

mod deliveries;
mod replies;

use serde_json::json;

use crate::golden::{Delivery, Subject, hmac_sha256_hex};

const ACCOUNT: &str = "17841400000000001";
const APP_SECRET: &str = "app-secret-of-the-test";

pub(crate) const SUBJECT: Subject = Subject {
    name: "instagram",
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
        "\"is_deleted\":true",
        "\"field\":\"comments\"",
        "\"attachments\":[",
        "\"payload\":{\"url\":\"https://",
    ],
    answers: &[
        r#"{"recipient_id":"7654321098765432","message_id":"m_a"}"#,
        r#"{"error":{"message":"x","code":10,"error_subcode":2018278,"fbtrace_id":"x"}}"#,
    ],
};
