//! Whom a reply goes to: the customer, also where no message of the customer is
//! left, and never the author of what the company sent.

use std::path::Path;

use patchbay_desk::{Delivery, Desk};
use patchbay_events::EventKind;
use patchbay_journal::{ContactId, ConversationId};
use patchbay_model::conversation_state::ConversationState;
use patchbay_pass::agent_action::{ActionError, AgentAction};
use patchbay_records::decisions;
use serde_json::{Value, json};

use crate::floor::{act, agent, kinds, sign_in, supervisor, taken_by};
use crate::office::{
    conversations, delivered, desk_of, feed, held, northwind, noted, ruled, take_in,
};
use crate::replies::{outgoing, reply_then, send};
use crate::unanswered::{deliver, row};

/// An interaction of a conversation on the account `@northwind`.
fn interaction(author: &str, fields: Value) -> Delivery {
    let mut whole = json!({"channel": "x", "text": "Hello?", "account": "@northwind",
        "conversation": "c1", "author": {"address": author}});
    for (name, field) in fields.as_object().expect("an object") {
        whole[name] = field.clone();
    }
    delivered(whole)
}

fn by_jo(fields: Value) -> Delivery {
    interaction("@jo", fields)
}

fn echo(id: &str) -> Delivery {
    let text = format!("Words of {id}");
    interaction(
        "@northwind",
        json!({"id": id, "text": text, "direction": "outbound"}),
    )
}

fn deletion(id: &str) -> Delivery {
    by_jo(json!({"id": id, "text": "", "kind": "delete"}))
}

fn body(desk: &Desk) -> Value {
    let out = outgoing(desk).pop().expect("a reply");
    serde_json::from_slice(out.body.as_ref().expect("readable")).expect("JSON")
}

/// Reply, and expect it to go to `@jo` as an answer to this message.
fn expect_to_jo(desk: &Desk, conversation: ConversationId, answered: Option<&str>) {
    let id = format!("after {answered:?}");
    let reply = reply_then(&id, "Anything else?", Default::default());
    act(desk, conversation, supervisor(), reply).expect("taken");
    let body = body(desk);
    assert_eq!(body["to"], "@jo", "{body}");
    assert_eq!(body["account"], "@northwind", "{body}");
    assert_eq!(body["thread"], "c1", "{body}");
    let in_reply_to = body.get("in_reply_to");
    assert_eq!(in_reply_to, answered.map(|id| json!(id)).as_ref(), "{body}");
}

/// A desk where `ana` has answered the message `1` of `@jo`.
fn answered(place: &Path) -> (Desk, ConversationId) {
    let desk = desk_of(place, vec![ruled("")]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![by_jo(json!({"id": "1"}))]);
    let conversation = taken_by(&desk, "ana");
    send(&desk, conversation, "ana", "r1", "It left this morning.");
    deliver(&desk, &outgoing(&desk)[0].key);
    (desk, conversation)
}

/// A desk whose company began a conversation.
fn begun(place: &Path) -> (Desk, ConversationId) {
    let desk = desk_of(place, vec![ruled("")]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![echo("e1")]);
    let conversation = conversations(&desk)[0].id;
    (desk, conversation)
}

fn contact_of(desk: &Desk, address: &str) -> ContactId {
    let journal = desk.journal();
    let found = journal.find_or_create_contact(northwind(desk), "x", address, desk.now());
    found.expect("readable").contact
}

#[test]
fn a_customer_who_deleted_every_message_still_gets_a_reply_also_after_a_restart() {
    for is_restarted in [false, true] {
        let place = tempfile::tempdir().expect("a place");
        let (mut desk, conversation) = answered(place.path());
        take_in(&desk, vec![deletion("1")]);
        let deleted = row(&desk, conversation);
        assert_eq!(deleted.owner.as_deref(), Some("ana"), "it stays with her");
        if is_restarted {
            drop(desk);
            desk = desk_of(place.path(), vec![ruled("")]);
        }
        expect_to_jo(&desk, conversation, None);
        let sent = desk
            .journal()
            .entries(northwind(&desk), conversation, 0, 100);
        let drafted = sent.expect("readable").into_iter();
        let drafted = drafted.filter(|entry| entry.kind == EventKind::ReplyDrafted as u16);
        let sealed_for: Vec<_> = drafted.map(|entry| entry.contact).collect();
        let jo = contact_of(&desk, "@jo");
        assert_eq!(sealed_for, [Some(jo); 2], "the customer's key seals it");
    }
}

