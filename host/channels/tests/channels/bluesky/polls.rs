//! Polls of notifications: which are read, once, and how far the cursor goes.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::poll::{
    Poll, PollAnswer, PollFailure, PollFailureKind, PollRequest, PollStep, PolledDelivery,
    PolledDocument,
};
use patchbay_adapter::token::TokenRequest;
use patchbay_adapter::{Adapter, Credential, Item, VerifiedRequest};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{ACCOUNT, JO, adapter, open};

const NOW: &str = "2026-03-03T10:00:00Z";
const NONE: [u32; 0] = [];

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// A notification of a server.
#[derive(Clone)]
struct Sent {
    number: u32,
    indexed_at: Timestamp,
    /// The time by which the server orders, which the author says.
    sort_at: Timestamp,
}

impl Sent {
    /// A mention so many seconds before [`NOW`].
    fn new(number: u32, seconds: i64) -> Sent {
        let at = time(NOW) - SignedDuration::from_secs(seconds);
        Sent {
            number,
            indexed_at: at,
            sort_at: at,
        }
    }

    fn document(&self) -> Value {
        json!({
            "uri": format!("at://{JO}/app.bsky.feed.post/{}", self.number),
            "cid": "bafyrei",
            "author": {"did": JO, "handle": "jo.example"},
            "reason": "mention",
            "record": {"text": "a", "createdAt": self.sort_at.to_string()},
            "isRead": self.number.is_multiple_of(2),
            "indexedAt": self.indexed_at.to_string(),
        })
    }
}

/// A server that keeps to the API.
#[derive(Clone, Default)]
struct Server {
    sent: Vec<Sent>,
    /// Query strings that were asked for.
    asked: Vec<String>,
    /// What every request is answered with instead.
    instead: Option<(u16, String)>,
    /// Notifications of other reasons between two pages: a page can be short, or empty.
    skips: bool,
}

fn document(status: u16, body: String) -> PollAnswer {
    PollAnswer::Document(PolledDocument {
        status,
        headers: vec![("ratelimit-reset".to_owned(), b"1772532090".to_vec())],
        body: body.into_bytes(),
        at: time(NOW),
    })
}

