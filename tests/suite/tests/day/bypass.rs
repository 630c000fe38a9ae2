//! Bypasses of a stage or a plugin.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use patchbay_desk::{BypassError, Delivery, Desk, DeskError, DeskSettings};
use patchbay_events::EventKind;
use patchbay_generations::Generation;
use patchbay_journal::{AuditEntry, Entry};
use patchbay_journal_sqlite::{Options, SqliteJournal};
use patchbay_model::actor::{Actor, ActorRole};
use patchbay_model::bypass::{Bypass, BypassTarget};
use patchbay_model::interaction::WrittenBy;
use patchbay_pass::agent_action::AgentAction;
use patchbay_records::decisions::{Filter, find, list};
use patchbay_records::reply::{AfterReply, Reply, ReplyStatus};
use serde_json::{Value, json};

use crate::company::{alone, assembler, built, company};

fn open(directory: &Path, generation: &Arc<Generation>) -> Desk {
    let options = Options::new(directory.join("desk.db"), directory.join("desk.key"));
    let journal = SqliteJournal::open(&options).expect("a journal");
    let companies = vec![Arc::clone(generation)];
    Desk::open(Arc::new(journal), companies, DeskSettings::default()).expect("a desk")
}

fn generation() -> Arc<Generation> {
    let assembler = assembler();
    Arc::new(built(&assembler, &company("northwind")).generation)
}

fn noted() -> AuditEntry {
    AuditEntry {
        at: jiff::Timestamp::UNIX_EPOCH,
        company: Some("northwind".to_owned()),
        actor: "local".to_owned(),
        act: "test".to_owned(),
        details: "{}".to_owned(),
    }
}

fn order(desk: &Desk, word: &str, seconds: i64, let_through: bool) -> Result<(), DeskError> {
    let since = desk.now();
    let bypass = Bypass {
        what: BypassTarget::named(word),
        since,
        until: since + SignedDuration::from_secs(seconds),
        by: "olga".to_owned(),
        reason: None,
        let_through,
    };
    desk.bypasses().set("northwind", bypass, noted())
}

fn lift(desk: &Desk, word: &str) -> Result<Bypass, DeskError> {
    desk.bypasses()
        .end("northwind", &BypassTarget::named(word), "olga", noted())
}

fn hear(desk: &Desk, id: &str) {
    let said = json!({"id": id, "channel": "chat", "text": "ok", "author": {"address": id}});
    let delivery = Delivery::from_outside(said).expect("valid");
    desk.accept("northwind", vec![delivery]).expect("accepted");
    desk.wait_until_idle();
}

fn feed(desk: &Desk, kind: EventKind) -> Vec<Value> {
    let company = desk.company("northwind").expect("present");
    let feed = desk.journal().feed(company, 0, 10_000).expect("readable");
    let of_kind = feed
        .entries
        .iter()
        .filter(|entry: &&Entry| entry.kind == kind as u16);
    of_kind
        .map(|entry| serde_json::from_str(&entry.head).expect("JSON"))
        .collect()
}

fn answer(desk: &Desk, id: &str) -> ReplyStatus {
    let conversation = desk
        .journal()
        .unresolved_conversations(None, 1)
        .expect("readable")[0]
        .id;
    let eva = Actor {
        id: "eva".to_owned(),
        role: ActorRole::Supervisor,
    };
    let reply = AgentAction::Reply(Reply {
        template: None,
        id: id.to_owned(),
        text: "Hello!".to_owned(),
        attachments: Vec::new(),
        written_by: WrittenBy::Human,
        then: AfterReply::Stay,
    });
    let done = desk
        .conversations()
        .act("northwind", conversation, eva, reply);
    let done = done.expect("a desk that works").expect("taken");
    done.reply.expect("a reply").status
}

#[test]
fn a_bypassed_stage_is_not_called_even_after_a_restart() {
    let _alone = alone();
    let place = tempfile::tempdir().expect("a directory");
    let generation = generation();
    {
        let desk = open(place.path(), &generation);
        hear(&desk, "1");
        order(&desk, "route", 3_600, false).expect("bypassed");
        hear(&desk, "2");
    }
    let desk = open(place.path(), &generation);
    hear(&desk, "3");
    assert_eq!(
        desk.bypasses()
            .active("northwind")
            .expect("present")
            .iter()
            .count(),
        1
    );
    lift(&desk, "route").expect("lifted");
    hear(&desk, "4");
    let decided = feed(&desk, EventKind::Received);
    let outcomes: Vec<&Value> = decided.iter().map(|head| &head["outcome"]).collect();
    assert_eq!(outcomes, ["ok", "bypassed", "bypassed", "ok"]);
    for head in &decided[1..3] {
        let parts = head["stamp"]["plugins"].as_array().expect("a stamp");
        assert_eq!(
            parts[0]["outcome"], "ok",
            "the other stages are called: {head}"
        );
        assert_eq!(
            (&parts[1]["outcome"], &parts[1]["use"]),
            (&json!("bypassed"), &json!(0))
        );
        let fallback = json!([{"stage": "route", "rule": "default-queue", "plugin": "guest"}]);
        assert_eq!(head["fallbacks"], fallback);
        assert_eq!(head["route"]["target"]["id"], "general");
    }
    let started = feed(&desk, EventKind::Bypassed);
    assert_eq!(started.len(), 1);
    assert_eq!(
        (&started[0]["bypassed"]["stage"], &started[0]["by"]),
        (&json!("route"), &json!("olga"))
    );
    let ended = feed(&desk, EventKind::BypassEnded);
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0]["because"], "lifted");
}

