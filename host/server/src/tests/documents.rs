//! The API's description, held against what is really asked and answered.

use patchbay_engine::component::Digest;
use patchbay_engine::decision::{Decided, Decision, Fallback, Micros, Part};
use patchbay_engine::{Answered, HostCall, LogLine, Transcript};
use patchbay_generation::asked::{DecideRequest, ToneRequest};
use patchbay_model::decision::route::RoutePlan;
use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use serde_json::{Value, json};

use super::{DECIDE, HELLO, Running, TONE};
use crate::openapi_json;

/// A validator of one of the document's schemas.
fn schema(name: &str) -> jsonschema::Validator {
    let document: Value = serde_json::from_str(&openapi_json()).expect("JSON");
    assert!(
        document["components"]["schemas"][name].is_object(),
        "no schema {name}"
    );
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": format!("#/components/schemas/{name}"),
        "components": document["components"],
    });
    jsonschema::validator_for(&schema).expect("a valid schema")
}

#[track_caller]
pub(super) fn fits(name: &str, value: &Value) {
    let validator = schema(name);
    let errors: Vec<_> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}\n{value:#}");
}

/// A plugin's part with every field filled.
pub(super) fn part() -> Part {
    Part {
        stage: Stage::Route,
        name: "care".into(),
        pack: "social-care".into(),
        version: "0.1.0".into(),
        digest: Digest::of(b"a"),
        settings: Digest::of(b"b"),
        snapshot: Some(Digest::of(b"c")),
        outcome: OutcomeKind::Trapped,
        problem: Some(Outcome {
            detail: Some("unreachable".into()),
            backtrace: vec!["route".into()],
            ..Outcome::limited(OutcomeKind::Trapped, "cpu", 20, "ms")
        }),
        use_number: 1,
        micros: Micros {
            queue: 1,
            instantiate: 2,
            call: 30,
        },
        peak_memory: 65_536,
        host_calls: 3,
        fuel: Some(12),
        log: vec![LogLine {
            level: "info".into(),
            message: "hello".into(),
        }],
        log_dropped: 2,
        memory_limit: 131_072,
        answer: Some(Answered::RoutePlan(RoutePlan::to_queue("general", "…"))),
        transcript: Some(Transcript::from(vec![HostCall {
            name: "clock.now".into(),
            args: json!([]),
            result: Some(json!(1)),
            stopped: None,
        }])),
        recalled: (0, 0),
        writes: Vec::new(),
    }
}

#[test]
fn a_decision_with_everything_in_it_fits_its_schema() {
    let classification = json!({
        "intents": [{"name": "card-lost", "confidence": 0.93}], "topics": ["payments"],
        "sentiment": -0.6, "urgency": 90, "language": "en", "spam": 0.01, "abuse": 0.0,
        "reply_expected": true, "personal_data": [{"kind": "payment-card", "start": 13, "end": 32}],
        "why": "…", "provenance": {"urgency": "care"},
    });
    let route = json!({
        "target": {"kind": "queue", "id": "fraud"},
        "steps": [{"skills": {"fraud": 3}, "languages": ["en"], "minimum_agents": 1, "expires": "2m"}],
        "preferences": [{"agent": "ana", "score": 50}],
        "priority": 90, "sla": {"first_response": "5m"}, "tags": ["vip"], "why": "…",
    });
    let tone = json!({
        "verdict": "hold",
        "findings": [{"code": "personal-data.public", "severity": "high", "start": 0, "end": 4, "message": "…", "suggestion": "…"}],
        "why": "…",
    });
    let escalation = json!({
        "actions": [{"kind": "notify", "target": "press-office", "message": "…", "priority": 1, "at": "2026-03-02T10:15:00Z"}],
        "why": "…",
    });
    let mut decision = Decision::of(7, Some("1"));
    decision.draft = Some("d".into());
    decision.classification = Some(serde_json::from_value(classification).expect("valid"));
    decision.route = Some(serde_json::from_value(route).expect("valid"));
    decision.tone = Some(serde_json::from_value(tone).expect("valid"));
    decision.escalation = Some(serde_json::from_value(escalation).expect("valid"));
    decision.add(Decided::<()> {
        answer: None,
        outcome: Outcome::with_detail(OutcomeKind::Trapped, "unreachable"),
        parts: vec![part()],
        fallback: Some(Fallback {
            stage: Stage::Route,
            rule: "default-queue",
            plugin: Some("care".into()),
            because: "care ended trapped".into(),
        }),
    });
    fits(
        "Decision",
        &serde_json::to_value(&decision).expect("serialises"),
    );
    // The schema knows every field there is, and no field there is not.
    fits(
        "Decision",
        &serde_json::to_value(Decision::of(1, None)).expect("serialises"),
    );
}

