//! What a reply answers, what an echo answers, and what the customer takes back.

use std::path::Path;

use patchbay_desk::{Delivery, Desk};
use patchbay_events::EventKind;
use patchbay_journal::{Conversation, ConversationId};
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::directory::Presence;
use patchbay_pass::agent_action::{AgentAction, Destination};
use patchbay_records::conversation_reader::{self, read_snapshot};
use patchbay_records::reply::AfterReply;
use patchbay_records::snapshot::Snapshot;
use serde_json::{Value, json};

use crate::floor::{act, agent, kinds, sign_in, supervisor, taken_by};
use crate::office::{delivered, desk_of, feed, head, held, northwind, ruled, said, take_in};
use crate::replies::{outgoing, reply_then, send};

pub(crate) fn row(desk: &Desk, conversation: ConversationId) -> Conversation {
    let row = desk.journal().conversation(northwind(desk), conversation);
    row.expect("readable").expect("there")
}

fn snapshot(desk: &Desk, conversation: ConversationId) -> Snapshot {
    read_snapshot(&row(desk, conversation)).expect("readable")
}

/// The ids of the unanswered messages. The clock runs from the oldest, or not
/// at all.
fn unanswered(desk: &Desk, conversation: ConversationId) -> Vec<String> {
    let snapshot = snapshot(desk, conversation);
    assert_eq!(
        snapshot.clocks.unanswered_since(),
        snapshot.unanswered.since_ms()
    );
    let listed = snapshot.unanswered.iter();
    listed.map(|message| message.interaction.clone()).collect()
}

/// A desk where `ana` has taken the message `1` of `@jo`.
pub(crate) fn taken(place: &Path) -> (Desk, ConversationId) {
    let desk = desk_of(place, vec![ruled("")]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "Where is my parcel?")]);
    let conversation = taken_by(&desk, "ana");
    (desk, conversation)
}

pub(crate) fn deliver(desk: &Desk, key: &str) {
    desk.outbox().delivered("northwind", key).expect("noted");
    desk.wait_until_idle();
}

pub(crate) fn heads(desk: &Desk, kind: EventKind) -> Vec<Value> {
    let entries = feed(desk).into_iter();
    let of_kind = entries.filter(|entry| entry.kind == kind as u16);
    of_kind.map(|entry| head(&entry)).collect()
}

/// `value` as an interaction of `@jo` on `x`, with defaults.
fn by_jo(value: Value) -> Delivery {
    let mut whole = json!({"channel": "x", "text": "", "author": {"address": "@jo"}});
    for (name, field) in value.as_object().expect("an object") {
        whole[name] = field.clone();
    }
    delivered(whole)
}

fn echo(value: Value) -> Delivery {
    let mut whole = json!({"channel": "x", "direction": "outbound", "in_reply_to": "1",
        "text": "Other words", "author": {"address": "@northwind"}});
    for (name, field) in value.as_object().expect("an object") {
        whole[name] = field.clone();
    }
    delivered(whole)
}

fn seconds_ago(seconds: i64) -> String {
    let ago = jiff::SignedDuration::from_secs(seconds);
    (jiff::Timestamp::now() - ago).to_string()
}

#[test]
fn what_the_customer_writes_after_the_draft_stays_unanswered() {
    let after_draft = [
        said("2", "@jo", "And my refund?"),
        // The agent did not see this wording.
        said("1", "@jo", "Where is my parcel, and my refund?"),
    ];
    for later in after_draft {
        for then in AfterReply::ALL {
            let place = tempfile::tempdir().expect("a place");
            let (desk, conversation) = taken(place.path());
            let reply = reply_then("r1", "It left this morning.", then);
            act(&desk, conversation, agent("ana"), reply).expect("taken");
            take_in(&desk, vec![later.clone()]);
            deliver(&desk, &outgoing(&desk)[0].key);
            let context = format!("{then:?} over {:?}", later.interaction.text);
            let id = later.interaction.id.clone();
            assert_eq!(unanswered(&desk, conversation), [id], "{context}");
            let row = row(&desk, conversation);
            assert_eq!(row.state, ConversationState::Active, "{context}");
            assert_eq!(row.owner.as_deref(), Some("ana"), "{context}");
            let told = heads(&desk, EventKind::ReplyDelivered).remove(0);
            let withheld = match then {
                AfterReply::Stay => Value::Null,
                other => json!(other),
            };
            assert_eq!(told["withheld"], withheld, "{context}");
        }
    }
}

