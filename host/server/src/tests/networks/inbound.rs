//! One message in many deliveries, and deliveries in another order.

use futures_util::future::join_all;
use serde_json::Value;

use super::connected_office::ConnectedOffice;
use super::{Message, NETWORKS, signatures};

fn message(customer: u32, text: &str) -> Message<'_> {
    Message {
        customer,
        text,
        at: signatures::now() - 10,
    }
}

#[tokio::test]
async fn a_message_in_many_deliveries_is_one_interaction() {
    let office = ConnectedOffice::open().await;
    for network in NETWORKS {
        let name = network.name;
        let before = office.conversations().await.len();
        let (one, other) = (message(1, "Where is it?"), message(2, "Hello?"));
        let single = (network.messages)(&[one], 1);
        // The same delivery, and another one of the same message.
        office.delivered(network, &single, 1).await;
        office.delivered(network, &single, 1).await;
        office
            .delivered(network, &(network.messages)(&[one], 2), 2)
            .await;
        if network.has_batches {
            let batch = (network.messages)(&[other, one], 3);
            office.delivered(network, &batch, 3).await;
        }
        // New and known messages, in ten connections at once.
        let third = message(3, "Good morning");
        let bodies: Vec<Vec<u8>> = (0..10)
            .map(|number| match network.has_batches {
                true => (network.messages)(&[one, third, other], number),
                false => (network.messages)(&[third], number),
            })
            .collect();
        let numbered = bodies.iter().zip(0..);
        let at_once = numbered.map(|(body, number)| office.deliver(network, body, number));
        for answer in join_all(at_once).await {
            assert_eq!(answer.status, 200, "{name}: {answer:?}");
        }
        let after = office.conversations().await;
        let customers = if network.has_batches { 3 } else { 2 };
        assert_eq!(after.len() - before, customers, "{name}");
        for conversation in &after {
            let document = office.document(conversation).await;
            assert_eq!(document["interactions"], 1, "{name}: {document}");
        }
    }
}

/// What a conversation says, newest first: the texts.
fn texts(document: &Value) -> Vec<&str> {
    let said = document["said"].as_array().expect("a list");
    let texts = said
        .iter()
        .filter_map(|it| it["interaction"]["text"].as_str());
    texts.collect()
}

#[tokio::test]
async fn an_edit_that_comes_before_its_message_is_what_the_customer_says() {
    let office = ConnectedOffice::open().await;
    let mut tried = 0;
    for network in NETWORKS {
        let Some(edit) = network.edit else {
            continue;
        };
        let name = network.name;
        let before = office.conversations().await;
        let (first, last) = (message(1, "Where is it"), message(1, "Where is order 7?"));
        office.delivered(network, &edit(&last), 1).await;
        office
            .delivered(network, &(network.messages)(&[first], 2), 2)
            .await;
        let after = office.conversations().await;
        let new: Vec<_> = after.iter().filter(|it| !before.contains(it)).collect();
        let [conversation] = &new[..] else {
            panic!("{name}: {new:?}");
        };
        let document = office.document(conversation).await;
        assert_eq!(
            texts(&document),
            ["Where is order 7?"],
            "{name}: {document}"
        );
        assert_ne!(document["state"], "resolved", "{name}: {document}");
        tried += 1;
    }
    assert!(tried >= 6, "{tried}");
}

#[tokio::test]
async fn a_deletion_that_comes_before_its_message_deletes_it() {
    let office = ConnectedOffice::open().await;
    let mut tried = 0;
    for network in NETWORKS {
        let Some(delete) = network.delete else {
            continue;
        };
        let name = network.name;
        let before = office.conversations().await;
        let gone = message(1, "Not this");
        office.delivered(network, &delete(&gone), 1).await;
        office
            .delivered(network, &(network.messages)(&[gone], 2), 2)
            .await;
        // Nothing waits for an answer.
        assert_eq!(office.conversations().await, before, "{name}");
        // The customer's next message is as usual.
        let after = message(2, "Hello?");
        office
            .delivered(network, &(network.messages)(&[after], 3), 3)
            .await;
        assert_eq!(
            office.conversations().await.len(),
            before.len() + 1,
            "{name}"
        );
        tried += 1;
    }
    assert!(tried >= 6, "{tried}");
}
