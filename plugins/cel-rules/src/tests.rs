use patchbay_sdk::prelude::*;
use patchbay_sdk::testing::*;

use crate::environment::{Object, Stage};
use crate::{CelRules, Condition};

fn problems(settings: serde_json::Value) -> Vec<(String, String)> {
    match prepare::<CelRules>(settings) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .iter()
            .map(|problem| (problem.path.clone(), problem.message.clone()))
            .collect(),
    }
}

fn policy(settings: serde_json::Value) -> CelRules {
    prepare(settings).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn a_fault_has_the_path_of_its_rule_and_its_column() {
    let found = problems(json!({
        "classify": [
            { "when": "true", "then": { "topics": ["a"] } },
            { "when": "interaction.text.contains('a') && interaction.txet == 'b'", "then": { "topics": ["a"] } },
        ],
        "route": [{ "when": "conversation.priority > 'high'", "then": { "queue": "general" } }],
    }));
    let paths: Vec<&str> = found.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["/classify/1/when", "/route/0/when"]);
    assert!(
        found[0]
            .1
            .starts_with("column 47: interaction has no field `txet`; did you mean `text`"),
        "{}",
        found[0].1
    );
    assert!(
        found[1]
            .1
            .starts_with("column 23: `>` does not order int and string"),
        "{}",
        found[1].1
    );
}

#[test]
fn a_condition_of_several_lines_is_faulted_by_line() {
    let found = Condition::compile(
        Stage::Classify,
        "interaction.public &&\n  contact.raech > 5",
        &[],
    )
    .expect_err("a refusal");
    assert!(
        found[0]
            .to_string()
            .starts_with("line 2, column 11: contact has no field `raech`"),
        "{}",
        found[0]
    );
}

#[test]
fn every_fault_is_reported_in_the_order_of_the_text() {
    let found = Condition::compile(Stage::Classify, "contact.a == 1 || contact.b == 2", &[])
        .expect_err("a refusal");
    assert_eq!(found.len(), 2);
    assert!(found[0].message.contains("`a`") && found[1].message.contains("`b`"));
}

#[test]
fn the_steps_of_deeply_nested_macros_do_not_wrap() {
    for levels in 4..=16 {
        let condition = (0..levels).fold("true".to_owned(), |inner, level| {
            format!("interaction.attachments.exists(a{level}, {inner})")
        });
        let Err(found) = Condition::compile(Stage::Classify, &condition, &[]) else {
            panic!("{levels} levels are accepted");
        };
        let message = &found[0].message;
        assert!(message.contains("steps, more than"), "{levels}: {message}");
    }
    // Two macros in a list: their steps are added.
    let macros = (0..12).fold("true".to_owned(), |inner, level| {
        format!("interaction.attachments.exists(a{level}, {inner})")
    });
    let list = format!("[{macros}, {macros}][0]");
    let found = Condition::compile(Stage::Classify, &list, &[]);
    assert!(found.is_err_and(|faults| faults[0].message.contains("steps, more than")));
}

#[test]
fn answers_that_cannot_be_given_are_faulted_by_path() {
    let found = problems(json!({
        "classify": [{ "when": "true", "then": { "intents": { "Bad Code": 2.0 } } }, { "when": "true", "then": {} }],
        "route": [
            { "when": "true", "then": {} },
            { "when": "true", "then": { "agent": "ana", "hold": "1h" } },
            { "when": "true", "then": { "queue": "general", "skills": { "fraud": 9 } } },
        ],
        "tone": [{ "when": "true", "then": { "verdict": "block", "code": "x", "message": "", "approvers": ["legal"] } }],
        "escalate": [{ "when": "true", "then": { "notify": "press" } }, { "when": "true", "then": {} }],
    }));
    let paths: Vec<&str> = found.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/classify/0/then/intents/Bad Code",
            "/classify/0/then/intents/Bad Code",
            "/classify/1/then",
            "/route/0/then",
            "/route/1/then",
            "/route/2/then/skills/fraud",
            "/tone/0/then/message",
            "/tone/0/then/approvers",
            "/escalate/0/then",
            "/escalate/1/then",
        ]
    );
}