fn parameter(query: &str, name: &str) -> Option<String> {
    let mut parameters = query.split('&').filter_map(|it| it.split_once('='));
    let (_, value) = parameters.find(|(found, _)| *found == name)?;
    let value = percent_decode_str(value).decode_utf8().expect("text");
    Some(value.into_owned())
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
        assert!(matches!(get.query.credential, Some(Credential::Token(_))));
        let start = "https://pds.example/xrpc/app.bsky.notification.listNotifications?";
        let query = get.query.url.strip_prefix(start).expect("the method");
        self.asked.push(query.to_owned());
        if let Some((status, body)) = &self.instead {
            return document(*status, body.clone());
        }
        let limit: usize = parameter(query, "limit")
            .and_then(|it| it.parse().ok())
            .expect("a limit");
        let place = parameter(query, "cursor");
        // An odd place is that of an empty page.
        let (place, is_empty) = match place.as_deref().map(|it| it.strip_suffix("::empty")) {
            Some(Some(before)) => (Some(before.to_owned()), true),
            _ => (place, false),
        };
        let mut found: Vec<&Sent> = self.sent.iter().collect();
        found.sort_by_key(|sent| (sent.sort_at, sent.number));
        let before = place.as_deref().map(|place| {
            let (at, number) = place.split_once("::").expect("a place");
            (time(at), number.parse::<u32>().expect("a number"))
        });
        found.retain(|it| before.is_none_or(|before| (it.sort_at, it.number) < before));
        let rest = found.len().saturating_sub(limit);
        let page: Vec<&Sent> = found[rest..].iter().rev().copied().collect();
        if self.skips
            && !is_empty
            && let Some(place) = &place
        {
            let body = json!({"notifications": [], "cursor": format!("{place}::empty")});
            return document(200, body.to_string());
        }
        let mut body = json!({"priority": false});
        if let Some(last) = page.last().filter(|_| rest > 0) {
            body["cursor"] = format!("{}::{}", last.sort_at, last.number).into();
        }
        body["notifications"] = page.into_iter().map(Sent::document).collect();
        document(200, body.to_string())
    }

    /// Polls to the end.
    fn poll(&mut self, adapter: &dyn Adapter, cursor: Option<&[u8]>) -> Polled {
        let mut poll = adapter.poll(cursor, time(NOW)).expect("a poll");
        let mut deliveries = Vec::new();
        let first = self.asked.len();
        while let PollStep::Ask(request) = poll.step() {
            let answer = self.answer(&request);
            deliveries.extend(poll.answer(answer).expect("it fits"));
            assert!(self.asked.len() - first <= 200, "a poll without end");
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
    fn numbers(&self) -> Vec<u32> {
        self.deliveries.iter().map(number).collect()
    }
}

fn number(delivery: &PolledDelivery) -> u32 {
    let content: Value = serde_json::from_slice(&delivery.body).expect("JSON");
    let uri = content["uri"].as_str().expect("text");
    let key = uri.rsplit('/').next().expect("a key");
    key.parse().expect("a number")
}

fn item(delivery: &PolledDelivery) -> Item {
    let request = delivery.request();
    let items = adapter().decode(&VerifiedRequest::of_own_request(&request));
    <[Item; 1]>::try_from(items)
        .map(|[item]| item)
        .expect("one item")
}

#[test]
fn a_page_is_asked_for_by_reasons_in_a_session() {
    let mut server = Server::default();
    server.poll(&*adapter(), None);
    assert_eq!(
        server.asked,
        ["limit=50&reasons=mention&reasons=reply&reasons=quote"]
    );
    let poll = adapter().poll(None, time(NOW)).expect("a poll");
    let PollStep::Ask(PollRequest::Get(get)) = poll.step() else {
        panic!("{:?}", poll.step());
    };
    let Some(Credential::Token(source)) = &get.query.credential else {
        panic!("no session");
    };
    let TokenRequest::Post { url, body, .. } = source.provider().request(None, time(NOW)) else {
        panic!("a request");
    };
    assert_eq!(
        url,
        "https://pds.example/xrpc/com.atproto.server.createSession"
    );
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(body, json!({"identifier": ACCOUNT, "password": "hush"}));
}

#[test]
fn each_notification_is_read_once_the_oldest_first() {
    let adapter = adapter();
    let mut server = Server::of([Sent::new(1, 30), Sent::new(2, 20), Sent::new(3, 10)]);
    let first = server.poll(&*adapter, None);
    assert_eq!(first.numbers(), [1, 2, 3]);
    let again = server.poll(&*adapter, Some(&first.cursor));
    assert_eq!(
        (again.numbers(), &again.cursor),
        (NONE.to_vec(), &first.cursor)
    );
    // At the same time as one that was taken.
    server.sent.push(Sent::new(4, 10));
    server.sent.push(Sent::new(5, 0));
    let more = server.poll(&*adapter, Some(&first.cursor));
    assert_eq!(more.numbers(), [4, 5]);
    let mut empty = Server::default();
    let nothing = empty.poll(&*adapter, None);
    empty.sent.push(Sent::new(1, 5));
    assert_eq!(empty.poll(&*adapter, Some(&nothing.cursor)).numbers(), [1]);
}

#[test]
fn a_notification_is_delivered_as_the_server_wrote_it() {
    let sent = Sent::new(5, 1);
    let polled = Server::of([sent.clone()]).poll(&*adapter(), None);
    let [delivery] = &polled.deliveries[..] else {
        panic!("{:?}", polled.deliveries);
    };
    assert_eq!(delivery.url, "bluesky:?");
    let body: Value = serde_json::from_slice(&delivery.body).expect("JSON");
    assert_eq!(body, sent.document());
    let Item::Interaction(decoded) = item(delivery) else {
        panic!("no interaction");
    };
    // Not the time that the author says.
    assert_eq!(decoded.interaction.received_at, Some(sent.indexed_at));
    let cursor = String::from_utf8(polled.cursor).expect("text");
    assert!(
        !cursor.contains("did:") && !cursor.contains("jo."),
        "{cursor}"
    );
}

#[test]
fn the_first_poll_leaves_out_what_came_before() {
    let hours = [60, 49, 47, 25, 23, 1];
    let sent = || {
        (1..)
            .zip(hours)
            .map(|(number, hours)| Sent::new(number, hours * 3_600))
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
        assert_eq!(polled.numbers(), expected, "{days}");
        server.sent.push(Sent::new(7, 0));
        let more = server.poll(&*adapter, Some(&polled.cursor));
        assert_eq!(more.numbers(), [7], "{days}");
    }
}

#[test]
fn every_page_is_read_the_oldest_first() {
    let adapter = adapter();
    for (sent, skips) in [(50, false), (51, false), (130, false), (130, true)] {
        let mut server = Server::of((1..=sent).map(|it| Sent::new(it, i64::from(1_000 - it))));
        server.skips = skips;
        let polled = server.poll(&*adapter, None);
        assert_eq!(polled.numbers(), (1..=sent).collect::<Vec<u32>>());
    }
    // Old ones are not read to the end, and pages without new ones not twice.
    let mut server = Server::of((1..=5_000).map(|it| Sent::new(it, i64::from(500_100 - it * 100))));
    let polled = server.poll(&*adapter, None);
    assert_eq!(polled.numbers(), (4_137..=5_000).collect::<Vec<u32>>());
    server.asked.clear();
    server.sent.push(Sent::new(5_001, 0));
    let polled = server.poll(&*adapter, Some(&polled.cursor));
    assert_eq!((polled.numbers(), server.asked.len()), (vec![5_001], 1));
}

/// More came while a poll went back: none of the first page is lost.
#[test]
fn what_comes_during_a_poll_is_read_by_the_next() {
    let adapter = adapter();
    let mut server = Server::of((1..=120).map(|it| Sent::new(it, i64::from(9_000 - it))));
    let mut poll = adapter.poll(None, time(NOW)).expect("a poll");
    let mut read = Vec::new();
    while let PollStep::Ask(request) = poll.step() {
        let answer = server.answer(&request);
        read.extend(poll.answer(answer).expect("it fits").iter().map(number));
        let next = u32::try_from(server.sent.len()).expect("few") + 1;
        server.sent.push(Sent::new(next, i64::from(9_000 - next)));
    }
    assert_eq!(read, (1..=120).collect::<Vec<u32>>());
    let more = server.poll(&*adapter, Some(&poll.cursor()));
    assert_eq!(more.numbers(), (121..=125).collect::<Vec<u32>>());
}

/// The server orders by a time that authors say: a new post can be far down.
#[test]
fn a_new_one_in_the_middle_of_a_page_is_read() {
    let adapter = adapter();
    let mut server = Server::of((1..=20).map(|it| Sent::new(it, i64::from(3_600 * (22 - it)))));
    let first = server.poll(&*adapter, None);
    assert_eq!(first.numbers().len(), 20);
    let late = Sent {
        sort_at: time(NOW) - SignedDuration::from_hours(9),
        ..Sent::new(21, 5)
    };
    server.sent.push(late);
    let second = server.poll(&*adapter, Some(&first.cursor));
    assert_eq!(second.numbers(), [21]);
    assert_eq!(server.poll(&*adapter, Some(&second.cursor)).numbers(), NONE);
    // One that was indexed a while before the newest, and is shown after it.
    server.sent.push(Sent::new(22, 60 * 14));
    let third = server.poll(&*adapter, Some(&second.cursor));
    assert_eq!(third.numbers(), [22]);
}

/// One old notification at the end of a page does not say that those below are old.
#[test]
fn a_page_that_ends_with_an_old_one_is_not_the_last() {
    let old = Sent {
        indexed_at: time(NOW) - SignedDuration::from_hours(72),
        ..Sent::new(99, 11)
    };
    let sent = (1..=60).map(|it| Sent::new(it, i64::from(61 - it)));
    // The page of 50 ends with the old one.
    let mut server = Server::of(sent.filter(|it| it.number != 50).chain([Sent {
        sort_at: time(NOW) - SignedDuration::from_millis(50_500),
        ..old
    }]));
    let expected: Vec<u32> = (1..=60).filter(|it| *it != 50).collect();
    assert_eq!(server.poll(&*adapter(), None).numbers(), expected);
}

/// A server whose clock is wrong does not make the host deaf.
#[test]
fn a_time_in_the_future_is_that_of_the_host() {
    let adapter = adapter();
    let mut server = Server::of([Sent::new(1, -86_400 * 365)]);
    let first = server.poll(&*adapter, None);
    assert_eq!(first.numbers(), [1]);
    server.sent.push(Sent::new(2, 0));
    assert_eq!(server.poll(&*adapter, Some(&first.cursor)).numbers(), [2]);
}

#[test]
fn the_cursor_is_behind_what_was_not_taken_at_each_step() {
    let adapter = adapter();
    // One that was indexed last is the farthest down.
    let late = Sent {
        sort_at: time(NOW) - SignedDuration::from_hours(20),
        ..Sent::new(121, 0)
    };
    let sent = (1..=120).map(|it| Sent::new(it, i64::from(60 * (200 - it))));
    let mut server = Server::of(sent.chain([late]));
    let mut poll = adapter.poll(None, time(NOW)).expect("a poll");
    let mut taken: Vec<u32> = Vec::new();
    while let PollStep::Ask(request) = poll.step() {
        let before = poll.cursor();
        let answer = server.answer(&request);
        let deliveries = poll.answer(answer).expect("it fits");
        // The host ends before it stores them: the same come again.
        let read = |cursor: &[u8]| server.clone().poll(&*adapter, Some(cursor)).numbers();
        let all = |taken: &[u32], rest: Vec<u32>| {
            let mut all = [taken, &rest[..]].concat();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all, (1..=121).collect::<Vec<u32>>());
        };
        all(&taken, read(&before));
        taken.extend(deliveries.iter().map(number));
        all(&taken, read(&poll.cursor()));
    }
    assert_eq!(taken.len(), 121);
}