#[test]
fn of_two_replies_on_their_way_the_later_takes_effect_while_the_customer_is_waited_for() {
    for (then, state) in [
        (AfterReply::Stay, ConversationState::WaitingOnCustomer),
        (AfterReply::Wait, ConversationState::WaitingOnCustomer),
        (AfterReply::WrapUp, ConversationState::Wrapping),
        (AfterReply::Resolve, ConversationState::Resolved),
    ] {
        let place = tempfile::tempdir().expect("a place");
        let (desk, conversation) = taken(place.path());
        for (id, text, then) in [
            ("r1", "It left this morning.", AfterReply::Wait),
            ("r2", "Good bye!", then),
        ] {
            let reply = reply_then(id, text, then);
            act(&desk, conversation, agent("ana"), reply).expect("taken");
        }
        // A conversation's replies go out one after the other.
        for _ in 0..2 {
            deliver(&desk, &outgoing(&desk)[0].key);
        }
        assert_eq!(row(&desk, conversation).state, state, "{then:?}");
        let told = heads(&desk, EventKind::ReplyDelivered);
        assert_eq!(told.len(), 2);
        assert!(
            told.iter().all(|told| told["withheld"].is_null()),
            "{told:?}"
        );
    }
}

#[test]
fn a_reply_takes_effect_unless_somebody_decided_otherwise_after_it() {
    let hold = || Some(AgentAction::Hold);
    let transfer = || {
        let queue = Destination::Queue("general".to_owned());
        Some(AgentAction::Transfer(queue))
    };
    let resolved = ConversationState::Resolved;
    for (before, after, state, is_withheld) in [
        (None, None, resolved, false),
        (hold(), None, resolved, false),
        (hold(), Some(AgentAction::Resume), resolved, false),
        (None, hold(), ConversationState::OnHold, true),
        (transfer(), None, resolved, false),
        (None, transfer(), ConversationState::Queued, true),
        (
            None,
            Some(AgentAction::WrapUp),
            ConversationState::Wrapping,
            true,
        ),
        (None, Some(AgentAction::Resolve), resolved, false),
    ] {
        let place = tempfile::tempdir().expect("a place");
        let (desk, conversation) = taken(place.path());
        let busy = desk
            .roster()
            .set_presence("northwind", "ana", Presence::Busy);
        busy.expect("present");
        let context = format!("{before:?}, then {after:?}");
        let reply = reply_then("r1", "It left this morning.", AfterReply::Resolve);
        for action in before.into_iter().chain([reply]).chain(after) {
            act(&desk, conversation, supervisor(), action).expect(&context);
        }
        deliver(&desk, &outgoing(&desk)[0].key);
        assert_eq!(row(&desk, conversation).state, state, "{context}");
        let told = heads(&desk, EventKind::ReplyDelivered).remove(0);
        let withheld = told["withheld"].as_str();
        assert_eq!(withheld, is_withheld.then_some("resolve"), "{context}");
    }
}

#[test]
fn a_reply_answers_every_message_before_its_draft_also_after_a_restart() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = taken(place.path());
    take_in(&desk, vec![said("2", "@jo", "Hello?")]);
    send(&desk, conversation, "ana", "r1", "It left this morning.");
    take_in(&desk, vec![said("3", "@jo", "And my refund?")]);
    drop(desk);
    let desk = desk_of(place.path(), vec![ruled("")]);
    deliver(&desk, &outgoing(&desk)[0].key);
    assert_eq!(unanswered(&desk, conversation), ["3"]);
    send(&desk, conversation, "ana", "r2", "The refund, too.");
    deliver(&desk, &outgoing(&desk)[0].key);
    assert!(unanswered(&desk, conversation).is_empty());
    let state = row(&desk, conversation).state;
    assert_eq!(state, ConversationState::WaitingOnCustomer);
}

#[test]
fn an_edit_after_the_draft_waits_behind_an_older_question() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = taken(place.path());
    send(&desk, conversation, "ana", "r1", "It left this morning.");
    let edited = said("1", "@jo", "Where is my parcel, please?");
    take_in(&desk, vec![said("2", "@jo", "And my refund?")]);
    let asked = snapshot(&desk, conversation).unanswered;
    let asked = asked.iter().nth(1).expect("two wait").wording.started_ms;
    std::thread::sleep(std::time::Duration::from_millis(5));
    take_in(&desk, vec![edited]);
    deliver(&desk, &outgoing(&desk)[0].key);
    assert_eq!(unanswered(&desk, conversation), ["2", "1"]);
    let clocks = snapshot(&desk, conversation).clocks;
    assert_eq!(clocks.unanswered_since(), Some(asked));
}

