//! Polls of notifications: which are read, once, and how far the cursor goes.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::poll::{
    Poll, PollAnswer, PollFailure, PollFailureKind, PollRequest, PollStep, PolledDelivery,
    PolledDocument,
};
use patchbay_adapter::{Adapter, Credential, Item, VerifiedRequest};
use serde_json::{Value, json};

use super::{adapter, open};

const NOW: &str = "2026-03-03T10:00:00Z";
const NONE: [u64; 0] = [];
/// Most requests of a poll.
const REQUESTS: usize = 50;

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// A notification of a server.
#[derive(Clone)]
struct Sent {
    id: u64,
    at: Timestamp,
    edited_at: Option<&'static str>,
    /// Status that it answers, and the root of the thread.
    answers: Option<(u64, u64)>,
}

impl Sent {
    /// A mention that was sent so many minutes before [`NOW`].
    fn new(id: u64, minutes: i64) -> Sent {
        Sent {
            id,
            at: time(NOW) - SignedDuration::from_mins(minutes),
            edited_at: None,
            answers: None,
        }
    }

    fn document(&self) -> Value {
        json!({
            "id": self.id.to_string(),
            "type": "mention",
            "created_at": self.at.to_string(),
            "status": {
                "id": (1_000_000 + self.id).to_string(),
                "created_at": self.at.to_string(),
                "edited_at": self.edited_at,
                "in_reply_to_id": self.answers.map(|(parent, _)| parent.to_string()),
                "visibility": "public",
                "content": format!("<p>{}</p>", self.edited_at.unwrap_or("a")),
                "account": {"acct": "jo@social.example"},
            },
        })
    }
}

/// A server that keeps to the API.
#[derive(Clone, Default)]
struct Server {
    sent: Vec<Sent>,
    /// URLs that were asked for.
    asked: Vec<String>,
    /// What pages are answered with instead.
    pages: Option<(u16, String)>,
    /// What threads are answered with instead.
    threads: Option<(u16, String)>,
    /// Pages of at most so many.
    most: Option<usize>,
}

fn document(status: u16, body: String) -> PollAnswer {
    PollAnswer::Document(PolledDocument {
        status,
        headers: vec![(
            "x-ratelimit-reset".to_owned(),
            b"2026-03-03T10:01:30Z".to_vec(),
        )],
        body: body.into_bytes(),
        at: time(NOW),
    })
}

fn parameter(url: &str, name: &str) -> Option<u64> {
    let (_, query) = url.split_once('?')?;
    let mut parameters = query.split('&').filter_map(|it| it.split_once('='));
    let (_, value) = parameters.find(|(found, _)| *found == name)?;
    value.parse().ok()
}

impl Server {
    fn of(sent: impl IntoIterator<Item = Sent>) -> Server {
        Server {
            sent: sent.into_iter().collect(),
            ..Server::default()
        }
    }

    fn answer(&mut self, request: &PollRequest) -> PollAnswer {
        let PollRequest::Get(get) = request else {
            panic!("{request:?}");
        };
        let Some(Credential::Bearer(token)) = &get.query.credential else {
            panic!("no token");
        };
        assert_eq!(token.expose(), b"hush");
        let url = get.query.url.strip_prefix("https://mastodon.example");
        let url = url.expect("of the server").to_owned();
        self.asked.push(url.clone());
        if let Some(rest) = url.strip_prefix("/api/v1/statuses/") {
            let status = rest.strip_suffix("/context").expect("a thread");
            return self.thread(status);
        }
        if let Some((status, body)) = &self.pages {
            return document(*status, body.clone());
        }
        let limit = usize::try_from(parameter(&url, "limit").expect("a limit")).expect("small");
        let limit = self.most.map_or(limit, |most| most.min(limit));
        let (min, max) = (parameter(&url, "min_id"), parameter(&url, "max_id"));
        let mut found: Vec<&Sent> = self.sent.iter().collect();
        found.sort_by_key(|sent| sent.id);
        found.retain(|sent| min.is_none_or(|min| sent.id > min));
        found.retain(|sent| max.is_none_or(|max| sent.id < max));
        // `min_id` counts from the oldest; each page begins with the newest.
        let page: Vec<&Sent> = match min {
            Some(_) => found.into_iter().take(limit).rev().collect(),
            None => found.into_iter().rev().take(limit).collect(),
        };
        let page: Vec<Value> = page.into_iter().map(Sent::document).collect();
        document(200, Value::Array(page).to_string())
    }

