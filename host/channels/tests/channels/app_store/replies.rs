//! Responses to reviews, and what Apple's answers mean.

use std::time::Duration;

use patchbay_adapter::{EncodeError, Outcome, RequestMethod};

use super::*;
use crate::exchange::{answer, outcome, reply, requests};

const REVIEW: &str = "00000028-b08c-0014-729e-fbd500000000";

#[test]
fn a_response_is_one_request_and_the_same_each_time() {
    let adapter = adapter();
    let mut reply = reply("app-store", ACCOUNT, "", "Thank you, \"Ana\"!\n😀");
    reply.in_reply_to = Some(REVIEW);
    let encode = || requests(&*adapter, &reply).expect("encoded");
    let (one, other) = (encode(), encode());
    assert_eq!(one.len(), 1);
    let request = &one[0];
    assert_eq!(request.method, RequestMethod::Post);
    assert_eq!(
        request.url,
        "https://apple.example/v1/customerReviewResponses"
    );
    assert_eq!(
        (&*request.content_type, request.key.as_str()),
        ("application/json", "reply-01J/1")
    );
    let body: Value = serde_json::from_slice(&request.body).expect("JSON");
    let expected = json!({"data": {
        "type": "customerReviewResponses",
        "attributes": {"responseBody": "Thank you, \"Ana\"!\n😀"},
        "relationships": {"review": {"data": {"type": "customerReviews", "id": REVIEW}}},
    }});
    assert_eq!(body, expected);
    assert!(request.headers.is_empty() && is_token(&request.credential));
    assert_eq!(
        (&request.url, &request.body),
        (&other[0].url, &other[0].body)
    );
    assert!(SUBJECT.kind().is_idempotent);
}

#[test]
fn a_response_that_cannot_be_sent_is_refused_before() {
    let adapter = adapter();
    let fits = "é".repeat(5_970);
    let long = "é".repeat(5_971);
    let id = "x".repeat(129);
    for (account, review, text, error) in [
        (ACCOUNT, Some(REVIEW), fits.as_str(), None),
        (
            ACCOUNT,
            Some(REVIEW),
            &long,
            Some(EncodeError::TooLongForOne { limit: 5_970 }),
        ),
        (ACCOUNT, Some(REVIEW), "", Some(EncodeError::Empty)),
        (ACCOUNT, None, "a", Some(EncodeError::Unanswered)),
        (ACCOUNT, Some(""), "a", Some(EncodeError::Address)),
        (ACCOUNT, Some(&id), "a", Some(EncodeError::Address)),
        ("1", Some(REVIEW), "a", Some(EncodeError::Account)),
    ] {
        let mut reply = reply("app-store", account, "", text);
        reply.in_reply_to = review;
        assert_eq!(requests(&*adapter, &reply).err(), error, "{review:?}");
    }
}

/// A second response to a review replaces the first, so what may have been sent is sent
/// again.
#[test]
fn every_answer_has_its_meaning() {
    let adapter = adapter();
    let error =
        |code: &str| format!(r#"{{"errors":[{{"code":"{code}","detail":"jo@example.org"}}]}}"#);
    let accepted = r#"{"data":{"id":"r-1","attributes":{"state":"PENDING_PUBLISH"}}}"#;
    for (status, body, expected) in [
        (201, accepted.to_owned(), "accepted"),
        (200, accepted.to_owned(), "accepted"),
        (201, "{}".to_owned(), "retry"),
        (200, "<html>".to_owned(), "retry"),
        (400, error("PARAMETER_ERROR.INVALID"), "refused"),
        (401, error("NOT_AUTHORIZED"), "channel-broken"),
        (401, String::new(), "channel-broken"),
        (403, error("FORBIDDEN_ERROR"), "channel-broken"),
        (
            403,
            error("FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED"),
            "channel-broken",
        ),
        (404, error("NOT_FOUND"), "recipient-unreachable"),
        (404, "<html>".to_owned(), "refused"),
        (409, error("ENTITY_ERROR.RELATIONSHIP.INVALID"), "refused"),
        (409, error("STATE_ERROR"), "refused"),
        (409, String::new(), "refused"),
        (422, error("ENTITY_ERROR.ATTRIBUTE.INVALID"), "refused"),
        (422, error("SOMETHING_NEW"), "refused"),
        (429, error("RATE_LIMIT_EXCEEDED"), "retry"),
        (429, String::new(), "retry"),
        (500, error("UNEXPECTED_ERROR"), "retry"),
        // What a server in trouble says decides nothing.
        (500, error("ENTITY_ERROR"), "retry"),
        (503, String::new(), "retry"),
        (302, String::new(), "channel-broken"),
    ] {
        let found = outcome(&*adapter, status, &body);
        assert_eq!(found, expected, "{status} {body}");
        let shown = format!("{:?}", answer(&*adapter, status, &[], &body));
        assert!(!shown.contains("example"), "{shown}");
    }
    let waits = answer(&*adapter, 429, &[("retry-after", "30")], "");
    let Outcome::Retry { after, .. } = waits else {
        panic!("{waits:?}");
    };
    assert_eq!(after, Some(Duration::from_secs(30)));
    for exchange in [Exchange::Unsent, Exchange::Lost] {
        assert_eq!(adapter.outcome(&exchange).as_str(), "retry");
    }
    let Outcome::Accepted(receipt) = answer(&*adapter, 201, &[], accepted) else {
        panic!("accepted");
    };
    assert_eq!(
        (receipt.provider_id.as_str(), receipt.recipient),
        ("r-1", None)
    );
}
