//! Stateless decisions take part in rollouts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use patchbay_desk::{Desk, Load};
use patchbay_engine::decision::Decision;
use patchbay_generations::decide::RequestContext;
use patchbay_generations::inquiry::{DecideRequest, Inquiry, ToneRequest};
use patchbay_model::rollout::RolloutKind;
use serde_json::{Value, json};

use crate::fixture::{feed, fixture};
use crate::rollout::{TIMEOUT, compared, report, rollout_settings, start_rollout};

fn about(author: usize, text: &str) -> Value {
    json!({"interaction": {"id": format!("{author}"), "channel": "chat", "text": text,
        "author": {"address": format!("@{author}")}}})
}

fn inquiry(request: Value) -> Inquiry {
    let request: DecideRequest = serde_json::from_value(request).expect("a request");
    Inquiry::try_from(request).expect("valid")
}

fn ask(desk: &Desk, inquiry: Inquiry) -> Decision {
    let decider = desk
        .stateless_decider("northwind", Load::Calm)
        .expect("a rollout");
    let terms = RequestContext::at(Timestamp::UNIX_EPOCH, TIMEOUT);
    decider.answer(inquiry, &terms).expect("answered").0
}

/// The generation that decided; the answer has its marker.
fn decider(decision: &Decision) -> u64 {
    let classification = decision.classification.as_ref().expect("classified");
    let said = &classification.classification.intents[0].name;
    let number = decision.stamp.generation;
    assert_eq!(said, if number == 1 { "odd" } else { "even" });
    number
}

#[test]
fn a_shadow_run_of_stateless_decisions_is_compared_and_has_no_effect() {
    let fixture = fixture();
    let desk = &fixture.desk;
    assert!(
        desk.stateless_decider("northwind", Load::Calm).is_none(),
        "no rollout"
    );
    start_rollout(&fixture, rollout_settings(RolloutKind::Shadow, "100%")).expect("started");
    for author in 0..10 {
        let decision = ask(desk, inquiry(about(author, "marker")));
        assert_eq!(decider(&decision), 1);
        ask(desk, inquiry(about(author, "ok")));
    }
    let found = compared(desk, 20);
    assert_eq!((found.compared.decisions, found.compared.agreed), (20, 10));
    let example = &found.compared.differences[0].examples[0];
    assert!(example.conversation.is_none() && example.interaction.is_some());
    assert_eq!(example.decision.get(), None, "it has no entry");
    assert_eq!(found.control_arm.decisions, 20);
    assert_eq!(found.candidate_arm.decisions, 20);
    assert_eq!(
        feed(desk).len(),
        2,
        "an activation and a rollout, no decision"
    );
}

#[test]
fn a_canary_answers_its_share_of_stateless_decisions() {
    let fixture = fixture();
    let desk = &fixture.desk;
    start_rollout(&fixture, rollout_settings(RolloutKind::Canary, "50%")).expect("started");
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
    let found = report(desk).expect("a rollout");
    assert_eq!(found.candidate_arm.decisions, 3 * of_canary as u64);
    // All messages of a named conversation go to one generation.
    let named = |author: usize| {
        let mut request = about(author, "marker");
        request["interaction"]["conversation"] = "ticket 7".into();
        decider(&ask(desk, inquiry(request)))
    };
    let first = named(0);
    assert!((1..40).all(|author| named(author) == first));
}

#[test]
fn both_generations_use_the_agents_and_queues_of_the_request() {
    let fixture = fixture();
    let desk = &fixture.desk;
    start_rollout(&fixture, rollout_settings(RolloutKind::Shadow, "100%")).expect("started");
    let mut request = about(1, "ok");
    request["queues"] = json!([{"id": "general", "default": true}, {"id": "elsewhere"}]);
    request["agents"] = json!([{"id": "ana", "queues": ["elsewhere"]}]);
    ask(desk, inquiry(request.clone()));
    let found = compared(desk, 1);
    assert_eq!((found.compared.decisions, found.compared.agreed), (1, 1));
    request["queues"] = json!([{"id": "elsewhere", "default": true}]);
    let decider = desk
        .stateless_decider("northwind", Load::Calm)
        .expect("a rollout");
    let terms = RequestContext::at(Timestamp::UNIX_EPOCH, TIMEOUT);
    let refused = decider.answer(inquiry(request), &terms).err();
    let refused = refused.expect("the default queue is missing").to_string();
    assert!(refused.contains("queues"), "{refused}");
}

#[test]
fn composing_drafts_are_answered_and_not_counted() {
    let fixture = fixture();
    let desk = &fixture.desk;
    start_rollout(&fixture, rollout_settings(RolloutKind::Canary, "50%")).expect("started");
    let check = |id: usize, composing: bool| {
        let draft = json!({"id": format!("{id}"), "channel": "chat", "text": "ok"});
        let request = json!({"draft": draft, "composing": composing});
        let request: ToneRequest = serde_json::from_value(request).expect("a request");
        ask(desk, Inquiry::try_from(request).expect("valid"))
    };
    let typed: Vec<u64> = (0..20).map(|id| check(id, true).stamp.generation).collect();
    let counted = |desk: &Desk| {
        let found = report(desk).expect("a rollout");
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