#[test]
fn a_decision_under_a_bypass_replays_to_the_same_bytes() {
    let _alone = alone();
    let place = tempfile::tempdir().expect("a directory");
    let generation = generation();
    let desk = open(place.path(), &generation);
    order(&desk, "route", 3_600, false).expect("bypassed");
    hear(&desk, "1");
    lift(&desk, "route").expect("lifted");
    let company = desk.company("northwind").expect("present");
    let journal = &**desk.journal();
    let filter = Filter {
        limit: 10,
        ..Filter::default()
    };
    let page = list(journal, company, &filter).expect("readable");
    assert_eq!(page.decisions.len(), 1, "{page:?}");
    let stored = find(journal, company, page.decisions[0].id);
    let stored = stored.expect("readable").expect("present");
    let replayed = stored.replay(&generation.pipelines);
    assert_eq!(replayed.whole.as_str(), "same", "{replayed:?}");
    let results: Vec<(&str, &str)> = replayed
        .parts
        .iter()
        .map(|part| (part.stage.as_str(), part.verdict.as_str()))
        .collect();
    assert_eq!(
        results,
        [("classify", "same"), ("route", "not-replayable")],
        "a stage that was not called has nothing to replay: {replayed:?}"
    );
}

#[test]
fn an_unchecked_reply_is_held_unless_the_operator_lets_it_through() {
    let _alone = alone();
    let place = tempfile::tempdir().expect("a directory");
    let desk = open(place.path(), &generation());
    hear(&desk, "1");
    assert_eq!(answer(&desk, "r1"), ReplyStatus::Published);
    order(&desk, "tone", 3_600, false).expect("bypassed");
    assert_eq!(answer(&desk, "r2"), ReplyStatus::Held);
    order(&desk, "tone", 3_600, true).expect("bypassed");
    assert_eq!(answer(&desk, "r3"), ReplyStatus::Published);
    let checked = feed(&desk, EventKind::ReplyPublished);
    let last = checked.last().expect("published");
    assert_eq!(
        last["outcome"], "bypassed",
        "the record says that no check ran: {last}"
    );
    assert_eq!(last["fallbacks"][0]["rule"], "let-through");
    // The plugin is bypassed too, without letting replies through: that counts.
    order(&desk, "guest", 3_600, false).expect("bypassed");
    assert_eq!(answer(&desk, "r4"), ReplyStatus::Held);
    hear(&desk, "2");
    let decided = feed(&desk, EventKind::Received);
    let parts = decided[1]["stamp"]["plugins"].as_array().expect("a stamp");
    assert!(
        parts.iter().all(|part| part["outcome"] == "bypassed"),
        "{parts:?}"
    );
    lift(&desk, "tone").expect("lifted");
    lift(&desk, "guest").expect("lifted");
    assert_eq!(answer(&desk, "r5"), ReplyStatus::Published);
}

#[test]
fn a_bypass_ends_at_its_time_with_an_event() {
    let _alone = alone();
    let place = tempfile::tempdir().expect("a directory");
    let desk = open(place.path(), &generation());
    order(&desk, "route", 1, false).expect("bypassed");
    let until = Instant::now() + Duration::from_secs(60);
    while feed(&desk, EventKind::BypassEnded).is_empty() {
        assert!(Instant::now() < until, "the bypass does not end");
        std::thread::sleep(Duration::from_millis(10));
    }
    let ended = feed(&desk, EventKind::BypassEnded);
    assert_eq!((ended.len(), &ended[0]["because"]), (1, &json!("over")));
    assert!(
        desk.bypasses()
            .active("northwind")
            .expect("present")
            .is_empty()
    );
    hear(&desk, "1");
    assert_eq!(feed(&desk, EventKind::Received)[0]["outcome"], "ok");
    let company = desk.company("northwind").expect("present");
    assert!(
        desk.journal()
            .directives(company)
            .expect("readable")
            .is_empty()
    );
}

#[test]
fn an_invalid_bypass_is_refused_and_changes_nothing() {
    let _alone = alone();
    let place = tempfile::tempdir().expect("a directory");
    let desk = open(place.path(), &generation());
    let refused = |word: &str, seconds: i64| match order(&desk, word, seconds, false) {
        Err(DeskError::Bypass(error)) => error,
        other => panic!("{other:?}"),
    };
    assert!(matches!(
        refused("nobody", 60),
        BypassError::UnknownPlugin { .. }
    ));
    assert!(matches!(
        refused("escalate", 60),
        BypassError::EmptyStage(_)
    ));
    for seconds in [-1, 0, 86_401] {
        assert_eq!(refused("tone", seconds), BypassError::Duration);
    }
    assert!(matches!(
        lift(&desk, "tone"),
        Err(DeskError::Bypass(BypassError::NotBypassed(_)))
    ));
    assert!(
        desk.bypasses()
            .active("northwind")
            .expect("present")
            .is_empty()
    );
    assert!(feed(&desk, EventKind::Bypassed).is_empty());
    order(&desk, "tone", 86_400, false).expect("bypassed for a day");
}
