//! What an answer of the API means: receipts and problem documents (docs.x.com, Response
//! codes and errors).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::FailureKind::{
    self, ChannelBroken, RecipientUnreachable, Refused, Retry, Uncertain,
};
use patchbay_adapter::field::Fields;
use patchbay_adapter::media::MediaFailure;
use patchbay_adapter::{Exchange, Failure, LONGEST_WAIT, Outcome, Reason, Receipt, Response};
use serde_json::Value;

/// The type of a problem with a resource that its owner does not show to the account.
const NOT_AUTHORIZED: &str = "not-authorized-for-resource";

/// What each type of problem means, by the end of its URI.
const PROBLEMS: &[(&str, FailureKind)] = &[
    ("rate-limit-exceeded", Retry),
    // The month's quota, or the money, is used up.
    ("usage-capped", ChannelBroken),
    ("client-forbidden", ChannelBroken),
    ("unsupported-authentication", ChannelBroken),
    // The customer blocked the account, or protects their posts.
    (NOT_AUTHORIZED, RecipientUnreachable),
    // The post or the user is gone.
    ("resource-not-found", RecipientUnreachable),
    ("disallowed-resource", Refused),
    ("invalid-request", Refused),
];

/// Words of a refusal that has no type of its own: a post with the text of an earlier
/// one.
const DUPLICATE: &str = "duplicate content";
/// The same for a customer who takes no direct messages of the account.
const NO_MESSAGES: [&str; 2] = ["permission to dm", "cannot send messages to this user"];

/// What a result means. The API has no idempotency key: what may have been sent is not
/// sent again.
///
/// The same text again is refused as a duplicate. After a send whose answer was lost,
/// that means that it is out; an answer does not say which of the two it is, so a person
/// looks.
pub(super) fn outcome(exchange: &Exchange<'_>) -> Outcome {
    let response = match exchange.answer(Uncertain) {
        Ok(response) => response,
        Err(outcome) => return outcome,
    };
    let document = response.json();
    let status = response.status;
    let is_success = matches!(status, 200..=299);
    if is_success && let Some(receipt) = receipt(&document) {
        return Outcome::Accepted(receipt);
    }
    // HTTP 200 can hold only errors.
    let inside = document.list("errors").first();
    let inside = inside.filter(|_| is_success && document.get("data").is_none());
    let problem = match is_success {
        true => inside,
        false => Some(&document),
    };
    Outcome::failed(failure(status, problem), wait(response))
}

/// What a problem document means. Without one, the status decides.
fn failure(status: u16, problem: Option<&Value>) -> Failure {
    let by_status = Failure {
        kind: match status {
            // The credit of the account is spent.
            402 => ChannelBroken,
            _ => FailureKind::of_status(status, Uncertain),
        },
        reason: Reason::status(status),
    };
    // What another server in between, or a server in trouble, says decides nothing.
    let Some(problem) = problem.filter(|it| is_problem(it) && status < 500 && status != 401) else {
        return by_status;
    };
    let detail = problem.text(&["detail"]).or(problem.text(&["message"]));
    let detail = detail.unwrap_or_default().to_ascii_lowercase();
    if detail.contains(DUPLICATE) {
        return Failure {
            kind: Uncertain,
            reason: Reason::words(DUPLICATE),
        };
    }
    if NO_MESSAGES.iter().any(|words| detail.contains(words)) {
        return Failure {
            kind: RecipientUnreachable,
            reason: Reason::words("no permission for direct messages"),
        };
    }
    match problem.text(&["type"]).and_then(find) {
        Some((name, kind)) => Failure {
            kind,
            reason: Reason::words(name),
        },
        None => match status {
            200..=299 => Failure {
                kind: Refused,
                reason: Reason::words("another error"),
            },
            // The post breaks a rule, such as that the author must have mentioned the
            // account: nothing that another token would change.
            403 => Failure {
                kind: Refused,
                ..by_status
            },
            _ => by_status,
        },
    }
}

/// Why an answer has no file. It can be HTTP 200 with problems alone, as for a post that
/// was deleted.
pub(super) fn media_failure(answer: &Response<'_>, document: &Value) -> MediaFailure {
    let problem = document.list("errors").first().unwrap_or(document);
    let after = wait(answer);
    match (problem.text(&["type"]).and_then(find), answer.status) {
        // Its author protects it, or blocks the account.
        (Some((NOT_AUTHORIZED, _)), _) => MediaFailure::Refused,
        (Some((_, kind)), 200..=499) => MediaFailure::of_kind(kind, after),
        (None, 200) => MediaFailure::Gone,
        // The credit of the account is spent.
        (_, 402) => MediaFailure::Refused,
        _ => match MediaFailure::of(answer) {
            MediaFailure::NotReady { .. } => MediaFailure::NotReady { after },
            failure => failure,
        },
    }
}

/// The row of a type; `None` for one that is not in the table.
fn find(uri: &str) -> Option<(&'static str, FailureKind)> {
    let name = uri.rsplit('/').next()?;
    PROBLEMS.iter().find(|(known, _)| *known == name).copied()
}

/// Whether a document has the form of the provider's problems.
fn is_problem(document: &Value) -> bool {
    ["type", "title", "detail", "message"]
        .iter()
        .any(|name| document.text(&[name]).is_some())
}

/// Of a post or a direct message.
fn receipt(document: &Value) -> Option<Receipt> {
    let id = document.text(&["data", "dm_event_id"]);
    let id = id.or(document.text(&["data", "id"]))?;
    Some(Receipt {
        provider_id: id.to_owned(),
        recipient: None,
    })
}

/// The limits of a rate, by the beginning of their headers.
const LIMITS: [&str; 3] = ["x-rate-limit", "x-app-limit-24hour", "x-user-limit-24hour"];

/// Until the last of the limits that are used up begins again; where none says that it
/// is, until the first does.
fn wait(response: &Response<'_>) -> Option<Duration> {
    let header = |limit: &str, name: &str| {
        let value = response.headers.only(&format!("{limit}-{name}"));
        value.ok().flatten().map(str::trim)
    };
    let reset = |limit: &str| {
        let seconds = header(limit, "reset")?.parse().ok()?;
        let at = Timestamp::from_second(seconds).ok()?;
        let wait = at.duration_since(response.at).max(SignedDuration::ZERO);
        Some(wait.unsigned_abs().min(LONGEST_WAIT))
    };
    let mut limits = LIMITS.iter();
    let spent = LIMITS
        .iter()
        .filter(|limit| header(limit, "remaining") == Some("0"));
    let spent = spent.filter_map(|limit| reset(limit)).max();
    spent
        .or_else(|| limits.find_map(|limit| reset(limit)))
        .or_else(|| response.retry_after())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_problem_has_two_rows() {
        let names: BTreeSet<_> = PROBLEMS.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), PROBLEMS.len());
    }

    #[test]
    fn a_problem_is_found_by_the_end_of_its_uri_only() {
        let found = |uri: &str| find(uri).map(|(_, kind)| kind);
        for (uri, kind) in [
            (
                "https://api.x.com/2/problems/usage-capped",
                Some(ChannelBroken),
            ),
            (
                "https://api.twitter.com/2/problems/usage-capped",
                Some(ChannelBroken),
            ),
            ("https://api.x.com/2/problems/not-usage-capped", None),
            ("https://api.x.com/usage-capped/other", None),
            ("about:blank", None),
            ("", None),
        ] {
            assert_eq!(found(uri), kind, "{uri}");
        }
    }
}
