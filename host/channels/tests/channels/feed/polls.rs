//! Polls, one after the other: what is asked for, what is delivered, what is remembered.

use std::time::Duration;

use patchbay_adapter::poll::PollFailureKind::{Limited, NotFound, Unauthorised, Unavailable};

use super::*;

/// An entry of RSS. Without a date, if `date` is empty.
fn item(id: &str, title: &str, date: &str) -> String {
    let date = match date {
        "" => String::new(),
        date => format!("<pubDate>{date}</pubDate>"),
    };
    format!("<item><guid>{id}</guid><title>{title}</title>{date}</item>")
}

fn rss(items: &[String]) -> String {
    format!(
        "<rss version='2.0'><channel>{}</channel></rss>",
        items.concat()
    )
}

/// The texts of a whole poll, and its cursor.
fn read(
    adapter: &dyn Adapter,
    cursor: &[u8],
    minutes: i64,
    items: &[String],
) -> (Vec<String>, Vec<u8>) {
    let cursor = Some(cursor).filter(|cursor| !cursor.is_empty());
    let polled = poll(adapter, cursor, minutes, &rss(items)).expect("a feed");
    (texts(&polled.deliveries), polled.cursor)
}

const RECENT: &str = "2026-03-03T11:00:00Z";
const OLD: &str = "2026-03-01T11:00:00Z";
const NOTHING: [&str; 0] = [];

#[test]
fn the_first_poll_asks_for_everything_and_takes_what_is_recent() {
    let adapter = adapter();
    let first = adapter.poll(None, after(0)).expect("a poll");
    let query = query(&*first);
    assert_eq!(query.query.url, URL);
    assert!(query.query.credential.is_none());
    let names: Vec<&str> = query.headers.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["accept"]);
    assert_eq!(query.answer_bytes, 10 << 20);
    assert!(!format!("{query:?}").contains("hush"));
    assert_eq!(first.cursor(), b"");
    let items = [
        item("3", "new", RECENT),
        item("2", "undated", ""),
        item("1", "old", OLD),
    ];
    let (taken, cursor) = read(&*adapter, b"", 0, &items);
    assert_eq!(taken, ["new"]);
    // What was left out is not new later, in whatever order it comes.
    let [new, undated, old] = items;
    let again = [old, undated, new, item("4", "undated and new", "")];
    let (taken, _) = read(&*adapter, &cursor, 15, &again);
    assert_eq!(taken, ["undated and new"]);
}

#[test]
fn the_setting_says_how_old_the_first_entries_may_be() {
    let items = [
        item("1", "old", OLD),
        item("2", "new", "2026-03-03T12:00:00Z"),
    ];
    for (days, expected) in [(0, &["new"][..]), (2, &["new"]), (3, &["old", "new"])] {
        let adapter = open(json!({"history-days": days})).expect("opened");
        assert_eq!(read(&*adapter, b"", 0, &items).0, expected, "{days}");
    }
}

/// A server knows its own validators only: weak, without quotes, or with anything else.
#[test]
fn validators_are_sent_back_exactly_as_they_came() {
    let adapter = adapter();
    let rss = rss(&[item("1", "a", RECENT)]);
    for (etag, modified) in [
        (Some("\"abc\""), Some("Mon, 02 Mar 2026 10:00:00 GMT")),
        (Some("W/\"a\\\"b c\""), None),
        (Some("unquoted, with , commas"), Some("yesterday at noon")),
        (None, Some("Mon, 02 Mar 2026 11:00:00 +0100")),
        (None, None),
    ] {
        let mut poll = adapter.poll(None, after(0)).expect("a poll");
        let validators = [("etag", etag), ("last-modified", modified)];
        let headers = validators
            .iter()
            .filter_map(|(name, value)| Some((*name, (*value)?)));
        let headers: Vec<_> = headers.collect();
        let answered = poll.answer(answer(200, &headers, rss.as_bytes(), after(0)));
        assert_eq!(answered.expect("a feed").len(), 1);
        let next = adapter
            .poll(Some(&poll.cursor()), after(15))
            .expect("a poll");
        let asked = query(&*next).headers;
        let of = |name| {
            let mut found = asked.iter().filter(|(known, _)| *known == name);
            found.next().map(|(_, value)| value.as_str())
        };
        assert_eq!(
            (of("if-none-match"), of("if-modified-since")),
            (etag, modified)
        );
    }
}

