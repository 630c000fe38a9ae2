//! Several deliveries of one message: the newest words count, in the place of
//! the first.

use patchbay_desk::{Delivery, Desk, Receipt};
use patchbay_events::EventKind;
use patchbay_journal::InputKind;
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::interaction::Interaction;
use patchbay_pass::ReceiptStatus;
use patchbay_records::conversation_reader::{self, read_snapshot};
use serde_json::{Value, json};

use crate::floor::{act, agent, sign_in, taken_by};
use crate::office::{conversations, delivered, desk_of, feed, head, held, ruled, said, take_in};
use crate::replies::{outgoing, send};

/// A delivery of `@jo`'s message `1`.
fn version(value: Value) -> Delivery {
    let mut whole = json!({"id": "1", "channel": "x", "author": {"address": "@jo"}});
    for (name, field) in value.as_object().expect("an object") {
        whole[name] = field.clone();
    }
    delivered(whole)
}

/// The texts of the one open conversation, newest first.
fn texts(desk: &Desk) -> Vec<Interaction> {
    let row = conversations(desk).remove(0);
    let recent = conversation_reader::recent_interactions(&**desk.journal(), &row);
    let recent = recent.expect("readable").into_iter();
    recent.filter_map(|stored| stored.interaction).collect()
}

fn newest_text(desk: &Desk) -> String {
    texts(desk).remove(0).text
}

fn kind(receipt: &Receipt) -> Option<InputKind> {
    match receipt.status {
        ReceiptStatus::Accepted { kind, .. } => Some(kind),
        _ => None,
    }
}

/// How often policies were called about an input.
fn decisions(desk: &Desk) -> usize {
    let entries = feed(desk).into_iter();
    let inputs = entries.filter(|entry| entry.input.is_some());
    inputs
        .filter(|entry| head(entry)["stamp"].is_object())
        .count()
}

fn kinds(desk: &Desk) -> Vec<u16> {
    let entries = feed(desk).into_iter();
    let inputs = entries.filter(|entry| entry.input.is_some());
    inputs.map(|entry| entry.kind).collect()
}

#[test]
fn the_same_words_with_other_attributes_are_a_duplicate_that_updates_them() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![held("")]);
    sign_in(&desk, &["ana"]);
    let likes = |reach: u64, likes: u64| {
        version(json!({"text": "Where is it?", "likes": likes,
            "author": {"address": "@jo", "reach": reach}}))
    };
    take_in(&desk, vec![likes(10, 1)]);
    let conversation = taken_by(&desk, "ana");
    send(&desk, conversation, "ana", "r1", "It left this morning.");
    let before = read_snapshot(&conversations(&desk)[0]).expect("readable");
    for _ in 0..2 {
        let receipts = take_in(&desk, vec![likes(11, 1), likes(11, 2)]);
        assert!(receipts.iter().all(|receipt| kind(receipt).is_none()));
    }
    let row = conversations(&desk).remove(0);
    assert_eq!(row.state, ConversationState::AwaitingApproval);
    let after = read_snapshot(&row).expect("readable");
    assert_eq!(after.pending, before.pending);
    assert_eq!(after.unanswered, before.unanswered);
    assert_eq!(after.interaction_count, 1);
    assert_eq!(decisions(&desk), 1);
    let stored = texts(&desk);
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].author.reach, Some(11));
    assert_eq!(stored[0].attributes["likes"], 2);
    // Resolved, it stays so.
    let resolve = patchbay_pass::agent_action::AgentAction::Resolve;
    act(&desk, conversation, agent("ana"), resolve).expect("resolved");
    take_in(&desk, vec![likes(99, 9)]);
    assert!(conversations(&desk).is_empty());
}

#[test]
fn what_is_no_part_of_the_words_is_no_edit() {
    let file = |url: &str| json!([{"kind": "image", "url": url}]);
    let first = json!({"text": "Look", "attachments": file("https://cdn.example/a.jpg?sig=1")});
    for (change, is_edit) in [
        (
            json!({"attachments": file("https://cdn.example/a.jpg?sig=2#x")}),
            false,
        ),
        (
            json!({"attachments": file("https://cdn.example/b.jpg?sig=1")}),
            true,
        ),
        (json!({"attachments": []}), true),
        (json!({"received_at": "2026-01-01T10:00:00Z"}), false),
        (json!({"language": "de"}), false),
        (json!({"author": {"address": "@jo", "name": "Jo"}}), false),
        (json!({"text": "Look!"}), true),
        (json!({"text": "Look \r\n"}), false),
        (json!({"text": "\u{feff}Look\u{200e}"}), false),
        (json!({"text": "Lo ok"}), true),
    ] {
        let place = tempfile::tempdir().expect("a place");
        let desk = desk_of(place.path(), vec![ruled("")]);
        take_in(&desk, vec![version(first.clone())]);
        let mut second = first.clone();
        for (name, field) in change.as_object().expect("an object") {
            second[name] = field.clone();
        }
        let receipts = take_in(&desk, vec![version(second)]);
        let expected = is_edit.then_some(InputKind::Edit);
        assert_eq!(kind(&receipts[0]), expected, "{change}");
        assert_eq!(decisions(&desk), 1 + usize::from(is_edit), "{change}");
    }
}