#[test]
fn of_two_edits_after_the_draft_the_first_starts_the_clock() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = taken(place.path());
    send(&desk, conversation, "ana", "r1", "It left this morning.");
    let first = desk.now();
    take_in(&desk, vec![said("1", "@jo", "Where is my refund?")]);
    std::thread::sleep(std::time::Duration::from_millis(5));
    let second = u64::try_from(desk.now().as_millisecond()).expect("after 1970");
    take_in(&desk, vec![said("1", "@jo", "Where is my refund, please?")]);
    deliver(&desk, &outgoing(&desk)[0].key);
    let since = snapshot(&desk, conversation).clocks.unanswered_since();
    let since = since.expect("it waits");
    assert!(since < second && since >= u64::try_from(first.as_millisecond()).expect("after 1970"));
}

#[test]
fn the_echo_of_a_reply_answers_nothing_more_however_many_replies_followed() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = taken(place.path());
    for number in 1..=12 {
        let (id, text) = (format!("r{number}"), format!("Answer {number}"));
        let reply = reply_then(&id, &text, AfterReply::Stay);
        act(&desk, conversation, agent("ana"), reply).expect("taken");
    }
    let sending = snapshot(&desk, conversation).sending.into_iter();
    let keys: Vec<String> = sending.map(|sending| sending.key).collect();
    take_in(&desk, vec![said("2", "@jo", "And my refund?")]);
    for (id, text) in [(keys[0].as_str(), "Other words"), ("e1", "Answer 2")] {
        take_in(&desk, vec![echo(json!({"id": id, "text": text}))]);
        assert_eq!(unanswered(&desk, conversation), ["2"], "on their way");
    }
    for key in &keys {
        deliver(&desk, key);
    }
    let named = json!({"id": "e2", "attributes": {"reply": keys[1]}});
    take_in(&desk, vec![echo(named)]);
    assert_eq!(unanswered(&desk, conversation), ["2"], "delivered");
    take_in(&desk, vec![echo(json!({"id": "e3"}))]);
    assert!(unanswered(&desk, conversation).is_empty(), "another answer");
}

#[test]
fn an_older_reply_that_is_delivered_late_changes_nothing_more() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = taken(place.path());
    send(&desk, conversation, "ana", "r1", "It left this morning.");
    let first = outgoing(&desk).remove(0).key;
    take_in(&desk, vec![said("2", "@jo", "And my refund?")]);
    let reply = reply_then("r2", "The refund, too.", AfterReply::Stay);
    act(&desk, conversation, agent("ana"), reply).expect("taken");
    let sending = snapshot(&desk, conversation).sending;
    deliver(&desk, &sending[1].key);
    assert!(unanswered(&desk, conversation).is_empty());
    take_in(&desk, vec![said("3", "@jo", "When?")]);
    deliver(&desk, &first);
    assert_eq!(unanswered(&desk, conversation), ["3"]);
}

#[test]
fn an_echo_answers_what_is_older_and_that_of_a_known_reply_nothing_more() {
    let (before, after) = (seconds_ago(60), seconds_ago(10));
    let cases = [
        ("named by its id", json!({"id": "KEY"}), true),
        (
            "named by an attribute",
            json!({"id": "e", "reply": "KEY"}),
            true,
        ),
        (
            "named by the agent's id",
            json!({"id": "e", "reply": "r1"}),
            true,
        ),
        (
            "known by its text",
            json!({"id": "e", "text": "It left  this morning. "}),
            true,
        ),
        (
            "older than the question",
            json!({"id": "e", "received_at": before}),
            true,
        ),
        (
            "written by a program",
            json!({"id": "e", "automatic": true}),
            true,
        ),
        (
            "newer than the question",
            json!({"id": "e", "received_at": after}),
            false,
        ),
        ("without a time", json!({"id": "e"}), false),
    ];
    for (case, fields, is_open) in cases {
        let place = tempfile::tempdir().expect("a place");
        let (desk, conversation) = taken(place.path());
        send(&desk, conversation, "ana", "r1", "It left this morning.");
        let key = outgoing(&desk).remove(0).key;
        deliver(&desk, &key);
        let question = json!({"id": "2", "text": "And?", "received_at": seconds_ago(30)});
        take_in(&desk, vec![by_jo(question)]);
        let fields = fields.to_string().replace("KEY", &key);
        take_in(
            &desk,
            vec![echo(serde_json::from_str(&fields).expect("JSON"))],
        );
        let expected: &[&str] = if is_open { &["2"] } else { &[] };
        assert_eq!(unanswered(&desk, conversation), expected, "{case}");
        // The same words a second time are not that reply again.
        let again = json!({"id": "again", "text": "It left this morning."});
        if case == "known by its text" {
            take_in(&desk, vec![echo(again)]);
            assert!(unanswered(&desk, conversation).is_empty(), "{case}");
        }
    }
}

