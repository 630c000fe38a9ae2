//! What visitors see while it happens, and after they were away.

use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;

use super::{CHAT, FILE, Page, conversation, office, reply, said, text, uuid, wait_for};
use crate::settings::JournalSettings;
use crate::tests::Running;
use crate::tests::office::Office;

#[tokio::test]
async fn a_stream_that_was_open_before_the_first_message_shows_everything() {
    let office = Office::of(&["ana"], FILE).await;
    let page = Page::open(&office).await;
    let cursor = text(&page.history().await["cursor"]);
    let mut stream = page.stream(&cursor).await;
    let head = stream.until("event: ready").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    for header in [
        "content-type: text/event-stream",
        "cache-control: no-store",
        "x-accel-buffering: no",
        "access-control-allow-origin: https://www.northwind.example",
    ] {
        assert!(head.contains(header), "{header} in {head}");
    }
    page.write(1, "Hello?").await;
    stream.until("event: message").await;
    stream.until(&uuid(1)).await;
    let id = text(&conversation(&office).await["id"]);
    let agent = office.get("/agents/ana").await.json();
    let offer = agent["offers"][0]["id"].as_u64().expect("an offer");
    office
        .post(&format!("/offers/{offer}/accept"), json!({"by": "ana"}))
        .await;
    stream.until("event: joined").await;
    let typed = json!({"by": "ana", "text": "It is"});
    let check = office
        .post(&format!("/conversations/{id}/replies/check"), typed)
        .await;
    assert_eq!(check.status, 200, "{check:?}");
    stream.until("event: typing").await;
    reply(&office, "r1", "It is on its way.").await;
    let came = stream.until("It is on its way.").await.to_owned();
    assert_eq!(came.matches("event: message").count(), 1, "{came}");
    for inner in ["ana", "eva", "\"It is\"", &id, "general", "offer"] {
        assert!(!came.contains(inner), "{inner} in {came}");
    }
    let expected = ["message Hello?", "joined", "reply It is on its way."];
    assert_eq!(page.said().await, expected);
}

#[tokio::test]
async fn a_stream_shows_no_other_visitors_conversation() {
    let office = office().await;
    let [own, other] = [Page::open(&office).await, Page::open(&office).await];
    let cursor = text(&own.history().await["cursor"]);
    let mut stream = own.stream(&cursor).await;
    stream.until("event: ready").await;
    other.write(1, "Of the other").await;
    wait_for(&other, &["message Of the other"]).await;
    reply(&office, "r1", "To the other").await;
    wait_for(&other, &["message Of the other", "reply To the other"]).await;
    own.write(1, "Of mine").await;
    let came = stream.until("Of mine").await;
    assert!(!came.contains("the other"), "{came}");
    // Their cursors are not mine.
    let foreign = text(&other.history().await["cursor"]);
    let headers = format!("{}Last-Event-ID: {foreign}\r\n", own.headers());
    let refused = own.send("GET", "events", &headers, "").await;
    refused.problem(410, "gone");
}

#[tokio::test]
async fn a_page_that_was_away_misses_nothing() {
    let office = office().await;
    let page = Page::open(&office).await;
    page.write(1, "Hello?").await;
    wait_for(&page, &["message Hello?"]).await;
    let before = text(&page.history().await["cursor"]);
    reply(&office, "r1", "First").await;
    reply(&office, "r2", "Second").await;
    wait_for(&page, &["message Hello?", "reply First", "reply Second"]).await;
    let mut stream = page.stream(&before).await;
    let came = stream.until("Second").await.to_owned();
    assert!(came.contains("First") && !came.contains("Hello?"), "{came}");
    // On from the first of them.
    let id = came.lines().find_map(|line| line.strip_prefix("id: "));
    let mut stream = page.stream(id.expect("an id")).await;
    let came = stream.until("Second").await;
    assert!(!came.contains("First"), "{came}");
    // After a conversation was resolved, another goes on in the same view.
    let conversation = text(&conversation(&office).await["id"]);
    let resolve = json!({"by": "eva", "role": "supervisor", "action": "resolve"});
    let done = office
        .post(&format!("/conversations/{conversation}/actions"), resolve)
        .await;
    assert_eq!(done.status, 200, "{done:?}");
    page.write(2, "Once more").await;
    let came = stream.until("Once more").await;
    assert!(!came.contains("resolve"), "{came}");
}

#[tokio::test]
async fn a_poll_waits_for_news_and_answers_once() {
    let office = office().await;
    let page = Page::open(&office).await;
    page.write(1, "Hello?").await;
    wait_for(&page, &["message Hello?"]).await;
    let cursor = text(&page.history().await["cursor"]);
    let path = format!("events?poll=true&after={cursor}");
    let polling = tokio::spawn({
        let (page, path) = (page.clone(), path.clone());
        async move { page.get(&path).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!polling.is_finished());
    reply(&office, "r1", "Hi").await;
    let news = timeout(Duration::from_secs(20), polling).await;
    let news = news.expect("in time").expect("no panic").json();
    assert_eq!(said(&news["items"]), ["reply Hi"]);
    // What came before it asked is answered at once.
    let at_once = page.get(&path).await.json();
    assert_eq!(at_once["items"], news["items"]);
    let next = text(&news["cursor"]);
    assert_ne!(next, cursor);
    for other in ["events?poll=maybe", "events?since=1"] {
        assert_eq!(page.get(other).await.status, 400, "{other}");
    }
}

#[tokio::test]
async fn a_restart_loses_neither_session_nor_conversation() {
    let place = tempfile::tempdir().expect("a place");
    let file = format!("company = \"northwind\"\n[queue.general]\ndefault = true\n{FILE}");
    let start = async || {
        let journal = JournalSettings::at(place.path().join("desk.db"));
        Running::of(&file, |settings| settings.journal = Some(journal)).await
    };
    let server = start().await;
    let page = Page::begin(server.client, CHAT, &json!({})).await;
    page.write(1, "Hello?").await;
    let cursor = text(&page.history().await["cursor"]);
    let mut stream = page.stream(&cursor).await;
    stream.until("event: ready").await;
    // An open stream does not delay the end.
    let stopped = timeout(Duration::from_secs(8), server.stop()).await;
    assert_eq!(stopped.expect("in time").abandoned, 0);
    stream.end().await;
    let server = start().await;
    let page = Page {
        client: server.client,
        ..page
    };
    wait_for(&page, &["message Hello?"]).await;
    assert_eq!(page.write(1, "Hello?").await.status, 200);
    page.write(1, "Other words")
        .await
        .problem(409, "message-id-taken");
    server.stop().await;
}