#[tokio::test]
async fn real_answers_fit_their_schemas() {
    let server = Running::usual().await;
    fits("Decision", &server.client.post(DECIDE, HELLO).await.json());
    let draft = r#"{"draft":{"id":"d","channel":"x","text":"Sorry!"}}"#;
    fits("Decision", &server.client.post(TONE, draft).await.json());
    for wrong in ["{", "{}", r#"{"interaction":{"id":""}}"#] {
        fits("Problem", &server.client.post(DECIDE, wrong).await.json());
    }
    fits("Status", &server.client.get("/healthz").await.json());
    fits("Readiness", &server.client.get("/readyz").await.json());
}

#[test]
fn a_request_with_everything_in_it_fits_its_schema_and_is_taken() {
    let interaction = json!({
        "id": "1", "channel": "x", "text": "Hello", "direction": "inbound", "visibility": "public",
        "account": "@northwind", "language": "en", "received_at": "2026-03-02T10:15:00Z",
        "author": {"address": "@jo", "name": "Jo", "reach": 120, "verified": true},
        "conversation": "c", "in_reply_to": "0",
        "attachments": [{"kind": "image", "name": "a.png", "media_type": "image/png", "size": 1, "url": "https://cdn.example/a.png"}],
        "attributes": {"a": [1]}, "anything": "else",
    });
    let conversation = json!({
        "id": "c", "state": "waiting-on-customer", "cause": "reopened", "created_at": "2026-03-02T10:15:00Z",
        "interaction_count": 2, "queue": "general", "owner": "ana", "last_agent": "ana", "priority": 5,
        "tags": ["vip"], "unanswered_since": "2026-03-02T10:15:00Z",
    });
    let decide = json!({
        "interaction": interaction, "stages": ["classify", "route", "escalate"],
        "conversation": conversation,
        "contact": {"id": "jo", "recent_interactions": 1, "last_agent": "ana"},
        "earlier": [interaction],
        "agents": [{"id": "ana", "name": "Ana", "skills": {"fraud": 4}, "languages": ["pt"], "presence": "busy",
            "load": 10, "capacity": 100, "idle": 5, "queues": ["general"], "teams": ["t"], "site": "lisbon"}],
        "queues": [{"id": "general", "default": true, "skills": {"fraud": 1}, "waiting": 1, "longest_wait": 2, "open": true, "hours": "office"}],
        "trigger": {"code": "classified", "clock": "first-response", "due_at": "2026-03-02T10:15:00Z", "subject": "s", "count": 1, "usual": 0.5},
        "seed": 1, "transcript": true,
    });
    fits("DecideRequest", &decide);
    let _: DecideRequest = serde_json::from_value(decide).expect("taken");
    let tone = json!({
        "draft": {"id": "d", "channel": "x", "text": "Sorry", "visibility": "public", "written_by": "policy", "agent": "ana", "interaction": "1"},
        "interaction": interaction,
        "classification": {"intents": [], "topics": [], "sentiment": 0.0, "urgency": null, "language": null, "spam": 0.0,
            "abuse": 0.0, "reply_expected": null, "personal_data": [], "why": ""},
        "conversation": conversation, "composing": true, "seed": 1, "transcript": true,
    });
    fits("ToneRequest", &tone);
    let _: ToneRequest = serde_json::from_value(tone).expect("taken");
}

#[test]
fn the_description_is_what_it_was() {
    insta::assert_snapshot!(openapi_json());
}

#[tokio::test]
async fn the_description_is_served() {
    let server = Running::usual().await;
    let document = server.client.get("/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    for path in [
        "/v1/companies/{company}/decide",
        "/v1/companies/{company}/tone",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
    ] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
}
