//! Sign-ins that fail: each leads to the console's sign-in page with a code, starts no
//! session, and repeats nothing of what it was given.

use std::net::Ipv4Addr;
use std::time::Duration;

use patchbay_access::oidc::SignInFailure;
use serde_json::{Value, json};

use super::super::client::Answer;
use super::super::issuer::{Pair, coded, message, now};
use super::super::office::Office;
use super::browser::Browser;
use super::{CLIENT, Setting};
use crate::settings::Algorithm;

/// Checks that an answer leads to the sign-in page with this reason, and starts no
/// session.
#[track_caller]
pub(super) fn fails(answer: &Answer, reason: &str) {
    assert_eq!(answer.status, 303, "{answer:?}");
    let page = format!("/console/#/sign-in?reason={reason}");
    assert_eq!(answer.headers["location"], page, "{answer:?}");
    assert!(!answer.headers.contains_key("set-cookie"), "{answer:?}");
    assert_eq!(answer.body, "");
}

#[tokio::test]
async fn a_callback_counts_once_and_in_the_browser_that_began() {
    let setting = Setting::new().await;
    let mut browser = setting.browser();
    let callback = setting.go(&mut browser, |_| {}).await;
    let state = callback.split_once("&state=").expect("a state").1;
    // Another browser, without a cookie and with one of its own.
    let mut other = setting.browser();
    fails(&other.come_from_issuer(&callback).await, "other-browser");
    setting.go(&mut other, |_| {}).await;
    fails(&other.come_from_issuer(&callback).await, "other-browser");
    for path in [
        "/v1/session/callback".to_owned(),
        "/v1/session/callback?code=c0de".to_owned(),
        "/v1/session/callback?code=c0de&state=".to_owned(),
        format!("/v1/session/callback?code=c0de&state={state}x"),
        format!("/v1/session/callback?code=c0de&state={}", &state[1..]),
    ] {
        fails(&browser.come_from_issuer(&path).await, "expired");
    }
    // A repeated parameter, one of which another party may have added.
    for repeated in ["code=x", "state=x", "iss=x&iss=y", "error=x&error=x"] {
        let path = format!("{callback}&{repeated}");
        fails(&browser.come_from_issuer(&path).await, "invalid-answer");
    }
    assert!(setting.issuer.exchanges().is_empty(), "no code was used");
    let callback = setting.go(&mut browser, |_| {}).await;
    let before = browser.cookie("__Host-patchbay-sign-in");
    assert_eq!(
        browser.come_from_issuer(&callback).await.headers["location"],
        "/console/"
    );
    // A replay, also by one who has the cookie.
    fails(&browser.come_from_issuer(&callback).await, "expired");
    let header = format!("Cookie: __Host-patchbay-sign-in={before}\r\nHost: care.example\r\n");
    let request = format!("GET {callback} HTTP/1.1\r\n{header}Connection: close\r\n\r\n");
    let client = setting.office.server.client;
    fails(&client.raw(request.as_bytes()).await, "expired");
    assert_eq!(setting.issuer.exchanges().len(), 1);
}

#[tokio::test]
async fn an_id_token_that_is_not_verified_signs_nobody_in() {
    let setting = Setting::new().await;
    let mut browser = setting.browser();
    type Change = Box<dyn FnOnce(&mut Value)>;
    let set = |name: &'static str, value: Value| -> Change {
        Box::new(move |claims| claims[name] = value)
    };
    let without = |name: &'static str| -> Change {
        Box::new(move |claims| {
            claims.as_object_mut().expect("claims").remove(name);
        })
    };
    for change in [
        set("nonce", json!("another")),
        set("nonce", json!(null)),
        without("nonce"),
        // The audience of bearer tokens is not the client.
        set("aud", json!("patchbay")),
        set("aud", json!([])),
        set("aud", json!([CLIENT, "patchbay"])),
        set("azp", json!("patchbay")),
        set("azp", json!(7)),
        set("iss", json!("https://other.example")),
        set("exp", json!(now() - 600)),
        without("exp"),
        set("iat", json!(now() + 600)),
        without("iat"),
        set("nbf", json!(now() + 600)),
        set("sub", json!("")),
        without("sub"),
    ] {
        let callback = setting.go(&mut browser, change).await;
        fails(&browser.come_from_issuer(&callback).await, "invalid-answer");
    }
    // Several audiences need the client as the party that may use the token.
    let several: Change = Box::new(|claims| {
        claims["aud"] = json!([CLIENT, "patchbay"]);
        claims["azp"] = json!(CLIENT);
    });
    let callback = setting.go(&mut browser, several).await;
    let answer = browser.come_from_issuer(&callback).await;
    assert_eq!(answer.headers["location"], "/console/", "{answer:?}");
}

