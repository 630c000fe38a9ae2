//! Tokens that a private key signs.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use patchbay_adapter::poll::PollFailureKind;
use patchbay_adapter::token::{JwtUse, SignedJwt, SigningKey, TokenProvider, TokenRequest};
use patchbay_adapter::{Response, SecretError};
use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};

const RS256: &str = include_str!("keys/rs256.pem");
const ES256: &str = include_str!("keys/es256.pem");
const URL: &str = "https://oauth2.googleapis.com/token";

fn assertion() -> SignedJwt {
    SignedJwt {
        key: SigningKey::rs256(RS256.as_bytes()).expect("a key"),
        key_id: Some("0a1b".to_owned()),
        issuer: "care@northwind.iam.gserviceaccount.com".to_owned(),
        audience: URL.to_owned(),
        scope: Some("https://www.googleapis.com/auth/androidpublisher"),
        purpose: JwtUse::Assertion {
            url: URL.to_owned(),
            url_setting: "token-url",
        },
    }
}

fn access_token() -> SignedJwt {
    SignedJwt {
        key: SigningKey::es256(ES256.as_bytes()).expect("a key"),
        key_id: Some("2X9R4HXF34".to_owned()),
        issuer: "57246542-96fe-1a63-e053-0824d011072a".to_owned(),
        audience: "appstoreconnect-v1".to_owned(),
        scope: None,
        purpose: JwtUse::AccessToken(Duration::from_secs(1_200)),
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_772_532_000).expect("a time")
}

/// Header and claims of a token.
fn parts(token: &str) -> [Value; 2] {
    let mut parts = token.split('.').map(|part| {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64url");
        serde_json::from_slice(&bytes).unwrap_or_default()
    });
    [
        parts.next().expect("a header"),
        parts.next().expect("claims"),
    ]
}

/// The public key of a key in tests, from `openssl pkey -pubout`.
fn check(algorithm: &'static dyn ring::signature::VerificationAlgorithm, key: &str, token: &str) {
    let public: String = key
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect();
    let public: Vec<u8> = (0..public.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&public[at..at + 2], 16).expect("hexadecimal"))
        .collect();
    let (message, signature) = token.rsplit_once('.').expect("a signature");
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    let key = UnparsedPublicKey::new(algorithm, public);
    key.verify(message.as_bytes(), &signature).expect("signed");
}

#[test]
fn an_assertion_is_exchanged_for_an_access_token() {
    let TokenRequest::Post {
        url,
        headers,
        content_type,
        body,
    } = assertion().request(None, now())
    else {
        panic!("a request");
    };
    assert_eq!(url, URL);
    assert!(headers.is_empty());
    assert_eq!(content_type, "application/x-www-form-urlencoded");
    let body = std::str::from_utf8(&body).expect("ASCII");
    let token = body
        .strip_prefix("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=")
        .expect("the grant");
    let [header, claims] = parts(token);
    assert_eq!(header, json!({"alg": "RS256", "kid": "0a1b", "typ": "JWT"}));
    let expected = json!({
        "iss": "care@northwind.iam.gserviceaccount.com",
        "scope": "https://www.googleapis.com/auth/androidpublisher",
        "aud": URL,
        "iat": 1_772_531_940,
        "exp": 1_772_535_540,
    });
    assert_eq!(claims, expected);
    check(
        &RSA_PKCS1_2048_8192_SHA256,
        include_str!("keys/rs256.public.hex"),
        token,
    );
    // Signatures of RSA are the same each time: this one is by `openssl dgst -sha256 -sign`.
    let signature = token.rsplit('.').next().expect("a signature");
    assert_eq!(signature, include_str!("keys/rs256.signature").trim());
}

