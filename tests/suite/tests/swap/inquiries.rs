//! What is asked by itself takes part in a trial as what is kept does.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use patchbay_desk::{Desk, Load};
use patchbay_engine::decision::Decision;
use patchbay_generation::asked::{DecideRequest, Inquiry, ToneRequest};
use patchbay_generation::decide::Terms;
use patchbay_model::rollout::RolloutKind;
use serde_json::{Value, json};

use crate::place;
use crate::rollout::{PATIENCE, compared, proposal, report, try_out};

fn about(author: usize, text: &str) -> Value {
    json!({"interaction": {"id": format!("{author}"), "channel": "chat", "text": text,
        "author": {"address": format!("@{author}")}}})
}

fn inquiry(request: Value) -> Inquiry {
    let request: DecideRequest = serde_json::from_value(request).expect("a request");
    Inquiry::try_from(request).expect("valid")
}

fn ask(desk: &Desk, inquiry: Inquiry) -> Decision {
    let trial = desk.on_trial("northwind", Load::Calm).expect("on trial");
    let terms = Terms::at(Timestamp::UNIX_EPOCH, PATIENCE);
    trial.answer(inquiry, &terms).expect("answered").decision
}

/// The generation that decided, whose marker the answer carries.
fn decider(decision: &Decision) -> u64 {
    let classification = decision.classification.as_ref().expect("classified");
    let said = &classification.classification.intents[0].name;
    let number = decision.stamp.generation;
    assert_eq!(said, if number == 1 { "odd" } else { "even" });
    number
}

#[test]
fn a_shadow_of_what_is_asked_by_itself_is_compared_and_has_no_effect() {
    let place = place();
    let desk = &place.desk;
    assert!(
        desk.on_trial("northwind", Load::Calm).is_none(),
        "nothing is tried"
    );
    try_out(&place, proposal(RolloutKind::Shadow, "100%")).expect("tried");
    for author in 0..10 {
        let decision = ask(desk, inquiry(about(author, "marker")));
        assert_eq!(decider(&decision), 1);
        ask(desk, inquiry(about(author, "ok")));
    }
    let found = compared(desk, 20);
    assert_eq!((found.compared.decisions, found.compared.agreed), (20, 10));
    let example = &found.compared.differences[0].examples[0];
    assert!(example.conversation.is_none() && example.interaction.is_some());
    assert_eq!(found.control_arm.decisions, 20);
    assert_eq!(found.candidate_arm.decisions, 20);
    assert_eq!(
        crate::feed(desk).len(),
        2,
        "a setup and a trial, no decision"
    );
}

#[test]
fn a_canary_answers_its_share_of_what_is_asked_by_itself_and_keeps_to_it() {
    let place = place();
    let desk = &place.desk;
    try_out(&place, proposal(RolloutKind::Canary, "50%")).expect("tried");
    let mut by_author: BTreeMap<usize, BTreeSet<u64>> = BTreeMap::new();
    for round in 0..3 {
        for author in 0..40 {
            let mut request = about(author, "marker");
            request["interaction"]["id"] = format!("{round}-{author}").into();
            let decision = ask(desk, inquiry(request));
            by_author
                .entry(author)
                .or_default()
                .insert(decider(&decision));
        }
    }
    assert!(by_author.values().all(|by| by.len() == 1), "{by_author:?}");
    let of_canary = by_author.values().filter(|by| by.contains(&2)).count();
    assert!((1..40).contains(&of_canary), "{of_canary}");
    let found = report(desk).expect("on trial");
    assert_eq!(found.candidate_arm.decisions, 3 * of_canary as u64);
    // A conversation the asker names goes together, whoever writes in it.
    let named = |author: usize| {
        let mut request = about(author, "marker");
        request["interaction"]["conversation"] = "ticket 7".into();
        decider(&ask(desk, inquiry(request)))
    };
    let first = named(0);
    assert!((1..40).all(|author| named(author) == first));
}

#[test]
fn agents_and_queues_the_asker_names_are_what_both_go_by() {
    let place = place();
    let desk = &place.desk;
    try_out(&place, proposal(RolloutKind::Shadow, "100%")).expect("tried");
    let mut request = about(1, "ok");
    request["queues"] = json!([{"id": "general", "default": true}, {"id": "elsewhere"}]);
    request["agents"] = json!([{"id": "ana", "queues": ["elsewhere"]}]);
    ask(desk, inquiry(request.clone()));
    let found = compared(desk, 1);
    assert_eq!((found.compared.decisions, found.compared.agreed), (1, 1));
    request["queues"] = json!([{"id": "elsewhere", "default": true}]);
    let trial = desk.on_trial("northwind", Load::Calm).expect("on trial");
    let terms = Terms::at(Timestamp::UNIX_EPOCH, PATIENCE);
    let refused = trial.answer(inquiry(request), &terms).err();
    let refused = refused.expect("the default queue is missing").to_string();
    assert!(refused.contains("queues"), "{refused}");
}

#[test]
fn what_is_still_being_typed_is_answered_and_not_counted() {
    let place = place();
    let desk = &place.desk;
    try_out(&place, proposal(RolloutKind::Canary, "50%")).expect("tried");
    let check = |id: usize, composing: bool| {
        let draft = json!({"id": format!("{id}"), "channel": "chat", "text": "ok"});
        let request = json!({"draft": draft, "composing": composing});
        let request: ToneRequest = serde_json::from_value(request).expect("a request");
        ask(desk, Inquiry::try_from(request).expect("valid"))
    };
    let typed: Vec<u64> = (0..20).map(|id| check(id, true).stamp.generation).collect();
    let counted = |desk: &Desk| {
        let found = report(desk).expect("on trial");
        found.control_arm.decisions + found.candidate_arm.decisions
    };
    assert_eq!(counted(desk), 0);
    let sent: Vec<u64> = (0..20)
        .map(|id| check(id, false).stamp.generation)
        .collect();
    assert_eq!(typed, sent, "the same draft by the same generation");
    assert!(sent.contains(&1) && sent.contains(&2), "{sent:?}");
    compared(desk, sent.iter().filter(|by| **by == 2).count() as u64);
    assert!(counted(desk) >= 20);
}
