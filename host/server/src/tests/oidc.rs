//! Bearer tokens of an issuer that runs here: right ones, and every wrong one.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use patchbay_model::access::Role;
use patchbay_model::duration::Seconds;
use patchbay_outbound::egress::{Egress, EgressSettings};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::Running;
use super::access::{ends, follow};
use super::client::Answer;
use crate::oidc::{Issuer as Verifier, Patience, Refusal};
use crate::settings::{Algorithm, Grant, JournalSettings, OidcSettings};

/// A key pair of the issuer's.
struct Pair {
    id: &'static str,
    keys: EcdsaKeyPair,
}

impl Pair {
    fn new(id: &'static str) -> Pair {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let keys = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random);
        Pair {
            id,
            keys: keys.expect("a key"),
        }
    }

    fn public(&self) -> Value {
        let point = self.keys.public_key().as_ref();
        json!({"kty": "EC", "crv": "P-256", "kid": self.id,
            "x": coded(&point[1..33]), "y": coded(&point[33..])})
    }

    fn signed(&self, claims: &Value) -> String {
        self.signed_as(&json!({"alg": "ES256", "kid": self.id}), claims)
    }

    fn signed_as(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let signature = self.keys.sign(&SystemRandom::new(), message.as_bytes());
        format!("{message}.{}", coded(signature.expect("signed").as_ref()))
    }
}

fn coded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn message(header: &Value, claims: &Value) -> String {
    format!(
        "{}.{}",
        coded(header.to_string()),
        coded(claims.to_string())
    )
}

/// An issuer that runs on this machine.
#[derive(Clone)]
struct Issuer {
    url: String,
    keys: Arc<Mutex<Value>>,
    /// What it answers with while it is unwell.
    ill: Arc<Mutex<Option<String>>>,
    asked: Arc<AtomicUsize>,
}

