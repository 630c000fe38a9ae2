//! Bearer tokens of a local issuer: valid ones, and every kind of invalid one.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use patchbay_access::oidc::{IssuerCacheTimes, TokenError};
use patchbay_access::{AccessControl, Caller, ExternalIdentity};
use patchbay_model::access::Role;
use patchbay_outbound::egress::{Egress, EgressSettings};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use super::Running;
use super::access::{ends, follow};
use super::client::Answer;
use super::issuer::{Issuer, Pair, Verifier, coded, here, message, now};
use crate::settings::{Algorithm, Grant, JournalSettings, OidcSettings};

/// Requests the keys whenever one is missing.
const EAGER: IssuerCacheTimes = IssuerCacheTimes {
    fresh: Duration::from_secs(3_600),
    stale: Duration::from_secs(86_400),
    interval: Duration::ZERO,
};

async fn refused(verifier: &Verifier, token: &str) -> TokenError {
    verifier.verify(token).await.expect_err("refused")
}

#[tokio::test]
async fn a_valid_token_gives_an_identity() {
    let pair = Pair::new("a");
    let issuer = Issuer::start(&[&pair]).await;
    let verifier = issuer.verifier(issuer.settings(), EAGER);
    let identity = verifier.verify(&pair.signed(&issuer.claims(|_| {}))).await;
    let identity = identity.expect("taken");
    assert_eq!(identity.id, format!("oidc:{}|olga", issuer.url));
    assert_eq!(identity.name, "olga");
    assert_eq!(identity.standing.role, Role::Operator);
    assert_eq!(identity.standing.company.as_deref(), Some("northwind"));
    let several = issuer.claims(|claims| claims["aud"] = json!(["x", "patchbay"]));
    assert!(verifier.verify(&pair.signed(&several)).await.is_ok());
    let host = issuer.claims(|claims| claims["company"] = json!("*"));
    let host = verifier.verify(&pair.signed(&host)).await.expect("taken");
    assert_eq!(host.standing.company, None);
    assert_eq!(issuer.asked(), 1, "its keys are kept");
}

#[tokio::test]
async fn an_ed25519_key_signs_too() {
    let issuer = Issuer::start(&[]).await;
    let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
    let keys = Ed25519KeyPair::from_pkcs8(document.as_ref()).expect("a key");
    let public = json!({"kty": "OKP", "crv": "Ed25519", "kid": "e", "x": coded(keys.public_key())});
    issuer.publishes(json!({"keys": [public]}));
    let verifier = issuer.verifier(issuer.settings(), EAGER);
    let message = message(&json!({"alg": "EdDSA", "kid": "e"}), &issuer.claims(|_| {}));
    let token = format!("{message}.{}", coded(keys.sign(message.as_bytes())));
    assert!(verifier.verify(&token).await.is_ok());
    let only = OidcSettings {
        algorithms: [Algorithm::Rs256].into(),
        ..issuer.settings()
    };
    let verifier = issuer.verifier(only, EAGER);
    assert_eq!(refused(&verifier, &token).await, TokenError::Algorithm);
}

#[tokio::test]
async fn every_invalid_token_is_refused_with_its_reason() {
    let pair = Pair::new("a");
    let issuer = Issuer::start(&[&pair]).await;
    let verifier = issuer.verifier(issuer.settings(), EAGER);
    let with = |name: &'static str, value: Value| {
        pair.signed(&issuer.claims(|claims| claims[name] = value))
    };
    for (token, why) in [
        (
            with("iss", json!("https://other.example")),
            TokenError::Issuer,
        ),
        (
            with("iss", json!(format!("{}/", issuer.url))),
            TokenError::Issuer,
        ),
        (with("aud", json!("other")), TokenError::Audience),
        (with("aud", json!(["other"])), TokenError::Audience),
        (with("aud", json!({"patchbay": 1})), TokenError::Audience),
        (with("exp", json!(now() - 61)), TokenError::Expired),
        (with("exp", json!("soon")), TokenError::Claim("exp")),
        (with("exp", json!(1e300)), TokenError::Claim("exp")),
        (with("nbf", json!(now() + 120)), TokenError::NotYet),
        (with("iat", json!(now() + 120)), TokenError::NotYet),
        (with("sub", json!("")), TokenError::Claim("sub")),
        (with("sub", json!("a\u{1b}[2J")), TokenError::Claim("sub")),
        (
            with("sub", json!("x".repeat(300))),
            TokenError::Claim("sub"),
        ),
    ] {
        assert_eq!(refused(&verifier, &token).await, why);
    }
    // Small differences of clocks are tolerated.
    assert!(
        verifier
            .verify(&with("exp", json!(now() - 30)))
            .await
            .is_ok()
    );
    assert!(
        verifier
            .verify(&with("nbf", json!(now() + 30)))
            .await
            .is_ok()
    );
    for name in ["exp", "sub"] {
        let claims = issuer.claims(|claims| {
            claims.as_object_mut().expect("claims").remove(name);
        });
        assert_eq!(
            refused(&verifier, &pair.signed(&claims)).await,
            TokenError::Claim(name)
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
            matches!(refusal, TokenError::TokenScope(_)),
            "{name} {value}: {refusal}"
        );
    }
    // Only operators and auditors can be for the whole host.
    let claims = issuer.claims(|claims| {
        claims["role"] = json!("supervisor");
        claims["company"] = json!("*");
    });
    let refusal = refused(&verifier, &pair.signed(&claims)).await;
    assert!(matches!(refusal, TokenError::TokenScope(_)), "{refusal}");
}

