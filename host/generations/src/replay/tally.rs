//! Results of repeated decisions, and their counts.

use std::collections::BTreeMap;

use patchbay_engine::replay::{CallSignature, Difference, NotReplayable, ReplayVerdict};
use serde::Serialize;
use serde_json::Value;

use super::candidate_replay::{ComparisonResult, ReplayComparison};

/// Examples stored of each difference.
const EXAMPLES: usize = 5;
/// Fields, and kinds of failures, that are counted one by one.
const MAX_ROWS: usize = 200;
/// Counts together what is beyond [`MAX_ROWS`].
const OTHERS: &str = "others";

/// Result of one repeated decision.
#[derive(Debug)]
pub struct Repetition {
    id: u64,
    result: Comparison,
    recalled: u32,
    missed: u32,
}

#[derive(Debug)]
enum Comparison {
    Same,
    Different(Vec<Difference>),
    Failed(String, Vec<Difference>),
    Not(NotReplayable),
}

impl Repetition {
    /// Of a replay from the transcript; `diverged` is the plugin whose host calls
    /// differ.
    pub fn of_replay(id: u64, whole: ReplayVerdict, diverged: Option<String>) -> Repetition {
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

    /// Replaces every value of a difference, for masking.
    #[must_use]
    pub fn with_values(mut self, show: impl Fn(&Value) -> Value) -> Repetition {
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
pub struct Example {
    /// Number of the decision.
    pub decision: u64,
    /// The recorded value; absent if it had none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Value>,
    /// The value now; absent if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed: Option<Value>,
}

/// A field that differs in some decisions.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FieldDifferences {
    /// In how many decisions, counted once for each place in a list.
    pub count: u64,
    /// The first decisions, at most 5.
    pub examples: Vec<Example>,
}

/// Decisions in which one plugin failed with one outcome.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PluginFailures {
    /// How many.
    pub count: u64,
    /// The first decisions, at most 5.
    pub decisions: Vec<u64>,
}

/// Counts of all repeated decisions. Its size is bounded.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Tally {
    /// Name of the candidate, such as its company file; absent: decisions were
    /// repeated with the plugins that made them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
    /// Decisions counted.
    pub decisions: u64,
    /// With the same result.
    pub same: u64,
    /// With another result.
    pub different: u64,
    /// In which a policy failed that did not before.
    pub failed: u64,
    /// Decisions that were not compared, by the reason.
    pub not_replayable: BTreeMap<String, u64>,
    /// Host calls whose answer changes with time and that the record answered.
    pub recalled: u64,
    /// Such calls that the record has no answer for.
    pub missed: u64,
    /// Differences by field; beyond 200 fields, together as `others`.
    pub fields: BTreeMap<String, FieldDifferences>,
    /// Failures by plugin and outcome; beyond 200, together as `others`.
    pub failures: BTreeMap<String, PluginFailures>,
}

impl Tally {
    /// No decision yet; see [`Self::with`].
    pub fn new(with: Option<String>) -> Tally {
        Tally {
            with,
            ..Tally::default()
        }
    }

    /// Counts a decision.
    pub fn count(&mut self, repetition: Repetition) {
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
                let failures = row(&mut self.failures, how);
                failures.count += 1;
                failures.decisions.push(repetition.id);
                if failures.decisions.len() > EXAMPLES * 8 {
                    failures.decisions.sort_unstable();
                    failures.decisions.truncate(EXAMPLES);
                }
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
    pub fn sort(&mut self) {
        for field in self.fields.values_mut() {
            field.examples.sort_by_key(|example| example.decision);
            field.examples.truncate(EXAMPLES);
        }
        for failures in self.failures.values_mut() {
            failures.decisions.sort_unstable();
            failures.decisions.truncate(EXAMPLES);
        }
    }

    /// Decisions that were compared.
    pub fn compared(&self) -> u64 {
        self.same + self.different + self.failed
    }

    fn differ(&mut self, decision: u64, differences: Vec<Difference>) {
        for difference in differences {
            let field = row(&mut self.fields, without_indexes(&difference.field));
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
    pub fn lines(&self) -> Vec<String> {
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
        for (how, failures) in &self.failures {
            let decisions: Vec<_> = failures.decisions.iter().map(u64::to_string).collect();
            lines.push(format!(
                "{} failed: {how}; for example decision {}",
                failures.count,
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

/// The row of a name, or of all others once there are too many.
fn row<T: Default>(rows: &mut BTreeMap<String, T>, name: String) -> &mut T {
    let is_full = rows.len() >= MAX_ROWS && !rows.contains_key(&name);
    let name = match is_full {
        true => OTHERS.to_owned(),
        false => name,
    };
    rows.entry(name).or_default()
}

/// A value on one line; `nothing` where it is absent.
pub fn value_text(value: Option<&Value>) -> String {
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
        let mut tally = Tally::new(Some("x.toml".to_owned()));
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
    #[test]
    fn a_candidate_that_differs_in_ever_other_fields_takes_bounded_memory() {
        let mut tally = Tally::default();
        for id in 0..10_000 {
            tally.count(different(id, &format!("route.attributes.name-{id}")));
        }
        tally.sort();
        assert_eq!(tally.fields.len(), MAX_ROWS + 1);
        let others = &tally.fields[OTHERS];
        assert_eq!(others.count, 10_000 - MAX_ROWS as u64);
        assert_eq!(others.examples.len(), EXAMPLES);
    }
}
