//! The feed: where it begins, what its filters leave out, and what tells of an erasure.

use std::time::Duration;

use patchbay_journal::Note;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::office::{COMPANY, Office};

/// An event as a client reads it.
#[derive(Debug)]
pub(super) struct Event {
    /// 0: it has none.
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) data: Value,
}

/// An open stream of events.
pub(super) struct Feed {
    stream: TcpStream,
    text: String,
}

impl Feed {
    pub(super) async fn open(office: &Office, query: &str, after: Option<u64>) -> Feed {
        let path = format!("{COMPANY}/events?{query}");
        let resume = after.map_or_else(String::new, |id| format!("Last-Event-ID: {id}\r\n"));
        let request = format!("{}{resume}\r\n", office.server.client.head("GET", &path));
        let mut stream = office.server.client.connect().await;
        stream.write_all(request.as_bytes()).await.expect("sent");
        let text = String::new();
        Feed { stream, text }
    }

    pub(super) async fn next(&mut self) -> Event {
        loop {
            // Chunks of HTTP begin between events: their sizes are lines of their own.
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let event = event.to_owned();
                self.text = rest.to_owned();
                let field = |name: &str| {
                    let mut lines = event.lines();
                    lines.find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()))
                };
                if let (Some(name), Some(data)) = (field("event:"), field("data:")) {
                    return Event {
                        id: field("id:").map_or(0, |id| id.parse().expect("a number")),
                        name,
                        data: serde_json::from_str(&data).expect("JSON"),
                    };
                }
            }
            let mut bytes = [0; 4096];
            let read = timeout(Duration::from_secs(60), self.stream.read(&mut bytes)).await;
            let read = read.expect("in time").expect("no reset");
            assert!(read > 0, "the feed ended: {}", self.text);
            self.text += std::str::from_utf8(&bytes[..read]).expect("UTF-8");
        }
    }

    /// Events up to one of a kind, without those that are only positions.
    async fn until(&mut self, kind: &str) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let event = self.next().await;
            if event.name == "position" {
                continue;
            }
            let is_last = event.name == kind;
            events.push(event);
            if is_last {
                return events;
            }
        }
    }
}

/// Kinds of events about a conversation.
fn kinds(events: &[Event], conversation: &str) -> Vec<String> {
    let of = |event: &&Event| event.data["subject"] == conversation;
    let names = events.iter().filter(of).map(|event| event.name.clone());
    names.collect()
}

impl Office {
    async fn as_supervisor(&self, conversation: &str, mut body: Value) {
        body["by"] = "eva".into();
        body["role"] = "supervisor".into();
        let path = format!("/conversations/{conversation}/actions");
        let done = self.post(&path, body).await;
        assert_eq!(done.status, 200, "{done:?}");
        self.settled().await;
    }

    /// Ends every test: an event that passes all filters.
    async fn drain(&self) {
        let path = format!("{COMPANY}/drain");
        let drained = self.server.client.ask("PUT", &path, "", "{}").await;
        assert!(drained.status < 300, "{drained:?}");
    }
}

#[tokio::test]
async fn a_stream_begins_with_its_position() {
    let office = Office::with(&["ana"]).await;
    let first = Feed::open(&office, "", None).await.next().await;
    assert_eq!(first.name, "position");
    assert_eq!(first.data, json!({"newest": first.id}));
    assert!(first.id > 0);
    // Nothing is missed between the position and what is read after it.
    office.hear("1").await;
    let mut resumed = Feed::open(&office, "", Some(first.id)).await;
    let position = resumed.next().await;
    assert_eq!(
        (position.name.as_str(), position.id),
        ("position", first.id)
    );
    assert!(
        position.data["newest"].as_u64() > Some(first.id),
        "{position:?}"
    );
    let received = resumed.next().await;
    assert_eq!(
        (received.name.as_str(), received.id),
        ("received", first.id + 1)
    );
}

#[tokio::test]
async fn an_agent_follows_what_they_have_get_and_lose() {
    let office = Office::with(&["ana"]).await;
    let start = Feed::open(&office, "", None).await.next().await.id;
    let mut live = Feed::open(&office, "agent=ana", None).await;
    let conversation = office.taken("1", "ana").await;
    let ben = json!([{"id": "ben"}]);
    assert_eq!(office.post("/agents", ben).await.status, 200);
    let presence = format!("{COMPANY}/agents/ben/presence");
    let there = r#"{"presence": "available"}"#;
    let set = office.server.client.ask("PUT", &presence, "", there).await;
    assert_eq!(set.status, 200, "{set:?}");
    let more = json!({"id": "2", "channel": "chat", "text": "More", "author": {"address": "1"}});
    assert_eq!(office.post("/interactions", more).await.status, 202);
    office.settled().await;
    office
        .as_supervisor(&conversation, json!({"action": "assign", "agent": "ben"}))
        .await;
    // From here on it is ben's.
    office
        .as_supervisor(&conversation, json!({"action": "hold"}))
        .await;
    office
        .as_supervisor(&conversation, json!({"action": "assign", "agent": "ana"}))
        .await;
    // It ends while it is hers.
    office
        .as_supervisor(&conversation, json!({"action": "resolve"}))
        .await;
    office.drain().await;
    let expected = [
        "offered",
        "accepted",
        "received",
        "assigned",
        "assigned",
        "state-changed",
    ];
    let resumed = &mut Feed::open(&office, "agent=ana", Some(start)).await;
    for feed in [&mut live, resumed] {
        let events = feed.until("drain-began").await;
        let mut seen = kinds(&events, &conversation);
        // The message is decided before anybody has it.
        seen.retain(|kind| expected.contains(&kind.as_str()));
        assert_eq!(seen, expected, "{events:?}");
        let holds = events
            .iter()
            .filter(|event| event.data["data"]["to"] == "on-hold");
        assert_eq!(holds.count(), 0, "ben's");
        let rosters = events.iter().filter(|event| event.name == "agent-put");
        assert_eq!(rosters.count(), 0, "of ben");
    }
    let events = Feed::open(&office, "agent=ben", Some(start))
        .await
        .until("drain-began")
        .await;
    let seen = kinds(&events, &conversation);
    assert_eq!(seen, ["assigned", "state-changed", "assigned"]);
    assert_eq!(
        events
            .iter()
            .filter(|event| event.name == "agent-put")
            .count(),
        1
    );
}

