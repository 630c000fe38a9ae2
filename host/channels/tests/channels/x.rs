//! X: the challenge, replies, and the meaning of answers. Deliveries are golden cases.

mod access;
mod answers;
mod deliveries;
mod handshake;
mod replies;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use patchbay_adapter::Adapter;
use ring::hmac;
use serde_json::{Value, json};

use crate::golden::{Delivery, Subject};

const ACCOUNT: &str = "1716000000000000001";
/// Of the published computation of the challenge and of a delivery.
const CONSUMER_SECRET: &str = "consumer_secret";

fn settings() -> Value {
    json!({"account": ACCOUNT, "api-base": "https://x.example/api/"})
}

pub(crate) const SUBJECT: Subject = Subject {
    name: "x",
    settings,
    secrets: &[
        ("consumer-secret", CONSUMER_SECRET),
        ("access-token", "hush"),
        // Not used without `client-id`.
        ("refresh-token", "refresh-hush"),
        ("client-secret", "client-hush"),
        ("app-token", "hush"),
    ],
    sign,
    words: &[
        "\"event_type\": \"post.mention.create\"",
        "\"event_type\": \"post.delete\"",
        "\"event_type\": \"dm.received\"",
        "\"display_text_range\": [",
        "\"edit_history_tweet_ids\": [",
        "\"referenced_tweets\": [",
        "\"replied_to\"",
        "\"for_user_id\": ",
        "\"direct_message_events\": [",
        "\"1716000000000000001\"",
        "@northwind ",
        "&amp;",
    ],
    answers: &[
        r#"{"data":{"id":"2080767000000000001","text":"a"}}"#,
        r#"{"data":{"dm_conversation_id":"1-2","dm_event_id":"2080763914820927863"}}"#,
        r#"{"errors":[{"type":"https://api.x.com/2/problems/resource-not-found","title":"Not Found"}]}"#,
        r#"{"type":"about:blank","title":"Forbidden","detail":"no","status":403}"#,
    ],
};

fn sign(delivery: &mut Delivery) {
    let key = hmac::Key::new(hmac::HMAC_SHA256, CONSUMER_SECRET.as_bytes());
    let code = BASE64_STANDARD.encode(hmac::sign(&key, &delivery.body));
    delivery.header("x-twitter-webhooks-signature", &format!("sha256={code}"));
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
        ("account", "@northwind", "`account` must be the id"),
        ("account", "", "`account` must be the id"),
        ("account", "12/3", "`account` must be the id"),
        ("api-base", "api.x.com", "`api-base` is not a URL"),
        ("client-id", "", "`client-id` must be the OAuth 2.0"),
        ("client-id", "a b", "`client-id` must be the OAuth 2.0"),
        ("account", "783214", "X { account: \"783214\", .. }"),
    ] {
        let shown = open(name, value);
        assert!(shown.contains(part), "{name} {value}: {shown}");
    }
}
