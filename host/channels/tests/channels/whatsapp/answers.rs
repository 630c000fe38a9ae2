use std::time::Duration;

use patchbay_adapter::{Exchange, Outcome, Receipt};
use serde_json::json;

use super::adapter;
use crate::exchange::answer;

fn outcome(status: u16, headers: &[(&str, &str)], body: &str) -> Outcome {
    answer(adapter().as_ref(), status, headers, body)
}

/// An answer as the Graph API gives errors.
fn error(status: u16, code: i64) -> Outcome {
    let body = json!({"error": {
        "message": "(#code) to 351912345678",
        "type": "OAuthException",
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": "details"},
        "fbtrace_id": "x",
    }});
    outcome(status, &[], &body.to_string())
}

#[test]
fn an_accepted_message_has_a_receipt() {
    let body = |contact: serde_json::Value| {
        let messages = [json!({"id": "wamid.a", "message_status": "accepted"})];
        json!({"messaging_product": "whatsapp", "contacts": [contact], "messages": messages})
    };
    for (contact, recipient) in [
        // The number that the provider knows may differ from the one given.
        (
            json!({"input": "5491123456789", "wa_id": "541123456789"}),
            Some("541123456789"),
        ),
        (json!({"input": "PT.1", "user_id": "PT.1"}), Some("PT.1")),
        (json!({"input": "120363"}), None),
    ] {
        let accepted = outcome(200, &[], &body(contact).to_string());
        assert_eq!(
            accepted,
            Outcome::Accepted(Receipt {
                provider_id: "wamid.a".to_owned(),
                recipient: recipient.map(str::to_owned),
            })
        );
    }
    let without_contacts = r#"{"messages":[{"id":"wamid.a"}]}"#;
    assert_eq!(outcome(200, &[], without_contacts).as_str(), "accepted");
}

#[test]
fn every_code_has_its_outcome() {
    for (codes, expected) in [
        (
            &[
                4, 80_007, 130_429, 131_048, 131_056, 133_016, 131_000, 131_016, 131_057, 2,
            ][..],
            "retry",
        ),
        (&[131_047], "window-closed"),
        (
            &[
                131_026, 131_021, 131_030, 131_050, 131_049, 130_472, 131_062,
            ],
            "recipient-unreachable",
        ),
        (
            &[
                131_008, 131_009, 131_051, 131_052, 131_053, 132_000, 132_016, 100, 424_242, -1,
            ],
            "refused",
        ),
        (
            &[
                0, 3, 10, 190, 200, 299, 368, 131_031, 131_042, 131_045, 130_497,
            ],
            "channel-broken",
        ),
    ] {
        for code in codes {
            let outcome = error(400, *code);
            assert_eq!(outcome.as_str(), expected, "{code}");
            let shown = format!("{outcome:?}");
            assert!(shown.contains(&code.to_string()), "{shown}");
            assert!(!shown.contains("351912345678"), "{shown}");
        }
    }
}

#[test]
fn an_answer_without_a_known_code_goes_by_its_status() {
    for (status, expected) in [
        (200, "uncertain"),
        (204, "uncertain"),
        (302, "channel-broken"),
        (400, "refused"),
        (401, "channel-broken"),
        (403, "channel-broken"),
        (404, "refused"),
        (408, "retry"),
        (413, "refused"),
        (429, "retry"),
        // It may have been sent before the fault, and there is no idempotency key.
        (500, "uncertain"),
        (502, "uncertain"),
        (504, "uncertain"),
        (100, "uncertain"),
    ] {
        for body in [
            "",
            "<html>",
            "{}",
            r#"{"messages":[]}"#,
            r#"{"messages":[{"id":""}]}"#,
            "[1",
        ] {
            assert_eq!(
                outcome(status, &[], body).as_str(),
                expected,
                "{status} {body}"
            );
        }
    }
    assert_eq!(
        error(200, 131_047).as_str(),
        "window-closed",
        "an error inside of 200"
    );
    assert_eq!(error(401, 424_242).as_str(), "channel-broken");
    assert_eq!(error(429, 424_242).as_str(), "retry");
    assert_eq!(error(500, 424_242).as_str(), "uncertain");
    let transient = r#"{"error":{"code":424242,"is_transient":true}}"#;
    assert_eq!(outcome(500, &[], transient).as_str(), "retry");
}

#[test]
fn the_wait_before_a_retry_is_the_providers() {
    let after = |outcome: Outcome| match outcome {
        Outcome::Retry { after, .. } => after,
        other => panic!("{other:?}"),
    };
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    assert_eq!(
        after(outcome(429, &[("Retry-After", "30")], "")),
        seconds(30)
    );
    assert_eq!(after(outcome(429, &[], "")), None);
    assert_eq!(after(error(400, 130_429)), None);
    // About one message in six seconds goes to one customer.
    assert_eq!(after(error(400, 131_056)), seconds(6));
}

#[test]
fn what_was_not_sent_is_retried_and_what_has_no_answer_is_uncertain() {
    assert_eq!(adapter().outcome(&Exchange::Unsent).as_str(), "retry");
    assert_eq!(adapter().outcome(&Exchange::Lost).as_str(), "uncertain");
}