#[tokio::test]
async fn an_id_token_without_the_issuers_signature_signs_nobody_in() {
    let setting = Setting::new().await;
    let mut browser = setting.browser();
    let forger = Pair::new("a");
    for kind in 0..6 {
        let there = browser.begin("/v1/session/sign-in").await;
        let claims = setting.claims(&there["nonce"]);
        let token = match kind {
            0 => format!("{}.", message(&json!({"alg": "none"}), &claims)),
            1 => format!(
                "{}.{}",
                message(&json!({"alg": "None"}), &claims),
                coded("x")
            ),
            2 => forger.signed(&claims),
            3 => setting
                .pair
                .signed_as(&json!({"alg": "HS256", "kid": "a"}), &claims),
            4 => claims.to_string(),
            _ => String::new(),
        };
        setting.issuer.gives(200, json!({"id_token": token}));
        let callback = format!("/v1/session/callback?code=c0de&state={}", there["state"]);
        fails(&browser.come_from_issuer(&callback).await, "invalid-answer");
    }
}

#[tokio::test]
async fn claims_that_give_no_role_here_sign_nobody_in() {
    let setting = Setting::new().await;
    let mut browser = setting.browser();
    for (name, value) in [
        ("role", json!("owner")),
        ("role", json!(["operator", "auditor"])),
        ("role", json!(null)),
        ("company", json!(null)),
        ("company", json!("nowhere")),
        // An agent without an id, and one who is not on the roster.
        ("role", json!("agent")),
        ("agent", json!("zoe")),
    ] {
        let change = |claims: &mut Value| {
            if name == "agent" {
                claims["role"] = json!("agent");
            }
            claims[name] = value.clone();
        };
        let callback = setting.go(&mut browser, change).await;
        let answer = browser.come_from_issuer(&callback).await;
        fails(&answer, "no-role");
    }
}

#[tokio::test]
async fn an_error_of_the_issuer_is_shown_by_a_code_of_the_host() {
    let setting = Setting::new().await;
    let mut browser = setting.browser();
    for (error, reason) in [
        ("access_denied", "denied"),
        ("login_required", "denied"),
        ("interaction_required", "denied"),
        ("server_error", "issuer-unavailable"),
        ("temporarily_unavailable", "issuer-unavailable"),
        ("unauthorized_client", "misconfigured"),
        ("invalid_scope", "misconfigured"),
        ("%3Cscript%3Ealert(1)%3C/script%3E", "misconfigured"),
        ("", "misconfigured"),
    ] {
        let callback = setting.go(&mut browser, |_| {}).await;
        let path = callback.replace(
            "code=c0de",
            &format!("error={error}&error_description=%3Cb%3E"),
        );
        fails(&browser.come_from_issuer(&path).await, reason);
        // The sign-in is over.
        fails(&browser.come_from_issuer(&callback).await, "expired");
    }
    // Without its state an error is nobody's.
    let path = "/v1/session/callback?error=access_denied";
    fails(&browser.come_from_issuer(path).await, "expired");
    assert!(setting.issuer.exchanges().is_empty());
}

#[tokio::test]
async fn what_the_token_endpoint_refuses_signs_nobody_in() {
    let setting = Setting::new().await;
    let mut browser = setting.browser();
    for (status, tokens, reason) in [
        (400, json!({"error": "invalid_grant"}), "invalid-answer"),
        (401, json!({"error": "invalid_client"}), "misconfigured"),
        (
            400,
            json!({"error": "unsupported_grant_type"}),
            "misconfigured",
        ),
        (200, json!({"access_token": "x"}), "invalid-answer"),
        (200, json!({"id_token": 7}), "invalid-answer"),
        (200, json!("x"), "invalid-answer"),
        (
            200,
            json!({"id_token": "x".repeat(70_000)}),
            "issuer-unavailable",
        ),
        (302, json!({}), "issuer-unavailable"),
        (500, json!({}), "issuer-unavailable"),
    ] {
        let callback = setting.go(&mut browser, |_| {}).await;
        setting.issuer.gives(status, tokens);
        fails(&browser.come_from_issuer(&callback).await, reason);
    }
}

