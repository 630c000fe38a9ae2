//! Google Play: polls, replies, and the meaning of answers. Reviews are golden cases.

mod polls;
mod replies;

use patchbay_adapter::{Adapter, Credential, Exchange, Rejection, Response};
use serde_json::{Value, json};

use crate::golden::{Delivery, Subject};
use crate::polled_documents::after;

const ACCOUNT: &str = "com.northwind.app";
pub(crate) const SERVICE_ACCOUNT: &str =
    include_str!("../../../adapter/tests/adapter/keys/service_account.json");
/// Of an error of Google's APIs.
const ERROR: &str = r#"{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT"}}"#;

pub(crate) const SUBJECT: Subject = Subject {
    name: "play-store",
    settings: || json!({"account": ACCOUNT, "api-base": "https://play.example/"}),
    secrets: &[("service-account", SERVICE_ACCOUNT)],
    sign: |_| {},
    words: &[
        "\"reviewId\":\"",
        "\"comments\":[{\"userComment\":{",
        "\"developerComment\":{",
        "\"text\":\"\\t",
        "\"originalText\":\"",
        "\"lastModified\":{\"seconds\":\"",
        "\"nanos\":",
        "\"starRating\":",
        "\"authorName\":\"",
    ],
    answers: &[
        r#"{"result":{"replyText":"a","lastEdited":{"seconds":"1772532000","nanos":1}}}"#,
        ERROR,
    ],
};

fn open(settings: Value) -> Result<Box<dyn Adapter>, String> {
    let mut all = (SUBJECT.settings)();
    for (name, value) in settings.as_object().expect("settings") {
        all[name] = value.clone();
    }
    (SUBJECT.kind().open)(&SUBJECT.config(all)).map_err(|error| error.to_string())
}

fn adapter() -> Box<dyn Adapter> {
    SUBJECT.open()
}

/// Whether the host gets an access token for a request.
fn is_token(credential: &Credential) -> bool {
    matches!(credential, Credential::Token(_))
}

#[test]
fn settings_and_the_key_are_checked_when_a_channel_starts() {
    for (settings, part) in [
        (
            json!({"account": "Northwind"}),
            "`account` must be the package name",
        ),
        (
            json!({"account": "com..app"}),
            "`account` must be the package name",
        ),
        (
            json!({"account": "com.a/b"}),
            "`account` must be the package name",
        ),
        (
            json!({"every-minutes": 4}),
            "`every-minutes` must be 5 to 1440",
        ),
        (
            json!({"history-days": 8}),
            "`history-days` must be at most 7",
        ),
        (
            json!({"api-base": "play.example"}),
            "`api-base` is not a URL",
        ),
        (
            json!({"token-url": "play.example"}),
            "`token-url` is not a URL",
        ),
        (
            json!({"token-url": "https://a.example/?b"}),
            "`token-url` must not have a query",
        ),
    ] {
        let problem = open(settings).expect_err("refused");
        assert!(problem.contains(part), "{problem}");
        assert_eq!(problem.matches("channel settings").count(), 1, "{problem}");
    }
    let key: Value = serde_json::from_str(SERVICE_ACCOUNT).expect("JSON");
    let pem = key["private_key"].as_str().expect("a key");
    for (secret, part) in [
        ("hush".to_owned(), "must be the whole JSON file"),
        (pem.to_owned(), "must be the whole JSON file"),
        (
            json!({"client_email": "a", "private_key": pem}).to_string(),
            "must be the whole JSON file",
        ),
        (
            json!({"client_email": "a", "private_key": "hush", "private_key_id": "1"}).to_string(),
            "must be a private key in PEM",
        ),
        (
            json!({"client_email": "a", "private_key": "", "private_key_id": "1"}).to_string(),
            "is empty",
        ),
    ] {
        let mut config = SUBJECT.config((SUBJECT.settings)());
        let secrets = patchbay_adapter::Secrets::one(secret).expect("a secret");
        config.secrets.insert("service-account", secrets);
        let problem = (SUBJECT.kind().open)(&config)
            .expect_err("refused")
            .to_string();
        assert!(problem.contains("`service-account`"), "{problem}");
        assert!(problem.contains(part), "{problem}");
        assert!(!problem.contains("hush"), "{problem}");
    }
    assert_eq!(
        format!("{:?}", adapter()),
        "PlayStore { account: \"com.northwind.app\", .. }"
    );
}

#[test]
fn there_is_no_webhook() {
    let delivery = Delivery::new("application/json", b"{\"reviewId\":\"1\"}");
    let request = delivery.request();
    let refused = adapter().verify(&request, delivery.now).err();
    assert_eq!(refused, Some(Rejection::Missing));
}

/// The key of a service account names the address of a token endpoint. Only the settings do.
#[test]
fn the_assertion_goes_to_the_address_of_the_settings() {
    use patchbay_adapter::token::TokenRequest;
    for (settings, expected) in [
        (json!({}), "https://oauth2.googleapis.com/token"),
        (
            json!({"token-url": "http://127.0.0.1:9/token"}),
            "http://127.0.0.1:9/token",
        ),
    ] {
        let adapter = open(settings).expect("opened");
        let probe = adapter.probe().swap_remove(0);
        let patchbay_adapter::probe::ProbeRequest::Get(query) = probe.request else {
            panic!("a GET");
        };
        let Some(Credential::Token(source)) = query.credential else {
            panic!("a token");
        };
        let TokenRequest::Post { url, .. } = source.provider().request(None, after(0)) else {
            panic!("an assertion");
        };
        assert_eq!(url, expected);
        assert!(!format!("{source:?}").contains("gserviceaccount"));
    }
}

#[test]
fn a_test_of_the_connection_says_what_the_account_may() {
    let adapter = adapter();
    let probe = adapter.probe().swap_remove(0);
    let shown = |status, body: &str| {
        let response = Response {
            status,
            headers: Default::default(),
            body: body.as_bytes(),
            at: after(0),
        };
        let found = adapter.probe_result(&probe, &Exchange::Answered(response), None);
        format!("{} {}: {}", found[0].verdict, found[0].code, found[0].text)
    };
    let rate = r#"{"error":{"errors":[{"reason":"rateLimitExceeded"}]}}"#;
    for (status, body, part) in [
        (
            200,
            "{}",
            "right token: the service account can read the reviews of com.northwind.app",
        ),
        (200, "<html>", "wrong unexpected-answer"),
        (401, "{}", "wrong token: the service account may not read"),
        (403, "{}", "wrong token: the service account may not read"),
        (403, rate, "unchecked busy"),
        (
            404,
            "{}",
            "wrong account: Google Play has no app com.northwind.app",
        ),
        (429, "", "unchecked busy"),
        (
            400,
            ERROR,
            "wrong refused: the provider refuses the question (http 400)",
        ),
    ] {
        let shown = shown(status, body);
        assert!(shown.contains(part), "{shown}");
    }
    assert_eq!(adapter.unprobed()[0].code, "reply");
}
