//! Replies that wait before they are sent, and are taken back: everything is as before
//! them, or it is too late.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use patchbay_clock::{Clock, SteppedClock};
use patchbay_desk::{Desk, DeskSettings};
use patchbay_events::EventKind;
use patchbay_generations::Generation;
use patchbay_journal::ConversationId;
use patchbay_model::actor::Actor;
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::sla::Clock as ReplyClock;
use patchbay_pass::agent_action::{ActionError, ActionResult, AgentAction, Destination};
use patchbay_records::conversation_reader::read_snapshot;
use patchbay_records::notes::NewNote;
use patchbay_records::reply::{AfterReply, ReplyResult, ReplyStatus};
use patchbay_records::snapshot::Snapshot;
use serde_json::json;

use crate::approvals::listed;
use crate::floor::{act, agent, sign_in, supervisor, taken_by};
use crate::office::{
    company_of, conversations, delivered, desk_of, feed, head, held, journal, northwind, noted,
    ruled, said, take_in,
};
use crate::replies::{outgoing, reply_then};
use crate::unanswered::heads;

/// A company whose replies wait six seconds, with a first response within a minute.
fn waiting() -> Arc<Generation> {
    let mut company = company_of("northwind", Some(60));
    company.desk = toml::from_str("send-after = \"6s\"\nsilent-after = \"50s\"").expect("rules");
    company.publishers.default = Some("sink".to_owned());
    Arc::new(company)
}

fn open(place: &Path, clock: SteppedClock, company: Arc<Generation>) -> Desk {
    let settings = DeskSettings {
        clock: Clock::stepped(clock),
        ..DeskSettings::default()
    };
    Desk::open(journal(place), vec![company], settings).expect("a desk")
}

fn clock() -> SteppedClock {
    SteppedClock::new("2026-03-02T10:00:00Z".parse().expect("a time"))
}

/// A desk at 10:00:00 whose one conversation ana owns.
fn owned(company: Arc<Generation>) -> (tempfile::TempDir, SteppedClock, Desk, ConversationId) {
    let (place, clock) = (tempfile::tempdir().expect("a place"), clock());
    let desk = open(place.path(), clock, company);
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let conversation = taken_by(&desk, "ana");
    (place, clock, desk, conversation)
}

fn send(desk: &Desk, conversation: ConversationId, id: &str) -> ReplyResult {
    let action = reply_then(id, &format!("Hello Jo! {id}"), AfterReply::Stay);
    let done = act(desk, conversation, agent("ana"), action);
    done.expect("taken").reply.expect("a reply")
}

fn take_back(
    desk: &Desk,
    conversation: ConversationId,
    by: Actor,
    id: &str,
) -> Result<ActionResult, ActionError> {
    let reply = id.to_owned();
    act(desk, conversation, by, AgentAction::TakeBack { reply })
}

/// The text that came back.
fn text(taken: Result<ActionResult, ActionError>) -> String {
    let reply = taken.expect("taken back").reply.expect("a reply");
    assert_eq!(reply.status, ReplyStatus::TakenBack);
    reply.draft.expect("its words").text
}

/// Let time pass, and have the courier send what is due.
fn pass(desk: &Desk, clock: SteppedClock, seconds: u64) {
    clock.advance(Duration::from_secs(seconds));
    for out in outgoing(desk) {
        desk.outbox().begin("northwind", &out.key).expect("begun");
        desk.outbox()
            .delivered("northwind", &out.key)
            .expect("noted");
    }
    desk.wait_until_idle();
}

/// What is known of the conversation but for its replies themselves.
fn without_replies(desk: &Desk, conversation: ConversationId) -> Snapshot {
    let row = desk.journal().conversation(northwind(desk), conversation);
    let mut snapshot = read_snapshot(&row.expect("readable").expect("there")).expect("valid");
    assert!(snapshot.sending.is_empty() && snapshot.pending.is_none());
    snapshot.answers.clear();
    snapshot
}

fn now(seconds: i64) -> Timestamp {
    let start: Timestamp = "2026-03-02T10:00:00Z".parse().expect("a time");
    start + SignedDuration::from_secs(seconds)
}

