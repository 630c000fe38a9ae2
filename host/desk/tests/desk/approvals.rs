//! The list of conversations whose reply waits for approval.

use std::thread;

use patchbay_desk::{Desk, DeskSettings};
use patchbay_journal::*;
use patchbay_records::reply::{AfterReply, ReplyStatus};
use serde_json::json;

use crate::floor::{act, agent, sign_in, taken_by};
use crate::office::{delivered, eventually, held, journal, take_in};
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
