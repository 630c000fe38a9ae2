//! A request for a reply is repeated long after: more replies followed than the
//! conversation's snapshot remembers.

use std::path::Path;

use patchbay_desk::Desk;
use patchbay_events::EventKind;
use patchbay_journal::ConversationId;
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::final_failure::{FinalFailure, FinalKind};
use patchbay_pass::agent_action::{ActionError, AgentAction};
use patchbay_records::conversation_reader::read_snapshot;
use patchbay_records::reply::{AfterReply, ReplyStatus};
use rusqlite::Connection;

use crate::floor::{act, agent, sign_in, supervisor, taken_by};
use crate::office::{conversations, desk_of, feed, head, held, ruled, said, take_in};
use crate::replies::{answer, outgoing, reply_then};

/// More than a snapshot remembers.
const LATER: u32 = 20;

/// A desk on which ana sent the reply `first`, and many after it.
fn desk_with_replies(place: &Path) -> (Desk, ConversationId) {
    let desk = desk_of(place, vec![ruled("")]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let conversation = taken_by(&desk, "ana");
    answer(&desk, conversation, "ana", "first", "Hello Jo!");
    for number in 0..LATER {
        let (id, text) = (format!("later-{number}"), format!("Part {number}"));
        answer(&desk, conversation, "ana", &id, &text);
    }
    (desk, conversation)
}

/// Entries of a kind about the reply `first`.
fn entries_of_first(desk: &Desk, kind: EventKind) -> usize {
    let of_kind = feed(desk)
        .into_iter()
        .filter(|entry| entry.kind == kind as u16);
    of_kind
        .filter(|entry| head(entry)["reply"] == "first")
        .count()
}

#[test]
fn a_reply_id_is_never_published_twice_however_many_replies_followed() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = desk_with_replies(place.path());
    let again = || reply_then("first", "Hello Jo!", AfterReply::Wait);
    for _ in 0..2 {
        let done = act(&desk, conversation, agent("ana"), again()).expect("answered");
        let result = done.reply.expect("a reply");
        assert_eq!(result.status, ReplyStatus::Delivered);
    }
    assert!(outgoing(&desk).is_empty(), "it was sent");
    assert_eq!(entries_of_first(&desk, EventKind::ReplyDrafted), 1);
    assert_eq!(entries_of_first(&desk, EventKind::ReplyPublished), 1);

    drop(desk);
    let desk = desk_of(place.path(), vec![ruled("")]);
    let done = act(&desk, conversation, agent("ana"), again()).expect("answered");
    assert_eq!(done.reply.expect("a reply").status, ReplyStatus::Delivered);
    assert_eq!(entries_of_first(&desk, EventKind::ReplyPublished), 1);
}

#[test]
fn the_id_of_an_old_reply_is_taken_for_another_text() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = desk_with_replies(place.path());
    let other = reply_then("first", "Something else", AfterReply::Wait);
    let refused = act(&desk, conversation, agent("ana"), other).expect_err("taken");
    assert!(
        matches!(refused, ActionError::ReplyIdTaken { .. }),
        "{refused}"
    );
    assert!(outgoing(&desk).is_empty());
}

#[test]
fn an_old_reply_that_was_sent_cannot_be_taken_back() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = desk_with_replies(place.path());
    let take_back = AgentAction::TakeBack {
        reply: "first".to_owned(),
    };
    let refused = act(&desk, conversation, agent("ana"), take_back).expect_err("sent");
    assert!(
        matches!(refused, ActionError::AlreadySent { .. }),
        "{refused}"
    );
}

#[test]
fn a_late_report_that_an_old_reply_did_not_arrive_returns_the_conversation_once() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = desk_with_replies(place.path());
    let key = feed(&desk)
        .iter()
        .filter(|entry| entry.kind == EventKind::ReplyDelivered as u16)
        .map(head)
        .find(|delivered| delivered["reply"] == "first")
        .and_then(|delivered| delivered["key"].as_str().map(str::to_owned))
        .expect("its key");
    for _ in 0..2 {
        let failure = FinalFailure {
            kind: FinalKind::Refused,
            problem: "the number is not in service".to_owned(),
        };
        let report = AgentAction::Undelivered {
            key: key.clone(),
            failure,
        };
        act(&desk, conversation, supervisor(), report).expect("written");
    }
    assert_eq!(entries_of_first(&desk, EventKind::ReplyUndeliverable), 1);
    assert_eq!(conversations(&desk)[0].state, ConversationState::Active);
}

#[test]
fn the_reply_that_waits_for_approval_stays_where_another_held_one_is_taken_back() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = desk_with_replies(place.path());
    drop(desk);
    let rules = "[[approval]]\napprovers = [\"max\"]";
    let desk = desk_of(place.path(), vec![held(rules)]);
    let sent = reply_then("waits", "Hi", AfterReply::Wait);
    let done = act(&desk, conversation, agent("ana"), sent).expect("taken");
    assert_eq!(done.reply.expect("a reply").status, ReplyStatus::Held);
    drop(desk);
    // The snapshot knows another one as pending, and the history that this one was held.
    let sql = Connection::open(place.path().join("desk.db")).expect("opened");
    let changed = sql.execute(
        "UPDATE conversation SET snapshot = CAST(json_set(CAST(snapshot AS TEXT),
           '$.pending.id', 'other', '$.answers[#-1].id', 'other') AS BLOB)",
        [],
    );
    assert_eq!(changed.expect("changed"), 1);
    drop(sql);
    let desk = desk_of(place.path(), vec![held(rules)]);
    let take_back = AgentAction::TakeBack {
        reply: "waits".to_owned(),
    };
    let refused = act(&desk, conversation, agent("ana"), take_back).expect_err("not pending");
    assert!(
        matches!(refused, ActionError::NothingToTakeBack { .. }),
        "{refused}"
    );
    let stored = read_snapshot(&conversations(&desk)[0]).expect("valid");
    assert_eq!(stored.pending.expect("it still waits").id, "other");
    assert_eq!(stored.state, ConversationState::AwaitingApproval);
}
