//! Stored interactions, and reading them back.

use std::time::Duration;

use jiff::Timestamp;
use patchbay_clock::Clock;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::Running;
use super::client::Answer;
use crate::settings::JournalSettings;

const INTERACTIONS: &str = "/v1/companies/northwind/interactions";
const EVENTS: &str = "/v1/companies/northwind/events";

async fn keeping() -> (Running, TempDir) {
    let place = tempfile::tempdir().expect("a place");
    let server = Running::with(|settings| settings.journal = Some(journal(&place))).await;
    (server, place)
}

fn journal(place: &TempDir) -> JournalSettings {
    JournalSettings {
        key: place.path().join("keys/desk.key"),
        backlog: 1_000,
        ..JournalSettings::at(place.path().join("kept/desk.db"))
    }
}

fn message(id: &str, text: &str) -> String {
    format!(r#"{{"id":"{id}","channel":"x","text":"{text}","author":{{"address":"@jo"}}}}"#)
}

async fn batch(server: &Running, lines: &str) -> Answer {
    let head = server.client.head("POST", INTERACTIONS);
    let request = format!(
        "{head}Content-Type: application/x-ndjson\r\nContent-Length: {}\r\n\r\n{lines}",
        lines.len()
    );
    server.client.raw(request.as_bytes()).await
}

/// Waits for this many events after an id; their ids and data.
async fn events(server: &Running, after: Option<u64>, wanted: usize) -> Vec<(u64, Value)> {
    let mut stream = server.client.connect().await;
    let resume = after.map_or_else(String::new, |id| format!("Last-Event-ID: {id}\r\n"));
    let head = server.client.head("GET", EVENTS);
    let request = format!("{head}{resume}\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut text = String::new();
    let mut bytes = [0; 4096];
    loop {
        let found: Vec<(u64, Value)> = text
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .filter_map(|data| serde_json::from_str::<Value>(data).ok())
            // All but `position`.
            .filter(|event| event["id"].is_string())
            .map(|event| {
                let id = event["id"].as_str().and_then(|id| id.parse().ok());
                (id.expect("a number"), event)
            })
            .collect();
        if found.len() >= wanted {
            return found;
        }
        let read = timeout(Duration::from_secs(60), stream.read(&mut bytes)).await;
        let read = read.expect("in time").expect("no reset");
        assert!(read > 0, "the feed ended: {text}");
        text += std::str::from_utf8(&bytes[..read]).expect("UTF-8");
    }
}

#[tokio::test]
async fn an_interaction_is_accepted_once_and_a_retry_is_a_duplicate() {
    let (server, _place) = keeping().await;
    let first = server.client.post(INTERACTIONS, message("1", "Hi")).await;
    assert_eq!(first.status, 202, "{first:?}");
    assert_eq!(first.json()["receipts"][0]["status"], "accepted");
    assert_eq!(first.json()["receipts"][0]["kind"], "message");
    let again = server.client.post(INTERACTIONS, message("1", "Hi")).await;
    assert_eq!(again.status, 202);
    assert_eq!(again.json()["receipts"][0]["status"], "duplicate");
    assert_eq!(
        again.json()["receipts"][0]["ordinal"],
        first.json()["receipts"][0]["ordinal"]
    );
}

#[tokio::test]
async fn an_interaction_whose_deadline_passed_is_not_accepted() {
    let (server, _place) = keeping().await;
    let body = message("1", "Hi");
    let mut stream = server.client.connect().await;
    let head = format!(
        "{}Patchbay-Deadline-Ms: 1\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        server.client.head("POST", INTERACTIONS),
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    // The deadline passes while the body is read.
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).await.expect("it goes on");
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    tokio::time::sleep(Duration::from_millis(2)).await;
    stream.write_all(body.as_bytes()).await.expect("sent");
    let answer = super::client::read(&mut stream).await.expect("an answer");
    answer.problem(503, "overloaded");
    assert_eq!(answer.headers["retry-after"], "1");
    let again = server.client.post(INTERACTIONS, body).await;
    assert_eq!(again.json()["accepted"], 1, "it is new: {again:?}");
    let wrong = server
        .client
        .post_with(INTERACTIONS, "Patchbay-Deadline-Ms: soon\r\n", "{}")
        .await;
    wrong.problem(400, "bad-header");
}

#[tokio::test]
async fn a_batch_reports_each_line_and_accepts_the_valid_ones() {
    let (server, _place) = keeping().await;
    let lines = [
        message("1", "Hi"),
        "{not json".to_owned(),
        r#"{"id":"","channel":"x","text":"Hi"}"#.to_owned(),
        message("2", "Ho"),
        message("1", "Hi"),
    ];
    let answer = batch(&server, &lines.join("\n")).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let document = answer.json();
    let statuses: Vec<&str> = document["receipts"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|receipt| receipt["status"].as_str())
        .collect();
    assert_eq!(
        statuses,
        ["accepted", "refused", "refused", "accepted", "duplicate"]
    );
    assert_eq!(
        document["receipts"][2]["problem"]["field"], "id",
        "{document}"
    );
    assert_eq!(document["accepted"], 2);
    batch(&server, "\n\n").await.problem(400, "bad-request");
}

#[tokio::test]
async fn a_feed_resumes_without_gaps_or_repeats() {
    let (server, _place) = keeping().await;
    server.client.post(INTERACTIONS, message("1", "Hi")).await;
    let first = events(&server, Some(0), 2).await;
    assert_eq!((first[0].0, first[1].0), (1, 2));
    assert_eq!(first[0].1["type"], "patchbay.company.generation-activated");
    assert_eq!(first[0].1["data"]["because"], "started");
    assert_eq!(first[0].1["subject"], Value::Null);
    assert_eq!(first[1].1["type"], "patchbay.conversation.received");
    assert_eq!(first[1].1["data"]["interaction"], "1");
    for number in 2..=5 {
        let message = message(&number.to_string(), "more");
        server.client.post(INTERACTIONS, message).await;
    }
    let rest = events(&server, Some(2), 4).await;
    let ids: Vec<u64> = rest.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, [3, 4, 5, 6]);
    // Without an id the feed starts with the next event.
    let live = tokio::select! {
        live = events(&server, None, 1) => live,
        () = async {
            // Deliver until the stream has started.
            for number in 6.. {
                let message = message(&number.to_string(), "now");
                server.client.post(INTERACTIONS, message).await;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        } => unreachable!("it goes on for ever"),
    };
    let heard = live[0].1["data"]["interaction"]
        .as_str()
        .map(str::parse::<u64>);
    assert!(matches!(heard, Some(Ok(6..))), "{live:?}");
}

#[tokio::test]
async fn a_conversation_and_a_journey_are_read_with_their_messages() {
    let (server, _place) = keeping().await;
    server
        .client
        .post(INTERACTIONS, message("1", "Where?"))
        .await;
    let event = events(&server, Some(1), 1).await.remove(0).1;
    let id = event["subject"].as_str().expect("an id").to_owned();
    let path = format!("/v1/companies/northwind/conversations/{id}");
    let conversation = server.client.get(&path).await.json();
    assert_eq!(conversation["state"], "queued", "{conversation}");
    assert_eq!(conversation["queue"], "general");
    assert_eq!(conversation["said"][0]["interaction"]["text"], "Where?");
    assert_eq!(conversation["history"][0]["kind"], "received");
    let open = server
        .client
        .get("/v1/companies/northwind/conversations")
        .await
        .json();
    assert_eq!(open["conversations"][0]["id"], id);
    let contact = conversation["contact"].as_str().expect("a contact");
    let journey = server
        .client
        .get(&format!(
            "/v1/companies/northwind/contacts/{contact}/journey"
        ))
        .await
        .json();
    assert_eq!(journey["entries"][0]["conversation"], id);
    assert!(!event.to_string().contains("Where?"), "events are masked");
    assert!(!journey.to_string().contains("Where?"));
}

#[tokio::test]
async fn reading_what_does_not_exist_is_a_problem() {
    let (server, _place) = keeping().await;
    let zeros = "0".repeat(32);
    for (path, kind) in [
        ("conversations/nonsense", "unknown-conversation"),
        (&*format!("conversations/{zeros}"), "unknown-conversation"),
        ("contacts/nonsense/journey", "unknown-contact"),
        (&*format!("contacts/{zeros}/journey"), "unknown-contact"),
    ] {
        let path = format!("/v1/companies/northwind/{path}");
        server.client.get(&path).await.problem(404, kind);
    }
    for path in ["conversations", "events"] {
        let path = format!("/v1/companies/acme/{path}");
        server
            .client
            .get(&path)
            .await
            .problem(404, "unknown-company");
    }
    let kinds = server
        .client
        .get(&format!("{EVENTS}?kinds=received,poked"))
        .await;
    assert_eq!(kinds.problem(400, "bad-parameter")["field"], "kinds");
    let head = server.client.head("GET", EVENTS);
    for id in ["7", "-1", "x"] {
        let request = format!("{head}Last-Event-ID: {id}\r\n\r\n");
        let answer = server.client.raw(request.as_bytes()).await;
        assert_eq!(answer.problem(400, "bad-header")["field"], "Last-Event-ID");
    }
    server
        .client
        .post("/v1/companies/acme/interactions", message("1", "Hi"))
        .await
        .problem(404, "unknown-company");
}

#[tokio::test]
async fn a_server_without_a_journal_says_that_it_stores_nothing() {
    let server = Running::usual().await;
    let answer = server.client.post(INTERACTIONS, message("1", "Hi")).await;
    let problem = answer.problem(404, "no-journal");
    let detail = problem["detail"].as_str().expect("a reason");
    assert!(detail.contains("[journal]"), "{detail}");
    server.client.get(EVENTS).await.problem(404, "no-journal");
}

#[tokio::test]
async fn a_second_server_on_the_same_journal_names_the_first() {
    let (_server, place) = keeping().await;
    let (assembler, built) = super::northwind();
    let mut settings = super::settings();
    settings.journal = Some(journal(&place));
    let refused = crate::Server::bind(&settings, vec![built], assembler).await;
    let error = refused.err().expect("refused").to_string();
    assert!(error.contains("in use by another process"), "{error}");
}

#[tokio::test]
async fn a_followed_feed_does_not_delay_the_shutdown() {
    let (server, _place) = keeping().await;
    let mut stream = server.client.connect().await;
    let request = format!("{}\r\n", server.client.head("GET", EVENTS));
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.expect("an answer");
    assert_eq!(&first, b"HTTP/1.1 200");
    assert_eq!(server.stop().await.abandoned, 0);
}

#[tokio::test]
async fn data_older_than_the_retention_is_deleted() {
    let place = tempfile::tempdir().expect("a place");
    let morning: Timestamp = "2026-03-02T09:00:00Z".parse().expect("a time");
    let at = |clock: Timestamp, retain: &str| {
        let kept = JournalSettings {
            retain: Some(retain.parse().expect("a span")),
            ..journal(&place)
        };
        Running::with(move |settings| {
            settings.journal = Some(kept);
            settings.clock = Clock::accelerated(clock, 1);
        })
    };
    let server = at(morning, "2h").await;
    // An unknown reference needs no action.
    let deleted =
        r#"{"id":"1","kind":"delete","channel":"x","text":"","author":{"address":"@jo"}}"#;
    let taken = server.client.post(INTERACTIONS, deleted.to_owned()).await;
    assert_eq!(taken.status, 202, "{taken:?}");
    events(&server, Some(0), 2).await;
    server.stop().await;

    let noon: Timestamp = "2026-03-02T12:00:00Z".parse().expect("a time");
    let server = at(noon, "4h").await;
    assert_eq!(events(&server, Some(0), 2).await.len(), 2, "not old enough");
    server.stop().await;

    let server = at(noon, "2h").await;
    let from_the_start = format!(
        "{}Last-Event-ID: 0\r\n\r\n",
        server.client.head("GET", EVENTS)
    );
    loop {
        let mut stream = server.client.connect().await;
        stream
            .write_all(from_the_start.as_bytes())
            .await
            .expect("sent");
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.expect("a status");
        if &status[9..] == b"410" {
            let mut rest = String::new();
            stream.read_to_string(&mut rest).await.expect("a problem");
            let newest = rest.contains("\"newest\":");
            assert!(newest, "where to go on: {rest}");
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
