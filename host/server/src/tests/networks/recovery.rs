//! A revoked token: the channel stops, nothing is used up, and it works again once the
//! access is renewed.

use serde_json::{Value, json};

use super::connected_office::ConnectedOffice;
use super::stand_in::Turn;
use super::{Expected, NETWORKS, signatures};

async fn broken(office: &ConnectedOffice) -> Vec<String> {
    let listed = office.office.get("/channels").await.json();
    let connections = listed["connections"].as_array().expect("a list");
    let broken = connections
        .iter()
        .filter(|connection| connection.get("broken_since").is_some());
    let names = broken.filter_map(|connection| connection["channel"].as_str());
    names.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_revoked_token_stops_its_channel_until_the_access_is_renewed() {
    let office = ConnectedOffice::open().await;
    let mut sent = Vec::new();
    for network in NETWORKS {
        let Some(answers) = &network.answers else {
            continue;
        };
        let revoked = (answers.revoked)();
        let turns = (0..10).map(|_| Turn::Answer(revoked.clone()));
        sent.push((network, office.replied(network, turns).await));
    }
    let mut names: Vec<String> = sent.iter().map(|(it, _)| it.name.to_owned()).collect();
    names.sort();
    for _ in 0..6_000 {
        if broken(&office).await == names {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(broken(&office).await, names);
    let alerts = office.office.server.client.get("/v1/alerts").await.json();
    let alerts = alerts["alerts"].as_array().expect("a list").clone();
    for (network, conversation) in &sent {
        let name = network.name;
        let subject = format!("channel:{name}/main");
        let mine = alerts
            .iter()
            .filter(|it| it["kind"] == "channel-broken" && it["subject"] == subject.as_str());
        assert_eq!(mine.count(), 1, "{name}: {alerts:?}");
        let failed = office.entries(conversation, "reply-undeliverable").await;
        assert_eq!(failed, Vec::<Value>::new(), "{name}");
        assert_eq!(office.stand_in(network).requests().len(), 1, "{name}");
    }
    let waiting = office.office.get("/outbox?state=waiting").await.json();
    let waiting = waiting["items"].as_array().expect("a list");
    assert_eq!(waiting.len(), sent.len());
    assert!(
        waiting.iter().all(|item| item["attempts"] == 0),
        "{waiting:?}"
    );
    // While the access is not renewed, a try finds it broken again.
    let path = "/channels/whatsapp/retry";
    let tried = office.office.post(path, json!({})).await.json();
    assert_eq!(
        (&tried["broken"], &tried["released"]),
        (&json!(true), &json!(1)),
        "{tried}"
    );
    office.stand_in(NETWORKS[0]).received(2).await;
    for (network, _) in &sent {
        office.stand_in(network).accept_all();
        let path = format!("/channels/{}/retry", network.name);
        let tried = office.office.post(&path, json!({})).await.json();
        assert_eq!(tried["broken"], true, "{tried}");
    }
    for (network, conversation) in &sent {
        office
            .becomes(network, conversation, Expected::Delivered)
            .await;
        let requests = office.stand_in(network).requests();
        let whole = requests.iter().filter(|it| !it.body.is_empty());
        let whole: Vec<_> = whole.map(|request| request.bytes()).collect();
        assert!(
            whole.windows(2).all(|pair| pair[0] == pair[1]),
            "{}",
            network.name
        );
    }
    for _ in 0..6_000 {
        if broken(&office).await.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(broken(&office).await, Vec::<String>::new());
    let audit = office.office.get("/audit").await;
    assert!(audit.body.contains("channel.retried"), "{audit:?}");
    let unknown = office.office.post("/channels/fax/retry", json!({})).await;
    unknown.problem(404, "unknown-connection");
    let idle = office.office.post(path, json!({})).await.json();
    assert_eq!(
        (&idle["broken"], &idle["released"]),
        (&json!(false), &json!(0)),
        "{idle}"
    );
}

#[tokio::test]
async fn a_window_that_closes_between_reply_and_attempt_sends_nothing_more() {
    let office = ConnectedOffice::open().await;
    let mut sent = Vec::new();
    for name in ["whatsapp", "facebook", "instagram", "viber"] {
        let network = NETWORKS.iter().find(|network| network.name == name);
        let network = *network.expect("a row");
        let answers = network.answers.as_ref().expect("it sends replies");
        let revoked = Turn::Answer((answers.revoked)());
        office.stand_in(network).next([revoked]);
        // 24 hours end in three seconds.
        let at = signatures::now() - 86_400 + 3;
        let conversation = office.conversation_at(network, 1, at).await;
        office
            .reply(network, &conversation, "It left this morning.")
            .await;
        sent.push((network, conversation));
    }
    for (network, conversation) in &sent {
        for _ in 0..6_000 {
            let document = office.document(conversation).await;
            if document["reply_window"]["open"] == false {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let path = format!("/channels/{}/retry", network.name);
        office.office.post(&path, json!({})).await.json();
    }
    for (network, conversation) in &sent {
        let closed = Expected::Failed("window-closed", "the time for free replies is over");
        office.becomes(network, conversation, closed).await;
        let requests = office.stand_in(network).requests().len();
        assert!(requests <= 1, "{}: {requests}", network.name);
    }
}
