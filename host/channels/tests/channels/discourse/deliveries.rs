use patchbay_adapter::{DecodedInteraction, Item, Outcome, Rejection};
use serde_json::{Value, json};

use super::{ACCOUNT, SUBJECT, adapter};
use crate::exchange::answer;
use crate::golden::{Delivery, message_id};

fn of_case(name: &str) -> DecodedInteraction {
    match &SUBJECT.decode_case(name)[..] {
        [Item::Interaction(decoded)] => (**decoded).clone(),
        other => panic!("{name}: {other:?}"),
    }
}

/// A post, edited by an event in its delivery.
fn of_post(fields: Value) -> DecodedInteraction {
    let mut post =
        json!({"topic_id": 10, "post_number": 2, "user_id": 70, "username": "rita", "raw": "a"});
    let fields = fields.as_object().expect("an object").clone();
    post.as_object_mut().expect("an object").extend(fields);
    match &SUBJECT.decode_json(&json!({ "post": post }))[..] {
        [Item::Interaction(decoded)] => (**decoded).clone(),
        other => panic!("{other:?}"),
    }
}

/// Ids of deliveries differ, and the event is not kept in quarantine.
#[test]
fn a_post_is_one_message_however_it_is_delivered() {
    let bytes = |case: &str| {
        let items = SUBJECT.decode_case(case);
        serde_json::to_vec(&items).expect("serialises")
    };
    let first = bytes("post");
    for case in ["post_again", "post_without_the_event", "form_content_type"] {
        assert_eq!(bytes(case), first, "{case}");
    }
    assert_eq!(bytes("edited_without_the_event"), bytes("edited"));
    assert_eq!(bytes("destroyed_without_the_event"), bytes("destroyed"));
}

#[test]
fn everything_about_a_post_has_its_id() {
    let id = message_id("discourse", ACCOUNT, "4520:7");
    for (case, kind) in [
        ("post", "message"),
        ("edited", "edit"),
        ("edited_soon_after", "edit"),
        ("title_edited", "edit"),
        ("destroyed", "delete"),
        ("destroyed_with_the_payload_of_before", "delete"),
        ("withdrawn_by_its_author", "delete"),
        ("recovered", "edit"),
    ] {
        let decoded = of_case(case);
        assert_eq!(decoded.interaction.id, id, "{case}");
        assert_eq!(decoded.kind.as_str(), kind, "{case}");
    }
    // A change of the title is no other wording.
    let texts = ["post", "title_edited", "recovered"].map(|case| of_case(case).interaction.text);
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
}

#[test]
fn a_deletion_has_no_words() {
    for case in ["destroyed", "withdrawn_by_its_author"] {
        assert_eq!(of_case(case).interaction.text, "", "{case}");
    }
}

#[test]
fn an_echo_has_the_id_of_its_receipt_and_names_the_message_it_answers() {
    let body = r#"{"id":918300,"topic_id":4520,"post_number":8,"raw":"It leaves Lisbon today."}"#;
    let receipt = match answer(&*adapter(), 200, &[], body) {
        Outcome::Accepted(receipt) => receipt.provider_id,
        other => panic!("{other:?}"),
    };
    for case in [
        "reply_of_ours",
        "reply_of_ours_edited",
        "reply_of_ours_that_quotes",
        "reply_of_ours_with_the_id_of_the_customer",
        "reply_of_a_moderator",
        "reply_of_an_administrator_without_the_flag_staff",
        "reply_of_the_team",
    ] {
        let echo = of_case(case);
        assert_eq!(echo.kind.as_str(), "echo", "{case}");
        let interaction = echo.interaction;
        assert_eq!(
            interaction.id,
            message_id("discourse", ACCOUNT, &receipt),
            "{case}"
        );
        let answered = of_case("post").interaction;
        assert_eq!(interaction.in_reply_to, Some(answered.id), "{case}");
        // Without the customer's id, the answered message alone files it.
        let conversation = interaction.conversation;
        assert!(
            conversation.is_none() || conversation == answered.conversation,
            "{case}"
        );
    }
}

#[test]
fn a_topic_and_a_customer_are_one_conversation() {
    let conversation = |fields: Value| of_post(fields).interaction.conversation;
    let first = conversation(json!({}));
    assert!(first.is_some());
    assert_eq!(
        conversation(json!({"post_number": 9, "username": "rita2"})),
        first
    );
    assert_ne!(conversation(json!({"user_id": 71})), first);
    assert_ne!(conversation(json!({"topic_id": 11})), first);
    assert_eq!(conversation(json!({"user_id": null})), None);
}

/// Everyone in a private topic reads everything, and an answer of the company names nobody.
#[test]
fn a_private_topic_is_one_conversation() {
    let private = |fields: Value| {
        let mut fields = fields;
        fields["topic_archetype"] = "private_message".into();
        of_post(fields).interaction
    };
    let first = private(json!({}));
    assert_eq!(first.visibility.map(|it| it.as_str()), Some("private"));
    for other in [
        json!({"user_id": 71}),
        json!({"user_id": null}),
        json!({"staff": true}),
    ] {
        let found = private(other.clone());
        assert_eq!(found.conversation, first.conversation, "{other}");
        assert_eq!(found.visibility, first.visibility, "{other}");
    }
    assert_ne!(
        of_post(json!({})).interaction.conversation,
        first.conversation
    );
}

/// A name is compared without regard to case.
#[test]
fn the_posts_of_the_companys_users_are_not_customers() {
    for name in ["northwind_care", "NORTHWIND_CARE", "Ivo_Northwind"] {
        let kind = of_post(json!({"username": name, "reply_to_post_number": 1})).kind;
        assert_eq!(kind.as_str(), "echo", "{name}");
    }
    for name in ["northwind_care2", "northwind", ""] {
        let kind = of_post(json!({"username": name, "reply_to_post_number": 1})).kind;
        assert_eq!(kind.as_str(), "message", "{name}");
    }
}

/// What is signed is the body as it came.
#[test]
fn a_body_that_was_written_again_is_refused() {
    let body = br#"{"post":{"topic_id":10,"post_number":2,"raw":"N\u00e3o \/"}}"#;
    let mut delivery = Delivery::new("application/json", body);
    (SUBJECT.sign)(&mut delivery);
    let adapter = adapter();
    assert!(adapter.verify(&delivery.request(), delivery.now).is_ok());
    let again: Value = serde_json::from_slice(body).expect("JSON");
    delivery.body = again.to_string().into_bytes();
    let request = delivery.request();
    let refused = adapter.verify(&request, delivery.now);
    assert_eq!(refused.err(), Some(Rejection::Mismatch));
}
