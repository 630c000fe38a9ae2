//! Access tokens by a JSON Web Token (RFC 7519) that a private key of the company signs: the
//! token itself, or what is exchanged for one (RFC 7523).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use ring::digest::{Context, SHA256};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde::Serialize;
use zeroize::Zeroizing;

use super::oauth::read_answer;
use super::{AccessToken, NewToken, TOKEN_MARGIN, TokenProvider, TokenRequest};
use crate::outcome::Response;
use crate::poll::{PollFailure, PollFailureKind};
use crate::secret::{Secret, SecretError};

/// A token counts from so long ago: the provider's clock may be behind.
const BACK: Duration = Duration::from_secs(60);
/// How long an assertion counts. It is used at once.
const ASSERTION_LIFE: Duration = Duration::from_secs(3_600);
/// Grant of RFC 7523, 2.1, encoded.
const GRANT: &str = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
/// Longest key as text.
const KEY_BYTES: usize = 16 << 10;

/// A private key that signs tokens. `Debug` hides it.
#[derive(Clone)]
pub struct SigningKey(Arc<KeyPair>);

enum KeyPair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
}

impl SigningKey {
    /// An RSA key of at least 2,048 bits, which signs by `RS256`, as PEM (PKCS #8).
    ///
    /// # Errors
    /// [`SecretError::Form`].
    pub fn rs256(pem: &[u8]) -> Result<SigningKey, SecretError> {
        let key = RsaKeyPair::from_pkcs8(&document_of(pem)?);
        let key = key.map_err(|_| {
            SecretError::Form("must have an RSA private key of at least 2048 bits (PKCS #8)")
        })?;
        Ok(SigningKey(Arc::new(KeyPair::Rsa(key))))
    }

    /// A key on the curve P-256, which signs by `ES256`, as PEM (PKCS #8).
    ///
    /// # Errors
    /// [`SecretError::Form`].
    pub fn es256(pem: &[u8]) -> Result<SigningKey, SecretError> {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let key = EcdsaKeyPair::from_pkcs8(algorithm, &document_of(pem)?, &SystemRandom::new());
        let key = key
            .map_err(|_| SecretError::Form("must be a private key on the curve P-256 (PKCS #8)"))?;
        Ok(SigningKey(Arc::new(KeyPair::P256(key))))
    }

    fn algorithm(&self) -> &'static str {
        match &*self.0 {
            KeyPair::Rsa(_) => "RS256",
            KeyPair::P256(_) => "ES256",
        }
    }

    fn public_key(&self) -> &[u8] {
        match &*self.0 {
            KeyPair::Rsa(key) => key.public_key().as_ref(),
            KeyPair::P256(key) => key.public_key().as_ref(),
        }
    }

    /// The signature of a text; `None` if the machine gives no random numbers.
    fn sign(&self, text: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match &*self.0 {
            KeyPair::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                let signed = key.sign(&RSA_PKCS1_SHA256, &random, text, &mut signature);
                signed.ok().map(|()| signature)
            }
            KeyPair::P256(key) => {
                let signature = key.sign(&random, text).ok()?;
                Some(signature.as_ref().to_vec())
            }
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// The document in a PEM text. Line ends may be written as `\n`, as in a variable of one
/// line.
fn document_of(pem: &[u8]) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let form = SecretError::Form(
        "must be a private key in PEM, from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----",
    );
    let text = std::str::from_utf8(pem).ok();
    let text = text.filter(|text| text.len() <= KEY_BYTES).ok_or(form)?;
    let (_, after) = text.split_once("-----BEGIN PRIVATE KEY-----").ok_or(form)?;
    let (inside, _) = after.split_once("-----END PRIVATE KEY-----").ok_or(form)?;
    let inside = Zeroizing::new(inside.replace("\\n", ""));
    let mut digits = Zeroizing::new(String::with_capacity(inside.len()));
    digits.extend(inside.chars().filter(|letter| !letter.is_whitespace()));
    let document = BASE64_STANDARD.decode(digits.as_bytes());
    document.map(Zeroizing::new).map_err(|_| form)
}

/// What a signed token is good for.
#[derive(Clone, Debug)]
pub enum JwtUse {
    /// It is the access token, for so long. The provider has a limit.
    AccessToken(Duration),
    /// It is sent to a token endpoint, which answers with an access token.
    Assertion {
        /// URL of the token endpoint.
        url: String,
        /// Name of the setting that has the URL, for errors.
        url_setting: &'static str,
    },
}

