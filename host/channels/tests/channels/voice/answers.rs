use patchbay_adapter::{Exchange, Outcome, Receipt};

use super::adapter;
use crate::exchange::{answer, outcome};

#[test]
fn a_queued_call_is_accepted() {
    let body = r#"{"sid":"CA1","status":"queued","to":"+351912345678"}"#;
    let accepted = Outcome::Accepted(Receipt {
        provider_id: "CA1".to_owned(),
        recipient: Some("+351912345678".to_owned()),
    });
    assert_eq!(answer(&*adapter(), 201, &[], body), accepted);
    assert_eq!(outcome(&*adapter(), 201, "{}"), "uncertain");
    assert_eq!(outcome(&*adapter(), 200, r#"{"sid":""}"#), "uncertain");
}

#[test]
fn every_code_has_its_outcome() {
    for (codes, expected) in [
        (&[10_004, 20_429][..], "retry"),
        (&[21_211, 21_214, 21_216, 21_217], "recipient-unreachable"),
        (&[21_215, 21_219, 32_018, 424_242], "refused"),
        (&[10_001, 10_005, 20_003, 21_210, 21_212], "channel-broken"),
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

/// The call may have been placed, and there is no idempotency key.
#[test]
fn a_call_whose_answer_is_lost_is_uncertain() {
    for status in [500, 502, 503] {
        assert_eq!(outcome(&*adapter(), status, ""), "uncertain", "{status}");
    }
    assert_eq!(adapter().outcome(&Exchange::Lost).as_str(), "uncertain");
    assert_eq!(adapter().outcome(&Exchange::Unsent).as_str(), "retry");
    for (status, expected) in [
        (401, "channel-broken"),
        (404, "refused"),
        (429, "retry"),
        (302, "channel-broken"),
    ] {
        assert_eq!(outcome(&*adapter(), status, "<html>"), expected, "{status}");
    }
    let waits = answer(&*adapter(), 429, &[("retry-after", "7")], "{}");
    assert!(format!("{waits:?}").contains("7s"), "{waits:?}");
}