#[test]
fn validators_that_cannot_be_sent_back_are_left_out() {
    let adapter = adapter();
    let long = "x".repeat(257);
    for headers in [
        &[("etag", "\"é\"")][..],
        &[("etag", "")],
        &[("etag", long.as_str())],
        &[("etag", "\"a\""), ("etag", "\"b\"")],
    ] {
        let mut poll = adapter.poll(None, after(0)).expect("a poll");
        let rss = rss(&[]);
        poll.answer(answer(200, headers, rss.as_bytes(), after(0)))
            .expect("a feed");
        let next = adapter
            .poll(Some(&poll.cursor()), after(15))
            .expect("a poll");
        assert_eq!(query(&*next).headers.len(), 1, "{headers:?}");
    }
}

#[test]
fn what_did_not_change_delivers_nothing_and_keeps_the_validators() {
    let adapter = adapter();
    let mut first = adapter.poll(None, after(0)).expect("a poll");
    let body = rss(&[item("1", "a", RECENT)]);
    let headers = [("etag", "\"1\"")];
    first
        .answer(answer(200, &headers, body.as_bytes(), after(0)))
        .expect("a feed");
    let mut poll = adapter
        .poll(Some(&first.cursor()), after(15))
        .expect("a poll");
    let asked = query(&*poll);
    let unchanged = poll.answer(answer(
        304,
        &[("cache-control", "max-age=7200")],
        b"",
        after(15),
    ));
    assert!(unchanged.expect("nothing").is_empty());
    assert_eq!(next(&*poll).otherwise, Duration::from_secs(7_200));
    let again = adapter
        .poll(Some(&poll.cursor()), after(135))
        .expect("a poll");
    assert_eq!(query(&*again), asked);
    // A server that answers so to a request without a validator is broken.
    let mut poll = adapter.poll(None, after(0)).expect("a poll");
    let failure = poll
        .answer(answer(304, &[], b"", after(0)))
        .expect_err("never read");
    assert_eq!(failure.kind, Unavailable);
    assert_eq!(poll.cursor(), b"");
}

/// Some servers change the document and not its validators, or the other way round.
#[test]
fn a_document_is_read_whatever_its_validators() {
    let adapter = adapter();
    let mut cursor = Vec::new();
    for (minutes, items, etag, expected) in [
        (0, vec![item("1", "a", RECENT)], "\"1\"", &["a"][..]),
        (
            15,
            vec![item("2", "b", RECENT), item("1", "a", RECENT)],
            "\"1\"",
            &["b"],
        ),
        (
            30,
            vec![item("2", "b", RECENT), item("1", "a", RECENT)],
            "\"2\"",
            &NOTHING,
        ),
    ] {
        let before = Some(cursor.as_slice()).filter(|cursor| !cursor.is_empty());
        let mut poll = adapter.poll(before, after(minutes)).expect("a poll");
        let body = rss(&items);
        let read = poll.answer(answer(
            200,
            &[("etag", etag)],
            body.as_bytes(),
            after(minutes),
        ));
        assert_eq!(texts(&read.expect("a feed")), expected);
        cursor = poll.cursor();
    }
}

#[test]
fn another_wording_is_an_edit_and_another_date_is_none() {
    let adapter = open(json!({"history-days": 30})).expect("opened");
    let ids = |deliveries: &[PolledDelivery]| -> Vec<String> {
        let urls = deliveries.iter().map(|delivery| delivery.url.clone());
        urls.collect()
    };
    let atom = |title: &str, content: &str, updated: &str| {
        format!(
            "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id><title>{title}</title>\
             <published>{OLD}</published><updated>{updated}</updated><content>{content}</content></entry></feed>"
        )
    };
    let first = poll(&*adapter, None, 0, &atom("a", "b", OLD)).expect("a feed");
    let mut cursor = first.cursor;
    for (minutes, title, content, updated, is_edit) in [
        (15, "a", "b", RECENT, false),
        (30, "A", "b", RECENT, true),
        (45, "A", "B", RECENT, true),
        // Also where the feed does not say that it was updated, and back to the first.
        (60, "a", "b", OLD, true),
        (75, "a", "b", OLD, false),
    ] {
        let document = atom(title, content, updated);
        let polled = poll(&*adapter, Some(&cursor), minutes, &document).expect("a feed");
        cursor = polled.cursor;
        match is_edit {
            true => {
                assert_eq!(texts(&polled.deliveries), [format!("{title}\n\n{content}")]);
                assert_eq!(ids(&polled.deliveries), ids(&first.deliveries));
            }
            false => assert!(polled.deliveries.is_empty(), "{minutes}"),
        }
    }
}

