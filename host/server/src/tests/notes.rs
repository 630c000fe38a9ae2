//! Internal notes: for the company's people, kept and erased with the customer.

use patchbay_model::access::Role;
use serde_json::{Value, json};

use super::matrix::{give, standing};
use super::office::{COMPANY, Office};

const SECRET: &str = "She moved to Harbour Street 9";

async fn list(office: &Office, conversation: &str, query: &str) -> Value {
    let path = format!("/conversations/{conversation}/notes{query}");
    let listed = office.get(&path).await;
    assert_eq!(listed.status, 200, "{listed:?}");
    listed.json()
}

fn texts(listed: &Value) -> Vec<&str> {
    let notes = listed["notes"].as_array().expect("notes").iter();
    notes.filter_map(|note| note["text"].as_str()).collect()
}

#[tokio::test]
async fn any_agent_notes_on_any_conversation_and_changes_nothing_else() {
    let sla = "[queue.general.sla]\nfirst-response = \"1h\"\nresolution = \"8h\"\n";
    let office = Office::of(&["ana", "ben"], sla).await;
    let conversation = office.taken("jo", "ana").await;
    let path = format!("/conversations/{conversation}");
    let before = office.get(&path).await.json();
    assert_eq!(before["due_clock"], "first-response", "{before}");
    // Ben does not own it.
    let note = json!({"by": "ben", "note": "n1", "text": SECRET});
    for _ in 0..2 {
        let added = office.post(&format!("{path}/notes"), note.clone()).await;
        assert_eq!(added.status, 201, "{added:?}");
        assert_eq!(added.json(), json!({"note": "n1"}));
    }
    let listed = list(&office, &conversation, "").await;
    let mut one = listed["notes"][0].clone();
    assert!(one["at"].take().is_string());
    let expected = json!({"id": "n1", "at": null, "by": "ben", "text": SECRET});
    assert_eq!(
        (&one, listed["notes"].as_array().map(Vec::len)),
        (&expected, Some(1))
    );
    assert_eq!(listed.get("older"), None);

    let after = office.get(&path).await;
    // The history says who wrote a note, not what.
    assert!(!after.body.contains(SECRET), "{after:?}");
    let mut after = after.json();
    let history = after["history"].as_array_mut().expect("a history");
    let entry = history.pop().expect("an entry");
    assert_eq!(entry["kind"], "noted");
    assert_eq!(
        entry["data"],
        json!({"note": "n1", "by": {"id": "ben", "role": "agent"}})
    );
    assert_eq!(
        after["sequence"].take(),
        before["sequence"].as_u64().expect("one") + 1
    );
    after["sequence"] = before["sequence"].clone();
    assert_eq!(after, before, "state, owner, clocks and messages stay");

    // The same id is the same note: with other words, or of another person, it is refused.
    for other in [
        json!({"by": "ben", "note": "n1", "text": "Other words"}),
        json!({"by": "ana", "note": "n1", "text": SECRET}),
    ] {
        let refused = office.post(&format!("{path}/notes"), other).await;
        refused.problem(409, "note-id-taken");
    }
    // Without an id each is a note of its own.
    for _ in 0..2 {
        let added = office
            .post(
                &format!("{path}/notes"),
                json!({"by": "ana", "text": "Twice"}),
            )
            .await;
        assert_eq!(added.status, 201, "{added:?}");
    }
    // Also on a conversation that is resolved, which stays so.
    let resolve = json!({"by": "ana", "action": "resolve"});
    assert_eq!(
        office
            .post(&format!("{path}/actions"), resolve)
            .await
            .status,
        200
    );
    let late = json!({"by": "eva", "role": "supervisor", "text": "Well done"});
    assert_eq!(
        office.post(&format!("{path}/notes"), late).await.status,
        201
    );
    assert_eq!(office.get(&path).await.json()["state"], "resolved");
    let all = list(&office, &conversation, "").await;
    assert_eq!(texts(&all), [SECRET, "Twice", "Twice", "Well done"]);
}

#[tokio::test]
async fn notes_are_paged_from_the_newest_back() {
    let office = Office::with(&[]).await;
    let conversation = office.hear("jo").await;
    let path = format!("/conversations/{conversation}/notes");
    for number in 1..=5 {
        let note = json!({"by": "ana", "text": format!("{number}")});
        assert_eq!(office.post(&path, note).await.status, 201);
    }
    let mut pages = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let page = list(&office, &conversation, &query).await;
        pages.push(texts(&page).join(" "));
        match page["older"].as_u64() {
            Some(before) => query = format!("?limit=2&before={before}"),
            None => break,
        }
    }
    assert_eq!(pages, ["4 5", "2 3", "1"]);
    let other = office.hear("ann").await;
    assert_eq!(list(&office, &other, "").await, json!({"notes": []}));
}

