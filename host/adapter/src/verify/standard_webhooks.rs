//! [Standard Webhooks](https://www.standardwebhooks.com): id, time and body,
//! signed with HMAC-SHA256 (`v1`) or Ed25519 (`v1a`). The headers of Svix have the
//! same form.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use ring::signature::{ED25519, UnparsedPublicKey};
use zeroize::Zeroizing;

use super::Rejection;
use super::freshness;
use super::mac::Hash;
use super::signature::Spelling;
use crate::request::InboundRequest;
use crate::secret::{Secret, SecretError, Secrets};

/// Prefix of a key for HMAC, in base64.
const SYMMETRIC: &str = "whsec_";
/// Prefix of a public key for Ed25519, in base64.
const PUBLIC: &str = "whpk_";
/// Prefix of a private key, which only the sender has.
const PRIVATE: &str = "whsk_";
/// Most signatures that are tried.
const SIGNATURES: usize = 16;
/// Bytes of an Ed25519 signature.
const ED25519_BYTES: usize = 64;

/// A key that checks signatures.
enum Key {
    Symmetric(Secrets),
    Public(Vec<u8>),
}

impl Key {
    /// `whsec_` or `whpk_` and base64; any other text is a key for HMAC by its
    /// bytes.
    fn parse(secret: &Secret) -> Result<Key, SecretError> {
        let bytes = secret.expose();
        let decode = |encoded: &[u8]| {
            let decoded = BASE64_STANDARD.decode(encoded).map(Zeroizing::new);
            decoded.map_err(|_| SecretError::Form("is not base64 after its prefix"))
        };
        if let Some(encoded) = bytes.strip_prefix(SYMMETRIC.as_bytes()) {
            let key = decode(encoded)?;
            // The specification's bounds; shorter ones can be guessed.
            if !(24..=64).contains(&key.len()) {
                return Err(SecretError::Form(
                    "is not base64 of 24 to 64 bytes after its prefix",
                ));
            }
            let key = Secret::new(key.as_slice())?;
            return Ok(Key::Symmetric(Secrets::new(vec![key])?));
        }
        if let Some(encoded) = bytes.strip_prefix(PUBLIC.as_bytes()) {
            let key = decode(encoded)?.to_vec();
            return match key.len() {
                32 => Ok(Key::Public(key)),
                _ => Err(SecretError::Form(
                    "is not an Ed25519 public key of 32 bytes",
                )),
            };
        }
        if bytes.starts_with(PRIVATE.as_bytes()) {
            return Err(SecretError::Form(
                "is the sender's private key; use the public key, which starts with whpk_",
            ));
        }
        // Some senders use the bytes of any text.
        match bytes.len() < 24 {
            true => Err(SecretError::Form(
                "is shorter than 24 bytes; use whsec_ and base64 of 24 to 64 random bytes",
            )),
            false => Ok(Key::Symmetric(Secrets::new(vec![secret.clone()])?)),
        }
    }

    /// Whether a signature, with its version, is one of the message.
    fn has_signed(&self, version: &str, encoded: &str, message: &[&[u8]]) -> bool {
        match (self, version) {
            (Key::Symmetric(key), "v1") => {
                let given = Spelling::Base64.read(encoded, Hash::Sha256.bytes());
                given.is_ok_and(|given| Hash::Sha256.is_code(key, message, &given))
            }
            (Key::Public(key), "v1a") => {
                let given = Spelling::Base64.read(encoded, ED25519_BYTES);
                let key = UnparsedPublicKey::new(&ED25519, key);
                given.is_ok_and(|given| key.verify(&message.concat(), &given).is_ok())
            }
            // Another version: a sender adds it before receivers know it.
            _ => false,
        }
    }
}

pub(super) fn check_secret(secret: &Secret) -> Result<(), SecretError> {
    Key::parse(secret).map(|_| ())
}

pub(super) fn verify(
    request: &InboundRequest<'_>,
    secrets: &Secrets,
    now: Timestamp,
) -> Result<(), Rejection> {
    let headers = &request.headers;
    let prefix = match headers.only("webhook-signature")? {
        Some(_) => "webhook",
        None => "svix",
    };
    let header = |name: &str| headers.required(&format!("{prefix}-{name}"));
    let (id, time, signatures) = (header("id")?, header("timestamp")?, header("signature")?);
    // The full stop separates what is signed.
    if id.contains('.') {
        return Err(Rejection::Malformed);
    }
    freshness::check_seconds(time, now)?;
    let message: [&[u8]; 5] = [id.as_bytes(), b".", time.as_bytes(), b".", request.body];
    let keys: Vec<Key> = secrets
        .iter()
        .filter_map(|secret| Key::parse(secret).ok())
        .collect();
    let signatures = signatures.split(' ').take(SIGNATURES);
    let mut pairs = signatures.filter_map(|signature| signature.split_once(','));
    let is_signed = pairs.any(|(version, encoded)| {
        keys.iter().fold(false, |found, key| {
            key.has_signed(version, encoded, &message) | found
        })
    });
    match is_signed {
        true => Ok(()),
        false => Err(Rejection::Mismatch),
    }
}
