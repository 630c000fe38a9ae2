use patchbay_adapter::{DecodedInteraction, Item};
use serde_json::json;

use super::{ACCOUNT, SUBJECT};
use crate::golden::message_id;

fn interactions(case: &str) -> Vec<DecodedInteraction> {
    let items = SUBJECT.decode_case(case).into_iter();
    items
        .map(|item| match item {
            Item::Interaction(decoded) => *decoded,
            other => panic!("{other:?}"),
        })
        .collect()
}

/// A retry is not an edit: what expires or differs between two deliveries of one
/// message is left out.
#[test]
fn a_repeated_delivery_decodes_to_the_same_items() {
    for (first, again) in [
        ("comment", "comment_again"),
        ("dm_text", "dm_text_again"),
        ("dm_image", "dm_image_url_differs"),
        ("dm_redirected_link", "dm_redirected_link_hash_differs"),
    ] {
        assert_eq!(SUBJECT.decode_case(first), SUBJECT.decode_case(again));
    }
}

/// The ids of the receipt, of echoes, statuses, reactions and answers meet.
#[test]
fn what_refers_to_our_message_has_the_id_of_its_receipt() {
    let receipt = "m_sent";
    let id = message_id("messenger", ACCOUNT, receipt);
    let customer = json!({"id": "7654321098765432"});
    let page = json!({"id": ACCOUNT});
    let items = SUBJECT.decode_json(&json!({"object": "page", "entry": [{
        "id": ACCOUNT,
        "messaging": [
            {"sender": page, "recipient": customer,
                "message": {"mid": receipt, "is_echo": true, "metadata": "reply-01J/1", "text": "Sim"}},
            {"sender": customer, "recipient": page,
                "message": {"mid": "m_b", "text": "Qual?", "reply_to": {"mid": receipt}}},
            {"sender": customer, "recipient": page,
                "reaction": {"mid": receipt, "action": "react", "emoji": "👍"}},
            {"sender": customer, "recipient": page, "delivery": {"mids": [receipt]}},
        ],
    }]}));
    let [
        Item::Interaction(echo),
        Item::Interaction(answer),
        Item::Interaction(reaction),
        Item::Status(status),
    ] = &items[..]
    else {
        panic!("{items:?}");
    };
    assert_eq!(echo.interaction.id, id);
    // The echo can come before the receipt: then the planted key names the reply.
    assert_eq!(echo.key.as_deref(), Some("reply-01J/1"));
    assert_eq!(answer.interaction.in_reply_to.as_ref(), Some(&id));
    assert_eq!(reaction.interaction.id, id);
    assert_eq!(status.message, id);
    // The echo is filed in the conversation of the customer who got it.
    assert_eq!(echo.interaction.author, answer.interaction.author);
}

/// Intake joins the conversation of the message that `in_reply_to` names.
#[test]
fn the_people_under_one_post_stay_apart() {
    let first = &interactions("comment")[0].interaction;
    let answers = interactions("comment_replies_of_two_customers");
    let [rui, eva] = &answers[..] else {
        panic!("{answers:?}");
    };
    let conversations = [first, &rui.interaction, &eva.interaction];
    let conversations = conversations.map(|it| it.conversation.as_deref().expect("one"));
    assert_ne!(conversations[0], conversations[1]);
    assert_ne!(conversations[1], conversations[2]);
    for answer in [rui, eva] {
        assert_eq!(answer.interaction.in_reply_to, None);
        assert_eq!(answer.interaction.attributes["parent"], json!(first.id));
    }
    let changed = &interactions("comment_edited")[0].interaction;
    assert_eq!(changed.conversation, first.conversation);
    // What the page answers goes to the person whom it answers.
    let own = &interactions("comment_by_the_page")[0].interaction;
    assert_eq!(own.in_reply_to.as_ref(), Some(&first.id));
}
