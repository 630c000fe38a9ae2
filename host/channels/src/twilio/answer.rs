//! What an answer of the API means.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{Exchange, Failure, FailureKind, Outcome, Reason, Receipt};
use serde_json::Value;

use super::error_code;

/// What the result of creating a message or a call means. The API has no idempotency key:
/// what may have been sent is not sent again.
pub(crate) fn outcome(exchange: &Exchange<'_>) -> Outcome {
    let response = match exchange.answer(FailureKind::Uncertain) {
        Ok(response) => response,
        Err(outcome) => return outcome,
    };
    let document = response.json();
    let by_status = FailureKind::of_status(response.status, FailureKind::Uncertain);
    let failure = match response.status {
        200..=299 => match document.text(&["sid"]) {
            Some(sid) => {
                return Outcome::Accepted(Receipt {
                    provider_id: sid.to_owned(),
                    recipient: document.text(&["to"]).map(str::to_owned),
                });
            }
            None => None,
        },
        _ => document.get("code").and_then(Value::as_i64),
    };
    let failure = match failure {
        Some(code) => Failure {
            kind: error_code::kind(code).unwrap_or(by_status),
            reason: Reason::code(code),
        },
        None => Failure {
            kind: by_status,
            reason: Reason::status(response.status),
        },
    };
    Outcome::failed(failure, response.retry_after())
}
