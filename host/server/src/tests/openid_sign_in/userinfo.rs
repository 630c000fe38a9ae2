//! Sign-ins of people whose claims the issuer gives at its UserInfo endpoint.

use std::time::Duration;

use patchbay_model::access::Role;
use serde_json::{Value, json};

use super::super::issuer::http;
use super::super::networks::secrecy::Log;
use super::Setting;
use super::refusals::fails;
use crate::settings::Grant;

/// Takes the claims for role, company and agent out of an ID token.
fn bare(claims: &mut Value) {
    let claims = claims.as_object_mut().expect("claims");
    claims.retain(|name, _| !["role", "company", "agent"].contains(&name.as_str()));
}

/// What the UserInfo endpoint gives of the person of the ID token.
fn olga() -> Value {
    json!({"sub": "olga", "role": "operator", "company": "northwind"})
}

/// Role and agent of a person who signs in with an ID token without claims.
async fn role_of(setting: &Setting) -> (Value, Value) {
    let browser = setting.sign_in(bare).await;
    let me = browser.fetch("GET", "/v1/me").await.json();
    (me["role"].clone(), me["agent"].clone())
}

#[tokio::test]
async fn claims_that_are_at_the_userinfo_endpoint_alone_give_a_role() {
    let setting = Setting::new().await;
    setting.issuer.has_userinfo(&olga());
    assert_eq!(role_of(&setting).await.0, "operator");
    let requests = setting.issuer.userinfo_requests();
    assert_eq!(requests.len(), 1, "it is asked once");
    let head = &requests[0];
    assert!(head.starts_with("GET /realm/me HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("authorization: Bearer opaque\r\n"), "{head}");
    assert!(head.contains("accept: application/json\r\n"), "{head}");
    assert!(!head.contains("cookie"), "{head}");
    let ana = json!({"sub": "olga", "role": ["agent"], "company": "northwind", "agent": "ana"});
    setting.issuer.has_userinfo(&ana);
    assert_eq!(role_of(&setting).await, (json!("agent"), json!("ana")));
}

#[tokio::test]
async fn a_grant_gives_a_role_by_claims_of_the_userinfo_endpoint() {
    let setting = Setting::with(|settings| {
        let oidc = settings.oidc.as_mut().expect("an issuer");
        oidc.role_claim = None;
        oidc.company_claim = None;
        oidc.grants.push(Grant {
            claim: "realm_access.roles".to_owned(),
            value: "lead".to_owned(),
            role: Role::Supervisor,
            company: Some("northwind".to_owned()),
            agent: None,
        });
    });
    let setting = setting.await;
    let claims = json!({"sub": "olga", "realm_access": {"roles": ["x", "lead"]}});
    setting.issuer.has_userinfo(&claims);
    assert_eq!(role_of(&setting).await.0, "supervisor");
}

#[tokio::test]
async fn the_userinfo_endpoint_is_not_asked_where_the_id_token_decides() {
    let setting = Setting::new().await;
    let more = json!({"sub": "eve", "role": "operator", "company": "*"});
    setting.issuer.has_userinfo(&more);
    let browser = setting.sign_in(|claims| claims["role"] = json!("supervisor"));
    let me = browser.await.fetch("GET", "/v1/me").await.json();
    assert_eq!(
        (&me["role"], &me["company"]),
        (&json!("supervisor"), &json!("northwind"))
    );
    // Nor can it correct a claim of the ID token, or bring in a token that is refused.
    let mut browser = setting.browser();
    let owner = |claims: &mut Value| claims["role"] = json!("owner");
    let callback = setting.go(&mut browser, owner).await;
    fails(&browser.come_from_issuer(&callback).await, "no-role");
    let foreign = |claims: &mut Value| {
        bare(claims);
        claims["nonce"] = json!("another");
    };
    let callback = setting.go(&mut browser, foreign).await;
    fails(&browser.come_from_issuer(&callback).await, "invalid-answer");
    assert!(setting.issuer.userinfo_requests().is_empty());
}

#[tokio::test]
async fn claims_of_the_id_token_win_over_those_of_the_userinfo_endpoint() {
    let setting = Setting::new().await;
    setting.issuer.has_userinfo(&olga());
    let browser = setting.sign_in(|claims| {
        bare(claims);
        claims["role"] = json!("supervisor");
    });
    let me = browser.await.fetch("GET", "/v1/me").await.json();
    assert_eq!(
        (&me["role"], &me["company"]),
        (&json!("supervisor"), &json!("northwind"))
    );
}

#[tokio::test]
async fn a_userinfo_answer_that_does_not_count_signs_nobody_in() {
    let setting = Setting::new().await;
    setting.issuer.has_userinfo(&olga());
    let mut browser = setting.browser();
    let json = |claims: Value| http(200, "application/json", &claims.to_string());
    let with = |name: &str, value: Value| {
        let mut claims = olga();
        claims[name] = value;
        json(claims)
    };
    let own = olga().to_string();
    for (answer, reason) in [
        // Another person's claims (Core 5.3.2).
        (with("sub", json!("eve")), "invalid-answer"),
        (with("sub", json!("Olga")), "invalid-answer"),
        (with("sub", json!(null)), "invalid-answer"),
        (json(json!([olga()])), "invalid-answer"),
        (http(200, "text/html", "<html>"), "invalid-answer"),
        (
            http(200, "application/jwt", "eyJh.eyJz.c2ln"),
            "misconfigured",
        ),
        (
            http(200, "application/json", "eyJh.eyJz.c2ln"),
            "misconfigured",
        ),
        (http(401, "application/json", &own), "misconfigured"),
        (http(403, "application/json", &own), "misconfigured"),
        (http(302, "application/json", &own), "issuer-unavailable"),
        (http(500, "application/json", &own), "issuer-unavailable"),
        // It is down, or its answer breaks off.
        (String::new(), "issuer-unavailable"),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{".to_owned(),
            "issuer-unavailable",
        ),
        (
            with("more", json!("x".repeat(70_000))),
            "issuer-unavailable",
        ),
        // Its claims give no role, or none here.
        (with("role", json!(null)), "no-role"),
        (with("role", json!("owner")), "no-role"),
        (with("company", json!("nowhere")), "no-role"),
        (with("role", json!("agent")), "no-role"),
    ] {
        let callback = setting.go(&mut browser, bare).await;
        setting.issuer.answers_userinfo(Some(&answer));
        fails(&browser.come_from_issuer(&callback).await, reason);
        // The sign-in is over.
        fails(&browser.come_from_issuer(&callback).await, "expired");
    }
}

#[tokio::test]
async fn a_userinfo_endpoint_that_does_not_answer_is_given_up() {
    let limit = Duration::from_millis(300);
    let setting = Setting::with(|settings| settings.egress.timeout = limit).await;
    setting.issuer.has_userinfo(&olga());
    setting.issuer.answers_userinfo(None);
    let mut browser = setting.browser();
    let callback = setting.go(&mut browser, bare).await;
    let answer = browser.come_from_issuer(&callback).await;
    fails(&answer, "issuer-unavailable");
}

#[tokio::test]
async fn an_access_token_goes_to_a_usable_endpoint_only() {
    for (endpoint, reason) in [
        (json!(null), "no-role"),
        (json!("javascript:alert(1)"), "misconfigured"),
        (json!("https://olga@login.example/me"), "misconfigured"),
        // The host may not connect to it.
        (json!("http://10.0.0.1/me"), "misconfigured"),
    ] {
        let setting = Setting::new().await;
        let document = json!({"userinfo_endpoint": endpoint});
        setting.issuer.documents(document);
        let mut browser = setting.browser();
        let callback = setting.go(&mut browser, bare).await;
        fails(&browser.come_from_issuer(&callback).await, reason);
        // People whose ID token suffices sign in even so.
        setting.sign_in(|_| {}).await;
    }
}

#[tokio::test]
async fn without_a_bearer_token_the_userinfo_endpoint_is_not_asked() {
    let setting = Setting::new().await;
    setting.issuer.has_userinfo(&olga());
    let mut browser = setting.browser();
    for (access, reason) in [
        (json!({}), "no-role"),
        (
            json!({"access_token": 7, "token_type": "Bearer"}),
            "no-role",
        ),
        (
            json!({"access_token": "x", "token_type": "DPoP"}),
            "no-role",
        ),
        // It does not fit into a header.
        (
            json!({"access_token": "x\r\ny", "token_type": "Bearer"}),
            "invalid-answer",
        ),
    ] {
        let there = browser.begin("/v1/session/sign-in").await;
        let mut claims = setting.claims(&there["nonce"]);
        bare(&mut claims);
        let mut tokens = access;
        tokens["id_token"] = json!(setting.pair.signed(&claims));
        setting.issuer.gives(200, tokens);
        let callback = format!("/v1/session/callback?code=c0de&state={}", there["state"]);
        fails(&browser.come_from_issuer(&callback).await, reason);
    }
    assert!(setting.issuer.userinfo_requests().is_empty());
}

#[tokio::test]
async fn the_log_names_a_missing_claim_and_no_token() {
    let log = Log::capture();
    let setting = Setting::with(|settings| {
        let oidc = settings.oidc.as_mut().expect("an issuer");
        oidc.role_claim = Some("care_role_of_the_log".to_owned());
    });
    let setting = setting.await;
    let mut browser = setting.browser();
    let callback = setting.go(&mut browser, |_| {}).await;
    fails(&browser.come_from_issuer(&callback).await, "no-role");
    let text = log.text();
    for words in [
        "the ID token does not have a claim \"care_role_of_the_log\" (`role-claim` in [oidc])",
        "add the scope that gives it to `scopes` in [oidc.sign-in]",
        "UserInfo was not asked: the issuer's document has no userinfo_endpoint",
    ] {
        assert!(text.contains(words), "the log lacks {words}");
    }
    // The same with a UserInfo endpoint.
    let setting = Setting::with(|settings| {
        let oidc = settings.oidc.as_mut().expect("an issuer");
        oidc.role_claim = Some("care_role_of_the_log".to_owned());
    });
    let setting = setting.await;
    setting
        .issuer
        .has_userinfo(&json!({"sub": "olga", "other": "val0e-of-a-claim"}));
    let mut browser = setting.browser();
    let there = browser.begin("/v1/session/sign-in").await;
    let token = setting.pair.signed(&setting.claims(&there["nonce"]));
    let tokens = json!({"id_token": token, "access_token": "t0ken-of-the-log"});
    setting.issuer.gives(200, tokens);
    let callback = format!("/v1/session/callback?code=c0de&state={}", there["state"]);
    fails(&browser.come_from_issuer(&callback).await, "no-role");
    assert_eq!(setting.issuer.userinfo_requests().len(), 1);
    let text = log.text();
    let words = "neither the ID token nor the UserInfo answer has a claim \"care_role_of_the_log\"";
    assert!(text.contains(words), "the log lacks {words}");
    for secret in ["t0ken-of-the-log", token.as_str(), "val0e-of-a-claim"] {
        assert!(!text.contains(secret), "the log has {secret}");
    }
}
