//! Slack: the handshake, replies, and the meaning of answers. Deliveries are golden
//! cases.

mod answers;
mod deliveries;
mod handshake;
mod replies;

use patchbay_adapter::Adapter;
use serde_json::{Value, json};

use crate::golden::{Delivery, Subject, hmac_sha256_hex};

const ACCOUNT: &str = "T0CARE";
const SIGNING_SECRET: &str = "signing-secret-of-the-test";

fn settings() -> Value {
    json!({
        "account": ACCOUNT,
        "app": "A0CARE",
        "bot-user": "U0BOT",
        "api-base": "https://slack.example/api/",
    })
}

pub(crate) const SUBJECT: Subject = Subject {
    name: "slack",
    settings,
    secrets: &[("signing-secret", SIGNING_SECRET), ("bot-token", "hush")],
    sign,
    words: &[
        "\"type\":\"event_callback\"",
        "\"subtype\":\"message_changed\"",
        "\"subtype\":\"message_deleted\"",
        "\"previous_message\":",
        "\"files\":[",
        "\"ts\":\"",
        "\"thread_ts\":",
        "<@U1|",
        "payload=",
    ],
    answers: &[
        r#"{"ok":true,"channel":"C0HELP","ts":"1767225660.000200"}"#,
        r#"{"ok":false,"error":"ratelimited"}"#,
    ],
};

fn sign(delivery: &mut Delivery) {
    let time = delivery.now.as_second().to_string();
    let signed = [b"v0:", time.as_bytes(), b":", &delivery.body].concat();
    let signature = hmac_sha256_hex(SIGNING_SECRET, &signed);
    delivery.header("x-slack-signature", &format!("v0={signature}"));
    delivery.header("x-slack-request-timestamp", &time);
}

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
        (
            "account",
            "northwind",
            "`account` must be the workspace's id (T…)",
        ),
        (
            "account",
            "C0HELP",
            "`account` must be the workspace's id (T…)",
        ),
        ("app", "", "`app` must be the app's id (A…)"),
        (
            "bot-user",
            "B0CARE",
            "`bot-user` must be the id of the app's bot user (U…)",
        ),
        ("api-base", "slack.com", "`api-base` is not a URL"),
        ("account", "T1", "Slack { account: \"T1\", .. }"),
    ] {
        let shown = open(name, value);
        assert!(shown.contains(part), "{name} {value}: {shown}");
    }
}
