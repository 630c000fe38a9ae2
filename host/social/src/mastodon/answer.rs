//! What an answer of the API means.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::FailureKind::{self, RecipientUnreachable, Refused, Retry};
use patchbay_adapter::field::Fields;
use patchbay_adapter::{Exchange, Failure, LONGEST_WAIT, Outcome, Reason, Receipt, Response};

use super::is_id;

/// What the result of a reply means. The key of a request makes it safe to send it again
/// for an hour.
pub(super) fn outcome(exchange: &Exchange<'_>) -> Outcome {
    let response = match exchange.answer(Retry) {
        Ok(response) => response,
        Err(outcome) => return outcome,
    };
    let document = response.json();
    let status = response.status;
    let is_success = matches!(status, 200..=299);
    let id = document.id(&["id"]).filter(|id| is_id(id));
    if is_success && let Some(id) = id {
        return Outcome::Accepted(Receipt {
            provider_id: id.into_owned(),
            recipient: None,
        });
    }
    let is_told = document.text(&["error"]).is_some();
    let kind = match status {
        // Taken, but by which id? The same request again gives the same status.
        200..=299 => Retry,
        // The answered status was deleted, or its author blocked the account.
        404 | 410 if is_told => RecipientUnreachable,
        422 => Refused,
        _ => FailureKind::of_status(status, Retry),
    };
    let failure = Failure {
        kind,
        reason: Reason::status(status),
    };
    Outcome::failed(failure, wait(response))
}

/// How long the server asks to wait.
pub(super) fn wait(response: &Response<'_>) -> Option<Duration> {
    let reset = response.headers.only("x-ratelimit-reset").ok().flatten();
    let reset = reset.and_then(|at| at.trim().parse::<Timestamp>().ok());
    let reset = reset.filter(|_| response.status == 429).map(|at| {
        let wait = at.duration_since(response.at).max(SignedDuration::ZERO);
        wait.unsigned_abs().min(LONGEST_WAIT)
    });
    reset.or_else(|| response.retry_after())
}