#[test]
fn what_is_read_twice_is_the_same() {
    let read = || {
        item(
            &Server::of([Sent::new(5, 1)])
                .poll(&*adapter(), None)
                .deliveries[0],
        )
    };
    assert_eq!(read(), read());
}

/// More than the cursor can name are read again, and are duplicates by their ids.
#[test]
fn a_surge_is_bounded_by_the_cursor() {
    let adapter = adapter();
    let mut server = Server::of((1..=300).map(|it| Sent::new(it, i64::from(400 - it))));
    let first = server.poll(&*adapter, None);
    assert_eq!(first.numbers().len(), 300);
    assert!(first.cursor.len() < 4 << 10);
    let again = server.poll(&*adapter, Some(&first.cursor));
    assert_eq!(again.numbers(), (1..=150).collect::<Vec<u32>>());
}

/// A page may be too large for the host, so that there is never an answer.
#[test]
fn after_each_failure_fewer_are_asked_for() {
    let adapter = adapter();
    let mut cursor = Server::of([Sent::new(1, 9)]).poll(&*adapter, None).cursor;
    let mut limits = Vec::new();
    for _ in 0..8 {
        let poll = adapter.poll(Some(&cursor), time(NOW)).expect("a poll");
        let PollStep::Ask(PollRequest::Get(get)) = poll.step() else {
            panic!("{:?}", poll.step());
        };
        let (_, query) = get.query.url.split_once('?').expect("a query");
        limits.extend(parameter(query, "limit"));
        cursor = poll.cursor();
    }
    assert_eq!(limits, ["50", "25", "12", "6", "3", "1", "1", "1"]);
    let mut server = Server::of((1..=9).map(|it| Sent::new(it, i64::from(9 - it))));
    let polled = server.poll(&*adapter, Some(&cursor));
    assert_eq!(polled.numbers(), (2..=9).collect::<Vec<u32>>());
}

