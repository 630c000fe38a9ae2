//! Replies: sent once, held, approved, out of date.

use patchbay_desk::Desk;
use patchbay_events::EventKind;
use patchbay_journal::ConversationId;
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::interaction::WrittenBy;
use patchbay_pass::agent_action::{ActionError, ActionResult, AgentAction};
use patchbay_records::outbox_payload::OutboxMessage;
use patchbay_records::reply::{AfterReply, Reply, ReplyStatus};
use serde_json::Value;

use crate::approvals::listed;
use crate::floor::{act, agent, sign_in, supervisor, taken_by};
use crate::office::{
    conversations, desk_of, feed, head, held, noted, ruled, said, silent, take_in,
};

fn reply(id: &str, text: &str) -> AgentAction {
    reply_then(id, text, AfterReply::Wait)
}

pub(crate) fn reply_then(id: &str, text: &str, then: AfterReply) -> AgentAction {
    AgentAction::Reply(Reply {
        id: id.to_owned(),
        text: text.to_owned(),
        template: None,
        attachments: Vec::new(),
        written_by: WrittenBy::Human,
        then,
    })
}

pub(crate) fn send(
    desk: &Desk,
    conversation: ConversationId,
    by: &str,
    id: &str,
    text: &str,
) -> ActionResult {
    act(desk, conversation, agent(by), reply(id, text)).expect("taken")
}

fn status(done: &ActionResult) -> ReplyStatus {
    done.reply.as_ref().expect("a reply").status
}

pub(crate) fn outgoing(desk: &Desk) -> Vec<OutboxMessage> {
    desk.outbox().due(|_| false, 100).expect("readable")
}

/// Answer, and have the channel take it.
pub(crate) fn answer(desk: &Desk, conversation: ConversationId, by: &str, id: &str, text: &str) {
    let done = send(desk, conversation, by, id, text);
    assert_eq!(status(&done), ReplyStatus::Published);
    for out in outgoing(desk) {
        desk.outbox()
            .delivered("northwind", &out.key)
            .expect("noted");
    }
    desk.wait_until_idle();
}

fn state(desk: &Desk) -> ConversationState {
    conversations(desk)[0].state
}

#[test]
fn a_reply_is_published_once_and_its_clock_stops_when_the_channel_accepts_it() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let conversation = taken_by(&desk, "ana");
    let first = send(&desk, conversation, "ana", "r1", "Hello Jo!");
    assert_eq!(status(&first), ReplyStatus::Published);
    let again = send(&desk, conversation, "ana", "r1", "Hello Jo!");
    assert_eq!(status(&again), ReplyStatus::Published);
    let out = outgoing(&desk);
    assert_eq!(out.len(), 1, "{out:?}");
    let body: Value = serde_json::from_slice(out[0].body.as_ref().expect("bytes")).expect("JSON");
    assert_eq!(body["text"], "Hello Jo!");
    assert_eq!(
        (&body["to"], &body["in_reply_to"]),
        (&"@jo".into(), &"1".into())
    );
    assert_eq!(body["written_by"], "human");
    assert_eq!(out, outgoing(&desk), "the same bytes at each attempt");
    let open = |row: &patchbay_journal::Conversation| {
        let snapshot = patchbay_records::conversation_reader::read_snapshot(row).expect("readable");
        snapshot.clocks.unanswered_since().is_some()
    };
    assert!(open(&conversations(&desk)[0]), "sent off is not delivered");
    for _ in 0..2 {
        desk.outbox()
            .delivered("northwind", &out[0].key)
            .expect("noted");
        desk.wait_until_idle();
    }
    let row = conversations(&desk).remove(0);
    assert!(!open(&row));
    assert_eq!(row.state, ConversationState::WaitingOnCustomer);
    assert_eq!(row.owner.as_deref(), Some("ana"));
    assert!(outgoing(&desk).is_empty());
    let delivered = feed(&desk)
        .into_iter()
        .filter(|entry| entry.kind == EventKind::ReplyDelivered as u16);
    assert_eq!(delivered.count(), 1);
}

