//! Answers in the form results have.

use patchbay_sdk::prelude::*;
use serde_json::{Map, Value, json};

pub(crate) fn classification(answer: &Classification) -> Value {
    let mut intents: Vec<&Intent> = answer.intents.iter().collect();
    intents.sort_by(|one, other| other.confidence.total_cmp(&one.confidence));
    json!({
        "intents": intents.iter().map(|intent| json!({ "name": intent.name, "confidence": intent.confidence })).collect::<Vec<_>>(),
        "topics": answer.topics,
        "sentiment": answer.sentiment,
        "urgency": answer.urgency,
        "language": answer.language,
        "spam": answer.spam,
        "abuse": answer.abuse,
        "reply_expected": answer.reply_expected,
        "personal_data": answer.personal_data.iter().map(|data| json!({ "kind": data.kind, "start": data.start, "end": data.end })).collect::<Vec<_>>(),
        "why": answer.why,
    })
}

pub(crate) fn route(plan: &RoutePlan) -> Value {
    let step = |step: &Step| {
        json!({
            "skills": (!step.skills.is_empty()).then(|| step.skills.iter().map(|skill| (skill.name.clone(), json!(skill.proficiency))).collect::<Map<_, _>>()),
            "languages": (!step.languages.is_empty()).then_some(&step.languages),
            "minimum_agents": step.minimum_agents,
            "expires": step.expires_after.map(span),
        })
    };
    json!({
        "target": { "kind": plan.target.kind, "id": plan.target.id },
        "steps": plan.steps.iter().map(step).collect::<Vec<_>>(),
        "preferences": plan.preferences.iter().map(|preference| json!({ "agent": preference.agent, "score": preference.score })).collect::<Vec<_>>(),
        "priority": plan.priority,
        "sla": plan.sla.iter().map(|target| (target.clock.clone(), json!(span(target.seconds)))).collect::<Map<_, _>>(),
        "tags": plan.tags,
        "why": plan.why,
    })
}

pub(crate) fn tone(review: &Review) -> Value {
    let finding = |finding: &Finding| {
        json!({
            "code": finding.code,
            "severity": severity(finding.severity),
            "start": finding.start,
            "end": finding.end,
            "message": finding.message,
            "suggestion": finding.suggestion,
        })
    };
    json!({
        "verdict": verdict(review.verdict),
        "findings": review.findings.iter().map(finding).collect::<Vec<_>>(),
        "why": review.why,
    })
}

pub(crate) fn escalation(escalation: &Escalation) -> Value {
    let action = |action: &Action| json!({ "kind": action.kind, "target": action.target, "message": action.message, "priority": action.priority, "at": action.at });
    json!({ "actions": escalation.actions.iter().map(action).collect::<Vec<_>>(), "why": escalation.why })
}

/// A span as results write it: in the largest unit it is a whole number of.
fn span(seconds: u32) -> String {
    let (unit, length) = [("d", 86_400), ("h", 3_600), ("m", 60)]
        .into_iter()
        .find(|(_, length)| seconds.is_multiple_of(*length))
        .unwrap_or(("s", 1));
    format!("{}{unit}", seconds / length)
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approve => "approve",
        Verdict::Revise => "revise",
        Verdict::Hold => "hold",
        Verdict::Block => "block",
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}