impl Issuer {
    async fn start(keys: &[&Pair]) -> Issuer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let issuer = Issuer {
            url: format!("http://{address}/realm"),
            keys: Arc::default(),
            ill: Arc::default(),
            asked: Arc::default(),
        };
        issuer.has(keys);
        let serving = issuer.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut bytes = Vec::new();
                while !bytes.ends_with(b"\r\n\r\n") {
                    if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                        break;
                    }
                }
                let text = String::from_utf8_lossy(&bytes);
                let path = text.split(' ').nth(1).unwrap_or_default();
                let answer = serving.answer(path);
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        issuer
    }

    fn has(&self, keys: &[&Pair]) {
        let keys: Vec<_> = keys.iter().map(|pair| pair.public()).collect();
        *self.keys.lock().expect("no panic") = json!({"keys": keys});
    }

    fn is_ill(&self, answer: Option<&str>) {
        *self.ill.lock().expect("no panic") = answer.map(str::to_owned);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn answer(&self, path: &str) -> String {
        if let Some(ill) = &*self.ill.lock().expect("no panic") {
            return ill.clone();
        }
        let body = match path {
            "/realm/.well-known/openid-configuration" => {
                self.asked.fetch_add(1, Ordering::SeqCst);
                json!({"issuer": self.url, "jwks_uri": format!("{}/keys", self.url)})
            }
            "/realm/keys" => self.keys.lock().expect("no panic").clone(),
            _ => return "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
        };
        let body = body.to_string();
        format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    fn settings(&self) -> OidcSettings {
        OidcSettings {
            issuer: self.url.clone(),
            audiences: vec!["patchbay".to_owned()],
            algorithms: Algorithm::ALL.into(),
            clock_skew: Seconds(60),
            role_claim: Some("role".to_owned()),
            company_claim: Some("company".to_owned()),
            agent_claim: Some("agent".to_owned()),
            grants: Vec::new(),
        }
    }

    fn verifier(&self, settings: OidcSettings, patience: Patience) -> Verifier {
        Verifier::of(settings, Egress::new(here()), patience)
    }

    fn claims(&self, change: impl FnOnce(&mut Value)) -> Value {
        let mut claims = json!({"iss": self.url, "aud": "patchbay", "sub": "olga",
            "exp": now() + 300, "iat": now(), "role": "operator", "company": "northwind"});
        change(&mut claims);
        claims
    }
}

fn now() -> i64 {
    Timestamp::now().as_second()
}

fn here() -> EgressSettings {
    EgressSettings {
        allow: vec!["127.0.0.0/8".parse().expect("a range")],
        ..EgressSettings::default()
    }
}

/// The issuer is asked whenever a key is missing.
const EAGER: Patience = Patience {
    fresh: Duration::from_secs(3_600),
    stale: Duration::from_secs(86_400),
    floor: Duration::ZERO,
};

async fn refused(verifier: &Verifier, token: &str) -> Refusal {
    verifier.check(token).await.expect_err("refused")
}

#[tokio::test]
async fn a_right_token_says_who_somebody_is() {
    let pair = Pair::new("a");
    let issuer = Issuer::start(&[&pair]).await;
    let verifier = issuer.verifier(issuer.settings(), EAGER);
    let vouched = verifier.check(&pair.signed(&issuer.claims(|_| {}))).await;
    let vouched = vouched.expect("taken");
    assert_eq!(vouched.id, format!("oidc:{}|olga", issuer.url));
    assert_eq!(vouched.name, "olga");
    assert_eq!(vouched.standing.role, Role::Operator);
    assert_eq!(vouched.standing.company.as_deref(), Some("northwind"));
    let several = issuer.claims(|claims| claims["aud"] = json!(["x", "patchbay"]));
    assert!(verifier.check(&pair.signed(&several)).await.is_ok());
    let host = issuer.claims(|claims| claims["company"] = json!("*"));
    let host = verifier.check(&pair.signed(&host)).await.expect("taken");
    assert_eq!(host.standing.company, None);
    assert_eq!(issuer.asked(), 1, "its keys are kept");
}

#[tokio::test]
async fn an_ed25519_key_signs_too() {
    let issuer = Issuer::start(&[]).await;
    let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
    let keys = Ed25519KeyPair::from_pkcs8(document.as_ref()).expect("a key");
    let public = json!({"kty": "OKP", "crv": "Ed25519", "kid": "e", "x": coded(keys.public_key())});
    *issuer.keys.lock().expect("no panic") = json!({"keys": [public]});
    let verifier = issuer.verifier(issuer.settings(), EAGER);
    let message = message(&json!({"alg": "EdDSA", "kid": "e"}), &issuer.claims(|_| {}));
    let token = format!("{message}.{}", coded(keys.sign(message.as_bytes())));
    assert!(verifier.check(&token).await.is_ok());
    let only = OidcSettings {
        algorithms: [Algorithm::Rs256].into(),
        ..issuer.settings()
    };
    let verifier = issuer.verifier(only, EAGER);
    assert_eq!(refused(&verifier, &token).await, Refusal::Algorithm);
}

#[tokio::test]
async fn every_wrong_token_is_refused_for_what_is_wrong_with_it() {
    let pair = Pair::new("a");
    let issuer = Issuer::start(&[&pair]).await;
    let verifier = issuer.verifier(issuer.settings(), EAGER);
    let with = |name: &'static str, value: Value| {
        pair.signed(&issuer.claims(|claims| claims[name] = value))
    };
    for (token, why) in [
        (with("iss", json!("https://other.example")), Refusal::Issuer),
        (
            with("iss", json!(format!("{}/", issuer.url))),
            Refusal::Issuer,
        ),
        (with("aud", json!("other")), Refusal::Audience),
        (with("aud", json!(["other"])), Refusal::Audience),
        (with("aud", json!({"patchbay": 1})), Refusal::Audience),
        (with("exp", json!(now() - 61)), Refusal::Expired),
        (with("exp", json!("soon")), Refusal::Claim("exp")),
        (with("exp", json!(1e300)), Refusal::Claim("exp")),
        (with("nbf", json!(now() + 120)), Refusal::NotYet),
        (with("iat", json!(now() + 120)), Refusal::NotYet),
        (with("sub", json!("")), Refusal::Claim("sub")),
        (with("sub", json!("a\u{1b}[2J")), Refusal::Claim("sub")),
        (with("sub", json!("x".repeat(300))), Refusal::Claim("sub")),
    ] {
        assert_eq!(refused(&verifier, &token).await, why);
    }
    // A little is what clocks differ by.
    assert!(
        verifier
            .check(&with("exp", json!(now() - 30)))
            .await
            .is_ok()
    );
    assert!(
        verifier
            .check(&with("nbf", json!(now() + 30)))
            .await
            .is_ok()
    );
    for name in ["exp", "sub"] {
        let claims = issuer.claims(|claims| {
            claims.as_object_mut().expect("claims").remove(name);
        });
        assert_eq!(
            refused(&verifier, &pair.signed(&claims)).await,
            Refusal::Claim(name)
        );
    }
    for (name, value) in [
        ("role", json!("owner")),
        ("role", json!(["operator", "auditor"])),
        ("role", json!(null)),
        ("company", json!(null)),
        ("company", json!(["northwind"])),
        ("role", json!("agent")),
    ] {
        let refusal = refused(&verifier, &with(name, value.clone())).await;
        assert!(
            matches!(refusal, Refusal::Standing(_)),
            "{name} {value}: {refusal}"
        );
    }
    // For the whole host there are operators and auditors only.
    let claims = issuer.claims(|claims| {
        claims["role"] = json!("supervisor");
        claims["company"] = json!("*");
    });
    let refusal = refused(&verifier, &pair.signed(&claims)).await;
    assert!(matches!(refusal, Refusal::Standing(_)), "{refusal}");
}

