use std::time::Duration;

use patchbay_adapter::{Exchange, Outcome, Receipt};

use super::{ACCOUNT, adapter};
use crate::exchange::{answer, outcome};

fn error(name: &str) -> String {
    format!(r#"{{"error":"{name}","message":"jo.example"}}"#)
}

#[test]
fn an_accepted_post_has_its_uri_as_receipt() {
    let uri = format!("at://{ACCOUNT}/app.bsky.feed.post/3mg5j46bwiwam");
    // The same record again is answered without a commit.
    for more in [
        "",
        r#","commit":{"cid":"b","rev":"3m"},"validationStatus":"valid""#,
    ] {
        let body = format!(r#"{{"uri":"{uri}","cid":"bafyrei"{more}}}"#);
        let accepted = Outcome::Accepted(Receipt {
            provider_id: uri.clone(),
            recipient: None,
        });
        assert_eq!(answer(&*adapter(), 200, &[], &body), accepted, "{body}");
    }
}

#[test]
fn an_error_goes_by_its_name() {
    for (status, name, expected) in [
        (400, "ExpiredToken", "channel-broken"),
        (401, "ExpiredToken", "channel-broken"),
        (400, "InvalidToken", "channel-broken"),
        (401, "AuthMissing", "channel-broken"),
        (401, "AuthenticationRequired", "channel-broken"),
        (401, "AccountTakedown", "channel-broken"),
        (401, "AccountDeactivated", "channel-broken"),
        (401, "AccountSuspended", "channel-broken"),
        (400, "RepoNotFound", "channel-broken"),
        (404, "MethodNotImplemented", "channel-broken"),
        (400, "InvalidRequest", "refused"),
        (400, "InvalidRecord", "refused"),
        (413, "PayloadTooLarge", "refused"),
        (400, "InvalidSwap", "retry"),
        (429, "RateLimitExceeded", "retry"),
        (400, "Hologram", "refused"),
        (403, "Hologram", "channel-broken"),
        // A server in trouble decides nothing.
        (502, "InvalidRequest", "retry"),
    ] {
        let body = error(name);
        assert_eq!(
            outcome(&*adapter(), status, &body),
            expected,
            "{status} {name}"
        );
        let shown = format!("{:?}", answer(&*adapter(), status, &[], &body));
        assert!(!shown.contains("jo.example"), "{shown}");
    }
}

#[test]
fn an_answer_without_an_error_goes_by_its_status() {
    for (status, expected) in [
        (200, "retry"),
        (302, "channel-broken"),
        (400, "refused"),
        (401, "channel-broken"),
        (403, "channel-broken"),
        (404, "refused"),
        (429, "retry"),
        (500, "retry"),
        (501, "retry"),
        (503, "retry"),
    ] {
        for body in ["", "<html>", "{}", "[]", r#"{"uri":"x"}"#] {
            let found = outcome(&*adapter(), status, body);
            assert_eq!(found, expected, "{status} {body}");
        }
    }
    assert_eq!(adapter().outcome(&Exchange::Unsent).as_str(), "retry");
    assert_eq!(adapter().outcome(&Exchange::Lost).as_str(), "retry");
}

/// The host's clock of the tests is at 0 seconds.
#[test]
fn a_rate_limit_says_when_it_ends() {
    for (headers, seconds) in [
        (&[("ratelimit-reset", "90")][..], Some(90)),
        (&[("RateLimit-Reset", "-5")], Some(0)),
        (&[("ratelimit-reset", "99999999999")], Some(86_400)),
        (
            &[("ratelimit-reset", "soon"), ("retry-after", "7")],
            Some(7),
        ),
        (&[], None),
    ] {
        match answer(&*adapter(), 429, headers, &error("RateLimitExceeded")) {
            Outcome::Retry { after, .. } => {
                assert_eq!(after, seconds.map(Duration::from_secs), "{headers:?}");
            }
            other => panic!("{other:?}"),
        }
    }
    // Every answer has the header.
    match answer(&*adapter(), 503, &[("ratelimit-reset", "90")], "") {
        Outcome::Retry { after, .. } => assert_eq!(after, None),
        other => panic!("{other:?}"),
    }
}
