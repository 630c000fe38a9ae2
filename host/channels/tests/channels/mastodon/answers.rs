use std::time::Duration;

use patchbay_adapter::{Exchange, Outcome, Receipt};

use super::adapter;
use crate::exchange::{answer, outcome};

const GONE: &str = r#"{"error":"Record not found"}"#;

#[test]
fn an_accepted_post_has_its_id_as_receipt() {
    for (body, id) in [
        (
            r#"{"id":"103254962155278888","visibility":"public"}"#,
            "103254962155278888",
        ),
        (r#"{"id":103254962155278888}"#, "103254962155278888"),
        (
            r#"{"id":"01JABCDEFGHJKMNPQRSTVWXYZ0"}"#,
            "01JABCDEFGHJKMNPQRSTVWXYZ0",
        ),
    ] {
        let accepted = Outcome::Accepted(Receipt {
            provider_id: id.to_owned(),
            recipient: None,
        });
        assert_eq!(answer(&*adapter(), 200, &[], body), accepted, "{body}");
    }
}

#[test]
fn an_answer_goes_by_its_status() {
    for (status, body, expected) in [
        // Something in between answered, and the key makes it safe to ask again.
        (200, "<html>", "retry"),
        (200, "{}", "retry"),
        (200, r#"{"id":"../1"}"#, "retry"),
        (302, "", "channel-broken"),
        (400, "{}", "refused"),
        (
            401,
            r#"{"error":"The access token is invalid"}"#,
            "channel-broken",
        ),
        (
            403,
            r#"{"error":"This action is outside the authorized scopes"}"#,
            "channel-broken",
        ),
        (404, GONE, "recipient-unreachable"),
        (410, GONE, "recipient-unreachable"),
        // No answer of the API.
        (404, "<html>", "refused"),
        (
            422,
            r#"{"error":"Validation failed: Text can't be blank"}"#,
            "refused",
        ),
        (422, "", "refused"),
        (429, r#"{"error":"Too many requests"}"#, "retry"),
        (500, "", "retry"),
        (503, "", "retry"),
    ] {
        let found = outcome(&*adapter(), status, body);
        assert_eq!(found, expected, "{status} {body}");
    }
    assert_eq!(adapter().outcome(&Exchange::Unsent).as_str(), "retry");
    assert_eq!(adapter().outcome(&Exchange::Lost).as_str(), "retry");
}

#[test]
fn the_servers_words_are_in_no_reason() {
    let body = r#"{"error":"jo@social.example is blocked"}"#;
    for status in [401, 404, 422, 429, 500] {
        let shown = format!("{:?}", answer(&*adapter(), status, &[], body));
        assert!(!shown.contains("social.example"), "{shown}");
    }
}

/// The host's clock of the tests is at 0 seconds.
#[test]
fn a_rate_limit_says_when_it_ends() {
    for (headers, seconds) in [
        (
            &[("x-ratelimit-reset", "1970-01-01T00:01:30.123456Z")][..],
            Some(90),
        ),
        (&[("X-RateLimit-Reset", "1969-01-01T00:00:00Z")], Some(0)),
        (
            &[("x-ratelimit-reset", "2026-01-01T00:00:00Z")],
            Some(86_400),
        ),
        (
            &[("x-ratelimit-reset", "soon"), ("retry-after", "7")],
            Some(7),
        ),
        (&[("retry-after", "7")], Some(7)),
        (&[], None),
    ] {
        match answer(&*adapter(), 429, headers, "") {
            Outcome::Retry { after, .. } => {
                let after = after.map(|it| Duration::from_secs(it.as_secs()));
                assert_eq!(after, seconds.map(Duration::from_secs), "{headers:?}");
            }
            other => panic!("{other:?}"),
        }
    }
    // Only a refusal for the rate says something about waiting.
    let headers = [("x-ratelimit-reset", "1970-01-01T00:01:30Z")];
    match answer(&*adapter(), 503, &headers, "") {
        Outcome::Retry { after, .. } => assert_eq!(after, None),
        other => panic!("{other:?}"),
    }
}
