//! Signed tokens (RFC 7515, compact form) and their public keys (RFC 7517).
//!
//! Only three algorithms exist here, all with key pairs: `none` and shared
//! secrets cannot be expressed. A key has one algorithm; a token that names
//! another is refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::TokenError;
use crate::algorithm::Algorithm;

/// A public key of the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) id: Option<String>,
    public: Public,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Public {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    used: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Key {
    /// A key of a key set; none where it is for another purpose or algorithm.
    pub(super) fn from_jwk(value: Value) -> Option<Key> {
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        let bytes = |part: &Option<String>| URL_SAFE_NO_PAD.decode(part.as_ref()?).ok();
        let signs = jwk.used.as_deref().is_none_or(|used| used == "sig")
            && jwk
                .key_ops
                .is_none_or(|all| all.iter().any(|one| one == "verify"));
        let public = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => Public::Rsa {
                n: bytes(&jwk.n)?,
                e: bytes(&jwk.e)?,
            },
            ("EC", Some("P-256")) => {
                let (x, y) = (bytes(&jwk.x)?, bytes(&jwk.y)?);
                if (x.len(), y.len()) != (32, 32) {
                    return None;
                }
                Public::P256([&[4][..], &x, &y].concat())
            }
            ("OKP", Some("Ed25519")) => Public::Ed25519(bytes(&jwk.x)?),
            _ => return None,
        };
        let key = Key {
            id: jwk.kid,
            public,
        };
        let algorithm_fits = jwk
            .alg
            .is_none_or(|alg| Algorithm::parse(&alg) == Some(key.algorithm()));
        (signs && algorithm_fits).then_some(key)
    }

    /// The key's only algorithm.
    pub(super) fn algorithm(&self) -> Algorithm {
        match self.public {
            Public::Rsa { .. } => Algorithm::Rs256,
            Public::P256(_) => Algorithm::Es256,
            Public::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.public {
            Public::Rsa { n, e } => RsaPublicKeyComponents { n, e }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok(),
            Public::P256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                .verify(message, signature)
                .is_ok(),
            Public::Ed25519(point) => UnparsedPublicKey::new(&ED25519, point)
                .verify(message, signature)
                .is_ok(),
        }
    }
}

/// A parsed token. Nothing in it is trusted before the signature is verified.
pub(super) struct Jws<'t> {
    pub(super) algorithm: Algorithm,
    /// `kid`: id of the key that signed it.
    pub(super) key: Option<String>,
    signed: &'t str,
    payload: &'t str,
    signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

impl Jws<'_> {
    pub(super) fn parse(token: &str) -> Result<Jws<'_>, TokenError> {
        let not_three = TokenError::Malformed("not three parts separated by dots");
        let (signed, signature) = token.rsplit_once('.').ok_or(not_three.clone())?;
        let (header, payload) = signed.split_once('.').ok_or(not_three.clone())?;
        if payload.contains('.') {
            return Err(not_three);
        }
        let decoded = |part: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(part);
            bytes.map_err(|_| TokenError::Malformed("a part is not base64url"))
        };
        let header: Header = serde_json::from_slice(&decoded(header)?)
            .map_err(|_| TokenError::Malformed("the header is not a JSON object with `alg`"))?;
        if header.crit.is_some() {
            return Err(TokenError::Malformed(
                "`crit` requires unsupported extensions",
            ));
        }
        let is_token = header.typ.as_deref().is_none_or(|typ| {
            let plain = typ.strip_prefix("application/").unwrap_or(typ);
            ["jwt", "at+jwt"]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(plain))
        });
        if !is_token {
            return Err(TokenError::Malformed("`typ` is not JWT"));
        }
        Ok(Jws {
            algorithm: Algorithm::parse(&header.alg).ok_or(TokenError::Algorithm)?,
            key: header.kid,
            signed,
            payload,
            signature: decoded(signature)?,
        })
    }

    /// The claims, if this key signed them.
    pub(super) fn verified_claims(&self, key: &Key) -> Result<Map<String, Value>, TokenError> {
        if key.algorithm() != self.algorithm {
            return Err(TokenError::Algorithm);
        }
        if !key.verifies(self.signed.as_bytes(), &self.signature) {
            return Err(TokenError::Signature);
        }
        let claims = URL_SAFE_NO_PAD.decode(self.payload).ok();
        claims
            .and_then(|claims| serde_json::from_slice(&claims).ok())
            .ok_or(TokenError::Malformed("the claims are not a JSON object"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A token signed by another implementation, and its key.
    fn rs256() -> (Key, String) {
        let text = include_str!("rs256.json");
        let mut known: Value = serde_json::from_str(text).expect("JSON");
        let token = known["token"].as_str().expect("a token").to_owned();
        (Key::from_jwk(known["key"].take()).expect("a key"), token)
    }

    fn parsed(header: &Value) -> Result<Algorithm, TokenError> {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let token = format!("{}.{}.{}", part(&header.to_string()), part("{}"), part("x"));
        Jws::parse(&token).map(|jws| jws.algorithm)
    }

    #[test]
    fn an_rsa_signature_verifies_and_a_changed_token_does_not() {
        let (key, token) = rs256();
        let jws = Jws::parse(&token).expect("a token");
        let claims = jws.verified_claims(&key).expect("signed");
        assert_eq!(claims["sub"], "olga");
        let (head, rest) = token.split_once('.').expect("parts");
        let (_, signature) = rest.split_once('.').expect("parts");
        let forged = URL_SAFE_NO_PAD.encode(r#"{"sub":"eve"}"#);
        let forged = format!("{head}.{forged}.{signature}");
        let jws = Jws::parse(&forged).expect("it parses");
        assert_eq!(jws.verified_claims(&key), Err(TokenError::Signature));
        let last = &token[..token.len() - 6];
        let jws = Jws::parse(last).expect("it parses");
        assert_eq!(jws.verified_claims(&key), Err(TokenError::Signature));
    }

    #[test]
    fn only_key_pair_algorithms_are_accepted_and_no_extension() {
        assert_eq!(parsed(&json!({"alg": "ES256"})), Ok(Algorithm::Es256));
        for alg in [
            "none", "None", "HS256", "HS512", "RS1", "ES384", "", "es256",
        ] {
            assert_eq!(
                parsed(&json!({"alg": alg})),
                Err(TokenError::Algorithm),
                "{alg}"
            );
        }
        for header in [
            json!({}),
            json!({"alg": 1}),
            json!({"alg": "ES256", "crit": ["exp"]}),
            json!({"alg": "ES256", "typ": "logout+jwt"}),
        ] {
            let error = parsed(&header).expect_err("refused");
            assert!(
                matches!(error, TokenError::Malformed(_)),
                "{header}: {error}"
            );
        }
        for text in ["", ".", "..", "a.b", "a.b.c.d", "=.=.=", "e30.e30.é"] {
            assert!(Jws::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_key_has_one_algorithm() {
        let known: Value = serde_json::from_str(include_str!("rs256.json")).expect("JSON");
        let with = |name: &str, value: Value| {
            let mut key = known["key"].clone();
            key[name] = value;
            Key::from_jwk(key)
        };
        assert!(with("use", json!("enc")).is_none());
        assert!(with("alg", json!("RS512")).is_none());
        assert!(with("alg", json!("RS256")).is_some());
        assert!(with("key_ops", json!(["sign"])).is_none());
        assert!(with("kty", json!("oct")).is_none());
        assert!(with("n", json!("!")).is_none());
        assert!(Key::from_jwk(json!("a key")).is_none());
    }
}
