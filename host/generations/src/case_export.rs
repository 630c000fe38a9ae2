//! A recorded decision as a case: the file an integrator fixes a policy
//! against.

use std::collections::BTreeMap;

use crate::Generation;
use patchbay_engine::replay::{PluginSource, RecordedFacts, RecordedResult};
use patchbay_model::decision::classification::{Classification, MergedClassification};
use patchbay_model::decision::escalation::Escalation;
use patchbay_model::decision::stage::Stage;
use patchbay_model::decision::tone::Review;
use patchbay_model::hours::Hours;
use patchbay_model::outcome::OutcomeKind;
use serde_json::{Map, Value, json};
use thiserror::Error;

use patchbay_records::decisions::{RecordedInput, KeptDecision, Texts};

/// Why a decision does not become a case.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NoCase {
    /// Its author was erased.
    #[error("its author was erased, and what the policies read with them")]
    Erased,
    /// Nothing was sealed of it, or no transcript.
    #[error(
        "no transcript of it was kept; [record] transcripts in the company file says of which decisions one is"
    )]
    NoTranscript,
    /// No such plugin took part.
    #[error("plugin {name:?} took no part in it; these did: {others}")]
    NoPart {
        /// The name.
        name: String,
        /// Those that did.
        others: String,
    },
    /// Several took part, and none was named.
    #[error("several plugins took part, and a case is of one: name it with --plugin; {others}")]
    Several {
        /// Those that did.
        others: String,
    },
    /// The plugin is in no generation that is kept.
    #[error("plugin {name:?} with the settings it had is in no generation that is kept")]
    PackNotKept {
        /// The name.
        name: String,
    },
}

