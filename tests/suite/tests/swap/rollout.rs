//! Rollouts on live traffic: a shadow run has no effect, a canary keeps to its
//! share, and a canary that fails is aborted.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use patchbay_desk::{Desk, DeskSettings};
use patchbay_events::EventKind;
use patchbay_generations::rollout::RolloutReport;
use patchbay_generations::service::{ChangeError, RolloutSettings};
use patchbay_journal::{Entry, EntryPage};
use patchbay_model::outcome::OutcomeKind;
use patchbay_model::rollout::{Bounds, RolloutKind};
use serde_json::{Value, json};

use crate::fixture::{Fixture, feed, file, fixture, fixture_of, head, request, says};

/// Upper bound of a wait; not a measurement.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(120);

pub(crate) fn rollout_settings(kind: RolloutKind, share: &str) -> RolloutSettings {
    RolloutSettings {
        kind,
        share: share.parse().expect(share),
        bounds: None,
    }
}

/// Starts a rollout of generation 2.
pub(crate) fn start_rollout(
    fixture: &Fixture,
    settings: RolloutSettings,
) -> Result<RolloutReport, ChangeError> {
    fixture
        .service
        .start_rollout("northwind", 2, settings, &request())
}

pub(crate) fn report(desk: &Desk) -> Option<RolloutReport> {
    desk.rollout("northwind").expect("present")
}

