//! An OpenID Connect issuer on this machine, for tests.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use patchbay_access::oidc::IssuerCacheTimes;
use patchbay_config::duration::Seconds;
use patchbay_outbound::egress::{Egress, EgressSettings};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::settings::{Algorithm, OidcSettings};

/// The host's view of the issuer.
pub(super) use patchbay_access::oidc::Issuer as Verifier;

/// A key pair of the issuer.
pub(super) struct Pair {
    id: &'static str,
    pub(super) keys: EcdsaKeyPair,
}

impl Pair {
    pub(super) fn new(id: &'static str) -> Pair {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let keys = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random);
        Pair {
            id,
            keys: keys.expect("a key"),
        }
    }

    pub(super) fn public(&self) -> Value {
        let point = self.keys.public_key().as_ref();
        json!({"kty": "EC", "crv": "P-256", "kid": self.id,
            "x": coded(&point[1..33]), "y": coded(&point[33..])})
    }

    pub(super) fn signed(&self, claims: &Value) -> String {
        self.signed_as(&json!({"alg": "ES256", "kid": self.id}), claims)
    }

    pub(super) fn signed_as(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let signature = self.keys.sign(&SystemRandom::new(), message.as_bytes());
        format!("{message}.{}", coded(signature.expect("signed").as_ref()))
    }
}

pub(super) fn coded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn message(header: &Value, claims: &Value) -> String {
    format!(
        "{}.{}",
        coded(header.to_string()),
        coded(claims.to_string())
    )
}

/// An issuer on this machine.
#[derive(Clone)]
pub(super) struct Issuer {
    pub(super) url: String,
    keys: Arc<Mutex<Value>>,
    /// Its document says this besides.
    more: Arc<Mutex<Value>>,
    /// What it answers instead while it is broken.
    ill: Arc<Mutex<Option<String>>>,
    /// Whether it reads requests and answers none.
    silent: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
    /// What its token endpoint answers.
    tokens: Arc<Mutex<(u16, Value)>>,
    /// Requests to its token endpoint.
    exchanges: Arc<Mutex<Vec<String>>>,
    /// What its UserInfo endpoint answers; absent: it reads requests and answers none.
    userinfo: Arc<Mutex<Option<String>>>,
    /// Requests to its UserInfo endpoint.
    userinfo_requests: Arc<Mutex<Vec<String>>>,
}

