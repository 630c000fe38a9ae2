//! What came of a generation that is tried: counts, times, and where its
//! answers differ.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use patchbay_engine::decision::Decision;
use patchbay_model::outcome::OutcomeKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Arm;
use super::recent::{Recent, record};

/// Examples of a field that differs.
const EXAMPLES: usize = 5;
/// Most fields that are told apart.
const FIELDS: usize = 200;

/// How one of the two did.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Tallied {
    decisions: u64,
    failures: BTreeMap<OutcomeKind, u64>,
    /// Those that found no room.
    #[serde(default)]
    overloaded: u64,
    /// In microseconds; since the host was started.
    #[serde(skip)]
    micros: Option<Histogram<u64>>,
    /// By which it is judged.
    #[serde(skip)]
    pub recent: Recent,
}

impl Tallied {
    pub fn count(&mut self, decision: &Decision) {
        self.decisions += 1;
        let failure = failure(decision);
        if let Some(kind) = failure {
            *self.failures.entry(kind).or_default() += 1;
        }
        let spent = &decision.micros;
        let spent = spent.queue + spent.instantiate + spent.call;
        record(&mut self.micros, spent);
        self.recent.add(failure.is_some(), Some(spent));
    }

    /// One that found no room: it is made again later, and until then it is
    /// as bad as one that failed.
    pub fn found_no_room(&mut self) {
        self.overloaded += 1;
        self.recent.add(true, None);
    }

    pub fn decisions(&self) -> u64 {
        self.decisions
    }

    pub fn failed(&self) -> u64 {
        self.failures.values().sum()
    }

    /// Decisions, with those that found no room.
    pub fn asked(&self) -> u64 {
        self.decisions + self.overloaded
    }

    pub fn report(&self) -> ArmReport {
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

/// How a decision failed: as the first of its policies that did. What an
/// operator took out did not fail.
pub fn failure(decision: &Decision) -> Option<OutcomeKind> {
    let mut parts = decision.stamp.plugins.iter();
    parts
        .find(|part| part.outcome.is_failure() && part.outcome != OutcomeKind::Bypassed)
        .map(|part| part.outcome)
}

/// How one of two generations did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmReport {
    /// Decisions it made.
    pub decisions: u64,
    /// Those in which a policy failed, by how.
    pub failures: BTreeMap<OutcomeKind, u64>,
    /// Those that found no room and are made again.
    pub overloaded: u64,
    /// How long they took; absent: none since the host was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
}

/// How long decisions took: waiting for a place, an instance, the policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Latency {
    /// Of how many, since the host was started.
    pub decisions: u64,
    /// Half of them took at most this.
    pub p50_micros: u64,
    /// 99 of 100 took at most this.
    pub p99_micros: u64,
    /// The longest.
    pub max_micros: u64,
}

/// How two generations' answers to the same compare.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// Decisions both made without a failure.
    pub decisions: u64,
    /// Those in which they say the same, but for how they put it.
    pub agreed: u64,
    /// Fields in which they do not, the most frequent first.
    pub differences: Vec<FieldReport>,
    /// Not compared: a policy of one of them failed.
    pub failed: u64,
    /// Not compared: there was no time beside the decisions that count.
    pub no_time: u64,
    /// Not compared: there was no room for one instance more.
    pub no_room: u64,
}

/// A field in which answers differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldReport {
    /// Which, such as `route.target.id`; `[]` stands for any place in a list.
    pub field: String,
    /// In how many decisions.
    pub decisions: u64,
    /// The first few.
    pub examples: Vec<Example>,
}

/// A decision in which a field differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// Its conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interaction: Option<String>,
    /// What the generation that decides says, where everybody may read that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<Value>,
    /// What the one that is tried says, where everybody may read that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate: Option<Value>,
}

impl Compared {
    fn add(&mut self, differences: Vec<(String, Example)>) {
        self.decisions += 1;
        if differences.is_empty() {
            self.agreed += 1;
        }
        let mut seen: Vec<String> = Vec::new();
        for (field, example) in differences {
            let field = anywhere(&field);
            // Two places of one list are one difference of the decision.
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

/// A field without its places in lists.
fn anywhere(field: &str) -> String {
    let mut whole = String::with_capacity(field.len());
    let mut inside = false;
    for letter in field.chars() {
        match letter {
            '[' => inside = true,
            ']' => inside = false,
            _ if inside => continue,
            _ => {}
        }
        whole.push(letter);
    }
    whole
}

/// Everything that is counted.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    pub control: Tallied,
    pub candidate: Tallied,
    pub compared: Compared,
    /// By which their agreement is judged.
    #[serde(skip)]
    pub agreement: Recent,
}

impl Tally {
    /// Two answers are compared; the fields they differ in, each with an
    /// example.
    pub fn compare(&mut self, differences: Vec<(String, Example)>) {
        self.agreement.add(!differences.is_empty(), None);
        self.compared.add(differences);
    }

    pub fn arm(&mut self, arm: Arm) -> &mut Tallied {
        match arm {
            Arm::Control => &mut self.control,
            Arm::Candidate => &mut self.candidate,
        }
    }

    /// Judge by what comes from now on.
    pub fn judge_anew(&mut self) {
        self.control.recent = Recent::default();
        self.candidate.recent = Recent::default();
        self.agreement = Recent::default();
    }

    /// As it is kept: counts, and which fields differ; examples stay here.
    pub fn kept(&self) -> String {
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

    fn example() -> Example {
        Example {
            conversation: None,
            interaction: None,
            control: None,
            candidate: None,
        }
    }

    #[test]
    fn differences_are_counted_by_decision_and_field() {
        let mut compared = Compared::default();
        let differs = |fields: &[&str]| {
            fields
                .iter()
                .map(|field| ((*field).to_owned(), example()))
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
    fn what_is_kept_has_no_examples_and_reads_back() {
        let mut tally = Tally::default();
        tally.candidate.count(&Decision::of(1, None));
        tally.compare(vec![(
            "tone.verdict".to_owned(),
            Example {
                control: Some("secret".into()),
                ..example()
            },
        )]);
        let kept = tally.kept();
        assert!(!kept.contains("secret"), "{kept}");
        let again: Tally = serde_json::from_str(&kept).expect("reads back");
        assert_eq!(again.candidate.decisions(), 1);
        assert_eq!(again.compared.differences[0].decisions, 1);
    }
}
