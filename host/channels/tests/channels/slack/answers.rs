use std::time::Duration;

use patchbay_adapter::{Exchange, Outcome, Receipt};

use super::adapter;
use crate::exchange::{answer, outcome};

#[test]
fn an_accepted_message_has_its_channel_and_ts_as_receipt() {
    let body = r#"{"ok":true,"channel":"C0HELP","ts":"1767225660.000200","message":{}}"#;
    let accepted = Outcome::Accepted(Receipt {
        provider_id: "C0HELP:1767225660.000200".to_owned(),
        recipient: None,
    });
    assert_eq!(answer(&*adapter(), 200, &[], body), accepted);
}

#[test]
fn an_error_inside_of_200_is_a_failure() {
    for (errors, expected) in [
        (&["ratelimited"][..], "retry"),
        // It may be out.
        (&["fatal_error", "internal_error"], "uncertain"),
        (
            &["channel_not_found", "is_archived", "not_in_channel"],
            "recipient-unreachable",
        ),
        (&["msg_too_long", "no_text", "hologram"], "refused"),
        (
            &["invalid_auth", "token_revoked", "account_inactive"],
            "channel-broken",
        ),
    ] {
        for error in errors {
            let body = format!(r#"{{"ok":false,"error":"{error}","channel":"C1","ts":"1.1"}}"#);
            assert_eq!(outcome(&*adapter(), 200, &body), expected, "{error}");
        }
    }
}

#[test]
fn an_answer_without_a_known_error_goes_by_its_status() {
    for (status, expected) in [
        (200, "uncertain"),
        (302, "channel-broken"),
        (403, "channel-broken"),
        (429, "retry"),
        (500, "uncertain"),
        (503, "uncertain"),
    ] {
        for body in [
            "",
            "<html>",
            "{}",
            r#"{"ok":true}"#,
            r#"{"error":"no_text"}"#,
        ] {
            assert_eq!(
                outcome(&*adapter(), status, body),
                expected,
                "{status} {body}"
            );
        }
    }
    let limited = answer(
        &*adapter(),
        429,
        &[("Retry-After", "30")],
        r#"{"ok":false,"error":"ratelimited"}"#,
    );
    match limited {
        Outcome::Retry { after, .. } => assert_eq!(after, Some(Duration::from_secs(30))),
        other => panic!("{other:?}"),
    }
    assert_eq!(adapter().outcome(&Exchange::Unsent).as_str(), "retry");
    assert_eq!(adapter().outcome(&Exchange::Lost).as_str(), "uncertain");
}
