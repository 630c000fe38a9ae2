//! Export a recorded decision as a test case for a policy.

use patchbay_engine::replay::{PluginSource, RecordedFacts, RecordedResult};
use patchbay_model::decision::classification::MergedClassification;
use patchbay_model::decision::escalation::Escalation;
use patchbay_model::decision::stage::Stage;
use patchbay_model::decision::tone::Review;
use patchbay_model::outcome::OutcomeKind;
use patchbay_records::decisions::{RecordedInput, SourceTexts, StoredDecision};
use serde_json::{Value, from_value, json};
use thiserror::Error;

use crate::Generation;

/// Why a decision cannot be exported.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CaseExportError {
    /// The data of its author was erased.
    #[error("the decision's author was erased, and with the author the texts the policies read")]
    Erased,
    /// The record has no transcript.
    #[error(
        "the decision has no stored transcript; set [record] transcripts in the company file to store more of them"
    )]
    NoTranscript,
    /// The plugin was not called.
    #[error("plugin {0:?} was not called for this decision; these were: {1}")]
    NotCalled(String, String),
    /// Several plugins were called, and the caller named none.
    #[error("several plugins were called ({0}), and a case tests one; name it with --plugin")]
    Several(String),
    /// No stored generation has the plugin with these settings.
    #[error("no stored generation has plugin {0:?} with the settings of this decision")]
    PackNotStored(String),
}

/// The test case of one plugin of a decision; `None` for `plugin` where only
/// one was called. `generation` supplies the queues, articles and hours.
pub fn export(
    decision: &StoredDecision,
    plugin: Option<&str>,
    generation: &Generation,
    plugins: &dyn PluginSource,
) -> Result<Value, CaseExportError> {
    if decision.erased || (decision.input.is_some() && decision.texts.is_none()) {
        return Err(CaseExportError::Erased);
    }
    let (Some(input), Some(texts), Some(record)) =
        (&decision.input, &decision.texts, &decision.record)
    else {
        return Err(CaseExportError::NoTranscript);
    };
    let all = decision.plugin_results();
    let name = plugin_name(&all, plugin)?;
    let parts: Vec<&RecordedResult> = all
        .iter()
        .filter(|part| part.name == name && part.use_number > 0)
        .collect();
    let first = parts.first().ok_or(CaseExportError::NoTranscript)?;
    if parts.iter().any(|part| part.transcript.is_none()) {
        return Err(CaseExportError::NoTranscript);
    }
    let plugin = plugins
        .plugin(&first.digest, &first.settings)
        .ok_or_else(|| CaseExportError::PackNotStored(name.clone()))?;
    let settings: Value = serde_json::from_str(plugin.settings_text()).unwrap_or(json!({}));
    let calls = parts
        .iter()
        .filter_map(|part| Some((part.stage, part.transcript.as_deref()?)));
    let facts = RecordedFacts::of_calls(calls);
    let surroundings = &generation.surroundings;
    let directory = facts.directory(&surroundings.directory);
    let directory = directory.as_ref().unwrap_or(&surroundings.directory);
    let queues: Vec<_> = directory
        .queue_ids()
        .filter_map(|id| directory.queue(id).map(|queue| json!(**queue)))
        .collect();
    let agents: Vec<_> = facts
        .agents()
        .filter_map(|agent| directory.agent(&agent.id).map(|agent| json!(**agent)))
        .collect();
    let steps: Vec<Value> = parts
        .iter()
        .map(|part| step(part, input, texts, record, &all))
        .collect();
    let articles: Vec<_> = surroundings.knowledge.articles().collect();
    let (version, row) = (&first.version, &decision.row);
    let case = json!({
        "note": format!("Decision {} ({}) by {name} {version}", row.id, row.kind),
        "settings": settings,
        "now": input.now,
        "seed": input.seed,
        "queues": queues,
        "agents": agents,
        "knowledge": articles,
        "hours": *surroundings.hours,
        "targets": *surroundings.targets,
        "steps": steps,
    });
    let Value::Object(mut case) = case else {
        return Ok(case);
    };
    case.retain(|name, value| {
        let is_empty = match value {
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            _ => false,
        };
        !is_empty || name == "settings"
    });
    Ok(Value::Object(case))
}

