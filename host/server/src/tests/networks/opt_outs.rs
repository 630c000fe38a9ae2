//! A customer who opts out gets no reply until they opt in again.

use std::time::Duration;

use serde_json::{Value, json};

use super::connected_office::ConnectedOffice;
use super::sms::SMS;
use super::telegram::TELEGRAM;
use super::{Expected, Message, Network, signatures};
use crate::tests::contact_import::post_file;
use crate::tests::office::Office;

const OPTED_OUT: Expected = Expected::Failed("recipient-unreachable", "opted out");

/// A text message of the first customer with an id of its own.
fn text(words: &str, number: u32) -> Vec<u8> {
    let message = Message {
        customer: 1,
        text: words,
        at: 0,
    };
    let body = String::from_utf8((SMS.messages)(&[message], number)).expect("a form");
    body.replace("90001", &format!("{}", 80_000 + number))
        .into_bytes()
}

async fn opted_out(office: &ConnectedOffice, conversation: &str) -> Value {
    office.office.settled().await;
    office.document(conversation).await["opted_out_since"].clone()
}

async fn reply_again(office: &ConnectedOffice, network: &Network, conversation: &str) {
    let path = format!("/conversations/{conversation}/replies");
    let reply = json!({"by": network.name, "id": "r2", "text": "It left this morning."});
    let sent = office.office.post(&path, reply).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    office.entry(network, conversation, "reply-delivered").await;
    assert_eq!(office.stand_in(network).requests().len(), 1);
}

#[tokio::test]
async fn a_customer_who_wrote_stop_gets_no_reply_until_they_write_start() {
    let office = ConnectedOffice::open().await;
    let conversation = office.conversation(&SMS, 1).await;
    assert_eq!(opted_out(&office, &conversation).await, Value::Null);
    // As often as Twilio delivers it.
    for number in [2, 2] {
        office.delivered(&SMS, &text("Stop", number), number).await;
    }
    assert!(opted_out(&office, &conversation).await.is_string());
    // What they write now takes nothing back.
    office.delivered(&SMS, &text("Hello?", 3), 3).await;
    assert!(opted_out(&office, &conversation).await.is_string());
    office.reply(&SMS, &conversation, "It is on its way.").await;
    office.becomes(&SMS, &conversation, OPTED_OUT).await;
    assert_eq!(office.stand_in(&SMS).requests().len(), 0);
    let document = office.document(&conversation).await;
    let contact = document["contact"].as_str().expect("a contact");
    let export = office.office.get(&format!("/contacts/{contact}")).await;
    let said = &export.json()["opt_outs"][0];
    assert_eq!(
        (&said["opted_out"], &said["source"]),
        (&json!(true), &json!("stop"))
    );
    office.delivered(&SMS, &text("START", 4), 4).await;
    assert_eq!(opted_out(&office, &conversation).await, Value::Null);
    reply_again(&office, &SMS, &conversation).await;
}

#[tokio::test]
async fn a_customer_who_blocked_the_bot_gets_a_reply_once_they_write_again() {
    let office = ConnectedOffice::open().await;
    let now = signatures::now();
    let conversation = office.conversation_at(&TELEGRAM, 1, now - 100).await;
    let blocked = json!({"update_id": 7, "my_chat_member": {
        "chat": {"id": 501, "type": "private", "first_name": "Jo"},
        "from": {"id": 501, "is_bot": false, "first_name": "Jo"}, "date": now - 50,
        "old_chat_member": {"user": {"id": 7_000_000_001_u64, "is_bot": true}, "status": "member"},
        "new_chat_member": {"user": {"id": 7_000_000_001_u64, "is_bot": true}, "status": "kicked"}}});
    let blocked = blocked.to_string();
    office.delivered(&TELEGRAM, blocked.as_bytes(), 2).await;
    assert!(opted_out(&office, &conversation).await.is_string());
    office.reply(&TELEGRAM, &conversation, "On its way.").await;
    office.becomes(&TELEGRAM, &conversation, OPTED_OUT).await;
    assert_eq!(office.stand_in(&TELEGRAM).requests().len(), 0);
    let message = json!({"update_id": 8, "message": {"message_id": 99, "date": now, "text": "And?",
        "from": {"id": 501, "is_bot": false, "first_name": "Jo"},
        "chat": {"id": 501, "type": "private", "first_name": "Jo"}}});
    let message = message.to_string();
    office.delivered(&TELEGRAM, message.as_bytes(), 3).await;
    assert_eq!(opted_out(&office, &conversation).await, Value::Null);
    reply_again(&office, &TELEGRAM, &conversation).await;
}

