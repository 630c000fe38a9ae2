//! Results of repeated decisions, and their counts.

use std::collections::BTreeMap;
use std::path::Path;

use patchbay_engine::replay::{CallSignature, Difference, NotReplayable, ReplayVerdict};
use patchbay_generations::replay::candidate_replay::{ComparisonResult, ReplayComparison};
use serde::Serialize;
use serde_json::Value;

/// Examples stored of each difference.
const EXAMPLES: usize = 5;

/// Result of one repeated decision.
pub(super) struct Repetition {
    id: u64,
    result: Comparison,
    recalled: u32,
    missed: u32,
}

enum Comparison {
    Same,
    Different(Vec<Difference>),
    Failed(String, Vec<Difference>),
    Not(NotReplayable),
}

impl Repetition {
    /// Of a replay from the transcript; `diverged` is the plugin whose host calls
    /// differ.
    pub(super) fn of_replay(id: u64, whole: ReplayVerdict, diverged: Option<String>) -> Repetition {
        let result = match whole {
            ReplayVerdict::Same => Comparison::Same,
            ReplayVerdict::Different { differences } => Comparison::Different(differences),
            ReplayVerdict::Diverged(divergence) => {
                let call = |call: Option<CallSignature>| match call {
                    Some(call) => format!("{} {}", call.name, call.args),
                    None => "no further call".to_owned(),
                };
                Comparison::Different(vec![Difference {
                    field: format!(
                        "host call {} of {}, which is not deterministic",
                        divergence.call,
                        diverged.unwrap_or_default()
                    ),
                    recorded: Some(call(divergence.recorded).into()),
                    replayed: Some(call(divergence.replayed).into()),
                }])
            }
            ReplayVerdict::NotReplayable { why, .. } => Comparison::Not(why),
        };
        Repetition {
            id,
            result,
            recalled: 0,
            missed: 0,
        }
    }

    /// Replace every value of a difference, for masking.
    pub(super) fn with_values(mut self, show: impl Fn(&Value) -> Value) -> Repetition {
        if let Comparison::Different(differences) | Comparison::Failed(_, differences) =
            &mut self.result
        {
            for difference in differences {
                for value in [&mut difference.recorded, &mut difference.replayed] {
                    *value = value.as_ref().map(&show);
                }
            }
        }
        self
    }
}

impl From<ReplayComparison> for Repetition {
    fn from(trial: ReplayComparison) -> Repetition {
        let result = match trial.result {
            ComparisonResult::Same => Comparison::Same,
            ComparisonResult::Different { differences } => Comparison::Different(differences),
            ComparisonResult::Failed {
                outcome,
                plugin,
                differences,
            } => Comparison::Failed(format!("{plugin} ended {outcome}"), differences),
            ComparisonResult::NotReplayable { why } => Comparison::Not(why),
        };
        Repetition {
            id: trial.id,
            result,
            recalled: trial.recalled,
            missed: trial.missed,
        }
    }
}

/// A decision in which a field differs.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Example {
    pub(super) decision: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) recorded: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) replayed: Option<Value>,
}

/// A field that differs in some decisions.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Field {
    pub(super) count: u64,
    pub(super) examples: Vec<Example>,
}

/// Decisions in which one plugin failed with one outcome.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Failing {
    pub(super) count: u64,
    pub(super) decisions: Vec<u64>,
}

/// Counts of all repeated decisions.
#[derive(Debug, Default, Serialize)]
pub(super) struct Tally {
    /// The candidate company file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) with: Option<String>,
    pub(super) decisions: u64,
    pub(super) same: u64,
    pub(super) different: u64,
    pub(super) failed: u64,
    /// By the reason.
    pub(super) not_replayable: BTreeMap<String, u64>,
    /// Host calls whose answer changes with time: answered from the record, and
    /// not.
    pub(super) recalled: u64,
    pub(super) missed: u64,
    /// By field.
    pub(super) fields: BTreeMap<String, Field>,
    /// By plugin and outcome.
    pub(super) failures: BTreeMap<String, Failing>,
}

impl Tally {
    pub(super) fn new(with: Option<&Path>) -> Tally {
        Tally {
            with: with.map(|file| file.display().to_string()),
            ..Tally::default()
        }
    }

