//! The card of a contact: what an agent needs while answering, and nothing more.

use patchbay_model::access::Role;
use serde_json::{Value, json};

use super::contact_import::post_file;
use super::matrix::{give, standing};
use super::office::{COMPANY, Office};

const NDJSON: &str = "application/x-ndjson";

/// Delivers a message of Jo to an account of the company.
async fn write(office: &Office, id: &str, account: &str, more: Value) {
    let mut message = json!({
        "id": id, "channel": "chat", "account": account, "text": "My number is 4711",
        "author": {"address": "jo"},
    });
    for (name, value) in more.as_object().expect("an object") {
        message[name] = value.clone();
    }
    let taken = office.post("/interactions", message).await;
    assert_eq!(taken.status, 202, "{taken:?}");
    office.settled().await;
}

async fn open(office: &Office) -> Vec<Value> {
    let open = office.get("/conversations").await.json();
    open["conversations"].as_array().expect("a list").clone()
}

async fn resolve(office: &Office, conversation: &Value) {
    let id = conversation["id"].as_str().expect("an id");
    let path = format!("/conversations/{id}/actions");
    let resolve = json!({"by": "eva", "role": "supervisor", "action": "resolve"});
    assert_eq!(office.post(&path, resolve).await.status, 200);
}

fn contact_of(conversation: &Value) -> String {
    let contact = conversation["contact"].as_str();
    contact.expect("a contact").to_owned()
}

async fn opt_out(office: &Office, row: Value) {
    let stored = post_file(office, "/contacts/opt-outs", NDJSON, &row.to_string()).await;
    assert_eq!(stored.json()["changed"], 1, "{stored:?}");
}

#[tokio::test]
async fn a_card_has_what_an_agent_needs_and_no_older_message() {
    let office = Office::with(&[]).await;
    let named = |name: &str| json!({"address": "jo", "name": name});
    write(
        &office,
        "1",
        "a",
        json!({"author": named("Jo"), "language": "de"}),
    )
    .await;
    resolve(&office, &open(&office).await[0]).await;
    write(
        &office,
        "2",
        "b",
        json!({"author": named("Joanna"), "language": "pt-BR"}),
    )
    .await;
    // The newest message has neither a name nor a language, and is all that is shown.
    write(&office, "3", "b", json!({"text": "Hello?"})).await;
    let record = json!({
        "id": "C-1", "addresses": [{"channel": "chat", "address": "jo"}, {"channel": "email", "address": "jo@example.org"}],
        "attributes": {"tier": "gold"},
    });
    let imported = post_file(
        &office,
        "/contacts/import?by=crm",
        NDJSON,
        &record.to_string(),
    )
    .await;
    assert_eq!(imported.json()["created"], 1, "{imported:?}");
    let at = "2026-01-02T03:04:05Z";
    opt_out(
        &office,
        json!({"channel": "email", "address": "jo@example.org", "purpose": "marketing", "at": at}),
    )
    .await;
    opt_out(
        &office,
        json!({"channel": "chat", "address": "jo", "account": "a", "at": at}),
    )
    .await;
    // One that is taken back is not in effect.
    let back = json!({"channel": "chat", "address": "jo", "account": "b", "at": at});
    opt_out(&office, back).await;
    let again = json!({"channel": "chat", "address": "jo", "account": "b", "opted_out": false, "at": "2026-01-03T00:00:00Z"});
    opt_out(&office, again).await;

    let conversations = open(&office).await;
    let contact = contact_of(&conversations[0]);
    let card = office.get(&format!("/contacts/{contact}/card")).await;
    assert_eq!(card.status, 200, "{card:?}");
    assert!(!card.body.contains("4711"), "{card:?}");
    let expected = json!({
        "contact": contact,
        "name": "Joanna",
        "addresses": [
            {"channel": "chat", "address": "jo"},
            {"channel": "email", "address": "jo@example.org"},
        ],
        "language": "pt-BR",
        "attributes": {"tier": "gold"},
        "opt_outs": [
            {"channel": "chat", "account": "a", "since": at},
            {"channel": "email", "purpose": "marketing", "since": at},
        ],
        "open": conversations,
        "resolved": 1,
    });
    assert_eq!(card.json(), expected);

    // Unlike the export, it leaves no entry in the audit trail.
    let exported = async || {
        let trail = office.get("/audit").await.json();
        let entries = trail["acts"].as_array().expect("acts").clone();
        let acts = entries.into_iter().map(|entry| entry["act"].clone());
        acts.filter(|act| act.as_str().is_some_and(|act| act.starts_with("contact.")))
            .collect::<Vec<_>>()
    };
    let before = exported().await;
    office.get(&format!("/contacts/{contact}/card")).await;
    assert_eq!(exported().await, before);
}

#[tokio::test]
async fn a_card_is_that_of_the_whole_person_until_the_person_is_erased() {
    let office = Office::with(&[]).await;
    write(&office, "1", "a", json!({})).await;
    let ann = json!({"author": {"address": "ann", "name": "Ann"}});
    write(&office, "2", "a", ann).await;
    let all = open(&office).await;
    let contacts: Vec<String> = all.iter().map(contact_of).collect();
    let merge = json!({"by": "eva", "into": contacts[1]});
    let merged = office
        .post(&format!("/contacts/{}/merge", contacts[0]), merge)
        .await;
    assert_eq!(merged.status, 200, "{merged:?}");
    for contact in &contacts {
        let card = office
            .get(&format!("/contacts/{contact}/card"))
            .await
            .json();
        assert_eq!(card["contact"], **contact);
        assert_eq!(card["name"], "Ann", "{card}");
        assert_eq!(card["addresses"].as_array().map(Vec::len), Some(2));
        assert_eq!(card["open"].as_array().map(Vec::len), Some(2));
    }
    let erased = office.delete(&format!("/contacts/{}", contacts[0])).await;
    assert_eq!(erased.status, 200, "{erased:?}");
    let card = office.get(&format!("/contacts/{}/card", contacts[1])).await;
    let expected = json!({
        "contact": contacts[1], "addresses": [], "attributes": {}, "opt_outs": [],
        "open": [], "resolved": 2,
    });
    assert_eq!(card.json(), expected);
}

#[tokio::test]
async fn an_agent_reads_cards_of_their_company_and_no_export() {
    let office = Office::with(&["ana"]).await;
    write(&office, "1", "a", json!({})).await;
    let contact = contact_of(&open(&office).await[0]);
    let agent = give(
        &office.server,
        standing(Some("northwind"), Role::Agent),
        |_| {},
    );
    let client = &office.server.client;
    let path = format!("{COMPANY}/contacts/{contact}");
    let card = client.ask("GET", &format!("{path}/card"), &agent, "").await;
    assert_eq!(card.json()["addresses"][0]["address"], "jo", "{card:?}");
    let export = client.ask("GET", &path, &agent, "").await;
    export.problem(403, "forbidden");
    for unknown in ["0123456789abcdef0123456789abcdef", "xyz"] {
        let path = format!("{COMPANY}/contacts/{unknown}/card");
        let answer = client.ask("GET", &path, &agent, "").await;
        answer.problem(404, "unknown-contact");
    }
}
