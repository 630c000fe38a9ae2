use patchbay_adapter::{Exchange, Outcome, Receipt};

use super::adapter;
use crate::exchange::{answer, outcome};

fn provider_id(outcome: Outcome) -> String {
    match outcome {
        Outcome::Accepted(Receipt { provider_id, .. }) => provider_id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_accepted_message_has_its_id_as_receipt() {
    let sent = r#"{"sentMessages":[{"id":"461230966842064897","quoteToken":"x"}]}"#;
    assert_eq!(
        provider_id(answer(&*adapter(), 200, &[], sent)),
        "461230966842064897"
    );
}

/// The request was sent again, and the first one was accepted.
#[test]
fn a_used_retry_key_is_a_success() {
    let used = r#"{"message":"The retry key is already accepted"}"#;
    let header = [("X-Line-Accepted-Request-Id", "a-1")];
    assert_eq!(
        provider_id(answer(&*adapter(), 409, &header, used)),
        "request a-1"
    );
    assert_eq!(
        provider_id(answer(&*adapter(), 409, &[], used)),
        "request unknown"
    );
    let with_id = r#"{"message":"x","sentMessages":[{"id":"4"}]}"#;
    assert_eq!(provider_id(answer(&*adapter(), 409, &header, with_id)), "4");
}

#[test]
fn an_error_goes_by_its_status_and_the_beginning_of_its_message() {
    for (status, message, expected) in [
        (
            400,
            "The property, 'to', in the request body is invalid",
            "recipient-unreachable",
        ),
        (400, "Failed to send messages", "recipient-unreachable"),
        (400, "The request body has 1 error(s)", "refused"),
        (401, "Authentication failed", "channel-broken"),
        (
            403,
            "Access to this API is not available for your account",
            "channel-broken",
        ),
        (
            429,
            "You have reached your monthly limit.",
            "channel-broken",
        ),
        (429, "The API rate limit has been exceeded.", "retry"),
        // The key makes it safe to send again.
        (500, "Internal server error", "retry"),
        (200, "", "retry"),
    ] {
        let body = format!(r#"{{"message":"{message}"}}"#);
        assert_eq!(
            outcome(&*adapter(), status, &body),
            expected,
            "{status} {message}"
        );
    }
}

#[test]
fn a_lost_answer_is_retried_because_the_key_prevents_doubles() {
    assert_eq!(adapter().outcome(&Exchange::Unsent).as_str(), "retry");
    assert_eq!(adapter().outcome(&Exchange::Lost).as_str(), "retry");
}