#[test]
fn a_reply_goes_to_the_customer_also_where_only_the_words_of_the_company_are_left() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = answered(place.path());
    take_in(&desk, vec![echo("e1")]);
    expect_to_jo(&desk, conversation, Some("1"));
    deliver(&desk, &outgoing(&desk)[0].key);
    take_in(&desk, vec![deletion("1")]);
    expect_to_jo(&desk, conversation, None);
}

#[test]
fn a_reply_answers_the_customer_also_behind_more_echoes_than_are_listed() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = answered(place.path());
    for number in 0..70 {
        take_in(&desk, vec![echo(&format!("e{number}"))]);
    }
    expect_to_jo(&desk, conversation, Some("1"));
    deliver(&desk, &outgoing(&desk)[0].key);
    drop(desk);
    let desk = desk_of(place.path(), vec![ruled("")]);
    let texts = patchbay_records::conversation_reader::recent_interactions(
        &**desk.journal(),
        &row(&desk, conversation),
    );
    assert_eq!(texts.expect("readable").len(), 64);
    take_in(&desk, vec![by_jo(json!({"id": "2"})), echo("last")]);
    expect_to_jo(&desk, conversation, Some("2"));
}

#[test]
fn an_automatic_message_tells_the_address_but_is_not_answered() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = begun(place.path());
    let away = json!({"id": "1", "text": "I am away", "automatic": true});
    take_in(&desk, vec![by_jo(away)]);
    expect_to_jo(&desk, conversation, None);
}

#[test]
fn a_reply_to_a_customer_who_never_wrote_is_refused_with_the_reason() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = begun(place.path());
    let reply = || reply_then("r1", "Hello!", Default::default());
    let refused = act(&desk, conversation, supervisor(), reply());
    let Err(refused @ ActionError::AddressUnknown) = refused else {
        panic!("{refused:?}");
    };
    assert!(refused.to_string().contains("address is not known"));
    assert!(outgoing(&desk).is_empty());
    take_in(&desk, vec![by_jo(json!({"id": "1"}))]);
    expect_to_jo(&desk, conversation, Some("1"));
}

#[test]
fn who_answers_a_company_that_wrote_first_is_the_customer() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = begun(place.path());
    assert_eq!(row(&desk, conversation).contact, None);
    take_in(&desk, vec![by_jo(json!({"id": "1"}))]);
    let jo = contact_of(&desk, "@jo");
    assert_eq!(row(&desk, conversation).contact, Some(jo));
    take_in(&desk, vec![interaction("@kim", json!({"id": "2"}))]);
    assert_eq!(row(&desk, conversation).contact, Some(jo), "not who joins");
    // Erasing the customer finds the conversation.
    let erasure = desk.contacts().erase("northwind", jo, noted());
    erasure.expect("erased");
    desk.wait_until_idle();
    assert_eq!(row(&desk, conversation).state, ConversationState::Resolved);
}

#[test]
fn a_reply_is_as_private_as_the_first_message_whoever_wrote_it() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    let private = json!({"id": "e1", "direction": "outbound", "visibility": "private"});
    let private = interaction("@northwind", private);
    let away = json!({"id": "1", "conversation": "c2", "automatic": true});
    let answer = json!({"id": "2", "conversation": "c2", "visibility": "private"});
    for (began, fields) in [(private, json!({"id": "3"})), (by_jo(away), answer)] {
        take_in(&desk, vec![began, by_jo(fields)]);
        let open = conversations(&desk).into_iter().map(|row| row.id);
        for conversation in open {
            let reply = reply_then("r1", "Hello!", Default::default());
            act(&desk, conversation, supervisor(), reply).expect("taken");
            assert_eq!(body(&desk)["visibility"], "private");
            act(&desk, conversation, supervisor(), AgentAction::Resolve).expect("resolved");
            deliver(&desk, &outgoing(&desk)[0].key);
        }
    }
}

