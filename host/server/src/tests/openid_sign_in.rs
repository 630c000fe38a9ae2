//! Sign-in to the console by an issuer on this machine, from the way there to the end of
//! the session.

mod browser;
mod refusals;
mod userinfo;

use patchbay_generations::Environment;
use patchbay_model::access::Role;
use serde_json::{Value, json};

use super::documents::fits;
use super::issuer::{Issuer, Pair, here, now};
use super::matrix::{give, standing};
use super::office::{COMPANY, Office};
use crate::settings::{SecretPlace, ServerSettings, SignInSettings};
use browser::Browser;

/// Id of the host at the issuer.
const CLIENT: &str = "console";
/// Where browsers reach the host.
const HOST: &str = "care.example";
/// The secret by which the issuer knows the host.
const SECRET: &str = "s3cret:+";

/// A host with an issuer by which people sign in, and agent `ana` on its roster.
struct Setting {
    office: Office,
    issuer: Issuer,
    pair: Pair,
}

impl Setting {
    async fn new() -> Setting {
        Setting::with(|_| {}).await
    }

    /// The same with changed settings.
    async fn with(change: impl FnOnce(&mut ServerSettings)) -> Setting {
        let pair = Pair::new("a");
        let issuer = Issuer::start(&[&pair]).await;
        let office = Office::set(&[], |settings| {
            configure(settings, &issuer);
            change(settings);
        });
        let office = office.await;
        let token = give(&office.server, standing(None, Role::Operator), |_| {});
        let ana = format!("{COMPANY}/agents/ana");
        let put = office.server.client.ask("PUT", &ana, &token, "{}").await;
        assert!(put.status < 300, "{put:?}");
        Setting {
            office,
            issuer,
            pair,
        }
    }

    fn browser(&self) -> Browser {
        Browser::new(self.office.server.client)
    }

    /// The claims of an ID token for a sign-in that began.
    fn claims(&self, nonce: &str) -> Value {
        self.issuer.claims(|claims| {
            claims["aud"] = json!(CLIENT);
            claims["nonce"] = json!(nonce);
        })
    }

    /// Begins a sign-in; the path of the callback to which the issuer sends the browser,
    /// once the issuer has changed the claims.
    async fn go(&self, browser: &mut Browser, change: impl FnOnce(&mut Value)) -> String {
        let there = browser.begin("/v1/session/sign-in").await;
        let mut claims = self.claims(&there["nonce"]);
        change(&mut claims);
        let token = self.pair.signed(&claims);
        self.issuer
            .gives(200, json!({"id_token": token, "access_token": "opaque"}));
        format!("/v1/session/callback?code=c0de&state={}", there["state"])
    }

    /// Signs a person in; the answer to the callback.
    async fn sign_in(&self, change: impl FnOnce(&mut Value)) -> Browser {
        let mut browser = self.browser();
        let callback = self.go(&mut browser, change).await;
        let answer = browser.come_from_issuer(&callback).await;
        assert_eq!(answer.headers["location"], "/console/", "{answer:?}");
        browser
    }
}

fn configure(settings: &mut ServerSettings, issuer: &Issuer) {
    let mut oidc = issuer.settings();
    oidc.sign_in = Some(SignInSettings {
        client_id: CLIENT.to_owned(),
        client_secret: Some(SecretPlace::Variable("OIDC_SECRET".to_owned())),
        public_url: format!("https://{HOST}").parse().expect("an address"),
        scopes: vec!["openid".to_owned(), "care roles".to_owned()],
        name: "Northwind login".to_owned(),
    });
    settings.oidc = Some(oidc);
    settings.environment = Environment::of([("OIDC_SECRET", SECRET)]);
    settings.egress = here();
}