    pub(super) fn count(&mut self, repetition: Repetition) {
        self.decisions += 1;
        self.recalled += u64::from(repetition.recalled);
        self.missed += u64::from(repetition.missed);
        match repetition.result {
            Comparison::Same => self.same += 1,
            Comparison::Different(differences) => {
                self.different += 1;
                self.differ(repetition.id, differences);
            }
            Comparison::Failed(how, differences) => {
                self.failed += 1;
                let failing = self.failures.entry(how).or_default();
                failing.count += 1;
                failing.decisions.push(repetition.id);
                self.differ(repetition.id, differences);
            }
            Comparison::Not(why) => {
                let why = serde_json::to_value(why).unwrap_or_default();
                let why = why.as_str().unwrap_or_default().to_owned();
                *self.not_replayable.entry(why).or_default() += 1;
            }
        }
    }

    /// Sort examples by decision, whatever thread was first.
    pub(super) fn sort(&mut self) {
        for field in self.fields.values_mut() {
            field.examples.sort_by_key(|example| example.decision);
            field.examples.truncate(EXAMPLES);
        }
        for failing in self.failures.values_mut() {
            failing.decisions.sort_unstable();
            failing.decisions.truncate(EXAMPLES);
        }
    }

    /// Decisions that were compared.
    pub(super) fn compared(&self) -> u64 {
        self.same + self.different + self.failed
    }

    fn differ(&mut self, decision: u64, differences: Vec<Difference>) {
        for difference in differences {
            let field = self
                .fields
                .entry(without_indexes(&difference.field))
                .or_default();
            field.count += 1;
            field.examples.push(Example {
                decision,
                recorded: difference.recorded,
                replayed: difference.replayed,
            });
            if field.examples.len() > EXAMPLES * 8 {
                field.examples.sort_by_key(|example| example.decision);
                field.examples.truncate(EXAMPLES);
            }
        }
    }

    /// The counts as text.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "{} decisions: {} the same, {} different, {} failed, {} not compared",
            self.decisions,
            self.same,
            self.different,
            self.failed,
            self.decisions - self.compared()
        )];
        for (why, count) in &self.not_replayable {
            lines.push(format!("  {count} not compared: {why}"));
        }
        if self.with.is_some() {
            lines.push(format!(
                "host calls about changing data: {} answered from the record, {} not recorded",
                self.recalled, self.missed
            ));
        }
        for (how, failing) in &self.failures {
            let decisions: Vec<_> = failing.decisions.iter().map(u64::to_string).collect();
            lines.push(format!(
                "{} failed: {how}; for example decision {}",
                failing.count,
                decisions.join(", ")
            ));
        }
        for (name, field) in &self.fields {
            lines.push(format!("{name} differs {} times", field.count));
            for example in &field.examples {
                lines.push(format!(
                    "  decision {}: {} → {}",
                    example.decision,
                    value_text(example.recorded.as_ref()),
                    value_text(example.replayed.as_ref())
                ));
            }
        }
        if self.decisions > 0 && self.compared() == 0 {
            lines.push(
                "no decision can be compared; [record] of the company file sets what is recorded"
                    .to_owned(),
            );
        }
        lines
    }
}

/// A value on one line; `nothing` where it is absent.
pub(super) fn value_text(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), Value::to_string)
}

/// A field path without list indexes: `intents[3].name` → `intents[].name`.
fn without_indexes(field: &str) -> String {
    let mut general = String::with_capacity(field.len());
    let mut inside = false;
    for character in field.chars() {
        match character {
            '[' => {
                inside = true;
                general.push_str("[]");
            }
            ']' => inside = false,
            character if !inside => general.push(character),
            _ => {}
        }
    }
    general
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn different(id: u64, field: &str) -> Repetition {
        Repetition {
            id,
            result: Comparison::Different(vec![Difference {
                field: field.to_owned(),
                recorded: Some(json!("4111 1111 1111 1111")),
                replayed: None,
            }]),
            recalled: 1,
            missed: 2,
        }
    }

    #[test]
    fn differences_are_counted_by_field_with_examples() {
        let mut tally = Tally::new(Some(Path::new("x.toml")));
        for id in (1..100).rev() {
            tally.count(different(id, &format!("classification.intents[{id}].name")));
        }
        tally.sort();
        let field = &tally.fields["classification.intents[].name"];
        assert_eq!(field.count, 99);
        let ids: Vec<_> = field.examples.iter().map(|one| one.decision).collect();
        assert_eq!(ids, [1, 2, 3, 4, 5]);
        assert_eq!(
            field.examples[0].recorded,
            Some(json!("4111 1111 1111 1111"))
        );
        assert_eq!((tally.recalled, tally.missed), (99, 198));
        assert_eq!(tally.compared(), 99);
    }
}
