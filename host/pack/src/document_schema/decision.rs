//! The schema of a decision.

use patchbay_model::decision::escalation::ActionKind;
use patchbay_model::decision::route::TargetKind;
use patchbay_model::decision::stage::Stage;
use patchbay_model::decision::tone::{Severity, Verdict};
use patchbay_model::outcome::OutcomeKind;
use patchbay_model::sla::Clock;
use serde_json::{Map, Value, json};

use super::domain::{all_codes, skills};
use super::{codes, described, duration, flag, integer, list, map, moment, number, object, text};

/// Rules of [`Fallback`](patchbay_engine::decision::Fallback).
const RULES: [&str; 8] = [
    "continue",
    "default-queue",
    "next",
    "hold",
    "revise",
    "block",
    "alert",
    "let-through",
];
/// Levels of a log line.
const LEVELS: [&str; 6] = ["debug", "info", "warn", "error", "stdout", "stderr"];

pub(super) fn schema() -> Value {
    object(
        json!({
            "interaction": text("Id of the interaction"),
            "draft": text("Id of the draft"),
            "outcome": outcome_kind(),
            "problem": outcome(),
            "classification": classification(),
            "route": route(),
            "tone": review(),
            "escalation": escalation(),
            "fallbacks": list(fallback()),
            "stamp": object(json!({
                "generation": integer(0, None, "Number of the generation"),
                "plugins": list(plugin_result()),
            }), &["generation", "plugins"]),
            "micros": micros(),
        }),
        &["outcome", "stamp", "micros"],
    )
}

fn outcome_kind() -> Value {
    codes(all_codes!(OutcomeKind), "How it ended")
}

fn outcome() -> Value {
    object(
        json!({
            "kind": outcome_kind(),
            "detail": text("What happened"),
            "limit": object(json!({
                "limit": text("Name of the limit, such as cpu or memory"),
                "value": integer(0, None, "Its value"),
                "unit": text("Unit of the value"),
            }), &["limit", "value", "unit"]),
            "backtrace": list(text("Frame of the policy's call stack")),
        }),
        &["kind"],
    )
}

/// The schema of a classification; `given` input of a case has it too.
pub(super) fn classification() -> Value {
    let intent = object(
        json!({
            "name": text("Code of the intent"),
            "confidence": number(0.0, 1.0, "Confidence"),
        }),
        &["name", "confidence"],
    );
    let personal_data = object(
        json!({
            "kind": {
                "type": "string",
                "description": "Code of the kind",
                "x-patchbay-name": "personal-data-kind",
            },
            "start": integer(0, None, "First byte"),
            "end": integer(0, None, "First byte after it"),
        }),
        &["kind", "start", "end"],
    );
    object(
        json!({
            "intents": list(intent),
            "topics": list(text("Topic")),
            "sentiment": number(-1.0, 1.0, "Mood"),
            "urgency": nullable(integer(0, Some(100), "Urgency")),
            "language": nullable(text("Language of the text (BCP 47)")),
            "spam": number(0.0, 1.0, "Probability of spam"),
            "abuse": number(0.0, 1.0, "Probability of abuse"),
            "reply_expected": nullable(flag("Whether the customer expects a reply")),
            "personal_data": list(personal_data),
            "why": text("Reason"),
            "provenance": map(text("Plugin the value comes from")),
        }),
        &["intents", "topics", "personal_data", "why"],
    )
}

