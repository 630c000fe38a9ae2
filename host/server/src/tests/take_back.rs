//! Replies that wait before they are sent, and are taken back over HTTP.

use patchbay_model::access::Role;
use serde_json::{Value, json};

use super::client::Answer;
use super::matrix::{give, standing};
use super::office::{COMPANY, Office};

/// Long enough for every test: no reply is sent by the way.
const WAITING: &str = "[desk]\nsend-after = \"1m\"\n";

async fn send(office: &Office, conversation: &str, id: &str) -> Value {
    let path = format!("/conversations/{conversation}/replies");
    let reply = json!({"by": "ana", "id": id, "text": "It left this morning.",
        "attachments": [{"name": "label.pdf", "url": "https://files.example/1"}]});
    let sent = office.post(&path, reply).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    sent.json()
}

async fn take_back(office: &Office, conversation: &str, id: &str, body: Value) -> Answer {
    let path = format!("/conversations/{conversation}/replies/{id}/take-back");
    office.post(&path, body).await
}

/// What waits in the outbox.
async fn waiting(office: &Office) -> Vec<Value> {
    let listed = office.get("/outbox?state=waiting").await.json();
    listed["items"].as_array().expect("items").clone()
}

fn kinds(document: &Value) -> Vec<&str> {
    let history = document["history"].as_array().expect("a history").iter();
    history.filter_map(|entry| entry["kind"].as_str()).collect()
}

#[tokio::test]
async fn a_reply_waits_and_its_author_gets_its_words_back() {
    let sla = "[queue.general.sla]\nfirst-response = \"1h\"\n";
    let office = Office::of(&["ana"], &format!("{WAITING}{sla}")).await;
    let conversation = office.taken("jo", "ana").await;
    let path = format!("/conversations/{conversation}");
    let before = office.get(&path).await.json();
    let sent = send(&office, &conversation, "r1").await;
    assert_eq!(sent["reply"]["status"], "published", "{sent}");
    let sends_at = &sent["reply"]["sends_at"];
    let items = waiting(&office).await;
    assert_eq!(items.len(), 1, "{items:?}");
    assert_eq!(
        (&items[0]["not_before"], &items[0]["can_take_back"]),
        (sends_at, &json!(true))
    );
    let drain = office.get("/drain").await.json();
    assert_eq!(drain["outbox_waiting"], 1, "{drain}");

    let mine = json!({"by": "ana"});
    let stranger = json!({"by": "ben"});
    let refused = take_back(&office, &conversation, "r1", stranger).await;
    refused.problem(403, "not-yours");
    for _ in 0..2 {
        let taken = take_back(&office, &conversation, "r1", mine.clone()).await;
        assert_eq!(taken.status, 200, "{taken:?}");
        let taken = taken.json();
        assert_eq!(
            (&taken["reply"], &taken["state"]),
            (&json!("r1"), &json!("active"))
        );
        let written = &taken["written"];
        assert_eq!(written["text"], "It left this morning.");
        assert_eq!(written["written_by"], "human");
        assert_eq!(written["attachments"][0]["name"], "label.pdf");
    }
    assert_eq!(waiting(&office).await, [] as [Value; 0]);
    let after = office.get(&path).await.json();
    assert_eq!(
        kinds(&after)[kinds(&before).len()..],
        ["reply-drafted", "reply-published", "reply-taken-back"]
    );
    let history = after["history"].as_array().expect("a history");
    let told = history.last().expect("an entry");
    assert_eq!(
        told["data"],
        json!({"reply": "r1", "by": {"id": "ana", "role": "agent"}})
    );
    for member in [
        "state",
        "owner",
        "clocks",
        "due_at",
        "due_clock",
        "last_message",
    ] {
        assert_eq!(after[member], before[member], "{member}");
    }
    // A late repetition of the request sends nothing; the words with a new id are sent.
    let late = send(&office, &conversation, "r1").await;
    assert_eq!(late["reply"]["status"], "taken-back", "{late}");
    assert_eq!(waiting(&office).await.len(), 0);
    send(&office, &conversation, "r2").await;
    assert_eq!(waiting(&office).await.len(), 1);
}

#[tokio::test]
async fn what_was_sent_or_does_not_wait_is_not_taken_back() {
    let office = Office::of(&["ana"], "[desk]\nsend-after = \"1s\"\n").await;
    let conversation = office.taken("jo", "ana").await;
    let mine = || json!({"by": "ana"});
    let never = take_back(&office, &conversation, "r1", mine()).await;
    never.problem(409, "nothing-to-take-back");
    send(&office, &conversation, "r1").await;
    // It arrives by itself.
    let given = office.given(1).await;
    assert_eq!(given[0].1["text"], "It left this morning.");
    let late = take_back(&office, &conversation, "r1", mine()).await;
    late.problem(409, "already-sent");
    let other = take_back(&office, "xyz", "r1", mine()).await;
    other.problem(404, "unknown-conversation");
    let unknown = format!("{:032x}", 7);
    let other = take_back(&office, &unknown, "r1", mine()).await;
    other.problem(404, "unknown-conversation");
    let wrong = take_back(
        &office,
        &conversation,
        "r1",
        json!({"by": "ana", "why": "x"}),
    )
    .await;
    wrong.problem(422, "invalid-input");
}

#[tokio::test]
async fn a_reply_waits_through_a_restart_and_can_still_be_taken_back() {
    let office = Office::of(&["ana"], WAITING).await;
    let conversation = office.taken("jo", "ana").await;
    send(&office, &conversation, "r1").await;
    let office = office.restarted(|_| {}).await;
    assert_eq!(waiting(&office).await[0]["can_take_back"], true);
    let mine = json!({"by": "ana"});
    let taken = take_back(&office, &conversation, "r1", mine).await;
    assert_eq!(taken.status, 200, "{taken:?}");
    assert_eq!(waiting(&office).await.len(), 0);
}

#[tokio::test]
async fn with_tokens_the_author_and_supervisors_take_back_and_nobody_else() {
    let office = Office::of(&["ana", "ben"], WAITING).await;
    let conversation = office.taken("jo", "ana").await;
    let tokens = [
        ("ben", Role::Agent, 403),
        ("", Role::Integrator, 403),
        ("", Role::Auditor, 403),
        ("ana", Role::Agent, 200),
        ("", Role::Supervisor, 200),
    ];
    for (number, _) in tokens.iter().enumerate() {
        send(&office, &conversation, &format!("r{number}")).await;
    }
    for (number, (agent, role, status)) in tokens.into_iter().enumerate() {
        let mut scope = standing(Some("northwind"), role);
        scope.agent = (!agent.is_empty()).then(|| agent.to_owned());
        let header = give(&office.server, scope, |_| {});
        let path = format!("{COMPANY}/conversations/{conversation}/replies/r{number}/take-back");
        let answer = office.server.client.ask("POST", &path, &header, "{}").await;
        assert_eq!(answer.status, status, "{role:?}: {answer:?}");
    }
}
