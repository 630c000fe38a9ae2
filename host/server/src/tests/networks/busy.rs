//! Deliveries that come while the host has no room, or an operator drains it: the provider
//! delivers them again, and nothing of them is lost.

use serde_json::json;

use super::connected_office::ConnectedOffice;
use super::{Message, NETWORKS, signatures};

fn message(customer: u32) -> Message<'static> {
    Message {
        customer,
        text: "Where is it?",
        at: signatures::now() - 10,
    }
}

#[tokio::test]
async fn a_delivery_that_finds_no_room_is_taken_when_it_comes_again() {
    let office = ConnectedOffice::set(|settings| {
        let journal = settings.journal.as_mut().expect("a journal");
        journal.backlog = 1;
    });
    let office = office.await;
    let mut tried = 0;
    for network in NETWORKS.iter().filter(|network| network.has_batches) {
        let name = network.name;
        let before = office.conversations().await;
        let three = [message(1), message(2), message(3)];
        let batch = (network.messages)(&three, 1);
        let mut busy = 0;
        while busy < 10 {
            let answer = office.deliver(network, &batch, 1).await;
            office.office.settled().await;
            if answer.status == 200 {
                break;
            }
            answer.problem(503, "overloaded");
            assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
            busy += 1;
        }
        assert!((1..10).contains(&busy), "{name}: {busy} times");
        let after = office.conversations().await;
        let new: Vec<_> = after.iter().filter(|it| !before.contains(it)).collect();
        assert_eq!(new.len(), 3, "{name}");
        for conversation in new {
            let document = office.document(conversation).await;
            assert_eq!(document["interactions"], 1, "{name}: {document}");
        }
        tried += 1;
    }
    assert!(tried >= 4, "{tried}");
}

#[tokio::test]
async fn a_delivery_to_a_drained_company_is_taken_afterwards() {
    let office = ConnectedOffice::open().await;
    let client = &office.office.server.client;
    let drain = "/v1/companies/northwind/drain";
    for network in NETWORKS {
        let name = network.name;
        let before = office.conversations().await.len();
        let drained = client.ask("PUT", drain, "", &json!({}).to_string()).await;
        assert_eq!(drained.status, 200, "{drained:?}");
        let delivery = (network.messages)(&[message(1)], 1);
        let refused = office.deliver(network, &delivery, 1).await;
        assert_eq!(refused.status, 503, "{name}: {refused:?}");
        assert!(refused.headers.contains_key("retry-after"), "{refused:?}");
        assert_eq!(office.conversations().await.len(), before, "{name}");
        client.ask("DELETE", drain, "", "").await;
        office.delivered(network, &delivery, 1).await;
        assert_eq!(office.conversations().await.len(), before + 1, "{name}");
    }
}
