use std::time::Duration;

use patchbay_adapter::{Exchange, Outcome, Receipt};

use super::adapter;
use crate::exchange::{answer, outcome};

#[test]
fn an_accepted_message_has_its_chat_and_id_as_receipt() {
    for (body, provider_id) in [
        (
            r#"{"ok":true,"result":{"message_id":42,"chat":{"id":-1001}}}"#,
            "-1001:42",
        ),
        (
            r#"{"ok":true,"result":{"message_id":42,"chat":{"id":5},"business_connection_id":"b"}}"#,
            "b:5:42",
        ),
    ] {
        let accepted = Outcome::Accepted(Receipt {
            provider_id: provider_id.to_owned(),
            recipient: None,
        });
        assert_eq!(answer(&*adapter(), 200, &[], body), accepted);
    }
}

fn error(code: u16, description: &str) -> &'static str {
    let body = format!(r#"{{"ok":false,"error_code":{code},"description":"{description}"}}"#);
    outcome(&*adapter(), code, &body)
}

#[test]
fn an_error_goes_by_its_code_and_the_beginning_of_its_description() {
    for (code, description, expected) in [
        (
            403,
            "Forbidden: bot was blocked by the user",
            "recipient-unreachable",
        ),
        (
            403,
            "Forbidden: user is deactivated",
            "recipient-unreachable",
        ),
        (
            403,
            "Forbidden: bot was kicked from the group chat",
            "recipient-unreachable",
        ),
        (400, "Bad Request: chat not found", "recipient-unreachable"),
        (400, "Bad Request: message is too long", "refused"),
        (
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            "refused",
        ),
        (401, "Unauthorized", "channel-broken"),
        (404, "Not Found", "channel-broken"),
        (
            409,
            "Conflict: terminated by other getUpdates request",
            "channel-broken",
        ),
        (429, "Too Many Requests: retry after 5", "retry"),
        (500, "Internal Server Error", "uncertain"),
    ] {
        assert_eq!(error(code, description), expected, "{code} {description}");
    }
}

#[test]
fn an_answer_of_something_in_between_goes_by_its_status() {
    for (status, expected) in [
        (200, "uncertain"),
        (302, "channel-broken"),
        (403, "channel-broken"),
        (502, "uncertain"),
    ] {
        for body in ["", "<html>", "{}", r#"{"ok":true}"#] {
            assert_eq!(
                outcome(&*adapter(), status, body),
                expected,
                "{status} {body}"
            );
        }
    }
    assert_eq!(adapter().outcome(&Exchange::Unsent).as_str(), "retry");
    assert_eq!(adapter().outcome(&Exchange::Lost).as_str(), "uncertain");
}

#[test]
fn the_wait_before_a_retry_is_the_providers_and_at_most_a_day() {
    for (seconds, wait) in [("5", 5), ("99999999999", 86_400)] {
        let body = format!(
            r#"{{"ok":false,"error_code":429,"description":"x","parameters":{{"retry_after":{seconds}}}}}"#
        );
        match answer(&*adapter(), 429, &[("Retry-After", "1")], &body) {
            Outcome::Retry { after, .. } => assert_eq!(after, Some(Duration::from_secs(wait))),
            other => panic!("{other:?}"),
        }
    }
}
