//! Floods of sessions, messages and streams are bounded, and each caller by itself.

use patchbay_config::bound::{Bound, Scope};
use serde_json::json;

use super::{CHAT, FILE, Page, office, text};
use crate::settings::JournalSettings;
use crate::tests::Running;
use crate::tests::client::Answer;

/// How many of the answers are 429 with the time to wait.
fn refused(answers: &[Answer], seconds: &str) -> usize {
    let refused = answers.iter().filter(|answer| answer.status == 429);
    refused
        .inspect(|answer| {
            answer.problem(429, "too-many-requests");
            assert_eq!(answer.headers["retry-after"], seconds);
            assert_eq!(answer.headers["access-control-allow-origin"], super::ORIGIN);
        })
        .count()
}

#[tokio::test]
async fn a_client_begins_a_bounded_number_of_sessions() {
    let office = office().await;
    let page = Page::open(&office).await;
    let mut answers = Vec::new();
    for _ in 0..40 {
        answers.push(page.post("sessions", &json!({})).await);
    }
    // Some are free again where it takes seconds.
    let refused = refused(&answers, "10");
    assert!((5..=11).contains(&refused), "{refused}");
    assert_eq!(page.history().await["items"], json!([]));
    let metrics = page.client.get("/metrics").await.body;
    let counted = "patchbay_shed_total{company=\"northwind\",what=\"chat-sessions\"}";
    assert!(metrics.contains(counted), "{metrics}");
}

#[tokio::test]
async fn a_visitor_sends_a_bounded_number_of_messages_and_leaves_others_theirs() {
    let office = office().await;
    let [loud, quiet] = [Page::open(&office).await, Page::open(&office).await];
    let mut answers = Vec::new();
    for number in 0..40 {
        answers.push(loud.write(number, "Hello?").await);
    }
    let refused = refused(&answers, "5");
    assert!((5..=10).contains(&refused), "{refused}");
    assert_eq!(quiet.write(1, "Hello?").await.status, 201);
}