#[test]
fn an_access_token_is_made_here_and_ends_before_the_providers_limit() {
    let TokenRequest::Made(new) = access_token().request(None, now()) else {
        panic!("a token");
    };
    let token = std::str::from_utf8(new.access.token.expose()).expect("ASCII");
    let [header, claims] = parts(token);
    assert_eq!(
        header,
        json!({"alg": "ES256", "kid": "2X9R4HXF34", "typ": "JWT"})
    );
    let expected = json!({
        "iss": "57246542-96fe-1a63-e053-0824d011072a",
        "aud": "appstoreconnect-v1",
        "iat": 1_772_531_940,
        "exp": 1_772_533_140,
    });
    assert_eq!(claims, expected);
    check(
        &ECDSA_P256_SHA256_FIXED,
        include_str!("keys/es256.public.hex"),
        token,
    );
    // A minute back, two minutes of margin.
    assert_eq!(new.access.life, Duration::from_secs(1_020));
    assert!(new.keep.is_none());
}

#[test]
fn an_answer_has_the_token_or_says_why_not() {
    let read = |status, body: &str| {
        assertion().read(&Response {
            status,
            headers: [("retry-after", &b"7"[..])].into_iter().collect(),
            body: body.as_bytes(),
            at: now(),
        })
    };
    let body = r#"{"access_token":"ya29.a","expires_in":3599,"token_type":"Bearer"}"#;
    let token = read(200, body).expect("a token");
    assert_eq!(token.access.token.expose(), b"ya29.a");
    assert_eq!(token.access.life.as_secs(), 3_479);
    assert!(token.keep.is_none());
    for (status, body, kind, part) in [
        (
            400,
            r#"{"error":"invalid_grant","error_description":"Invalid grant: account not found"}"#,
            PollFailureKind::Unauthorised,
            "(invalid_grant)",
        ),
        (403, "<html>", PollFailureKind::Unauthorised, "access token"),
        (429, "", PollFailureKind::Limited, "too many"),
        (500, "", PollFailureKind::Unavailable, "http 500"),
        (200, "{}", PollFailureKind::Unavailable, "check `token-url`"),
    ] {
        let failure = read(status, body).expect_err("refused");
        assert_eq!(failure.kind, kind, "{status}");
        assert!(failure.problem.contains(part), "{failure}");
        assert!(!failure.problem.contains("account"), "{failure}");
    }
    let answer = Response {
        status: 200,
        headers: Default::default(),
        body: body.as_bytes(),
        at: now(),
    };
    assert!(access_token().read(&answer).is_err());
}

#[test]
fn another_key_or_issuer_is_another_identity() {
    let one = assertion();
    assert_eq!(one.identity(), assertion().identity());
    let other_issuer = SignedJwt {
        issuer: "other".to_owned(),
        ..assertion()
    };
    let other_key = SignedJwt {
        key: access_token().key,
        ..assertion()
    };
    for other in [other_issuer, other_key] {
        assert_ne!(other.identity(), one.identity());
    }
}

#[test]
fn a_key_has_its_form_and_debug_output_hides_it() {
    let one_line = RS256.replace('\n', "\\n");
    assert!(SigningKey::rs256(one_line.as_bytes()).is_ok());
    assert!(SigningKey::es256(format!("\n {ES256} \n").as_bytes()).is_ok());
    let public = RS256.replace("PRIVATE", "PUBLIC");
    let half = RS256.split_at(RS256.len() / 2).0;
    let broken = RS256.replacen("MII", "MI!", 1);
    let shorter = RS256.replacen("MII", "MIA", 1);
    let long = format!("{RS256}{}", " ".repeat(20_000));
    for text in [
        "", "hush", &public, half, &broken, &shorter, &long, ES256, "\u{e9}",
    ] {
        let Err(SecretError::Form(problem)) = SigningKey::rs256(text.as_bytes()) else {
            panic!("{text}");
        };
        assert!(problem.starts_with("must "), "{problem}");
    }
    assert!(SigningKey::es256(RS256.as_bytes()).is_err());
    assert!(SigningKey::es256(b"\xff").is_err());
    let shown = format!("{:?} {:?}", assertion().key, access_token());
    assert_eq!(
        shown,
        "SigningKey(…) SignedJwt { audience: \"appstoreconnect-v1\", .. }"
    );
}
