//! Repeat a recorded decision with a candidate generation, on the same texts
//! and conversation, and compare the results.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use patchbay_engine::Recording;
use patchbay_engine::decision::Decision;
use patchbay_engine::replay::{Difference, NotReplayable, RecordedFacts, differences};
use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::OutcomeKind;
use patchbay_records::decisions::StoredDecision;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Generation;
use crate::decide::DecideOptions;

/// Comparison of a recorded decision with a candidate's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplayComparison {
    /// Number of the decision.
    pub id: u64,
    /// The result.
    #[serde(flatten)]
    pub result: ComparisonResult,
    /// Host calls about agents, queues and state that the record answered.
    pub recalled: u32,
    /// Such calls that the record has no answer for: the candidate's company
    /// file answered them.
    pub missed: u32,
}

/// Result of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "result")]
pub enum ComparisonResult {
    /// The same decision.
    Same,
    /// Another decision.
    Different {
        /// The fields that differ.
        differences: Vec<Difference>,
    },
    /// A policy of the candidate fails; the recorded decision had no failure.
    Failed {
        /// The failure.
        outcome: OutcomeKind,
        /// Name of the plugin.
        plugin: String,
        /// The fields that differ.
        differences: Vec<Difference>,
    },
    /// The decision cannot be repeated.
    NotReplayable {
        /// The reason.
        why: NotReplayable,
    },
}

/// Repeat a recorded decision with a candidate and compare. Each stage waits
/// at most `timeout` for a free instance.
pub fn compare_with_candidate(
    recorded: &StoredDecision,
    candidate: &Generation,
    timeout: Duration,
) -> ReplayComparison {
    let not_replayable = |why| ReplayComparison {
        id: recorded.row.id,
        result: ComparisonResult::NotReplayable { why },
        recalled: 0,
        missed: 0,
    };
    if recorded.erased {
        return not_replayable(NotReplayable::Erased);
    }
    let (Some(record), Some(input)) = (&recorded.record, &recorded.input) else {
        return not_replayable(NotReplayable::NoTranscript);
    };
    let Some(texts) = recorded.texts.clone() else {
        return not_replayable(NotReplayable::Erased);
    };
    let facts = RecordedFacts::of(&recorded.plugin_results());
    // The recorded agents and queues, where the transcripts have them.
    let surroundings = match facts.directory(&candidate.surroundings.directory) {
        Some(directory) => candidate.surroundings_with(Arc::new(directory)),
        None => Arc::clone(&candidate.surroundings),
    };
    let (situation, draft) = texts.into_situation(input, surroundings);
    let options = DecideOptions {
        recording: Recording::NONE,
        recorded_facts: facts,
        ..DecideOptions::default()
    };
    let (decision, _) = candidate.run_policies(situation, draft, &input.stages, &options, timeout);
    if decision.outcome == OutcomeKind::Overloaded {
        return not_replayable(NotReplayable::NotCompared);
    }
    let differences = compare(record, &decision, &input.stages);
    let plugins = &decision.stamp.plugins;
    let failed = plugins.iter().find(|plugin| plugin.outcome.is_failure());
    let result = match failed {
        Some(plugin) if !recorded.row.outcome.is_failure() => ComparisonResult::Failed {
            outcome: plugin.outcome,
            plugin: plugin.name.clone(),
            differences,
        },
        _ if differences.is_empty() => ComparisonResult::Same,
        _ => ComparisonResult::Different { differences },
    };
    ReplayComparison {
        id: recorded.row.id,
        recalled: plugins.iter().map(|plugin| plugin.recalled.0).sum(),
        missed: plugins.iter().map(|plugin| plugin.recalled.1).sum(),
        result,
    }
}

/// The fields in which two decisions differ. Ignores `why` and which plugin
/// contributed what.
pub(crate) fn compare(
    record: &Value,
    decision: &Decision,
    stages: &BTreeSet<Stage>,
) -> Vec<Difference> {
    let replayed = serde_json::to_value(decision).unwrap_or(Value::Null);
    let mut all = Vec::new();
    for stage in stages {
        let field = match stage {
            Stage::Classify => "classification",
            Stage::Route => "route",
            Stage::Tone => "tone",
            Stage::Escalate => "escalation",
        };
        let before = record.get(field).map(without_reasons);
        let after = replayed.get(field).map(without_reasons);
        for mut difference in differences(before.as_ref(), after.as_ref()) {
            difference.field = match difference.field.as_str() {
                "" => field.to_owned(),
                below => format!("{field}.{below}"),
            };
            all.push(difference);
        }
    }
    all
}

fn without_reasons(answer: &Value) -> Value {
    let mut answer = answer.clone();
    if let Some(fields) = answer.as_object_mut() {
        fields.remove("why");
        fields.remove("provenance");
    }
    answer
}
