//! Feeds: documents to items, polls. What decoding makes of an entry is golden cases too.

mod documents;
mod hostile;
mod polls;

use patchbay_adapter::poll::{PollAnswer, PollFailure, PollStep, PolledDelivery};
use patchbay_adapter::{
    Adapter, EncodeError, Exchange, Item, Rejection, Response, VerifiedRequest,
};
use serde_json::{Value, json};

use crate::exchange::{outcome, reply};
use crate::golden::{Delivery, Subject};
use crate::polled_documents::{after, answer, next, query};

const ACCOUNT: &str = "blog-comments";
const URL: &str = "https://blog.northwind.example/comments/feed/?key=hush";
pub(crate) const SUBJECT: Subject = Subject {
    name: "feed",
    settings: || json!({"account": ACCOUNT, "url": URL}),
    secrets: &[],
    sign: |_| {},
    words: &[
        "\"id\":\"",
        "\"link\":\"https://",
        "\"title\":{\"text\":\"",
        "\"is_html\":true",
        "\"published\":\"",
        "\"updated\":\"2026-03-02T10:00:00Z\"",
        "\"author_address\":\"",
        "\"categories\":[",
        "\"files\":[{\"url\":\"",
        "<p>",
        "#comment-1",
    ],
    answers: &["{}"],
};

fn open(settings: Value) -> Result<Box<dyn Adapter>, String> {
    let mut all = (SUBJECT.settings)();
    for (name, value) in settings.as_object().expect("settings") {
        all[name] = value.clone();
    }
    (SUBJECT.kind().open)(&SUBJECT.config(all)).map_err(|error| error.to_string())
}

fn adapter() -> Box<dyn Adapter> {
    open(json!({})).expect("opened")
}

/// What a whole poll reads.
struct Polled {
    deliveries: Vec<PolledDelivery>,
    cursor: Vec<u8>,
}

/// A poll of a document, so many minutes after the first one.
fn poll(
    adapter: &dyn Adapter,
    cursor: Option<&[u8]>,
    minutes: i64,
    body: &str,
) -> Result<Polled, PollFailure> {
    let now = after(minutes);
    let mut poll = adapter.poll(cursor, now).expect("a poll");
    query(&*poll);
    let before = poll.cursor();
    let deliveries = match poll.answer(answer(200, &[], body.as_bytes(), now)) {
        Ok(deliveries) => deliveries,
        Err(failure) => {
            assert_eq!(poll.cursor(), before, "nothing was read");
            return Err(failure);
        }
    };
    let cursor = poll.cursor();
    assert!(cursor.len() <= 4 << 10, "{}", cursor.len());
    next(&*poll);
    Ok(Polled { deliveries, cursor })
}

/// The cursor after a feed without entries.
fn begun(adapter: &dyn Adapter) -> Vec<u8> {
    let empty = poll(adapter, None, 0, "<rss version='2.0'><channel/></rss>");
    empty.expect("a feed").cursor
}

fn decode(delivery: &PolledDelivery) -> Item {
    let request = delivery.request();
    let items = adapter().decode(&VerifiedRequest::of_own_request(&request));
    let [item] = <[Item; 1]>::try_from(items).expect("one item");
    item
}

/// The texts of deliveries.
fn texts(deliveries: &[PolledDelivery]) -> Vec<String> {
    let items = deliveries.iter().map(decode);
    items
        .map(|item| match item {
            Item::Interaction(decoded) => decoded.interaction.text,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn settings_are_checked_when_a_channel_starts() {
    for (settings, part) in [
        (
            json!({"account": "My blog"}),
            "`account` must be a name of your own",
        ),
        (
            json!({"account": ""}),
            "`account` must be a name of your own",
        ),
        (
            json!({"url": "blog.northwind.example/feed"}),
            "`url` is not a URL",
        ),
        (
            json!({"url": "feed://blog.northwind.example/"}),
            "`url` begins with neither",
        ),
        (
            json!({"url": "https://jo:hush@blog.northwind.example/"}),
            "`url` has a user or password",
        ),
        (
            json!({"every-minutes": 4}),
            "`every-minutes` must be 5 to 1440",
        ),
        (
            json!({"every-minutes": 1_441}),
            "`every-minutes` must be 5 to 1440",
        ),
        (
            json!({"history-days": 366}),
            "`history-days` must be at most 365",
        ),
        (json!({"history-days": -1}), "invalid value"),
    ] {
        let problem = open(settings.clone()).expect_err("refused");
        assert!(problem.contains(part), "{settings}: {problem}");
        assert!(!problem.contains("hush"), "{problem}");
    }
    let shown = format!("{:?}", adapter());
    assert_eq!(shown, "Feed { account: \"blog-comments\", .. }");
}

#[test]
fn there_is_no_webhook_and_no_way_back() {
    let adapter = adapter();
    let delivery = Delivery::new("application/json", b"{\"id\":\"1\"}");
    let request = delivery.request();
    let refused = adapter.verify(&request, delivery.now);
    assert_eq!(refused.err(), Some(Rejection::Missing));
    let refused = adapter.encode(&reply("feed", ACCOUNT, "https://ana.example/", "Thank you"));
    assert_eq!(refused.err(), Some(EncodeError::NoWayBack));
    assert!(!SUBJECT.kind().can_send(&Default::default()));
    assert_eq!(outcome(&*adapter, 200, "{}"), "refused");
    assert!(adapter.serves(ACCOUNT) && !adapter.serves("other"));
}

#[test]
fn a_test_of_the_connection_says_what_the_server_has() {
    let adapter = adapter();
    let [probe] = <[_; 1]>::try_from(adapter.probe()).expect("one question");
    let shown = |status, body: &str| {
        let response = Response {
            status,
            headers: Default::default(),
            body: body.as_bytes(),
            at: after(0),
        };
        let found = adapter.probe_result(&probe, &Exchange::Answered(response), None);
        let [finding] = <[_; 1]>::try_from(found).expect("one finding");
        format!("{} {}: {}", finding.verdict, finding.code, finding.text)
    };
    let item = "<item><guid>1</guid><title>a</title></item>";
    for (status, body, part) in [
        (
            200,
            format!("<rss><channel>{item}</channel></rss>"),
            "right feed: the feed can be read; entries: 1",
        ),
        (
            200,
            format!("<rss><channel>{item}<item>"),
            "advice feed: the feed is not well-formed",
        ),
        (
            200,
            "<html></html>".to_owned(),
            "wrong feed: what `url` names is XML, and no feed",
        ),
        (
            301,
            String::new(),
            "wrong feed: the feed has another address (http 301)",
        ),
        (
            404,
            String::new(),
            "wrong feed: the server does not give the feed (http 404)",
        ),
        (429, String::new(), "unchecked busy"),
        (503, String::new(), "wrong provider-failed"),
    ] {
        let shown = shown(status, &body);
        assert!(shown.contains(part), "{shown}");
    }
}