#[test]
fn a_refusal_ends_the_poll_and_says_why() {
    let adapter = adapter();
    for (status, body, kind, after) in [
        (
            401,
            r#"{"error":"AuthMissing"}"#,
            PollFailureKind::Unauthorised,
            None,
        ),
        (
            400,
            r#"{"error":"ExpiredToken"}"#,
            PollFailureKind::Unauthorised,
            None,
        ),
        (
            400,
            r#"{"error":"InvalidToken"}"#,
            PollFailureKind::Unauthorised,
            None,
        ),
        (401, "", PollFailureKind::Unauthorised, None),
        (
            400,
            r#"{"error":"InvalidRequest"}"#,
            PollFailureKind::Unavailable,
            None,
        ),
        (404, "", PollFailureKind::NotFound, None),
        (429, "jo.example", PollFailureKind::Limited, Some(90)),
        (302, "", PollFailureKind::NotFound, None),
        (
            502,
            r#"{"error":"UpstreamFailure"}"#,
            PollFailureKind::Unavailable,
            None,
        ),
        (
            503,
            r#"{"error":"ExpiredToken"}"#,
            PollFailureKind::Unavailable,
            None,
        ),
    ] {
        let mut server = Server {
            instead: Some((status, body.to_owned())),
            ..Server::default()
        };
        let mut poll = adapter.poll(None, time(NOW)).expect("a poll");
        let failure = server.fail(&mut *poll);
        assert_eq!(failure.kind, kind, "{status} {body}");
        assert_eq!(failure.after, after.map(Duration::from_secs), "{status}");
        assert!(!failure.problem.contains("jo."), "{failure}");
        // It asks the same again.
        assert!(matches!(poll.step(), PollStep::Ask(_)));
        assert!(poll.pass_over().is_none());
    }
}

