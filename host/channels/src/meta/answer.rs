//! What an answer of the Graph API means.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{Exchange, Failure, FailureKind, Outcome, Reason, Receipt, Response};
use serde_json::Value;

use super::error_code::ErrorCodes;

/// What a result means. The API has no idempotency key: what may have been sent is
/// not sent again. `receipt` reads the answer to an accepted message.
pub(crate) fn outcome(
    exchange: &Exchange<'_>,
    codes: &ErrorCodes,
    receipt: fn(&Value) -> Option<Receipt>,
) -> Outcome {
    let response = match exchange.answer(FailureKind::Uncertain) {
        Ok(response) => response,
        Err(outcome) => return outcome,
    };
    let document = response.json();
    // Also inside of an answer with the status 200.
    if let Some(code) = document.at(&["error", "code"]).and_then(Value::as_i64) {
        return by_code(code, &document, response, codes);
    }
    let reason = Reason::status(response.status);
    let kind = match response.status {
        200..=299 => match receipt(&document) {
            Some(receipt) => return Outcome::Accepted(receipt),
            // Taken, but by which id?
            None => FailureKind::Uncertain,
        },
        status => FailureKind::of_status(status, FailureKind::Uncertain),
    };
    Outcome::failed(Failure { kind, reason }, response.retry_after())
}

fn by_code(code: i64, document: &Value, response: &Response<'_>, codes: &ErrorCodes) -> Outcome {
    let subcode = document.at(&["error", "error_subcode"]);
    let subcode = subcode.and_then(Value::as_i64);
    let by_status = || match response.status {
        401 => FailureKind::ChannelBroken,
        429 => FailureKind::Retry,
        _ if document.flag(&["error", "is_transient"]) => FailureKind::Retry,
        500.. => FailureKind::Uncertain,
        _ => FailureKind::Refused,
    };
    let failure = Failure {
        kind: codes.kind(code, subcode).unwrap_or_else(by_status),
        reason: match subcode {
            Some(subcode) => Reason::subcode(code, subcode),
            None => Reason::code(code),
        },
    };
    let wait = response.retry_after().or_else(|| codes.wait(code));
    Outcome::failed(failure, wait)
}
