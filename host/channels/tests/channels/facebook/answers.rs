use patchbay_adapter::{Exchange, Outcome, Receipt};
use serde_json::{Value, json};

use super::SUBJECT;
use crate::exchange::answer;

fn outcome(status: u16, body: &Value) -> Outcome {
    answer(SUBJECT.open().as_ref(), status, &[], &body.to_string())
}

fn error(status: u16, code: i64, subcode: Option<i64>) -> Outcome {
    let mut error = json!({"message": "(#code) to 7654321098765432", "type": "OAuthException",
        "code": code, "fbtrace_id": "x"});
    if let Some(subcode) = subcode {
        error["error_subcode"] = subcode.into();
    }
    outcome(status, &json!({"error": error}))
}

#[test]
fn a_message_and_a_comment_have_a_receipt() {
    for (body, id, recipient) in [
        (
            json!({"recipient_id": "7654321098765432", "message_id": "m_a"}),
            "m_a",
            Some("7654321098765432"),
        ),
        (json!({"id": "1_2"}), "1_2", None),
    ] {
        let expected = Receipt {
            provider_id: id.to_owned(),
            recipient: recipient.map(str::to_owned),
        };
        assert_eq!(outcome(200, &body), Outcome::Accepted(expected));
    }
    assert_eq!(outcome(200, &json!({})).as_str(), "uncertain");
    assert_eq!(outcome(200, &json!({"id": 1.5})).as_str(), "uncertain");
}

#[test]
fn every_code_has_its_outcome() {
    for (codes, expected) in [
        (
            &[
                (1, None),
                (2, None),
                (4, None),
                (17, None),
                (32, None),
                (613, None),
                (1_200, None),
                (4, Some(2_018_022)),
            ][..],
            "retry",
        ),
        (
            &[
                (10, Some(2_018_278)),
                (10, Some(2_018_065)),
                (10, Some(2_534_022)),
            ],
            "window-closed",
        ),
        (
            &[
                (10, Some(2_018_108)),
                (551, None),
                (551, Some(1_545_041)),
                (100, Some(2_018_001)),
                (100, Some(2_534_014)),
                (200, Some(1_545_041)),
            ],
            "recipient-unreachable",
        ),
        (
            &[
                (10, None),
                (10, Some(1)),
                (102, None),
                (190, Some(463)),
                (200, None),
                (200, Some(1)),
                (368, None),
                (100, Some(2_534_029)),
            ],
            "channel-broken",
        ),
        (
            &[
                (10, Some(2_018_300)),
                (100, None),
                (100, Some(2_018_109)),
                (2_018_000, None),
                (2_018_999, None),
                (424_242, None),
            ],
            "refused",
        ),
        // The messages were sent all the same.
        (&[(1, Some(1_357_046))], "uncertain"),
    ] {
        for (code, subcode) in codes {
            for status in [400, 200] {
                let outcome = error(status, *code, *subcode);
                assert_eq!(outcome.as_str(), expected, "{code} {subcode:?}");
                let shown = format!("{outcome:?}");
                let reason = match subcode {
                    Some(subcode) => format!("\"{code}/{subcode}\""),
                    None => format!("\"{code}\""),
                };
                assert!(shown.contains(&reason), "{shown}");
                assert!(!shown.contains("7654321098765432"), "{shown}");
            }
        }
    }
    assert_eq!(error(500, 424_242, None).as_str(), "uncertain");
}

/// There is no idempotency key: what may have been sent is not sent again.
#[test]
fn without_an_answer_it_is_uncertain() {
    let adapter = SUBJECT.open();
    assert_eq!(adapter.outcome(&Exchange::Unsent).as_str(), "retry");
    assert_eq!(adapter.outcome(&Exchange::Lost).as_str(), "uncertain");
    assert_eq!(outcome(502, &json!(null)).as_str(), "uncertain");
}
