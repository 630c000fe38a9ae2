//! The list of replies that wait for approval, as approvers see it.

use patchbay_model::access::Role;
use serde_json::{Value, json};

use super::matrix::{give, standing};
use super::office::{COMPANY, Office};

/// Every reply is approved by both leads, then by a lawyer.
const RULES: &str = "[desk]\napprove-all = true\n[[desk.approval]]\napprovers = [\"eva\", \"ana\", \"max\"]\nneed = \"all\"\n[[desk.approval]]\napprovers = [\"law\"]\n";

async fn list(office: &Office, query: &str) -> Value {
    let listed = office.get(&format!("/approvals{query}")).await;
    assert_eq!(listed.status, 200, "{listed:?}");
    listed.json()
}

/// Sends a reply, which is held.
async fn reply(office: &Office, conversation: &str, by: &str, text: &str) {
    let path = format!("/conversations/{conversation}/replies");
    let reply = json!({"by": by, "id": "r1", "text": text});
    let sent = office.post(&path, reply).await;
    assert_eq!(sent.json()["reply"]["status"], "held", "{sent:?}");
}

async fn approve(office: &Office, conversation: &str, by: &str) {
    let path = format!("/approvals/{conversation}/r1/approve");
    let approved = office.post(&path, json!({"by": by})).await;
    assert_eq!(approved.status, 200, "{approved:?}");
}

#[tokio::test]
async fn an_approval_shows_the_message_answered_the_step_and_whose_turn_it_is() {
    let office = Office::of(&["ana"], RULES).await;
    let conversation = office.taken("jo", "ana").await;
    let message = json!({
        "id": "second", "channel": "chat", "text": "Where is my parcel?",
        "received_at": "2026-01-02T03:04:05Z", "author": {"address": "jo"},
    });
    assert_eq!(office.post("/interactions", message).await.status, 202);
    office.settled().await;
    reply(&office, &conversation, "ana", "It left this morning.").await;

    let waiting = list(&office, "?by=eva").await;
    assert_eq!(waiting.get("next"), None);
    let mut approval = waiting["approvals"][0].clone();
    let ordinal = approval["answered"]["ordinal"].take();
    let at = approval["at"].take();
    assert!(ordinal.is_u64() && at.is_string(), "{waiting}");
    let expected = json!({
        "conversation": conversation, "reply": "r1", "author": "ana",
        "text": "It left this morning.", "at": null, "step": 0, "steps": 2, "need": "all",
        // Authors do not approve their own replies.
        "approvers": ["eva", "max"], "approved": [], "findings": [],
        "answered": {"ordinal": null, "text": "Where is my parcel?", "at": "2026-01-02T03:04:05Z"},
        "mine": true, "queue": "general", "channel": "chat",
    });
    assert_eq!(approval, expected);

    let mine = async |query: &str| list(&office, query).await["approvals"][0]["mine"].clone();
    for (query, is_mine) in [
        ("?by=max", true),
        ("?by=ana", false),
        ("?by=law", false),
        ("?by=sue&role=supervisor", false),
        ("", false),
    ] {
        assert_eq!(mine(query).await, is_mine, "{query}");
    }
    approve(&office, &conversation, "eva").await;
    assert_eq!(mine("?by=eva").await, false, "she has approved");
    assert_eq!(
        list(&office, "").await["approvals"][0]["approved"],
        json!(["eva"])
    );
    approve(&office, &conversation, "max").await;
    let last = list(&office, "?by=law").await["approvals"][0].clone();
    assert_eq!((&last["step"], &last["need"]), (&json!(1), &json!("any")));
    assert_eq!(
        (&last["approvers"], &last["mine"]),
        (&json!(["law"]), &json!(true))
    );
    approve(&office, &conversation, "law").await;
    assert_eq!(list(&office, "").await, json!({"approvals": []}));
}