#[test]
fn without_a_tone_policy_there_is_no_review() {
    for (rules, expected) in [
        (ruled(""), ReplyStatus::Published),
        (held(""), ReplyStatus::Held),
    ] {
        let place = tempfile::tempdir().expect("a place");
        let desk = desk_of(place.path(), vec![rules]);
        sign_in(&desk, &["ana"]);
        take_in(&desk, vec![said("1", "@jo", "Hello?")]);
        let conversation = taken_by(&desk, "ana");
        let typed = desk.conversations().check_draft(
            "northwind",
            conversation,
            &agent("ana"),
            "Hello",
            WrittenBy::Human,
        );
        let typed = typed.expect("a desk that works").expect("allowed");
        assert_eq!(typed.review, None, "{expected:?}");
        let sent = send(&desk, conversation, "ana", "r1", "Hello Jo!");
        let reply = sent.reply.expect("a reply");
        assert_eq!((reply.status, reply.review), (expected, None));
        let checked = feed(&desk).into_iter().map(|entry| head(&entry));
        let checked: Vec<Value> = checked.filter(|head| head["reply"] == "r1").collect();
        assert!(
            checked
                .iter()
                .all(|head| head["decision"]["tone"].is_null()),
            "{checked:?}"
        );
    }
}

#[test]
fn only_the_assignee_or_a_supervisor_sends_and_an_id_is_used_once() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let conversation = taken_by(&desk, "ana");
    let stranger = act(&desk, conversation, agent("ben"), reply("r1", "Hi"));
    assert!(
        matches!(stranger, Err(ActionError::NotYours { .. })),
        "{stranger:?}"
    );
    act(&desk, conversation, supervisor(), reply("r1", "Hi")).expect("a supervisor may");
    let other = act(&desk, conversation, agent("ana"), reply("r1", "Ho"));
    assert!(
        matches!(other, Err(ActionError::ReplyIdTaken { .. })),
        "{other:?}"
    );
    let long = act(
        &desk,
        conversation,
        agent("ana"),
        reply("r2", &"a".repeat(281)),
    );
    assert!(
        matches!(
            long,
            Err(ActionError::TooLong {
                length: 281,
                limit: 280,
                ..
            })
        ),
        "{long:?}"
    );
}

