//! Access tokens that the host renews.

use jiff::Timestamp;
use patchbay_adapter::probe::ProbeRequest;
use patchbay_adapter::token::{TokenProvider, TokenRequest};
use patchbay_adapter::{
    Adapter, ConfigError, Credential, Reply, Response, SecretError, SecretStore, Secrets,
    TokenSource,
};

use super::{ACCOUNT, CONSUMER_SECRET, SUBJECT};
use crate::exchange::{reply, requests};

const CLIENT_ID: &str = "VTNrQS14bUhwMl83aU5adTd2NWM6MTpjaQ";

/// Opens with a client id and these secrets beside the consumer secret.
fn open(secrets: &[(&str, &str)]) -> Result<Box<dyn Adapter>, ConfigError> {
    let mut settings = super::settings();
    settings["client-id"] = CLIENT_ID.into();
    let mut config = SUBJECT.config(settings);
    config.secrets = SecretStore::default();
    for (role, secret) in secrets
        .iter()
        .chain(&[("consumer-secret", CONSUMER_SECRET)])
    {
        let secrets = Secrets::one(*secret).expect("a secret");
        config.secrets.insert(role, secrets);
    }
    (SUBJECT.kind().open)(&config)
}

fn source(adapter: &dyn Adapter) -> TokenSource {
    let post = Reply {
        in_reply_to: Some("20"),
        ..reply("x", ACCOUNT, "7", "Olá")
    };
    let direct = reply("x-direct", ACCOUNT, "7", "Olá");
    let credentials = [post, direct].map(|reply| {
        let requests = requests(adapter, &reply).expect("encoded");
        requests[0].credential.clone()
    });
    let [Credential::Token(source), Credential::Token(_)] = credentials else {
        panic!("{credentials:?}");
    };
    source
}

/// What gives a token: URL, authorization and body.
fn request(provider: &dyn TokenProvider, kept: Option<&[u8]>) -> (String, Option<String>, String) {
    let TokenRequest::Post {
        url,
        headers,
        content_type,
        body,
    } = provider.request(kept, Timestamp::UNIX_EPOCH)
    else {
        panic!("no request");
    };
    assert_eq!(content_type, "application/x-www-form-urlencoded");
    let mut headers = headers.into_iter();
    let login = headers.next().map(|(name, value)| {
        assert_eq!(name, "authorization");
        value.to_string()
    });
    assert!(headers.next().is_none());
    let body = String::from_utf8(body.to_vec()).expect("ASCII");
    (url, login, body)
}

/// The login is that of X: client id and client secret.
#[test]
fn a_confidential_client_logs_in_by_a_header() {
    let secrets = [
        ("refresh-token", "refresh-1"),
        ("client-secret", "open-sesame"),
    ];
    let source = source(&*open(&secrets).expect("valid"));
    let (url, login, body) = request(source.provider(), None);
    assert_eq!(url, "https://x.example/api/2/oauth2/token");
    let pair = base64::Engine::encode(
        &base64::prelude::BASE64_STANDARD,
        format!("{CLIENT_ID}:open-sesame"),
    );
    assert_eq!(login, Some(format!("Basic {pair}")));
    assert_eq!(
        body,
        format!("grant_type=refresh_token&refresh_token=refresh-1&client_id={CLIENT_ID}")
    );
}

#[test]
fn a_public_client_names_itself_in_the_body() {
    let source = source(&*open(&[("refresh-token", "refresh-1")]).expect("valid"));
    let (_, login, body) = request(source.provider(), None);
    assert_eq!(login, None);
    assert!(body.ends_with(&format!("&client_id={CLIENT_ID}")), "{body}");
}

/// X replaces the refresh token at each use: the first one is void from then on.
#[test]
fn the_newest_refresh_token_is_kept_and_used() {
    let source = source(&*open(&[("refresh-token", "refresh-1")]).expect("valid"));
    let body = br#"{"token_type":"bearer","expires_in":7200,"access_token":"access-2","scope":"tweet.read","refresh_token":"refresh-2"}"#;
    let token = source.provider().read(&Response {
        status: 200,
        headers: Default::default(),
        body,
        at: Timestamp::UNIX_EPOCH,
    });
    let token = token.expect("a token");
    assert_eq!(token.access.token.expose(), b"access-2");
    assert_eq!(token.access.life.as_secs(), 7_080);
    let kept = token.keep.expect("a new refresh token");
    let (_, _, body) = request(source.provider(), Some(&kept));
    assert!(body.contains("refresh_token=refresh-2&"), "{body}");
}

/// Nothing that is kept of one refresh token is used with another.
#[test]
fn another_secret_or_app_is_another_identity() {
    let identity = |token: &str| {
        let source = source(&*open(&[("refresh-token", token)]).expect("valid"));
        source.provider().identity()
    };
    assert_eq!(identity("refresh-1"), identity("refresh-1"));
    assert_ne!(identity("refresh-1"), identity("refresh-2"));
}

/// The answer has no secret in it that a log would show.
#[test]
fn a_refusal_to_renew_has_the_code_alone() {
    let source = source(&*open(&[("refresh-token", "refresh-1")]).expect("valid"));
    let failure = source.provider().read(&Response {
        status: 400,
        headers: Default::default(),
        body: br#"{"error":"invalid_grant","error_description":"Value refresh-1 was used"}"#,
        at: Timestamp::UNIX_EPOCH,
    });
    let failure = failure.expect_err("refused");
    assert_eq!(failure.kind.as_str(), "unauthorised");
    assert!(failure.problem.contains("invalid_grant"), "{failure}");
    assert!(!failure.problem.contains("refresh-1"), "{failure}");
    assert!(!format!("{source:?}").contains("refresh-1"));
}

#[test]
fn the_test_of_a_connection_asks_with_the_renewed_token() {
    let secrets = [("refresh-token", "refresh-1"), ("app-token", "app")];
    let probes = open(&secrets).expect("valid").probe();
    let credentials = probes.iter().map(|probe| match &probe.request {
        ProbeRequest::Get(query) => query.credential.clone(),
        other => panic!("{other:?}"),
    });
    let credentials: Vec<_> = credentials.collect();
    assert!(
        matches!(
            &credentials[..],
            [Some(Credential::Token(_)), Some(Credential::Bearer(_))]
        ),
        "{credentials:?}"
    );
}

#[test]
fn the_client_id_says_which_secret_is_needed() {
    for (given, missing) in [
        (&[("access-token", "hush")][..], Some("refresh-token")),
        (&[("client-secret", "hush")], Some("refresh-token")),
        (&[], Some("refresh-token")),
        (&[("refresh-token", "hush")], None),
    ] {
        let expected = missing.map(|role| ConfigError::Secret {
            role,
            problem: SecretError::Missing,
        });
        assert_eq!(open(given).err(), expected, "{given:?}");
    }
    // Without it, an access token.
    let mut config = SUBJECT.config(super::settings());
    config.secrets = SecretStore::default();
    for role in ["consumer-secret", "refresh-token", "client-secret"] {
        let secret = Secrets::one("hush").expect("a secret");
        config.secrets.insert(role, secret);
    }
    let expected = ConfigError::Secret {
        role: "access-token",
        problem: SecretError::Missing,
    };
    assert_eq!((SUBJECT.kind().open)(&config).err(), Some(expected));
}
