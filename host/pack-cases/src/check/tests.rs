use std::path::Path;

use serde_json::{Value, json};

use super::check;
use crate::Case;

/// Every message, with its path.
fn found(case: &Value) -> Vec<String> {
    let all = check(case).into_iter();
    all.map(|one| format!("{}: {}", one.path, one.message))
        .collect()
}

/// What a step expects, in a case with one step.
fn expecting(expected: Value) -> Value {
    json!({"steps": [{"classify": {"id": "1", "channel": "x", "text": "Hello"}, "expect": expected}]})
}

#[test]
fn misspelt_names_are_errors_with_the_nearest_known_one() {
    let step = |step: Value| json!({"steps": [step]});
    for (case, path, meant) in [
        (json!({"setings": {}, "steps": []}), "", "settings"),
        (
            json!({"queues": [{"id": "a", "waitng": 1}], "steps": []}),
            "queues[0]",
            "waiting",
        ),
        (
            json!({"agents": [{"id": "a", "presense": "busy"}], "steps": []}),
            "agents[0]",
            "presence",
        ),
        (
            json!({"agents": [{"id": "a", "presence": "buzy"}], "steps": []}),
            "agents[0].presence",
            "busy",
        ),
        (
            json!({"agents": [{"id": "a", "queues": ["generl"]}], "steps": []}),
            "agents[0].queues[0]",
            "general",
        ),
        (
            json!({"hours": {"office": {"zone": "UTC"}}, "queues": [{"id": "a", "hours": "ofice"}], "steps": []}),
            "queues[0].hours",
            "office",
        ),
        (step(json!({"clasify": {}})), "steps[0]", "classify"),
        (
            step(json!({"route": {}, "expct": {}})),
            "steps[0]",
            "expect",
        ),
        (
            step(json!({"classify": {"id": "1", "channel": "fcaebook", "text": ""}})),
            "steps[0].classify.channel",
            "facebook",
        ),
        (
            step(json!({"classify": {"id": "1", "channel": "x", "text": "", "autor": {}}})),
            "steps[0].classify",
            "author",
        ),
        (
            step(
                json!({"classify": {"id": "1", "channel": "x", "text": "", "attachments": [{"kind": "imge"}]}}),
            ),
            "steps[0].classify.attachments[0].kind",
            "image",
        ),
        (
            step(json!({"route": {"cause": "expird"}})),
            "steps[0].route.cause",
            "expired",
        ),
        (
            step(json!({"route": {"queue": "generall"}})),
            "steps[0].route.queue",
            "general",
        ),
        (
            step(json!({"escalate": {"code": "sla-at-rsk"}})),
            "steps[0].escalate.code",
            "sla-at-risk",
        ),
        (
            step(json!({"escalate": {"code": "sla-at-risk", "clock": "first-respnse"}})),
            "steps[0].escalate.clock",
            "first-response",
        ),
        (
            expecting(json!({"clasification": {"absent": true}})),
            "steps[0].expect",
            "classification",
        ),
        (
            expecting(json!({"outcome": "okk"})),
            "steps[0].expect.outcome",
            "",
        ),
        (
            expecting(json!({"outcome": "timout"})),
            "steps[0].expect.outcome",
            "timeout",
        ),
        (
            expecting(json!({"classification": {"urgency": {"minn": 3}}})),
            "steps[0].expect.classification.urgency",
            "min",
        ),
        (
            expecting(json!({"classification": {"intents": {"frist": "x"}}})),
            "steps[0].expect.classification.intents",
            "first",
        ),
        (
            expecting(json!({"classification": {"personal_data": {"contains": "payment-crad"}}})),
            "steps[0].expect.classification.personal_data.contains",
            "payment-card",
        ),
        (
            expecting(json!({"route": {"target": {"kind": {"any_of": ["queue", "agnt"]}}}})),
            "steps[0].expect.route.target.kind.any_of[1]",
            "agent",
        ),
        (
            expecting(json!({"route": {"sla": {"first-response": "5m"}}})),
            "steps[0].expect.route.sla",
            "first_response",
        ),
        (
            expecting(json!({"route": {"sla": {"absent": "first_respnse"}}})),
            "steps[0].expect.route.sla.absent",
            "first_response",
        ),
        (
            expecting(json!({"tone": {"verdict": "aprove"}})),
            "steps[0].expect.tone.verdict",
            "approve",
        ),
        (
            expecting(json!({"escalation": {"actions": {"contains": "notfy"}}})),
            "steps[0].expect.escalation.actions.contains",
            "notify",
        ),
        (
            expecting(json!({"fallbacks": [{"rule": "nxt"}]})),
            "steps[0].expect.fallbacks[0].rule",
            "next",
        ),
    ] {
        let found = found(&case);
        assert_eq!(found.len(), 1, "{case}: {found:?}");
        assert!(
            found[0].starts_with(&format!("{path}: ")),
            "{path}: {found:?}"
        );
        if !meant.is_empty() {
            let suggestion = format!("did you mean {meant:?}");
            assert!(found[0].contains(&suggestion), "{meant}: {found:?}");
        }
    }
}

