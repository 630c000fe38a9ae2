use patchbay_adapter::{DecodedInteraction, Item, Outcome};
use serde_json::{Value, json};

use super::{ACCOUNT, SUBJECT, adapter};
use crate::exchange::answer;
use crate::golden::message_id;

fn interaction(body: &Value) -> DecodedInteraction {
    match &SUBJECT.decode_json(body)[..] {
        [Item::Interaction(decoded)] => (**decoded).clone(),
        other => panic!("{other:?}"),
    }
}

fn event(kind: &str, payload: Value) -> Value {
    json!({"data": {
        "event_uuid": "1",
        "filter": {"user_id": ACCOUNT},
        "event_type": kind,
        "payload": payload,
    }})
}

fn post(fields: Value) -> Value {
    let mut post = json!({
        "id": "20",
        "author_id": "7",
        "conversation_id": "10",
        "text": "a",
        "created_at": "2026-07-24T21:23:23.000Z",
    });
    let fields = fields.as_object().expect("an object").clone();
    post.as_object_mut().expect("an object").extend(fields);
    post
}

/// The type of an event says by which subscription a post came, and not what it is.
#[test]
fn a_post_under_several_subscriptions_is_one_interaction() {
    let bytes = |case: &str| {
        let items = SUBJECT.decode_case(case);
        serde_json::to_vec(&items).expect("serialises")
    };
    let first = bytes("mention");
    for case in [
        "mention_again",
        "mention_under_reply",
        "mention_under_create",
        "mention_counts_differ_again",
    ] {
        assert_eq!(bytes(case), first, "{case}");
    }
    assert_eq!(bytes("dm_received_again"), bytes("dm_received"));
    assert_eq!(
        bytes("own_reply_names_the_customer_by_the_post_again"),
        bytes("own_reply")
    );
}

/// The ids of the receipt and of the echo meet, by the channel of the reply.
#[test]
fn an_echo_has_the_id_of_its_receipt() {
    for (body, case, channel) in [
        (
            r#"{"data":{"id":"2080767000000000001","text":"a"}}"#,
            "own_reply",
            "x",
        ),
        (
            r#"{"data":{"dm_conversation_id":"1-2","dm_event_id":"2080763914820927863"}}"#,
            "dm_sent",
            "x-direct",
        ),
    ] {
        let receipt = match answer(&*adapter(), 201, &[], body) {
            Outcome::Accepted(receipt) => receipt.provider_id,
            other => panic!("{other:?}"),
        };
        let items = SUBJECT.decode_case(case);
        let [Item::Interaction(echo)] = &items[..] else {
            panic!("{items:?}");
        };
        assert_eq!(echo.kind.as_str(), "echo");
        assert_eq!(echo.interaction.channel, channel);
        assert_eq!(echo.interaction.id, message_id(channel, ACCOUNT, &receipt));
    }
}

/// The answer of a customer to our post is about the message with the id of its receipt.
#[test]
fn an_answer_refers_to_the_message_with_the_id_of_the_receipt() {
    let body = post(json!({"referenced_tweets": [{"type": "replied_to", "id": "15"}]}));
    let decoded = interaction(&event("post.reply.create", body));
    let id = message_id("x", ACCOUNT, "15");
    assert_eq!(decoded.interaction.in_reply_to, Some(id));
}

#[test]
fn a_thread_and_a_customer_are_one_conversation() {
    let conversation = |fields: Value| {
        let decoded = interaction(&event("post.reply.create", post(fields)));
        decoded.interaction.conversation.expect("a conversation")
    };
    let first = conversation(json!({}));
    assert_eq!(conversation(json!({"id": "21", "text": "b"})), first);
    assert_ne!(conversation(json!({"author_id": "8"})), first);
    assert_ne!(conversation(json!({"conversation_id": "11"})), first);
    // Our answer is in the conversation of the customer.
    let answer = json!({
        "id": "22",
        "author_id": ACCOUNT,
        "in_reply_to_user_id": "7",
        "referenced_tweets": [{"type": "replied_to", "id": "20"}],
    });
    assert_eq!(conversation(answer), first);
}

/// The wordings of one post have one id and the order of their times.
#[test]
fn every_edit_has_the_id_of_the_first_wording() {
    let edit = |id: &str, minute: u32| {
        let body = post(json!({
            "id": id,
            "edit_history_tweet_ids": ["20", "30", "40"],
            "created_at": format!("2026-07-24T21:{minute}:00.000Z"),
        }));
        interaction(&event("post.mention.create", body))
    };
    let (second, third) = (edit("30", 30), edit("40", 40));
    let id = message_id("x", ACCOUNT, "20");
    for decoded in [&second, &third] {
        assert_eq!(decoded.kind.as_str(), "edit");
        assert_eq!(decoded.interaction.id, id);
    }
    assert!(second.interaction.edited_at < third.interaction.edited_at);
    // The first wording lists the later ones if it is delivered late.
    let first = edit("20", 20);
    assert_eq!((first.kind.as_str(), first.interaction.id), ("message", id));
}

/// A post of a person whom the delivery does not name shares no conversation, and joins
/// none by what it answers.
#[test]
fn a_post_without_an_author_is_kept_apart() {
    let mut body = post(json!({"referenced_tweets": [{"type": "replied_to", "id": "15"}]}));
    body.as_object_mut().expect("an object").remove("author_id");
    let decoded = interaction(&event("post.reply.create", body)).interaction;
    assert_eq!((decoded.conversation, decoded.in_reply_to), (None, None));
    let parent = message_id("x", ACCOUNT, "15");
    assert_eq!(decoded.attributes["parent"], parent);
}

/// The number beside the text of an id is rounded by senders that use floats.
#[test]
fn an_id_of_the_account_activity_api_is_read_as_text() {
    let status = json!({
        "id": 1_924_465_506_158_879_000_i64,
        "id_str": "1924465506158878979",
        "text": "a",
        "user": {"id": 7, "id_str": "7"},
    });
    let body = json!({"for_user_id": ACCOUNT, "tweet_create_events": [status]});
    let decoded = interaction(&body).interaction;
    assert_eq!(decoded.attributes["provider_id"], "1924465506158878979");
}