#[tokio::test]
async fn no_other_way_to_sign_passes_for_the_issuers() {
    let pair = Pair::new("a");
    let issuer = Issuer::start(&[&pair]).await;
    let verifier = issuer.verifier(issuer.settings(), EAGER);
    let claims = issuer.claims(|_| {});
    let good = pair.signed(&claims);
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let unsigned = message(&json!({"alg": alg}), &claims);
        for token in [
            format!("{unsigned}."),
            unsigned.clone(),
            format!("{unsigned}.e30"),
        ] {
            let refusal = refused(&verifier, &token).await;
            assert!(
                matches!(refusal, Refusal::Algorithm | Refusal::Malformed(_)),
                "{token}: {refusal}"
            );
        }
    }
    // The issuer's public key, taken for a shared secret.
    let public = pair.keys.public_key().as_ref();
    for secret in [public, pair.public().to_string().as_bytes()] {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
        for alg in ["HS256", "ES256"] {
            let message = message(&json!({"alg": alg, "kid": "a"}), &claims);
            let tag = ring::hmac::sign(&key, message.as_bytes());
            let refusal = refused(&verifier, &format!("{message}.{}", coded(tag))).await;
            let wanted = match alg {
                "HS256" => Refusal::Algorithm,
                _ => Refusal::Signature,
            };
            assert_eq!(refusal, wanted);
        }
    }
    // Somebody else's key, under the issuer's name for its own.
    let forger = Pair::new("a");
    assert_eq!(
        refused(&verifier, &forger.signed(&claims)).await,
        Refusal::Signature
    );
    // A key that comes with the token is none of the issuer's.
    let header = json!({"alg": "ES256", "kid": "a", "jwk": forger.public()});
    let token = forger.signed_as(&header, &claims);
    assert_eq!(refused(&verifier, &token).await, Refusal::Signature);
    let other = pair.signed_as(&json!({"alg": "RS256", "kid": "a"}), &claims);
    assert_eq!(refused(&verifier, &other).await, Refusal::UnknownKey);
    assert_eq!(
        refused(&verifier, &"x".repeat(20_000)).await,
        Refusal::Malformed("it is too long")
    );
    assert!(verifier.check(&good).await.is_ok());
}

