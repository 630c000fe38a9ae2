//! Results of a rollout: counts, times, and the fields that differ.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use patchbay_engine::decision::Decision;
use patchbay_model::outcome::OutcomeKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::points::RolloutPoints;
use super::recent::{RecentDecisions, record};
use super::{Arm, DecisionNumber};

/// Most examples of one field.
const EXAMPLES: usize = 5;
/// Most fields counted.
const FIELDS: usize = 200;

/// Results of one arm.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct ArmTally {
    decisions: u64,
    failures: BTreeMap<OutcomeKind, u64>,
    /// Passes that found no free instance.
    #[serde(default)]
    overloaded: u64,
    /// In microseconds, since the host started.
    #[serde(skip)]
    micros: Option<Histogram<u64>>,
    /// For the bounds of a canary.
    #[serde(skip)]
    pub(super) recent: RecentDecisions,
}

impl ArmTally {
    pub(super) fn count(&mut self, decision: &Decision) {
        self.decisions += 1;
        let failure = failure(decision);
        if let Some(kind) = failure {
            *self.failures.entry(kind).or_default() += 1;
        }
        let spent = &decision.micros;
        let micros = spent.queue + spent.instantiate + spent.call;
        record(&mut self.micros, micros);
        self.recent.add(failure.is_some(), Some(micros));
    }

    /// Add an overload: the pass is repeated later; until then it counts as a
    /// failure.
    pub(super) fn count_overload(&mut self) {
        self.overloaded += 1;
        self.recent.add(true, None);
    }

    pub(super) fn decisions(&self) -> u64 {
        self.decisions
    }

    pub(super) fn failed(&self) -> u64 {
        self.failures.values().sum()
    }

    /// Decisions and overloads.
    pub(super) fn attempts(&self) -> u64 {
        self.decisions + self.overloaded
    }

    pub(super) fn report(&self) -> ArmReport {
        ArmReport {
            decisions: self.decisions,
            failures: self.failures.clone(),
            overloaded: self.overloaded,
            latency: self.micros.as_ref().map(|all| Latency {
                decisions: all.len(),
                p50_micros: all.value_at_quantile(0.5),
                p99_micros: all.value_at_quantile(0.99),
                max_micros: all.max(),
            }),
        }
    }
}

/// The first failure of a policy; a bypass is none.
pub(super) fn failure(decision: &Decision) -> Option<OutcomeKind> {
    let mut outcomes = decision.stamp.plugins.iter().map(|plugin| plugin.outcome);
    outcomes.find(|outcome| outcome.is_failure() && *outcome != OutcomeKind::Bypassed)
}

/// Results of one generation in a rollout.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmReport {
    /// Number of decisions.
    pub decisions: u64,
    /// Decisions in which a policy failed, by outcome.
    pub failures: BTreeMap<OutcomeKind, u64>,
    /// Passes that found no free instance; they are repeated.
    pub overloaded: u64,
    /// Times; `None`: no decision since the host started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
}

/// Times of decisions: queue, instantiation and policy calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Latency {
    /// Number of decisions since the host started.
    pub decisions: u64,
    /// Median.
    pub p50_micros: u64,
    /// 99th percentile.
    pub p99_micros: u64,
    /// Maximum.
    pub max_micros: u64,
}

/// Comparison of two generations' answers to the same inputs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ComparisonReport {
    /// Decisions without a failure in either generation.
    pub decisions: u64,
    /// Those with equal answers, apart from `why`.
    pub agreed: u64,
    /// Fields that differ, the most frequent first; at most 200.
    pub differences: Vec<FieldReport>,
    /// Not compared: a policy of either generation failed.
    pub failed: u64,
    /// Not compared: the host had no headroom, or the queue was full.
    pub no_time: u64,
    /// Not compared: no instance was free.
    pub no_room: u64,
}

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldReport {
    /// Its path, such as `route.target.id`; `[]` is any index of a list.
    pub field: String,
    /// Number of decisions in which it differs.
    pub decisions: u64,
    /// The first five.
    pub examples: Vec<Example>,
}

/// A decision in which a field differs. The values are set only where they are
/// free of customer text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// Its number; unknown until it is committed, and for a stateless request.
    #[serde(default, skip_serializing_if = "DecisionNumber::is_unknown")]
    pub decision: DecisionNumber,
    /// Its conversation; `None` for a stateless request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// Its interaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interaction: Option<String>,
    /// The control's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<Value>,
    /// The candidate's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate: Option<Value>,
}

