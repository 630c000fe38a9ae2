//! What an answer of the API means.

use std::time::Duration;

use patchbay_adapter::FailureKind::{ChannelBroken, Refused, Retry, Uncertain};
use patchbay_adapter::field::Fields;
use patchbay_adapter::{
    Exchange, Failure, FailureKind, LONGEST_WAIT, Outcome, Reason, Receipt, Response,
};
use serde_json::Value;

use super::post::{number, provider_id};

/// Words of a refusal of a text that the user posted a short time before.
const TOO_SIMILAR: &str = "too similar";

/// What a result means. The API has no idempotency key: what may have been sent is not sent
/// again.
///
/// A text that is too similar to an earlier one is refused. After a send whose answer was
/// lost, that means that it is out; an answer does not say which of the two it is, so a
/// person looks.
pub(super) fn outcome(exchange: &Exchange<'_>) -> Outcome {
    let response = match exchange.answer(Uncertain) {
        Ok(response) => response,
        Err(outcome) => return outcome,
    };
    let document = response.json();
    if let (200..=299, Some(receipt)) = (response.status, receipt(&document)) {
        return Outcome::Accepted(receipt);
    }
    Outcome::failed(
        failure(response.status, &document),
        wait(response, &document),
    )
}

fn failure(status: u16, document: &Value) -> Failure {
    let errors = document.list("errors").iter().filter_map(Value::as_str);
    let says = |words: &str| errors.clone().any(|error| error.contains(words));
    let words = |kind, words| Failure {
        kind,
        reason: Reason::words(words),
    };
    let of = |kind| Failure {
        kind,
        reason: Reason::status(status),
    };
    match (status, document.text(&["error_type"])) {
        // A moderator of the forum has to approve it, or reject it.
        (200..=299, _) if document.text(&["action"]) == Some("enqueued") => {
            words(Uncertain, "waits for approval")
        }
        (422, _) if says(TOO_SIMILAR) => words(Uncertain, TOO_SIMILAR),
        // The forum takes no posts for a while, and took none.
        (405 | 503, Some("read_only")) => words(Retry, "read-only"),
        (403, Some("not_logged_in")) => words(ChannelBroken, "not logged in"),
        (403, Some(_)) if says("API") => words(ChannelBroken, "invalid key"),
        // The topic is closed to the user, or gone.
        (403, Some(_)) => of(Refused),
        _ => of(FailureKind::of_status(status, Uncertain)),
    }
}

/// The post that was made.
fn receipt(document: &Value) -> Option<Receipt> {
    let (topic, number) = (
        number(document, "topic_id")?,
        number(document, "post_number")?,
    );
    Some(Receipt {
        provider_id: provider_id(topic, number),
        recipient: None,
    })
}

/// How long the forum asks to wait.
fn wait(response: &Response<'_>, document: &Value) -> Option<Duration> {
    let seconds = document
        .at(&["extras", "wait_seconds"])
        .and_then(Value::as_u64);
    let wait = seconds.map(|seconds| Duration::from_secs(seconds).min(LONGEST_WAIT));
    wait.or_else(|| response.retry_after())
}
