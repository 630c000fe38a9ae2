//! MessageBird: a JWT in newer products, a signature over time, query and body in
//! older ones.

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde::Deserialize;

use super::mac::{self, Hash};
use super::signature::Spelling;
use super::{Rejection, are_equal, freshness, jwt};
use crate::form;
use crate::request::InboundRequest;
use crate::secret::Secrets;

/// What the provider does not encode in a query; it writes a blank as `+`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

#[derive(Deserialize)]
struct Claims {
    iss: String,
    nbf: i64,
    exp: i64,
    url_hash: String,
    #[serde(default)]
    payload_hash: Option<String>,
}

/// A JWT with the digests of URL and body, valid for a minute. The published tests
/// of the SDK accept HS256, HS384 and HS512. The host's clock may be a minute off.
pub(super) fn verify_jwt(
    request: &InboundRequest<'_>,
    secrets: &Secrets,
    now: Timestamp,
) -> Result<(), Rejection> {
    const LEEWAY: i64 = 60;
    let token = request.headers.required("messagebird-signature-jwt")?;
    let hashes = [Hash::Sha256, Hash::Sha384, Hash::Sha512];
    let claims: Claims = jwt::read(token, secrets, &hashes)?;
    if claims.iss != "MessageBird" {
        return Err(Rejection::Mismatch);
    }
    let valid = claims.nbf.saturating_sub(LEEWAY)..=claims.exp.saturating_add(LEEWAY);
    if !valid.contains(&now.as_second()) {
        return Err(Rejection::Stale);
    }
    let is_digest = |bytes: &[u8], given: &str| {
        let digest = mac::hex(mac::sha256(bytes).as_ref());
        are_equal(digest.as_bytes(), given.as_bytes())
    };
    let url = request.url_without_fragment();
    let is_url = is_digest(url.as_bytes(), &claims.url_hash);
    // A body that was added or taken away is as wrong as a changed one.
    let is_body = match &claims.payload_hash {
        Some(given) => !request.body.is_empty() && is_digest(request.body, given),
        None => request.body.is_empty(),
    };
    match is_url & is_body {
        true => Ok(()),
        false => Err(Rejection::Mismatch),
    }
}

/// Time, sorted query and digest of the body, separated by line breaks.
pub(super) fn verify_request(
    request: &InboundRequest<'_>,
    secrets: &Secrets,
    now: Timestamp,
) -> Result<(), Rejection> {
    let signature = request.headers.required("messagebird-signature")?;
    let time = request.headers.required("messagebird-request-timestamp")?;
    freshness::check_seconds(time, now)?;
    let given = Spelling::Base64.read(signature, Hash::Sha256.bytes())?;
    let query = sorted_query(request.query());
    let digest = mac::sha256(request.body);
    let message: [&[u8]; 5] = [
        time.as_bytes(),
        b"\n",
        query.as_bytes(),
        b"\n",
        digest.as_ref(),
    ];
    Hash::Sha256.check(secrets, &message, &given)
}

/// The query with its parameters sorted, in the provider's encoding.
fn sorted_query(query: &str) -> String {
    let mut parameters = form::parameters(query.as_bytes());
    parameters.sort();
    let encode = |bytes: &[u8]| {
        let encoded = percent_encode(bytes, ENCODED).to_string();
        encoded.replace("%20", "+")
    };
    let pairs = parameters
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}
