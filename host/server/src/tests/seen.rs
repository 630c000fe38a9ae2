//! How far people have read conversations, and what lists make of it.

use patchbay_model::access::Role;
use serde_json::{Value, json};

use super::client::Answer;
use super::documents::fits;
use super::matrix::{give, standing};
use super::office::{COMPANY, Office};

impl Office {
    async fn see(&self, conversation: &str, body: Value) -> Answer {
        let path = format!("{COMPANY}/conversations/{conversation}/seen/me");
        let client = &self.server.client;
        client.ask("PUT", &path, "", &body.to_string()).await
    }

    /// The only row of a list, as a person sees it.
    async fn row(&self, by: &str) -> Value {
        let page = self.get(&format!("/conversations?by={by}")).await;
        assert_eq!(page.status, 200, "{page:?}");
        let page = page.json();
        fits("OpenConversations", &page);
        page["conversations"][0].clone()
    }

    async fn writes_more(&self, id: &str) {
        let message =
            json!({"id": id, "channel": "chat", "text": "More", "author": {"address": "jo"}});
        assert_eq!(self.post("/interactions", message).await.status, 202);
        self.settled().await;
    }
}

/// Whether the row is unread, and what was seen of it.
fn marks(row: &Value) -> (Value, Value) {
    (row["unread"].clone(), row["seen"].clone())
}

#[tokio::test]
async fn a_row_is_unread_for_each_person_until_they_have_seen_its_newest_message() {
    let office = Office::with(&["ana"]).await;
    let id = office.taken("jo", "ana").await;
    let row = office.row("ana").await;
    assert_eq!(marks(&row), (json!(true), Value::Null));
    let newest = row["sequence"].as_u64().expect("a number");
    let seen = office.see(&id, json!({"by": "ana", "seen": newest})).await;
    assert_eq!(seen.json(), json!({"seen": newest}), "{seen:?}");
    assert_eq!(
        marks(&office.row("ana").await),
        (json!(false), json!(newest))
    );
    assert_eq!(marks(&office.row("ben").await), (json!(true), Value::Null));
    // A slow tab says what it showed before.
    let late = office.see(&id, json!({"by": "ana", "seen": 1})).await;
    assert_eq!(late.json(), json!({"seen": newest}));
    // A change of its state is nothing to read; a message is.
    let hold = json!({"by": "ana", "action": "hold"});
    let path = format!("/conversations/{id}/actions");
    assert_eq!(office.post(&path, hold).await.status, 200);
    office.settled().await;
    assert_eq!(marks(&office.row("ana").await).0, false);
    office.writes_more("second").await;
    assert_eq!(marks(&office.row("ana").await).0, true);
    let newest = office.row("ana").await["sequence"].clone();
    office.see(&id, json!({"by": "ana", "seen": newest})).await;
    let office = office.restarted(|_| {}).await;
    assert_eq!(marks(&office.row("ana").await), (json!(false), newest));
    // Without a person a row says nothing of it.
    let page = office.get("/conversations").await.json();
    let row = &page["conversations"][0];
    assert!(row["unread"].is_null() && row["viewers"].is_null(), "{row}");
    // The mark goes with the customer.
    let contact = row["contact"].as_str().expect("a contact");
    let path = format!("{COMPANY}/contacts/{contact}");
    let erased = office.server.client.ask("DELETE", &path, "", "").await;
    assert!(erased.status < 300, "{erased:?}");
    assert_eq!(office.row("ana").await["seen"], Value::Null);
}

#[tokio::test]
async fn a_mark_is_of_the_callers_own_and_of_entries_that_are_there() {
    let office = Office::with(&["ana"]).await;
    let id = office.hear("jo").await;
    for (body, field) in [
        (json!({"seen": 1}), "by"),
        (json!({"by": " ", "seen": 1}), "by"),
        (json!({"by": "ana", "seen": 1_000}), "seen"),
        (json!({"by": "ana", "seen": -1}), "seen"),
        (json!({"by": "ana"}), "seen"),
        (json!({"by": "ana", "seen": 1, "at": 2}), "at"),
    ] {
        let refused = office.see(&id, body.clone()).await;
        let problem = refused.problem(422, "invalid-input");
        assert!(
            problem["field"] == field || problem["detail"].to_string().contains(field),
            "{body} {problem}"
        );
    }
    for unknown in ["0123456789abcdef0123456789abcdef", "xyz"] {
        let refused = office.see(unknown, json!({"by": "ana", "seen": 0})).await;
        refused.problem(404, "unknown-conversation");
    }
    let client = &office.server.client;
    let path = format!("{COMPANY}/conversations/{id}/seen/me");
    let list = format!("{COMPANY}/conversations");
    let ana = give(
        &office.server,
        standing(Some("northwind"), Role::Agent),
        |_| {},
    );
    let seen = client.ask("PUT", &path, &ana, r#"{"seen": 1}"#).await;
    assert_eq!(seen.json(), json!({"seen": 1}), "{seen:?}");
    let row = client.ask("GET", &list, &ana, "").await.json();
    assert_eq!(row["conversations"][0]["seen"], 1, "{row}");
    let ben = client
        .ask("PUT", &path, &ana, r#"{"by": "ben", "seen": 1}"#)
        .await;
    ben.problem(403, "forbidden");
    let of_ben = client.ask("GET", &format!("{list}?by=ben"), &ana, "").await;
    of_ben.problem(403, "forbidden");
    for role in [Role::Auditor, Role::Integrator] {
        let token = give(&office.server, standing(Some("northwind"), role), |_| {});
        let refused = client.ask("PUT", &path, &token, r#"{"seen": 1}"#).await;
        refused.problem(403, "forbidden");
        let row = client.ask("GET", &list, &token, "").await.json();
        assert!(row["conversations"][0]["unread"].is_null(), "{row}");
    }
}
