//! SMS by Twilio: replies, and the meaning of answers. Deliveries are golden cases.

mod answers;
mod deliveries;
mod replies;

use patchbay_adapter::{Adapter, Method};
use ring::hmac;
use serde_json::{Value, json};

use crate::golden::{Delivery, Subject, acknowledgement};

const ACCOUNT: &str = "+351210000000";
const SERVICE: &str = "MGaaaabbbbccccddddeeeeffff00001111";
pub(crate) const SID: &str = "AC0123456789abcdef0123456789abcdef";
pub(crate) const TOKEN: &str = "token-of-the-test";

fn settings() -> Value {
    json!({
        "account-sid": SID,
        "accounts": [ACCOUNT, "68453", SERVICE],
        "api-base": "https://twilio.example/",
        "status-callback": "https://care.example/hooks",
    })
}

pub(crate) const SUBJECT: Subject = Subject {
    name: "sms",
    settings,
    secrets: &[
        ("auth-token", TOKEN),
        // Of the other provider.
        ("signature-secret", "unused"),
    ],
    sign,
    words: &[
        "MessageSid=",
        "&MessageStatus=",
        "&SmsStatus=failed",
        "&ErrorCode=",
        "&NumMedia=99",
        "&MediaUrl0=",
        "&From=",
        "%00",
        "%ff",
        "&&",
    ],
    answers: &[
        r#"{"sid":"SM1","status":"queued","to":"+351912345678","error_code":null}"#,
        r#"{"code":21610,"message":"x","more_info":"x","status":400}"#,
    ],
};

/// The URL, then the parameters of the form sorted by name: HMAC-SHA1 as base64.
pub(crate) fn sign(delivery: &mut Delivery) {
    let mut signed = delivery.url.clone().into_bytes();
    if delivery.method != Method::Get {
        let mut parameters: Vec<(Vec<u8>, Vec<u8>)> = delivery
            .body
            .split(|byte| *byte == b'&')
            .filter(|part| !part.is_empty())
            .map(|part| {
                let end = part.iter().position(|byte| *byte == b'=');
                let end = end.unwrap_or(part.len());
                let value = part.get(end + 1..).unwrap_or_default();
                (decode(&part[..end]), decode(value))
            })
            .collect();
        parameters.sort();
        parameters.dedup();
        for (name, value) in parameters {
            signed.extend(name);
            signed.extend(value);
        }
    }
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, TOKEN.as_bytes());
    let code = hmac::sign(&key, &signed);
    let code = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, code);
    delivery.header("x-twilio-signature", &code);
}

fn decode(text: &[u8]) -> Vec<u8> {
    let blanks = text.iter().map(|byte| match byte {
        b'+' => b' ',
        byte => *byte,
    });
    percent_encoding::percent_decode(&blanks.collect::<Vec<u8>>()).collect()
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
        ("account-sid", json!("AC1"), "`account-sid` must be AC and"),
        (
            "account-sid",
            json!(SERVICE),
            "`account-sid` must be AC and",
        ),
        ("accounts", json!([]), "`accounts` must list numbers"),
        (
            "accounts",
            json!(["northwind"]),
            "`accounts` must list numbers",
        ),
        (
            "accounts",
            json!(["whatsapp:+351210000000"]),
            "`accounts` must list numbers",
        ),
        (
            "status-callback",
            json!("hooks"),
            "`status-callback` is not a URL",
        ),
        ("api-base", json!("x"), "`api-base` is not a URL"),
        (
            "accounts",
            json!(["68453"]),
            "Twilio { accounts: {\"68453\"}, .. }",
        ),
    ] {
        let shown = open(name, value.clone());
        assert!(shown.contains(part), "{name} {value}: {shown}");
    }
}

/// Whatever the document contains would be sent to the customer.
#[test]
fn a_delivery_is_acknowledged_with_an_empty_document() {
    let answer = acknowledgement(adapter().as_ref());
    assert_eq!(answer.content_type, Some("text/xml"));
    assert_eq!(answer.body, "<Response/>");
}