#[test]
fn intents_and_topics_add_up_and_the_first_rule_gives_the_other_values() {
    let policy = policy(json!({ "classify": [
        { "when": "interaction.text.contains('refund')", "then": { "intents": { "refund": 0.6 }, "topics": ["money"], "urgency": 30 } },
        { "when": "false", "then": { "urgency": 99 } },
        { "when": "contact.reach > 1000", "then": { "intents": { "refund": 0.9, "complaint": 0.5 }, "topics": ["money", "reach"], "urgency": 80 } },
    ] }));
    let interaction = Interaction::example("x", "refund now").reach(5000).into();
    let answer = policy
        .classify(&interaction)
        .expect("no failure")
        .expect("an opinion");
    validate(&answer, &interaction).expect("a valid answer");
    let intents: Vec<_> = answer
        .intents
        .iter()
        .map(|it| (it.name.as_str(), it.confidence))
        .collect();
    assert_eq!(intents, [("refund", 0.9), ("complaint", 0.5)]);
    assert_eq!(
        (answer.topics, answer.urgency),
        (vec!["money".to_owned(), "reach".to_owned()], Some(30))
    );
    assert_eq!(answer.why, "Rules classify/0, 2 apply.");
}

#[test]
fn no_rule_declines() {
    let policy = policy(json!({ "classify": [{ "when": "false", "then": { "topics": ["a"] } }] }));
    assert!(
        policy
            .classify(&Interaction::example("x", "a").into())
            .expect("a result")
            .is_none()
    );
    let empty = prepare::<CelRules>(json!({})).expect("a result");
    assert!(
        empty
            .classify(&Interaction::example("x", "a").into())
            .expect("a result")
            .is_none()
    );
}

#[test]
fn the_first_route_decides_and_later_conditions_are_not_evaluated() {
    let policy = policy(json!({ "route": [
        { "when": "conversation.tags.exists(t, t == 'vip')", "then": { "agent": "ana", "wait": "5m", "queue": "vip", "priority": 80, "tags": ["white-glove"], "first-response": "5m" } },
        { "when": "interaction.attributes['missing'] == ''", "then": { "close": true } },
    ] }));
    let vip = Conversation::example(Interaction::example("x", "Hi"))
        .tag("vip")
        .into();
    let plan = World::new()
        .enter(|| policy.route(&vip))
        .expect("no failure")
        .expect("an opinion");
    assert_eq!(
        (
            plan.target.kind.as_str(),
            plan.target.id.as_deref(),
            plan.target.queue.as_deref()
        ),
        ("agent", Some("ana"), Some("vip"))
    );
    assert_eq!(plan.target.until, Some(NOON + 300_000));
    assert_eq!((plan.priority, plan.sla[0].seconds), (Some(80), 300));
    let other = Conversation::example(Interaction::example("x", "Hi")).into();
    let error = World::new()
        .enter(|| policy.route(&other))
        .expect_err("a refusal");
    assert!(
        error
            .message()
            .starts_with("/route/1/when: there is no key `missing`"),
        "{error}"
    );
}

#[test]
fn a_failure_does_not_repeat_what_the_customer_wrote() {
    let policy = policy(
        json!({ "classify": [{ "when": "interaction.attributes[interaction.text] == ''", "then": { "topics": ["a"] } }] }),
    );
    let error = policy
        .classify(&Interaction::example("x", "My PIN is 1234").into())
        .expect_err("a refusal");
    assert_eq!(
        error.message(),
        "/classify/0/when: there is no such key; test it first with has() or `in`"
    );
}

#[test]
fn a_rule_that_fails_can_be_skipped_with_a_log_line() {
    let policy = policy(json!({ "on-error": "skip", "route": [
        { "when": "interaction.attributes['missing'] == ''", "then": { "close": true } },
        { "when": "true", "then": { "queue": "general" } },
    ] }));
    let world = World::new();
    let conversation = Conversation::example(Interaction::example("x", "Hi")).into();
    let plan = world
        .enter(|| policy.route(&conversation))
        .expect("a result")
        .expect("a result");
    assert_eq!(plan.target.id.as_deref(), Some("general"));
    assert!(
        world.log()[0].contains("/route/0/when"),
        "{:?}",
        world.log()
    );
}

#[test]
fn the_strictest_verdict_decides_and_findings_add_up() {
    let policy = policy(json!({ "tone": [
        { "when": "draft.public && draft.text.mentions('refund')", "then": { "verdict": "revise", "code": "refund.public", "message": "Offer refunds in private." } },
        { "when": "classification.sentiment < -0.5", "then": { "verdict": "hold", "code": "angry", "message": "A supervisor reads this first.", "approvers": ["leads"] } },
        { "when": "draft.length > draft.length_limit && has(draft.length_limit)", "then": { "verdict": "block", "code": "long", "message": "Too long." } },
    ] }));
    let draft = Draft::example("x", "We Refund you")
        .public()
        .assessment(Assessment::example().sentiment(-0.9))
        .into();
    let review = policy
        .check(&draft)
        .expect("no failure")
        .expect("an opinion");
    validate(&review, &draft).expect("a valid answer");
    let codes: Vec<&str> = review.findings.iter().map(|it| it.code.as_str()).collect();
    assert_eq!(
        (review.verdict, codes, review.approvers),
        (
            Verdict::Hold,
            vec!["refund.public", "angry"],
            vec!["leads".to_owned()]
        )
    );
}

