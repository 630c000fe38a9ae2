//! Where a file is, by an answer of the Graph API.

use patchbay_adapter::Response;
use patchbay_adapter::field::Fields;
use patchbay_adapter::media::MediaFailure;
use serde_json::Value;

use super::error_code::ErrorCodes;

/// The URL that `read` finds in the answer.
///
/// # Errors
/// The answer is an error, or has no URL.
pub(crate) fn location(
    answer: &Response<'_>,
    codes: &ErrorCodes,
    read: impl FnOnce(&Value) -> Option<&str>,
) -> Result<String, MediaFailure> {
    let document = answer.json();
    let number = |name| document.at(&["error", name]).and_then(Value::as_i64);
    if let Some(code) = number("code") {
        let kind = codes.kind(code, number("error_subcode"));
        return Err(kind.map_or_else(
            || MediaFailure::of(answer),
            |kind| MediaFailure::of_kind(kind, answer.retry_after()),
        ));
    }
    match answer.status {
        200 => read(&document).map(str::to_owned).ok_or(MediaFailure::Gone),
        _ => Err(MediaFailure::of(answer)),
    }
}
