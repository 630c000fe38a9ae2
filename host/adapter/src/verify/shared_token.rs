//! Telegram: the secret itself comes in a header. The body is not signed; TLS
//! protects it.

use super::{Rejection, are_equal};
use crate::request::InboundRequest;
use crate::secret::{Secret, SecretError, Secrets};

const HEADER: &str = "x-telegram-bot-api-secret-token";
/// Most characters of a secret.
const LENGTH: usize = 256;

pub(super) fn verify(request: &InboundRequest<'_>, secrets: &Secrets) -> Result<(), Rejection> {
    let given = request.headers.required(HEADER)?;
    if given.len() > LENGTH {
        return Err(Rejection::Malformed);
    }
    let is_known = secrets.iter().fold(false, |found, secret| {
        are_equal(secret.expose(), given.as_bytes()) | found
    });
    match is_known {
        true => Ok(()),
        false => Err(Rejection::Mismatch),
    }
}

/// The characters that Telegram's `setWebhook` takes.
pub(super) fn check_secret(secret: &Secret) -> Result<(), SecretError> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let bytes = secret.expose();
    match bytes.len() <= LENGTH && bytes.iter().all(is_part) {
        true => Ok(()),
        false => Err(SecretError::Form(
            "has characters that Telegram does not take; use 1 to 256 of A-Z, a-z, 0-9, _ and -",
        )),
    }
}