#[tokio::test]
async fn a_person_signs_in_by_the_issuer_and_acts_in_their_role() {
    let setting = Setting::new().await;
    let mut browser = setting.browser();
    let ways = browser.fetch("GET", "/v1/session/ways").await.json();
    fits("SignInWays", &ways);
    let by_issuer = json!({"name": "Northwind login", "path": "/v1/session/sign-in"});
    let all = json!({"required": true, "link": true, "token": true, "openid_connect": by_issuer});
    assert_eq!(ways, all);
    let there = browser
        .begin("/v1/session/sign-in?return=/console/%23/c/4f%3Fa%3Db")
        .await;
    assert_eq!(there["address"], format!("{}/auth", setting.issuer.url));
    for (name, value) in [
        ("kc", "1"),
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", "https://care.example/v1/session/callback"),
        ("scope", "openid care roles"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(there[name], value, "{name}");
    }
    let cookie = browser.attributes("__Host-patchbay-sign-in");
    let lax = "Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure";
    assert_eq!(cookie, lax);
    let token = setting.pair.signed(&setting.claims(&there["nonce"]));
    let tokens = json!({"id_token": token, "access_token": "opaque"});
    setting.issuer.gives(200, tokens);
    let callback = format!("/v1/session/callback?code=c0%2Bde&state={}", there["state"]);
    let answer = browser.come_from_issuer(&callback).await;
    assert_eq!(answer.headers["location"], "/console/#/c/4f?a=b");
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.headers["referrer-policy"], "no-referrer");
    assert_eq!(answer.body, "");
    // The code went with the proof of the host, and the secret in the header alone.
    let exchanges = setting.issuer.exchanges();
    assert_eq!(exchanges.len(), 1);
    let (head, form) = exchanges[0].split_once("\r\n\r\n").expect("a body");
    let login = browser::basic(CLIENT, "s3cret%3A%2B");
    assert!(head.contains(&login), "{head}");
    let verifier = form.split_once("&code_verifier=").expect("a verifier").1;
    assert_eq!(browser::challenge(verifier), there["code_challenge"]);
    let expected = "grant_type=authorization_code&code=c0%2Bde&redirect_uri=https%3A%2F%2Fcare.example%2Fv1%2Fsession%2Fcallback&code_verifier=";
    assert_eq!(form, format!("{expected}{verifier}"));
    // The session's cookie, and no longer that of the sign-in.
    let strict = "Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure";
    assert_eq!(browser.attributes("__Host-patchbay"), strict);
    assert_eq!(browser.names(), ["__Host-patchbay"]);
    let answer = browser.fetch("GET", "/v1/me").await;
    // A proxy terminates TLS: the settings name the address that browsers use.
    assert_eq!(
        answer.headers["strict-transport-security"],
        "max-age=31536000"
    );
    let me = answer.json();
    fits("Me", &me);
    assert_eq!(me["id"], format!("oidc:{}|olga", setting.issuer.url));
    assert_eq!(
        (&me["role"], &me["company"], &me["session"]),
        (&json!("operator"), &json!("northwind"), &json!(true))
    );
    // It has the times of a session, and not those of the ID token.
    let ends: jiff::Timestamp = serde_json::from_value(me["expires_at"].clone()).expect("a time");
    let hours = (ends.as_second() - now()) as f64 / 3_600.0;
    assert!((11.9..=12.0).contains(&hours), "{hours}");
    let trail = browser.fetch("GET", &format!("{COMPANY}/audit")).await;
    let acts = trail.json()["acts"].clone();
    let started = acts.as_array().expect("acts").iter();
    let mut started = started.filter(|act| act["act"] == "session.started");
    let actor = format!("oidc:{}|olga", setting.issuer.url);
    assert_eq!(started.next().expect("an entry")["actor"], actor);
    // Another page than the console's has no use of it.
    browser
        .navigate("/v1/me", "cross-site")
        .await
        .problem(401, "unauthenticated");
}

#[tokio::test]
async fn each_sign_in_starts_a_session_of_its_own() {
    let setting = Setting::new().await;
    let mut browser = setting.sign_in(|_| {}).await;
    let first = browser.cookie("__Host-patchbay");
    let callback = setting.go(&mut browser, |_| {}).await;
    browser.come_from_issuer(&callback).await;
    assert_ne!(browser.cookie("__Host-patchbay"), first);
}