/// The host stores the cursor after the deliveries: one that is lost costs nothing.
#[test]
fn after_a_crash_the_same_entries_come_again() {
    let adapter = adapter();
    let cursor = begun(&*adapter);
    let items = [item("2", "b", RECENT), item("1", "a", RECENT)];
    let read = || poll(&*adapter, Some(&cursor), 15, &rss(&items)).expect("a feed");
    let (one, other) = (read(), read());
    assert_eq!(texts(&one.deliveries), ["a", "b"]);
    let bytes = |polled: &Polled| -> Vec<(String, Vec<u8>)> {
        let deliveries = polled.deliveries.iter();
        deliveries
            .map(|it| (it.url.clone(), it.body.clone()))
            .collect()
    };
    assert_eq!(bytes(&one), bytes(&other));
    assert_eq!(one.cursor, other.cursor);
}

#[test]
fn another_order_and_an_empty_document_in_between_are_nothing_new() {
    let adapter = adapter();
    let items: Vec<String> = (0..50)
        .map(|id| item(&id.to_string(), "undated", ""))
        .collect();
    let (taken, cursor) = read(&*adapter, b"", 0, &items);
    assert_eq!(taken, NOTHING);
    let reversed: Vec<String> = items.iter().rev().cloned().collect();
    let (taken, cursor) = read(&*adapter, &cursor, 15, &reversed);
    assert_eq!(taken, NOTHING);
    let (taken, cursor) = read(&*adapter, &cursor, 30, &[]);
    assert_eq!(taken, NOTHING);
    let (taken, _) = read(&*adapter, &cursor, 45, &items);
    assert_eq!(taken, NOTHING);
}

/// A site that was moved has new ids for everything.
#[test]
fn an_archive_under_new_ids_does_not_flood() {
    let adapter = adapter();
    let cursor = begun(&*adapter);
    let archive: Vec<String> = (0..500)
        .map(|id| item(&format!("new-{id}"), "old", OLD))
        .collect();
    let month = 30 * 24 * 60;
    let (taken, cursor) = read(&*adapter, &cursor, month, &archive);
    assert_eq!(taken, NOTHING);
    // What was approved some days after it was written is new.
    let late = item("late", "late", "2026-03-28T12:00:00Z");
    let (taken, _) = read(&*adapter, &cursor, month + 15, &[late]);
    assert_eq!(taken, ["late"]);
}

#[test]
fn a_thousand_entries_are_read_and_the_cursor_stays_short() {
    let adapter = adapter();
    let dated: Vec<String> = (0..1_200)
        .map(|id| item(&id.to_string(), "a", RECENT))
        .collect();
    let (taken, _) = read(&*adapter, b"", 0, &dated);
    assert_eq!(taken.len(), 1_000);
    // Without dates, only as many as can be remembered.
    let cursor = begun(&*adapter);
    let undated: Vec<String> = (0..1_200)
        .map(|id| item(&id.to_string(), "a", ""))
        .collect();
    let (taken, cursor) = read(&*adapter, &cursor, 15, &undated);
    assert_eq!(taken.len(), 360);
    let (taken, _) = read(&*adapter, &cursor, 30, &undated);
    assert_eq!(taken, NOTHING);
}

#[test]
fn another_address_keeps_what_was_seen_and_takes_only_recent_entries() {
    let items = [item("1", "a", RECENT), item("2", "undated", "")];
    let (_, cursor) = read(&*adapter(), b"", 0, &items);
    let moved = open(json!({"url": "https://news.northwind.example/feed"})).expect("opened");
    // At once, and without the validators of the other address.
    let poll = moved.poll(Some(&cursor), after(1)).expect("a poll");
    assert_eq!(query(&*poll).headers.len(), 1);
    let items = [
        item("1", "a", RECENT),
        item("2", "undated", ""),
        item("3", "of unknown age", ""),
        item("4", "old", OLD),
        item("5", "new", "2026-03-03T12:00:30Z"),
    ];
    let (taken, _) = read(&*moved, &cursor, 1, &items);
    assert_eq!(taken, ["new"]);
}

