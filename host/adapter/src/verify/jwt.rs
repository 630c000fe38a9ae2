//! JSON Web Tokens by which a provider signs a request: HMAC only.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Rejection;
use super::mac::Hash;
use super::signature::Spelling;
use crate::secret::Secrets;

/// Longest token.
const LENGTH: usize = 8 << 10;

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    crit: Option<Value>,
}

/// The claims of a token that one of the secrets signed, by one of the hash
/// functions: `HS256` is SHA-256. Times are the caller's to check.
///
/// # Errors
/// [`Rejection`].
pub(super) fn read<T: DeserializeOwned>(
    token: &str,
    secrets: &Secrets,
    hashes: &[Hash],
) -> Result<T, Rejection> {
    if token.len() > LENGTH {
        return Err(Rejection::Malformed);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(Rejection::Malformed)?;
    let (header, claims) = message.split_once('.').ok_or(Rejection::Malformed)?;
    let header: Header = part(header)?;
    let named = hashes
        .iter()
        .find(|hash| name(**hash) == Some(header.alg.as_str()));
    let hash = named.ok_or(Rejection::Malformed)?;
    // A critical extension must be understood, and none is.
    if header.crit.is_some() {
        return Err(Rejection::Malformed);
    }
    let given = Spelling::Base64Url.read(signature, hash.bytes())?;
    hash.check(secrets, &[message.as_bytes()], &given)?;
    part(claims)
}

fn name(hash: Hash) -> Option<&'static str> {
    match hash {
        Hash::Sha256 => Some("HS256"),
        Hash::Sha384 => Some("HS384"),
        Hash::Sha512 => Some("HS512"),
        Hash::Md5 | Hash::Sha1 => None,
    }
}

fn part<T: DeserializeOwned>(text: &str) -> Result<T, Rejection> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text);
    let bytes = bytes.map_err(|_| Rejection::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Rejection::Malformed)
}