/// Access tokens by a signed token. `Debug` shows neither key nor issuer.
#[derive(Clone)]
pub struct SignedJwt {
    /// The key.
    pub key: SigningKey,
    /// The provider's id of the key (`kid`).
    pub key_id: Option<String>,
    /// Who signs (`iss`).
    pub issuer: String,
    /// For whom (`aud`).
    pub audience: String,
    /// Rights to ask for (`scope`).
    pub scope: Option<&'static str>,
    /// What it is good for.
    pub purpose: JwtUse,
}

impl fmt::Debug for SignedJwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedJwt")
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    typ: &'static str,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    aud: &'a str,
    iat: i64,
    exp: i64,
}

impl SignedJwt {
    /// The token, which counts from [`BACK`] before now for `life`.
    fn token(&self, now: Timestamp, life: Duration) -> Option<Zeroizing<String>> {
        let back = SignedDuration::try_from(BACK).ok()?;
        let from = now.checked_sub(back).ok()?.as_second();
        let header = Header {
            alg: self.key.algorithm(),
            kid: self.key_id.as_deref(),
            typ: "JWT",
        };
        let claims = Claims {
            iss: &self.issuer,
            scope: self.scope,
            aud: &self.audience,
            iat: from,
            exp: from.checked_add(i64::try_from(life.as_secs()).ok()?)?,
        };
        let encoded = |part: serde_json::Result<Vec<u8>>| {
            let part = part.ok()?;
            Some(BASE64_URL_SAFE_NO_PAD.encode(part))
        };
        let header = encoded(serde_json::to_vec(&header))?;
        let claims = encoded(serde_json::to_vec(&claims))?;
        let mut token = Zeroizing::new(format!("{header}.{claims}"));
        let signature = self.key.sign(token.as_bytes())?;
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Some(token)
    }
}

impl TokenProvider for SignedJwt {
    fn request(&self, _kept: Option<&[u8]>, now: Timestamp) -> TokenRequest {
        let life = match self.purpose {
            JwtUse::AccessToken(life) => life,
            JwtUse::Assertion { .. } => ASSERTION_LIFE,
        };
        let Some(token) = self.token(now, life) else {
            let problem = "the host cannot sign a token";
            return TokenRequest::Impossible(PollFailure::new(
                PollFailureKind::Unavailable,
                problem,
            ));
        };
        match &self.purpose {
            JwtUse::AccessToken(life) => match Secret::new(token.as_bytes()) {
                Ok(token) => TokenRequest::Made(NewToken {
                    access: AccessToken {
                        token,
                        life: life.saturating_sub(BACK + TOKEN_MARGIN),
                    },
                    keep: None,
                }),
                Err(_) => TokenRequest::Impossible(not_exchanged()),
            },
            JwtUse::Assertion { url, .. } => TokenRequest::Post {
                url: url.clone(),
                headers: Vec::new(),
                content_type: "application/x-www-form-urlencoded",
                // What a token has, a form keeps as it is.
                body: Zeroizing::new(
                    format!("grant_type={GRANT}&assertion={}", *token).into_bytes(),
                ),
            },
        }
    }

    fn read(&self, response: &Response<'_>) -> Result<NewToken, PollFailure> {
        match &self.purpose {
            JwtUse::AccessToken(_) => Err(not_exchanged()),
            JwtUse::Assertion { url_setting, .. } => Ok(NewToken {
                access: read_answer(response, url_setting)?.0,
                keep: None,
            }),
        }
    }

    fn identity(&self) -> [u8; 32] {
        let mut digest = Context::new(&SHA256);
        let url = match &self.purpose {
            JwtUse::AccessToken(_) => "",
            JwtUse::Assertion { url, .. } => url,
        };
        let parts = [url, &self.issuer, &self.audience].map(str::as_bytes);
        for part in parts.into_iter().chain([self.key.public_key()]) {
            digest.update(&(part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let mut identity = [0; 32];
        identity.copy_from_slice(digest.finish().as_ref());
        identity
    }
}

fn not_exchanged() -> PollFailure {
    PollFailure::new(
        PollFailureKind::Unavailable,
        "the token is not exchanged for another one",
    )
}
