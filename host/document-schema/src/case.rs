//! The schema of a case. What a case expects is the schema of a decision, with matchers.

use serde_json::{Map, Value, json};

use super::domain::{
    agent, article, contact, conversation, draft, hours, interaction, queue, trigger,
};
use super::{
    decision, described, duration, int64, list, map, moment, object, text, with, without_null,
};

/// Names of the matchers in what a case expects.
pub const MATCHERS: [&str; 6] = ["min", "max", "first", "contains", "absent", "any_of"];

/// What a case gives, without what it expects: `expect` is absent.
pub(super) fn input() -> Value {
    let given = object(
        json!({
            "interaction": interaction(),
            "conversation": conversation(),
            "contact": contact(),
            "earlier": list(interaction()),
            "elsewhere": list(interaction()),
            "assessment": decision::classification(),
        }),
        &[],
    );
    let step = object(
        json!({
            "note": text("What this step shows"),
            "classify": described(interaction(), "An interaction arrives"),
            "route": described(conversation(), "Its conversation needs a route; these fields of it are changed first"),
            "tone": described(draft(), "A draft is checked"),
            "escalate": described(trigger(), "A trigger fires"),
            "advance": duration("Time passes"),
            "given": described(given, "Input of a recorded decision; it replaces what earlier steps left"),
            "transcript": {"type": "array", "description": "Host calls of a recorded decision"},
        }),
        &[],
    );
    object(
        json!({
            "$schema": text("This schema, for editors"),
            "note": text("What the case shows, in one sentence"),
            "settings": {"type": "object", "description": "The policy's settings; the schema's defaults are filled in"},
            "data": described(map(data()), "Data in place of the pack's own, by name"),
            "now": moment("Time of the first step; default 2026-03-02T10:00:00Z, a Monday"),
            "seed": int64(0, "Seed of the random numbers; default 0"),
            "agents": list(agent()),
            "queues": described(list(queue()), "Default: only the queue general"),
            "channels": described(list(text("Code")), "The company's own channels: codes the host does not know"),
            "codes": described(list(text("Code")), "Codes the host does not know and the case uses on purpose"),
            "knowledge": described(list(article()), "Approved answers"),
            "contacts": described(map(map(text("Value"))), "What the company's CRM says about people, by the address of the author: attributes by name"),
            "hours": described(map(hours()), "Business hours by name"),
            "targets": described(list(text("Name")), "Targets an escalation may notify"),
            "steps": described(list(step), "What happens, in order"),
        }),
        &["steps"],
    )
}

/// What takes the place of a table or bytes of the pack.
fn data() -> Value {
    let row = described(map(text("Value")), "A row: a text for each column");
    let base64 = object(json!({"base64": text("The bytes, in base64")}), &["base64"]);
    json!({"anyOf": [
        described(list(row), "The rows of a table; columns that a row does not name are empty"),
        text("A table as CSV; for bytes, a text"),
        described(base64, "Bytes"),
    ]})
}

pub(super) fn schema() -> Value {
    let mut case = input();
    let step = &mut case["properties"]["steps"]["items"];
    let expect = described(
        json!({"$ref": "#/$defs/expected"}),
        "The decision expected; fields it does not name are ignored",
    );
    let whole = std::mem::take(step);
    *step = with(whole, Map::from_iter([("expect".to_owned(), expect)]));
    step["oneOf"] = ["classify", "route", "tone", "escalate", "advance"]
        .map(|event| json!({"required": [event]}))
        .into();
    let any = json!({"description": "A value or a matcher"});
    let matchers: Map<String, Value> = MATCHERS
        .iter()
        .map(|matcher| (matcher.to_string(), any.clone()))
        .collect();
    let mut matcher = object(Value::Object(matchers), &[]);
    matcher["minProperties"] = 1.into();
    case["$defs"] = json!({"expected": expected(&decision::schema()), "matcher": matcher});
    case
}

/// The schema of what a case expects of a value with this schema.
fn expected(schema: &Value) -> Value {
    let matcher = json!({"$ref": "#/$defs/matcher"});
    let schema = &without_null(schema.clone());
    let alone = match schema["type"].as_str() {
        Some("object") => {
            let mut object = json!({"type": "object"});
            if let Some(properties) = schema["properties"].as_object() {
                let properties: Map<String, Value> = properties
                    .iter()
                    .map(|(name, property)| (name.clone(), expected(property)))
                    .collect();
                object["properties"] = Value::Object(properties);
                object["additionalProperties"] = false.into();
            } else if let Some(values) = schema.get("additionalProperties") {
                object["additionalProperties"] = expected(values);
            }
            object
        }
        Some("array") => match schema.get("items") {
            // A plain word stands for the entry with that name, code or kind.
            Some(items) => list(expected(items)),
            None => json!({"type": "array"}),
        },
        _ => {
            let mut value = schema.clone();
            if let Some(kind) = value["type"].as_str().map(str::to_owned) {
                value["type"] = json!([kind, "null"]);
            }
            if let Some(all) = value.get_mut("enum").and_then(Value::as_array_mut) {
                all.push(Value::Null);
            }
            value
        }
    };
    let mut either = json!({"anyOf": [alone, matcher]});
    if let Some(description) = schema.get("description") {
        either["description"] = description.clone();
    }
    either
}