impl ComparisonReport {
    fn add(&mut self, differences: Vec<(String, Example)>) {
        self.decisions += 1;
        if differences.is_empty() {
            self.agreed += 1;
        }
        let mut seen: Vec<String> = Vec::new();
        for (field, example) in differences {
            let field = without_indices(&field);
            // Two elements of one list count once for the decision.
            if seen.contains(&field) {
                continue;
            }
            let mut known = self.differences.iter_mut();
            if let Some(known) = known.find(|one| one.field == field) {
                known.decisions += 1;
                if known.examples.len() < EXAMPLES {
                    known.examples.push(example);
                }
            } else if self.differences.len() < FIELDS {
                self.differences.push(FieldReport {
                    field: field.clone(),
                    decisions: 1,
                    examples: vec![example],
                });
            }
            seen.push(field);
        }
        let most_first = |one: &FieldReport| std::cmp::Reverse(one.decisions);
        self.differences.sort_by_key(most_first);
    }
}

/// A path without the indices of lists.
fn without_indices(field: &str) -> String {
    let mut inside = false;
    let keep = |letter: &char| {
        inside = *letter == '[' || inside && *letter != ']';
        !inside || *letter == '['
    };
    field.chars().filter(keep).collect()
}

/// Counts of a rollout; the histograms are lost at a restart.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    pub(super) control: ArmTally,
    pub(super) candidate: ArmTally,
    pub(super) compared: ComparisonReport,
    #[serde(default)]
    pub(super) points: RolloutPoints,
    /// For the disagreement bound.
    #[serde(skip)]
    pub(super) agreement: RecentDecisions,
}

impl Tally {
    /// Add a comparison: the fields that differ, each with an example.
    pub(super) fn compare(&mut self, differences: Vec<(String, Example)>) {
        self.agreement.add(!differences.is_empty(), None);
        self.compared.add(differences);
    }

    pub(super) fn arm(&mut self, arm: Arm) -> &mut ArmTally {
        match arm {
            Arm::Control => &mut self.control,
            Arm::Candidate => &mut self.candidate,
        }
    }

    /// Judge the bounds by decisions from now on.
    pub fn reset_recent(&mut self) {
        self.control.recent = RecentDecisions::default();
        self.candidate.recent = RecentDecisions::default();
        self.agreement = RecentDecisions::default();
    }

    /// As the journal stores it: without examples.
    pub fn to_json(&self) -> String {
        let mut value = serde_json::to_value(self).unwrap_or(Value::Null);
        let fields = value["compared"]["differences"].as_array_mut();
        for field in fields.into_iter().flatten() {
            field["examples"] = Value::Array(Vec::new());
        }
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_counted_by_decision_and_field() {
        let mut compared = ComparisonReport::default();
        let differs = |fields: &[&str]| {
            fields
                .iter()
                .map(|field| ((*field).to_owned(), Example::default()))
                .collect()
        };
        compared.add(differs(&["route.priority"]));
        for _ in 0..EXAMPLES + 2 {
            compared.add(differs(&[
                "classification.intents[0].name",
                "classification.intents[1].name",
            ]));
        }
        compared.add(Vec::new());
        let most = EXAMPLES as u64 + 2;
        assert_eq!((compared.decisions, compared.agreed), (most + 2, 1));
        let fields: Vec<_> = compared
            .differences
            .iter()
            .map(|one| (one.field.as_str(), one.decisions, one.examples.len()))
            .collect();
        assert_eq!(
            fields,
            [
                ("classification.intents[].name", most, EXAMPLES),
                ("route.priority", 1, 1)
            ]
        );
    }

    #[test]
    fn the_stored_tally_has_no_examples_and_reads_back() {
        let mut tally = Tally::default();
        tally.candidate.count(&Decision::of(1, None));
        tally.compare(vec![(
            "tone.verdict".to_owned(),
            Example {
                control: Some("secret".into()),
                ..Example::default()
            },
        )]);
        let stored = tally.to_json();
        assert!(!stored.contains("secret"), "{stored}");
        let again: Tally = serde_json::from_str(&stored).expect("reads back");
        assert_eq!(again.candidate.decisions(), 1);
        assert_eq!(again.compared.differences[0].decisions, 1);
    }
}
