//! The App Store: polls, responses, and the meaning of answers. Reviews are golden cases.

mod polls;
mod replies;

use patchbay_adapter::probe::ProbeRequest;
use patchbay_adapter::token::TokenRequest;
use patchbay_adapter::{Adapter, Credential, Exchange, Rejection, Response, Secrets};
use serde_json::{Value, json};

use crate::golden::{Delivery, Subject};
use crate::polled_documents::after;

const ACCOUNT: &str = "6446001234";
pub(crate) const PRIVATE_KEY: &str = include_str!("../../../adapter/tests/adapter/keys/es256.pem");
/// An error as the API writes it.
const ERROR: &str = r#"{"errors":[{"id":"1","status":"409","code":"ENTITY_ERROR.ATTRIBUTE.INVALID","title":"no","detail":"no"}]}"#;

pub(crate) const SUBJECT: Subject = Subject {
    name: "app-store",
    settings: || {
        json!({
            "account": ACCOUNT,
            "issuer-id": "57246542-96fe-1a63-e053-0824d011072a",
            "key-id": "2X9R4HXF34",
            "api-base": "https://apple.example/",
        })
    },
    secrets: &[("private-key", PRIVATE_KEY)],
    sign: |_| {},
    words: &[
        "\"type\":\"customerReviews\"",
        "\"attributes\":{\"rating\":",
        "\"title\":\"",
        "\"body\":\"",
        "\"reviewerNickname\":\"",
        "\"createdDate\":\"2026-03-03T02:00:00-08:00\"",
        "\"territory\":\"",
    ],
    answers: &[
        r#"{"data":{"type":"customerReviewResponses","id":"a-1","attributes":{"state":"PENDING_PUBLISH"}}}"#,
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
            json!({"account": "com.northwind.app"}),
            "`account` must be the Apple ID",
        ),
        (json!({"account": ""}), "`account` must be the Apple ID"),
        (
            json!({"account": "1".repeat(21)}),
            "`account` must be the Apple ID",
        ),
        (
            json!({"issuer-id": ""}),
            "`issuer-id` must be the issuer ID",
        ),
        (
            json!({"issuer-id": "a\nb"}),
            "`issuer-id` must be the issuer ID",
        ),
        (
            json!({"key-id": "a b"}),
            "`key-id` must be the ID of the key",
        ),
        (
            json!({"every-minutes": 0}),
            "`every-minutes` must be 5 to 1440",
        ),
        (
            json!({"history-days": 366}),
            "`history-days` must be at most 365",
        ),
        (
            json!({"api-base": "apple.example"}),
            "`api-base` is not a URL",
        ),
    ] {
        let problem = open(settings).expect_err("refused");
        assert!(problem.contains(part), "{problem}");
    }
    let rsa = include_str!("../../../adapter/tests/adapter/keys/rs256.pem");
    for (secret, part) in [
        ("hush", "must be a private key in PEM"),
        (rsa, "on the curve P-256"),
    ] {
        let mut config = SUBJECT.config((SUBJECT.settings)());
        config
            .secrets
            .insert("private-key", Secrets::one(secret).expect("a secret"));
        let problem = (SUBJECT.kind().open)(&config)
            .expect_err("refused")
            .to_string();
        assert!(
            problem.contains("`private-key`") && problem.contains(part),
            "{problem}"
        );
        assert!(!problem.contains("hush"), "{problem}");
    }
    assert_eq!(
        format!("{:?}", adapter()),
        "AppStore { account: \"6446001234\", .. }"
    );
}

#[test]
fn there_is_no_webhook() {
    let delivery = Delivery::new("application/json", b"{\"id\":\"1\"}");
    let request = delivery.request();
    let refused = adapter().verify(&request, delivery.now).err();
    assert_eq!(refused, Some(Rejection::Missing));
}

/// Apple takes tokens of at most 20 minutes.
#[test]
fn a_token_is_made_without_a_request() {
    let ProbeRequest::Get(query) = adapter().probe().swap_remove(0).request else {
        panic!("a GET");
    };
    let Some(Credential::Token(source)) = query.credential else {
        panic!("a token");
    };
    let TokenRequest::Made(token) = source.provider().request(None, after(0)) else {
        panic!("made here");
    };
    assert!(token.access.life.as_secs() < 20 * 60);
    let token = String::from_utf8(token.access.token.expose().to_vec()).expect("ASCII");
    let claims = token.split('.').nth(1).expect("claims");
    let claims = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, claims);
    let claims: Value = serde_json::from_slice(&claims.expect("base64url")).expect("JSON");
    assert_eq!(claims["aud"], "appstoreconnect-v1");
    assert_eq!(claims["iss"], "57246542-96fe-1a63-e053-0824d011072a");
    let life = claims["exp"].as_i64().expect("an end") - claims["iat"].as_i64().expect("a begin");
    assert_eq!(life, 20 * 60);
}

#[test]
fn a_test_of_the_connection_says_what_the_key_may() {
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
    for (status, body, part) in [
        (
            200,
            r#"{"data":[]}"#,
            "right token: the key can read the reviews of the app 6446001234",
        ),
        (200, "<html>", "wrong unexpected-answer"),
        (
            401,
            ERROR,
            "wrong token: the provider does not accept the key",
        ),
        (403, ERROR, "wrong token: the key may not read reviews"),
        (
            404,
            ERROR,
            "wrong account: App Store Connect has no app 6446001234",
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
