//! Interactions by Standard Webhooks. Deliveries are golden cases.

use jiff::Timestamp;
use patchbay_adapter::{Adapter, EncodeError, Exchange, Item, Reply, Secrets};
use patchbay_channels::adapter_of_channel;
use ring::hmac;
use serde_json::{Value, json};

use crate::exchange::{outcome, reply};
use crate::golden::{Delivery, Subject};

/// The secret of the specification's example, and its bytes.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub(crate) const SUBJECT: Subject = Subject {
    name: "standard-webhooks",
    settings: || json!({"channels": ["rcs", "apple-messages", "x"]}),
    secrets: &[("signing-secret", SECRET)],
    sign,
    words: &[
        "\"id\":\"1\"",
        "\"channel\":\"rcs\"",
        "\"kind\":\"echo\"",
        "\"direction\":\"outbound\"",
        "\"text\":",
        "\"attributes\":{",
        "\n",
    ],
    answers: &["{}"],
};

fn sign(delivery: &mut Delivery) {
    let time = delivery.now.as_second().to_string();
    let secret = SECRET.strip_prefix("whsec_").expect("its prefix");
    let engine = &base64::prelude::BASE64_STANDARD;
    let secret = base64::Engine::decode(engine, secret).expect("base64");
    let signed = [b"msg_1.", time.as_bytes(), b".", &delivery.body].concat();
    let code = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), &signed);
    let code = base64::Engine::encode(engine, code);
    delivery.header("webhook-id", "msg_1");
    delivery.header("webhook-timestamp", &time);
    delivery.header("webhook-signature", &format!("v1,{code}"));
}

fn adapter() -> Box<dyn Adapter> {
    SUBJECT.open()
}

fn decode(body: &str) -> Vec<Item> {
    let delivery = Delivery::new("application/x-ndjson", body.as_bytes());
    SUBJECT.decode(delivery).expect("signed")
}

#[test]
fn settings_and_the_form_of_the_secret_are_checked_when_a_channel_starts() {
    let open = |settings: Value, secret: &str| {
        let mut config = SUBJECT.config(settings);
        let secret = Secrets::one(secret).expect("a secret");
        config.secrets.insert("signing-secret", secret);
        match (SUBJECT.kind().open)(&config) {
            Ok(adapter) => format!("{adapter:?}"),
            Err(error) => error.to_string(),
        }
    };
    for (settings, secret, part) in [
        (json!({}), SECRET, "`contacts` must be true"),
        (
            json!({"channels": []}),
            SECRET,
            "`channels` must list codes",
        ),
        (
            json!({"channels": ["RCS!"]}),
            SECRET,
            "`channels` must list codes",
        ),
        (
            json!({"channels": ["rcs"]}),
            "whsk_AAAA",
            "secret `signing-secret` is the sender's private key",
        ),
        (
            json!({"channels": ["rcs"]}),
            SECRET,
            "StandardWebhooks { channels: {\"rcs\"}, contacts: false, .. }",
        ),
    ] {
        let shown = open(settings, secret);
        assert!(shown.contains(part), "{shown}");
        assert!(!shown.contains(secret), "{shown}");
    }
}

/// A line that is invalid keeps no other out, and a text is as whole as it came.
#[test]
fn a_long_text_is_whole() {
    let text = "é".repeat(100_000);
    let line = json!({"id": "1", "channel": "rcs", "text": text}).to_string();
    match &decode(&format!("{line}\n{line}\n"))[..] {
        [Item::Interaction(one), Item::Interaction(other)] => {
            assert_eq!(one, other);
            assert_eq!(one.interaction.text, text);
            assert_eq!(one.interaction.rest, None);
            assert!(one.interaction.attributes.is_empty());
        }
        other => panic!("{}", other.len()),
    }
}

#[test]
fn the_lines_of_a_delivery_are_bounded() {
    let items = decode(&"1\n".repeat(10_002));
    assert_eq!(items.len(), 10_001);
    assert!(
        items
            .iter()
            .all(|item| matches!(item, Item::Undecodable(_)))
    );
}

/// Another delivery of the same interactions is the same items: neither the id of the
/// delivery nor its time is read.
#[test]
fn another_delivery_gives_the_same_items() {
    let body = br#"{"id":"1","channel":"rcs","text":"a"}"#;
    let delivery = |seconds: i64| {
        let mut delivery = Delivery::new("application/json", body);
        delivery.now = Timestamp::from_second(seconds).expect("a time");
        SUBJECT.decode(delivery).expect("signed")
    };
    assert_eq!(delivery(0), delivery(1_767_225_600));
}

#[test]
fn there_is_no_way_back() {
    let reply: Reply<'_> = reply("rcs", "care", "+351912345678", "Olá");
    let refused = adapter().encode(&reply).expect_err("refused");
    assert_eq!(refused, EncodeError::NoWayBack);
    assert!(refused.to_string().contains("target"), "{refused}");
    assert!(!adapter().serves("care"));
    assert!(adapter_of_channel("rcs").is_none());
    assert_eq!(outcome(&*adapter(), 200, "{}"), "refused");
    assert_eq!(adapter().outcome(&Exchange::Lost).as_str(), "uncertain");
}
