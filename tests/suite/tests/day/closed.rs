//! A route policy closes a conversation that a message reopened: it is resolved,
//! and nothing of it is offered or due, whatever comes later.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use patchbay_clock::{Clock, SteppedClock};
use patchbay_desk::{Delivery, Desk, DeskSettings};
use patchbay_events::EventKind;
use patchbay_generations::Generation;
use patchbay_journal::{AuditEntry, Conversation, ConversationId};
use patchbay_journal_sqlite::{Options, SqliteJournal};
use patchbay_model::actor::{Actor, ActorRole};
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::directory::Presence;
use patchbay_pass::agent_action::AgentAction;
use patchbay_records::conversation_reader::read_snapshot;
use patchbay_records::roster::Agent;
use serde_json::json;

use crate::company::{alone, assembler, built, company};

const START: &str = "2026-03-02T10:00:00Z";
const MINUTE: Duration = Duration::from_secs(60);

fn start() -> Timestamp {
    START.parse().expect("a time")
}

fn open(place: &Path, generation: &Arc<Generation>, clock: SteppedClock) -> Desk {
    let options = Options::new(place.join("desk.db"), place.join("desk.key"));
    let journal = SqliteJournal::open(&options).expect("a journal");
    let settings = DeskSettings {
        clock: Clock::stepped(clock),
        ..DeskSettings::default()
    };
    let companies = vec![Arc::clone(generation)];
    Desk::open(Arc::new(journal), companies, settings).expect("a desk")
}

fn sign_in_ana(desk: &Desk) {
    let audit = AuditEntry {
        at: start(),
        company: Some("northwind".to_owned()),
        actor: "local".to_owned(),
        act: "test".to_owned(),
        details: "{}".to_owned(),
    };
    let agent = Agent::from_value(json!({"id": "ana"})).expect("an agent");
    let roster = desk.roster();
    roster.put("northwind", vec![agent], audit).expect("put");
    let set = roster.set_presence("northwind", "ana", Presence::Available);
    set.expect("on the roster");
    desk.wait_until_idle();
}

/// A customer writes; the message waited so long before the host had it.
fn receive(desk: &Desk, id: &str, address: &str, text: &str, waited: Duration) {
    let received_at = desk.now() - waited;
    let interaction = json!({"id": id, "channel": "chat", "text": text,
        "received_at": received_at, "author": {"address": address}});
    let delivery = Delivery::from_outside(interaction).expect("valid");
    desk.accept("northwind", vec![delivery]).expect("accepted");
    desk.wait_until_idle();
}

fn ana() -> Actor {
    Actor {
        id: "ana".to_owned(),
        role: ActorRole::Agent,
    }
}

/// The conversations that are offered to Ana.
fn offered(desk: &Desk) -> Vec<String> {
    let offers = desk.conversations().offers("northwind", Some("ana"));
    let offers = offers.expect("readable").into_iter();
    offers.map(|offer| offer.conversation).collect()
}

/// Ana takes what she is offered, and resolves it.
fn take_and_resolve(desk: &Desk) -> ConversationId {
    let conversations = desk.conversations();
    let offers = conversations.offers("northwind", Some("ana"));
    let offer = offers.expect("readable").remove(0);
    let taken = conversations.answer_offer("northwind", offer.id, ana(), true);
    taken.expect("a desk that works").expect("taken");
    let id = offer.conversation.parse().expect("an id");
    let done = conversations.act("northwind", id, ana(), AgentAction::Resolve);
    done.expect("a desk that works").expect("resolved");
    desk.wait_until_idle();
    id
}

fn row(desk: &Desk, id: ConversationId) -> Conversation {
    let company = desk.company("northwind").expect("present");
    let row = desk.journal().conversation(company, id);
    row.expect("readable").expect("present")
}

/// Everything that happened, by kind.
fn kinds(desk: &Desk) -> Vec<EventKind> {
    let company = desk.company("northwind").expect("present");
    let feed = desk.journal().feed(company, 0, 1_000).expect("readable");
    let entries = feed.entries.iter();
    let of_conversations = entries.filter(|entry| entry.conversation.is_some());
    of_conversations
        .filter_map(|entry| EventKind::from_number(entry.kind))
        .collect()
}

fn assert_closed(desk: &Desk, id: ConversationId) {
    let row = row(desk, id);
    assert_eq!(row.state, ConversationState::Resolved);
    assert_eq!((row.due_at, &row.owner), (None, &None));
    let snapshot = read_snapshot(&row).expect("readable");
    assert_eq!(snapshot.clocks.unanswered_since(), None);
    assert_eq!(snapshot.clocks.next_event(None), None);
    assert!(snapshot.unanswered.is_empty() && snapshot.floor.is_none());
    assert_eq!(offered(desk), [""; 0]);
    let timers = desk.journal().conversations_with_clock(None, 9);
    assert!(timers.expect("readable").is_empty());
}

#[test]
fn a_reopened_conversation_that_a_policy_closes_is_resolved_also_after_a_restart() {
    let _alone = alone();
    let place = tempfile::tempdir().expect("a directory");
    let file = company("northwind")
        .replace("[plugin.guest]", "escalate = [\"guest\"]\n[plugin.guest]")
        .replace(
            "default = true",
            "default = true\nsla = { first-response = \"4m\", next-response = \"4m\", resolution = \"20m\" }",
        );
    let generation = Arc::new(built(&assembler(), &file).generation);
    let clock = SteppedClock::new(start());
    let (id, told) = {
        let desk = open(place.path(), &generation, clock);
        sign_in_ana(&desk);
        receive(&desk, "1", "@jo", "ok", Duration::ZERO);
        let id = take_and_resolve(&desk);
        clock.advance(90 * MINUTE);
        let before = kinds(&desk);
        receive(&desk, "2", "@jo", "close", Duration::ZERO);
        assert_closed(&desk, id);
        // An answer would be late already, if one were due: a clock starts up to five
        // minutes before the host has the message.
        receive(&desk, "3", "@jo", "close", 60 * MINUTE);
        assert_closed(&desk, id);
        let told = kinds(&desk);
        assert_eq!(
            told[before.len()..],
            [EventKind::Received, EventKind::Received]
        );
        (id, told)
    };
    let desk = open(place.path(), &generation, clock);
    assert_closed(&desk, id);
    clock.advance(120 * MINUTE);
    // Ana could take a conversation, and gets the next one.
    receive(&desk, "4", "@eva", "ok", Duration::ZERO);
    let other = take_and_resolve(&desk);
    assert_ne!(other, id);
    assert_closed(&desk, id);
    assert_eq!(
        kinds(&desk)[told.len()..],
        [
            EventKind::Received,
            EventKind::Offered,
            EventKind::Accepted,
            EventKind::StateChanged
        ]
    );
}