/// A plugin's part in a decision, as a case.
///
/// # Errors
/// [`NoCase`].
pub fn export(
    decision: &KeptDecision,
    plugin: Option<&str>,
    generation: &Generation,
    kept: &dyn PluginSource,
) -> Result<Value, NoCase> {
    if decision.erased || (decision.given.is_some() && decision.texts.is_none()) {
        return Err(NoCase::Erased);
    }
    let (Some(given), Some(texts), Some(record)) =
        (&decision.given, &decision.texts, &decision.record)
    else {
        return Err(NoCase::NoTranscript);
    };
    let all = decision.parts();
    let name = named(&all, plugin)?;
    let parts: Vec<&RecordedResult> = all
        .iter()
        .filter(|part| part.name == name && part.use_number > 0)
        .collect();
    let first = parts.first().ok_or(NoCase::NoTranscript)?;
    if parts.iter().any(|part| part.transcript.is_none()) {
        return Err(NoCase::NoTranscript);
    }
    let plugin = kept
        .plugin(&first.digest, &first.settings)
        .ok_or_else(|| NoCase::PackNotKept { name: name.clone() })?;
    let settings: Value = serde_json::from_str(plugin.settings_text()).unwrap_or(json!({}));
    let calls = parts
        .iter()
        .filter_map(|part| Some((part.stage, part.transcript.as_deref()?)));
    let recalled = RecordedFacts::of_calls(calls);
    let surroundings = &generation.surroundings;
    let directory = recalled.directory(&surroundings.directory);
    let directory = directory.as_ref().unwrap_or(&surroundings.directory);
    let queues: Vec<_> = directory
        .queue_ids()
        .filter_map(|id| directory.queue(id).map(|queue| json!(**queue)))
        .collect();
    let agents: Vec<_> = recalled
        .agents()
        .filter_map(|agent| directory.agent(&agent.id).map(|agent| json!(**agent)))
        .collect();
    let hours: &BTreeMap<String, Hours> = &surroundings.hours;
    let steps: Vec<Value> = parts
        .iter()
        .map(|part| step(part, given, texts, record, &all))
        .collect();
    let mut case = Map::new();
    let mut set = |name: &str, value: Value| case.insert(name.to_owned(), value);
    set(
        "note",
        format!(
            "What {name} {} made of decision {} ({})",
            first.version, decision.line.id, decision.line.kind
        )
        .into(),
    );
    set("settings", settings);
    set("now", json!(given.now));
    set("seed", json!(given.seed));
    set("queues", json!(queues));
    set("agents", json!(agents));
    set(
        "knowledge",
        surroundings
            .knowledge
            .articles()
            .map(|article| json!(article))
            .collect(),
    );
    set("hours", json!(hours));
    set("targets", json!(*surroundings.targets));
    set("steps", steps.into());
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

fn named(parts: &[RecordedResult], plugin: Option<&str>) -> Result<String, NoCase> {
    let mut names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let others = names.join(", ");
    match (plugin, names.as_slice()) {
        (Some(name), names) if names.contains(&name) => Ok(name.to_owned()),
        (Some(name), _) => Err(NoCase::NoPart {
            name: name.to_owned(),
            others,
        }),
        (None, [one]) => Ok((*one).to_owned()),
        (None, []) => Err(NoCase::NoTranscript),
        (None, _) => Err(NoCase::Several { others }),
    }
}

fn step(
    part: &RecordedResult,
    given: &RecordedInput,
    texts: &Texts,
    record: &Value,
    all: &[RecordedResult],
) -> Value {
    let interaction = json!(texts.interaction);
    let mut about = Map::new();
    about.insert("conversation".to_owned(), json!(given.conversation));
    about.insert("contact".to_owned(), json!(given.contact));
    about.insert("earlier".to_owned(), json!(texts.earlier));
    about.insert("elsewhere".to_owned(), json!(texts.elsewhere));
    let classifiers = all.iter().filter(|part| part.stage == Stage::Classify);
    let (stage, subject) = match part.stage {
        Stage::Classify => ("classify", interaction),
        Stage::Route => ("route", json!({})),
        Stage::Tone => ("tone", json!(given.draft)),
        Stage::Escalate => {
            let trigger = given.trigger.as_ref().map(|trigger| json!(trigger));
            let usual = || json!({"code": "classified"});
            ("escalate", trigger.unwrap_or_else(usual))
        }
    };
    if part.stage != Stage::Classify {
        about.insert("interaction".to_owned(), json!(texts.interaction));
        let said = match classifiers.count() {
            // What was said before.
            0 => serde_json::to_value(given)
                .ok()
                .and_then(|given| given.get("assessment").cloned()),
            // What this plugin says itself, in the step before.
            1 => None,
            _ => record.get("classification").map(|said| {
                let mut said = said.clone();
                said.as_object_mut()
                    .map(|fields| fields.remove("provenance"));
                said
            }),
        };
        if let Some(said) = said {
            about.insert("assessment".to_owned(), said);
        }
    }
    json!({
        stage: subject,
        "given": about,
        "transcript": part.transcript,
        "expect": expected(part),
    })
}

/// What the part came to, as the only one asked.
fn expected(part: &RecordedResult) -> Value {
    let mut expected = json!({"outcome": part.outcome});
    if part.outcome != OutcomeKind::Ok {
        return expected;
    }
    let Some(answer) = part.answer.clone() else {
        return expected;
    };
    let name = part.name.as_str();
    let (field, answer) = match part.stage {
        Stage::Classify => {
            let merged = serde_json::from_value::<Classification>(answer)
                .map(|said| MergedClassification::of([(name, said)]).classification);
            ("classification", merged.map(|merged| json!(merged)))
        }
        Stage::Route => ("route", Ok(answer)),
        Stage::Tone => {
            let merged = serde_json::from_value::<Review>(answer)
                .map(|review| Review::merge([(name, review)]));
            ("tone", merged.map(|merged| json!(merged)))
        }
        Stage::Escalate => {
            let merged = serde_json::from_value::<Escalation>(answer)
                .map(|said| Escalation::merge([(name, said)]));
            ("escalation", merged.map(|merged| json!(merged)))
        }
    };
    if let Ok(answer) = answer {
        expected[field] = answer;
    }
    expected
}
