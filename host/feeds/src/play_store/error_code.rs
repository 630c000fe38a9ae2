//! What the answers of Google's APIs mean.

use patchbay_adapter::FailureKind::{self, ChannelBroken, RecipientUnreachable, Refused, Retry};
use patchbay_adapter::field::Fields;
use patchbay_adapter::{Exchange, Failure, Outcome, Reason, Receipt, Response};
use serde_json::Value;

/// What each status of an error means.
const STATUSES: [(&str, FailureKind); 10] = [
    ("INVALID_ARGUMENT", Refused),
    ("FAILED_PRECONDITION", Refused),
    ("OUT_OF_RANGE", Refused),
    ("UNAUTHENTICATED", ChannelBroken),
    ("PERMISSION_DENIED", ChannelBroken),
    // The review was deleted.
    ("NOT_FOUND", RecipientUnreachable),
    ("RESOURCE_EXHAUSTED", Retry),
    ("ABORTED", Retry),
    ("INTERNAL", Retry),
    ("UNAVAILABLE", Retry),
];
/// Reasons of HTTP 403 for the rate of requests.
const RATES: [&str; 4] = [
    "rateLimitExceeded",
    "userRateLimitExceeded",
    "quotaExceeded",
    "dailyLimitExceeded",
];

/// What a result means. A reply replaces the one before, so it can be sent again.
pub(super) fn outcome(exchange: &Exchange<'_>) -> Outcome {
    let response = match exchange.answer(Retry) {
        Ok(response) => response,
        Err(outcome) => return outcome,
    };
    let document = response.json();
    if matches!(response.status, 200..=299)
        && let Some(receipt) = receipt(&document)
    {
        return Outcome::Accepted(receipt);
    }
    Outcome::failed(failure(response, &document), response.retry_after())
}

/// Whether an answer refuses the rate of requests.
pub(super) fn is_rate(response: &Response<'_>) -> bool {
    is_rate_error(&response.json())
}

fn is_rate_error(document: &Value) -> bool {
    let errors = document
        .get("error")
        .map_or(&[][..], |error| error.list("errors"));
    let mut reasons = errors.iter().filter_map(|error| error.text(&["reason"]));
    reasons.any(|reason| RATES.contains(&reason))
        || document.text(&["error", "status"]) == Some("RESOURCE_EXHAUSTED")
}

fn failure(response: &Response<'_>, document: &Value) -> Failure {
    let status = response.status;
    if is_rate_error(document) {
        return Failure {
            kind: Retry,
            reason: Reason::words("too many requests"),
        };
    }
    let name = document.text(&["error", "status"]);
    let known = STATUSES.iter().find(|(known, _)| Some(*known) == name);
    match known {
        Some((name, kind)) => Failure {
            kind: *kind,
            reason: Reason::words(name),
        },
        None => Failure {
            kind: FailureKind::of_status(status, Retry),
            reason: Reason::status(status),
        },
    }
}

/// The review has one reply: its time tells it from those before.
fn receipt(document: &Value) -> Option<Receipt> {
    let result = document.get("result").filter(|result| result.is_object())?;
    let seconds = result
        .at(&["lastEdited"])
        .and_then(|time| time.id(&["seconds"]));
    Some(Receipt {
        provider_id: match seconds {
            Some(seconds) => format!("reply:{seconds}"),
            None => "reply".to_owned(),
        },
        recipient: None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_status_has_two_rows() {
        let names: BTreeSet<_> = STATUSES.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), STATUSES.len());
    }
}
