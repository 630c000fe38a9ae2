//! What became of the decisions that were made again.

use std::collections::BTreeMap;
use std::path::Path;

use patchbay_desk::decisions::trial::{Trial, TrialResult};
use patchbay_engine::replay::{Asked, Difference, NotReplayable, Replayed};
use serde::Serialize;
use serde_json::Value;

/// Examples kept of each difference.
const EXAMPLES: usize = 5;

/// What became of one.
pub(super) struct Result {
    id: u64,
    what: What,
    recalled: u32,
    missed: u32,
}

enum What {
    Same,
    Different(Vec<Difference>),
    Failed(String, Vec<Difference>),
    Not(NotReplayable),
}

impl Result {
    /// Of a replay; with the plugin that asked for something else.
    pub(super) fn of_replay(id: u64, whole: Replayed, diverged: Option<String>) -> Result {
        let what = match whole {
            Replayed::Same => What::Same,
            Replayed::Different { differences } => What::Different(differences),
            Replayed::Diverged(divergence) => {
                let told = |asked: Option<Asked>| match asked {
                    Some(asked) => format!("asked {} {}", asked.name, asked.args),
                    None => "asked for nothing more".to_owned(),
                };
                What::Different(vec![Difference {
                    field: format!(
                        "host call {} of {}, which is not deterministic",
                        divergence.call,
                        diverged.unwrap_or_default()
                    ),
                    recorded: Some(told(divergence.recorded).into()),
                    replayed: Some(told(divergence.asked).into()),
                }])
            }
            Replayed::NotReplayable { why, .. } => What::Not(why),
        };
        Result {
            id,
            what,
            recalled: 0,
            missed: 0,
        }
    }
}

impl Result {
    /// With every value as `show` has it.
    pub(super) fn shown(mut self, show: impl Fn(&Value) -> Value) -> Result {
        if let What::Different(differences) | What::Failed(_, differences) = &mut self.what {
            for difference in differences {
                for value in [&mut difference.recorded, &mut difference.replayed] {
                    *value = value.as_ref().map(&show);
                }
            }
        }
        self
    }
}

impl From<Trial> for Result {
    fn from(trial: Trial) -> Result {
        let what = match trial.result {
            TrialResult::Same => What::Same,
            TrialResult::Different { differences } => What::Different(differences),
            TrialResult::Failed {
                outcome,
                plugin,
                differences,
            } => What::Failed(format!("{plugin} ended {outcome}"), differences),
            TrialResult::NotReplayable { why } => What::Not(why),
        };
        Result {
            id: trial.id,
            what,
            recalled: trial.recalled,
            missed: trial.missed,
        }
    }
}

/// One decision in which a field differs.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Example {
    pub(super) decision: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) recorded: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) replayed: Option<Value>,
}

/// A field that differs in some.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Field {
    pub(super) count: u64,
    pub(super) examples: Vec<Example>,
}

/// A way in which some fail.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Failing {
    pub(super) count: u64,
    pub(super) decisions: Vec<u64>,
}

/// What became of all.
#[derive(Debug, Serialize)]
pub(super) struct Tally {
    /// The company file that was tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) with: Option<String>,
    pub(super) decisions: u64,
    pub(super) same: u64,
    pub(super) different: u64,
    pub(super) failed: u64,
    /// By the reason.
    pub(super) not_replayable: BTreeMap<String, u64>,
    /// Questions about things that change by themselves: answered from the
    /// record, and not.
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
            decisions: 0,
            same: 0,
            different: 0,
            failed: 0,
            not_replayable: BTreeMap::new(),
            recalled: 0,
            missed: 0,
            fields: BTreeMap::new(),
            failures: BTreeMap::new(),
        }
    }

    pub(super) fn count(&mut self, result: Result) {
        self.decisions += 1;
        self.recalled += u64::from(result.recalled);
        self.missed += u64::from(result.missed);
        match result.what {
            What::Same => self.same += 1,
            What::Different(differences) => {
                self.different += 1;
                self.differ(result.id, differences);
            }
            What::Failed(how, differences) => {
                self.failed += 1;
                let failing = self.failures.entry(how).or_default();
                failing.count += 1;
                failing.decisions.push(result.id);
                self.differ(result.id, differences);
            }
            What::Not(why) => {
                let why = serde_json::to_value(why).unwrap_or_default();
                let why = why.as_str().unwrap_or_default().to_owned();
                *self.not_replayable.entry(why).or_default() += 1;
            }
        }
    }

    /// In the order of the decisions, whichever thread was first.
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

    /// Those that could be compared.
    pub(super) fn compared(&self) -> u64 {
        self.same + self.different + self.failed
    }

    fn differ(&mut self, decision: u64, differences: Vec<Difference>) {
        for difference in differences {
            let field = self.fields.entry(general(&difference.field)).or_default();
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

    /// For somebody to read.
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
                "questions about what changes by itself: {} answered from the record, {} not",
                self.recalled, self.missed
            ));
        }
        for (how, failing) in &self.failures {
            let decisions: Vec<_> = failing.decisions.iter().map(u64::to_string).collect();
            lines.push(format!(
                "{} failed: {how}; such as decision {}",
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
                    told(example.recorded.as_ref()),
                    told(example.replayed.as_ref())
                ));
            }
        }
        if self.decisions > 0 && self.compared() == 0 {
            lines.push(
                "nothing could be compared; [record] in the company file says what is kept"
                    .to_owned(),
            );
        }
        lines
    }
}

/// A value on one line; nothing where there is none.
pub(super) fn told(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), Value::to_string)
}

/// The field of whichever item of a list.
fn general(field: &str) -> String {
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

    fn different(id: u64, field: &str) -> Result {
        Result {
            id,
            what: What::Different(vec![Difference {
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
