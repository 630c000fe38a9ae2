//! Replies to reviews, and what Google's answers mean.

use std::time::Duration;

use patchbay_adapter::{EncodeError, Outcome, RequestMethod};

use super::*;
use crate::exchange::{answer, outcome, reply, requests};

const REVIEW: &str = "gp:AOqpTOE-1_a/b";

#[test]
fn a_reply_is_one_request_and_the_same_each_time() {
    let adapter = adapter();
    let mut reply = reply("play-store", ACCOUNT, "", "Obrigado, \"Ana\"!\n😀");
    reply.in_reply_to = Some(REVIEW);
    let encode = || requests(&*adapter, &reply).expect("encoded");
    let (one, other) = (encode(), encode());
    assert_eq!(one.len(), 1);
    let request = &one[0];
    assert_eq!(request.method, RequestMethod::Post);
    assert_eq!(
        request.url,
        "https://play.example/androidpublisher/v3/applications/com.northwind.app/reviews/gp%3AAOqpTOE%2D1%5Fa%2Fb:reply"
    );
    assert_eq!(request.content_type, "application/json");
    assert_eq!(request.key, "reply-01J/1");
    assert_eq!(
        request.body,
        r#"{"replyText":"Obrigado, \"Ana\"!\n😀"}"#.as_bytes()
    );
    assert!(request.headers.is_empty() && is_token(&request.credential));
    assert_eq!(
        (&request.url, &request.body),
        (&other[0].url, &other[0].body)
    );
    assert!(SUBJECT.kind().is_idempotent);
}

#[test]
fn a_reply_that_cannot_be_sent_is_refused_before() {
    let adapter = adapter();
    let fits = "é".repeat(350);
    let long = "é".repeat(351);
    let id = "x".repeat(513);
    for (account, review, text, error) in [
        (ACCOUNT, Some(REVIEW), fits.as_str(), None),
        (
            ACCOUNT,
            Some(REVIEW),
            &long,
            Some(EncodeError::TooLongForOne { limit: 350 }),
        ),
        (ACCOUNT, Some(REVIEW), " \n", Some(EncodeError::Empty)),
        (ACCOUNT, None, "a", Some(EncodeError::Unanswered)),
        (ACCOUNT, Some(""), "a", Some(EncodeError::Address)),
        (ACCOUNT, Some(&id), "a", Some(EncodeError::Address)),
        (
            "com.other.app",
            Some(REVIEW),
            "a",
            Some(EncodeError::Account),
        ),
    ] {
        let mut reply = reply("play-store", account, "", text);
        reply.in_reply_to = review;
        assert_eq!(requests(&*adapter, &reply).err(), error, "{review:?}");
    }
}

/// A second reply to a review replaces the first, so what may have been sent is sent again.
#[test]
fn every_answer_has_its_meaning() {
    let adapter = adapter();
    let error = |status: &str| {
        format!(r#"{{"error":{{"code":1,"message":"jo@example.org","status":"{status}"}}}}"#)
    };
    let rate = |reason: &str| {
        format!(
            r#"{{"error":{{"errors":[{{"reason":"{reason}"}}],"status":"PERMISSION_DENIED"}}}}"#
        )
    };
    for (status, body, expected) in [
        (
            200,
            r#"{"result":{"replyText":"a","lastEdited":{"seconds":"1772532000"}}}"#.to_owned(),
            "accepted",
        ),
        (200, r#"{"result":{}}"#.to_owned(), "accepted"),
        (200, "{}".to_owned(), "retry"),
        (200, "<html>".to_owned(), "retry"),
        (400, error("INVALID_ARGUMENT"), "refused"),
        (400, error("FAILED_PRECONDITION"), "refused"),
        (400, error("SOMETHING_NEW"), "refused"),
        (401, error("UNAUTHENTICATED"), "channel-broken"),
        (403, error("PERMISSION_DENIED"), "channel-broken"),
        (403, rate("rateLimitExceeded"), "retry"),
        (403, rate("quotaExceeded"), "retry"),
        (403, rate("forbidden"), "channel-broken"),
        (404, error("NOT_FOUND"), "recipient-unreachable"),
        (404, "<html>".to_owned(), "refused"),
        (409, error("ABORTED"), "retry"),
        (429, error("RESOURCE_EXHAUSTED"), "retry"),
        (429, String::new(), "retry"),
        (500, error("INTERNAL"), "retry"),
        (503, error("UNAVAILABLE"), "retry"),
        (502, String::new(), "retry"),
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
    for (exchange, expected) in [(Exchange::Unsent, "retry"), (Exchange::Lost, "retry")] {
        assert_eq!(adapter.outcome(&exchange).as_str(), expected);
    }
}

#[test]
fn a_receipt_names_the_time_of_the_reply() {
    let body = r#"{"result":{"replyText":"a","lastEdited":{"seconds":"1772532000","nanos":5}}}"#;
    let Outcome::Accepted(receipt) = answer(&*adapter(), 200, &[], body) else {
        panic!("accepted");
    };
    assert_eq!(receipt.provider_id, "reply:1772532000");
    assert_eq!(receipt.recipient, None);
}