fn route() -> Value {
    let target = object(
        json!({
            "kind": codes(&TargetKind::CODES, "Kind"),
            "id": text("Id of the queue or agent"),
            "queue": text("With agent and hold: its queue meanwhile and afterwards"),
            "until": moment("With agent and hold: end of the wait"),
            "while_away": flag("With agent and until: whether it waits while the agent is absent"),
        }),
        &["kind"],
    );
    let step = object(
        json!({
            "skills": skills(),
            "languages": list(text("Language of which the agent speaks one")),
            "minimum_agents": integer(0, None, "Skip the step if fewer matching agents are available"),
            "expires": duration("How long the step lasts"),
        }),
        &[],
    );
    let preference = object(
        json!({
            "agent": text("The agent's id"),
            "score": integer(0, Some(100), "Score"),
        }),
        &["agent", "score"],
    );
    let targets: Map<String, Value> = Clock::ALL
        .into_iter()
        .map(|clock| (clock.plan_key().to_owned(), duration("Target")))
        .collect();
    object(
        json!({
            "target": target,
            "steps": list(step),
            "preferences": list(preference),
            "excluded": list(text("Agent who is not offered it")),
            "priority": nullable(integer(0, Some(100), "Priority")),
            "offer_timeout": duration("Offer timeout"),
            "sla": described(object(Value::Object(targets), &[]), "Targets by clock"),
            "tags": list(text("Tag")),
            "why": text("Reason"),
        }),
        &["target", "steps", "sla", "tags", "why"],
    )
}

fn review() -> Value {
    let finding = object(
        json!({
            "code": text("Code, with dots for subcodes"),
            "severity": codes(all_codes!(Severity), "Severity"),
            "start": integer(0, None, "First byte of the passage"),
            "end": integer(0, None, "First byte after it"),
            "message": text("Description"),
            "suggestion": text("Suggested wording"),
        }),
        &["code", "severity", "message"],
    );
    object(
        json!({
            "verdict": codes(all_codes!(Verdict), "Verdict"),
            "findings": list(finding),
            "approvers": list(text("Team that must approve")),
            "why": text("Reason"),
        }),
        &["verdict", "findings", "why"],
    )
}

fn escalation() -> Value {
    let action = object(
        json!({
            "kind": codes(&ActionKind::CODES, "Kind"),
            "target": text("Queue, team, named target, incident or name of a wake-up"),
            "message": text("Message of a notification"),
            "priority": integer(0, Some(100), "Least priority, or urgency of a notification"),
            "at": moment("Moment of a wake-up"),
        }),
        &["kind"],
    );
    object(
        json!({"actions": list(action), "why": text("Reason")}),
        &["actions", "why"],
    )
}

fn fallback() -> Value {
    object(
        json!({
            "stage": stage(),
            "rule": codes(&RULES, "The rule applied"),
            "plugin": text("The plugin that failed"),
            "because": text("Why"),
        }),
        &["stage", "rule", "because"],
    )
}

fn stage() -> Value {
    codes(all_codes!(Stage), "The stage")
}

fn plugin_result() -> Value {
    let digest = |description: &str| text(description);
    object(
        json!({
            "stage": stage(),
            "name": text("Name of the plugin in the pipelines"),
            "pack": text("Name of its pack"),
            "version": text("Version of its pack"),
            "digest": digest("Digest of its component"),
            "settings": digest("Digest of its settings"),
            "snapshot": digest("Digest of the snapshot its instance started from"),
            "outcome": outcome_kind(),
            "problem": outcome(),
            "use": integer(0, None, "Number of this decision in its instance; 0: not called"),
            "micros": micros(),
            "peak_memory": integer(0, None, "Linear memory of its instance, in bytes"),
            "memory_limit": integer(0, None, "Limit on that memory, in bytes"),
            "host_calls": integer(0, None, "Number of host calls"),
            "fuel": integer(0, None, "Fuel used; on the metered engine only"),
            "log": list(object(json!({
                "level": codes(&LEVELS, "Level"),
                "message": text("The line"),
            }), &["level", "message"])),
            "log_dropped": integer(0, None, "Number of lines dropped beyond the limit"),
            "answer": {"type": "object", "description": "Its own answer, before validation"},
            "transcript": {"type": "array", "description": "Every host call"},
        }),
        &["stage", "name", "pack", "version", "digest", "outcome"],
    )
}

fn micros() -> Value {
    object(
        json!({
            "queue": integer(0, None, "Waiting for a free instance, in microseconds"),
            "instantiate": integer(0, None, "Taking or starting an instance, in microseconds"),
            "call": integer(0, None, "Inside policies, host calls included, in microseconds"),
        }),
        &["queue", "instantiate", "call"],
    )
}

/// A value that a decision shows as null where it is absent.
fn nullable(mut schema: Value) -> Value {
    schema["type"] = json!([schema["type"], "null"]);
    schema
}
