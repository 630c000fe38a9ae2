use patchbay_adapter::Item;
use serde_json::{Value, json};

use super::{ACCOUNT, SUBJECT};
use crate::golden::message_id;

/// What expires or differs between two deliveries of one message is left out.
#[test]
fn a_media_url_that_differs_makes_no_edit() {
    let [image, other] = ["image", "image_url_differs"].map(|case| SUBJECT.decode_case(case));
    assert_eq!(image, other);
}

fn message(body: Value) -> Value {
    json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{
        "field": "messages",
        "value": {
            "metadata": {"phone_number_id": ACCOUNT},
            "messages": [body],
        },
    }]}]})
}

fn decode_message(body: Value) -> Vec<Item> {
    SUBJECT.decode_json(&message(body))
}

#[test]
fn a_long_text_is_whole_and_one_beyond_the_limit_is_undecodable() {
    let text = |bytes: usize| {
        decode_message(json!({"from": "1", "id": "wamid.a", "type": "text",
            "text": {"body": "é".repeat(bytes / 2)}}))
    };
    match &text(200_000)[..] {
        [Item::Interaction(decoded)] => assert_eq!(decoded.interaction.text.len(), 200_000),
        other => panic!("{other:?}"),
    }
    match &text(600_000)[..] {
        [Item::Undecodable(problem)] => {
            assert_eq!(problem.place, "entry[0].changes[0].value.messages[0]");
            assert!(
                problem.reason.contains("the limit is"),
                "{}",
                problem.reason
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn attributes_beyond_the_limit_are_left_out_by_name() {
    let items = decode_message(
        json!({"from": "1", "id": "wamid.a", "type": "order", "order": {
            "catalog_id": "1",
            "text": "tudo",
            "product_items": vec![json!({"product_retailer_id": "SKU", "quantity": 1}); 1_000],
        }}),
    );
    match &items[..] {
        [Item::Interaction(decoded)] => {
            let attributes = &decoded.interaction.attributes;
            assert_eq!(attributes["left_out"], json!(["order"]));
            assert_eq!(attributes["items"], 1_000);
            assert_eq!(decoded.interaction.text, "tudo");
        }
        other => panic!("{other:?}"),
    }
}

/// The ids of the receipt, of statuses, reactions and answers meet.
#[test]
fn what_refers_to_our_message_has_the_id_of_its_receipt() {
    let receipt = "wamid.HBgMMzUxOTEyMzQ1Njc4FQIAERgSOUR=";
    let id = message_id("whatsapp", ACCOUNT, receipt);
    let delivery = json!({"object": "whatsapp_business_account", "entry": [{"changes": [{
        "field": "messages",
        "value": {
            "metadata": {"phone_number_id": ACCOUNT},
            "messages": [
                {"from": "1", "id": "wamid.a", "type": "text", "text": {"body": "Sim"}, "context": {"id": receipt}},
                {"from": "1", "id": "wamid.b", "type": "reaction", "reaction": {"message_id": receipt, "emoji": "👍"}},
            ],
            "statuses": [{"id": receipt, "status": "read"}],
        },
    }]}]});
    let items = SUBJECT.decode_json(&delivery);
    let [
        Item::Interaction(answer),
        Item::Interaction(reaction),
        Item::Status(status),
    ] = &items[..]
    else {
        panic!("{items:?}");
    };
    assert_eq!(answer.interaction.in_reply_to.as_ref(), Some(&id));
    assert_eq!(reaction.interaction.id, id);
    assert_eq!(status.message, id);
}
