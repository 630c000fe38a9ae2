use patchbay_adapter::Item;
use serde_json::{Value, json};

use super::{ACCOUNT, SUBJECT};
use crate::golden::message_id;

fn interaction(update: &Value) -> patchbay_adapter::DecodedInteraction {
    match &SUBJECT.decode_json(update)[..] {
        [Item::Interaction(decoded)] => (**decoded).clone(),
        other => panic!("{other:?}"),
    }
}

fn message(chat: i64, fields: Value) -> Value {
    let mut message = json!({
        "message_id": 42,
        "from": {"id": 512_345_678, "is_bot": false, "first_name": "Ana"},
        "chat": {"id": chat, "type": if chat < 0 { "supergroup" } else { "private" }},
        "date": 1_767_225_600,
    });
    let fields = fields.as_object().expect("an object").clone();
    message.as_object_mut().expect("an object").extend(fields);
    json!({"update_id": 1, "message": message})
}

/// What answers a message outside of a forum has the id of a thread too; a reply with
/// it would be refused.
#[test]
fn a_thread_of_answers_is_no_topic() {
    let in_thread = |is_topic: bool| {
        let fields = json!({"text": "a", "message_thread_id": 7, "is_topic_message": is_topic});
        interaction(&message(-1001, fields))
            .interaction
            .conversation
    };
    assert_eq!(in_thread(false).as_deref(), Some("-1001"));
    assert_eq!(in_thread(true).as_deref(), Some("-1001:7"));
}

/// `file_id` can differ between two updates of one message: no edit.
#[test]
fn a_file_is_the_same_by_its_unique_id() {
    let file = |id: &str| {
        let fields = json!({"voice": {"file_id": id, "file_unique_id": "AQAD"}});
        interaction(&message(512_345_678, fields)).interaction
    };
    let (one, other) = (file("one"), file("other"));
    assert_ne!(one, other);
    assert!(one.says_the_same(&other));
    let url = one.attachments[0].url.as_deref();
    assert_eq!(url, Some("media:telegram/7000000001/AQAD?one"));
}

/// A place that moves is sent as edits that say nothing new.
#[test]
fn a_live_location_says_the_same_wherever_it_is() {
    let at = |latitude: f64| {
        let fields =
            json!({"location": {"latitude": latitude, "longitude": 1.5, "live_period": 60}});
        interaction(&message(512_345_678, fields)).interaction
    };
    assert!(at(1.5).says_the_same(&at(2.5)));
}

#[test]
fn reactions_are_told_one_by_one() {
    let reactions = |before: &[&str], after: &[&str]| -> Vec<(String, Value)> {
        let list = |names: &[&str]| -> Vec<Value> {
            let names = names.iter();
            names
                .map(|name| json!({"type": "emoji", "emoji": name}))
                .collect()
        };
        let update = json!({"update_id": 1, "message_reaction": {
            "chat": {"id": -1001, "type": "supergroup"},
            "message_id": 41,
            "user": {"id": 512_345_678, "is_bot": false, "first_name": "Ana"},
            "date": 1_767_225_605,
            "old_reaction": list(before),
            "new_reaction": list(after),
        }});
        let items = SUBJECT.decode_json(&update).into_iter();
        let items = items.filter_map(|item| match item {
            Item::Interaction(decoded) => {
                assert_eq!(
                    decoded.interaction.id,
                    message_id("telegram", ACCOUNT, "-1001:41")
                );
                assert_eq!(decoded.interaction.conversation, None);
                let reaction = decoded.interaction.attributes["reaction"].clone();
                Some((decoded.interaction.text, reaction))
            }
            _ => None,
        });
        items.collect()
    };
    let at = "2026-01-01T00:00:05Z";
    let add = |emoji: &str| {
        (
            emoji.to_owned(),
            json!({"action": "add", "emoji": emoji, "at": at}),
        )
    };
    let remove = |emoji: Option<&str>| {
        let mut reaction = json!({"action": "remove", "at": at});
        if let Some(emoji) = emoji {
            reaction["emoji"] = emoji.into();
        }
        (String::new(), reaction)
    };
    for (before, after, told) in [
        (&[][..], &["👍", "❤"][..], vec![add("👍"), add("❤")]),
        (&["👍"], &["👍", "❤"], vec![add("❤")]),
        (&["👍", "❤"], &["👍"], vec![remove(Some("❤"))]),
        (&["👍"], &[], vec![remove(None)]),
        (&["👍"], &["👍"], vec![]),
    ] {
        assert_eq!(reactions(before, after), told, "{before:?} {after:?}");
    }
}

/// The customer's id is in neither the conversation nor the ids.
#[test]
fn the_customers_of_a_business_account_have_conversations_of_their_own() {
    let conversation = |chat: i64, connection: &str| {
        let mut update = message(
            chat,
            json!({"text": "a", "business_connection_id": connection}),
        );
        update["business_message"] = update["message"].take();
        update.as_object_mut().expect("an object").remove("message");
        let decoded = interaction(&update);
        decoded.interaction.conversation.expect("a conversation")
    };
    let one = conversation(512_345_678, "b1");
    assert!(
        one.starts_with("b1:") && !one.contains("512345678"),
        "{one}"
    );
    assert_ne!(one, conversation(512_345_679, "b1"));
    assert_ne!(one, conversation(512_345_678, "b2"));
}

/// The ids of the receipt, of answers and of reactions meet.
#[test]
fn what_refers_to_our_message_has_the_id_of_its_receipt() {
    let body = r#"{"ok":true,"result":{"message_id":41,"chat":{"id":512345678}}}"#;
    let receipt = match crate::exchange::answer(&*SUBJECT.open(), 200, &[], body) {
        patchbay_adapter::Outcome::Accepted(receipt) => receipt.provider_id,
        other => panic!("{other:?}"),
    };
    let answer = json!({"text": "Sim", "reply_to_message": {"message_id": 41}});
    let answer = interaction(&message(512_345_678, answer)).interaction;
    let id = message_id("telegram", ACCOUNT, &receipt);
    assert_eq!(answer.in_reply_to, Some(id));
}
