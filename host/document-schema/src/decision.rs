//! The schema of a decision.

use patchbay_model::decision::escalation::ActionKind;
use patchbay_model::decision::route::TargetKind;
use patchbay_model::decision::stage::Stage;
use patchbay_model::decision::tone::{Severity, Verdict};
use patchbay_model::outcome::OutcomeKind;
use patchbay_model::sla::Clock;
use serde_json::{Map, Value, json};

use super::domain::{all_codes, skills};
use super::{
    at_most, codes, component, described, duration, flag, int32, int64, list, map, moment, number,
    object, open, optional, text,
};

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
    let fields = json!({
        "interaction": optional(text("Id of the interaction")),
        "draft": optional(text("Id of the draft")),
        "outcome": outcome_kind(),
        "problem": optional(outcome()),
        "classification": optional(classification()),
        "route": optional(route()),
        "tone": optional(review()),
        "escalation": optional(escalation()),
        "fallbacks": described(list(fallback()), "Rules that decided because a plugin failed or had no opinion"),
        "stamp": stamp(),
        "micros": micros(),
    });
    component(
        "Decision",
        "The decisions about one interaction or draft",
        object(fields, &["outcome", "stamp", "micros"]),
    )
}

fn outcome_kind() -> Value {
    let schema = codes(all_codes!(OutcomeKind), "How it ended");
    component("OutcomeKind", "How it ended", schema)
}

fn outcome() -> Value {
    let limit = json!({
        "limit": text("Name of the limit, such as `cpu` or `memory`"),
        "value": int64(0, "Its value"),
        "unit": text("Unit of the value"),
    });
    let limit = component(
        "LimitHit",
        "The limit that was exceeded",
        object(limit, &["limit", "value", "unit"]),
    );
    let fields = json!({
        "kind": outcome_kind(),
        "detail": optional(text("What happened")),
        "limit": optional(limit),
        "backtrace": described(list(text("Frame")), "Call stack at a trap, innermost frame first"),
    });
    component(
        "Outcome",
        "Details, if the outcome is not `ok`",
        object(fields, &["kind"]),
    )
}

/// The schema of a classification; `given` input of a case has it too.
pub(super) fn classification() -> Value {
    let intent = json!({
        "name": text("Code of the intent"),
        "confidence": number(0.0, 1.0, "Confidence, 0 to 1"),
    });
    let intent = component(
        "Intent",
        "A possible intent of the author",
        object(intent, &["name", "confidence"]),
    );
    let personal_data = json!({
        "kind": {
            "type": "string",
            "description": "Code of its kind, such as `payment-card`",
            "x-patchbay-name": "personal-data-kind",
        },
        "start": int32(0, None, "Offset of its first byte in the text's UTF-8"),
        "end": int32(0, None, "Offset after its last byte"),
    });
    let personal_data = component(
        "PersonalData",
        "Personal data found in a text",
        object(personal_data, &["kind", "start", "end"]),
    );
    let fields = json!({
        "intents": described(at_most(64, list(intent)), "Intents of the author, most likely first"),
        "topics": described(at_most(64, list(text("Topic"))), "Codes of topics"),
        "sentiment": optional(number(-1.0, 1.0, "-1 (angry) to 1 (delighted)")),
        "urgency": optional(int32(0, Some(100), "0 to 100")),
        "language": optional(text("Language of the text (BCP 47)")),
        "spam": optional(number(0.0, 1.0, "Probability of spam, 0 to 1")),
        "abuse": optional(number(0.0, 1.0, "Probability of abuse, 0 to 1")),
        "reply_expected": optional(flag("Whether the author expects a reply")),
        "personal_data": described(at_most(64, list(personal_data)), "Personal data found in the text"),
        "why": text("Reason"),
        "provenance": described(map(text("Plugin")), "Name of the plugin that each field comes from, if several answered"),
    });
    component(
        "Classification",
        "What an interaction is",
        object(fields, &["intents", "topics", "personal_data", "why"]),
    )
}

fn route() -> Value {
    let target = json!({
        "kind": open(codes(&TargetKind::CODES, "Kind")),
        "id": optional(text("Id of the queue or agent")),
        "queue": optional(text("For `agent` and `hold`: the queue it belongs to meanwhile and returns to")),
        "until": optional(moment("For `agent` and `hold`: when it ends")),
        "while_away": flag("For `agent`: whether it keeps waiting while they are away or offline"),
    });
    let step = json!({
        "skills": skills(),
        "languages": described(list(text("Language")), "Languages, of which the agent must speak one"),
        "minimum_agents": optional(int32(0, None, "The step is skipped if fewer agents qualify")),
        "expires": optional(duration("Duration of the step; absent: unlimited")),
    });
    let preference = json!({
        "agent": text("The agent's id"),
        "score": int32(0, Some(100), "Preference, 0 to 100"),
    });
    let targets: Map<String, Value> = Clock::ALL
        .into_iter()
        .map(|clock| (clock.plan_key().to_owned(), duration("Target")))
        .collect();
    let target = component(
        "RouteTarget",
        "Target of a route",
        object(target, &["kind"]),
    );
    let step = component(
        "RouteStep",
        "Requirements of agents for a time",
        object(step, &[]),
    );
    let preference = component(
        "Preference",
        "A preferred agent",
        object(preference, &["agent", "score"]),
    );
    let fields = json!({
        "target": target,
        "steps": described(at_most(16, list(step)), "Requirements of agents, relaxed step by step"),
        "preferences": described(at_most(64, list(preference)), "Preferred agents"),
        "excluded": described(at_most(64, list(text("Agent"))), "Ids of agents who are not offered the conversation"),
        "priority": optional(int32(0, Some(100), "0 to 100; null: the queue's")),
        "offer_timeout": optional(duration("Timeout of an offer; absent: the company's")),
        "sla": open(described(object(Value::Object(targets), &[]), "SLA targets by clock")),
        "tags": described(at_most(64, list(text("Tag"))), "Codes of tags to add"),
        "why": text("Reason"),
    });
    component(
        "RoutePlan",
        "Route of a conversation",
        object(fields, &["target", "steps", "sla", "tags", "why"]),
    )
}

