use patchbay_adapter::{Exchange, Outcome, Receipt};

use super::adapter;
use crate::exchange::{answer, outcome};

/// A token exceeds 2^53: another number would be another message.
#[test]
fn an_accepted_message_has_its_whole_token_as_receipt() {
    let body = r#"{"status":0,"status_message":"ok","message_token":5741311803571721087}"#;
    let accepted = Outcome::Accepted(Receipt {
        provider_id: "5741311803571721087".to_owned(),
        recipient: None,
    });
    assert_eq!(answer(&*adapter(), 200, &[], body), accepted);
    let float = r#"{"status":0,"message_token":5.7413118e18}"#;
    assert_eq!(outcome(&*adapter(), 200, float), "uncertain");
}

#[test]
fn a_status_inside_of_200_is_a_failure() {
    for (codes, expected) in [
        (&[12][..], "retry"),
        (&[5, 6, 11, 21], "recipient-unreachable"),
        (&[2, 7, 8, 9, 10, 15, 24], "channel-broken"),
        (&[3, 4, 13, 14, 99, -1], "refused"),
    ] {
        for code in codes {
            let body = format!(r#"{{"status":{code},"status_message":"x","message_token":1}}"#);
            let found = answer(&*adapter(), 200, &[], &body);
            assert_eq!(found.as_str(), expected, "{code}");
            assert!(format!("{found:?}").contains(&code.to_string()));
        }
    }
}

#[test]
fn an_answer_without_a_status_goes_by_that_of_http() {
    for (status, expected) in [
        (200, "uncertain"),
        (302, "channel-broken"),
        (400, "refused"),
        (401, "channel-broken"),
        (429, "retry"),
        (500, "uncertain"),
    ] {
        for body in ["", "<html>", "{}", r#"{"status":"0"}"#] {
            assert_eq!(
                outcome(&*adapter(), status, body),
                expected,
                "{status} {body}"
            );
        }
    }
    assert_eq!(outcome(&*adapter(), 503, r#"{"status":12}"#), "uncertain");
    assert_eq!(adapter().outcome(&Exchange::Unsent).as_str(), "retry");
    assert_eq!(adapter().outcome(&Exchange::Lost).as_str(), "uncertain");
}