#[test]
fn matchers_that_cannot_apply_are_errors() {
    for expected in [
        json!({"outcome": {"min": 1}}),
        json!({"outcome": {"first": "ok"}}),
        json!({"outcome": 1}),
        json!({"classification": {"urgency": {"min": "80"}}}),
        json!({"classification": {"urgency": {"max": 200}}}),
        json!({"classification": {"sentiment": {"min": -3}}}),
        json!({"classification": {"urgency": "90"}}),
        json!({"classification": {"urgency": {"contains": 1}}}),
        json!({"classification": {"topics": {"any_of": "parcel"}}}),
        json!({"classification": {"absent": true, "urgency": 1}}),
        json!({"route": {"steps": [{"expires": 120}]}}),
        json!({"route": {"steps": [{"expires": "two minutes"}]}}),
    ] {
        assert_eq!(found(&expecting(expected.clone())).len(), 1, "{expected}");
    }
}

#[test]
fn cases_that_are_right_have_no_errors() {
    for expected in [
        json!({}),
        json!({"outcome": {"any_of": ["ok", "declined"]}, "classification": {"absent": true}}),
        json!({"classification": {"intents": {"first": "anything", "absent": "else"}, "urgency": {"min": 0, "max": 100},
            "personal_data": {"contains": ["iban", "loyalty-number"]}, "provenance": {"absent": true}, "language": null}}),
        json!({"route": {"target": {"kind": "queue", "id": "fraud"}, "steps": [{"skills": {"tax": {"min": 2}}, "expires": "2m"}],
            "sla": {"first_response": "10m"}}}),
        json!({"stamp": {"plugins": [{"outcome": "ok", "log": {"contains": {"level": "info"}}}]}}),
        json!({"tone": {"findings": {"contains": "wording.shouting"}}}),
        json!({"escalation": {"actions": {"contains": {"kind": "notify", "target": "press"}}}}),
    ] {
        assert_eq!(found(&expecting(expected.clone())), [""; 0], "{expected}");
    }
    let own = json!({"channels": ["our-forum"], "codes": ["something-new"], "steps": [
        {"classify": {"id": "1", "channel": "our-forum", "text": "", "attributes": {"any": 1}}},
        {"escalate": {"code": "something-new"}},
        {"route": {}, "given": {"conversation": {"queue": "of-that-time"}}},
    ]});
    assert_eq!(found(&own), [""; 0]);
}

#[test]
fn an_error_has_the_line_where_the_word_stands_once() {
    let text = "{\n  \"steps\": [\n    {\"route\": {}, \"expect\": {\"rout\": {}}}\n  ]\n}";
    let error = Case::parse(Path::new("a.json"), text).expect_err("misspelt");
    assert!(
        error
            .to_string()
            .starts_with("a.json:3:30: steps[0].expect: "),
        "{error}"
    );
    let twice = "{\"note\": \"a\", \"note\": \"b\", \"steps\": []}";
    let error = Case::parse(Path::new("a.json"), twice).expect_err("twice");
    assert!(
        error.to_string().contains("\"note\" stands twice"),
        "{error}"
    );
    let toml = "note = \"x\"\n[[steps]]\nescalate = { code = \"sla-breched\" }\n";
    let error = Case::parse(Path::new("a.toml"), toml).expect_err("misspelt");
    assert!(error.to_string().starts_with("a.toml:3:21: "), "{error}");
}

#[test]
fn a_case_without_steps_is_rejected() {
    for (name, text) in [
        ("a.json", r#"{"note": "n", "steps": []}"#),
        ("a.toml", "note = \"n\"\nsteps = []\n"),
    ] {
        let rejected = Case::parse(Path::new(name), text);
        let error = rejected.expect_err("it tests nothing").to_string();
        assert!(error.contains("no steps"), "{error}");
    }
}