#[test]
fn a_reply_to_another_person_in_the_conversation_is_sealed_for_that_person() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = answered(place.path());
    take_in(&desk, vec![interaction("@kim", json!({"id": "2"}))]);
    send(&desk, conversation, "ana", "r2", "Hello Kim!");
    let body = body(&desk);
    assert_eq!(
        (&body["to"], &body["in_reply_to"]),
        (&json!("@kim"), &json!("2"))
    );
    let entries = feed(&desk).into_iter();
    let of_reply = entries.filter(|entry| {
        entry.kind == EventKind::ReplyDrafted as u16
            || entry.kind == EventKind::ReplyPublished as u16
    });
    let sealed_for: Vec<_> = of_reply.map(|entry| entry.contact).collect();
    let (jo, kim) = (contact_of(&desk, "@jo"), contact_of(&desk, "@kim"));
    assert_eq!(sealed_for, [Some(jo), Some(jo), Some(kim), Some(kim)]);
}

#[test]
fn a_draft_without_a_message_to_answer_is_checked_without_one() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = answered(place.path());
    take_in(&desk, vec![echo("e1"), deletion("1")]);
    expect_to_jo(&desk, conversation, None);
    let published = feed(&desk).into_iter();
    let published = published.filter(|entry| entry.kind == EventKind::ReplyPublished as u16);
    let ids: Vec<u64> = published.map(|entry| entry.feed).collect();
    let read = |id| decisions::find(&**desk.journal(), northwind(&desk), id);
    let [answer, other] = [ids[0], ids[1]].map(|id| read(id).expect("readable").expect("there"));
    let input = answer.input.expect("recorded");
    assert_eq!(
        input.draft.expect("a draft").interaction.as_deref(),
        Some("1")
    );
    assert!(input.texts.interaction.is_some());
    let input = other.input.expect("recorded");
    assert_eq!(input.draft.expect("a draft").interaction, None);
    assert_eq!(input.texts.interaction, None);
    let texts = other.texts.expect("nobody was erased");
    assert!(texts.interaction.is_none() && texts.earlier.is_empty());
}

#[test]
fn a_held_reply_without_a_message_to_answer_is_checked_again_and_sent() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = answered(place.path());
    take_in(&desk, vec![deletion("1")]);
    drop(desk);
    // Another generation checks it again at the approval.
    let desk = desk_of(place.path(), vec![held("")]);
    let reply = reply_then("r2", "Anything else?", Default::default());
    act(&desk, conversation, agent("ana"), reply).expect("held");
    drop(desk);
    let mut next = std::sync::Arc::into_inner(held("")).expect("one owner");
    next.number = 2;
    let desk = desk_of(place.path(), vec![next.into()]);
    let approve = AgentAction::Approve {
        reply: "r2".to_owned(),
    };
    act(&desk, conversation, supervisor(), approve).expect("approved");
    let body = body(&desk);
    assert_eq!(body["to"], "@jo");
    assert!(body.get("in_reply_to").is_none(), "{body}");
}

#[test]
fn policies_are_not_called_about_what_the_company_wrote() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = begun(place.path());
    let assign = AgentAction::Assign {
        agent: "ana".to_owned(),
    };
    for action in [assign, AgentAction::Return] {
        act(&desk, conversation, supervisor(), action).expect("taken");
        desk.wait_until_idle();
    }
    let row = row(&desk, conversation);
    assert_eq!(
        row.queue.as_deref(),
        Some("general"),
        "it waits for an agent"
    );
    assert!(!kinds(&desk).contains(&EventKind::Routed));
}
