//! Zammad: signatures, replies, decisions, files, and the meaning of answers. Deliveries are
//! golden cases.

mod decisions;
mod deliveries;
mod replies;

use patchbay_adapter::Adapter;
use ring::hmac;
use serde_json::{Value, json};

use crate::golden::{Delivery, Subject};

const ACCOUNT: &str = "northwind";
/// Of the vector.
const SIGNATURE_TOKEN: &str = "zammad_token";

fn settings() -> Value {
    json!({
        "account": ACCOUNT,
        "api-base": "https://zammad.example/",
        "user": "17",
        "queues": {"billing": "3"},
        "agents": {"ana": "21"},
        "label-prefix": "pb-",
        "notes": true,
    })
}

pub(crate) const SUBJECT: Subject = Subject {
    name: "zammad",
    settings,
    secrets: &[
        ("signature-token", SIGNATURE_TOKEN),
        ("access-token", "hush-token"),
    ],
    sign,
    words: &[
        "\"ticket\": {",
        "\"article\": {",
        "\"sender\": \"Customer\"",
        "\"sender\": \"Agent\"",
        "\"internal\": true",
        "\"created_by_id\": 17",
        "\"content_type\": \"text/html\"",
        "\"type\": \"sms\"",
        "<blockquote>",
        "&#0;",
        "\"roles\": [\"Customer\"]",
    ],
    answers: &[r#"{"id":105,"ticket_id":81,"type":"email","internal":false}"#],
};

fn sign(delivery: &mut Delivery) {
    let key = hmac::Key::new(
        hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        SIGNATURE_TOKEN.as_bytes(),
    );
    let code = hmac::sign(&key, &delivery.body);
    let code = code.as_ref().iter().map(|byte| format!("{byte:02x}"));
    let code: String = code.collect();
    delivery.header("x-hub-signature", &format!("sha1={code}"));
}

fn adapter() -> Box<dyn Adapter> {
    SUBJECT.open()
}

/// An adapter with one other setting.
fn adapter_with(name: &str, value: Value) -> Result<Box<dyn Adapter>, String> {
    let mut settings = settings();
    settings[name] = value;
    let opened = (SUBJECT.kind().open)(&SUBJECT.config(settings));
    opened.map_err(|error| error.to_string())
}

#[test]
fn settings_are_checked_when_a_channel_starts() {
    for (name, value, part) in [
        (
            "account",
            json!("North Wind"),
            "`account` must be a name of lower-case letters",
        ),
        (
            "user",
            json!("emma"),
            "`user` must be the number of the user",
        ),
        (
            "queues",
            json!({"billing": "Service Desk"}),
            "`queues`: `billing` must be a number",
        ),
        (
            "priorities",
            json!({"high": 60}),
            "`high = 60` must be the number of a priority of Zammad",
        ),
        ("priorities", json!({"3": 101}), "from 0 to 100"),
        (
            "api-base",
            json!("zammad.example"),
            "`api-base` is not a URL",
        ),
        (
            "api-base",
            json!("https://zammad.example/?a=1"),
            "`api-base` must not have a query",
        ),
    ] {
        let problem = adapter_with(name, value.clone()).expect_err(name);
        assert!(problem.contains(part), "{name} {value}: {problem}");
    }
    let shown = format!("{:?}", adapter());
    assert!(shown.contains("account: \"northwind\""), "{shown}");
    assert!(!shown.contains("hush"), "{shown}");
}

#[test]
fn a_token_that_cannot_be_a_header_does_not_start() {
    let mut config = SUBJECT.config(settings());
    let token = patchbay_adapter::Secrets::one("a\r\nHost: b").expect("a secret");
    config.secrets.insert("access-token", token);
    let problem = (SUBJECT.kind().open)(&config).expect_err("an error");
    let problem = problem.to_string();
    assert!(
        problem.contains("visible ASCII") && !problem.contains("Host"),
        "{problem}"
    );
}
