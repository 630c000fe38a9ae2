//! Copies and reports of our own replies, before and after the provider's answer.

use std::sync::Arc;

use patchbay_model::delivery_state::DeliveryState;
use serde_json::Value;
use tokio::sync::Notify;

use super::connected_office::ConnectedOffice;
use super::stand_in::Turn;
use super::{Expected, NETWORKS, Network, Report};

/// States of the parts of a conversation's only reply, which is delivered.
async fn states(office: &ConnectedOffice, conversation: &str) -> Vec<Option<DeliveryState>> {
    let delivered = office.entries(conversation, "reply-delivered").await;
    let key = delivered[0]["key"].as_str().expect("a key").to_owned();
    let desk = office.office.server.app.desk().expect("a desk");
    let company = desk.company("northwind").expect("a company");
    let receipts = desk.journal().receipts(company, &key).expect("read");
    receipts.into_iter().map(|receipt| receipt.state).collect()
}

/// A reply whose answer the provider holds back.
async fn held(office: &ConnectedOffice, network: &Network) -> (String, Arc<Notify>) {
    let release = Arc::new(Notify::new());
    let turn = Turn::Held(Arc::clone(&release));
    let conversation = office.replied(network, [turn]).await;
    office.stand_in(network).received(1).await;
    (conversation, release)
}

/// How many messages the conversation shows, and who has the last word.
fn shown(document: &Value) -> (usize, String) {
    let said = document["said"].as_array().map_or(0, Vec::len);
    (
        said,
        document["state"].as_str().unwrap_or_default().to_owned(),
    )
}

#[tokio::test]
async fn the_copy_of_a_reply_is_that_reply_before_and_after_the_answer() {
    let office = ConnectedOffice::open().await;
    let mut tried = 0;
    for network in NETWORKS {
        let Some(echo) = network.answers.as_ref().and_then(|answers| answers.echo) else {
            continue;
        };
        let name = network.name;
        let (conversation, release) = held(&office, network).await;
        let open = office.conversations().await;
        let request = office.stand_in(network).requests().swap_remove(0);
        let copy = echo(1, &request);
        office.delivered(network, &copy, 1).await;
        assert_eq!(office.conversations().await, open, "{name}");
        release.notify_one();
        office
            .becomes(network, &conversation, Expected::Delivered)
            .await;
        let before = shown(&office.document(&conversation).await);
        assert_eq!(before.1, "waiting-on-customer", "{name}");
        office.delivered(network, &copy, 2).await;
        assert_eq!(office.conversations().await, open, "{name}");
        let after = office.document(&conversation).await;
        assert_eq!(shown(&after), before, "{name}: {after}");
        assert_eq!(office.stand_in(network).requests().len(), 1, "{name}");
        // Another customer's reply, whose copy comes after the answer only.
        let later = office.conversation(network, 2).await;
        office.reply(network, &later, "It comes tomorrow.").await;
        office.becomes(network, &later, Expected::Delivered).await;
        let before = shown(&office.document(&later).await);
        let request = office.stand_in(network).requests().swap_remove(1);
        office.delivered(network, &echo(2, &request), 3).await;
        let open = office.conversations().await;
        let after = office.document(&later).await;
        assert_eq!(shown(&after), before, "{name}: {after}");
        assert!(open.contains(&later), "{name}");
        tried += 1;
    }
    assert!(tried >= 4, "{tried}");
}

#[tokio::test]
async fn a_report_is_matched_to_its_reply_before_and_after_the_answer() {
    let office = ConnectedOffice::open().await;
    let mut tried = 0;
    for network in NETWORKS {
        let Some(report) = network.answers.as_ref().and_then(|answers| answers.report) else {
            continue;
        };
        let name = network.name;
        let stand_in = office.stand_in(network);
        // Mail servers report that a mail arrived as an event only.
        if name != "email" {
            let (conversation, release) = held(&office, network).await;
            let request = stand_in.requests().swap_remove(0);
            let delivered = report(Report::Delivered, 1, &request);
            office.delivered(network, &delivered, 1).await;
            release.notify_one();
            office
                .entry(network, &conversation, "reply-delivered")
                .await;
            let found = states(&office, &conversation).await;
            assert_eq!(found, [Some(DeliveryState::Delivered)], "{name}");
            office.delivered(network, &delivered, 2).await;
            assert_eq!(states(&office, &conversation).await, found, "{name}");
        }
        // Messenger reports no failure.
        if name != "facebook" {
            let number = stand_in.requests().len() + 1;
            let release = Arc::new(Notify::new());
            stand_in.next([Turn::Held(Arc::clone(&release))]);
            let conversation = office.conversation(network, 2).await;
            office
                .reply(network, &conversation, "It comes tomorrow.")
                .await;
            let request = stand_in.received(number).await.swap_remove(number - 1);
            let number = u32::try_from(number).expect("few");
            let failed = report(Report::Failed, number, &request);
            office.delivered(network, &failed, 3).await;
            release.notify_one();
            let kind = "reply-undeliverable";
            office.entry(network, &conversation, kind).await;
            office.delivered(network, &failed, 4).await;
            office.office.settled().await;
            let failures = office.entries(&conversation, kind).await;
            assert_eq!(failures.len(), 1, "{name}: {failures:?}");
            // After the answer.
            let conversation = office.conversation(network, 3).await;
            office.reply(network, &conversation, "It is lost.").await;
            office
                .entry(network, &conversation, "reply-delivered")
                .await;
            let request = stand_in.requests().pop().expect("it was sent");
            office
                .delivered(network, &report(Report::Failed, number + 1, &request), 5)
                .await;
            office.entry(network, &conversation, kind).await;
        }
        tried += 1;
    }
    assert!(tried >= 5, "{tried}");
}