impl Issuer {
    pub(super) async fn start(keys: &[&Pair]) -> Issuer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let issuer = Issuer {
            url: format!("http://{address}/realm"),
            keys: Arc::default(),
            more: Arc::new(Mutex::new(json!({}))),
            ill: Arc::default(),
            silent: Arc::default(),
            asked: Arc::default(),
            tokens: Arc::new(Mutex::new((400, json!({"error": "invalid_grant"})))),
            exchanges: Arc::default(),
            userinfo: Arc::default(),
            userinfo_requests: Arc::default(),
        };
        issuer.has(keys);
        let serving = issuer.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        issuer
    }

    async fn serve(self, mut stream: TcpStream) {
        let mut bytes = Vec::new();
        let request = loop {
            if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                return;
            }
            let text = String::from_utf8_lossy(&bytes);
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.parse().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                break text.into_owned();
            }
        };
        if self.silent.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let Some(answer) = self.answer(&request) else {
            return std::future::pending().await;
        };
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
    }

    pub(super) fn has(&self, keys: &[&Pair]) {
        let keys: Vec<_> = keys.iter().map(|pair| pair.public()).collect();
        self.publishes(json!({"keys": keys}));
    }

    pub(super) fn publishes(&self, keys: Value) {
        *self.keys.lock().expect("no panic") = keys;
    }

    /// Adds to its document, or takes away with `null`.
    pub(super) fn documents(&self, more: Value) {
        *self.more.lock().expect("no panic") = more;
    }

    pub(super) fn is_ill(&self, answer: Option<&str>) {
        *self.ill.lock().expect("no panic") = answer.map(str::to_owned);
    }

    pub(super) fn is_silent(&self) {
        self.silent.store(true, Ordering::SeqCst);
    }

    /// How often its document was read.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub(super) fn gives(&self, status: u16, tokens: Value) {
        *self.tokens.lock().expect("no panic") = (status, tokens);
    }

    /// The requests to its token endpoint.
    pub(super) fn exchanges(&self) -> Vec<String> {
        self.exchanges.lock().expect("no panic").clone()
    }

    /// Names a UserInfo endpoint in its document, which gives these claims.
    pub(super) fn has_userinfo(&self, claims: &Value) {
        self.documents(json!({"userinfo_endpoint": format!("{}/me", self.url)}));
        self.answers_userinfo(Some(&http(200, "application/json", &claims.to_string())));
    }

    /// Changes the whole answer of its UserInfo endpoint.
    pub(super) fn answers_userinfo(&self, answer: Option<&str>) {
        *self.userinfo.lock().expect("no panic") = answer.map(str::to_owned);
    }

    /// The requests to its UserInfo endpoint.
    pub(super) fn userinfo_requests(&self) -> Vec<String> {
        self.userinfo_requests.lock().expect("no panic").clone()
    }

    fn answer(&self, request: &str) -> Option<String> {
        let ill = self.ill.lock().expect("no panic").clone();
        if ill.is_some() {
            return ill;
        }
        let path = request.split(' ').nth(1).unwrap_or_default();
        let (status, body) = match path {
            "/realm/.well-known/openid-configuration" => {
                self.asked.fetch_add(1, Ordering::SeqCst);
                (200, self.document())
            }
            "/realm/keys" => (200, self.keys.lock().expect("no panic").clone()),
            "/realm/token" => {
                let mut exchanges = self.exchanges.lock().expect("no panic");
                exchanges.push(request.to_owned());
                self.tokens.lock().expect("no panic").clone()
            }
            "/realm/me" => {
                let mut requests = self.userinfo_requests.lock().expect("no panic");
                requests.push(request.to_owned());
                return self.userinfo.lock().expect("no panic").clone();
            }
            _ => (404, json!({})),
        };
        Some(http(status, "application/json", &body.to_string()))
    }

    fn document(&self) -> Value {
        let mut document = json!({"issuer": self.url, "jwks_uri": format!("{}/keys", self.url),
            "authorization_endpoint": format!("{}/auth?kc=1", self.url),
            "token_endpoint": format!("{}/token", self.url)});
        let more = self.more.lock().expect("no panic");
        for (name, value) in more.as_object().expect("an object") {
            document[name] = value.clone();
        }
        document
    }

    pub(super) fn settings(&self) -> OidcSettings {
        OidcSettings {
            issuer: self.url.clone(),
            audiences: vec!["patchbay".to_owned()],
            algorithms: Algorithm::ALL.into(),
            clock_skew: Seconds(60),
            role_claim: Some("role".to_owned()),
            company_claim: Some("company".to_owned()),
            agent_claim: Some("agent".to_owned()),
            grants: Vec::new(),
            sign_in: None,
        }
    }

    pub(super) fn verifier(&self, settings: OidcSettings, times: IssuerCacheTimes) -> Verifier {
        Verifier::new(settings, Egress::new(here()), times)
    }

    pub(super) fn claims(&self, change: impl FnOnce(&mut Value)) -> Value {
        let mut claims = json!({"iss": self.url, "aud": "patchbay", "sub": "olga",
            "exp": now() + 300, "iat": now(), "role": "operator", "company": "northwind"});
        change(&mut claims);
        claims
    }
}

/// A whole HTTP answer.
pub(super) fn http(status: u16, kind: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Answer\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

pub(super) fn now() -> i64 {
    Timestamp::now().as_second()
}

pub(super) fn here() -> EgressSettings {
    EgressSettings {
        allow: vec!["127.0.0.0/8".parse().expect("a range")],
        ..EgressSettings::default()
    }
}
