//! Polls of the list of reviews: what differs from Google Play, whose polls are the same.

use std::time::Duration;

use patchbay_adapter::poll::PollFailureKind::{Limited, NotFound, Unauthorised, Unavailable};
use patchbay_adapter::poll::{PollStep, PolledDelivery};
use patchbay_adapter::{Item, VerifiedRequest};

use super::*;
use crate::polled_documents::{answer, next, query};

const FIRST: &str =
    "https://apple.example/v1/apps/6446001234/customerReviews?sort=-createdDate&limit=200";

/// A review that was written so many minutes after noon of the first poll's day.
fn review(id: &str, title: &str, minutes: i64) -> Value {
    json!({"type": "customerReviews", "id": id, "attributes": {
        "rating": 2, "title": title, "body": "b", "reviewerNickname": "Ana",
        "createdDate": after(minutes).to_string(), "territory": "PRT"}})
}

fn page(reviews: &[Value], next: Option<&str>) -> String {
    json!({"data": reviews, "links": {"self": "x", "next": next}}).to_string()
}

struct Polled {
    texts: Vec<String>,
    deliveries: Vec<PolledDelivery>,
    cursor: Vec<u8>,
    urls: Vec<String>,
}

fn poll(cursor: &[u8], minutes: i64, pages: &[String]) -> Polled {
    let adapter = adapter();
    let cursor = Some(cursor).filter(|cursor| !cursor.is_empty());
    let mut poll = adapter.poll(cursor, after(minutes)).expect("a poll");
    let (mut deliveries, mut urls) = (Vec::new(), Vec::new());
    for body in pages {
        let query = query(&*poll);
        assert!(query.query.credential.as_ref().is_some_and(is_token));
        urls.push(query.query.url);
        let read = poll.answer(answer(200, &[], body.as_bytes(), after(minutes)));
        deliveries.extend(read.expect("a page"));
    }
    assert_eq!(next(&*poll).otherwise, Duration::from_secs(900));
    let texts = deliveries.iter().map(|delivery| {
        let request = delivery.request();
        match adapter
            .decode(&VerifiedRequest::of_own_request(&request))
            .swap_remove(0)
        {
            Item::Interaction(decoded) => decoded.interaction.text,
            other => panic!("{other:?}"),
        }
    });
    Polled {
        texts: texts.collect(),
        cursor: poll.cursor(),
        deliveries,
        urls,
    }
}

#[test]
fn the_first_poll_takes_the_reviews_of_a_day_as_they_came() {
    let reviews = [review("3", "new", -1), review("1", "old", -24 * 60 - 1)];
    let polled = poll(b"", 0, &[page(&reviews, None)]);
    assert_eq!(polled.urls, [FIRST]);
    assert_eq!(polled.texts, ["new\n\nb"]);
    assert_eq!(polled.deliveries[0].body, reviews[0].to_string().as_bytes());
    let url = &polled.deliveries[0].url;
    let id = url.strip_prefix("app-store:?account=6446001234&review=");
    assert_eq!(id.map(str::len), Some(32), "{url}");
    let again = poll(&polled.cursor, 15, &[page(&reviews, None)]);
    assert!(again.texts.is_empty());
}

/// The list does not say that a review was edited, and may keep its date.
#[test]
fn an_edit_is_found_by_its_wording() {
    let first = poll(
        b"",
        0,
        &[page(
            &[review("2", "a", -1), review("1", "old", -50 * 24 * 60)],
            None,
        )],
    );
    let edited = [
        review("2", "A", -1),
        review("1", "old, edited", -50 * 24 * 60),
    ];
    let edited = poll(&first.cursor, 15, &[page(&edited, None)]);
    assert_eq!(edited.texts, ["old, edited\n\nb", "A\n\nb"]);
    assert_eq!(edited.deliveries[1].url, first.deliveries[0].url);
}

#[test]
fn further_pages_are_on_the_providers_own_host_only() {
    let second = format!("{FIRST}&cursor=AQ.x");
    let pages = [
        page(&[review("2", "b", -1)], Some(&second)),
        page(&[review("1", "a", -2)], None),
    ];
    let polled = poll(b"", 0, &pages);
    assert_eq!(polled.urls, [FIRST, second.as_str()]);
    assert_eq!(polled.texts, ["b\n\nb", "a\n\nb"]);
    for next in [
        "https://attacker.example/v1/apps/6446001234/customerReviews?cursor=1",
        "http://apple.example/v1/apps/6446001234/customerReviews?cursor=1",
        "https://apple.example.attacker.example/",
        "https://apple.example@attacker.example/",
        "/v1/apps/6446001234/customerReviews?cursor=1",
        "",
        // Itself.
        FIRST,
    ] {
        let polled = poll(b"", 0, &[page(&[review("2", "b", -1)], Some(next))]);
        assert_eq!(polled.urls.len(), 1, "{next}");
    }
}

#[test]
fn after_a_crash_the_same_reviews_come_again() {
    let adapter = adapter();
    let read = || {
        let mut poll = adapter.poll(None, after(0)).expect("a poll");
        let body = page(&[review("2", "b", -1)], Some(&format!("{FIRST}&cursor=2")));
        let taken = poll
            .answer(answer(200, &[], body.as_bytes(), after(0)))
            .expect("a page");
        assert!(matches!(poll.step(), PollStep::Ask(_)));
        assert_eq!(poll.cursor(), b"");
        let taken = taken
            .into_iter()
            .map(|delivery| (delivery.url, delivery.body));
        taken.collect::<Vec<_>>()
    };
    assert_eq!(read().len(), 1);
    assert_eq!(read(), read());
}

#[test]
fn a_refusal_ends_a_poll_and_keeps_the_cursor() {
    let adapter = adapter();
    let first = poll(b"", 0, &[page(&[review("1", "a", -1)], None)]);
    for (status, body, kind, part) in [
        (401, ERROR, Unauthorised, "does not accept the access"),
        (403, ERROR, Unauthorised, "does not accept the access"),
        (404, ERROR, NotFound, "does not have what the settings name"),
        (429, ERROR, Limited, "too many requests"),
        (500, ERROR, Unavailable, "fails (http 500)"),
        (200, ERROR, Unavailable, "is not a list of reviews"),
        (
            200,
            "{\"data\":{}}",
            Unavailable,
            "is not a list of reviews",
        ),
        (
            200,
            "<html>",
            Unavailable,
            "is not a list of reviews: check `api-base`",
        ),
    ] {
        let mut poll = adapter
            .poll(Some(&first.cursor), after(15))
            .expect("a poll");
        let refused = poll.answer(answer(status, &[], body.as_bytes(), after(15)));
        let failure = refused.expect_err("refused");
        assert_eq!(failure.kind, kind, "{status}");
        assert!(failure.problem.contains(part), "{failure}");
        assert_eq!(poll.cursor(), first.cursor);
    }
}