#[tokio::test]
async fn keys_are_asked_for_again_when_one_is_missing_and_not_too_often() {
    let (old, new) = (Pair::new("old"), Pair::new("new"));
    let issuer = Issuer::start(&[&old]).await;
    let claims = issuer.claims(|_| {});
    let verifier = issuer.verifier(issuer.settings(), EAGER);
    assert!(verifier.check(&old.signed(&claims)).await.is_ok());
    issuer.has(&[&new]);
    assert!(
        verifier.check(&new.signed(&claims)).await.is_ok(),
        "it has changed its keys"
    );
    assert_eq!(
        refused(&verifier, &old.signed(&claims)).await,
        Refusal::UnknownKey
    );
    // Whatever is shown, the issuer is not asked all the time.
    let seldom = Patience {
        floor: Duration::from_secs(86_400),
        ..EAGER
    };
    let verifier = issuer.verifier(issuer.settings(), seldom);
    assert!(verifier.check(&new.signed(&claims)).await.is_ok());
    let asked = issuer.asked();
    for _ in 0..20 {
        let unknown = new.signed_as(&json!({"alg": "ES256", "kid": "zoe"}), &claims);
        assert_eq!(refused(&verifier, &unknown).await, Refusal::UnknownKey);
    }
    assert_eq!(issuer.asked(), asked);
    // A token that names no key gets the only one, and none of two.
    let unnamed = new.signed_as(&json!({"alg": "ES256"}), &claims);
    assert!(verifier.check(&unnamed).await.is_ok());
    issuer.has(&[&old, &new]);
    let verifier = issuer.verifier(issuer.settings(), EAGER);
    assert_eq!(refused(&verifier, &unnamed).await, Refusal::UnknownKey);
}

#[tokio::test]
async fn while_the_issuer_is_away_its_keys_are_good_for_a_while() {
    let pair = Pair::new("a");
    let issuer = Issuer::start(&[&pair]).await;
    let claims = issuer.claims(|_| {});
    for ill in [
        "",
        "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
    ] {
        issuer.is_ill(None);
        let known = issuer.verifier(issuer.settings(), EAGER);
        assert!(known.check(&pair.signed(&claims)).await.is_ok());
        issuer.is_ill(Some(ill));
        let unknown = pair.signed_as(&json!({"alg": "ES256", "kid": "zoe"}), &claims);
        assert_eq!(refused(&known, &unknown).await, Refusal::UnknownKey);
        assert!(known.check(&pair.signed(&claims)).await.is_ok(), "{ill}");
        // Whoever never had them has none.
        let fresh = issuer.verifier(issuer.settings(), EAGER);
        let refusal = refused(&fresh, &pair.signed(&claims)).await;
        assert!(matches!(refusal, Refusal::NoKeys(_)), "{ill}: {refusal}");
        issuer.is_ill(None);
        assert!(
            fresh.check(&pair.signed(&claims)).await.is_ok(),
            "it is back"
        );
    }
    // What is too old is good no more.
    let strict = Patience {
        stale: Duration::ZERO,
        ..EAGER
    };
    let verifier = issuer.verifier(issuer.settings(), strict);
    assert!(verifier.check(&pair.signed(&claims)).await.is_err());
}

#[tokio::test]
async fn an_issuer_that_is_another_or_answers_without_end_has_no_keys() {
    let pair = Pair::new("a");
    let issuer = Issuer::start(&[&pair]).await;
    let settings = OidcSettings {
        issuer: format!("{}/", issuer.url),
        ..issuer.settings()
    };
    let verifier = issuer.verifier(settings, EAGER);
    let refusal = refused(&verifier, &pair.signed(&issuer.claims(|_| {}))).await;
    assert!(
        refusal.to_string().contains("must name it exactly so"),
        "{refusal}"
    );
    let long = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(1 << 20));
    issuer.is_ill(Some(&long));
    let verifier = issuer.verifier(issuer.settings(), EAGER);
    let refusal = refused(&verifier, &pair.signed(&issuer.claims(|_| {}))).await;
    assert!(
        refusal.to_string().contains("answered with more than"),
        "{refusal}"
    );
    // The rules of the way out hold for an issuer too.
    let verifier = Verifier::of(
        issuer.settings(),
        Egress::new(EgressSettings::default()),
        EAGER,
    );
    let refusal = refused(&verifier, &pair.signed(&issuer.claims(|_| {}))).await;
    assert!(refusal.to_string().contains("this machine"), "{refusal}");
}

