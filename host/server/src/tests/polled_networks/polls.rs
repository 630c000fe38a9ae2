//! What customers post is read once, and no fault of a provider loses any of it.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::polled_office::{PolledOffice, Provider};
use super::{Answer, POLLED, PolledNetwork};
use crate::tests::networks::stand_in::Turn;

/// A provider with so many posts.
async fn provider(network: &'static PolledNetwork, posts: u32) -> Provider {
    let provider = Provider::start(network).await;
    for number in 1..=posts {
        provider.post(number, &format!("Where is order {number}?"));
    }
    provider
}

#[tokio::test]
async fn posts_are_read_once_and_reach_the_desk() {
    for network in POLLED {
        let name = network.name;
        let provider = provider(network, 2).await;
        let office = provider.office().await;
        let shown = office.taken(2).await;
        assert_eq!(shown["inbound"], "poll", "{shown}");
        assert_eq!((shown.get("path"), shown.get("url")), (None, None));
        assert_eq!(shown["poll"].get("failing_since"), None, "{shown}");
        if network.asks_again_at_once {
            provider.post(3, "Where is order 3?");
            office.retry().await;
            office.taken(3).await;
        }
        office.poll().await;
        let posts = if network.asks_again_at_once { 3 } else { 2 };
        office.taken(posts).await;
        assert_eq!(office.interactions().await, posts, "{name}");
        let mut texts = Vec::new();
        for conversation in office.conversations().await {
            let id = conversation["id"].as_str().expect("an id");
            let path = format!("/conversations/{id}");
            let document = office.office.get(&path).await.json();
            texts.push(document["said"][0]["interaction"]["text"].clone());
        }
        texts.sort_by_key(Value::to_string);
        let expected = 1..=posts;
        let expected = expected.map(|number| json!(format!("Where is order {number}?")));
        let expected: Vec<Value> = expected.collect();
        assert_eq!(texts, expected, "{name}");
        let metrics = office.office.server.client.get("/metrics").await.body;
        let labels = format!("{{company=\"northwind\",channel=\"{name}\",connection=\"main\"}}");
        for line in [
            format!("patchbay_channel_poll_failing{labels} 0"),
            format!("patchbay_channel_poll_failures_total{labels} 0"),
        ] {
            assert!(metrics.contains(&line), "{line}: {metrics}");
        }
    }
}

#[tokio::test]
async fn a_host_that_starts_again_goes_on_behind_what_it_read() {
    for network in POLLED {
        let provider = provider(network, 3).await;
        let office = provider.office().await;
        office.taken(3).await;
        provider.post(4, "Where is order 4?");
        let office = office.restarted().await;
        // Counted since the start.
        let new = u64::from(network.asks_again_at_once);
        office.taken(new).await;
        assert_eq!(office.interactions().await, 3 + new, "{}", network.name);
    }
}

#[tokio::test]
async fn a_refused_access_is_an_alert_until_it_works() {
    for network in POLLED {
        let name = network.name;
        let provider = provider(network, 1).await;
        let refusal = Turn::Answer((network.unauthorised)());
        provider.next_pages([refusal]);
        let office = provider.office().await;
        office.failing("unauthorised").await;
        let alert = office.alert("connection-not-read").await.expect("an alert");
        assert_eq!(alert["subject"], format!("{name}/main"), "{alert}");
        assert!(!alert.to_string().contains("hush"), "{alert}");
        assert_eq!(provider.pages().len(), 1, "{name}");
        office.retry().await;
        let shown = office.taken(1).await;
        assert_eq!(shown["poll"].get("failure"), None, "{shown}");
        assert_eq!(office.alert("connection-not-read").await, None);
        assert_eq!(office.interactions().await, 1, "{name}");
    }
}

#[tokio::test]
async fn a_provider_that_asks_to_wait_is_not_asked_before() {
    for network in POLLED {
        let provider = provider(network, 1).await;
        let busy = Answer::json(429, &json!({"error": "x"})).header("retry-after", 600);
        provider.next_pages([Turn::Answer(busy)]);
        let office = provider.office().await;
        let shown = office.failing("limited").await;
        let next = shown["poll"]["next_attempt"].as_str().expect("a time");
        let next: Timestamp = next.parse().expect("a time");
        let wait = next.duration_since(Timestamp::now()).as_secs();
        assert!((580..=600).contains(&wait), "{}: {wait}", network.name);
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(provider.pages().len(), 1, "{}", network.name);
        office.retry().await;
        office.taken(1).await;
    }
}

/// What a failed page leaves behind: everything is read by the next poll.
async fn fails_once(office: &PolledOffice, posts: u64) {
    let shown = office.failing("unavailable").await;
    let name = office.network.name;
    assert!(shown["poll"]["next_attempt"].is_string(), "{name}: {shown}");
    office.retry().await;
    let shown = office.taken(posts).await;
    assert_eq!(shown["poll"]["failures"], 1, "{name}: {shown}");
    assert_eq!(office.interactions().await, posts, "{name}");
}

#[tokio::test]
async fn a_provider_that_fails_loses_nothing() {
    for network in POLLED {
        for fault in [
            Turn::Answer(Answer::bad_gateway()),
            Turn::ResetWithin,
            Turn::Close,
        ] {
            let provider = provider(network, 3).await;
            provider.next_pages([fault]);
            let office = provider.office().await;
            fails_once(&office, 3).await;
        }
    }
}

#[tokio::test]
async fn a_page_that_is_not_one_loses_nothing() {
    for network in POLLED {
        for body in network.no_pages {
            let provider = provider(network, 2).await;
            provider.next_pages([Turn::Answer(Answer::text(200, body))]);
            let office = provider.office().await;
            fails_once(&office, 2).await;
        }
    }
}