#[test]
fn a_page_of_another_form_is_a_failure() {
    let long = format!(r#"{{"notifications":[{}0]}}"#, "0,".repeat(250_000));
    for body in [
        "",
        "<html>",
        "[]",
        "{}",
        r#"{"notifications":{}}"#,
        r#"{"notifications":[7]}"#,
        r#"{"notifications":[{}]}"#,
        r#"{"notifications":[{"indexedAt":"soon"}]}"#,
        &long,
    ] {
        let mut server = Server {
            instead: Some((200, body.to_owned())),
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

#[test]
fn a_page_that_repeats_or_never_ends_ends_the_poll() {
    let documents = [3, 1, 2, 1].map(|it| Sent::new(it, i64::from(9 - it)).document());
    let adapter = adapter();
    for cursor in ["a", "a b&c=d", &"x".repeat(513)] {
        let page = json!({"notifications": documents, "cursor": cursor}).to_string();
        let mut server = Server {
            instead: Some((200, page)),
            ..Server::default()
        };
        let polled = server.poll(&*adapter, None);
        assert_eq!(polled.numbers(), [1, 2, 3], "{cursor}");
        assert!(server.asked.len() <= 3, "{:?}", server.asked);
    }
    // Each page names another one, and none has anything.
    let mut poll = adapter.poll(None, time(NOW)).expect("a poll");
    let mut asked = 0;
    while let PollStep::Ask(_) = poll.step() {
        let body = json!({"notifications": [], "cursor": format!("{asked}")});
        poll.answer(document(200, body.to_string()))
            .expect("it fits");
        asked += 1;
        assert!(asked <= 100, "a poll without end");
    }
    assert_eq!(asked, 100);
}

#[test]
fn a_cursor_of_another_account_or_form_is_none() {
    let mut server = Server::of([Sent::new(1, 3_600 * 48), Sent::new(2, 1)]);
    let polled = server.poll(&*adapter(), None);
    for cursor in [&b""[..], b"{}", b"\xff", b"null", b"[]"] {
        let read = server.poll(&*adapter(), Some(cursor)).numbers();
        assert_eq!(read, [2], "{cursor:?}");
    }
    let other = open(json!({"account": "did:web:help.example"})).expect("opened");
    assert_eq!(server.poll(&*other, Some(&polled.cursor)).numbers(), [2]);
    assert_eq!(
        server.poll(&*adapter(), Some(&polled.cursor)).numbers(),
        NONE
    );
}