#[tokio::test]
async fn no_other_algorithm_passes_for_the_issuers() {
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
                matches!(refusal, TokenError::Algorithm | TokenError::Malformed(_)),
                "{token}: {refusal}"
            );
        }
    }
    // The issuer's public key used as a shared secret.
    let public = pair.keys.public_key().as_ref();
    for secret in [public, pair.public().to_string().as_bytes()] {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
        for alg in ["HS256", "ES256"] {
            let message = message(&json!({"alg": alg, "kid": "a"}), &claims);
            let tag = ring::hmac::sign(&key, message.as_bytes());
            let refusal = refused(&verifier, &format!("{message}.{}", coded(tag))).await;
            let wanted = match alg {
                "HS256" => TokenError::Algorithm,
                _ => TokenError::Signature,
            };
            assert_eq!(refusal, wanted);
        }
    }
    // Another key under the issuer's key id.
    let forger = Pair::new("a");
    assert_eq!(
        refused(&verifier, &forger.signed(&claims)).await,
        TokenError::Signature
    );
    // A key inside the token is not the issuer's.
    let header = json!({"alg": "ES256", "kid": "a", "jwk": forger.public()});
    let token = forger.signed_as(&header, &claims);
    assert_eq!(refused(&verifier, &token).await, TokenError::Signature);
    let other = pair.signed_as(&json!({"alg": "RS256", "kid": "a"}), &claims);
    assert_eq!(refused(&verifier, &other).await, TokenError::UnknownKey);
    assert_eq!(
        refused(&verifier, &"x".repeat(20_000)).await,
        TokenError::Malformed("longer than 16 KiB")
    );
    assert!(verifier.verify(&good).await.is_ok());
}

#[tokio::test]
async fn keys_are_refreshed_when_one_is_missing_but_not_too_often() {
    let (old, new) = (Pair::new("old"), Pair::new("new"));
    let issuer = Issuer::start(&[&old]).await;
    let claims = issuer.claims(|_| {});
    let verifier = issuer.verifier(issuer.settings(), EAGER);
    assert!(verifier.verify(&old.signed(&claims)).await.is_ok());
    issuer.has(&[&new]);
    assert!(
        verifier.verify(&new.signed(&claims)).await.is_ok(),
        "it has changed its keys"
    );
    assert_eq!(
        refused(&verifier, &old.signed(&claims)).await,
        TokenError::UnknownKey
    );
    // Unknown keys do not cause a request each time.
    let seldom = IssuerCacheTimes {
        interval: Duration::from_secs(86_400),
        ..EAGER
    };
    let verifier = issuer.verifier(issuer.settings(), seldom);
    assert!(verifier.verify(&new.signed(&claims)).await.is_ok());
    let asked = issuer.asked();
    for _ in 0..20 {
        let unknown = new.signed_as(&json!({"alg": "ES256", "kid": "zoe"}), &claims);
        assert_eq!(refused(&verifier, &unknown).await, TokenError::UnknownKey);
    }
    assert_eq!(issuer.asked(), asked);
    // A token without `kid` gets the only key, and none of two.
    let unnamed = new.signed_as(&json!({"alg": "ES256"}), &claims);
    assert!(verifier.verify(&unnamed).await.is_ok());
    issuer.has(&[&old, &new]);
    let verifier = issuer.verifier(issuer.settings(), EAGER);
    assert_eq!(refused(&verifier, &unnamed).await, TokenError::UnknownKey);
}