#[test]
fn escalations_add_up_and_each_action_is_there_once() {
    let policy = policy(json!({ "escalate": [
        { "when": "trigger.code == 'classified' && contact.reach >= 50000", "then": { "raise-priority": 90, "notify": "press", "message": "Wide reach" } },
        { "when": "trigger.code == 'classified'", "then": { "raise-priority": 90, "wake-up-after": "1h", "wake-up-for": "look-again" } },
        { "when": "trigger.code == 'sla-breached' && trigger.clock == 'first-response'", "then": { "re-route": "urgent" } },
    ] }));
    let about = Conversation::example(Interaction::example("x", "Hi").reach(60_000));
    let answer = World::new()
        .enter(|| policy.escalate(&Trigger::example("classified").conversation(about).into()))
        .expect("a result")
        .expect("a result");
    let kinds: Vec<&str> = answer.actions.iter().map(|it| it.kind.as_str()).collect();
    assert_eq!(kinds, ["raise-priority", "notify", "wake-up"]);
    let breached = Trigger::example("sla-breached")
        .clock("first-response")
        .into();
    let answer = World::new()
        .enter(|| policy.escalate(&breached))
        .expect("a result")
        .expect("a result");
    assert_eq!(answer.actions[0].target.as_deref(), Some("urgent"));
    assert!(
        World::new()
            .enter(|| policy.escalate(&Trigger::example("wake-up").into()))
            .expect("a result")
            .is_none()
    );
}

/// Each field of each object is readable in each stage that has it, present and absent.
#[test]
fn every_field_is_readable_in_its_stages() {
    for stage in [Stage::Classify, Stage::Route, Stage::Tone, Stage::Escalate] {
        for object in stage.objects() {
            for (field, _) in object.fields() {
                let name = object.name();
                let when = format!(
                    "dyn({name}.{field}) == {name}.{field} && (has({name}.{field}) || true)"
                );
                let rule = match stage {
                    Stage::Classify => {
                        json!({ "classify": [{ "when": when, "then": { "topics": ["a"] } }] })
                    }
                    Stage::Route => {
                        json!({ "route": [{ "when": when, "then": { "queue": "general" } }] })
                    }
                    Stage::Tone => {
                        json!({ "tone": [{ "when": when, "then": { "verdict": "approve", "code": "a", "message": "b" } }] })
                    }
                    Stage::Escalate => {
                        json!({ "escalate": [{ "when": when, "then": { "raise-priority": 1 } }] })
                    }
                };
                let policy = policy(rule);
                let interaction = || Interaction::example("x", "Hi").attribute("a", "b");
                let holds = World::new().enter(|| match stage {
                    Stage::Classify => policy
                        .classify(&interaction().into())
                        .expect("a result")
                        .is_some(),
                    Stage::Route => policy
                        .route(&Conversation::example(interaction()).into())
                        .expect("a result")
                        .is_some(),
                    Stage::Tone => policy
                        .check(&Draft::example("x", "Hi").into())
                        .expect("a result")
                        .is_some(),
                    Stage::Escalate => policy
                        .escalate(&Trigger::example("classified").into())
                        .expect("a result")
                        .is_some(),
                });
                assert!(holds, "{} {when}", stage.name());
            }
        }
    }
}

#[test]
fn the_readme_names_every_object_field_and_setting() {
    let readme = include_str!("../README.md");
    for object in [
        Object::Interaction,
        Object::Contact,
        Object::Conversation,
        Object::Classification,
        Object::Draft,
        Object::Trigger,
    ] {
        for (field, _) in object.fields() {
            assert!(
                readme.contains(&format!("`{field}`")),
                "{}.{field} is not in README.md",
                object.name()
            );
        }
    }
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../settings.schema.json")).expect("valid data");
    for (name, of) in schema["$defs"].as_object().expect("valid data") {
        for (setting, _) in of["properties"].as_object().into_iter().flatten() {
            assert!(
                readme.contains(&format!("`{setting}`")),
                "{name}.{setting} is not in README.md"
            );
        }
    }
}
