use patchbay_adapter::{Exchange, Outcome, Receipt};

use super::adapter;
use crate::exchange::{answer, outcome};

#[test]
fn a_queued_message_is_accepted() {
    let body = r#"{"sid":"SM1","status":"queued","to":"+351912345678","error_code":null}"#;
    let accepted = Outcome::Accepted(Receipt {
        provider_id: "SM1".to_owned(),
        recipient: Some("+351912345678".to_owned()),
    });
    assert_eq!(answer(&*adapter(), 201, &[], body), accepted);
    assert_eq!(outcome(&*adapter(), 201, "{}"), "uncertain");
}

#[test]
fn every_code_has_its_outcome() {
    for (codes, expected) in [
        (&[20_429, 30_001, 30_008, 30_022][..], "retry"),
        (
            &[21_610, 30_003, 30_004, 30_005, 30_006, 21_211, 21_614],
            "recipient-unreachable",
        ),
        (&[21_617, 30_007, 21_408, 21_620, 424_242], "refused"),
        (&[63_016], "window-closed"),
        (&[20_003, 21_606, 30_002, 30_034], "channel-broken"),
    ] {
        for code in codes {
            let body = format!(r#"{{"code":{code},"message":"to +351912345678","status":400}}"#);
            let found = answer(&*adapter(), 400, &[], &body);
            assert_eq!(found.as_str(), expected, "{code}");
            let shown = format!("{found:?}");
            assert!(shown.contains(&code.to_string()) && !shown.contains("351912345678"));
        }
    }
}

#[test]
fn an_answer_without_a_known_code_goes_by_its_status() {
    for (status, expected) in [
        (302, "channel-broken"),
        (400, "refused"),
        (401, "channel-broken"),
        (404, "refused"),
        (429, "retry"),
        // It may have been sent, and there is no idempotency key.
        (500, "uncertain"),
        (503, "uncertain"),
    ] {
        for body in ["", "<html>", "{}", r#"{"code":"x"}"#] {
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
