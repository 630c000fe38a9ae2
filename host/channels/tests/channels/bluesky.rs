//! Bluesky: polls, sessions, replies, and the meaning of answers. Notifications are golden
//! cases.

mod answers;
mod deliveries;
mod polls;
mod replies;

use patchbay_adapter::{AccountConfig, Adapter, Rejection, Secrets};
use serde_json::{Value, json};

use crate::golden::{Delivery, Subject};

const ACCOUNT: &str = "did:plc:caretzxyoun6zhxrhs64oiz2";
const JO: &str = "did:plc:jo3vi7nxzyoun6zhxrhs64oi";

fn settings() -> Value {
    json!({"account": ACCOUNT, "api-base": "https://pds.example/"})
}

pub(crate) const SUBJECT: Subject = Subject {
    name: "bluesky",
    settings,
    secrets: &[("app-password", "hush")],
    // A poll delivers, and nothing is signed.
    sign: |_| {},
    words: &[
        "\"reason\": \"mention\"",
        "\"reason\": \"reply\"",
        "\"reply\": {\"root\": ",
        "\"parent\": ",
        "\"uri\": \"at://did:plc:a/app.bsky.feed.post/1\"",
        "\"cid\": \"bafy\"",
        "\"embed\": {",
        "\"images\": [",
        "\"langs\": [\"en\"]",
        "\"indexedAt\": \"2026-03-03T09:58:41.500Z\"",
        "did:plc:caretzxyoun6zhxrhs64oiz2",
    ],
    answers: &[
        r#"{"uri":"at://did:plc:caretzxyoun6zhxrhs64oiz2/app.bsky.feed.post/3mg5j46bwiwam","cid":"bafyrei"}"#,
        r#"{"error":"InvalidRequest","message":"x"}"#,
        r#"{"error":"ExpiredToken","message":"Token has expired"}"#,
    ],
};

fn config(more: Value) -> AccountConfig {
    let mut settings = settings();
    for (name, value) in more.as_object().expect("an object") {
        settings[name] = value.clone();
    }
    SUBJECT.config(settings)
}

fn open(more: Value) -> Result<Box<dyn Adapter>, String> {
    (SUBJECT.kind().open)(&config(more)).map_err(|error| error.to_string())
}

fn adapter() -> Box<dyn Adapter> {
    SUBJECT.open()
}

#[test]
fn settings_are_checked_when_a_channel_starts() {
    for (more, problem) in [
        (
            json!({"account": "care.example"}),
            "`account` must be the DID",
        ),
        (
            json!({"account": "@care.example"}),
            "`account` must be the DID",
        ),
        (json!({"account": "did:plc:"}), "`account` must be the DID"),
        (
            json!({"account": "did:plc:a/b"}),
            "`account` must be the DID",
        ),
        (json!({"account": ""}), "`account` must be the DID"),
        (
            json!({"history-days": 31}),
            "`history-days` must be at most 30",
        ),
        (
            json!({"api-base": "bsky.social"}),
            "`api-base` is not a URL",
        ),
    ] {
        let error = open(more.clone()).expect_err("refused");
        assert!(error.contains(problem), "{more}: {error}");
    }
    let shown = format!("{:?}", adapter());
    assert!(shown.contains("base: \"https://pds.example\""), "{shown}");
    for password in [vec![0xff], vec![b'x'; 1_025]] {
        let mut config = config(json!({}));
        let password = Secrets::one(password).expect("a secret");
        config.secrets.insert("app-password", password);
        let error = (SUBJECT.kind().open)(&config).expect_err("refused");
        assert!(
            error.to_string().contains("`app-password` must be a text"),
            "{error}"
        );
    }
}

#[test]
fn a_connection_has_no_webhook_and_serves_one_account() {
    let delivery = Delivery::new("application/json", b"{}");
    let request = delivery.request();
    let refused = adapter().verify(&request, delivery.now);
    assert_eq!(refused.err(), Some(Rejection::Missing));
    assert!(adapter().serves(ACCOUNT) && !adapter().serves(JO));
}
