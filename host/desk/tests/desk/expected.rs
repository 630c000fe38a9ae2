//! Replies and actions of authors who say what they saw.

use std::sync::Arc;

use patchbay_desk::Desk;
use patchbay_events::EventKind;
use patchbay_journal::ConversationId;
use patchbay_model::actor::Actor;
use patchbay_pass::agent_action::{ActionError, ActionResult, AgentAction};
use patchbay_records::reply::{AfterReply, ReplyStatus};
use serde_json::json;
use tempfile::TempDir;

use crate::floor::{act, agent, sign_in, supervisor, taken_by};
use crate::office::{conversations, delivered, desk_of, held, northwind, ruled, said, take_in};
use crate::replies::{outgoing, reply_then};

fn on(
    desk: &Desk,
    conversation: ConversationId,
    actor: Actor,
    action: AgentAction,
    expected: u64,
) -> Result<ActionResult, ActionError> {
    let conversations = desk.conversations();
    let done = conversations.act_on("northwind", conversation, actor, (action, Some(expected)));
    desk.wait_until_idle();
    done.expect("a desk that works")
}

fn reply(id: &str) -> AgentAction {
    reply_then(id, "Hello Jo!", AfterReply::Stay)
}

fn sequence(desk: &Desk) -> u64 {
    conversations(desk)[0].sequence
}

/// The kinds of what is newer; panics if nothing was refused.
fn newer(refused: Result<ActionResult, ActionError>) -> Vec<EventKind> {
    match refused {
        Err(ActionError::Moved { newer, .. }) => newer
            .iter()
            .map(|entry| {
                assert!(entry.sealed.is_empty());
                EventKind::from_number(entry.kind).expect("known")
            })
            .collect(),
        other => panic!("{other:?}"),
    }
}

/// A conversation that ana owns.
fn owned(generation: Arc<patchbay_generations::Generation>) -> (TempDir, Desk, ConversationId) {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![generation]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let conversation = taken_by(&desk, "ana");
    (place, desk, conversation)
}

fn status(done: Result<ActionResult, ActionError>) -> ReplyStatus {
    done.expect("taken").reply.expect("a reply").status
}

#[test]
fn what_the_customer_did_since_refuses_a_reply() {
    let (_place, desk, conversation) = owned(ruled(""));
    let message = |id: &str, more: serde_json::Value| {
        let mut whole =
            json!({"id": id, "channel": "x", "text": "x", "author": {"address": "@jo"}});
        let fields = more.as_object().expect("an object").clone();
        whole.as_object_mut().expect("an object").extend(fields);
        delivered(whole)
    };
    let mut number = 0;
    for (delivery, matters) in [
        (
            message("2", json!({"text": "Another"})),
            Some(EventKind::Received),
        ),
        (
            message("2", json!({"text": "Reworded"})),
            Some(EventKind::Edited),
        ),
        (
            message("2", json!({"kind": "delete"})),
            Some(EventKind::Deleted),
        ),
        (
            message("3", json!({"text": "I am away", "automatic": true})),
            None,
        ),
        (
            message("4", json!({"kind": "reaction", "in_reply_to": "1"})),
            None,
        ),
        (message("1", json!({"text": "Hello?", "retweets": 7})), None),
        (
            message(
                "e1",
                json!({"direction": "outbound", "in_reply_to": "1",
                "author": {"address": "@northwind"}, "text": "From the app"}),
            ),
            Some(EventKind::Echoed),
        ),
    ] {
        let seen = sequence(&desk);
        take_in(&desk, vec![delivery]);
        assert!(sequence(&desk) > seen);
        number += 1;
        let id = format!("r{number}");
        let sent = on(&desk, conversation, agent("ana"), reply(&id), seen);
        match matters {
            Some(kind) => {
                assert_eq!(newer(sent), [kind]);
                let hold = on(&desk, conversation, agent("ana"), AgentAction::Hold, seen);
                assert_eq!(newer(hold), [kind]);
                // Nothing changed, and who reads it may send.
                let now = sequence(&desk);
                let sent = on(&desk, conversation, agent("ana"), reply(&id), now);
                assert_eq!(status(sent), ReplyStatus::Published);
            }
            None => assert_eq!(status(sent), ReplyStatus::Published, "{id}"),
        }
    }
}

