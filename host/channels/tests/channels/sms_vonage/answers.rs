use patchbay_adapter::{Exchange, Outcome, Receipt};

use super::adapter;
use crate::exchange::{answer, outcome};

#[test]
fn a_message_with_an_id_is_accepted() {
    let body = r#"{"message_uuid":"aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"}"#;
    let accepted = Outcome::Accepted(Receipt {
        provider_id: "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab".to_owned(),
        recipient: None,
    });
    assert_eq!(answer(&*adapter(), 202, &[], body), accepted);
    for body in [
        "",
        "<html>",
        "{}",
        r#"{"message_uuid":""}"#,
        r#"{"messages":[{"status":"1"}]}"#,
    ] {
        assert_eq!(outcome(&*adapter(), 202, body), "uncertain", "{body}");
    }
}

#[test]
fn every_code_has_its_outcome() {
    for (codes, expected) in [
        (
            &[1_000, 1_030, 1_100, 1_180, 1_220, 1_230, 1_241][..],
            "retry",
        ),
        (
            &[
                1_050, 1_160, 1_170, 1_190, 1_200, 1_240, 1_250, 1_260, 1_280, 1_290, 1_300, 1_310,
            ],
            "recipient-unreachable",
        ),
        (
            &[
                1_010, 1_020, 1_040, 1_090, 1_130, 1_150, 1_210, 1_270, 9_999,
            ],
            "refused",
        ),
        (
            &[1_060, 1_070, 1_080, 1_110, 1_120, 1_140],
            "channel-broken",
        ),
        (&[1_320], "uncertain"),
        (&[1_340], "window-closed"),
    ] {
        for code in codes {
            let body = format!(
                r#"{{"type":"https://developer.vonage.com/api-errors/messages#{code}","title":"x","detail":"to 351912345678","instance":"y"}}"#
            );
            let found = answer(&*adapter(), 422, &[], &body);
            assert_eq!(found.as_str(), expected, "{code}");
            let shown = format!("{found:?}");
            assert!(shown.contains(&code.to_string()) && !shown.contains("351912345678"));
            // A server in trouble may have sent it.
            assert_eq!(outcome(&*adapter(), 500, &body), "uncertain", "{code}");
        }
    }
}

/// Codes in words, of every product of the provider.
#[test]
fn an_answer_without_a_known_code_goes_by_its_status() {
    let low =
        r#"{"type":"https://developer.nexmo.com/api-errors/#low-balance","title":"Low balance"}"#;
    let unauthorized =
        r#"{"type":"https://developer.vonage.com/api-errors#unauthorized","title":"Unauthorized"}"#;
    for (status, expected) in [
        (302, "channel-broken"),
        (400, "refused"),
        (401, "channel-broken"),
        (402, "channel-broken"),
        (403, "channel-broken"),
        (404, "refused"),
        (422, "refused"),
        (429, "retry"),
        (500, "uncertain"),
        (503, "uncertain"),
    ] {
        for body in [
            "",
            "<html>",
            "{}",
            r#"{"type":7,"title":{}}"#,
            low,
            unauthorized,
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
fn the_provider_says_how_long_to_wait() {
    let found = answer(&*adapter(), 429, &[("retry-after", "7")], "{}");
    let Outcome::Retry { after, .. } = found else {
        panic!("{found:?}");
    };
    assert_eq!(after.map(|it| it.as_secs()), Some(7));
}