#[test]
fn a_reply_is_sent_when_its_time_is_over_and_not_before() {
    let (_place, clock, desk, conversation) = owned(waiting());
    let sent = send(&desk, conversation, "r1");
    assert_eq!(
        (sent.status, sent.sends_at),
        (ReplyStatus::Published, Some(now(6)))
    );
    let again = send(&desk, conversation, "r1");
    assert_eq!(again.sends_at, Some(now(6)), "the same as the first time");
    let published = heads(&desk, EventKind::ReplyPublished);
    assert_eq!(published[0]["sends_at"], "2026-03-02T10:00:06Z");
    clock.advance(Duration::from_millis(5_999));
    assert_eq!(outgoing(&desk), []);
    clock.advance(Duration::from_millis(1));
    assert_eq!(outgoing(&desk).len(), 1);
    // Nothing was promised where replies go at once.
    let (_place, _clock, desk, conversation) = owned(ruled(""));
    assert_eq!(send(&desk, conversation, "r1").sends_at, None);
    assert_eq!(outgoing(&desk).len(), 1);
    let refused = take_back(&desk, conversation, agent("ana"), "r1");
    assert!(
        matches!(refused, Err(ActionError::AlreadySent { .. })),
        "{refused:?}"
    );
}

#[test]
fn after_a_reply_is_taken_back_the_conversation_is_as_if_it_had_not_been_written() {
    // What happens between the reply and its end.
    type Between = fn(&Desk, ConversationId);
    let cases: [(&str, Between); 6] = [
        ("nothing", |_, _| {}),
        ("the customer writes", |desk, _| {
            take_in(desk, vec![said("2", "@jo", "Hello??")]);
        }),
        ("the customer takes the message back", |desk, _| {
            let gone = json!({"id": "1", "channel": "x", "kind": "delete", "text": "", "author": {"address": "@jo"}});
            take_in(desk, vec![delivered(gone)]);
        }),
        ("another agent gets it", |desk, conversation| {
            sign_in(desk, &["ben"]);
            let assign = AgentAction::Assign {
                agent: "ben".to_owned(),
            };
            act(desk, conversation, supervisor(), assign).expect("assigned");
        }),
        ("it goes on hold", |desk, conversation| {
            act(desk, conversation, supervisor(), AgentAction::Hold).expect("held");
        }),
        ("it is queued again", |desk, conversation| {
            let queue = Destination::Queue("general".to_owned());
            let transfer = AgentAction::Transfer(queue);
            act(desk, conversation, supervisor(), transfer).expect("transferred");
        }),
    ];
    for (name, between) in cases {
        let run = |replies: bool| {
            let (_place, clock, desk, conversation) = owned(waiting());
            clock.advance(Duration::from_secs(10));
            if replies {
                send(&desk, conversation, "r1");
            }
            clock.advance(Duration::from_secs(2));
            between(&desk, conversation);
            clock.advance(Duration::from_secs(2));
            // A note changes nothing else: both have a pass at this time.
            let note = AgentAction::Note(NewNote {
                id: "n1".to_owned(),
                text: "Hm".to_owned(),
            });
            match replies {
                true => {
                    let taken = take_back(&desk, conversation, agent("ana"), "r1");
                    assert_eq!(text(taken), "Hello Jo! r1", "{name}");
                }
                false => drop(act(&desk, conversation, agent("ana"), note).expect("noted")),
            }
            act(&desk, conversation, supervisor(), AgentAction::Resolve).expect("resolved");
            pass(&desk, clock, 60);
            let row = desk.journal().conversation(northwind(&desk), conversation);
            let row = row.expect("readable").expect("there");
            (without_replies(&desk, conversation), row.state, row.due_at)
        };
        assert_eq!(run(true), run(false), "{name}");
    }
}

#[test]
fn the_timers_and_the_newest_message_are_those_before_the_reply() {
    let (_place, clock, desk, conversation) = owned(waiting());
    let before = without_replies(&desk, conversation);
    assert!(before.silent_at.is_some() && before.last_message.is_some());
    clock.advance(Duration::from_secs(10));
    // Two are under way; the first to be taken back is the older.
    send(&desk, conversation, "r1");
    clock.advance(Duration::from_secs(1));
    send(&desk, conversation, "r2");
    take_back(&desk, conversation, agent("ana"), "r1").expect("taken back");
    take_back(&desk, conversation, agent("ana"), "r2").expect("taken back");
    let after = without_replies(&desk, conversation);
    assert_eq!(after.silent_at, before.silent_at);
    assert_eq!(after.last_message, before.last_message);
    assert_eq!(
        after.clocks.unanswered_since(),
        before.clocks.unanswered_since()
    );
}