    fn thread(&self, status: &str) -> PollAnswer {
        if let Some((status, body)) = &self.threads {
            return document(*status, body.clone());
        }
        let is_of = |sent: &&Sent| (1_000_000 + sent.id).to_string() == status;
        let (parent, root) = self
            .sent
            .iter()
            .find(is_of)
            .and_then(|it| it.answers)
            .expect("an answer");
        let above = json!([
            {"id": root.to_string(), "in_reply_to_id": null},
            {"id": parent.to_string(), "in_reply_to_id": root.to_string()},
        ]);
        document(
            200,
            json!({"ancestors": above, "descendants": []}).to_string(),
        )
    }

    /// Polls to the end.
    fn poll(&mut self, adapter: &dyn Adapter, cursor: Option<&[u8]>) -> Polled {
        let mut poll = adapter.poll(cursor, time(NOW)).expect("a poll");
        let mut deliveries = Vec::new();
        let first = self.asked.len();
        while let PollStep::Ask(request) = poll.step() {
            let answer = self.answer(&request);
            deliveries.extend(poll.answer(answer).expect("it fits"));
            assert!(self.asked.len() - first <= REQUESTS, "a poll without end");
            assert!(poll.cursor().len() < 4 << 10);
        }
        Polled {
            deliveries,
            cursor: poll.cursor(),
        }
    }

    /// Polls until the first failure.
    fn fail(&mut self, poll: &mut dyn Poll) -> PollFailure {
        while let PollStep::Ask(request) = poll.step() {
            let answer = self.answer(&request);
            if let Err(failure) = poll.answer(answer) {
                return failure;
            }
        }
        panic!("no failure");
    }
}

/// What a whole poll reads.
struct Polled {
    deliveries: Vec<PolledDelivery>,
    cursor: Vec<u8>,
}

impl Polled {
    fn ids(&self) -> Vec<u64> {
        self.deliveries.iter().map(id).collect()
    }
}