#[tokio::test]
async fn a_list_of_the_company_stops_replies_until_it_or_the_customer_says_otherwise() {
    let office = ConnectedOffice::open().await;
    let conversation = office.conversation(&SMS, 1).await;
    let exported = office.document(&conversation).await;
    let contact = exported["contact"].as_str().expect("a contact");
    let exported = office
        .office
        .get(&format!("/contacts/{contact}"))
        .await
        .json();
    let address = exported["addresses"][0]["address"]
        .as_str()
        .expect("one")
        .to_owned();
    let entry = |more: Value| {
        let mut entry = json!({"channel": "sms", "address": address});
        let fields = more.as_object().expect("an object").clone();
        entry.as_object_mut().expect("an object").extend(fields);
        entry.to_string()
    };
    let import = |query: &'static str, body: String| {
        let office = &office.office;
        async move {
            let path = format!("/contacts/opt-outs{query}");
            let answer = post_file(office, &path, "application/x-ndjson", &body).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            answer.json()
        }
    };
    let added = import("", entry(json!({"source": "letter"}))).await;
    assert_eq!(
        (&added["changed"], &added["refused"]),
        (&json!(1), &json!(0))
    );
    assert!(opted_out(&office, &conversation).await.is_string());
    office.reply(&SMS, &conversation, "It is on its way.").await;
    office.becomes(&SMS, &conversation, OPTED_OUT).await;
    assert_eq!(office.stand_in(&SMS).requests().len(), 0);
    let listed = office.office.get("/contacts/opt-outs").await.json();
    assert_eq!(listed["opt_outs"][0]["source"], "company.letter");
    assert!(!listed.to_string().contains(&address), "{listed}");
    // The customer's own word is stronger than a list.
    office.delivered(&SMS, &text("START", 4), 4).await;
    assert_eq!(opted_out(&office, &conversation).await, Value::Null);
    office.delivered(&SMS, &text("Stop", 5), 5).await;
    assert!(opted_out(&office, &conversation).await.is_string());
    let back = || entry(json!({"opted_out": false}));
    let refused = import("", back()).await;
    assert_eq!(refused["problems"][0]["code"], "customer-opt-out");
    assert!(opted_out(&office, &conversation).await.is_string());
    let overridden = import("?override=true", back()).await;
    assert_eq!(overridden["overridden"], 1);
    assert_eq!(opted_out(&office, &conversation).await, Value::Null);
    reply_again(&office, &SMS, &conversation).await;
}

#[tokio::test]
async fn a_target_of_the_company_gets_no_reply_for_a_customer_who_opted_out() {
    let office = Office::with(&["ana"]).await;
    let conversation = office.taken("jo", "ana").await;
    let row = json!({"channel": "chat", "address": "jo", "source": "letter"});
    let row = row.to_string();
    let stored = post_file(&office, "/contacts/opt-outs", "application/x-ndjson", &row).await;
    assert_eq!(stored.json()["changed"], 1, "{stored:?}");
    let path = format!("/conversations/{conversation}/replies");
    let reply = json!({"by": "ana", "id": "r1", "text": "It left this morning."});
    let sent = office.post(&path, reply).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    for _ in 0..3_000 {
        let dead = office.get("/outbox?state=dead").await.json();
        if let Some(problem) = dead["items"][0]["problem"].as_str() {
            assert!(problem.contains("opted out"), "{problem}");
            assert_eq!(office.given(0).await, []);
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not failed within half a minute");
}
