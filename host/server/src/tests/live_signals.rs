//! Signals in event streams: who has a conversation open, and what was read elsewhere.

use patchbay_model::access::Role;
use serde_json::{Value, json};

use super::feed_filters::{Event, Feed};
use super::matrix::{give, standing};
use super::office::{COMPANY, Office};

impl Office {
    async fn puts(&self, path: &str, body: Value) {
        let path = format!("{COMPANY}{path}");
        let answer = self
            .server
            .client
            .ask("PUT", &path, "", &body.to_string())
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    async fn views(&self, conversation: &str, by: &str, state: &str) {
        let path = format!("/conversations/{conversation}/viewers/me");
        self.puts(&path, json!({"by": by, "state": state})).await;
    }
}

/// The next signal of a kind; what else comes is left out.
async fn signal(feed: &mut Feed, kind: &str) -> Event {
    loop {
        let event = feed.next().await;
        if event.name == kind {
            assert_eq!(event.id, 0, "signals have no id: {event:?}");
            return event;
        }
    }
}

/// Names and states of the viewers that a signal names.
fn viewers(event: &Event) -> Vec<String> {
    let viewers = event.data["viewers"].as_array().expect("a list").iter();
    let name = |it: &Value| format!("{} {}", it["agent"], it["state"]).replace('"', "");
    viewers.map(name).collect()
}

#[tokio::test]
async fn the_owner_and_the_viewers_hear_who_has_a_conversation_open() {
    let office = Office::with(&["ana"]).await;
    let mine = office.taken("jo", "ana").await;
    let mut ana = Feed::open(&office, "agent=ana&signals=true&by=ana", None).await;
    let mut ben = Feed::open(&office, "signals=true&by=ben", None).await;
    for feed in [&mut ana, &mut ben] {
        assert_eq!(feed.next().await.name, "position");
    }
    // Ana owns it, and ben has it open.
    office.views(&mine, "ben", "viewing").await;
    for feed in [&mut ana, &mut ben] {
        let event = signal(feed, "viewers").await;
        assert_eq!(event.data["conversation"], mine);
        assert_eq!(viewers(&event), ["ben viewing"]);
    }
    // The same again is no news, another state is.
    office.views(&mine, "ben", "viewing").await;
    office.views(&mine, "ben", "typing").await;
    assert_eq!(viewers(&signal(&mut ana, "viewers").await), ["ben typing"]);
    // Of one that eva alone has open, neither hears.
    let other = office.hear("ann").await;
    office.views(&other, "eva", "viewing").await;
    let path = format!("{COMPANY}/conversations/{mine}/viewers/me?by=ben");
    let left = office.server.client.ask("DELETE", &path, "", "{}").await;
    assert_eq!(left.status, 200, "{left:?}");
    let gone = signal(&mut ana, "viewers").await;
    assert_eq!(
        (&gone.data["conversation"], viewers(&gone).len()),
        (&json!(mine), 0)
    );
    // Lists show the same.
    let page = office.get("/conversations?by=ana").await.json();
    let rows = page["conversations"].as_array().expect("a list");
    let row = rows.iter().find(|row| row["id"] == other).expect("listed");
    assert_eq!(row["viewers"][0]["agent"], "eva", "{row}");
}

#[tokio::test]
async fn a_person_hears_what_they_read_elsewhere() {
    let office = Office::with(&["ana"]).await;
    let id = office.hear("jo").await;
    let mut ana = Feed::open(&office, "signals=true&by=ana", None).await;
    assert_eq!(ana.next().await.name, "position");
    let path = format!("/conversations/{id}/seen/me");
    office.puts(&path, json!({"by": "ben", "seen": 1})).await;
    office.puts(&path, json!({"by": "ana", "seen": 1})).await;
    let event = signal(&mut ana, "seen").await;
    assert_eq!(event.data, json!({"conversation": id, "seen": 1}));
    office.puts(&path, json!({"by": "ana", "seen": 0})).await;
    let event = signal(&mut ana, "seen").await;
    assert_eq!(event.data["seen"], 1, "the mark that counts: {event:?}");
}

#[tokio::test]
async fn signals_are_for_agents_and_supervisors_who_ask_for_their_own() {
    let office = Office::with(&["ana"]).await;
    let refused = office.get("/events?signals=yes").await;
    assert_eq!(refused.problem(400, "bad-parameter")["field"], "signals");
    let refused = office.get("/events?signals=true").await;
    assert_eq!(refused.problem(422, "invalid-input")["field"], "by");
    // Without being asked for, none come.
    let id = office.taken("jo", "ana").await;
    let mut plain = Feed::open(&office, "agent=ana", None).await;
    assert_eq!(plain.next().await.name, "position");
    office.views(&id, "ben", "viewing").await;
    let hold = json!({"by": "ana", "action": "hold"});
    let path = format!("/conversations/{id}/actions");
    assert_eq!(office.post(&path, hold).await.status, 200);
    assert_eq!(plain.next().await.name, "state-changed");
    let client = &office.server.client;
    let events = format!("{COMPANY}/events?signals=true");
    for role in [Role::Auditor, Role::Integrator] {
        let token = give(&office.server, standing(Some("northwind"), role), |_| {});
        let refused = client.ask("GET", &events, &token, "").await;
        refused.problem(403, "forbidden");
    }
    let ana = give(
        &office.server,
        standing(Some("northwind"), Role::Agent),
        |_| {},
    );
    let refused = client
        .ask("GET", &format!("{events}&by=ben"), &ana, "")
        .await;
    refused.problem(403, "forbidden");
}