#[tokio::test]
async fn a_note_is_exported_and_erased_with_its_customer() {
    let office = Office::with(&["ana"]).await;
    let conversation = office.taken("jo", "ana").await;
    let path = format!("/conversations/{conversation}");
    let note = json!({"by": "ana", "note": "n1", "text": SECRET});
    office.post(&format!("{path}/notes"), note.clone()).await;
    let document = office.get(&path).await.json();
    let contact = document["contact"].as_str().expect("a contact");
    let exported = office.get(&format!("/contacts/{contact}")).await.json();
    let history = exported["history"].as_array().expect("a history");
    let noted = history.iter().find(|entry| entry["kind"] == "noted");
    assert_eq!(noted.expect("the note")["note"]["text"], SECRET);
    let journey = office.get(&format!("/contacts/{contact}/journey")).await;
    assert!(!journey.body.contains(SECRET), "{journey:?}");

    let erased = office.delete(&format!("/contacts/{contact}")).await;
    assert_eq!(erased.status, 200, "{erased:?}");
    let left = list(&office, &conversation, "").await;
    assert_eq!(left["notes"][0]["id"], "n1");
    assert_eq!(left["notes"][0].get("text"), None);
    // A late repeat stores nothing; a new one has nothing to be kept with.
    let repeated = office.post(&format!("{path}/notes"), note).await;
    assert_eq!(repeated.status, 201, "{repeated:?}");
    let new = json!({"by": "ana", "text": "More"});
    let refused = office.post(&format!("{path}/notes"), new).await;
    refused.problem(409, "no-customer");
}

#[tokio::test]
async fn invalid_notes_are_refused_with_their_field() {
    let office = Office::with(&["ana", "ben"]).await;
    let conversation = office.hear("jo").await;
    let path = format!("/conversations/{conversation}/notes");
    // Characters, not bytes.
    let longest = "ä".repeat(10_000);
    let added = office
        .post(&path, json!({"by": "ana", "text": longest}))
        .await;
    assert_eq!(added.status, 201, "{added:?}");
    for (body, field) in [
        (json!({"by": "ana", "text": "x".repeat(10_001)}), "text"),
        (json!({"by": "ana", "text": "ä".repeat(20_001)}), "text"),
        (json!({"by": "ana", "text": " \n"}), "text"),
        (json!({"by": "ana", "text": "Hi", "note": ""}), "note"),
        (
            json!({"by": "ana", "text": "Hi", "note": "n".repeat(257)}),
            "note",
        ),
        (json!({"text": "Hi"}), "by"),
        (json!({"by": "", "text": "Hi"}), "by"),
    ] {
        let refused = office.post(&path, body).await;
        assert_eq!(
            refused.problem(422, "invalid-input")["field"],
            field,
            "{refused:?}"
        );
    }
    for query in ["?limit=0", "?limit=101"] {
        let refused = office.get(&format!("{path}{query}")).await;
        assert_eq!(refused.problem(400, "bad-parameter")["field"], "limit");
    }
    for unknown in ["0123456789abcdef0123456789abcdef", "xyz"] {
        let path = format!("/conversations/{unknown}/notes");
        office.get(&path).await.problem(404, "unknown-conversation");
        let note = json!({"by": "ana", "text": "Hi"});
        office
            .post(&path, note)
            .await
            .problem(404, "unknown-conversation");
    }
    // A token names the author.
    let agent = give(
        &office.server,
        standing(Some("northwind"), Role::Agent),
        |_| {},
    );
    let client = &office.server.client;
    let path = format!("{COMPANY}{path}");
    let other = r#"{"by": "ben", "text": "Hi"}"#;
    let refused = client.ask("POST", &path, &agent, other).await;
    refused.problem(403, "forbidden");
    let own = client.ask("POST", &path, &agent, r#"{"text": "Hi"}"#).await;
    assert_eq!(own.status, 201, "{own:?}");
    let listed = client.ask("GET", &path, &agent, "").await.json();
    assert_eq!(listed["notes"][1]["by"], "ana");
}

#[tokio::test]
async fn a_note_says_nothing_to_followers_of_the_feed() {
    let office = Office::with(&["ana"]).await;
    let conversation = office.hear("jo").await;
    let path = format!("/conversations/{conversation}/notes");
    let note = json!({"by": "ana", "note": "n1", "text": SECRET});
    assert_eq!(office.post(&path, note).await.status, 201);
    let desk = office.server.app.desk().expect("a desk");
    let company = desk.company("northwind").expect("a company");
    let feed = desk.journal().feed(company, 0, 100).expect("read");
    let last = feed.entries.last().expect("an entry");
    assert_eq!(last.kind, patchbay_events::EventKind::Noted as u16);
    assert!(!last.head.contains("Harbour"), "{}", last.head);
    let sealed = String::from_utf8_lossy(&last.sealed);
    assert!(!sealed.is_empty() && !sealed.contains("Harbour"));
}