#[test]
fn an_echo_before_the_delivery_is_reported_answers_what_the_reply_answers() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = taken(place.path());
    send(&desk, conversation, "ana", "r1", "It left this morning.");
    take_in(&desk, vec![said("2", "@jo", "And my refund?")]);
    let key = outgoing(&desk).remove(0).key;
    take_in(&desk, vec![echo(json!({"id": key}))]);
    assert_eq!(unanswered(&desk, conversation), ["2"]);
    let since = snapshot(&desk, conversation).unanswered.since_ms();
    deliver(&desk, &key);
    assert_eq!(unanswered(&desk, conversation), ["2"]);
    let after = snapshot(&desk, conversation);
    assert_eq!(after.unanswered.since_ms(), since);
    assert_eq!(after.last_agent.as_deref(), Some("ana"));
}

#[test]
fn an_automatic_greeting_leaves_the_first_response_open() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = taken(place.path());
    let greeting = json!({"id": "g", "text": "We will be with you soon.", "automatic": true});
    take_in(&desk, vec![echo(greeting)]);
    assert_eq!(unanswered(&desk, conversation), ["1"]);
    assert_eq!(heads(&desk, EventKind::Echoed)[0]["automatic"], true);
}

#[test]
fn an_automatic_message_of_the_customer_changes_nothing() {
    let away = |id: &str| by_jo(json!({"id": id, "text": "I am away.", "automatic": true}));
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![held("")]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![away("0")]);
    assert!(
        crate::office::conversations(&desk).is_empty(),
        "a new thread"
    );
    take_in(&desk, vec![said("1", "@jo", "Where is my parcel?")]);
    let conversation = taken_by(&desk, "ana");
    // While it is active, and a reply waits for approval.
    send(&desk, conversation, "ana", "r1", "It left this morning.");
    take_in(&desk, vec![away("2")]);
    assert_eq!(unanswered(&desk, conversation), ["1"]);
    let state = || row(&desk, conversation).state;
    assert_eq!(state(), ConversationState::AwaitingApproval);
    let approve = AgentAction::Approve {
        reply: "r1".to_owned(),
    };
    act(&desk, conversation, supervisor(), approve).expect("approved");
    let out = outgoing(&desk).remove(0);
    let body: Value = serde_json::from_slice(out.body.as_ref().expect("bytes")).expect("JSON");
    assert_eq!(body["in_reply_to"], "1");
    // While it waits on the customer.
    deliver(&desk, &out.key);
    take_in(&desk, vec![away("3")]);
    assert_eq!(state(), ConversationState::WaitingOnCustomer);
    // After it is resolved.
    let resolve = AgentAction::Resolve;
    act(&desk, conversation, agent("ana"), resolve).expect("resolved");
    take_in(&desk, vec![away("4")]);
    assert_eq!(state(), ConversationState::Resolved);
    let after = snapshot(&desk, conversation);
    assert_eq!(after.clocks.unanswered_since(), None);
    let offers = desk.conversations().offers("northwind", None);
    assert!(offers.expect("offers").is_empty());
    let received = heads(&desk, EventKind::Received);
    let automatic = received.iter().filter(|head| head["automatic"] == true);
    assert_eq!(automatic.count(), 4);
}

fn taken_back(id: &str) -> Delivery {
    by_jo(json!({"id": id, "kind": "delete"}))
}