#[test]
fn a_cursor_that_is_not_understood_is_none() {
    let adapter = adapter();
    for cursor in [&b"{}"[..], b"", b"\xff", b"[1]", b"null"] {
        let poll = adapter.poll(Some(cursor), after(0)).expect("a poll");
        assert_eq!(poll.cursor(), b"");
        assert_eq!(query(&*poll).headers.len(), 1);
    }
}

#[test]
fn polls_are_at_least_five_minutes_apart() {
    let adapter = adapter();
    let cursor = begun(&*adapter);
    let seconds = |minutes| {
        let poll = adapter.poll(Some(&cursor), after(minutes)).expect("a poll");
        match poll.step() {
            PollStep::Ask(_) => None,
            PollStep::Done(next) => Some(next.otherwise.as_secs()),
        }
    };
    assert_eq!(seconds(0), Some(300));
    assert_eq!(seconds(2), Some(180));
    assert_eq!(seconds(5), None);
    // The clock was put back.
    assert_eq!(seconds(-60), None);
    // In the middle of it the cursor stays.
    let poll = adapter.poll(Some(&cursor), after(2)).expect("a poll");
    assert_eq!(poll.cursor(), cursor);
}

#[test]
fn the_next_poll_is_when_settings_server_and_feed_want_it() {
    let wait = |adapter: &dyn Adapter, headers: &[(&str, &str)], inside: &str| {
        let mut poll = adapter.poll(None, after(0)).expect("a poll");
        let body = format!("<rss><channel>{inside}</channel></rss>");
        poll.answer(answer(200, headers, body.as_bytes(), after(0)))
            .expect("a feed");
        let cursor = poll.cursor();
        let next = next(&*poll);
        assert_eq!(next.at_latest, next.otherwise);
        // An answer without a document waits as long.
        let mut poll = adapter.poll(Some(&cursor), after(30)).expect("a poll");
        poll.answer(answer(304, headers, b"", after(30)))
            .expect("nothing");
        assert!(self::next(&*poll).otherwise >= next.otherwise.min(Duration::from_secs(1_800)));
        next.otherwise.as_secs() / 60
    };
    let usual = adapter();
    let hourly = open(json!({"every-minutes": 60})).expect("opened");
    let skip =
        "<skipHours><hour>12</hour><hour>13</hour><hour>24</hour><hour>99</hour></skipHours>";
    assert_eq!(wait(&*usual, &[], ""), 15);
    assert_eq!(wait(&*hourly, &[], ""), 60);
    assert_eq!(
        wait(&*usual, &[("cache-control", "public, max-age=3600")], ""),
        60
    );
    assert_eq!(
        wait(&*usual, &[("cache-control", "max-age=31536000")], ""),
        24 * 60
    );
    assert_eq!(wait(&*usual, &[], "<ttl>90</ttl>"), 90);
    assert_eq!(wait(&*usual, &[], "<ttl>soon</ttl>"), 15);
    // It is noon, and nothing changes until two.
    assert_eq!(wait(&*usual, &[], skip), 120);
}

