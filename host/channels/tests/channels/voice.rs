//! Calls by Twilio: the dialogue, replies, and the meaning of answers. Deliveries are golden
//! cases.

mod answers;
mod deliveries;
mod dialogue;
mod replies;

use patchbay_adapter::Adapter;
use serde_json::{Value, json};

use crate::golden::Subject;
use crate::sms::{SID, TOKEN, sign};

const ACCOUNT: &str = "+351210000000";
/// The media type of a delivery.
const FORM: &str = "application/x-www-form-urlencoded";

fn settings() -> Value {
    json!({
        "account-sid": SID,
        "accounts": [ACCOUNT, "+351220000000"],
        "greeting": "Northwind <care> & \"more\": what can we do?",
        "confirmation": "Obrigado, já ligamos.",
        "goodbye": "Adeus.",
        "language": "pt-pt",
        "voice": "Polly.Ines-Neural",
        "status-callback": "https://care.example/hooks",
        "api-base": "https://twilio.example/",
    })
}

pub(crate) const SUBJECT: Subject = Subject {
    name: "phone",
    settings,
    secrets: &[("auth-token", TOKEN)],
    sign,
    words: &[
        "CallSid=",
        "&SpeechResult=",
        "&Confidence=1e400",
        "&CallStatus=completed",
        "&Direction=outbound-api",
        "&Timestamp=",
        "&From=",
        "&Digits=",
        "%00",
        "%ff",
        "&&",
    ],
    answers: &[
        r#"{"sid":"CA1","status":"queued","to":"+351912345678","direction":"outbound-api"}"#,
        r#"{"code":21214,"message":"x","more_info":"x","status":400}"#,
    ],
};

fn adapter() -> Box<dyn Adapter> {
    SUBJECT.open()
}

/// The adapter with other settings; `null`: without the setting.
fn adapter_with(changes: &[(&str, Value)]) -> Result<Box<dyn Adapter>, String> {
    let mut settings = settings();
    let fields = settings.as_object_mut().expect("an object");
    for (name, value) in changes {
        fields.insert((*name).to_owned(), value.clone());
    }
    fields.retain(|_, value| !value.is_null());
    let opened = (SUBJECT.kind().open)(&SUBJECT.config(settings));
    opened.map_err(|error| error.to_string())
}

#[test]
fn settings_are_checked_when_a_channel_starts() {
    let long = "x".repeat(1_001);
    for (name, value, part) in [
        ("account-sid", json!("AC1"), "`account-sid` must be AC and"),
        ("accounts", json!([]), "`accounts` must list numbers"),
        ("accounts", json!(["68453"]), "`accounts` must list numbers"),
        (
            "accounts",
            json!(["351210000000"]),
            "`accounts` must list numbers",
        ),
        (
            "accounts",
            json!(["sip:care@pbx.example"]),
            "`accounts` must list numbers",
        ),
        ("greeting", json!(" "), "`greeting` must be a text of 1 to"),
        ("greeting", json!(long), "`greeting` must be a text of 1 to"),
        (
            "confirmation",
            json!("a\u{1b}b"),
            "`confirmation` must be a text of 1 to",
        ),
        ("goodbye", json!(""), "`goodbye` must be a text of 1 to"),
        (
            "language",
            json!("portuguese (Portugal)"),
            "`language` must be a language tag",
        ),
        ("voice", json!("a\" b"), "`voice` must be a voice of Twilio"),
        ("voice", json!(""), "`voice` must be a voice of Twilio"),
        (
            "status-callback",
            json!("hooks"),
            "`status-callback` is not a URL",
        ),
        (
            "status-callback",
            json!("https://care.example/hooks?a=1"),
            "`status-callback` must be the URL of this webhook",
        ),
        ("api-base", json!("x"), "`api-base` is not a URL"),
    ] {
        let error = adapter_with(&[(name, value.clone())]).expect_err(name);
        assert!(error.contains(part), "{name} {value}: {error}");
    }
    let opened = adapter_with(&[("accounts", json!([ACCOUNT]))]).expect("valid");
    assert_eq!(
        format!("{opened:?}"),
        "Voice { accounts: {\"+351210000000\"}, .. }"
    );
}