#[test]
fn of_two_replies_to_the_same_words_one_goes_out() {
    for (generation, kind, expected) in [
        (ruled(""), EventKind::ReplyPublished, ReplyStatus::Published),
        (held(""), EventKind::ReplyHeld, ReplyStatus::Held),
    ] {
        let (_place, desk, conversation) = owned(generation);
        let seen = sequence(&desk);
        let first = on(&desk, conversation, agent("ana"), reply("r1"), seen);
        assert_eq!(status(first.clone()), expected);
        // Another tab of the same agent, and a supervisor.
        for (actor, id) in [(agent("ana"), "r2"), (supervisor(), "r3")] {
            let second = on(&desk, conversation, actor, reply(id), seen);
            assert_eq!(newer(second), [kind]);
        }
        // The same reply again is answered as the first time.
        let again = on(&desk, conversation, agent("ana"), reply("r1"), seen);
        assert_eq!(status(again), expected);
        // Its answer says from where to go on.
        let after = first.expect("taken").sequence;
        assert_eq!(after, sequence(&desk));
        let next = on(&desk, conversation, agent("ana"), reply("r4"), after);
        assert_eq!(status(next), expected);
    }
}

#[test]
fn replies_at_the_same_moment_with_the_same_expectation_go_out_once() {
    let (_place, desk, conversation) = owned(ruled(""));
    let seen = sequence(&desk);
    let sent = std::thread::scope(|scope| {
        let tabs: Vec<_> = (0..8)
            .map(|tab| {
                let desk = &desk;
                let action = (reply(&format!("r{tab}")), Some(seen));
                scope.spawn(move || {
                    let conversations = desk.conversations();
                    let done =
                        conversations.act_on("northwind", conversation, agent("ana"), action);
                    done.expect("a desk that works").is_ok()
                })
            })
            .collect();
        let sent = tabs.into_iter().map(|tab| tab.join().expect("no panic"));
        sent.filter(|sent| *sent).count()
    });
    desk.wait_until_idle();
    assert_eq!((sent, outgoing(&desk).len()), (1, 1));
}

#[test]
fn delivery_and_echo_of_a_seen_reply_are_no_news() {
    let (_place, desk, conversation) = owned(ruled(""));
    let then = reply_then("r1", "Hello Jo!", AfterReply::Wait);
    let sent = act(&desk, conversation, agent("ana"), then).expect("sent");
    let seen = sent.sequence;
    for out in outgoing(&desk) {
        desk.outbox()
            .delivered("northwind", &out.key)
            .expect("noted");
    }
    desk.wait_until_idle();
    let echo = json!({"id": "e1", "channel": "x", "text": "Hello Jo!", "direction": "outbound",
        "in_reply_to": "1", "author": {"address": "@northwind"}});
    take_in(&desk, vec![delivered(echo)]);
    assert!(sequence(&desk) >= seen + 3, "delivered, waits, echoed");
    let more = on(&desk, conversation, agent("ana"), reply("r2"), seen);
    assert_eq!(status(more), ReplyStatus::Published);
}

#[test]
fn what_another_person_did_to_owner_or_state_refuses_an_action() {
    let (_place, desk, conversation) = owned(ruled(""));
    sign_in(&desk, &["ben"]);
    let seen = sequence(&desk);
    // What the actor did is no news to them.
    on(&desk, conversation, agent("ana"), AgentAction::Hold, seen).expect("hers");
    on(&desk, conversation, agent("ana"), AgentAction::Resume, seen).expect("hers");
    let refused = on(
        &desk,
        conversation,
        supervisor(),
        AgentAction::Resolve,
        seen,
    );
    assert_eq!(
        newer(refused),
        [EventKind::StateChanged, EventKind::StateChanged]
    );
    let now = sequence(&desk);
    let to_ben = AgentAction::Assign {
        agent: "ben".to_owned(),
    };
    on(&desk, conversation, supervisor(), to_ben, now).expect("a supervisor may");
    // Ben has it now: that is no news to him, and is to others.
    on(&desk, conversation, agent("ben"), AgentAction::Hold, now).expect("his");
    let refused = on(&desk, conversation, agent("ana"), AgentAction::Resume, now);
    assert_eq!(newer(refused)[0], EventKind::Assigned);
    let refused = on(&desk, conversation, agent("ana"), reply("r1"), now);
    assert!(matches!(refused, Err(ActionError::NotYours { .. })));
}

#[test]
fn an_author_cannot_have_seen_what_is_not_there() {
    let (_place, desk, conversation) = owned(ruled(""));
    let last = sequence(&desk);
    let refused = on(&desk, conversation, agent("ana"), reply("r1"), last + 1);
    assert!(matches!(refused, Err(ActionError::NotYetThere { sequence }) if sequence == last));
    // Nothing was seen: the first message is newer.
    let refused = on(&desk, conversation, agent("ana"), reply("r1"), 0);
    assert_eq!(newer(refused)[0], EventKind::Received);
    assert_eq!(outgoing(&desk), []);
    let company = northwind(&desk);
    let row = desk.journal().conversation(company, conversation);
    assert_eq!(row.expect("readable").expect("there").sequence, last);
}
