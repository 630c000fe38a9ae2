//! The request by which Meta checks a URL when it is registered.

use patchbay_adapter::verify::are_equal;
use patchbay_adapter::{Acknowledgement, InboundRequest, Method, Rejection, Secrets, form};

/// Most bytes of a challenge.
const CHALLENGE_BYTES: usize = 256;

/// Answers `GET ?hub.mode=subscribe&hub.verify_token=…&hub.challenge=…` with the
/// challenge. Any other GET is refused: Meta sends none.
pub(super) fn answer(
    request: &InboundRequest<'_>,
    tokens: &Secrets,
) -> Result<Option<Acknowledgement>, Rejection> {
    if request.method != Method::Get {
        return Ok(None);
    }
    let query = form::parameters(request.query().as_bytes());
    let parameter = |name| form::only(&query, name)?.ok_or(Rejection::Missing);
    let mode = parameter("hub.mode")?;
    let token = parameter("hub.verify_token")?;
    let challenge = parameter("hub.challenge")?;
    let is_known = tokens.iter().fold(false, |found, known| {
        are_equal(known.expose(), token) | found
    });
    if !is_known {
        return Err(Rejection::Mismatch);
    }
    // It is sent back: nothing that a browser could take for markup.
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_valid = (1..=CHALLENGE_BYTES).contains(&challenge.len())
        && challenge.iter().all(is_part)
        && mode == b"subscribe";
    if !is_valid {
        return Err(Rejection::Malformed);
    }
    Ok(Some(Acknowledgement {
        content_type: Some("text/plain"),
        body: challenge.iter().map(|byte| char::from(*byte)).collect(),
    }))
}
