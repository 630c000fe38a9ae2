//! Reactions of customers to what the company wrote.

use serde_json::json;

use super::connected_office::ConnectedOffice;
use super::meta::{FACEBOOK, PAGE, WHATSAPP, direct, outgoing, whatsapp_event};
use super::{Expected, Message, Network, signatures};

/// A reaction of the first customer to the company's first message, put there or taken
/// off.
type React = fn(i64, bool) -> Vec<u8>;

const NETWORKS: [(&Network, React); 2] = [
    (&WHATSAPP, |at, is_added| {
        let message = Message {
            customer: 1,
            text: "",
            at,
        };
        let emoji = if is_added { "\u{1f44d}" } else { "" };
        let reaction = json!({"message_id": outgoing(1), "emoji": emoji});
        whatsapp_event(&message, json!({"type": "reaction", "reaction": reaction}))
    }),
    (&FACEBOOK, |at, is_added| {
        let reaction = match is_added {
            true => json!({"reaction": "like", "emoji": "\u{1f44d}", "action": "react",
                "mid": outgoing(1)}),
            false => json!({"action": "unreact", "mid": outgoing(1)}),
        };
        let event = json!({"sender": {"id": "7001"}, "recipient": {"id": PAGE},
            "timestamp": at * 1_000, "reaction": reaction});
        direct("page", PAGE, &[event])
    }),
];

#[tokio::test]
async fn a_reaction_to_a_reply_is_shown_in_its_conversation() {
    let office = ConnectedOffice::open().await;
    for (network, react) in NETWORKS {
        let name = network.name;
        let conversation = office.conversation(network, 1).await;
        office
            .reply(network, &conversation, "It left this morning.")
            .await;
        office
            .becomes(network, &conversation, Expected::Delivered)
            .await;
        let open = office.conversations().await;
        office
            .delivered(network, &react(signatures::now(), true), 2)
            .await;
        assert_eq!(office.conversations().await, open, "{name}");
        let document = office.document(&conversation).await;
        let delivered = office.entries(&conversation, "reply-delivered").await;
        let reaction = &document["reactions"][0];
        assert_eq!(reaction["emoji"], "\u{1f44d}", "{name}: {document}");
        assert_eq!(reaction["action"], "add", "{name}: {document}");
        assert_eq!(reaction["reply_key"], delivered[0]["key"], "{name}");
        // It is no question.
        assert_eq!(
            document["state"], "waiting-on-customer",
            "{name}: {document}"
        );
    }
}

#[tokio::test]
async fn a_reaction_that_is_taken_off_and_put_back_is_told_each_time() {
    let office = ConnectedOffice::open().await;
    for (network, react) in NETWORKS {
        let name = network.name;
        let conversation = office.conversation(network, 1).await;
        office
            .reply(network, &conversation, "It left this morning.")
            .await;
        office
            .becomes(network, &conversation, Expected::Delivered)
            .await;
        let at = signatures::now();
        for (after, is_added) in [(0, true), (1, false), (2, true)] {
            let delivery = react(at + after, is_added);
            // Once more, as providers do.
            for number in 2..4 {
                office.delivered(network, &delivery, number).await;
            }
        }
        office.office.settled().await;
        let document = office.document(&conversation).await;
        let reactions = document["reactions"].as_array().expect("a list");
        let actions: Vec<&str> = reactions
            .iter()
            .filter_map(|it| it["action"].as_str())
            .collect();
        assert_eq!(actions, ["add", "remove", "add"], "{name}: {document}");
    }
}
