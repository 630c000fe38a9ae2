//! Polls of the list of reviews.

use std::time::Duration;

use jiff::Timestamp;
use patchbay_adapter::poll::PollFailureKind::{Limited, NotFound, Unauthorised, Unavailable};
use patchbay_adapter::poll::{PollFailure, PolledDelivery};
use patchbay_adapter::{Item, VerifiedRequest};

use super::*;
use crate::polled_documents::{answer, next, query};

const FIRST: &str = "https://play.example/androidpublisher/v3/applications/com.northwind.app/reviews?maxResults=100";

/// A review that was changed so many minutes after noon of the first poll's day.
fn review(id: &str, text: &str, minutes: i64) -> Value {
    let seconds = after(minutes).as_second().to_string();
    json!({"reviewId": id, "authorName": "Ana", "comments": [
        {"userComment": {"text": text, "lastModified": {"seconds": seconds, "nanos": 7}, "starRating": 2}}]})
}

fn page(reviews: &[Value], token: Option<&str>) -> String {
    match token {
        Some(token) => json!({"reviews": reviews, "tokenPagination": {"nextPageToken": token}}),
        None => json!({"reviews": reviews}),
    }
    .to_string()
}

struct Polled {
    deliveries: Vec<PolledDelivery>,
    cursor: Vec<u8>,
    urls: Vec<String>,
}

impl Polled {
    fn texts(&self) -> Vec<String> {
        let items = self.deliveries.iter().map(decode);
        items
            .map(|item| match item {
                Item::Interaction(decoded) => decoded.interaction.text,
                Item::Undecodable(problem) => problem.reason,
                other => panic!("{other:?}"),
            })
            .collect()
    }
}

fn decode(delivery: &PolledDelivery) -> Item {
    let request = delivery.request();
    let mut items = adapter().decode(&VerifiedRequest::of_own_request(&request));
    items.swap_remove(0)
}

/// A whole poll, whose pages a function gives by their number.
fn poll_pages(
    cursor: &[u8],
    now: Timestamp,
    mut page: impl FnMut(usize) -> String,
) -> Result<Polled, PollFailure> {
    let adapter = adapter();
    let cursor = Some(cursor).filter(|cursor| !cursor.is_empty());
    let mut poll = adapter.poll(cursor, now).expect("a poll");
    let (mut deliveries, mut urls) = (Vec::new(), Vec::new());
    while let patchbay_adapter::poll::PollStep::Ask(_) = poll.step() {
        let query = query(&*poll);
        assert!(query.query.credential.as_ref().is_some_and(is_token));
        assert!(urls.len() < 1_000, "a poll without end");
        let body = page(urls.len());
        urls.push(query.query.url);
        deliveries.extend(poll.answer(answer(200, &[], body.as_bytes(), now))?);
    }
    assert_eq!(next(&*poll).otherwise, Duration::from_secs(900));
    let cursor = poll.cursor();
    assert!(cursor.len() < 4 << 10, "{}", cursor.len());
    Ok(Polled {
        deliveries,
        cursor,
        urls,
    })
}

fn poll(cursor: &[u8], minutes: i64, pages: &[String]) -> Polled {
    let polled = poll_pages(cursor, after(minutes), |index| pages[index].clone());
    let polled = polled.expect("pages");
    assert_eq!(polled.urls.len(), pages.len());
    polled
}

#[test]
fn the_first_poll_takes_the_reviews_of_a_day() {
    let reviews = [
        review("3", "new", -1),
        review("2", "within a day", -24 * 60),
        review("1", "old", -24 * 60 - 1),
    ];
    let polled = poll(b"", 0, &[page(&reviews, None)]);
    assert_eq!(polled.urls, [FIRST]);
    assert_eq!(polled.texts(), ["within a day", "new"]);
    // What was left out is not new later.
    let again = poll(&polled.cursor, 15, &[page(&reviews, None)]);
    assert!(again.deliveries.is_empty());
    let week = open(json!({"history-days": 7})).expect("opened");
    let mut poll = week.poll(None, after(0)).expect("a poll");
    let body = page(&reviews, None);
    let taken = poll
        .answer(answer(200, &[], body.as_bytes(), after(0)))
        .expect("a page");
    assert_eq!(taken.len(), 3);
}

