//! Mastodon: polls, replies, and the meaning of answers. Notifications are golden cases.

mod answers;
mod deliveries;
mod polls;
mod replies;

use patchbay_adapter::{Adapter, Rejection};
use serde_json::{Value, json};

use crate::golden::{Delivery, Subject};

const ACCOUNT: &str = "care@mastodon.example";

fn settings() -> Value {
    json!({"account": ACCOUNT, "bots": ["status@partner.example"]})
}

pub(crate) const SUBJECT: Subject = Subject {
    name: "mastodon",
    settings,
    secrets: &[("access-token", "hush")],
    // A poll delivers, and nothing is signed.
    sign: |_| {},
    words: &[
        "\"type\": \"mention\"",
        "\"type\": \"update\"",
        "\"acct\": \"care\"",
        "\"visibility\": \"direct\"",
        "\"edited_at\": \"2026-03-03T10:04:00.000Z\"",
        "\"in_reply_to_id\": \"1\"",
        "\"bot\": true",
        "<p>",
        "</p>",
        "<a href=\\\"https://a.example\\\">",
        "&amp;",
    ],
    answers: &[
        r#"{"id":"116165190311790055","uri":"https://mastodon.example/users/care/statuses/1","visibility":"unlisted"}"#,
        r#"{"error":"Record not found"}"#,
        r#"{"error":"Validation failed: Text can't be blank"}"#,
    ],
};

fn open(more: Value) -> Result<Box<dyn Adapter>, String> {
    let mut settings = settings();
    for (name, value) in more.as_object().expect("an object") {
        settings[name] = value.clone();
    }
    (SUBJECT.kind().open)(&SUBJECT.config(settings)).map_err(|error| error.to_string())
}

fn adapter() -> Box<dyn Adapter> {
    SUBJECT.open()
}

#[test]
fn settings_are_checked_when_a_channel_starts() {
    for (more, problem) in [
        (
            json!({"account": "care"}),
            "`account` must be the company's",
        ),
        (
            json!({"account": "@care@mastodon.example"}),
            "`account` must be",
        ),
        (
            json!({"account": "ca re@mastodon.example"}),
            "`account` must be",
        ),
        (json!({"account": "care@"}), "`account` must be"),
        (
            json!({"account": "care@mastodon.example/x"}),
            "`account` must be",
        ),
        (
            json!({"history-days": 31}),
            "`history-days` must be at most 30",
        ),
        (json!({"history-days": -1}), "invalid value"),
        (json!({"bots": ["status"]}), "`bots` must list"),
        (
            json!({"bots": vec!["a@b.example"; 101]}),
            "`bots` must list",
        ),
        (
            json!({"max-characters": 99}),
            "`max-characters` must be from",
        ),
        (
            json!({"max-characters": 100_001}),
            "`max-characters` must be",
        ),
        (json!({"filtered": "no"}), "invalid type"),
        (
            json!({"api-base": "mastodon.example"}),
            "`api-base` is not a URL",
        ),
    ] {
        let error = open(more.clone()).expect_err("refused");
        assert!(error.contains(problem), "{more}: {error}");
    }
    for (more, base) in [
        (json!({}), "https://mastodon.example"),
        (
            json!({"api-base": "https://social.example/"}),
            "https://social.example",
        ),
    ] {
        let shown = format!("{:?}", open(more).expect("opened"));
        assert!(shown.contains(&format!("base: \"{base}\"")), "{shown}");
    }
}

#[test]
fn a_connection_has_no_webhook() {
    let delivery = Delivery::new("application/json", b"{}");
    let request = delivery.request();
    let refused = adapter().verify(&request, delivery.now);
    assert_eq!(refused.err(), Some(Rejection::Missing));
}

#[test]
fn an_account_is_compared_without_regard_to_case() {
    assert!(adapter().serves("Care@Mastodon.example"));
    assert!(!adapter().serves("care@other.example"));
}
