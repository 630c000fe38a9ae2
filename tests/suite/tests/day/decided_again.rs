//! What a policy reads when the desk decides again about a message: its stored
//! classification, whatever the reason.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use patchbay_clock::{Clock, SteppedClock};
use patchbay_desk::{Delivery, Desk, DeskSettings};
use patchbay_journal::AuditEntry;
use patchbay_journal_sqlite::{Options, SqliteJournal};
use patchbay_model::actor::{Actor, ActorRole};
use patchbay_model::decision::classification::Classification;
use patchbay_model::decision::stage::Stage;
use patchbay_model::directory::Presence;
use patchbay_pack_build::{BuildOptions, open_pack};
use patchbay_pack_cases::CaseRunner;
use patchbay_records::decisions::{Filter, StoredDecision, find, list};
use patchbay_records::roster::Agent;
use serde_json::{Value, json};

use crate::company::{alone, assembler, built, company};

const START: &str = "2026-03-02T10:00:00Z";
const MINUTE: Duration = Duration::from_secs(60);

/// A desk with one agent, whose time a test lets pass.
struct Shift {
    desk: Desk,
    clock: SteppedClock,
    _place: tempfile::TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Shift {
    fn start() -> Shift {
        let alone = alone();
        let place = tempfile::tempdir().expect("a directory");
        let file = company("northwind")
            .replace("[plugin.guest]", "escalate = [\"guest\"]\n[plugin.guest]")
            .replace(
                "default = true",
                "default = true\nsla = { first-response = \"10m\" }",
            );
        let generation = Arc::new(built(&assembler(), &file).generation);
        let options = Options::new(place.path().join("desk.db"), place.path().join("desk.key"));
        let journal = SqliteJournal::open(&options).expect("a journal");
        let clock = SteppedClock::new(start());
        let settings = DeskSettings {
            clock: Clock::stepped(clock),
            ..DeskSettings::default()
        };
        let desk = Desk::open(Arc::new(journal), vec![generation], settings).expect("a desk");
        let agent = Agent::from_value(json!({"id": "ana"})).expect("an agent");
        let audit = AuditEntry {
            at: start(),
            company: Some("northwind".to_owned()),
            actor: "local".to_owned(),
            act: "test".to_owned(),
            details: "{}".to_owned(),
        };
        let roster = desk.roster();
        roster.put("northwind", vec![agent], audit).expect("put");
        Shift {
            desk,
            clock,
            _place: place,
            _alone: alone,
        }
    }

    fn set_presence(&self, presence: Presence) {
        let roster = self.desk.roster();
        let set = roster.set_presence("northwind", "ana", presence);
        set.expect("on the roster");
        self.desk.wait_until_idle();
    }

    fn receive(&self, text: &str) {
        self.deliver(interaction(text));
    }

    fn deliver(&self, interaction: Value) {
        let delivery = Delivery::from_outside(interaction).expect("valid");
        let accepted = self.desk.accept("northwind", vec![delivery]);
        accepted.expect("accepted");
        self.desk.wait_until_idle();
    }

    /// Ana answers the offer that she has, or gets within a minute.
    fn answer_offer(&self, accept: bool) {
        let conversations = self.desk.conversations();
        let offer = eventually(|| {
            let offers = conversations.offers("northwind", Some("ana"));
            offers.expect("readable").first().map(|offer| offer.id)
        });
        let ana = Actor {
            id: "ana".to_owned(),
            role: ActorRole::Agent,
        };
        let answer = conversations.answer_offer("northwind", offer, ana, accept);
        answer.expect("a desk that works").expect("answered");
        self.desk.wait_until_idle();
    }

    /// Lets time pass, and waits for the decision made for this reason.
    fn pass_until(&self, time: Duration, reason: &str) -> StoredDecision {
        self.clock.advance(time);
        self.decision(reason)
    }

    fn decision(&self, reason: &str) -> StoredDecision {
        eventually(|| self.decisions().remove(reason))
    }

    /// Decisions by the cause of their route or the code of their trigger.
    fn decisions(&self) -> BTreeMap<String, StoredDecision> {
        let company = self.desk.company("northwind").expect("present");
        let journal = &**self.desk.journal();
        let filter = Filter {
            limit: 100,
            ..Filter::default()
        };
        let page = list(journal, company, &filter).expect("readable");
        let stored = page.decisions.iter().map(|row| {
            let stored = find(journal, company, row.id).expect("readable");
            let stored = stored.expect("present");
            (reason(&stored), stored)
        });
        stored.collect()
    }
}

fn start() -> Timestamp {
    START.parse().expect("a time")
}

fn interaction(text: &str) -> Value {
    json!({"id": "1", "channel": "chat", "text": text, "received_at": START,
        "author": {"address": "@jo"}})
}

fn reason(stored: &StoredDecision) -> String {
    let input = stored.input.as_ref().expect("an input");
    match &input.trigger {
        Some(trigger) => trigger.code.as_str().to_owned(),
        None => input.conversation.cause.as_str().to_owned(),
    }
}

/// What `found` gives, within a minute.
fn eventually<T>(found: impl Fn() -> Option<T>) -> T {
    let until = Instant::now() + MINUTE;
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < until, "it did not come about");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Fails unless the only stage of a decision had the classification of the message.
fn assert_classified(stored: &StoredDecision, stage: Stage) {
    let input = stored.input.as_ref().expect("an input");
    let reason = reason(stored);
    assert_eq!(
        input.stages.iter().collect::<Vec<_>>(),
        [&stage],
        "{reason}"
    );
    let assessment: Option<&Classification> = input.assessment.as_ref();
    let intents = assessment.map(|it| it.intents.iter().map(|it| &*it.name).collect::<Vec<_>>());
    assert_eq!(intents, Some(vec!["greeting"]), "{reason}");
}

#[test]
fn every_later_trigger_has_the_classification_of_the_newest_message() {
    let shift = Shift::start();
    shift.set_presence(Presence::Available);
    shift.receive("ok");
    shift.answer_offer(false);
    assert_classified(&shift.decision("declined"), Stage::Escalate);
    // The pause before the only agent is asked again.
    shift.clock.advance(MINUTE / 2);
    shift.answer_offer(true);
    let at_risk = shift.pass_until(8 * MINUTE, "sla-at-risk");
    assert_classified(&at_risk, Stage::Escalate);
    let breached = shift.pass_until(2 * MINUTE, "sla-breached");
    assert_classified(&breached, Stage::Escalate);
    let silent = shift.pass_until(5 * MINUTE, "silent-agent");
    assert_classified(&silent, Stage::Escalate);
    shift.set_presence(Presence::Offline);
    let returned = shift.pass_until(2 * MINUTE, "returned");
    assert_classified(&returned, Stage::Route);
}

#[test]
fn a_conversation_held_for_a_time_is_routed_with_the_classification() {
    let shift = Shift::start();
    shift.receive("hold");
    assert!(!shift.decisions().contains_key("held"));
    assert_classified(&shift.pass_until(MINUTE, "held"), Stage::Route);
}

#[test]
fn a_wake_up_has_the_classification_of_the_newest_message() {
    let shift = Shift::start();
    shift.receive("wake");
    assert!(!shift.decisions().contains_key("wake-up"));
    assert_classified(&shift.pass_until(MINUTE, "wake-up"), Stage::Escalate);
}

/// The guest's explanation is everything that it read of the conversation.
#[test]
fn a_case_of_an_expired_plan_gives_a_policy_what_the_desk_gives() {
    let (new, expired) = {
        let shift = Shift::start();
        shift.set_presence(Presence::Away);
        shift.receive("expire");
        let new = shift.decision("new");
        let expired = shift.pass_until(MINUTE, "expired");
        assert_classified(&expired, Stage::Route);
        let read = |decided: StoredDecision| read_by_route(decided.record.as_ref());
        (read(new), read(expired))
    };
    assert!(expired.contains("greeting"), "{expired}");
    let case = json!({
        "note": "An expired plan",
        "now": START,
        "steps": [
            {"classify": interaction("expire")},
            {"route": {}},
            {"advance": "1m"},
            {"route": {"cause": "expired"}},
        ],
    });
    let quiet = BuildOptions {
        quiet: true,
        ..BuildOptions::default()
    };
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/misbehaving");
    let pack = open_pack(&guest, &quiet).expect("the guest builds");
    let mut runner = CaseRunner::new(&pack, None).expect("an engine");
    let report = runner.run_text(Path::new("expired.json"), &case.to_string(), &|| true);
    let report = report.expect("not interrupted");
    assert_eq!(report.error, None);
    let read: Vec<String> = report
        .steps
        .iter()
        .filter(|step| step.event == "route")
        .map(|step| read_by_route(step.decision.as_ref()))
        .collect();
    assert_eq!(read, [new, expired]);
}

/// The explanation of a decision's route plan.
fn read_by_route(decision: Option<&Value>) -> String {
    let decision = decision.expect("a decision");
    let why = decision["route"]["why"].as_str();
    why.unwrap_or_else(|| panic!("no explanation in {decision}"))
        .to_owned()
}