#[test]
fn a_message_taken_back_after_replies_leaves_the_conversation_with_its_agent() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "Where is my parcel?")]);
    let conversation = taken_by(&desk, "ana");
    send(&desk, conversation, "ana", "r1", "I am looking into it.");
    deliver(&desk, &outgoing(&desk).remove(0).key);
    take_in(&desk, vec![said("2", "@jo", "Hello?")]);
    assert_eq!(unanswered(&desk, conversation), ["2"]);
    let before = row(&desk, conversation).state;
    take_in(&desk, vec![taken_back("2")]);
    let after = row(&desk, conversation);
    assert_eq!((after.state, after.owner.as_deref()), (before, Some("ana")));
    assert!(unanswered(&desk, conversation).is_empty());
    let clocks = snapshot(&desk, conversation).clocks;
    assert_eq!(clocks.unanswered_since(), None);
}

#[test]
fn a_message_taken_back_before_any_reply_resolves_also_what_an_agent_owns() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "My PIN is 1234")]);
    let conversation = taken_by(&desk, "ana");
    take_in(&desk, vec![taken_back("1")]);
    assert_eq!(row(&desk, conversation).state, ConversationState::Resolved);
}

#[test]
fn a_customer_who_takes_the_only_message_back_resolves_the_conversation() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "My PIN is 1234")]);
    let offer = desk.conversations().offers("northwind", None);
    let offer = offer.expect("offers").remove(0);
    let conversation: ConversationId = offer.conversation.parse().expect("an id");
    take_in(&desk, vec![taken_back("1")]);
    let resolved = row(&desk, conversation);
    assert_eq!(
        (resolved.state, resolved.due_at),
        (ConversationState::Resolved, None)
    );
    assert!(unanswered(&desk, conversation).is_empty());
    let offers = desk.conversations().offers("northwind", None);
    assert!(offers.expect("offers").is_empty());
    assert_eq!(
        kinds(&desk),
        [
            EventKind::Received,
            EventKind::Offered,
            EventKind::Deleted,
            EventKind::StateChanged,
            EventKind::Withdrawn,
        ]
    );
    // A second time, and an edit that comes late, change nothing.
    take_in(
        &desk,
        vec![taken_back("1"), said("1", "@jo", "My PIN is 4321")],
    );
    assert_eq!(row(&desk, conversation).state, ConversationState::Resolved);
    let texts =
        conversation_reader::recent_interactions(&**desk.journal(), &row(&desk, conversation));
    assert!(texts.expect("readable").is_empty());
}

#[test]
fn of_several_messages_only_the_one_taken_back_is_gone() {
    for (gone, left) in [("1", "2"), ("2", "1")] {
        let place = tempfile::tempdir().expect("a place");
        let (desk, conversation) = taken(place.path());
        take_in(
            &desk,
            vec![said("2", "@jo", "And my refund?"), taken_back(gone)],
        );
        assert_eq!(unanswered(&desk, conversation), [left]);
        assert_eq!(row(&desk, conversation).state, ConversationState::Active);
        let done = send(&desk, conversation, "ana", "r1", "It left this morning.");
        assert!(done.reply.is_some());
        let out = outgoing(&desk).remove(0);
        let body: Value = serde_json::from_slice(out.body.as_ref().expect("bytes")).expect("JSON");
        assert_eq!(body["in_reply_to"], left);
    }
}

#[test]
fn a_message_that_was_answered_is_taken_back_without_effect() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = taken(place.path());
    send(&desk, conversation, "ana", "r1", "It left this morning.");
    deliver(&desk, &outgoing(&desk)[0].key);
    take_in(&desk, vec![taken_back("1")]);
    let row = row(&desk, conversation);
    assert_eq!(row.state, ConversationState::WaitingOnCustomer);
    assert_eq!(row.owner.as_deref(), Some("ana"));
}

#[test]
fn a_message_that_comes_after_its_deletion_is_not_offered() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    sign_in(&desk, &["ana"]);
    take_in(
        &desk,
        vec![taken_back("1"), said("1", "@jo", "My PIN is 1234")],
    );
    assert!(crate::office::conversations(&desk).is_empty());
    let received = heads(&desk, EventKind::Received);
    assert_eq!(
        (received.len(), &received[0]["superseded"]),
        (1, &json!(true))
    );
    take_in(&desk, vec![said("2", "@jo", "Hello?")]);
    let conversation = taken_by(&desk, "ana");
    assert_eq!(unanswered(&desk, conversation), ["2"]);
}