#[tokio::test]
async fn a_grant_holds_for_a_claim_wherever_it_stands() {
    let pair = Pair::new("a");
    let issuer = Issuer::start(&[&pair]).await;
    let grant = |claim: &str, value: &str, role, company: Option<&str>| Grant {
        claim: claim.to_owned(),
        value: value.to_owned(),
        role,
        company: company.map(str::to_owned),
        agent: None,
    };
    let settings = OidcSettings {
        role_claim: None,
        company_claim: None,
        grants: vec![
            grant(
                "realm_access.roles",
                "care-lead",
                Role::Supervisor,
                Some("northwind"),
            ),
            grant(
                "https://example/groups",
                "desk",
                Role::Agent,
                Some("northwind"),
            ),
        ],
        ..issuer.settings()
    };
    let verifier = issuer.verifier(settings, EAGER);
    let check = async |change: &dyn Fn(&mut Value)| {
        let claims = issuer.claims(|claims| change(claims));
        verifier.check(&pair.signed(&claims)).await
    };
    let lead = check(&|claims| claims["realm_access"] = json!({"roles": ["x", "care-lead"]})).await;
    assert_eq!(lead.expect("taken").standing.role, Role::Supervisor);
    let agent = check(&|claims| {
        claims["https://example/groups"] = json!("desk");
        claims["agent"] = json!("ana");
    });
    let agent = agent.await.expect("taken");
    assert_eq!(
        (agent.standing.agent.as_deref(), agent.name.as_str()),
        (Some("ana"), "ana")
    );
    let nobody = check(&|claims| claims["https://example/groups"] = json!("desk")).await;
    assert!(matches!(nobody, Err(Refusal::Standing(_))), "whose agent");
    let nothing = check(&|_| {}).await;
    assert!(
        matches!(nothing, Err(Refusal::Standing(_))),
        "its own claims count for nothing"
    );
}

async fn at(issuer: &Issuer) -> (Running, TempDir) {
    let place = tempfile::tempdir().expect("a place");
    let journal = JournalSettings::at(place.path().join("desk.db"));
    let server = Running::with(|settings| {
        settings.journal = Some(journal);
        settings.oidc = Some(issuer.settings());
        settings.egress = here();
    })
    .await;
    (server, place)
}

async fn ask(server: &Running, method: &str, path: &str, token: &str, body: &str) -> Answer {
    let header = format!("Authorization: Bearer {token}\r\n");
    server.client.ask(method, path, &header, body).await
}