#[test]
fn a_delivery_is_the_review_as_it_came() {
    let review = review("gp:1", "a", -1);
    let polled = poll(b"", 0, &[page(std::slice::from_ref(&review), None)]);
    let delivery = &polled.deliveries[0];
    assert_eq!(delivery.body, review.to_string().as_bytes());
    let id = delivery
        .url
        .strip_prefix("play-store:?account=com.northwind.app&review=");
    assert_eq!(id.map(str::len), Some(32), "{}", delivery.url);
    assert!(delivery.headers.is_empty());
}

#[test]
fn a_changed_review_comes_again_under_its_id() {
    let first = poll(b"", 0, &[page(&[review("1", "a", -5)], None)]);
    let edited = poll(&first.cursor, 15, &[page(&[review("1", "b", 10)], None)]);
    assert_eq!(edited.texts(), ["b"]);
    assert_eq!(first.deliveries[0].url, edited.deliveries[0].url);
    let back = poll(&edited.cursor, 30, &[page(&[review("1", "a", 20)], None)]);
    assert_eq!(back.texts(), ["a"]);
}

#[test]
fn pages_are_read_until_one_has_nothing_recent() {
    let pages = [
        page(&[review("5", "e", -1), review("4", "d", -2)], Some("t/2&")),
        page(&[review("3", "c", -3)], Some("t3")),
        page(&[review("2", "old", -3 * 24 * 60)], Some("t4")),
    ];
    let polled = poll(b"", 0, &pages);
    assert_eq!(polled.texts(), ["d", "e", "c"]);
    assert_eq!(polled.urls[1], format!("{FIRST}&token=t%2F2%26"));
    // The next one reads what is new, and the day before again.
    let polled = poll(
        &polled.cursor,
        15,
        &[
            page(&[review("6", "f", 1), review("5", "e", -1)], Some("t2")),
            page(&[review("4", "d", -2), review("3", "c", -3)], Some("t3")),
            page(&[review("2", "old", -3 * 24 * 60)], None),
        ],
    );
    assert_eq!(polled.texts(), ["f"]);
}

#[test]
fn another_order_is_nothing_new_and_a_late_review_is() {
    let reviews = [
        review("3", "c", -1),
        review("2", "b", -2),
        review("1", "a", -3),
    ];
    let first = poll(b"", 0, &[page(&reviews, None)]);
    let [three, two, one] = reviews;
    let again = poll(
        &first.cursor,
        15,
        &[page(&[one, three, review("4", "late", -60), two], None)],
    );
    assert_eq!(again.texts(), ["late"]);
}

/// The cursor is stored behind the last page: until then, it is the one before.
#[test]
fn after_a_crash_the_same_reviews_come_again() {
    let first = poll(b"", 0, &[page(&[review("1", "a", -5)], None)]);
    let adapter = adapter();
    let read = || {
        let mut poll = adapter
            .poll(Some(&first.cursor), after(15))
            .expect("a poll");
        let body = page(&[review("2", "b", 5)], Some("t2"));
        let taken = poll
            .answer(answer(200, &[], body.as_bytes(), after(15)))
            .expect("a page");
        assert_eq!(poll.cursor(), first.cursor);
        let taken = taken
            .into_iter()
            .map(|delivery| (delivery.url, delivery.body));
        taken.collect::<Vec<_>>()
    };
    assert_eq!(read().len(), 1);
    assert_eq!(read(), read());
}

#[test]
fn a_list_that_repeats_or_never_ends_is_read_once() {
    // The same token again, as a page that names itself.
    let same =
        poll_pages(b"", after(0), |_| page(&[review("1", "a", -1)], Some("t"))).expect("pages");
    assert_eq!((same.urls.len(), same.texts().len()), (2, 1));
    // Other tokens with the same reviews.
    let endless = poll_pages(b"", after(0), |index| {
        page(&[review("1", "a", -1)], Some(&format!("t{index}")))
    });
    let endless = endless.expect("pages");
    assert_eq!((endless.urls.len(), endless.texts().len()), (2, 1));
    // An empty page with a token.
    let empty = poll_pages(b"", after(0), |index| page(&[], Some(&format!("t{index}"))));
    assert_eq!(empty.expect("pages").urls.len(), 1);
}