#[tokio::test]
async fn open_streams_are_bounded_by_visitor_company_and_host() {
    let place = tempfile::tempdir().expect("a place");
    let journal = JournalSettings::at(place.path().join("desk.db"));
    let file = format!("company = \"northwind\"\n[queue.general]\ndefault = true\n{FILE}");
    let server = Running::of(&file, |settings| {
        settings.journal = Some(journal);
        settings.bounds.set(Bound::ChatStreams, Scope::Token, 2);
        settings.bounds.set(Bound::ChatStreams, Scope::Company, 3);
        settings.bounds.set(Bound::ChatStreams, Scope::Host, 3);
    })
    .await;
    let mut pages = Vec::new();
    for _ in 0..3 {
        pages.push(Page::begin(server.client, CHAT, &json!({})).await);
    }
    let cursor = text(&pages[0].history().await["cursor"]);
    let mut first = pages[0].stream(&cursor).await;
    first.until("event: ready").await;
    let mut second = pages[0].stream(&cursor).await;
    second.until("event: ready").await;
    let beyond = pages[0].get("events").await;
    assert_eq!(refused(&[beyond], "5"), 1);
    let own = text(&pages[1].history().await["cursor"]);
    let mut third = pages[1].stream(&own).await;
    third.until("event: ready").await;
    // The company has no more, for whomever.
    let beyond = pages[2].get("events").await;
    assert_eq!(refused(&[beyond], "5"), 1);
    assert_eq!(pages[2].write(1, "Hello?").await.status, 201);
    drop(first);
    for _ in 0..3_000 {
        let own = text(&pages[2].history().await["cursor"]);
        let mut again = pages[2].stream(&own).await;
        if again.until("\r\n\r\n").await.starts_with("HTTP/1.1 200") {
            drop((second, third, again));
            server.stop().await;
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("a closed stream is still counted");
}

#[tokio::test]
async fn one_client_does_not_take_the_streams_of_all() {
    let place = tempfile::tempdir().expect("a place");
    let journal = JournalSettings::at(place.path().join("desk.db"));
    let file = format!("company = \"northwind\"\n[queue.general]\ndefault = true\n{FILE}");
    let server = Running::of(&file, |settings| {
        settings.journal = Some(journal);
        settings
            .bounds
            .set(Bound::ChatClientStreams, Scope::Token, 2);
    })
    .await;
    let mut open = Vec::new();
    for _ in 0..2 {
        let page = Page::begin(server.client, CHAT, &json!({})).await;
        let cursor = text(&page.history().await["cursor"]);
        let mut stream = page.stream(&cursor).await;
        stream.until("event: ready").await;
        open.push(stream);
    }
    // Another visitor from the same address.
    let page = Page::begin(server.client, CHAT, &json!({})).await;
    let beyond = page.get("events").await;
    assert_eq!(refused(&[beyond], "5"), 1);
    drop(open);
    server.stop().await;
}

#[tokio::test]
async fn polls_are_bounded_apart_from_streams() {
    let place = tempfile::tempdir().expect("a place");
    let journal = JournalSettings::at(place.path().join("desk.db"));
    let file = format!("company = \"northwind\"\n[queue.general]\ndefault = true\n{FILE}");
    let server = Running::of(&file, |settings| {
        settings.journal = Some(journal);
        settings.bounds.set(Bound::ChatStreams, Scope::Company, 1);
        settings.bounds.set(Bound::ChatPolls, Scope::Token, 2);
        settings.bounds.set(Bound::ChatPolls, Scope::Company, 3);
    })
    .await;
    let mut pages = Vec::new();
    for _ in 0..3 {
        pages.push(Page::begin(server.client, CHAT, &json!({})).await);
    }
    let used = |bound, wanted: u64| {
        let bounds = &server.app.bounds;
        async move {
            for _ in 0..3_000 {
                if bounds.used(bound) == wanted {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            panic!("{} and not {wanted} of {bound:?}", bounds.used(bound));
        }
    };
    let mut polls = tokio::task::JoinSet::new();
    let mut poll = |page: &Page| {
        let page = page.clone();
        polls.spawn(async move { page.get("events?poll=true").await });
    };
    poll(&pages[0]);
    poll(&pages[0]);
    used(Bound::ChatPolls, 2).await;
    // The visitor has no more, and the company one more.
    let beyond = pages[0].get("events?poll=true").await;
    assert_eq!(refused(&[beyond], "5"), 1);
    poll(&pages[1]);
    used(Bound::ChatPolls, 3).await;
    let beyond = pages[2].get("events?poll=true").await;
    assert_eq!(refused(&[beyond], "5"), 1);
    // Neither uses up the other.
    let cursor = text(&pages[0].history().await["cursor"]);
    let mut stream = pages[0].stream(&cursor).await;
    stream.until("event: ready").await;
    let metrics = pages[0].client.get("/metrics").await.body;
    for line in [
        "patchbay_bound_used{what=\"chat-polls\"} 3",
        "patchbay_bound_limit{what=\"chat-polls\"} 8192",
        "patchbay_bound_used{what=\"chat-streams\"} 1",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    // Those that end make room.
    drop(polls);
    used(Bound::ChatPolls, 0).await;
    server.stop().await;
}

#[tokio::test]
async fn one_client_does_not_take_the_polls_of_all() {
    let place = tempfile::tempdir().expect("a place");
    let journal = JournalSettings::at(place.path().join("desk.db"));
    let file = format!("company = \"northwind\"\n[queue.general]\ndefault = true\n{FILE}");
    let server = Running::of(&file, |settings| {
        settings.journal = Some(journal);
        settings.bounds.set(Bound::ChatClientPolls, Scope::Token, 1);
    })
    .await;
    let waiting = Page::begin(server.client, CHAT, &json!({})).await;
    let waits = tokio::spawn(async move { waiting.get("events?poll=true").await });
    while server.app.bounds.used(Bound::ChatPolls) == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    // Another visitor from the same address.
    let page = Page::begin(server.client, CHAT, &json!({})).await;
    let beyond = page.get("events?poll=true").await;
    assert_eq!(refused(&[beyond], "5"), 1);
    waits.abort();
    server.stop().await;
}
