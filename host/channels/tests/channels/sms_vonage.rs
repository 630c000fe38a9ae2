//! SMS by Vonage: replies, and the meaning of answers. Deliveries are golden cases.

mod answers;
mod deliveries;
mod replies;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use patchbay_adapter::Adapter;
use ring::{digest, hmac};
use serde_json::{Value, json};

use crate::golden::{Delivery, Subject, acknowledgement};

const ACCOUNT: &str = "+351210000000";
const API_KEY: &str = "abcd1234";
const API_SECRET: &str = "secret-of-the-test";
const SIGNATURE_SECRET: &str = "signature-of-the-test";

fn settings() -> Value {
    json!({
        "provider": "vonage",
        "account-sid": API_KEY,
        "accounts": [ACCOUNT, "68453"],
        "api-base": "https://vonage.example/",
        "status-callback": "https://care.example/hooks",
    })
}

pub(crate) const SUBJECT: Subject = Subject {
    name: "sms-vonage",
    settings,
    secrets: &[
        ("auth-token", API_SECRET),
        ("signature-secret", SIGNATURE_SECRET),
    ],
    sign,
    words: &[
        "\"channel\":\"mms\"",
        "\"message_uuid\":",
        "\"status\":\"rejected\"",
        "\"error\":{\"title\":1240}",
        "\"num_messages\":\"99\"",
        "\"image\":{\"url\":\"https://api-us.nexmo.com/v3/media/1\"}",
        "\"caption\":",
        "\"to\":\"351210000000\"",
        "\"from\":",
        "STOP",
    ],
    answers: &[
        r#"{"message_uuid":"aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"}"#,
        r#"{"type":"https://developer.vonage.com/api-errors/messages#1240","title":"Illegal Number","detail":"x","instance":"y"}"#,
    ],
};

/// A JWT (HS256) with the digest of the body, issued now.
fn sign(delivery: &mut Delivery) {
    let digest = digest::digest(&digest::SHA256, &delivery.body);
    let digest = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
    let claims = json!({
        "iat": delivery.now.as_second(),
        "jti": "c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5",
        "iss": "Vonage",
        "payload_hash": digest.collect::<String>(),
        "api_key": API_KEY,
    });
    let part = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!(
        "{}.{}",
        part(json!({"alg": "HS256", "typ": "JWT"})),
        part(claims)
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, SIGNATURE_SECRET.as_bytes());
    let code = BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes()));
    delivery.header("authorization", &format!("Bearer {message}.{code}"));
}

fn adapter() -> Box<dyn Adapter> {
    SUBJECT.open()
}

#[test]
fn settings_are_checked_when_a_channel_starts() {
    let open = |name: &str, value: Value| {
        let mut settings = settings();
        settings[name] = value;
        match (SUBJECT.kind().open)(&SUBJECT.config(settings)) {
            Ok(adapter) => format!("{adapter:?}"),
            Err(error) => error.to_string(),
        }
    };
    for (name, value, part) in [
        ("provider", json!("nexmo"), "expected `twilio` or `vonage`"),
        ("provider", json!("twilio"), "`account-sid` must be AC and"),
        (
            "account-sid",
            json!(""),
            "`account-sid` must be the API key",
        ),
        (
            "account-sid",
            json!("a/b"),
            "`account-sid` must be the API key",
        ),
        ("accounts", json!([]), "`accounts` must list numbers"),
        (
            "accounts",
            json!(["MGaaaabbbbccccddddeeeeffff00001111"]),
            "`accounts` must list numbers",
        ),
        (
            "status-callback",
            json!("hooks"),
            "`status-callback` is not a URL",
        ),
        ("api-base", json!("x"), "`api-base` is not a URL"),
        // As the deliveries are decoded: a reply goes out by the account in the list.
        (
            "accounts",
            json!(["351210000000"]),
            "`accounts` must list numbers in international form",
        ),
        (
            "accounts",
            json!([ACCOUNT, "68453"]),
            "Vonage { accounts: {\"+351210000000\", \"68453\"}, .. }",
        ),
    ] {
        let shown = open(name, value.clone());
        assert!(shown.contains(part), "{name} {value}: {shown}");
    }
}

/// Nobody has to know of a provider that is not theirs.
#[test]
fn twilio_needs_neither_the_setting_nor_the_secret_of_vonage() {
    let kind = SUBJECT.kind();
    let mut config = SUBJECT.config(json!({
        "account-sid": "AC0123456789abcdef0123456789abcdef",
        "accounts": [ACCOUNT],
    }));
    let signature = kind
        .secrets
        .iter()
        .find(|role| role.name == "signature-secret");
    assert!(signature.is_some_and(|role| !role.is_required));
    config.secrets = Default::default();
    let secret = patchbay_adapter::Secrets::one("token").expect("a secret");
    config.secrets.insert("auth-token", secret);
    let adapter = (kind.open)(&config).expect("valid settings");
    assert!(format!("{adapter:?}").starts_with("Twilio"), "{adapter:?}");
}

/// Vonage reads the status alone.
#[test]
fn a_delivery_is_acknowledged_without_a_body() {
    assert_eq!(acknowledgement(adapter().as_ref()).body, "");
}

/// What the account's applications show.
#[test]
fn an_application_has_the_url_of_the_webhook() {
    use jiff::Timestamp;
    use patchbay_adapter::{Exchange, Response};

    let adapter = adapter();
    let [question] = &adapter.probe()[..] else {
        panic!("{:?}", adapter.probe());
    };
    let ours = "https://care.example/webhooks/northwind/sms/care";
    let found = |status: u16, body: &Value, url: Option<&str>| -> Vec<String> {
        let body = body.to_string();
        let response = Response {
            status,
            headers: Default::default(),
            body: body.as_bytes(),
            at: Timestamp::UNIX_EPOCH,
        };
        let found = adapter.probe_result(question, &Exchange::Answered(response), url);
        let shown = found.iter().map(|it| format!("{} {}", it.verdict, it.code));
        assert!(found.iter().all(|it| !it.text.contains("old.example")));
        shown.collect()
    };
    let with = |urls: &[&str]| {
        let list = urls.iter().map(|url| {
            json!({"capabilities": {"messages": {"webhooks": {"inbound_url": {"address": url}}}}})
        });
        json!({"_embedded": {"applications": list.collect::<Vec<_>>()}})
    };
    let other = "https://old.example/";
    let right = ["right token", "right webhook-url"];
    assert_eq!(found(200, &with(&[other, ours]), Some(ours)), right);
    let wrong = ["right token", "wrong webhook-url"];
    assert_eq!(found(200, &with(&[other]), Some(ours)), wrong);
    assert_eq!(found(200, &with(&[]), Some(ours)), wrong);
    let unknown = ["right token", "unchecked webhook-url"];
    assert_eq!(found(200, &with(&[ours]), None), unknown);
    assert_eq!(
        found(200, &json!({}), Some(ours)),
        ["wrong unexpected-answer"]
    );
    assert_eq!(found(401, &json!({}), Some(ours)), ["wrong token"]);
    assert_eq!(found(429, &json!({}), Some(ours)), ["unchecked busy"]);
    assert!(!adapter.unprobed().is_empty());
}