#[tokio::test]
async fn a_callback_of_another_issuer_is_refused_before_its_code_is_used() {
    let setting = Setting::new().await;
    let mut browser = setting.browser();
    let own = browser_text(&setting.issuer.url);
    let callback = setting.go(&mut browser, |_| {}).await;
    let foreign = format!("{callback}&iss=https://evil.example");
    fails(&browser.come_from_issuer(&foreign).await, "invalid-answer");
    let callback = setting.go(&mut browser, |_| {}).await;
    let slash = format!("{callback}&iss={own}/");
    fails(&browser.come_from_issuer(&slash).await, "invalid-answer");
    assert!(setting.issuer.exchanges().is_empty(), "no code was used");
    let callback = setting.go(&mut browser, |_| {}).await;
    let named = format!("{callback}&iss={own}");
    let answer = browser.come_from_issuer(&named).await;
    assert_eq!(answer.headers["location"], "/console/", "{answer:?}");
}

#[tokio::test]
async fn an_issuer_that_says_it_names_itself_must() {
    let setting = Setting::new().await;
    let names = json!({"authorization_response_iss_parameter_supported": true});
    setting.issuer.documents(names);
    let mut browser = setting.browser();
    let callback = setting.go(&mut browser, |_| {}).await;
    fails(&browser.come_from_issuer(&callback).await, "invalid-answer");
    let callback = setting.go(&mut browser, |_| {}).await;
    let named = format!("{callback}&iss={}", browser_text(&setting.issuer.url));
    let answer = browser.come_from_issuer(&named).await;
    assert_eq!(answer.headers["location"], "/console/", "{answer:?}");
}

/// A text as a browser sends it in a query.
fn browser_text(text: &str) -> String {
    text.replace(':', "%3A").replace('/', "%2F")
}

#[tokio::test]
async fn an_issuer_that_is_down_or_lies_is_asked_once_and_leads_nowhere() {
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(1 << 20));
    let moved = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
    let document = json!({"issuer": "https://evil.example", "jwks_uri": "http://[::1]/x"});
    let (length, document) = (document.to_string().len(), document.to_string());
    let foreign = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{document}");
    for (ill, reason) in [
        ("", "issuer-unavailable"),
        (moved, "issuer-unavailable"),
        (&endless, "issuer-unavailable"),
        // Another try does not help against settings that name another issuer.
        (&foreign, "misconfigured"),
    ] {
        let setting = Setting::new().await;
        setting.issuer.is_ill(Some(ill));
        let mut browser = setting.browser();
        for _ in 0..3 {
            let answer = browser.navigate("/v1/session/sign-in", "same-origin").await;
            fails(&answer, reason);
        }
        setting.issuer.is_ill(None);
        // Not before the next half minute, whatever people do.
        let answer = browser.navigate("/v1/session/sign-in", "same-origin").await;
        fails(&answer, reason);
        assert_eq!(setting.issuer.asked(), 0);
    }
    for document in [
        json!({"authorization_endpoint": null}),
        json!({"token_endpoint": null}),
        json!({"authorization_endpoint": "javascript:alert(1)"}),
    ] {
        let setting = Setting::new().await;
        setting.issuer.documents(document);
        let mut browser = setting.browser();
        let answer = browser.navigate("/v1/session/sign-in", "same-origin").await;
        fails(&answer, "misconfigured");
        // Its bearer tokens count even so.
        let token = setting.pair.signed(&setting.issuer.claims(|_| {}));
        let header = format!("Authorization: Bearer {token}\r\n");
        let client = setting.office.server.client;
        assert_eq!(client.ask("GET", "/v1/me", &header, "").await.status, 200);
    }
}

#[tokio::test]
async fn an_issuer_whose_keys_the_host_cannot_use_is_misconfigured() {
    let setting = Setting::new().await;
    let pss = json!({"kty": "RSA", "kid": "a", "alg": "PS256", "n": coded("n"), "e": coded("e")});
    setting.issuer.publishes(json!({"keys": [pss]}));
    let mut browser = setting.browser();
    let answer = browser.navigate("/v1/session/sign-in", "same-origin").await;
    fails(&answer, "misconfigured");
    // Its key is for ES256.
    let setting = Setting::with(|settings| {
        let oidc = settings.oidc.as_mut().expect("an issuer");
        oidc.algorithms = [Algorithm::Rs256, Algorithm::EdDsa].into();
    });
    let setting = setting.await;
    let mut browser = setting.browser();
    let answer = browser.navigate("/v1/session/sign-in", "same-origin").await;
    fails(&answer, "misconfigured");
}