#[tokio::test]
async fn the_server_takes_such_a_token_for_its_company_its_role_and_its_agent() {
    let pair = Pair::new("a");
    let issuer = Issuer::start(&[&pair]).await;
    let (server, _place) = at(&issuer).await;
    let queues = "/v1/companies/northwind/queues";
    // With an issuer nobody is let in without one, though there is no token.
    server
        .client
        .get(queues)
        .await
        .problem(401, "unauthenticated");
    let olga = pair.signed(&issuer.claims(|_| {}));
    assert_eq!(ask(&server, "GET", queues, &olga, "").await.status, 200);
    let other = pair.signed(&issuer.claims(|claims| claims["company"] = json!("harbour")));
    ask(&server, "GET", queues, &other, "")
        .await
        .problem(404, "unknown-company");
    ask(&server, "GET", "/v1/tokens", &olga, "")
        .await
        .problem(403, "forbidden");
    // What she does stands in the trail under what the issuer calls her.
    let put = ask(
        &server,
        "POST",
        "/v1/companies/northwind/agents",
        &olga,
        r#"[{"id":"ana"},{"id":"ben"}]"#,
    )
    .await;
    assert_eq!(put.status, 200, "{put:?}");
    let trail = ask(&server, "GET", "/v1/companies/northwind/audit", &olga, "")
        .await
        .json();
    assert_eq!(
        trail["acts"][0]["actor"],
        format!("oidc:{}|olga", issuer.url),
        "{trail}"
    );
    let ana = pair.signed(&issuer.claims(|claims| {
        claims["role"] = json!("agent");
        claims["agent"] = json!("ana");
    }));
    let present = |agent: &str| format!("/v1/companies/northwind/agents/{agent}/presence");
    let body = r#"{"presence":"available"}"#;
    assert_eq!(
        ask(&server, "PUT", &present("ana"), &ana, body)
            .await
            .status,
        200
    );
    ask(&server, "PUT", &present("ben"), &ana, body)
        .await
        .problem(403, "forbidden");
    let cem = pair.signed(&issuer.claims(|claims| {
        claims["role"] = json!("agent");
        claims["agent"] = json!("cem");
    }));
    let left = ask(&server, "GET", queues, &cem, "").await;
    let left = left.problem(403, "forbidden");
    assert!(left["detail"].to_string().contains("roster"), "{left}");
    // Outside, a refused token is told apart from no other.
    let expired = pair.signed(&issuer.claims(|claims| claims["exp"] = json!(now() - 600)));
    let forged = Pair::new("a").signed(&issuer.claims(|_| {}));
    let first = ask(&server, "GET", queues, &expired, "").await;
    let second = ask(&server, "GET", queues, &forged, "").await;
    assert_eq!(first.body, second.body);
    first.problem(401, "invalid-token");
    // Tokens of the host's own are taken as before.
    let wrong = format!("pb_{}", "0".repeat(64));
    ask(&server, "GET", queues, &wrong, "")
        .await
        .problem(401, "invalid-token");
}

#[tokio::test]
async fn whoever_follows_the_feed_is_cut_off_when_they_leave_the_roster() {
    let pair = Pair::new("a");
    let issuer = Issuer::start(&[&pair]).await;
    let (server, _place) = at(&issuer).await;
    let olga = pair.signed(&issuer.claims(|_| {}));
    let agents = "/v1/companies/northwind/agents";
    let two = r#"[{"id":"ana"},{"id":"ben"}]"#;
    let put = ask(&server, "POST", agents, &olga, two).await;
    assert_eq!(put.status, 200, "{put:?}");
    let of = |agent: &str| {
        let claims = issuer.claims(|claims| {
            claims["role"] = json!("agent");
            claims["agent"] = json!(agent);
        });
        format!("Authorization: Bearer {}\r\n", pair.signed(&claims))
    };
    let client = server.client;
    let ana = follow(&client, &of("ana")).await;
    let mut ben = follow(&client, &of("ben")).await;
    let gone = format!("{agents}/ana");
    let removed = ask(&server, "DELETE", &gone, &olga, "").await;
    assert_eq!(removed.status, 204, "{removed:?}");
    ends(ana).await;
    // Her token is good still: the issuer knows nothing of the roster.
    let events = "/v1/companies/northwind/events";
    let again = client.ask("GET", events, &of("ana"), "").await;
    again.problem(403, "forbidden");
    // Whoever stays hears that she left.
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains("ana") {
        let read = timeout(Duration::from_secs(60), ben.read_buf(&mut heard)).await;
        assert!(read.expect("in time").expect("no reset") > 0, "it goes on");
    }
}

#[tokio::test]
async fn whoever_follows_the_feed_is_cut_off_when_their_token_is_over() {
    let vouched = crate::access::Vouched {
        id: "oidc:x|y".to_owned(),
        name: "y".to_owned(),
        standing: super::matrix::standing(Some("northwind"), Role::Operator),
        until: Some(Timestamp::now()),
    };
    let access = crate::access::Access::default();
    let stands = |vouched: &crate::access::Vouched| {
        access.stands(&crate::access::Caller::Vouched(Arc::new(vouched.clone())))
    };
    assert!(!stands(&vouched));
    let longer = crate::access::Vouched {
        until: Some(Timestamp::MAX),
        ..vouched
    };
    assert!(stands(&longer));
}