fn plugin_name(parts: &[RecordedResult], plugin: Option<&str>) -> Result<String, CaseExportError> {
    let mut names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let others = names.join(", ");
    match (plugin, names.as_slice()) {
        (Some(name), names) if names.contains(&name) => Ok(name.to_owned()),
        (Some(name), _) => Err(CaseExportError::NotCalled(name.to_owned(), others)),
        (None, [one]) => Ok((*one).to_owned()),
        (None, []) => Err(CaseExportError::NoTranscript),
        (None, _) => Err(CaseExportError::Several(others)),
    }
}

fn step(
    part: &RecordedResult,
    input: &RecordedInput,
    texts: &SourceTexts,
    record: &Value,
    all: &[RecordedResult],
) -> Value {
    let interaction = json!(texts.interaction);
    // A draft that answers nothing was checked without a conversation.
    let mut about = texts.interaction.as_ref().map(|_| {
        json!({
            "conversation": input.conversation,
            "contact": input.contact,
            "earlier": texts.earlier,
            "elsewhere": texts.elsewhere,
        })
    });
    let classifiers = all.iter().filter(|part| part.stage == Stage::Classify);
    let (stage, subject) = match part.stage {
        Stage::Classify => ("classify", interaction.clone()),
        Stage::Route => ("route", json!({})),
        Stage::Tone => ("tone", json!(input.draft)),
        Stage::Escalate => {
            let trigger = input.trigger.as_ref().map(|trigger| json!(trigger));
            let default = || json!({"code": "classified"});
            ("escalate", trigger.unwrap_or_else(default))
        }
    };
    if let Some(about) = about.as_mut().filter(|_| part.stage != Stage::Classify) {
        about["interaction"] = interaction.clone();
        let assessment = match classifiers.count() {
            // The classification the decision began with.
            0 => serde_json::to_value(input)
                .ok()
                .and_then(|input| input.get("assessment").cloned()),
            // The step before, of this same plugin, classifies.
            1 => None,
            _ => record.get("classification").map(|merged| {
                let mut merged = merged.clone();
                if let Some(fields) = merged.as_object_mut() {
                    fields.remove("provenance");
                }
                merged
            }),
        };
        if let Some(assessment) = assessment {
            about["assessment"] = assessment;
        }
    }
    let mut step = json!({
        stage: subject,
        "transcript": part.transcript,
        "expect": expected(part),
    });
    if let Some(about) = about {
        step["given"] = about;
    }
    step
}

/// The expected result where only this plugin is called.
fn expected(part: &RecordedResult) -> Value {
    let mut expected = json!({"outcome": part.outcome});
    if part.outcome != OutcomeKind::Ok {
        return expected;
    }
    let Some(answer) = part.answer.clone() else {
        return expected;
    };
    let name = part.name.as_str();
    let (field, merged) = match part.stage {
        Stage::Classify => {
            let merge = |answer| MergedClassification::of([(name, answer)]).classification;
            (
                "classification",
                from_value(answer).map(|answer| json!(merge(answer))),
            )
        }
        Stage::Route => ("route", Ok(answer)),
        Stage::Tone => {
            let merge = |answer| Review::merge([(name, answer)]);
            (
                "tone",
                from_value(answer).map(|answer| json!(merge(answer))),
            )
        }
        Stage::Escalate => {
            let merge = |answer| Escalation::merge([(name, answer)]);
            (
                "escalation",
                from_value(answer).map(|answer| json!(merge(answer))),
            )
        }
    };
    if let Ok(mut merged) = merged {
        if let (Stage::Classify, Some(fields)) = (part.stage, merged.as_object_mut()) {
            // A record of an earlier version has 0 for a score the policy did not give.
            let is_score = |name: &str| matches!(name, "sentiment" | "spam" | "abuse");
            fields.retain(|name, value| !is_score(name) || value.as_f64() != Some(0.0));
        }
        expected[field] = merged;
    }
    expected
}
