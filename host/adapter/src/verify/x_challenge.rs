//! The challenge by which X checks a URL (CRC), at registration and every hour.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;

use super::Rejection;
use crate::form;
use crate::request::{Acknowledgement, InboundRequest, Method};
use crate::secret::Secrets;

/// Most bytes of a token.
const TOKEN_BYTES: usize = 1_024;

/// Answers `GET ?crc_token=…` with the base64 code of the token by the first
/// consumer secret, within the 3 seconds that X waits; `None` for another request.
///
/// # Errors
/// [`Rejection::Doubled`] for two tokens, [`Rejection::Malformed`] for an empty or
/// long one.
pub fn answer_x_challenge(
    request: &InboundRequest<'_>,
    secrets: &Secrets,
) -> Result<Option<Acknowledgement>, Rejection> {
    if request.method != Method::Get {
        return Ok(None);
    }
    let query = form::parameters(request.query().as_bytes());
    let Some(token) = form::only(&query, "crc_token")? else {
        return Ok(None);
    };
    if token.is_empty() || token.len() > TOKEN_BYTES {
        return Err(Rejection::Malformed);
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, secrets.first().expose());
    let code = BASE64_STANDARD.encode(hmac::sign(&key, token));
    Ok(Some(Acknowledgement {
        content_type: Some("application/json"),
        body: format!(r#"{{"response_token":"sha256={code}"}}"#),
    }))
}
