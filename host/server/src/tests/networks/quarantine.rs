//! Deliveries in quarantine.

use patchbay_journal::NewQuarantined;
use serde_json::json;

use super::connected_office::ConnectedOffice;
use super::meta::WHATSAPP;
use super::{Message, signatures};

/// Sizes of the deliveries that fill a quarantine, as often as each fits.
const SIZES: [usize; 4] = [16 << 20, 1 << 20, 32 << 10, 256];

/// Fills the quarantine of the company.
async fn fill(office: &ConnectedOffice) {
    let desk = office.office.server.app.desk().expect("a desk");
    let filled = tokio::task::spawn_blocking(move || {
        let channels = desk.channels();
        let mut number: u64 = 0;
        for size in SIZES {
            let plain = vec![b'x'; size];
            loop {
                number += 1;
                let mut digest = [0; 32];
                digest[..8].copy_from_slice(&number.to_le_bytes());
                let new = |company, sealed| NewQuarantined {
                    company,
                    channel: "whatsapp".to_owned(),
                    account: "main".to_owned(),
                    received_at: jiff::Timestamp::now(),
                    digest,
                    place: "$".to_owned(),
                    reason: "fills it".to_owned(),
                    sealed,
                };
                let stored = channels.quarantine("northwind", plain.clone(), new);
                if !stored.expect("it is written") {
                    break;
                }
            }
        }
    });
    filled.await.expect("no panic");
}

#[tokio::test]
async fn a_full_quarantine_keeps_no_good_item_out_and_loses_nothing() {
    let office = ConnectedOffice::open().await;
    fill(&office).await;
    // A good message between two that cannot be decoded.
    let (text, at) = ("Where is it?", signatures::now() - 10);
    let good = Message {
        customer: 1,
        text,
        at,
    };
    let mut delivery: serde_json::Value =
        serde_json::from_slice(&(WHATSAPP.messages)(&[good], 1)).expect("JSON");
    let bad = json!({"from": "351900000000", "type": "text", "text": {"body": "no id"}});
    let messages = delivery
        .pointer_mut("/entry/0/changes/0/value/messages")
        .and_then(serde_json::Value::as_array_mut);
    let messages = messages.expect("a list");
    messages.insert(0, bad.clone());
    messages.push(bad);
    let delivery = delivery.to_string().into_bytes();
    let mut conversations = Vec::new();
    // The provider delivers it again, as it is asked to.
    for _ in 0..3 {
        let answer = office.deliver(&WHATSAPP, &delivery, 1).await;
        assert_eq!(answer.status, 503, "{answer:?}");
        assert_eq!(answer.headers["retry-after"], "5", "{answer:?}");
        conversations = office.conversations().await;
        assert_eq!(conversations.len(), 1);
        let document = office.document(&conversations[0]).await;
        assert_eq!(document["interactions"], 1, "{document}");
    }
    let listed = office.office.get("/quarantine").await.json();
    let first = listed["items"][0]["number"].as_u64().expect("a number");
    let removed = office.office.delete(&format!("/quarantine/{first}")).await;
    assert_eq!(removed.status, 204, "{removed:?}");
    office.delivered(&WHATSAPP, &delivery, 2).await;
    assert_eq!(office.conversations().await, conversations);
    let document = office.document(&conversations[0]).await;
    assert_eq!(document["interactions"], 1, "{document}");
    let listed = office.office.get("/quarantine").await.json();
    let items = listed["items"].as_array().expect("a list");
    let kept = items.iter().filter(|it| it["reason"] != "fills it");
    assert_eq!(kept.count(), 1, "{listed}");
}

#[tokio::test]
async fn a_delivery_is_downloaded_as_it_came_and_the_audit_trail_says_so() {
    let office = ConnectedOffice::open().await;
    let body = b"{ \"object\":\r\n\"whatsapp_business_account\", \"entry\": [ {\"changes\": [ {\"field\": \"messages\", \"value\": {\"messages\": [ {\"from\": \"351900000000\"} ]} } ]} ] }";
    office.delivered(&WHATSAPP, body, 1).await;
    let listed = office.office.get("/quarantine").await.json();
    let number = listed["items"][0]["number"].as_u64().expect("a number");
    let path = format!("/quarantine/{number}");
    let downloaded = office.office.get(&path).await;
    assert_eq!(downloaded.status, 200, "{downloaded:?}");
    assert_eq!(downloaded.body.as_bytes(), body);
    assert_eq!(downloaded.headers["x-content-type-options"], "nosniff");
    let disposition = &downloaded.headers["content-disposition"];
    assert!(disposition.starts_with("attachment;"), "{disposition}");
    let unknown = office.office.get("/quarantine/999").await;
    assert_eq!(unknown.status, 404, "{unknown:?}");
    let audit = office.office.get("/audit").await.json();
    let entries = audit["acts"].as_array().expect("a list");
    let entries = entries
        .iter()
        .filter(|it| it["act"] == "quarantine.downloaded");
    let details: Vec<_> = entries.map(|it| it["details"].clone()).collect();
    assert_eq!(details, [json!({ "number": number })]);
}
