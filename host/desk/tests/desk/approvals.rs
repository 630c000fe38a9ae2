//! The list of conversations whose reply waits for approval.

use std::sync::Arc;
use std::thread;

use parking_lot::Mutex;
use patchbay_desk::{Desk, DeskSettings};
use patchbay_events::EventKind;
use patchbay_journal::*;
use patchbay_pass::agent_action::AgentAction;
use patchbay_pass::observer::{CommittedPass, Observer};
use patchbay_records::reply::{AfterReply, ReplyStatus};
use serde_json::json;

use crate::floor::{act, agent, sign_in, supervisor, taken_by};
use crate::office::{delivered, desk_of, eventually, feed, held, journal, said, take_in};
use crate::replies::reply_then;

pub(crate) fn listed(desk: &Desk) -> Vec<ConversationId> {
    let listed = desk.conversations().approvals("northwind", None, 9);
    let listed = listed.expect("listed").into_iter();
    listed.map(|(_, conversation)| conversation).collect()
}

#[test]
fn a_reply_that_could_not_be_stored_is_not_listed_until_it_is() {
    let place = tempfile::tempdir().expect("a place");
    let journal = journal(place.path());
    let opened = Desk::open(journal.clone(), vec![held("")], DeskSettings::default());
    let desk = opened.expect("a desk");
    sign_in(&desk, &["ana"]);
    let mail = json!({"id": "1", "channel": "email", "text": "Hello?", "author": {"address": "jo@mail.example"}});
    take_in(&desk, vec![delivered(mail)]);
    let conversation = taken_by(&desk, "ana");
    // The reply needs more room than is left.
    journal.limit_bytes(1).expect("limited");
    let text = "Hello Jo. ".repeat(2_000);
    let done = thread::scope(|scope| {
        let action = reply_then("r1", &text, AfterReply::Wait);
        let reply = scope.spawn(|| act(&desk, conversation, agent("ana"), action));
        eventually(|| journal.storage().failure.is_some());
        let before = listed(&desk);
        journal.limit_bytes(1 << 30).expect("limited");
        let done = reply.join().expect("no panic");
        assert_eq!(before, [], "the reply was not stored");
        done
    });
    let reply = done.expect("taken").reply.expect("a reply");
    assert_eq!(reply.status, ReplyStatus::Held);
    assert_eq!(listed(&desk), [conversation]);
}

/// Numbers and kinds of the decisions that were committed.
#[derive(Debug, Default)]
struct CommittedDecisions(Mutex<Vec<(u64, EventKind)>>);

impl Observer for CommittedDecisions {
    fn committed(&self, pass: &CommittedPass<'_>) {
        let decisions = pass.trace.decisions.iter();
        let numbered = decisions.map(|decision| (pass.id(decision), decision.kind));
        self.0.lock().extend(numbered);
    }
}

#[test]
fn the_number_of_a_decision_is_that_of_its_entry_also_behind_an_approval() {
    let place = tempfile::tempdir().expect("a place");
    let conversation = {
        let desk = desk_of(place.path(), vec![held("")]);
        sign_in(&desk, &["ana"]);
        take_in(&desk, vec![said("1", "@jo", "Hello?")]);
        let conversation = taken_by(&desk, "ana");
        let reply = reply_then("r1", "Hello Jo!", AfterReply::Wait);
        act(&desk, conversation, agent("ana"), reply).expect("held");
        conversation
    };
    // Another generation checks the reply again when it is approved.
    let mut newer = Arc::into_inner(held("")).expect("not shared");
    newer.number = 2;
    let decisions = Arc::new(CommittedDecisions::default());
    let settings = DeskSettings {
        observer: Arc::clone(&decisions) as _,
        ..DeskSettings::default()
    };
    let opened = Desk::open(journal(place.path()), vec![Arc::new(newer)], settings);
    let desk = opened.expect("a desk");
    let approve = AgentAction::Approve {
        reply: "r1".to_owned(),
    };
    act(&desk, conversation, supervisor(), approve).expect("approved");
    let committed = decisions.0.lock().clone();
    let is_published = |(_, kind): &(u64, EventKind)| *kind == EventKind::ReplyPublished;
    assert!(committed.iter().any(is_published), "{committed:?}");
    let entries = feed(&desk);
    for (number, kind) in committed {
        let entry = entries.iter().find(|entry| entry.feed == number);
        assert_eq!(entry.map(|entry| entry.kind), Some(kind as u16), "{number}");
    }
}
