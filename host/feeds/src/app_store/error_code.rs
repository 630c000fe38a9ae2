//! What the answers of App Store Connect mean.

use patchbay_adapter::FailureKind::{self, ChannelBroken, RecipientUnreachable, Refused, Retry};
use patchbay_adapter::field::Fields;
use patchbay_adapter::{Exchange, Failure, Outcome, Reason, Receipt};
use serde_json::Value;

/// What the codes of errors mean, by their first part: `ENTITY_ERROR.ATTRIBUTE.INVALID`.
const CODES: [(&str, FailureKind); 9] = [
    ("NOT_AUTHORIZED", ChannelBroken),
    // Also an agreement that the company has not signed.
    ("FORBIDDEN", ChannelBroken),
    ("FORBIDDEN_ERROR", ChannelBroken),
    // The review was deleted.
    ("NOT_FOUND", RecipientUnreachable),
    ("ENTITY_ERROR", Refused),
    ("STATE_ERROR", Refused),
    ("PARAMETER_ERROR", Refused),
    ("RATE_LIMIT_EXCEEDED", Retry),
    ("UNEXPECTED_ERROR", Retry),
];

/// What a result means. A response replaces the one before, so it can be sent again.
pub(super) fn outcome(exchange: &Exchange<'_>) -> Outcome {
    let response = match exchange.answer(Retry) {
        Ok(response) => response,
        Err(outcome) => return outcome,
    };
    let document = response.json();
    let is_success = matches!(response.status, 200..=299);
    if is_success && let Some(id) = document.text(&["data", "id"]) {
        return Outcome::Accepted(Receipt {
            provider_id: id.to_owned(),
            recipient: None,
        });
    }
    Outcome::failed(failure(response.status, &document), response.retry_after())
}

fn failure(status: u16, document: &Value) -> Failure {
    match code(document) {
        Some((name, kind)) if status < 500 => Failure {
            kind,
            reason: Reason::words(name),
        },
        _ => Failure {
            kind: FailureKind::of_status(status, Retry),
            reason: Reason::status(status),
        },
    }
}

/// The code of the first error, if it is known.
fn code(document: &Value) -> Option<(&'static str, FailureKind)> {
    let error = document.list("errors").first()?;
    let first = error.text(&["code"])?.split('.').next()?;
    CODES.iter().find(|(known, _)| *known == first).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_code_has_two_rows() {
        let names: BTreeSet<_> = CODES.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), CODES.len());
    }
}