#[test]
fn a_refusal_says_what_to_do_and_when_to_ask_again() {
    let adapter = adapter();
    let cursor = begun(&*adapter);
    let date = "Tue, 03 Mar 2026 13:15:00 GMT";
    for (status, headers, kind, minutes, part) in [
        (
            301,
            &[("location", "https://secret.example/")][..],
            NotFound,
            5,
            "set `url` to the new address",
        ),
        (308, &[], NotFound, 5, "set `url` to the new address"),
        (302, &[], NotFound, 5, "answers with another address"),
        (410, &[], NotFound, 24 * 60, "was removed for good"),
        (
            404,
            &[],
            NotFound,
            5,
            "does not have what the settings name",
        ),
        (401, &[], Unauthorised, 5, "does not accept the access"),
        (403, &[], Unauthorised, 5, "does not accept the access"),
        (
            429,
            &[("retry-after", "1200")],
            Limited,
            20,
            "too many requests",
        ),
        (
            429,
            &[("retry-after", "1")],
            Limited,
            5,
            "too many requests",
        ),
        (
            429,
            &[("retry-after", "999999")],
            Limited,
            24 * 60,
            "too many requests",
        ),
        (
            429,
            &[("retry-after", "soon")],
            Limited,
            5,
            "too many requests",
        ),
        (
            503,
            &[("retry-after", date)],
            Unavailable,
            60,
            "fails (http 503)",
        ),
        (500, &[], Unavailable, 5, "fails (http 500)"),
        (204, &[], Unavailable, 5, "answers without it (http 204)"),
        (206, &[], Unavailable, 5, "answers without it (http 206)"),
    ] {
        let mut poll = adapter.poll(Some(&cursor), after(15)).expect("a poll");
        let refused = poll.answer(answer(status, headers, b"<rss><channel/></rss>", after(15)));
        let failure = refused.expect_err("refused");
        assert_eq!(failure.kind, kind, "{status}");
        assert!(failure.problem.contains(part), "{status}: {failure}");
        assert!(!failure.problem.contains("secret"), "{failure}");
        let after = failure.after.expect("a wait").as_secs() / 60;
        assert_eq!(after, minutes, "{status} {headers:?}");
        assert_eq!(poll.cursor(), cursor, "{status}");
    }
    let mut poll = adapter.poll(None, after(0)).expect("a poll");
    assert!(poll.pass_over().is_none());
    let other = poll
        .answer(PollAnswer::Mail(None))
        .expect_err("not an answer");
    assert_eq!(other.kind, Unavailable);
}

#[test]
fn what_is_no_feed_is_a_failure_without_its_text() {
    let adapter = adapter();
    let cursor = begun(&*adapter);
    for (body, part) in [
        ("", "is empty"),
        (
            "<html><h1>Zwetschge</h1></html>",
            "is XML, and no feed of RSS or Atom",
        ),
        (
            "<rss><channel><item><title>Zwetschge",
            "is not well-formed XML",
        ),
        ("<Zwetschge", "is not well-formed XML"),
        ("{\"Zwetschge\": 1}", "is JSON, and no JSON Feed"),
        ("{\"Zwetschge", "is not JSON"),
        ("Zwetschge", "is neither XML nor JSON"),
    ] {
        let failure = poll(&*adapter, Some(&cursor), 15, body).err().expect(body);
        assert_eq!(failure.kind, Unavailable);
        assert!(failure.problem.contains(part), "{failure}");
        assert!(!failure.problem.contains("Zwetschge"), "{failure}");
        assert_eq!(failure.after, Some(Duration::from_secs(300)));
    }
}

/// A document that ends too early has validators of the whole one.
#[test]
fn of_a_document_that_is_broken_the_rest_is_asked_for_again() {
    let adapter = adapter();
    let cursor = begun(&*adapter);
    let whole = rss(&[item("1", "a", RECENT), item("2", "b", RECENT)]);
    let cut = &whole[..whole.find("<guid>2").expect("the second")];
    let mut poll = adapter.poll(Some(&cursor), after(15)).expect("a poll");
    let headers = [("etag", "\"1\"")];
    let read = poll
        .answer(answer(200, &headers, cut.as_bytes(), after(15)))
        .expect("a part");
    assert_eq!(texts(&read), ["a"]);
    let mut poll = adapter
        .poll(Some(&poll.cursor()), after(30))
        .expect("a poll");
    assert_eq!(query(&*poll).headers.len(), 1);
    let read = poll
        .answer(answer(200, &headers, whole.as_bytes(), after(30)))
        .expect("a feed");
    assert_eq!(texts(&read), ["b"]);
}

/// It has digests only.
#[test]
fn the_cursor_has_no_personal_data() {
    let person = "jo@example.org";
    let items = [
        item(person, person, RECENT),
        item(&format!("tag:{person}"), person, ""),
    ];
    let (_, cursor) = read(&*adapter(), b"", 0, &items);
    let shown = String::from_utf8(cursor).expect("JSON");
    assert!(!shown.contains("example"), "{shown}");
    assert!(!shown.contains("hush"), "{shown}");
}
