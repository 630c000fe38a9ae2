//! What an answer of the Graph API about a file means.

use patchbay_adapter::Response;
use patchbay_adapter::field::Fields;
use patchbay_adapter::media::MediaFailure;
use serde_json::Value;

use super::error_code::ErrorCodes;

/// Checks an answer, whose body is `document`.
///
/// # Errors
/// It is no success.
pub(crate) fn check(
    answer: &Response<'_>,
    document: &Value,
    codes: &ErrorCodes,
) -> Result<(), MediaFailure> {
    let number = |name| document.at(&["error", name]).and_then(Value::as_i64);
    if let Some(code) = number("code") {
        let kind = codes.kind(code, number("error_subcode"));
        return Err(kind.map_or_else(
            || MediaFailure::of(answer),
            |kind| MediaFailure::of_kind(kind, answer.retry_after()),
        ));
    }
    match answer.status {
        200 => Ok(()),
        _ => Err(MediaFailure::of(answer)),
    }
}