#[tokio::test]
async fn a_queue_and_a_conversation_are_followed_alone() {
    let office = Office::with(&[]).await;
    let first = office.hear("1").await;
    let second = office.hear("2").await;
    office
        .as_supervisor(&first, json!({"action": "transfer", "queue": "tax"}))
        .await;
    office
        .as_supervisor(&second, json!({"action": "resolve"}))
        .await;
    office.drain().await;
    let follow = async |query: &str| {
        let mut feed = Feed::open(&office, query, Some(0)).await;
        feed.until("drain-began").await
    };
    let tax = follow("queue=tax").await;
    assert_eq!(kinds(&tax, &first), ["transferred"]);
    assert_eq!(kinds(&tax, &second), [""; 0]);
    // Who watched the queue that it left is told.
    let general = follow("queue=general").await;
    assert_eq!(kinds(&general, &first), ["received", "transferred"]);
    assert_eq!(kinds(&general, &second), ["received", "state-changed"]);
    let one = follow(&format!("conversation={second}")).await;
    assert_eq!(kinds(&one, &second), ["received", "state-changed"]);
    assert_eq!(kinds(&one, &first), [""; 0]);
    let company = one.iter().filter(|event| event.data["subject"].is_null());
    assert!(company.count() >= 2, "the company's events pass: {one:?}");
    let both = follow(&format!("conversation={second}&kinds=received,drain-began")).await;
    let names: Vec<&str> = both.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["received", "drain-began"]);
}

#[tokio::test]
async fn an_erasure_is_told_with_the_contacts_and_nothing_else() {
    let office = Office::with(&[]).await;
    let conversation = office.hear("jo").await;
    let shown = office
        .get(&format!("/conversations/{conversation}"))
        .await
        .json();
    let contact = shown["contact"].as_str().expect("a contact").to_owned();
    let mut live = Feed::open(&office, "kinds=contact-erased", None).await;
    let path = format!("/contacts/{contact}");
    for _ in 0..2 {
        assert_eq!(office.delete(&path).await.status, 200);
    }
    let erased = live.until("contact-erased").await.pop().expect("one");
    assert_eq!(erased.data["type"], "patchbay.company.contact-erased");
    assert_eq!(
        erased.data["data"],
        json!({"contact": contact, "contacts": [contact]})
    );
    // A second request erased nobody.
    let mut all = Feed::open(&office, "kinds=contact-erased,drain-began", Some(0)).await;
    office.drain().await;
    assert_eq!(all.until("drain-began").await.len(), 2);
}

#[tokio::test]
async fn a_stream_that_leaves_much_out_tells_where_it_is() {
    let office = Office::with(&[]).await;
    let desk = office.server.app.desk().expect("a desk");
    let company = desk.company("northwind").expect("there");
    let note = Note {
        kind: patchbay_events::EventKind::PresenceChanged as u16,
        at: desk.now(),
        head: r#"{"agent":"ana","from":"away","to":"busy"}"#.to_owned(),
    };
    let notes = vec![note; 3_500];
    desk.journal()
        .append_notes(company, notes)
        .expect("written");
    let mut feed = Feed::open(&office, "kinds=received", Some(0)).await;
    let begin = feed.next().await;
    let newest = begin.data["newest"].as_u64().expect("a number");
    assert_eq!((begin.id, newest > 3_500), (0, true));
    let mut last = 0;
    while last + 1_000 < newest {
        let event = feed.next().await;
        assert_eq!(event.name, "position");
        assert!(event.id >= last + 1_000 && event.id <= newest, "{event:?}");
        last = event.id;
    }
}

#[tokio::test]
async fn an_invalid_filter_of_the_feed_is_answered_with_its_field() {
    let office = Office::with(&["ana"]).await;
    let zeros = "0".repeat(32);
    for (query, status, kind, field) in [
        ("agent=anna".to_owned(), 404, "unknown-agent", "agent"),
        ("queue=txa".to_owned(), 404, "unknown-queue", "queue"),
        (
            "conversation=7".to_owned(),
            404,
            "unknown-conversation",
            "conversation",
        ),
        (
            format!("conversation={zeros}"),
            404,
            "unknown-conversation",
            "conversation",
        ),
        ("kinds=poked".to_owned(), 400, "bad-parameter", "kinds"),
    ] {
        let answer = office.get(&format!("/events?{query}")).await;
        assert_eq!(answer.problem(status, kind)["field"], field, "{query}");
    }
}
