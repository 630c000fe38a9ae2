//! A candidate decides again what was decided: on the same texts and the same
//! conversation, with what changes by itself answered from the record.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::Generation;
use crate::decide::DecideOptions;
use patchbay_engine::Recording;
use patchbay_engine::decision::Decision;
use patchbay_engine::replay::{Difference, NotReplayable, RecordedFacts, differences};
use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::OutcomeKind;
use patchbay_model::situation::Surroundings;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use patchbay_records::decisions::KeptDecision;

/// What a candidate made of a recorded decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Number of the decision.
    pub id: u64,
    /// What it came to.
    #[serde(flatten)]
    pub result: TrialResult,
    /// Questions about things that change by themselves (agents, queues,
    /// state) that the record answered.
    pub recalled: u32,
    /// Such questions that it did not: answered from the candidate's own
    /// company file, and apart from what happened then.
    pub missed: u32,
}

/// What a candidate made of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "result")]
pub enum TrialResult {
    /// It decides the same.
    Same,
    /// It decides something else.
    Different {
        /// Where, and what.
        differences: Vec<Difference>,
    },
    /// One of its policies fails, and none did.
    Failed {
        /// How.
        outcome: OutcomeKind,
        /// Which.
        plugin: String,
        /// Where its decision differs for that.
        differences: Vec<Difference>,
    },
    /// It was not tried.
    NotReplayable {
        /// Why.
        why: NotReplayable,
    },
}

/// Have a candidate decide about what a decision was made on.
pub fn run(kept: &KeptDecision, candidate: &Generation, patience: Duration) -> Trial {
    let not = |why| Trial {
        id: kept.line.id,
        result: TrialResult::NotReplayable { why },
        recalled: 0,
        missed: 0,
    };
    if kept.erased {
        return not(NotReplayable::Erased);
    }
    let (Some(record), Some(given)) = (&kept.record, &kept.given) else {
        return not(NotReplayable::NoTranscript);
    };
    let Some(texts) = kept.texts.clone() else {
        return not(NotReplayable::Erased);
    };
    let recalled = RecordedFacts::of(&kept.parts());
    let surroundings = surroundings(candidate, &recalled);
    let (situation, draft) = texts.situation(given, surroundings);
    let trying = DecideOptions {
        recording: Recording::NONE,
        recalled,
        ..DecideOptions::default()
    };
    let (decision, _) = match draft {
        Some(at_hand) => candidate.check_on(situation, at_hand, &trying, patience),
        None => candidate.decide_on(situation, &given.stages, &trying, patience),
    };
    if decision.outcome == OutcomeKind::Overloaded {
        return not(NotReplayable::NotCompared);
    }
    let differences = compare(record, &decision, &given.stages);
    let parts = &decision.stamp.plugins;
    Trial {
        id: kept.line.id,
        recalled: parts.iter().map(|part| part.recalled.0).sum(),
        missed: parts.iter().map(|part| part.recalled.1).sum(),
        result: result(kept, &decision, differences),
    }
}

fn result(kept: &KeptDecision, decision: &Decision, differences: Vec<Difference>) -> TrialResult {
    let failed = decision
        .stamp
        .plugins
        .iter()
        .find(|part| part.outcome.is_failure());
    let did_not_fail = !kept.line.outcome.is_failure();
    match failed {
        Some(part) if did_not_fail => TrialResult::Failed {
            outcome: part.outcome,
            plugin: part.name.clone(),
            differences,
        },
        _ if differences.is_empty() => TrialResult::Same,
        _ => TrialResult::Different { differences },
    }
}

/// The candidate's, with agents and queues as they were seen then.
fn surroundings(candidate: &Generation, recalled: &RecordedFacts) -> Arc<Surroundings> {
    let own = &candidate.surroundings;
    let Some(directory) = recalled.directory(&own.directory) else {
        return Arc::clone(own);
    };
    Arc::new(Surroundings {
        directory: Arc::new(directory),
        knowledge: Arc::clone(&own.knowledge),
        hours: Arc::clone(&own.hours),
        targets: Arc::clone(&own.targets),
        legacy_140: Arc::clone(&own.legacy_140),
    })
}

/// Where two decisions differ. In how they put it (`why`) they may; and who
/// contributed what is no decision.
pub(crate) fn compare(
    record: &Value,
    decision: &Decision,
    stages: &BTreeSet<Stage>,
) -> Vec<Difference> {
    let now = serde_json::to_value(decision).unwrap_or(Value::Null);
    let mut all = Vec::new();
    for stage in stages {
        let field = match stage {
            Stage::Classify => "classification",
            Stage::Route => "route",
            Stage::Tone => "tone",
            Stage::Escalate => "escalation",
        };
        let was = record.get(field).map(decided);
        let is = now.get(field).map(decided);
        for mut difference in differences(was.as_ref(), is.as_ref()) {
            difference.field = match difference.field.as_str() {
                "" => field.to_owned(),
                below => format!("{field}.{below}"),
            };
            all.push(difference);
        }
    }
    all
}

fn decided(answer: &Value) -> Value {
    let mut answer = answer.clone();
    if let Some(fields) = answer.as_object_mut() {
        fields.remove("why");
        fields.remove("provenance");
    }
    answer
}
