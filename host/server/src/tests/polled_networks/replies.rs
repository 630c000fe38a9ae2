//! Replies to what was polled.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::polled_office::{PolledOffice, Provider};
use super::{Answer, POLLED, PolledNetwork};
use crate::tests::networks::stand_in::Turn;

const REPLY: &str = "It left this morning.";

fn sending() -> impl Iterator<Item = &'static PolledNetwork> {
    let networks = POLLED.iter().copied();
    networks.filter(|network| network.replies.is_some())
}

/// A provider with a post that the host has read, and its conversation.
pub(super) async fn read(network: &'static PolledNetwork) -> (Provider, PolledOffice, String) {
    let provider = Provider::start(network).await;
    provider.post(1, "Where is my order?");
    let office = provider.office().await;
    office.taken(1).await;
    let conversation = office.conversation().await;
    (provider, office, conversation)
}

#[tokio::test]
async fn a_reply_is_one_message_by_its_key_whatever_the_provider_does() {
    for network in sending() {
        let name = network.name;
        let (provider, office, conversation) = read(network).await;
        let replies = office.replies();
        let busy = Answer::json(429, &json!({"error": "x"})).header("retry-after", 1);
        let faults = [
            Turn::ResetWithin,
            Turn::Answer(Answer::bad_gateway()),
            Turn::Close,
            Turn::Answer(busy),
        ];
        provider.next_for(replies.is_reply, faults);
        office.reply(&conversation, REPLY).await;
        office.delivered(&conversation).await;
        let requests = provider.requests(replies.is_reply);
        assert_eq!(requests.len(), 5, "{name}");
        for request in &requests {
            assert_eq!(
                (replies.key)(request),
                (replies.key)(&requests[0]),
                "{name}"
            );
            assert_eq!(request.bytes(), requests[0].bytes(), "{name}");
            let text = String::from_utf8_lossy(&request.body);
            assert!(text.contains(REPLY), "{name}: {text}");
        }
        let wait = requests[4].at.duration_since(requests[3].at);
        assert!(wait >= Duration::from_millis(950), "{name}: {wait:?}");
        // What was polled goes on.
        provider.post(2, "And mine?");
        office.retry().await;
        office.taken(2).await;
        assert_eq!(provider.requests(replies.is_reply).len(), 5, "{name}");
    }
}

#[tokio::test]
async fn a_revoked_access_stops_replies_until_it_is_renewed() {
    for network in sending() {
        let name = network.name;
        let (provider, office, conversation) = read(network).await;
        let replies = office.replies();
        let revoked = (0..10).map(|_| Turn::Answer((network.unauthorised)()));
        provider.next_for(replies.is_reply, revoked);
        office.reply(&conversation, REPLY).await;
        let is = |it: &Value| it.get("broken_since").is_some();
        office.until("broken", is).await;
        let alert = office.alert("channel-broken").await.expect("an alert");
        assert_eq!(alert["subject"], format!("channel:{name}/main"), "{alert}");
        assert!(!alert.to_string().contains("hush"), "{alert}");
        provider.accept_all();
        office.retry().await;
        office.delivered(&conversation).await;
        let requests = provider.requests(replies.is_reply);
        let keys = requests.iter().map(replies.key);
        let keys: BTreeSet<String> = keys.collect();
        assert_eq!(keys.len(), 1, "{name}");
        let is = |it: &Value| it.get("broken_since").is_none();
        office.until("whole", is).await;
    }
}