#[test]
fn a_text_in_another_unicode_form_or_with_other_line_ends_is_no_edit() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    let of = |text: &str| version(json!({"text": text}));
    take_in(&desk, vec![of("Não chegou.\nOnde está?")]);
    for same in [
        "Na\u{303}o chegou.\nOnde esta\u{301}?",
        "Não chegou.\r\nOnde está?  \n",
    ] {
        let receipts = take_in(&desk, vec![of(same)]);
        assert_eq!(kind(&receipts[0]), None, "{same:?}");
    }
    assert_eq!(decisions(&desk), 1);
    let receipts = take_in(&desk, vec![of("Não chegou.\nOnde estao?")]);
    assert_eq!(kind(&receipts[0]), Some(InputKind::Edit));
}

#[test]
fn the_channels_time_orders_the_wordings() {
    let at = |minute: u32, text: &str| {
        let time = format!("2026-01-01T10:{minute:02}:00Z");
        version(json!({"text": text, "received_at": time}))
    };
    let edited = |minute: u32, text: &str| {
        let time = format!("2026-01-01T10:{minute:02}:00Z");
        version(json!({"text": text, "kind": "edit", "edited_at": time,
            "received_at": "2026-01-01T10:00:00Z"}))
    };
    let cases = [
        vec![at(0, "a"), at(5, "c"), at(3, "b")],
        vec![at(0, "a"), edited(5, "c"), edited(3, "b")],
        vec![edited(5, "c"), at(0, "a")],
        vec![edited(3, "b"), at(0, "a"), edited(5, "c")],
        vec![edited(5, "c"), edited(3, "b"), at(0, "a"), at(0, "a")],
    ];
    for deliveries in cases {
        let place = tempfile::tempdir().expect("a place");
        let desk = desk_of(place.path(), vec![ruled("")]);
        let order: Vec<String> = deliveries
            .iter()
            .map(|delivery| delivery.interaction.text.clone())
            .collect();
        for delivery in deliveries {
            take_in(&desk, vec![delivery]);
        }
        let stored = texts(&desk);
        assert_eq!(stored.len(), 1, "{order:?}");
        assert_eq!(stored[0].text, "c", "{order:?}");
        let snapshot = read_snapshot(&conversations(&desk)[0]).expect("readable");
        assert_eq!(snapshot.interaction_count, 1, "{order:?}");
        assert_eq!(snapshot.unanswered.iter().count(), 1, "{order:?}");
        // An older wording is recorded, and no policy is called about it.
        let newest_first = order.iter().scan(String::new(), |newest, text| {
            let is_newer = *text > *newest;
            if is_newer {
                *newest = (*text).to_owned();
            }
            Some(is_newer)
        });
        let decided = newest_first.filter(|is_newer| *is_newer).count();
        assert_eq!(decisions(&desk), decided, "{order:?}");
    }
}

#[test]
fn an_edit_back_to_earlier_words_is_an_edit() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    let mut answered = Vec::new();
    for text in ["Yes", "No", "Yes", "Yes", "No", "No", "Yes"] {
        answered.extend(take_in(&desk, vec![said("1", "@jo", text)]));
        assert_eq!(newest_text(&desk), text);
    }
    let edit = Some(InputKind::Edit);
    let message = Some(InputKind::Message);
    let kinds: Vec<_> = answered.iter().map(kind).collect();
    assert_eq!(kinds, [message, edit, edit, None, edit, None, edit]);
    drop(desk);
    let desk = desk_of(place.path(), vec![ruled("")]);
    let again = take_in(&desk, vec![said("1", "@jo", "Yes")]);
    assert_eq!(kind(&again[0]), None, "the state of a message is stored");
}

#[test]
fn an_edit_keeps_its_place() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    sign_in(&desk, &["ana"]);
    take_in(
        &desk,
        vec![said("1", "@jo", "Where is it?"), said("2", "@jo", "Hello?")],
    );
    let conversation = taken_by(&desk, "ana");
    take_in(&desk, vec![said("1", "@jo", "Where is my parcel?")]);
    let check = |desk: &Desk| {
        let listed = texts(desk);
        let listed: Vec<_> = listed.iter().map(|said| said.text.as_str()).collect();
        assert_eq!(listed, ["Hello?", "Where is my parcel?"]);
    };
    check(&desk);
    drop(desk);
    let desk = desk_of(place.path(), vec![ruled("")]);
    check(&desk);
    send(&desk, conversation, "ana", "r1", "It left this morning.");
    let out = outgoing(&desk).remove(0);
    let body: Value = serde_json::from_slice(out.body.as_ref().expect("bytes")).expect("JSON");
    assert_eq!(body["in_reply_to"], "2");
    let snapshot = read_snapshot(&conversations(&desk)[0]).expect("readable");
    assert_eq!(snapshot.interaction_count, 2);
    let unanswered: Vec<_> = snapshot.unanswered.iter().collect();
    assert_eq!(unanswered[0].interaction, "1");
    assert_eq!(
        snapshot.unanswered.since_ms(),
        Some(unanswered[0].wording.started_ms)
    );
}

#[test]
fn an_edit_of_an_answered_message_waits_for_a_reply_again() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "Thanks")]);
    let conversation = taken_by(&desk, "ana");
    let resolve = patchbay_pass::agent_action::AgentAction::Resolve;
    act(&desk, conversation, agent("ana"), resolve).expect("resolved");
    take_in(&desk, vec![said("1", "@jo", "My card is stolen")]);
    let row = conversations(&desk).remove(0);
    assert_eq!(row.state, ConversationState::Reserved);
    let snapshot = read_snapshot(&row).expect("readable");
    assert!(snapshot.clocks.unanswered_since().is_some());
    assert_eq!(
        kinds(&desk),
        [EventKind::Received as u16, EventKind::Edited as u16]
    );
}
