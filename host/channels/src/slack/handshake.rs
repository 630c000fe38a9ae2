//! The request by which Slack checks a URL when it is registered.

use jiff::Timestamp;
use patchbay_adapter::field::Fields;
use patchbay_adapter::{Acknowledgement, InboundRequest, Rejection, Scheme, Secrets};

use patchbay_adapter::document;

/// Value of `type` in such a request.
const TYPE: &str = "url_verification";
/// Most bytes of such a request: looked at before the signature is checked.
const BODY_BYTES: usize = 4_096;
/// Most bytes of a challenge.
const CHALLENGE_BYTES: usize = 256;

/// Answers a signed `{"type": "url_verification", "challenge": …}` with the challenge.
pub(super) fn answer(
    request: &InboundRequest<'_>,
    secrets: &Secrets,
    now: Timestamp,
) -> Result<Option<Acknowledgement>, Rejection> {
    let document = document::of_check(request, BODY_BYTES);
    if document.text(&["type"]) != Some(TYPE) {
        return Ok(None);
    }
    Scheme::Slack.verify(request, secrets, now)?;
    // It is sent back: nothing that a browser could take for markup.
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let challenge = document.text(&["challenge"]);
    let challenge = challenge
        .filter(|text| text.len() <= CHALLENGE_BYTES && text.bytes().all(is_part))
        .ok_or(Rejection::Malformed)?;
    Ok(Some(Acknowledgement {
        content_type: Some("text/plain"),
        body: challenge.to_owned(),
    }))
}