#[test]
fn a_reply_without_a_publisher_fails_with_an_error() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![silent()]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let conversation = taken_by(&desk, "ana");
    let refused = act(&desk, conversation, agent("ana"), reply("r1", "Hi"));
    assert!(
        matches!(refused, Err(ActionError::NoPublisher { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_held_reply_is_published_after_all_steps_and_authors_cannot_approve() {
    let place = tempfile::tempdir().expect("a place");
    let rules = "[[approval]]\napprovers = [\"ana\", \"max\", \"eva\"]\nneed = \"all\"\n[[approval]]\napprovers = [\"law\"]";
    let desk = desk_of(place.path(), vec![held(rules)]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let conversation = taken_by(&desk, "ana");
    let done = act(&desk, conversation, agent("ana"), reply("r1", "Hi")).expect("taken");
    assert_eq!(status(&done), ReplyStatus::Held);
    assert_eq!(done.state, ConversationState::AwaitingApproval);
    assert!(outgoing(&desk).is_empty());
    assert_eq!(listed(&desk), [conversation]);
    let approve = |who: &str| {
        let reply = "r1".to_owned();
        act(
            &desk,
            conversation,
            agent(who),
            AgentAction::Approve { reply },
        )
    };
    assert!(matches!(approve("ana"), Err(ActionError::OwnReply)));
    assert!(matches!(
        approve("law"),
        Err(ActionError::NotAnApprover { .. })
    ));
    let no_such = AgentAction::Approve {
        reply: "r2".to_owned(),
    };
    let refused = act(&desk, conversation, agent("max"), no_such);
    assert!(matches!(refused, Err(ActionError::NothingPending { .. })));
    for who in ["max", "max", "eva"] {
        assert_eq!(
            status(&approve(who).expect("counted")),
            ReplyStatus::Held,
            "{who}"
        );
    }
    // Their own approval is not needed: whoever wrote it cannot give it.
    assert_eq!(
        status(&approve("law").expect("the last")),
        ReplyStatus::Published
    );
    assert_eq!(outgoing(&desk).len(), 1);
    let feed = feed(&desk);
    let last: Vec<u16> = feed.iter().rev().take(2).map(|entry| entry.kind).collect();
    let [approved, published] = [EventKind::ReplyApproved, EventKind::ReplyPublished];
    assert_eq!(last, [published as u16, approved as u16]);
    assert_eq!(state(&desk), ConversationState::Active);
    assert_eq!(listed(&desk), []);
}

#[test]
fn a_newer_message_or_reply_makes_a_held_reply_stale() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![held("")]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let conversation = taken_by(&desk, "ana");
    send(&desk, conversation, "ana", "r1", "Hi");
    send(&desk, conversation, "ana", "r2", "Hi there");
    take_in(&desk, vec![said("2", "@jo", "Never mind")]);
    assert_eq!(state(&desk), ConversationState::Active);
    let reply = "r2".to_owned();
    let late = act(
        &desk,
        conversation,
        supervisor(),
        AgentAction::Approve { reply },
    );
    assert!(
        matches!(late, Err(ActionError::NothingPending { .. })),
        "{late:?}"
    );
    let because: Vec<String> = feed(&desk)
        .iter()
        .filter(|entry| entry.kind == EventKind::ReplyStale as u16)
        .map(|entry| head(entry)["because"].to_string())
        .collect();
    assert_eq!(because, ["\"superseded\"", "\"customer-wrote\""]);
}

#[test]
fn a_rejected_or_undeliverable_reply_returns_to_the_agent() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![held("")]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let conversation = taken_by(&desk, "ana");
    send(&desk, conversation, "ana", "r1", "Hi");
    let reject = AgentAction::Reject {
        reply: "r1".to_owned(),
        why: "Too short".to_owned(),
    };
    let done = act(&desk, conversation, supervisor(), reject).expect("rejected");
    assert_eq!(
        (status(&done), done.state),
        (ReplyStatus::Rejected, ConversationState::Active)
    );
    send(&desk, conversation, "ana", "r2", "Hello, how can I help?");
    let reply = "r2".to_owned();
    act(
        &desk,
        conversation,
        supervisor(),
        AgentAction::Approve { reply },
    )
    .expect("approved");
    let out = outgoing(&desk).remove(0);
    desk.outbox()
        .fail("northwind", &out.key, &crate::undeliverable::gone())
        .expect("noted");
    desk.wait_until_idle();
    let alerts = feed(&desk)
        .into_iter()
        .filter(|entry| entry.kind == EventKind::Alerted as u16);
    assert_eq!(alerts.count(), 1);
    let again = send(&desk, conversation, "ana", "r2", "Hello, how can I help?");
    assert_eq!(status(&again), ReplyStatus::Undeliverable);
    desk.journal()
        .retry_outbox(
            crate::office::northwind(&desk),
            &out.key,
            desk.now(),
            noted(),
        )
        .expect("a human sends it after all");
    desk.outbox()
        .delivered("northwind", &out.key)
        .expect("noted");
    desk.wait_until_idle();
    let late = send(&desk, conversation, "ana", "r2", "Hello, how can I help?");
    assert_eq!(status(&late), ReplyStatus::Delivered);
    assert_eq!(state(&desk), ConversationState::WaitingOnCustomer);
}

#[test]
fn after_an_erasure_nothing_of_the_contact_is_pending_or_sent() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("")]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let conversation = taken_by(&desk, "ana");
    send(&desk, conversation, "ana", "r1", "Hello Jo!");
    let contact = conversations(&desk)[0].contact.expect("somebody");
    desk.contacts()
        .erase("northwind", contact, noted())
        .expect("erased");
    desk.wait_until_idle();
    assert!(conversations(&desk).is_empty());
    let out = outgoing(&desk).remove(0);
    assert!(out.body.expect_err("no bytes").contains("erased"));
    assert_eq!(
        desk.roster()
            .agent("northwind", "ana")
            .expect("there")
            .view
            .load,
        0
    );
}
