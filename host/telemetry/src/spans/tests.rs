//! The spans of a pass.

use patchbay_pass::observer::{PassTrace, TracedDecision};

use super::*;

#[test]
fn each_stage_and_plugin_of_a_pass_has_a_span_with_its_outcome() {
    let now = Instant::now();
    let part = |stage, plugin: &str, outcome| TracedPart {
        stage,
        plugin: plugin.to_owned(),
        outcome,
        micros: Micros {
            queue: 1,
            instantiate: 2,
            call: 30,
        },
    };
    let pass_trace = PassTrace {
        began: now,
        ended: now,
        waited: Some(Duration::from_millis(1)),
        decisions: vec![TracedDecision {
            entry: 1,
            kind: EventKind::Received,
            outcome: OutcomeKind::Ok,
            generation: 7,
            made: now,
            stages: [true, true, false, false],
            parts: vec![
                part(Stage::Classify, "care", OutcomeKind::Ok),
                part(Stage::Classify, "spam", OutcomeKind::Trapped),
                part(Stage::Route, "care", OutcomeKind::Ok),
            ],
            numbers: Vec::new(),
        }],
        traceparent: None,
        traced: true,
        kinds: vec![EventKind::Received as u16],
        unrecorded: 0,
    };
    let conversation = ConversationId([1; 16]);
    let pass = CommittedPass {
        company: "northwind",
        conversation,
        cause: "input",
        first_sequence: 4,
        first_feed: 40,
        trace: &pass_trace,
        writing: now,
    };
    let trace = trace_id("northwind", conversation);
    let spans = of_pass(&pass, trace, true);
    assert!(spans.iter().all(|span| span.parent.is_some()));
    let alone = of_pass(&pass, trace, false);
    assert_eq!(alone[0].parent, None, "the root span is not exported");
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
fn a_conversation_keeps_its_trace_id_and_shares_it_with_no_other() {
    let first = trace_id("northwind", ConversationId([1; 16]));
    assert_eq!(first, trace_id("northwind", ConversationId([1; 16])));
    assert_ne!(first, trace_id("northwind", ConversationId([2; 16])));
    assert_ne!(first, trace_id("southwind", ConversationId([1; 16])));
}
