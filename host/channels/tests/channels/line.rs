//! LINE: the handshake, replies, and the meaning of answers. Deliveries are golden
//! cases.

mod answers;
mod handshake;
mod replies;

use patchbay_adapter::Adapter;
use ring::hmac;
use serde_json::{Value, json};

use crate::golden::{Delivery, Subject};

const ACCOUNT: &str = "U0123456789abcdef0123456789abcdef";
const CHANNEL_SECRET: &str = "channel-secret-of-the-test";

pub(crate) const SUBJECT: Subject = Subject {
    name: "line",
    settings: || json!({"account": ACCOUNT, "api-base": "https://line.example/"}),
    secrets: &[("channel-secret", CHANNEL_SECRET), ("access-token", "hush")],
    sign,
    words: &[
        "\"destination\":",
        "\"events\":[",
        "\"type\":\"message\"",
        "\"type\":\"unsend\"",
        "\"type\":\"postback\"",
        "\"message\":{\"type\":\"sticker\"",
        "\"timestamp\":",
        "\"keywords\":[",
    ],
    answers: &[
        r#"{"sentMessages":[{"id":"461230966842064897","quoteToken":"x"}]}"#,
        r#"{"message":"You have reached your monthly limit."}"#,
    ],
};

fn sign(delivery: &mut Delivery) {
    let key = hmac::Key::new(hmac::HMAC_SHA256, CHANNEL_SECRET.as_bytes());
    let code = hmac::sign(&key, &delivery.body);
    let code = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, code);
    delivery.header("x-line-signature", &code);
}

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
        (json!({}), "missing field `account`"),
        (
            json!({"account": "@northwind"}),
            "`account` must be the user id",
        ),
        (
            json!({"account": ACCOUNT, "api-base": "x"}),
            "`api-base` is not a URL",
        ),
        (
            json!({"account": ACCOUNT}),
            "Line { account: \"U0123456789abcdef",
        ),
    ] {
        let shown = open(settings.clone());
        assert!(shown.contains(part), "{settings}: {shown}");
    }
}