/// What ana does at a second, and when the first response, due within 60 s, is hit or
/// missed. DOMAIN: reply clocks stop when the channel accepts the reply.
#[test]
fn a_reply_clock_stops_when_the_channel_accepts_a_reply_that_was_not_taken_back() {
    enum Step {
        Send(u64, &'static str),
        TakeBack(u64, &'static str),
    }
    use Step::{Send, TakeBack};
    for (name, steps, misses, answered_at) in [
        (
            "sent at 40, accepted at 46",
            vec![Send(40, "r1")],
            0,
            Some(46),
        ),
        (
            "taken back at 43",
            vec![Send(40, "r1"), TakeBack(43, "r1")],
            1,
            None,
        ),
        (
            "taken back at 43, and another accepted at 56",
            vec![Send(40, "r1"), TakeBack(43, "r1"), Send(50, "r2")],
            0,
            Some(56),
        ),
        (
            "its time ends after the deadline",
            vec![Send(57, "r1")],
            1,
            Some(63),
        ),
        (
            "taken back after the deadline",
            vec![Send(57, "r1"), TakeBack(62, "r1")],
            1,
            None,
        ),
        (
            "of two, the second taken back",
            vec![Send(40, "r1"), Send(41, "r2"), TakeBack(42, "r2")],
            0,
            Some(46),
        ),
    ] {
        let (_place, clock, desk, conversation) = owned(waiting());
        let mut steps = steps.into_iter().peekable();
        for second in 0..=90_u64 {
            if second > 0 {
                pass(&desk, clock, 1);
            }
            while let Some(step) = steps.next_if(|step| {
                let (Send(at, _) | TakeBack(at, _)) = step;
                *at == second
            }) {
                match step {
                    Send(_, id) => drop(send(&desk, conversation, id)),
                    TakeBack(_, id) => {
                        let by = agent("ana");
                        take_back(&desk, conversation, by, id).expect("taken back");
                    }
                }
            }
        }
        let entries = feed(&desk);
        let delivered = entries
            .iter()
            .find(|entry| entry.kind == EventKind::ReplyDelivered as u16);
        let expected = answered_at.map(now);
        assert_eq!(delivered.map(|entry| entry.at), expected, "{name}");
        // Whatever happens to it now writes what fell due before.
        act(&desk, conversation, supervisor(), AgentAction::Hold).expect("held");
        let row = conversations(&desk).remove(0);
        let clocks = read_snapshot(&row).expect("valid").clocks;
        assert_eq!(clocks.misses(ReplyClock::FirstResponse), misses, "{name}");
        assert_eq!(clocks.was_answered(), answered_at.is_some(), "{name}");
        assert_eq!(
            clocks.unanswered_since().is_none(),
            answered_at.is_some(),
            "{name}"
        );
    }
}

#[test]
fn only_the_author_or_a_supervisor_takes_a_reply_back_and_the_history_tells_who() {
    let (_place, _clock, desk, conversation) = owned(waiting());
    send(&desk, conversation, "r1");
    let stranger = take_back(&desk, conversation, agent("ben"), "r1");
    assert!(
        matches!(&stranger, Err(ActionError::NotTheAuthor { by }) if by == "ana"),
        "{stranger:?}"
    );
    assert_eq!(
        text(take_back(&desk, conversation, supervisor(), "r1")),
        "Hello Jo! r1"
    );
    // The same request again changes nothing, and has the words again.
    assert_eq!(
        text(take_back(&desk, conversation, agent("ana"), "r1")),
        "Hello Jo! r1"
    );
    let stranger = take_back(&desk, conversation, agent("ben"), "r1");
    assert!(
        matches!(stranger, Err(ActionError::NotTheAuthor { .. })),
        "{stranger:?}"
    );
    let told = heads(&desk, EventKind::ReplyTakenBack);
    let by = json!({"id": "eva", "role": "supervisor"});
    assert_eq!(told, [json!({"reply": "r1", "by": by})]);
    assert_eq!(
        desk.drains()
            .remaining(Some("northwind"))
            .expect("known")
            .outbox,
        0
    );
}

#[test]
fn a_reply_that_was_taken_back_is_never_sent_by_a_late_request() {
    let (_place, clock, desk, conversation) = owned(waiting());
    send(&desk, conversation, "r1");
    take_back(&desk, conversation, agent("ana"), "r1").expect("taken back");
    // The network delivers the request once more.
    let late = send(&desk, conversation, "r1");
    assert_eq!((late.status, late.sends_at), (ReplyStatus::TakenBack, None));
    let changed = reply_then("r1", "Other words", AfterReply::Stay);
    let changed = act(&desk, conversation, agent("ana"), changed);
    assert!(
        matches!(changed, Err(ActionError::ReplyIdTaken { .. })),
        "{changed:?}"
    );
    clock.advance(Duration::from_secs(60));
    assert_eq!(outgoing(&desk), []);
    // The same words with a new id are another reply.
    send(&desk, conversation, "r2");
    clock.advance(Duration::from_secs(6));
    assert_eq!(outgoing(&desk).len(), 1);
}

#[test]
fn it_is_too_late_once_an_attempt_has_begun_whatever_the_clock_says() {
    let (place, clock, desk, conversation) = owned(waiting());
    send(&desk, conversation, "r1");
    clock.advance(Duration::from_secs(6));
    let key = outgoing(&desk).remove(0).key;
    desk.outbox().begin("northwind", &key).expect("it waits");
    clock.jump(SignedDuration::from_hours(-1));
    let late = |desk: &Desk| {
        let refused = take_back(desk, conversation, agent("ana"), "r1");
        assert!(
            matches!(refused, Err(ActionError::AlreadySent { .. })),
            "{refused:?}"
        );
    };
    late(&desk);
    drop(desk);
    let desk = open(place.path(), clock, waiting());
    late(&desk);
    desk.outbox().delivered("northwind", &key).expect("noted");
    desk.wait_until_idle();
    late(&desk);
    assert_eq!(heads(&desk, EventKind::ReplyTakenBack).len(), 0);
}

#[test]
fn until_an_attempt_begins_it_is_not_too_late_even_after_its_time() {
    let (place, clock, desk, conversation) = owned(waiting());
    send(&desk, conversation, "r1");
    drop(desk);
    // The host was down while it should have been sent.
    clock.advance(Duration::from_secs(600));
    let desk = open(place.path(), clock, waiting());
    let loaded = outgoing(&desk);
    assert_eq!(loaded.len(), 1);
    assert_eq!(
        text(take_back(&desk, conversation, agent("ana"), "r1")),
        "Hello Jo! r1"
    );
    let begun = desk.outbox().begin("northwind", &loaded[0].key);
    assert!(begun.is_err(), "the courier had loaded it before");
}

#[test]
fn a_reply_that_waits_for_approval_is_withdrawn_and_an_approved_one_waits_too() {
    let (_place, clock, desk, conversation) = owned(held("send-after = \"6s\""));
    let before = without_replies(&desk, conversation);
    let sent = send(&desk, conversation, "r1");
    assert_eq!((sent.status, sent.sends_at), (ReplyStatus::Held, None));
    assert_eq!(
        text(take_back(&desk, conversation, agent("ana"), "r1")),
        "Hello Jo! r1"
    );
    let after = without_replies(&desk, conversation);
    assert_eq!(after.state, ConversationState::Active);
    assert_eq!(
        (after.clocks, after.silent_at),
        (before.clocks, before.silent_at)
    );
    assert_eq!(listed(&desk), []);
    let approve = |id: &str| {
        let reply = id.to_owned();
        act(
            &desk,
            conversation,
            supervisor(),
            AgentAction::Approve { reply },
        )
    };
    let late = approve("r1");
    assert!(
        matches!(late, Err(ActionError::NothingPending { .. })),
        "{late:?}"
    );
    send(&desk, conversation, "r2");
    let approved = approve("r2").expect("approved").reply.expect("a reply");
    assert_eq!(approved.sends_at, Some(now(6)));
    clock.advance(Duration::from_secs(5));
    assert_eq!(
        text(take_back(&desk, conversation, agent("ana"), "r2")),
        "Hello Jo! r2"
    );
    clock.advance(Duration::from_secs(60));
    assert_eq!(outgoing(&desk), []);
    let told = heads(&desk, EventKind::ReplyTakenBack);
    assert_eq!(
        (&told[0]["held"], &told[1]["held"]),
        (&json!(true), &json!(null))
    );
}

#[test]
fn what_does_not_wait_cannot_be_taken_back() {
    let (_place, _clock, desk, conversation) = owned(held(""));
    let nothing = |id: &str| {
        let refused = take_back(&desk, conversation, supervisor(), id);
        assert!(
            matches!(refused, Err(ActionError::NothingToTakeBack { .. })),
            "{id}: {refused:?}"
        );
    };
    nothing("never");
    send(&desk, conversation, "r1");
    // The newer one makes it stale.
    send(&desk, conversation, "r2");
    nothing("r1");
    let reject = AgentAction::Reject {
        reply: "r2".to_owned(),
        why: String::new(),
    };
    act(&desk, conversation, supervisor(), reject).expect("rejected");
    nothing("r2");
}

#[test]
fn after_an_erasure_a_reply_does_not_come_back() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![ruled("send-after = \"1m\"")]);
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let conversation = taken_by(&desk, "ana");
    send(&desk, conversation, "r1");
    let contact = conversations(&desk)[0].contact.expect("somebody");
    let erased = desk.contacts().erase("northwind", contact, noted());
    erased.expect("erased");
    desk.wait_until_idle();
    let taken = take_back(&desk, conversation, agent("ana"), "r1").expect("taken back");
    assert_eq!(taken.reply.expect("a reply").draft, None);
    let kinds: Vec<_> = feed(&desk).iter().map(|entry| entry.kind).collect();
    assert!(kinds.contains(&(EventKind::ReplyTakenBack as u16)));
    assert!(
        feed(&desk)
            .iter()
            .all(|entry| !head(entry).to_string().contains("Hello Jo"))
    );
}