#[tokio::test]
async fn cached_keys_stay_valid_while_the_issuer_is_unreachable() {
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
        assert!(known.verify(&pair.signed(&claims)).await.is_ok());
        issuer.is_ill(Some(ill));
        let unknown = pair.signed_as(&json!({"alg": "ES256", "kid": "zoe"}), &claims);
        assert_eq!(refused(&known, &unknown).await, TokenError::UnknownKey);
        assert!(known.verify(&pair.signed(&claims)).await.is_ok(), "{ill}");
        // A cache that never had keys has none.
        let fresh = issuer.verifier(issuer.settings(), EAGER);
        let refusal = refused(&fresh, &pair.signed(&claims)).await;
        assert!(matches!(refusal, TokenError::NoKeys(_)), "{ill}: {refusal}");
        issuer.is_ill(None);
        assert!(
            fresh.verify(&pair.signed(&claims)).await.is_ok(),
            "it is back"
        );
    }
    // Stale keys are not used.
    let strict = IssuerCacheTimes {
        stale: Duration::ZERO,
        ..EAGER
    };
    let verifier = issuer.verifier(issuer.settings(), strict);
    assert!(verifier.verify(&pair.signed(&claims)).await.is_err());
}

#[tokio::test]
async fn an_issuer_with_a_wrong_name_or_an_endless_answer_has_no_keys() {
    let pair = Pair::new("a");
    let issuer = Issuer::start(&[&pair]).await;
    let settings = OidcSettings {
        issuer: format!("{}/", issuer.url),
        ..issuer.settings()
    };
    let verifier = issuer.verifier(settings, EAGER);
    let refusal = refused(&verifier, &pair.signed(&issuer.claims(|_| {}))).await;
    assert!(
        refusal.to_string().contains("must be exactly that"),
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
    // The egress rules apply to the issuer too.
    let verifier = Verifier::new(
        issuer.settings(),
        Egress::new(EgressSettings::default()),
        EAGER,
    );
    let refusal = refused(&verifier, &pair.signed(&issuer.claims(|_| {}))).await;
    assert!(refusal.to_string().contains("this machine"), "{refusal}");
}

#[tokio::test]
async fn a_grant_matches_nested_and_dotted_claims() {
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
        verifier.verify(&pair.signed(&claims)).await
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
    assert!(
        matches!(nobody, Err(TokenError::TokenScope(_))),
        "whose agent"
    );
    let nothing = check(&|_| {}).await;
    assert!(
        matches!(nothing, Err(TokenError::TokenScope(_))),
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
async fn an_issuers_token_gives_company_role_and_agent() {
    let pair = Pair::new("a");
    let issuer = Issuer::start(&[&pair]).await;
    let (server, _place) = at(&issuer).await;
    let queues = "/v1/companies/northwind/queues";
    // An issuer makes the host guarded without a token.
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
    // Her actions are recorded under the issuer's name for her.
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
    // The answer does not reveal why a token is refused.
    let expired = pair.signed(&issuer.claims(|claims| claims["exp"] = json!(now() - 600)));
    let forged = Pair::new("a").signed(&issuer.claims(|_| {}));
    let first = ask(&server, "GET", queues, &expired, "").await;
    let second = ask(&server, "GET", queues, &forged, "").await;
    assert_eq!(first.body, second.body);
    first.problem(401, "invalid-token");
    // The host's own tokens stay valid.
    let wrong = format!("pb_{}", "0".repeat(64));
    ask(&server, "GET", queues, &wrong, "")
        .await
        .problem(401, "invalid-token");
}

#[tokio::test]
async fn a_followed_feed_ends_when_the_agent_leaves_the_roster() {
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
    // Her token is still valid: the issuer does not know the roster.
    let events = "/v1/companies/northwind/events";
    let again = client.ask("GET", events, &of("ana"), "").await;
    again.problem(403, "forbidden");
    // The other agent's feed reports that she left.
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains("ana") {
        let read = timeout(Duration::from_secs(60), ben.read_buf(&mut heard)).await;
        assert!(read.expect("in time").expect("no reset") > 0, "it goes on");
    }
}

#[tokio::test]
async fn an_external_identity_expires() {
    let identity = ExternalIdentity {
        id: "oidc:x|y".to_owned(),
        name: "y".to_owned(),
        standing: super::matrix::standing(Some("northwind"), Role::Operator),
        until: Some(Timestamp::now()),
    };
    let access = AccessControl::default();
    let is_valid = |identity: &ExternalIdentity| {
        access.is_valid(&Caller::External(Arc::new(identity.clone())))
    };
    assert!(!is_valid(&identity));
    let longer = ExternalIdentity {
        until: Some(Timestamp::MAX),
        ..identity
    };
    assert!(is_valid(&longer));
}