#[tokio::test]
async fn an_issuer_that_the_host_may_not_connect_to_is_misconfigured() {
    let setting = Setting::with(|settings| settings.egress.allow.clear()).await;
    let mut browser = setting.browser();
    let answer = browser.navigate("/v1/session/sign-in", "same-origin").await;
    fails(&answer, "misconfigured");
}

#[tokio::test]
async fn an_issuer_that_does_not_answer_is_given_up() {
    let limit = Duration::from_millis(300);
    let setting = Setting::with(|settings| settings.egress.timeout = limit).await;
    let mut browser = setting.browser();
    let callback = setting.go(&mut browser, |_| {}).await;
    setting.issuer.is_silent();
    let answer = browser.come_from_issuer(&callback).await;
    fails(&answer, "issuer-unavailable");
    // The issuer may have the code: it is not sent again.
    fails(&browser.come_from_issuer(&callback).await, "expired");
}

#[tokio::test]
async fn no_return_address_leads_out_of_the_console() {
    let setting = Setting::new().await;
    let mut browser = setting.browser();
    for text in [
        "https://evil.example/console/",
        "//evil.example/console/",
        "/\\evil.example",
        "%2F%2Fevil.example",
        "/console/..%2Fv1/me",
        "/console/%2e%2e/v1/me",
        "/console/%23/%0D%0ASet-Cookie:%20a=b",
        "/console/%23/sign-in?code=pb_0",
        "javascript:alert(1)",
        "/v1/me",
        "",
        "/console/&return=//evil.example",
    ] {
        let path = format!("/v1/session/sign-in?return={text}");
        let there = browser.begin(&path).await;
        let token = setting.pair.signed(&setting.claims(&there["nonce"]));
        setting.issuer.gives(200, json!({"id_token": token}));
        let callback = format!("/v1/session/callback?code=c0de&state={}", there["state"]);
        let answer = browser.come_from_issuer(&callback).await;
        assert_eq!(answer.headers["location"], "/console/", "{text}");
    }
}

#[tokio::test]
async fn only_the_consoles_page_at_the_public_address_begins_a_sign_in() {
    let setting = Setting::new().await;
    for site in ["cross-site", "same-site", ""] {
        let answer = setting
            .browser()
            .navigate("/v1/session/sign-in", site)
            .await;
        fails(&answer, "foreign-page");
    }
    for host in ["127.0.0.1:7420", "care.example:8443", "evil.example"] {
        let mut browser = setting.browser().at(host);
        let answer = browser.navigate("/v1/session/sign-in", "same-origin").await;
        fails(&answer, "wrong-address");
    }
    let mut typed = setting.browser().at("CARE.example");
    let answer = typed.navigate("/v1/session/sign-in", "none").await;
    assert!(answer.headers.contains_key("set-cookie"), "{answer:?}");
}

#[tokio::test]
async fn a_host_without_an_issuer_offers_no_sign_in_by_one() {
    let office = Office::with(&[]).await;
    let address = office.server.client.address().to_string();
    for path in ["/v1/session/sign-in", "/v1/session/callback?code=c&state=s"] {
        let mut browser = Browser::new(office.server.client).at(address.clone().leak());
        let answer = browser.navigate(path, "same-origin").await;
        fails(&answer, "not-offered");
    }
}

#[test]
fn every_reason_has_a_text_in_both_languages() {
    let english = include_str!("../../../../console/src/i18n/sign_in/en.ts");
    let german = include_str!("../../../../console/src/i18n/sign_in/de.ts");
    for failure in SignInFailure::ALL {
        let line = format!("\"{}\": \"", failure.code());
        for (language, texts) in [("en", english), ("de", german)] {
            // Formatters leave out the quotes of a word without a hyphen.
            let plain = line.replacen('"', "", 2);
            let has = texts.contains(&line) || texts.contains(&format!("  {plain}"));
            assert!(has, "{language} lacks {}", failure.code());
        }
    }
}

#[tokio::test]
async fn an_address_that_begins_too_many_sign_ins_is_sent_back() {
    let setting = Setting::new().await;
    let limit = &setting.office.server.app.sign_in_limit;
    let mut browser = setting.browser();
    browser.begin("/v1/session/sign-in").await;
    // On a slow machine another one may be allowed again before the request comes.
    for _ in 0..100 {
        while limit.allows(Ipv4Addr::LOCALHOST.into()) {}
        let answer = browser.navigate("/v1/session/sign-in", "same-origin").await;
        if answer.headers["location"].ends_with("busy") {
            fails(&answer, "busy");
            return;
        }
    }
    panic!("the host counts no sign-ins of an address");
}