pub(super) fn review() -> Value {
    let finding = json!({
        "code": text("Code of the finding, such as `personal-data.public`"),
        "severity": component("Severity", "Severity of a finding", codes(all_codes!(Severity), "")),
        "start": optional(int32(0, None, "Offset of its first byte in the draft's UTF-8")),
        "end": optional(int32(0, None, "Offset after its last byte")),
        "message": text("Message for the agent"),
        "suggestion": optional(text("Suggested replacement")),
    });
    let finding = component(
        "Finding",
        "A finding in a draft",
        object(finding, &["code", "severity", "message"]),
    );
    let verdict = codes(all_codes!(Verdict), "");
    let fields = json!({
        "verdict": component("Verdict", "Verdict on a draft, mildest first", verdict),
        "findings": described(list(finding), "Findings in the draft"),
        "approvers": described(
            at_most(8, list(text("Team"))),
            "For a held draft: teams that must approve it, in this order; empty: any supervisor",
        ),
        "why": text("Reason"),
    });
    component(
        "Review",
        "Result of a tone check",
        object(fields, &["verdict", "findings", "why"]),
    )
}

fn escalation() -> Value {
    let action = json!({
        "kind": open(codes(&ActionKind::CODES, "Kind")),
        "target": optional(text("Team to notify, queue, approving team, subject of the incident, or name of the wake-up")),
        "message": optional(text("Message of a notification")),
        "priority": optional(int32(0, Some(100), "Minimum priority, or urgency of the notification")),
        "at": optional(moment("When the policy is called again")),
    });
    let action = component(
        "EscalationAction",
        "An escalation action",
        object(action, &["kind"]),
    );
    let fields = json!({"actions": at_most(32, list(action)), "why": text("Reason")});
    component(
        "Escalation",
        "Escalation actions",
        object(fields, &["actions", "why"]),
    )
}

fn fallback() -> Value {
    let fields = json!({
        "stage": stage(),
        "rule": open(codes(&RULES, "The rule that decided")),
        "plugin": optional(text("Name of the plugin that failed; absent if no policy had an opinion")),
        "because": text("Reason"),
    });
    component(
        "Fallback",
        "A rule that decided instead of a plugin",
        object(fields, &["stage", "rule", "because"]),
    )
}

pub(super) fn stage() -> Value {
    component("Stage", "Stage of a decision", codes(all_codes!(Stage), ""))
}

fn stamp() -> Value {
    let fields = json!({
        "generation": int64(0, "Number of the generation"),
        "plugins": described(list(plugin_part()), "The plugins, in the order of their calls"),
    });
    component(
        "Stamp",
        "Generation and plugins that decided",
        object(fields, &["generation", "plugins"]),
    )
}

fn plugin_part() -> Value {
    let line = json!({"level": open(codes(&LEVELS, "Level")), "message": text("The line")});
    let line = component(
        "LogLine",
        "A log line of a plugin",
        object(line, &["level", "message"]),
    );
    let call = json!({
        "name": text("Interface and function, as in the contract"),
        "args": {"description": "The arguments"},
        "result": {"description": "The result; absent if the call was stopped"},
        "stopped": optional(text("Why the call was stopped")),
    });
    let call = component(
        "HostCall",
        "One host call of a decision",
        object(call, &["name", "args"]),
    );
    let fields = json!({
        "stage": stage(),
        "name": text("Name in the pipeline"),
        "pack": text("Name of its pack"),
        "version": text("Version of its pack"),
        "digest": text("Digest of its component, `sha256:…`"),
        "settings": text("Digest of its settings"),
        "data": optional(text("Digest of the names and digests of its tables and bytes")),
        "snapshot": optional(text("Digest of the snapshot its instance started from")),
        "outcome": outcome_kind(),
        "problem": optional(outcome()),
        "use": int32(0, None, "How often its instance was used, from 1; 0 if it was not called"),
        "micros": micros(),
        "peak_memory": int64(0, "Peak linear memory, in bytes"),
        "memory_limit": int64(0, "Limit of linear memory, in bytes"),
        "host_calls": int32(0, None, "Number of host calls"),
        "fuel": optional(int64(0, "Fuel used; on the metered engine only")),
        "log": described(list(line), "Log lines it wrote"),
        "log_dropped": int32(0, None, "Number of log lines dropped beyond the limit"),
        "answer": {"description": "Its own answer, before validation, if a transcript was requested"},
        "transcript": optional(described(list(call), "Every host call, if a transcript was requested")),
    });
    let required = [
        "stage",
        "name",
        "pack",
        "version",
        "digest",
        "settings",
        "outcome",
        "use",
        "micros",
        "peak_memory",
        "memory_limit",
        "host_calls",
    ];
    component(
        "PluginPart",
        "One plugin's part in a decision",
        object(fields, &required),
    )
}

fn micros() -> Value {
    let fields = json!({
        "queue": int64(0, "Waiting for an instance"),
        "instantiate": int64(0, "Creating or finding an instance"),
        "call": int64(0, "Running the plugin, host calls included"),
    });
    component(
        "Micros",
        "Times of the phases, in whole microseconds",
        object(fields, &["queue", "instantiate", "call"]),
    )
}
