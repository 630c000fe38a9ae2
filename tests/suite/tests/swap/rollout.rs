//! Setups are tried on live traffic: a shadow has no effect, a canary keeps to
//! its share, and one that does worse is taken back by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use patchbay_desk::history::EntryKind;
use patchbay_desk::setups::{Proposal, Refused};
use patchbay_desk::{Desk, DeskSettings, RolloutReport};
use patchbay_journal::Entry;
use patchbay_model::outcome::OutcomeKind;
use patchbay_model::rollout::{Bounds, RolloutKind};
use serde_json::{Value, json};

use crate::{Place, feed, file, head, place, place_of, says, wanted};

/// How long something may take that happens by itself: a guard against
/// waiting for ever, and no measure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) fn proposal(kind: RolloutKind, share: &str) -> Proposal {
    Proposal {
        kind,
        share: share.parse().expect(share),
        bounds: None,
    }
}

/// Try generation 2.
pub(crate) fn try_out(place: &Place, proposal: Proposal) -> Result<RolloutReport, Refused> {
    place.setups.try_out("northwind", 2, proposal, &wanted())
}

pub(crate) fn report(desk: &Desk) -> Option<RolloutReport> {
    desk.rollout("northwind").expect("there")
}

/// The report, once as many decisions have been looked at.
pub(crate) fn compared(desk: &Desk, decisions: u64) -> RolloutReport {
    let begun = Instant::now();
    loop {
        let found = report(desk).expect("on trial");
        let all = &found.compared;
        if all.decisions + all.failed + all.no_time + all.no_room >= decisions {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{found:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Everybody writes; answered once all of it is decided.
fn write(desk: &Desk, round: &str, people: usize, text: &str) {
    for author in 0..people {
        let delivery = says(&format!("{round}-{author}"), author, text);
        desk.accept("northwind", vec![delivery]).expect("taken in");
    }
    desk.settled();
}

/// Heads of the entries of a kind, oldest first.
fn heads(desk: &Desk, kind: EntryKind) -> Vec<Value> {
    let of = |entry: &Entry| entry.kind == kind as u16;
    feed(desk)
        .iter()
        .filter(|entry| of(entry))
        .map(head)
        .collect()
}

/// The generations that decided about each conversation, of the messages of a
/// round.
fn deciders(desk: &Desk, round: &str) -> BTreeMap<String, BTreeSet<u64>> {
    let mut all: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for entry in feed(desk) {
        let head = head(&entry);
        let ours = head["interaction"]
            .as_str()
            .is_some_and(|id| id.starts_with(round));
        if entry.kind == EntryKind::Received as u16 && ours {
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
    let place = place();
    let desk = &place.desk;
    let begun = try_out(&place, proposal(RolloutKind::Shadow, "100%")).expect("tried");
    assert_eq!((begun.generation, begun.control), (2, 1));
    write(desk, "a", 20, "marker");
    // What both say alike.
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
    assert!(example.conversation.is_some(), "to look it up");
    assert_eq!(found.control_arm.decisions, 40);
    assert_eq!(found.candidate_arm.decisions, 40);
    assert!(found.candidate_arm.latency.is_some());

    let decided = deciders(desk, "a");
    assert!(
        decided.values().all(|by| *by == BTreeSet::from([1])),
        "{decided:?}"
    );
    assert_eq!(heads(desk, EntryKind::Received).len(), 40, "one entry each");

    let stopped = place
        .setups
        .abort("northwind", Some("seen enough"), &wanted());
    assert_eq!(stopped.expect("stopped").compared.decisions, 40);
    let ended = heads(desk, EntryKind::RolloutEnded);
    assert_eq!(ended.len(), 1);
    assert_eq!(
        (&ended[0]["because"], &ended[0]["reason"]),
        (&json!("aborted"), &json!("seen enough"))
    );
    assert_eq!(ended[0]["agreed"], 20);
    assert!(report(desk).is_none());
    assert!(
        place.setups.abort("northwind", None, &wanted()).is_err(),
        "nothing is tried"
    );
}

#[test]
fn a_shadow_remembers_apart_and_only_as_long_as_it_lasts() {
    let place = place_of(["odd", "twice"]);
    let desk = &place.desk;
    // Two are counted before it begins: it goes on from there.
    write(desk, "before", 1, "count");
    write(desk, "before-too", 1, "count");
    try_out(&place, proposal(RolloutKind::Shadow, "100%")).expect("tried");
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

    place
        .setups
        .abort("northwind", None, &wanted())
        .expect("stopped");
    try_out(&place, proposal(RolloutKind::Shadow, "100%")).expect("tried anew");
    write(desk, "d", 1, "count");
    let found = compared(desk, 1);
    let example = &found.compared.differences[0].examples[0];
    assert_eq!(
        (example.control.clone(), example.candidate.clone()),
        pair(6, 7)
    );
}

#[test]
fn a_canary_keeps_to_its_conversations_and_a_greater_share_only_adds() {
    const PEOPLE: usize = 60;
    let place = place();
    let desk = &place.desk;
    let some = try_out(&place, proposal(RolloutKind::Canary, "30%")).expect("tried");
    assert_eq!(some.terms.by, "test");
    write(desk, "a", PEOPLE, "marker");
    write(desk, "b", PEOPLE, "marker");
    let (first, second) = (deciders(desk, "a"), deciders(desk, "b"));
    assert_eq!(first, second, "whoever is in it stays in it");
    let taken = |decided: &BTreeMap<String, BTreeSet<u64>>| -> BTreeSet<String> {
        let by_canary = decided.iter().filter(|(_, by)| by.contains(&2));
        by_canary
            .map(|(conversation, _)| conversation.clone())
            .collect()
    };
    let few = taken(&first);
    assert!((1..PEOPLE).contains(&few.len()), "{few:?}");

    try_out(&place, proposal(RolloutKind::Canary, "80%")).expect("more");
    write(desk, "c", PEOPLE, "marker");
    let many = taken(&deciders(desk, "c"));
    assert!(many.is_superset(&few), "{few:?} {many:?}");
    assert!(many.len() > few.len(), "{few:?} {many:?}");
    let found = report(desk).expect("on trial");
    let expected = (few.len() * 2 + many.len()) as u64;
    assert_eq!(found.candidate_arm.decisions, expected);
    assert_eq!(found.control_arm.decisions, (PEOPLE * 3) as u64 - expected);
    // Beside each of its decisions the other is asked what it would have said.
    let found = compared(desk, expected);
    assert_eq!(found.compared.agreed, 0, "{found:?}");
    assert_eq!(heads(desk, EntryKind::RolloutBegan).len(), 1);
    assert_eq!(heads(desk, EntryKind::RolloutChanged).len(), 1);

    let plan = place
        .setups
        .promote("northwind", &wanted())
        .expect("promoted");
    assert_eq!((plan.number, plan.before, plan.active), (2, Some(1), true));
    write(desk, "d", PEOPLE, "marker");
    assert_eq!(taken(&deciders(desk, "d")).len(), PEOPLE);
    assert!(report(desk).is_none());
    let ended = heads(desk, EntryKind::RolloutEnded);
    assert_eq!(ended[0]["because"], "promoted", "{ended:?}");
    assert_eq!(
        heads(desk, EntryKind::GenerationActivated)
            .last()
            .map(|head| head["because"].clone()),
        Some(json!("promoted"))
    );
}

#[test]
fn a_canary_that_fails_is_taken_back_by_itself_and_nobody_is_lost() {
    let place = place_of(["odd", "trap"]);
    let desk = &place.desk;
    let bounds = Bounds {
        after: 20,
        ..Bounds::default()
    };
    let canary = Proposal {
        bounds: Some(bounds),
        ..proposal(RolloutKind::Canary, "50%")
    };
    try_out(&place, canary).expect("tried");
    let begun = Instant::now();
    let mut written = 0;
    while report(desk).is_some() {
        assert!(begun.elapsed() < PATIENCE, "{:?}", report(desk));
        write(desk, &format!("round-{written}"), 20, "as-set");
        written += 1;
    }
    let ended = heads(desk, EntryKind::RolloutEnded);
    assert_eq!(ended.len(), 1, "{ended:?}");
    assert_eq!(ended[0]["because"], "bound-exceeded");
    assert_eq!(ended[0]["breach"]["bound"], "failures");
    assert!(
        ended[0]["breach"]["decisions"]
            .as_u64()
            .is_some_and(|decisions| decisions >= 20)
    );
    let company = desk.company("northwind").expect("there");
    let alerts = desk.journal().watched(company, 0, 100).expect("readable");
    let alerts: Vec<_> = alerts.iter().map(head).collect();
    assert!(
        alerts.iter().any(|head| head["alert"] == "canary-aborted"),
        "{alerts:?}"
    );
    let acts = desk
        .journal()
        .audited(Some("northwind"), 0, 100)
        .expect("readable");
    assert!(
        acts.iter()
            .any(|one| one.entry.actor == "host" && one.entry.act == "rollout.aborted"),
        "{acts:?}"
    );

    assert!(
        place.setups.promote("northwind", &wanted()).is_err(),
        "what was taken back is not promoted"
    );
    let received = heads(desk, EntryKind::Received);
    assert_eq!(received.len(), written * 20, "each once");
    assert!(
        received.iter().any(|head| head["outcome"] == "trapped"),
        "it did decide"
    );
    write(desk, "after", 20, "as-set");
    for head in heads(desk, EntryKind::Received).split_off(received.len()) {
        assert_eq!(
            (&head["outcome"], &head["stamp"]["generation"]),
            (&json!("ok"), &json!(1)),
            "{head}"
        );
    }
}

#[test]
fn a_shadow_that_fails_is_asked_on_and_touches_no_breaker() {
    let place = place_of(["odd", "trap"]);
    let desk = &place.desk;
    try_out(&place, proposal(RolloutKind::Shadow, "100%")).expect("tried");
    write(desk, "a", 30, "as-set");
    let found = compared(desk, 30);
    // A breaker would have left it alone after ten.
    let failures: Vec<_> = found.candidate_arm.failures.iter().collect();
    assert_eq!(failures, [(&OutcomeKind::Trapped, &30)], "{found:?}");
    assert_eq!(found.compared.failed, 30);
    assert!(found.control_arm.failures.is_empty());
    assert!(heads(desk, EntryKind::BreakerOpened).is_empty());
    assert!(report(desk).is_some(), "a shadow is never taken back");
}

#[test]
fn what_waited_while_the_host_was_down_is_decided_by_who_would_have() {
    const PEOPLE: usize = 40;
    let place = place();
    let before = &place.desk;
    try_out(&place, proposal(RolloutKind::Canary, "50%")).expect("tried");
    write(before, "a", PEOPLE, "marker");
    let first = deciders(before, "a");
    let numbers: BTreeSet<u64> = first.values().flatten().copied().collect();
    assert_eq!(numbers, BTreeSet::from([1, 2]), "both decide");
    before.stop();

    let journal = || std::sync::Arc::clone(before.journal());
    let control = before.generation("northwind").expect("there");
    // Somebody takes in, and nobody decides.
    let settings = DeskSettings {
        workers: 0,
        ..DeskSettings::default()
    };
    let idle = Desk::open(journal(), vec![control.clone()], settings).expect("a desk");
    for author in 0..PEOPLE {
        let delivery = says(&format!("b-{author}"), author, "marker");
        idle.accept("northwind", vec![delivery]).expect("taken in");
    }
    drop(idle);
    let on_trial = place.setups.on_trial().expect("readable");
    let settings = DeskSettings::default();
    let after = Desk::open_trying(journal(), vec![control], on_trial, settings).expect("a desk");
    after.settled();
    assert_eq!(deciders(&after, "b"), first);
    let found = report(&after).expect("on trial still");
    let by_canary = first.values().filter(|by| by.contains(&2)).count() as u64;
    assert_eq!(found.candidate_arm.decisions, by_canary * 2, "counts go on");
}

#[test]
fn what_cannot_be_tried_is_refused_with_every_reason() {
    let place = place();
    let canary = |share| proposal(RolloutKind::Canary, share);
    let with_own = |text: String| {
        let built = place
            .setups
            .assembler()
            .build_text(&text, std::path::Path::new("."), 0);
        let kept = patchbay_desk::setups::Wanted {
            keep_only: true,
            ..wanted()
        };
        place
            .setups
            .apply(&built.expect("valid").source, &kept)
            .expect("kept")
            .number
    };
    let other = with_own(
        file("third") + "[queue.tax]\n[target.crm.webhook]\nurl = \"https://crm.example/in\"\n",
    );
    let refused = place
        .setups
        .try_out("northwind", other, canary("95%"), &wanted());
    let Err(Refused::Wrong { problems, .. }) = refused else {
        panic!("{refused:?}");
    };
    let all: Vec<_> = problems.iter().map(|one| one.message.clone()).collect();
    for part in ["at most 90%", "\"tax\" is new", "\"crm\" is new"] {
        assert!(
            all.iter().any(|message| message.contains(part)),
            "{part}: {all:?}"
        );
    }
    assert!(report(&place.desk).is_none(), "nothing is tried");
    place
        .setups
        .try_out(
            "northwind",
            other,
            proposal(RolloutKind::Shadow, "1%"),
            &wanted(),
        )
        .expect("a shadow may");
    for (number, wanted) in [
        (1, wanted()),
        (2, wanted()),
        (9, wanted()),
        (
            other,
            patchbay_desk::setups::Wanted {
                expected: Some(7),
                ..wanted()
            },
        ),
    ] {
        let refused = place
            .setups
            .try_out("northwind", number, canary("5%"), &wanted);
        assert!(refused.is_err(), "{number}: {refused:?}");
    }
    assert_eq!(
        report(&place.desk).map(|found| found.generation),
        Some(other)
    );
    // Another setup decides: what was tried was tried against the one before.
    place
        .setups
        .activate("northwind", 2, &wanted())
        .expect("activated");
    assert!(report(&place.desk).is_none());
    let ended = heads(&place.desk, EntryKind::RolloutEnded);
    assert_eq!(ended[0]["because"], "superseded");
}
