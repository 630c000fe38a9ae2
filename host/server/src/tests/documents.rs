//! The OpenAPI document, checked against real requests and answers.

use std::collections::{BTreeMap, BTreeSet};

use patchbay_api::openapi_json;
use patchbay_engine::component::Digest;
use patchbay_engine::decision::{Decision, Fallback, Micros, PluginResult, StageResult};
use patchbay_engine::{HostCall, LogLine, PluginAnswer, Transcript};
use patchbay_generations::inquiry::{DecideRequest, ToneRequest};
use patchbay_model::decision::route::RoutePlan;
use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use serde_json::{Value, json};

use super::{DECIDE, HELLO, Running, TONE};

/// A validator for a schema of the document.
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

/// A plugin's part with every field set.
pub(super) fn part() -> PluginResult {
    PluginResult {
        stage: Stage::Route,
        name: "care".into(),
        pack: "social-care".into(),
        version: "0.1.0".into(),
        digest: Digest::of(b"a"),
        settings: Digest::of(b"b"),
        data: Some(Digest::of(b"d")),
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
        answer: Some(PluginAnswer::RoutePlan(RoutePlan::to_queue("general", "…"))),
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
fn a_decision_with_every_field_matches_its_schema() {
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
    decision.add(StageResult::<()> {
        answer: None,
        outcome: Outcome::with_detail(OutcomeKind::Trapped, "unreachable"),
        plugins: vec![part()],
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
    // Optional fields may be absent.
    fits(
        "Decision",
        &serde_json::to_value(Decision::of(1, None)).expect("serialises"),
    );
}

#[tokio::test]
async fn real_answers_match_their_schemas() {
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
fn a_request_with_every_field_matches_its_schema_and_is_accepted() {
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

/// One test and one snapshot per part of the document.
macro_rules! unchanged_parts {
    ($($test:ident = $part:literal;)+) => {
        $(
            #[test]
            fn $test() {
                let text = serde_json::to_string_pretty(&document_parts()[$part]).expect("JSON");
                insta::assert_snapshot!(concat!("openapi_", $part), text);
            }
        )+

        #[test]
        fn every_part_of_the_openapi_document_has_a_snapshot() {
            let parts: Vec<_> = document_parts().into_keys().collect();
            assert_eq!(parts, [$($part),+]);
        }
    };
}

unchanged_parts! {
    the_openapi_access_part_is_unchanged = "access";
    the_openapi_agents_part_is_unchanged = "agents";
    the_openapi_contacts_part_is_unchanged = "contacts";
    the_openapi_conversations_part_is_unchanged = "conversations";
    the_openapi_decisions_part_is_unchanged = "decisions";
    the_openapi_generations_part_is_unchanged = "generations";
    the_openapi_operation_part_is_unchanged = "operation";
    the_openapi_shared_part_is_unchanged = "shared";
}

/// The document in parts: one per tag, with the schemas that only its operations
/// use, and `shared` for everything else.
fn document_parts() -> BTreeMap<String, Value> {
    let mut document: Value = serde_json::from_str(&openapi_json()).expect("JSON");
    let paths = document["paths"].take();
    let mut by_tag = BTreeMap::<String, Value>::new();
    for (path, methods) in paths.as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let tag = operation["tags"][0].as_str().expect("a tag");
            let entry = by_tag.entry(tag.to_owned()).or_default();
            entry["paths"][path][method] = shortened(operation);
        }
    }
    let schemas = document["components"]["schemas"].take();
    let mut users = BTreeMap::<String, Vec<&String>>::new();
    for (tag, operations) in &by_tag {
        let mut used = BTreeSet::new();
        collect_schemas(operations, &schemas, &mut used);
        for name in used {
            users.entry(name).or_default().push(tag);
        }
    }
    let users: Vec<_> = users
        .into_iter()
        .map(|(name, tags)| (name, (tags.len() == 1).then(|| tags[0].clone())))
        .collect();
    for (name, schema) in schemas.as_object().expect("schemas") {
        let user = users.iter().find(|(used, _)| used == name);
        let owner = match user.and_then(|(_, tag)| tag.as_ref()) {
            Some(tag) => by_tag.get_mut(tag).expect("a tag"),
            None => &mut document["components"],
        };
        owner["schemas"][name] = schema.clone();
    }
    by_tag.insert("shared".to_owned(), document);
    by_tag
}

/// An operation whose problem responses are one line each, with the names of their
/// headers.
fn shortened(operation: &Value) -> Value {
    let problem = json!({"$ref": "#/components/schemas/Problem"});
    let mut operation = operation.clone();
    let responses = operation["responses"].as_object_mut().expect("responses");
    for response in responses.values_mut() {
        let mut plain = json!({
            "description": response["description"],
            "content": {"application/problem+json": {"schema": problem}},
        });
        let headers = response["headers"].as_object().cloned().unwrap_or_default();
        let names: Vec<&str> = headers.keys().map(String::as_str).collect();
        let label = match names.is_empty() {
            true => "Problem".to_owned(),
            false => format!("Problem with {}", names.join(", ")),
        };
        if !headers.is_empty() {
            plain["headers"] = headers.into();
        }
        if *response == plain {
            *response = format!("{label}: {}", response["description"]).into();
        }
    }
    operation
}

/// Names of the schemas that a value references, directly or not.
fn collect_schemas(value: &Value, schemas: &Value, used: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let reference = fields.get("$ref").and_then(Value::as_str);
            let name = reference.and_then(|path| path.strip_prefix("#/components/schemas/"));
            if let Some(name) = name
                && used.insert(name.to_owned())
            {
                collect_schemas(&schemas[name], schemas, used);
            }
            fields
                .values()
                .for_each(|field| collect_schemas(field, schemas, used));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect_schemas(item, schemas, used)),
        _ => {}
    }
}

#[tokio::test]
async fn the_openapi_document_is_served() {
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

/// The console's types are generated from this file. `PATCHBAY_UPDATE=1` writes it.
#[test]
fn the_console_is_built_for_this_api() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../console/openapi.json");
    let mut document: Value = serde_json::from_str(&openapi_json()).expect("JSON");
    let paths = document["paths"].as_object_mut().expect("paths");
    // Every error is the same problem document: the console has its type.
    for operation in paths.values_mut().filter_map(Value::as_object_mut) {
        for about in operation.values_mut() {
            if let Some(responses) = about["responses"].as_object_mut() {
                responses.retain(|status, _| status.starts_with('2'));
            }
        }
    }
    if std::env::var_os("PATCHBAY_UPDATE").is_some() {
        let mut text = Vec::new();
        let format = serde_json::ser::PrettyFormatter::with_indent(b" ");
        let mut writer = serde_json::Serializer::with_formatter(&mut text, format);
        serde::Serialize::serialize(&document, &mut writer).expect("JSON");
        text.push(b'\n');
        std::fs::write(path, text).expect("written");
    }
    let kept: Value = serde_json::from_slice(&std::fs::read(path).expect("read")).expect("JSON");
    let is_same = kept == document;
    assert!(
        is_same,
        "host/console/openapi.json is of another API: PATCHBAY_UPDATE=1 writes it"
    );
}
