//! What the company writes in the provider's own app: it is the company's, in the
//! conversation of the customer to whom it was written.

use serde_json::{Value, json};

use super::connected_office::ConnectedOffice;
use super::meta::{ACCOUNT, FACEBOOK, INSTAGRAM, PAGE, WHATSAPP, direct, whatsapp_echo};
use super::x::{X, direct_message};
use super::{Expected, Message, Network, signatures};

const SAID: &str = "We look into it.";

/// A network whose provider copies what the company writes in its app.
struct Written {
    network: &'static Network,
    /// The copy of a message of the company to a customer, and a message of this customer.
    copy: fn(&Message<'_>) -> Vec<u8>,
    answer: fn(&Message<'_>) -> Vec<u8>,
}

/// A copy by Meta, of the app of its own and not of ours.
fn meta_copy(object: &str, account: &str, message: &Message<'_>) -> Vec<u8> {
    let Message { customer, text, at } = *message;
    let copy = json!({"sender": {"id": account},
        "recipient": {"id": (7_000 + customer).to_string()}, "timestamp": at * 1_000,
        "message": {"mid": format!("mid.app.{customer}"), "is_echo": true,
            "app_id": 263_902_037_430_900_u64, "text": text}});
    direct(object, account, &[copy])
}

fn networks() -> [Written; 4] {
    [
        Written {
            network: &WHATSAPP,
            copy: whatsapp_echo,
            answer: |message| (WHATSAPP.messages)(&[*message], 2),
        },
        Written {
            network: &FACEBOOK,
            copy: |message| meta_copy("page", PAGE, message),
            answer: |message| (FACEBOOK.messages)(&[*message], 2),
        },
        Written {
            network: &INSTAGRAM,
            copy: |message| meta_copy("instagram", ACCOUNT, message),
            answer: |message| (INSTAGRAM.messages)(&[*message], 2),
        },
        Written {
            network: &X,
            copy: |message| direct_message(message, true),
            answer: |message| direct_message(message, false),
        },
    ]
}

fn message(customer: u32, text: &str, ago: i64) -> Message<'_> {
    let at = signatures::now() - ago;
    Message { customer, text, at }
}

/// Directions and texts of what a conversation says, the newest first.
fn said(document: &Value) -> Vec<(&str, &str)> {
    let said = document["said"].as_array().expect("a list");
    let all = said.iter().map(|it| &it["interaction"]);
    all.map(|it| {
        let direction = it["direction"].as_str().unwrap_or_default();
        (direction, it["text"].as_str().unwrap_or_default())
    })
    .collect()
}

#[tokio::test]
async fn an_answer_in_the_providers_app_is_the_companys_in_the_customers_conversation() {
    let office = ConnectedOffice::open().await;
    for Written {
        network,
        copy,
        answer,
    } in networks()
    {
        let name = network.name;
        let before = office.conversations().await;
        let question = answer(&message(1, "Where is it?", 60));
        office.delivered(network, &question, 1).await;
        let open = office.conversations().await;
        let new: Vec<_> = open.iter().filter(|it| !before.contains(it)).collect();
        let [conversation] = &new[..] else {
            panic!("{name}: {new:?}");
        };
        let answered = copy(&message(1, SAID, 30));
        office.delivered(network, &answered, 2).await;
        // Once more, as providers do.
        office.delivered(network, &answered, 3).await;
        let after = office.conversations().await;
        assert!(after.iter().all(|it| open.contains(it)), "{name}: another");
        let document = office.document(conversation).await;
        let expected = [("outbound", SAID), ("inbound", "Where is it?")];
        assert_eq!(said(&document), expected, "{name}: {document}");
        // Nothing waits for an answer, and nothing was sent.
        assert_eq!(document.get("unanswered_since"), None, "{name}: {document}");
        assert!(office.stand_in(network).requests().is_empty(), "{name}");
    }
}

#[tokio::test]
async fn a_customer_who_answers_what_the_company_wrote_elsewhere_is_in_the_same_conversation() {
    let office = ConnectedOffice::open().await;
    for Written {
        network,
        copy,
        answer,
    } in networks()
    {
        let name = network.name;
        let before = office.conversations().await;
        office
            .delivered(network, &copy(&message(2, SAID, 30)), 1)
            .await;
        office.office.settled().await;
        let answered = answer(&message(2, "Thank you, when?", 10));
        office.delivered(network, &answered, 2).await;
        let open = office.conversations().await;
        let new: Vec<_> = open.iter().filter(|it| !before.contains(it)).collect();
        let [conversation] = &new[..] else {
            panic!("{name}: {new:?}");
        };
        let document = office.document(conversation).await;
        let expected = [("inbound", "Thank you, when?"), ("outbound", SAID)];
        assert_eq!(said(&document), expected, "{name}: {document}");
        let assign = json!({"by": "eva", "role": "supervisor", "action": "assign", "agent": name});
        let path = format!("/conversations/{conversation}/actions");
        let assigned = office.office.post(&path, assign).await;
        assert_eq!(assigned.status, 200, "{name}: {assigned:?}");
        office.reply(network, conversation, "Tomorrow.").await;
        office
            .becomes(network, conversation, Expected::Delivered)
            .await;
    }
}

#[tokio::test]
async fn what_the_company_writes_elsewhere_opens_no_resolved_conversation() {
    let office = ConnectedOffice::open().await;
    for Written {
        network,
        copy,
        answer,
    } in networks()
    {
        let name = network.name;
        let before = office.conversations().await;
        let question = answer(&message(3, "Where is it?", 60));
        office.delivered(network, &question, 1).await;
        let open = office.conversations().await;
        let new: Vec<_> = open.iter().filter(|it| !before.contains(it)).collect();
        let [conversation] = &new[..] else {
            panic!("{name}: {new:?}");
        };
        let resolve = json!({"by": "eva", "role": "supervisor", "action": "resolve"});
        let path = format!("/conversations/{conversation}/actions");
        let resolved = office.office.post(&path, resolve).await;
        assert_eq!(resolved.status, 200, "{name}: {resolved:?}");
        let later = copy(&message(3, SAID, 0));
        office.delivered(network, &later, 2).await;
        assert_eq!(office.conversations().await, before, "{name}");
        let document = office.document(conversation).await;
        assert_eq!(document["state"], "resolved", "{name}: {document}");
        let expected = [("outbound", SAID), ("inbound", "Where is it?")];
        assert_eq!(said(&document), expected, "{name}: {document}");
    }
}