#[tokio::test]
async fn an_agent_acts_as_the_agent_of_the_claims_while_on_the_roster() {
    let setting = Setting::new().await;
    let ana = |claims: &mut Value| {
        claims["role"] = json!("agent");
        claims["agent"] = json!("ana");
    };
    let browser = setting.sign_in(ana).await;
    let presence = format!("{COMPANY}/agents/ana/presence");
    let body = r#"{"presence":"available"}"#;
    let put = browser.change("PUT", &presence, body).await;
    assert!(put.status < 300, "{put:?}");
    let operator = give(
        &setting.office.server,
        standing(None, Role::Operator),
        |_| {},
    );
    let path = format!("{COMPANY}/agents/ana");
    let client = setting.office.server.client;
    let removed = client.ask("DELETE", &path, &operator, "").await;
    assert_eq!(removed.status, 204, "{removed:?}");
    let after = browser.fetch("GET", &format!("{COMPANY}/queues")).await;
    after.problem(403, "forbidden");
}

#[tokio::test]
async fn signing_out_everywhere_ends_the_sessions_of_the_subject_and_of_no_other() {
    let setting = Setting::new().await;
    let (one, other) = (setting.sign_in(|_| {}).await, setting.sign_in(|_| {}).await);
    let max = setting.sign_in(|claims| claims["sub"] = json!("max")).await;
    let out = one
        .change("DELETE", "/v1/session?everywhere=true", "")
        .await;
    assert_eq!(out.status, 204, "{out:?}");
    for browser in [&one, &other] {
        let answer = browser.fetch("GET", "/v1/me").await;
        answer.problem(401, "invalid-token");
    }
    assert_eq!(max.fetch("GET", "/v1/me").await.status, 200);
}

#[tokio::test]
async fn a_session_survives_a_restart_and_ends_when_the_settings_name_another_issuer() {
    let setting = Setting::new().await;
    let mut browser = setting.sign_in(|_| {}).await;
    let issuer = setting.issuer;
    let office = setting.office.restarted(|it| configure(it, &issuer)).await;
    browser.reaches(office.server.client);
    let me = browser.fetch("GET", "/v1/me").await.json();
    assert_eq!(me["id"], format!("oidc:{}|olga", issuer.url));
    let another = Issuer::start(&[]).await;
    let office = office.restarted(|it| configure(it, &another)).await;
    browser.reaches(office.server.client);
    let gone = browser.fetch("GET", "/v1/me").await;
    gone.problem(401, "invalid-token");
    // A token of the host keeps the server guarded without an issuer.
    let office = office.restarted(|_| {}).await;
    browser.reaches(office.server.client);
    let gone = browser.fetch("GET", "/v1/me").await;
    gone.problem(401, "invalid-token");
}

#[tokio::test]
async fn a_session_by_a_pasted_token_of_the_issuer_ends_with_the_token() {
    let setting = Setting::new().await;
    let token = setting.pair.signed(&setting.issuer.claims(|_| {}));
    let mut browser = setting.browser();
    let body = json!({"token": token}).to_string();
    let answer = browser.change("POST", "/v1/session", &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    browser.takes_cookies(&answer);
    // Five minutes, and a minute of clock skew.
    let ends = answer.json()["expires_at"].clone();
    let ends: jiff::Timestamp = serde_json::from_value(ends).expect("a time");
    assert!(ends.as_second() - now() <= 360, "{ends}");
    let issuer = setting.issuer;
    let office = setting.office.restarted(|it| configure(it, &issuer)).await;
    browser.reaches(office.server.client);
    let me = browser.fetch("GET", "/v1/me").await.json();
    let after: jiff::Timestamp = serde_json::from_value(me["expires_at"].clone()).expect("a time");
    assert!(after.as_second() <= ends.as_second(), "{after}");
}

#[tokio::test]
async fn a_host_without_the_secret_of_the_settings_does_not_start() {
    let place = tempfile::tempdir().expect("a place");
    let issuer = Issuer::start(&[]).await;
    let mut settings = super::settings();
    settings.journal = Some(crate::settings::JournalSettings::at(
        place.path().join("desk.db"),
    ));
    configure(&mut settings, &issuer);
    settings.environment = Environment::of([("OTHER", "x")]);
    let (assembler, built) = super::northwind();
    let refused = crate::Server::bind(&settings, vec![built], assembler).await;
    let refused = refused.err().expect("refused").to_string();
    assert!(refused.contains("OIDC_SECRET is not set"), "{refused}");
    assert!(refused.contains("[oidc.sign-in]"), "{refused}");
}