#[test]
fn what_is_more_than_a_poll_reads_is_listed_in_the_quarantine() {
    let more = |index: usize| {
        let review = review(&index.to_string(), "a", -1);
        page(&[review], Some(&format!("t{index}")))
    };
    let polled = poll_pages(b"", after(0), more).expect("pages");
    assert_eq!((polled.urls.len(), polled.deliveries.len()), (100, 101));
    let texts = polled.texts();
    let last = texts.last().expect("one");
    assert!(
        last.starts_with("the store has more new reviews than the 100"),
        "{last}"
    );
}

#[test]
fn reviews_without_a_time_are_taken_after_the_first_poll() {
    let undated = |id: &str| json!({"reviewId": id, "comments": [{"userComment": {"text": id}}]});
    let first = poll(b"", 0, &[page(&[undated("1")], None)]);
    assert!(first.deliveries.is_empty());
    let next = poll(
        &first.cursor,
        15,
        &[page(
            &[undated("2"), undated("1"), json!({}), json!(7)],
            None,
        )],
    );
    assert_eq!(next.texts(), ["2"]);
}

#[test]
fn a_store_without_reviews_is_read() {
    let polled = poll(b"", 0, &["{}".to_owned()]);
    assert!(polled.deliveries.is_empty());
    // Later, the first review.
    let later = poll(&polled.cursor, 60, &[page(&[review("1", "a", 30)], None)]);
    assert_eq!(later.texts(), ["a"]);
}

#[test]
fn another_app_is_begun_anew() {
    let first = poll(b"", 0, &[page(&[review("1", "a", -1)], None)]);
    let other = open(json!({"account": "com.northwind.other"})).expect("opened");
    let poll = other.poll(Some(&first.cursor), after(15)).expect("a poll");
    assert_eq!(poll.cursor(), b"");
    for cursor in [&b"{}"[..], b"\xff", b"[]"] {
        let poll = adapter().poll(Some(cursor), after(0)).expect("a poll");
        assert_eq!(poll.cursor(), b"");
    }
}

#[test]
fn a_refusal_ends_a_poll_and_keeps_the_cursor() {
    let adapter = adapter();
    let first = poll(b"", 0, &[page(&[review("1", "a", -1)], None)]);
    let rate = r#"{"error":{"code":403,"message":"jo@example.org","errors":[{"reason":"rateLimitExceeded"}]}}"#;
    for (status, body, kind, part) in [
        (401, ERROR, Unauthorised, "does not accept the access"),
        (403, ERROR, Unauthorised, "does not accept the access"),
        (403, rate, Limited, "too many requests (http 403)"),
        (429, "", Limited, "too many requests (http 429)"),
        (404, ERROR, NotFound, "does not have what the settings name"),
        (302, "", NotFound, "answers with another address"),
        (500, "", Unavailable, "fails (http 500)"),
        (400, ERROR, Unavailable, "fails (http 400)"),
        (
            200,
            "<html>",
            Unavailable,
            "is not a list of reviews: check `api-base`",
        ),
        (
            200,
            "{\"reviews\":[",
            Unavailable,
            "is not a list of reviews",
        ),
        (200, "[]", Unavailable, "is not a list of reviews"),
        (200, ERROR, Unavailable, "is not a list of reviews"),
    ] {
        let mut poll = adapter
            .poll(Some(&first.cursor), after(15))
            .expect("a poll");
        let refused = poll.answer(answer(
            status,
            &[("retry-after", "90")],
            body.as_bytes(),
            after(15),
        ));
        let failure = refused.expect_err("refused");
        assert_eq!(failure.kind, kind, "{status}");
        assert!(failure.problem.contains(part), "{failure}");
        assert!(!failure.problem.contains("example"), "{failure}");
        let wait = (status != 200).then(|| Duration::from_secs(90));
        assert_eq!(failure.after, wait, "{status}");
        assert_eq!(poll.cursor(), first.cursor);
        assert!(poll.pass_over().is_none());
    }
}

#[test]
fn a_long_list_keeps_the_cursor_short_and_without_personal_data() {
    let reviews: Vec<Value> = (0..2_000)
        .map(|id| review(&format!("jo@example.org-{id}"), "a", -1))
        .collect();
    let polled = poll(b"", 0, &[page(&reviews, None)]);
    assert_eq!(polled.deliveries.len(), 2_000);
    let shown = String::from_utf8(polled.cursor).expect("JSON");
    assert!(!shown.contains("example"), "{shown}");
}