/// The report, once this many decisions are compared.
pub(crate) fn compared(desk: &Desk, decisions: u64) -> RolloutReport {
    let began = Instant::now();
    loop {
        let found = report(desk).expect("a rollout");
        let all = &found.compared;
        if all.decisions + all.failed + all.no_time + all.no_room >= decisions {
            return found;
        }
        assert!(began.elapsed() < TIMEOUT, "{found:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Each customer writes once; returns when all messages are decided.
fn write(desk: &Desk, round: &str, people: usize, text: &str) {
    for author in 0..people {
        let delivery = says(&format!("{round}-{author}"), author, text);
        desk.accept("northwind", vec![delivery]).expect("accepted");
    }
    desk.wait_until_idle();
}

/// Heads of the entries of a kind, oldest first.
fn heads(desk: &Desk, kind: EventKind) -> Vec<Value> {
    let of = |entry: &Entry| entry.kind == kind as u16;
    feed(desk)
        .iter()
        .filter(|entry| of(entry))
        .map(head)
        .collect()
}

/// Which generations decided the messages of a round, by conversation.
fn deciders(desk: &Desk, round: &str) -> BTreeMap<String, BTreeSet<u64>> {
    let mut all: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for entry in feed(desk) {
        let head = head(&entry);
        let ours = head["interaction"]
            .as_str()
            .is_some_and(|id| id.starts_with(round));
        if entry.kind == EventKind::Received as u16 && ours {
            let number = head["stamp"]["generation"].as_u64().expect("a stamp");
            let marker = match number {
                1 => "odd",
                _ => "even",
            };
            assert_eq!(
                head["classification"]["intents"][0]["name"], marker,
                "{head}"
            );
            let conversation = format!("{:?}", entry.conversation);
            all.entry(conversation).or_default().insert(number);
        }
    }
    all
}

#[test]
fn a_shadow_is_compared_field_by_field_and_has_no_effect() {
    let fixture = fixture();
    let desk = &fixture.desk;
    let began =
        start_rollout(&fixture, rollout_settings(RolloutKind::Shadow, "100%")).expect("started");
    assert_eq!((began.generation, began.control), (2, 1));
    write(desk, "a", 20, "marker");
    // Messages that both answer alike.
    write(desk, "b", 20, "ok");
    let found = compared(desk, 40);
    let all = &found.compared;
    assert_eq!((all.decisions, all.agreed), (40, 20), "{all:?}");
    let fields: Vec<_> = all
        .differences
        .iter()
        .map(|one| one.field.as_str())
        .collect();
    assert_eq!(fields, ["classification.intents[].name"]);
    let field = &all.differences[0];
    assert_eq!((field.decisions, field.examples.len()), (20, 5));
    let example = &field.examples[0];
    assert_eq!(example.control, Some(json!("odd")));
    assert_eq!(example.candidate, Some(json!("even")));
    assert!(example.conversation.is_some(), "for a lookup");
    // Each example leads to its decision: the entry of its conversation.
    let received = feed(desk);
    for example in &field.examples {
        let number = example.decision.get().expect("committed");
        let entry = received.iter().find(|entry| entry.feed == number);
        let entry = entry.expect("in the feed");
        assert_eq!(entry.kind, EventKind::Received as u16);
        let conversation = entry.conversation.map(|id| id.to_string());
        assert_eq!(conversation, example.conversation);
    }
    let shown = serde_json::to_value(example).expect("serializable");
    assert_eq!(shown["decision"].as_u64(), example.decision.get());
    assert_eq!(found.control_arm.decisions, 40);
    assert_eq!(found.candidate_arm.decisions, 40);
    assert!(found.candidate_arm.latency.is_some());

    let decided = deciders(desk, "a");
    assert!(
        decided.values().all(|by| *by == BTreeSet::from([1])),
        "{decided:?}"
    );
    assert_eq!(heads(desk, EventKind::Received).len(), 40, "one entry each");

    let stopped = fixture
        .service
        .abort("northwind", Some("seen enough"), &request());
    assert_eq!(stopped.expect("stopped").compared.decisions, 40);
    let ended = heads(desk, EventKind::RolloutEnded);
    assert_eq!(ended.len(), 1);
    assert_eq!(
        (&ended[0]["because"], &ended[0]["reason"]),
        (&json!("aborted"), &json!("seen enough"))
    );
    assert_eq!(ended[0]["agreed"], 20);
    assert!(report(desk).is_none());
    assert!(
        fixture
            .service
            .abort("northwind", None, &request())
            .is_err(),
        "no rollout"
    );
}

#[test]
fn a_shadow_run_has_its_own_state_for_as_long_as_it_lasts() {
    let fixture = fixture_of(["odd", "twice"]);
    let desk = &fixture.desk;
    // The shadow run starts from the two that were counted before.
    write(desk, "before", 1, "count");
    write(desk, "before-too", 1, "count");
    start_rollout(&fixture, rollout_settings(RolloutKind::Shadow, "100%")).expect("started");
    for round in ["a", "b", "c"] {
        write(desk, round, 1, "count");
    }
    let found = compared(desk, 3);
    let examples = &found.compared.differences[0].examples;
    let counted: Vec<_> = examples
        .iter()
        .map(|one| (one.control.clone(), one.candidate.clone()))
        .collect();
    let pair = |control: u8, candidate: u8| (Some(json!(control)), Some(json!(candidate)));
    assert_eq!(counted, [pair(3, 4), pair(4, 6), pair(5, 8)]);

    fixture
        .service
        .abort("northwind", None, &request())
        .expect("stopped");
    start_rollout(&fixture, rollout_settings(RolloutKind::Shadow, "100%")).expect("started again");
    write(desk, "d", 1, "count");
    let found = compared(desk, 1);
    let example = &found.compared.differences[0].examples[0];
    assert_eq!(
        (example.control.clone(), example.candidate.clone()),
        pair(6, 7)
    );
}

#[test]
fn a_canary_keeps_its_conversations_and_a_larger_share_only_adds() {
    const PEOPLE: usize = 60;
    let fixture = fixture();
    let desk = &fixture.desk;
    let some =
        start_rollout(&fixture, rollout_settings(RolloutKind::Canary, "30%")).expect("started");
    assert_eq!(some.terms.by, "test");
    write(desk, "a", PEOPLE, "marker");
    write(desk, "b", PEOPLE, "marker");
    let (first, second) = (deciders(desk, "a"), deciders(desk, "b"));
    assert_eq!(first, second, "a conversation keeps its generation");
    let taken = |decided: &BTreeMap<String, BTreeSet<u64>>| -> BTreeSet<String> {
        let by_canary = decided.iter().filter(|(_, by)| by.contains(&2));
        by_canary
            .map(|(conversation, _)| conversation.clone())
            .collect()
    };
    let few = taken(&first);
    assert!((1..PEOPLE).contains(&few.len()), "{few:?}");

    start_rollout(&fixture, rollout_settings(RolloutKind::Canary, "80%")).expect("more");
    write(desk, "c", PEOPLE, "marker");
    let many = taken(&deciders(desk, "c"));
    assert!(many.is_superset(&few), "{few:?} {many:?}");
    assert!(many.len() > few.len(), "{few:?} {many:?}");
    let found = report(desk).expect("a rollout");
    let expected = (few.len() * 2 + many.len()) as u64;
    assert_eq!(found.candidate_arm.decisions, expected);
    assert_eq!(found.control_arm.decisions, (PEOPLE * 3) as u64 - expected);
    // The other generation is called for comparison.
    let found = compared(desk, expected);
    assert_eq!(found.compared.agreed, 0, "{found:?}");
    assert_eq!(heads(desk, EventKind::RolloutBegan).len(), 1);
    assert_eq!(heads(desk, EventKind::RolloutChanged).len(), 1);

    let plan = fixture
        .service
        .promote("northwind", &request())
        .expect("promoted");
    assert_eq!((plan.number, plan.before, plan.active), (2, Some(1), true));
    write(desk, "d", PEOPLE, "marker");
    assert_eq!(taken(&deciders(desk, "d")).len(), PEOPLE);
    assert!(report(desk).is_none());
    let ended = heads(desk, EventKind::RolloutEnded);
    assert_eq!(ended[0]["because"], "promoted", "{ended:?}");
    assert_eq!(
        heads(desk, EventKind::GenerationActivated)
            .last()
            .map(|head| head["because"].clone()),
        Some(json!("promoted"))
    );
}

#[test]
fn a_failing_canary_is_aborted_and_no_interaction_is_lost() {
    let fixture = fixture_of(["odd", "trap"]);
    let desk = &fixture.desk;
    let bounds = Bounds {
        after: 20,
        ..Bounds::default()
    };
    let canary = RolloutSettings {
        bounds: Some(bounds),
        ..rollout_settings(RolloutKind::Canary, "50%")
    };
    start_rollout(&fixture, canary).expect("started");
    let began = Instant::now();
    let mut written = 0;
    while report(desk).is_some() {
        assert!(began.elapsed() < TIMEOUT, "{:?}", report(desk));
        write(desk, &format!("round-{written}"), 20, "as-set");
        written += 1;
    }
    let ended = heads(desk, EventKind::RolloutEnded);
    assert_eq!(ended.len(), 1, "{ended:?}");
    assert_eq!(ended[0]["because"], "bound-exceeded");
    assert_eq!(ended[0]["breach"]["bound"], "failures");
    assert!(
        ended[0]["breach"]["decisions"]
            .as_u64()
            .is_some_and(|decisions| decisions >= 20)
    );
    let company = desk.company("northwind").expect("present");
    let alerts = desk
        .journal()
        .alert_entries(company, EntryPage::After(0), false, 100)
        .expect("readable");
    let alerts: Vec<_> = alerts.iter().map(|(alert, _)| head(alert)).collect();
    assert!(
        alerts.iter().any(|head| head["alert"] == "canary-aborted"),
        "{alerts:?}"
    );
    let acts = desk
        .journal()
        .audit_records(Some("northwind"), EntryPage::After(0), 100)
        .expect("readable");
    assert!(
        acts.iter()
            .any(|one| one.entry.actor == "host" && one.entry.act == "rollout.aborted"),
        "{acts:?}"
    );

    assert!(
        fixture.service.promote("northwind", &request()).is_err(),
        "an aborted canary cannot be promoted"
    );
    let received = heads(desk, EventKind::Received);
    assert_eq!(received.len(), written * 20, "each once");
    assert!(
        received.iter().any(|head| head["outcome"] == "trapped"),
        "it was called"
    );
    write(desk, "after", 20, "as-set");
    for head in heads(desk, EventKind::Received).split_off(received.len()) {
        assert_eq!(
            (&head["outcome"], &head["stamp"]["generation"]),
            (&json!("ok"), &json!(1)),
            "{head}"
        );
    }
}

#[test]
fn a_failing_shadow_run_continues_and_opens_no_breaker() {
    let fixture = fixture_of(["odd", "trap"]);
    let desk = &fixture.desk;
    start_rollout(&fixture, rollout_settings(RolloutKind::Shadow, "100%")).expect("started");
    write(desk, "a", 30, "as-set");
    let found = compared(desk, 30);
    // A breaker would have opened after ten.
    let failures: Vec<_> = found.candidate_arm.failures.iter().collect();
    assert_eq!(failures, [(&OutcomeKind::Trapped, &30)], "{found:?}");
    assert_eq!(found.compared.failed, 30);
    assert!(found.control_arm.failures.is_empty());
    assert!(heads(desk, EventKind::BreakerOpened).is_empty());
    assert!(report(desk).is_some(), "a shadow run is never aborted");
}

#[test]
fn after_a_restart_pending_interactions_go_to_the_same_generation() {
    const PEOPLE: usize = 40;
    let fixture = fixture();
    let before = &fixture.desk;
    start_rollout(&fixture, rollout_settings(RolloutKind::Canary, "50%")).expect("started");
    write(before, "a", PEOPLE, "marker");
    let first = deciders(before, "a");
    let numbers: BTreeSet<u64> = first.values().flatten().copied().collect();
    assert_eq!(numbers, BTreeSet::from([1, 2]), "both decide");
    before.stop();

    let journal = || std::sync::Arc::clone(before.journal());
    let control = before.generation("northwind").expect("present");
    // A desk without workers accepts and does not decide.
    let settings = DeskSettings {
        workers: 0,
        ..DeskSettings::default()
    };
    let idle = Desk::open(journal(), vec![control.clone()], settings).expect("a desk");
    for author in 0..PEOPLE {
        let delivery = says(&format!("b-{author}"), author, "marker");
        idle.accept("northwind", vec![delivery]).expect("accepted");
    }
    drop(idle);
    let rollouts = fixture.service.stored_rollouts().expect("readable");
    let settings = DeskSettings::default();
    let after =
        Desk::open_with_rollouts(journal(), vec![control], rollouts, settings).expect("a desk");
    after.wait_until_idle();
    assert_eq!(deciders(&after, "b"), first);
    let found = report(&after).expect("a rollout");
    let by_canary = first.values().filter(|by| by.contains(&2)).count() as u64;
    assert_eq!(
        found.candidate_arm.decisions,
        by_canary * 2,
        "counts continue"
    );
}

#[test]
fn a_refused_rollout_names_every_reason() {
    let fixture = fixture();
    let canary = |share| rollout_settings(RolloutKind::Canary, share);
    let with_own = |text: String| {
        let built = fixture
            .service
            .assembler()
            .build_text(&text, std::path::Path::new("."), 0);
        let kept = patchbay_generations::service::ChangeRequest {
            keep_only: true,
            ..request()
        };
        fixture
            .service
            .apply(&built.expect("valid").source, &kept)
            .expect("kept")
            .number
    };
    let other = with_own(
        file("third") + "[queue.tax]\n[target.crm.webhook]\nurl = \"https://crm.example/in\"\n",
    );
    let refused = fixture
        .service
        .start_rollout("northwind", other, canary("95%"), &request());
    let Err(ChangeError::Invalid { problems, .. }) = refused else {
        panic!("{refused:?}");
    };
    let all: Vec<_> = problems.iter().map(|one| one.message.clone()).collect();
    for part in [
        "at most 90%",
        "lacks queue \"tax\"",
        "\"crm\" of the candidate is new",
    ] {
        assert!(
            all.iter().any(|message| message.contains(part)),
            "{part}: {all:?}"
        );
    }
    assert!(report(&fixture.desk).is_none(), "no rollout");
    fixture
        .service
        .start_rollout(
            "northwind",
            other,
            rollout_settings(RolloutKind::Shadow, "1%"),
            &request(),
        )
        .expect("a shadow may");
    for (number, wanted) in [
        (1, request()),
        (2, request()),
        (9, request()),
        (
            other,
            patchbay_generations::service::ChangeRequest {
                expected: Some(7),
                ..request()
            },
        ),
    ] {
        let refused = fixture
            .service
            .start_rollout("northwind", number, canary("5%"), &wanted);
        assert!(refused.is_err(), "{number}: {refused:?}");
    }
    assert_eq!(
        report(&fixture.desk).map(|found| found.generation),
        Some(other)
    );
    // The rollout compared with the generation that was active before.
    fixture
        .service
        .activate("northwind", 2, &request())
        .expect("activated");
    assert!(report(&fixture.desk).is_none());
    let ended = heads(&fixture.desk, EventKind::RolloutEnded);
    assert_eq!(ended[0]["because"], "superseded");
}
