use std::time::Duration;

use patchbay_adapter::{Exchange, Outcome, Receipt};

use super::adapter;
use crate::exchange::{answer, outcome};

fn problem(kind: &str) -> String {
    format!(r#"{{"type":"https://api.x.com/2/problems/{kind}","title":"T","detail":"d"}}"#)
}

fn refusal(detail: &str) -> String {
    format!(r#"{{"detail":"{detail}","type":"about:blank","title":"Forbidden","status":403}}"#)
}

#[test]
fn an_accepted_message_has_its_id_as_receipt() {
    for (body, id) in [
        (r#"{"data":{"id":"20","text":"a"}}"#, "20"),
        (
            r#"{"data":{"dm_conversation_id":"1-2","dm_event_id":"30"}}"#,
            "30",
        ),
        // A part of the answer that has an error changes nothing.
        (r#"{"data":{"id":"20"},"errors":[{"title":"T"}]}"#, "20"),
    ] {
        let accepted = Outcome::Accepted(Receipt {
            provider_id: id.to_owned(),
            recipient: None,
        });
        assert_eq!(answer(&*adapter(), 201, &[], body), accepted, "{body}");
    }
}

#[test]
fn a_problem_goes_by_its_type() {
    for (status, kind, expected) in [
        (429, "rate-limit-exceeded", "retry"),
        (429, "usage-capped", "channel-broken"),
        (403, "client-forbidden", "channel-broken"),
        (403, "unsupported-authentication", "channel-broken"),
        (403, "not-authorized-for-resource", "recipient-unreachable"),
        (404, "resource-not-found", "recipient-unreachable"),
        (400, "invalid-request", "refused"),
        (400, "hologram", "refused"),
        (403, "hologram", "refused"),
        (429, "hologram", "retry"),
        // A token that is not accepted, whatever else is said.
        (401, "invalid-request", "channel-broken"),
        // It may be out.
        (503, "rate-limit-exceeded", "uncertain"),
    ] {
        let found = outcome(&*adapter(), status, &problem(kind));
        assert_eq!(found, expected, "{status} {kind}");
    }
}

#[test]
fn errors_inside_of_200_without_data_are_a_failure() {
    for (kind, expected) in [
        ("resource-not-found", "recipient-unreachable"),
        ("usage-capped", "channel-broken"),
        ("hologram", "refused"),
    ] {
        let body = format!(r#"{{"errors":[{}]}}"#, problem(kind));
        assert_eq!(outcome(&*adapter(), 200, &body), expected, "{kind}");
    }
    for body in ["", "{}", r#"{"data":{}}"#, r#"{"errors":[]}"#, "<html>"] {
        assert_eq!(outcome(&*adapter(), 200, body), "uncertain", "{body}");
    }
}

/// A person looks whether it is out: after a lost answer it is, else an earlier post has
/// the same text.
#[test]
fn a_duplicate_is_uncertain_and_another_refusal_is_not() {
    for (detail, expected) in [
        (
            "You are not allowed to create a Tweet with duplicate content.",
            "uncertain",
        ),
        (
            "You are not allowed to reply to this post: its author did not mention you.",
            "refused",
        ),
        (
            "You do not have permission to DM one or more participants.",
            "recipient-unreachable",
        ),
    ] {
        let body = refusal(detail);
        assert_eq!(outcome(&*adapter(), 403, &body), expected, "{detail}");
        // The provider's prose is in no reason.
        let shown = format!("{:?}", answer(&*adapter(), 403, &[], &body));
        assert!(!shown.contains("You"), "{shown}");
    }
}

#[test]
fn an_answer_without_a_problem_goes_by_its_status() {
    for (status, expected) in [
        (302, "channel-broken"),
        (400, "refused"),
        (401, "channel-broken"),
        (402, "channel-broken"),
        (403, "channel-broken"),
        (404, "refused"),
        (429, "retry"),
        (500, "uncertain"),
        (503, "uncertain"),
    ] {
        for body in ["", "<html>", "{}", "[]"] {
            let found = outcome(&*adapter(), status, body);
            assert_eq!(found, expected, "{status} {body}");
        }
    }
    assert_eq!(adapter().outcome(&Exchange::Unsent).as_str(), "retry");
    assert_eq!(adapter().outcome(&Exchange::Lost).as_str(), "uncertain");
}

/// The host's clock of the tests is at 0 seconds.
#[test]
fn a_rate_limit_says_when_it_ends() {
    let short = ("x-rate-limit-reset", "90");
    for (headers, seconds) in [
        (&[short][..], Some(90)),
        (&[("x-rate-limit-reset", "soon")], None),
        (&[("x-rate-limit-reset", "-5")], Some(0)),
        (&[("x-rate-limit-reset", "99999999999")], Some(86_400)),
        (&[("Retry-After", "7")], Some(7)),
        (&[("Retry-After", "7"), short], Some(90)),
        // Of the limits, the one that is used up counts.
        (
            &[
                short,
                ("x-rate-limit-remaining", "12"),
                ("x-user-limit-24hour-remaining", "0"),
                ("x-user-limit-24hour-reset", "5000"),
            ],
            Some(5_000),
        ),
        (&[], None),
    ] {
        let body = problem("rate-limit-exceeded");
        match answer(&*adapter(), 429, headers, &body) {
            Outcome::Retry { after, .. } => {
                assert_eq!(after, seconds.map(Duration::from_secs), "{headers:?}");
            }
            other => panic!("{other:?}"),
        }
    }
}