#[tokio::test]
async fn approvals_are_paged_with_the_longest_waiting_first() {
    let office = Office::of(&[], "[desk]\napprove-all = true\n").await;
    let mut conversations = Vec::new();
    for address in ["jo", "ann", "kim"] {
        let conversation = office.hear(address).await;
        let path = format!("/conversations/{conversation}/replies");
        let text = json!({"by": "eva", "role": "supervisor", "id": "r1", "text": address});
        assert_eq!(office.post(&path, text).await.status, 200);
        conversations.push(conversation);
    }
    let (mut found, mut after) = (Vec::new(), String::new());
    for _ in 0..3 {
        let page = list(&office, &format!("?limit=1{after}")).await;
        let approvals = page["approvals"].as_array().expect("a list");
        assert_eq!(approvals.len(), 1, "{page}");
        found.push(approvals[0]["conversation"].clone());
        after = format!("&after={}", page["next"].as_str().expect("a cursor"));
    }
    assert_eq!(json!(found), json!(conversations));
    let end = list(&office, &format!("?limit=1{after}")).await;
    assert_eq!(end, json!({"approvals": []}));
    // Without named approvers any supervisor approves, but the author.
    for (query, mine) in [
        ("?by=sue&role=supervisor", true),
        ("?by=eva&role=supervisor", false),
        ("?by=sue", false),
    ] {
        assert_eq!(
            list(&office, query).await["approvals"][0]["mine"],
            mine,
            "{query}"
        );
    }
    for (query, field) in [
        ("?limit=0", "limit"),
        ("?limit=101", "limit"),
        ("?after=x", "after"),
        ("?after=1-x", "after"),
    ] {
        let refused = office.get(&format!("/approvals{query}")).await;
        assert_eq!(refused.problem(400, "bad-parameter")["field"], field);
    }
}

#[tokio::test]
async fn a_token_says_for_whom_an_approval_is() {
    let office = Office::of(&["ana"], "[desk]\napprove-all = true\n").await;
    let conversation = office.taken("jo", "ana").await;
    reply(&office, &conversation, "ana", "Hello!").await;
    let client = &office.server.client;
    let path = format!("{COMPANY}/approvals");
    for (role, mine) in [
        (Role::Agent, false),
        (Role::Supervisor, true),
        (Role::Operator, true),
        // An auditor reads, and approves nothing.
        (Role::Auditor, false),
    ] {
        let token = give(&office.server, standing(Some("northwind"), role), |_| {});
        let listed = client.ask("GET", &path, &token, "").await.json();
        assert_eq!(listed["approvals"][0]["mine"], mine, "{role:?}");
        let other = client
            .ask("GET", &format!("{path}?by=sue"), &token, "")
            .await;
        other.problem(403, "forbidden");
    }
}

#[tokio::test]
async fn an_approval_of_an_erased_customer_shows_no_words() {
    let office = Office::of(&["ana"], "[desk]\napprove-all = true\n").await;
    let conversation = office.taken("jo", "ana").await;
    reply(&office, &conversation, "ana", "Hello Jo!").await;
    let path = format!("/conversations/{conversation}");
    let document = office.get(&path).await.json();
    let contact = document["contact"].as_str().expect("a contact");
    let desk = office.server.app.desk().expect("a desk");
    let company = desk.company("northwind").expect("a company");
    let entry = patchbay_journal::AuditEntry {
        at: jiff::Timestamp::now(),
        company: None,
        actor: "local".to_owned(),
        act: "contact.erased".to_owned(),
        details: "{}".to_owned(),
    };
    // The key alone: the desk would resolve the conversation too.
    let contact = contact.parse().expect("an id");
    let erased = desk
        .journal()
        .erase_person(company, contact, entry.at, entry);
    erased.expect("erased");
    let listed = office.get("/approvals").await;
    let approval = listed.json()["approvals"][0].clone();
    assert_eq!(approval["conversation"], *conversation, "{listed:?}");
    assert_eq!(
        (approval.get("text"), approval.get("answered")),
        (None, None)
    );
    assert!(!listed.body.contains("Hello"), "{listed:?}");
}
