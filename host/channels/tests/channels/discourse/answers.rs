use std::time::Duration;

use patchbay_adapter::{Exchange, Outcome, Receipt};

use super::adapter;
use crate::exchange::{answer, outcome};

#[test]
fn a_post_that_was_made_is_accepted() {
    let body = r#"{"id":918400,"topic_id":4520,"post_number":9,"username":"northwind_care"}"#;
    let accepted = Outcome::Accepted(Receipt {
        provider_id: "4520:9".to_owned(),
        recipient: None,
    });
    assert_eq!(answer(&*adapter(), 200, &[], body), accepted);
    for body in [
        "",
        "<html>",
        "{}",
        r#"{"topic_id":"4520/../1","post_number":9}"#,
    ] {
        assert_eq!(outcome(&*adapter(), 200, body), "uncertain", "{body}");
    }
}

/// A moderator decides about it. Sending it again would make two.
#[test]
fn a_post_that_waits_for_approval_is_for_a_person() {
    let body = r#"{"action":"enqueued","success":true,"pending_count":1}"#;
    let found = answer(&*adapter(), 200, &[], body);
    assert_eq!(found.as_str(), "uncertain");
    assert!(format!("{found:?}").contains("waits for approval"));
}

#[test]
fn every_error_has_its_outcome() {
    let errors = |words: &str, kind: &str| {
        format!(r#"{{"action":"create_post","errors":["{words}"],"error_type":"{kind}"}}"#)
    };
    let access = "You are not permitted to view the requested resource.";
    let similar =
        r#"{"action":"create_post","errors":["Body is too similar to what you recently posted"]}"#;
    let short =
        r#"{"action":"create_post","errors":["Body is too short (minimum is 20 characters)"]}"#;
    for (status, body, expected) in [
        (422, short.to_owned(), "refused"),
        // It may be this one.
        (422, similar.to_owned(), "uncertain"),
        (403, errors(access, "invalid_access"), "refused"),
        (404, errors("x", "not_found"), "refused"),
        (
            403,
            errors(
                &format!("{access} The API username or key is invalid."),
                "invalid_access",
            ),
            "channel-broken",
        ),
        (403, errors("x", "not_logged_in"), "channel-broken"),
        (400, errors("x", "invalid_parameters"), "refused"),
        (429, errors("x", "rate_limit"), "retry"),
        (503, errors("x", "read_only"), "retry"),
        (405, errors("x", "read_only"), "retry"),
    ] {
        assert_eq!(
            outcome(&*adapter(), status, &body),
            expected,
            "{status} {body}"
        );
        let shown = format!("{:?}", answer(&*adapter(), status, &[], &body));
        assert!(
            !shown.contains("permitted") && !shown.contains("Body"),
            "{shown}"
        );
    }
}

#[test]
fn an_answer_without_an_error_goes_by_its_status() {
    for (status, expected) in [
        (302, "channel-broken"),
        (400, "refused"),
        (401, "channel-broken"),
        (403, "channel-broken"),
        (404, "refused"),
        (413, "refused"),
        (422, "refused"),
        (429, "retry"),
        // It may have been posted.
        (500, "uncertain"),
        (502, "uncertain"),
        (503, "uncertain"),
    ] {
        for body in [
            "",
            "<html>",
            "{}",
            r#"{"errors":"API"}"#,
            r#"{"errors":[7]}"#,
        ] {
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
fn the_forum_says_how_long_to_wait() {
    let wait = |headers: &[(&str, &str)], body: &str| match answer(&*adapter(), 429, headers, body)
    {
        Outcome::Retry { after, .. } => after.map(|it| it.as_secs()),
        other => panic!("{other:?}"),
    };
    let body = |seconds: &str| {
        format!(
            r#"{{"errors":["x"],"error_type":"rate_limit","extras":{{"wait_seconds":{seconds}}}}}"#
        )
    };
    assert_eq!(wait(&[], &body("7")), Some(7));
    assert_eq!(wait(&[("retry-after", "9")], &body("7")), Some(7));
    assert_eq!(wait(&[("retry-after", "9")], "Slow down"), Some(9));
    assert_eq!(wait(&[], &body("18446744073709551615")), Some(86_400));
    assert_eq!(wait(&[], &body("-1")), None);
    let longest = Duration::from_secs(86_400).as_secs();
    assert_eq!(wait(&[("retry-after", "999999")], ""), Some(longest));
}
