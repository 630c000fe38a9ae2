//! What an answer of the API means: receipts, and errors by their names.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::FailureKind::{self, ChannelBroken, Refused, Retry};
use patchbay_adapter::field::Fields;
use patchbay_adapter::{Exchange, Failure, LONGEST_WAIT, Outcome, Reason, Receipt, Response};

use super::record_of;

/// What each error means, by its name.
const ERRORS: &[(&str, FailureKind)] = &[
    // The host asks for another token, and sends it again at once.
    ("ExpiredToken", ChannelBroken),
    ("InvalidToken", ChannelBroken),
    ("AuthMissing", ChannelBroken),
    ("AuthenticationRequired", ChannelBroken),
    ("AccountTakedown", ChannelBroken),
    ("AccountDeactivated", ChannelBroken),
    ("AccountSuspended", ChannelBroken),
    ("RepoNotFound", ChannelBroken),
    ("MethodNotImplemented", ChannelBroken),
    ("InvalidSwap", Retry),
    ("RateLimitExceeded", Retry),
    ("InvalidRequest", Refused),
    ("InvalidRecord", Refused),
    ("PayloadTooLarge", Refused),
];

/// What the result of a reply means. The key of the record makes it safe to write it again.
pub(super) fn outcome(exchange: &Exchange<'_>) -> Outcome {
    let response = match exchange.answer(Retry) {
        Ok(response) => response,
        Err(outcome) => return outcome,
    };
    let document = response.json();
    let status = response.status;
    let uri = document
        .text(&["uri"])
        .filter(|uri| record_of(uri).is_some());
    if matches!(status, 200..=299)
        && let Some(uri) = uri
    {
        return Outcome::Accepted(Receipt {
            provider_id: uri.to_owned(),
            recipient: None,
        });
    }
    let by_status = Failure {
        kind: match status {
            // Written, but where? The same request again says it.
            200..=299 => Retry,
            _ => FailureKind::of_status(status, Retry),
        },
        reason: Reason::status(status),
    };
    let name = document.text(&["error"]).unwrap_or_default();
    let found = ERRORS.iter().find(|(known, _)| *known == name);
    let failure = match found.filter(|_| (400..500).contains(&status)) {
        Some((name, kind)) => Failure {
            kind: *kind,
            reason: Reason::words(name),
        },
        None => by_status,
    };
    Outcome::failed(failure, wait(response))
}

/// How long the server asks to wait.
pub(super) fn wait(response: &Response<'_>) -> Option<Duration> {
    let reset = response.headers.only("ratelimit-reset").ok().flatten();
    let reset = reset.and_then(|at| at.trim().parse().ok());
    let reset = reset.and_then(|at| Timestamp::from_second(at).ok());
    let reset = reset.filter(|_| response.status == 429).map(|at| {
        let wait = at.duration_since(response.at).max(SignedDuration::ZERO);
        wait.unsigned_abs().min(LONGEST_WAIT)
    });
    reset.or_else(|| response.retry_after())
}

/// Whether an answer says that the session is over, whatever its status.
pub(super) fn ends_session(response: &Response<'_>) -> bool {
    let names = [
        "ExpiredToken",
        "InvalidToken",
        "AuthMissing",
        "AccountTakedown",
    ];
    let document = response.json();
    let name = document.text(&["error"]);
    (400..500).contains(&response.status) && name.is_some_and(|name| names.contains(&name))
}
