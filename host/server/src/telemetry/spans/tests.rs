//! What a pass becomes as spans.

use patchbay_desk::observer::{Told, ToldDecision};

use super::*;

#[test]
fn each_stage_and_plugin_of_a_pass_has_a_span_that_says_what_decided() {
    let now = Instant::now();
    let part = |stage, plugin: &str, outcome| ToldPart {
        stage,
        plugin: plugin.to_owned(),
        outcome,
        micros: Micros {
            queue: 1,
            instantiate: 2,
            call: 30,
        },
    };
    let told = Told {
        began: now,
        ended: now,
        waited: Some(Duration::from_millis(1)),
        decisions: vec![ToldDecision {
            entry: 1,
            kind: EntryKind::Received,
            outcome: OutcomeKind::Ok,
            generation: 7,
            made: now,
            stages: [true, true, false, false],
            parts: vec![
                part(Stage::Classify, "care", OutcomeKind::Ok),
                part(Stage::Classify, "spam", OutcomeKind::Trapped),
                part(Stage::Route, "care", OutcomeKind::Ok),
            ],
        }],
        delivered_in: None,
        traced: true,
        kinds: vec![EntryKind::Received as u16],
        unrecorded: 0,
    };
    let conversation = ConversationId([1; 16]);
    let pass = CommittedPass {
        company: "northwind",
        conversation,
        cause: "input",
        first_sequence: 4,
        first_feed: 40,
        told: &told,
        writing: now,
    };
    let trace = trace("northwind", conversation);
    let spans = of_pass(&pass, trace, true);
    assert!(spans.iter().all(|span| span.parent.is_some()));
    let alone = of_pass(&pass, trace, false);
    assert_eq!(
        alone[0].parent, None,
        "the conversation's span is not there"
    );
    let names: Vec<&str> = spans.iter().map(|span| span.name).collect();
    let expected = [
        "interaction",
        "intake",
        "classify",
        "plugin",
        "plugin",
        "route",
        "plugin",
        "commit",
    ];
    assert_eq!(names, expected);
    let spam = &spans[4];
    assert_eq!(spam.parent, Some(spans[2].id));
    assert_eq!(spans[2].parent, Some(spans[0].id));
    assert_eq!(spam.end - spam.start, 33_000);
    assert!(spam.failed && spans[2].failed && !spans[5].failed);
    for (key, value) in [
        ("patchbay.decision", Attribute::Number(41)),
        ("patchbay.generation", Attribute::Number(7)),
        ("patchbay.plugin", Attribute::from("spam")),
        ("patchbay.outcome", Attribute::from("trapped")),
    ] {
        assert!(spam.attributes.contains(&(key, value)), "{key}: {spam:?}");
    }
}

#[test]
fn a_conversation_has_the_same_trace_at_every_start_and_no_other_has_it() {
    let first = trace("northwind", ConversationId([1; 16]));
    assert_eq!(first, trace("northwind", ConversationId([1; 16])));
    assert_ne!(first, trace("northwind", ConversationId([2; 16])));
    assert_ne!(first, trace("southwind", ConversationId([1; 16])));
}