fn id(delivery: &PolledDelivery) -> u64 {
    let content: Value = serde_json::from_slice(&delivery.body).expect("JSON");
    content["id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .expect("an id")
}

fn item(delivery: &PolledDelivery) -> Item {
    let request = delivery.request();
    let items = adapter().decode(&VerifiedRequest::of_own_request(&request));
    <[Item; 1]>::try_from(items)
        .map(|[item]| item)
        .expect("one item")
}

#[test]
fn a_page_is_asked_for_by_types_and_with_what_the_filters_hold_back() {
    for (more, expected) in [
        (
            json!({}),
            "/api/v1/notifications?limit=40&types[]=mention&types[]=quote&types[]=update&include_filtered=true",
        ),
        (
            json!({"filtered": false}),
            "/api/v1/notifications?limit=40&types[]=mention&types[]=quote&types[]=update",
        ),
    ] {
        let mut server = Server::default();
        server.poll(&*open(more).expect("opened"), None);
        assert_eq!(server.asked, [expected]);
    }
}

#[test]
fn each_notification_is_read_once_the_oldest_first() {
    let adapter = adapter();
    let mut server = Server::of([Sent::new(9, 1), Sent::new(5, 3), Sent::new(7, 2)]);
    let first = server.poll(&*adapter, None);
    assert_eq!(first.ids(), [5, 7, 9]);
    let again = server.poll(&*adapter, Some(&first.cursor));
    assert_eq!((again.ids(), &again.cursor), (NONE.to_vec(), &first.cursor));
    // Ids with one more digit are newer.
    server.sent.push(Sent::new(10, 0));
    server.sent.push(Sent::new(100, 0));
    let more = server.poll(&*adapter, Some(&first.cursor));
    assert_eq!(more.ids(), [10, 100]);
    // The first that was ever sent comes after polls that found none.
    let mut empty = Server::default();
    let nothing = empty.poll(&*adapter, None);
    assert_eq!(nothing.ids(), NONE);
    empty.sent.push(Sent::new(1, -5));
    assert_eq!(empty.poll(&*adapter, Some(&nothing.cursor)).ids(), [1]);
}

#[test]
fn a_notification_is_delivered_as_the_server_wrote_it() {
    let sent = Sent::new(5, 1);
    let polled = Server::of([sent.clone()]).poll(&*adapter(), None);
    let [delivery] = &polled.deliveries[..] else {
        panic!("{:?}", polled.deliveries);
    };
    assert_eq!(delivery.url, "mastodon:?");
    let body: Value = serde_json::from_slice(&delivery.body).expect("JSON");
    assert_eq!(body, sent.document());
    assert!(matches!(item(delivery), Item::Interaction(_)));
    // Of the customer, nothing is in the cursor.
    let cursor = String::from_utf8(polled.cursor).expect("text");
    assert!(
        !cursor.contains("social") && !cursor.contains("1000005"),
        "{cursor}"
    );
}

#[test]
fn the_first_poll_leaves_out_what_came_before() {
    let hours = [60, 49, 47, 25, 23, 1];
    let sent = || {
        (1..)
            .zip(hours)
            .map(|(id, hours)| Sent::new(id, hours * 60))
    };
    for (days, expected) in [
        (0, &[][..]),
        (1, &[5, 6]),
        (2, &[3, 4, 5, 6]),
        (30, &[1, 2, 3, 4, 5, 6]),
    ] {
        let adapter = open(json!({"history-days": days})).expect("opened");
        let mut server = Server::of(sent());
        let polled = server.poll(&*adapter, None);
        assert_eq!(polled.ids(), expected, "{days}");
        server.sent.push(Sent::new(7, 0));
        let more = server.poll(&*adapter, Some(&polled.cursor));
        assert_eq!(more.ids(), [7], "{days}");
    }
}

/// The first poll finds its beginning page by page; pages of any size are read on.
#[test]
fn every_page_is_read_and_a_poll_is_bounded() {
    for (sent, most) in [(130, None), (130, Some(30)), (40, None), (41, None)] {
        let mut server = Server::of((1..=sent).map(|id| Sent::new(id, 1_000 - id as i64)));
        server.most = most;
        let polled = server.poll(&*adapter(), None);
        assert_eq!(polled.ids(), (1..=sent).collect::<Vec<u64>>());
    }
    // 20 pages of history at most, and 50 requests a poll: the next one goes on.
    let mut server = Server::of((1..=3_000).map(|id| Sent::new(id, 1)));
    let adapter = adapter();
    let mut polled = server.poll(&*adapter, None);
    let mut read = polled.ids();
    for _ in 0..5 {
        polled = server.poll(&*adapter, Some(&polled.cursor));
        read.extend(polled.ids());
    }
    assert_eq!(read, (2_202..=3_000).collect::<Vec<u64>>());
}

/// A poll that ends at its bound goes on where it ended, and no request counts as failed.
#[test]
fn a_poll_that_is_too_long_goes_on_in_the_next() {
    let adapter = adapter();
    for sent in 40..=50 {
        let mut server = Server::of((1..=sent).map(|id| Sent {
            answers: Some((77, 70)),
            ..Sent::new(id, 100 - id as i64)
        }));
        let first = server.poll(&*adapter, None);
        let second = server.poll(&*adapter, Some(&first.cursor));
        let read = [first.ids(), second.ids()].concat();
        assert_eq!(read, (1..=sent).collect::<Vec<u64>>());
        let pages = server.asked.iter();
        let mut pages = pages.filter(|it| it.contains("/notifications"));
        assert!(pages.all(|it| parameter(it, "limit") == Some(40)));
    }
}

#[test]
fn a_thread_is_looked_up_for_what_answers_another_post() {
    let answer = Sent {
        answers: Some((77, 70)),
        ..Sent::new(2, 2)
    };
    let mut server = Server::of([Sent::new(1, 3), answer, Sent::new(3, 1)]);
    let polled = server.poll(&*adapter(), None);
    assert_eq!(polled.ids(), [1, 2, 3]);
    let urls: Vec<&str> = polled.deliveries.iter().map(|it| it.url.as_str()).collect();
    assert_eq!(urls, ["mastodon:?", "mastodon:?root=70", "mastodon:?"]);
    let threads = server.asked.iter().filter(|it| it.contains("/context"));
    assert_eq!(
        threads.collect::<Vec<_>>(),
        ["/api/v1/statuses/1000002/context"]
    );
}

#[test]
fn a_thread_that_the_server_does_not_say_holds_up_nothing() {
    let answer = Sent {
        answers: Some((77, 70)),
        ..Sent::new(2, 2)
    };
    let server = Server::of([answer, Sent::new(3, 1)]);
    for (status, body) in [
        (404, "{}"),
        (200, "<html>"),
        (200, "{}"),
        (200, r#"{"ancestors": []}"#),
        (200, r#"{"ancestors": [{"id": "../1"}]}"#),
        (200, r#"{"ancestors": [7]}"#),
    ] {
        let mut server = server.clone();
        server.threads = Some((status, body.to_owned()));
        let polled = server.poll(&*adapter(), None);
        assert_eq!(polled.ids(), [2, 3], "{status} {body}");
        assert_eq!(polled.deliveries[0].url, "mastodon:?", "{body}");
    }
    // Without its root, a thread begins with the oldest post that is known.
    let mut cut = server.clone();
    let above = r#"{"ancestors": [{"id": "71", "in_reply_to_id": "70"}]}"#;
    cut.threads = Some((200, above.to_owned()));
    assert_eq!(
        cut.poll(&*adapter(), None).deliveries[0].url,
        "mastodon:?root=71"
    );
}

/// A thread may be too large for the host, so that there is never an answer.
#[test]
fn a_thread_that_is_never_answered_is_given_up() {
    let adapter = adapter();
    let answer = Sent {
        answers: Some((77, 70)),
        ..Sent::new(2, 2)
    };
    let mut server = Server::of([answer]);
    server.threads = Some((503, String::new()));
    let mut cursor = None;
    for _ in 0..5 {
        let mut poll = adapter.poll(cursor.as_deref(), time(NOW)).expect("a poll");
        let failure = server.fail(&mut *poll);
        assert_eq!(failure.kind, PollFailureKind::Unavailable);
        // As the host stores it after a failure.
        cursor = Some(poll.cursor());
    }
    let polled = server.poll(&*adapter, cursor.as_deref());
    assert_eq!(polled.ids(), [2]);
    assert_eq!(polled.deliveries[0].url, "mastodon:?");
    // The next one is asked for again.
    server.threads = None;
    server.sent.push(Sent {
        answers: Some((77, 70)),
        ..Sent::new(3, 1)
    });
    let polled = server.poll(&*adapter, Some(&polled.cursor));
    assert_eq!(polled.deliveries[0].url, "mastodon:?root=70");
}

/// A page may be too large for the host, so that there is never an answer.
#[test]
fn after_each_failure_fewer_are_asked_for() {
    let adapter = adapter();
    let mut cursor = Server::of([Sent::new(1, 1)]).poll(&*adapter, None).cursor;
    let mut limits = Vec::new();
    for _ in 0..8 {
        let poll = adapter.poll(Some(&cursor), time(NOW)).expect("a poll");
        let PollStep::Ask(PollRequest::Get(get)) = poll.step() else {
            panic!("{:?}", poll.step());
        };
        limits.extend(parameter(&get.query.url, "limit"));
        cursor = poll.cursor();
    }
    assert_eq!(limits, [40, 20, 10, 5, 2, 1, 1, 1]);
    let mut server = Server::of((1..=9).map(|id| Sent::new(id, 1)));
    let polled = server.poll(&*adapter, Some(&cursor));
    assert_eq!(polled.ids(), (2..=9).collect::<Vec<u64>>());
    assert_eq!(parameter(&server.asked[1], "limit"), Some(40));
}

#[test]
fn an_edit_is_read_once() {
    let adapter = adapter();
    let mut server = Server::of((1..=60).map(|id| Sent::new(id, 100 - id as i64)));
    let first = server.poll(&*adapter, None);
    server.sent[50].edited_at = Some("2026-03-03T10:01:00Z");
    // Not among the newest 40 any more.
    server.sent[3].edited_at = Some("2026-03-03T10:01:00Z");
    let second = server.poll(&*adapter, Some(&first.cursor));
    assert_eq!(second.ids(), [51]);
    let Item::Interaction(edit) = item(&second.deliveries[0]) else {
        panic!("no interaction");
    };
    assert_eq!(edit.kind.as_str(), "edit");
    let third = server.poll(&*adapter, Some(&second.cursor));
    assert_eq!(
        (third.ids(), &third.cursor),
        (NONE.to_vec(), &second.cursor)
    );
    server.sent[50].edited_at = Some("2026-03-03T10:02:00Z");
    let fourth = server.poll(&*adapter, Some(&third.cursor));
    assert_eq!(fourth.ids(), [51]);
    // One that was edited before it was read is read once.
    server.sent.push(Sent {
        edited_at: Some("2026-03-03T10:03:00Z"),
        ..Sent::new(61, 0)
    });
    let fifth = server.poll(&*adapter, Some(&fourth.cursor));
    assert_eq!(fifth.ids(), [61]);
    // Edits of every one of the newest fit the cursor, however often.
    let mut all = fifth;
    for minute in 10..30 {
        for sent in &mut server.sent {
            sent.edited_at = Some(format!("2026-03-03T10:{minute}:00Z").leak());
        }
        all = server.poll(&*adapter, Some(&all.cursor));
        assert_eq!(all.ids(), (22..=61).collect::<Vec<u64>>());
    }
    assert_eq!(server.poll(&*adapter, Some(&all.cursor)).ids(), NONE);
    // So do those of many that were edited before they were read.
    let mut many = Server::of((1..=600).map(|id| Sent {
        edited_at: Some("2026-03-03T10:01:00Z"),
        ..Sent::new(id, 700 - id as i64)
    }));
    let first = many.poll(&*adapter, None);
    assert_eq!(first.ids(), (1..=600).collect::<Vec<u64>>());
    assert_eq!(many.poll(&*adapter, Some(&first.cursor)).ids(), NONE);
}

#[test]
fn the_cursor_is_behind_what_was_not_taken_at_each_step() {
    let adapter = adapter();
    let mut server = Server::of((1..=70).map(|id| Sent {
        answers: (id % 7 == 0).then_some((77, 70)),
        ..Sent::new(id, 100 - id as i64)
    }));
    let mut poll = adapter.poll(None, time(NOW)).expect("a poll");
    let mut taken = Vec::new();
    while let PollStep::Ask(request) = poll.step() {
        let before = poll.cursor();
        let answer = server.answer(&request);
        let deliveries = poll.answer(answer).expect("it fits");
        // The host ends before it stores them: the same come again.
        let read = |cursor: &[u8]| server.clone().poll(&*adapter, Some(cursor)).ids();
        let expected: Vec<u64> = (1..=70).collect();
        assert_eq!([&taken[..], &read(&before)[..]].concat(), expected);
        taken.extend(deliveries.iter().map(id));
        assert_eq!([&taken[..], &read(&poll.cursor())[..]].concat(), expected);
    }
    assert_eq!(taken.len(), 70);
}

#[test]
fn what_is_read_twice_is_the_same() {
    let server = Server::of([Sent {
        answers: Some((77, 70)),
        edited_at: Some("2026-03-03T10:01:00Z"),
        ..Sent::new(5, 1)
    }]);
    let read = || item(&server.clone().poll(&*adapter(), None).deliveries[0]);
    assert_eq!(read(), read());
    // So is an edit that is found later.
    let mut poll = Server::of([Sent::new(5, 1)]).poll(&*adapter(), None);
    let edited = server.clone().poll(&*adapter(), Some(&poll.cursor));
    poll.deliveries = edited.deliveries;
    assert_eq!(item(&poll.deliveries[0]), read());
}

#[test]
fn a_refusal_ends_the_poll_and_says_why() {
    let adapter = adapter();
    for (status, kind, after) in [
        (401, PollFailureKind::Unauthorised, None),
        (403, PollFailureKind::Unauthorised, None),
        (404, PollFailureKind::NotFound, None),
        (429, PollFailureKind::Limited, Some(90)),
        (302, PollFailureKind::NotFound, None),
        (500, PollFailureKind::Unavailable, None),
        (503, PollFailureKind::Unavailable, None),
    ] {
        let mut server = Server {
            pages: Some((status, "jo@social.example".to_owned())),
            ..Server::default()
        };
        let mut poll = adapter.poll(None, time(NOW)).expect("a poll");
        let failure = server.fail(&mut *poll);
        assert_eq!(failure.kind, kind, "{status}");
        assert_eq!(failure.after, after.map(Duration::from_secs), "{status}");
        assert!(!failure.problem.contains("jo@"), "{failure}");
        // It asks the same again.
        assert!(matches!(poll.step(), PollStep::Ask(_)));
        assert!(poll.pass_over().is_none());
    }
}

#[test]
fn a_page_of_another_form_is_a_failure() {
    let long = format!("[{}0]", "0,".repeat(250_000));
    for body in [
        "",
        "<html>",
        "{}",
        "null",
        "[7]",
        "[{}]",
        r#"[{"id": ""}]"#,
        r#"[{"id": "a b"}]"#,
        &long,
    ] {
        let mut server = Server {
            pages: Some((200, body.to_owned())),
            ..Server::default()
        };
        let mut poll = adapter().poll(None, time(NOW)).expect("a poll");
        let failure = server.fail(&mut *poll);
        assert_eq!(failure.kind, PollFailureKind::Unavailable);
        assert!(failure.problem.contains("check `api-base`"), "{failure}");
    }
    let mut poll = adapter().poll(None, time(NOW)).expect("a poll");
    assert!(poll.answer(PollAnswer::Mail(None)).is_err());
    assert!(matches!(poll.step(), PollStep::Ask(_)));
}

/// A server that does not know the parameters, or a cache, answers with the same page.
#[test]
fn a_page_that_repeats_or_has_another_order_ends_the_poll() {
    let documents = [3, 1, 2, 1].map(|id| Sent::new(id, 5).document());
    let page = Value::Array(documents.to_vec()).to_string();
    let mut server = Server {
        pages: Some((200, page)),
        ..Server::default()
    };
    let adapter = adapter();
    let polled = server.poll(&*adapter, None);
    assert_eq!(polled.ids(), [1, 2, 3]);
    assert!(server.asked.len() < 8, "{:?}", server.asked);
    let again = server.poll(&*adapter, Some(&polled.cursor));
    assert_eq!(again.ids(), NONE);
}

#[test]
fn a_cursor_of_another_account_or_form_is_none() {
    let mut server = Server::of([Sent::new(1, 60 * 48), Sent::new(2, 1)]);
    let polled = server.poll(&*adapter(), None);
    for cursor in [&b""[..], b"{}", b"\xff", b"null", b"[]"] {
        let read = server.poll(&*adapter(), Some(cursor)).ids();
        assert_eq!(read, [2], "{cursor:?}");
    }
    let other = open(json!({"account": "help@mastodon.example"})).expect("opened");
    assert_eq!(server.poll(&*other, Some(&polled.cursor)).ids(), [2]);
    let same = server.poll(&*adapter(), Some(&polled.cursor));
    assert_eq!(same.ids(), NONE);
}

#[test]
fn the_next_poll_begins_after_a_minute() {
    let adapter = adapter();
    let mut poll = adapter.poll(None, time(NOW)).expect("a poll");
    let mut server = Server::default();
    while let PollStep::Ask(request) = poll.step() {
        let answer = server.answer(&request);
        poll.answer(answer).expect("it fits");
    }
    let PollStep::Done(next) = poll.step() else {
        panic!("{:?}", poll.step());
    };
    assert_eq!(next.otherwise, Duration::from_secs(60));
    assert_eq!(next.at_latest, Duration::from_secs(60));
}
