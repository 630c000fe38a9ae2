//! Levels of workers beyond 1 to 5: each class between two bounds of the expressions becomes one
//! proficiency.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use taskrouter_document::{
    Comparison, Expression, Fact, Facts, Operand, Operator, Place, Reference, Scope, Segment,
    Value, Workflow,
};

use super::attributes::Used;
use super::export::Worker;

/// Highest proficiency of Patchbay.
const HIGHEST: i64 = 5;

/// Levels by attribute, as far as they need another scale.
pub(super) type Scales = BTreeMap<String, Scale>;

/// The first level of each class above the lowest, in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scale {
    cuts: Vec<i64>,
}

/// What is known of one attribute.
#[derive(Default)]
struct Levels {
    values: BTreeSet<i64>,
    cuts: BTreeSet<i64>,
    /// A value or bound is no level of Patchbay.
    is_beyond: bool,
    /// A value is no whole number, or a bound comes from the task: no classes express that.
    is_open: bool,
}

impl Scale {
    /// The proficiency of a level.
    pub(super) fn class(&self, level: i64) -> u8 {
        let above = self.cuts.iter().filter(|cut| **cut <= level).count();
        u8::try_from(above + 1).unwrap_or(u8::MAX)
    }

    /// What became of the levels, for a person.
    pub(super) fn note(&self, attribute: &str) -> String {
        let classes = self.cuts.iter().zip(2..);
        let classes: Vec<String> = classes
            .map(|(cut, class)| format!("from {cut} is {class}"))
            .collect();
        match classes.is_empty() {
            true => format!("levels of {attribute}: nothing compares them, so every agent has 1"),
            false => format!(
                "levels of {attribute} become 1 to {}, as far as the workflow tells them apart: below {} is 1, {}",
                self.cuts.len() + 1,
                self.cuts[0],
                classes.join(", ")
            ),
        }
    }
}

/// The scales that levels need. The expressions of the workflow, of its configuration and of the task
/// queues are written for them.
pub(super) fn rescale(
    configuration: &mut Json,
    workflow: &mut Workflow,
    used: &mut Used,
    workers: &[Worker],
    facts: &Facts,
) -> Scales {
    let scales = scales(workflow, used, workers, facts);
    if scales.is_empty() {
        return scales;
    }
    let targets = workflow
        .filters
        .iter_mut()
        .flat_map(|filter| filter.targets.iter_mut());
    for target in targets.chain(workflow.default_filter.iter_mut()) {
        let Some(expression) = &mut target.expression else {
            continue;
        };
        if rewrite(expression, &scales) {
            let path = format!("{}/expression", target.path);
            if let Some(text) = configuration.pointer_mut(&path) {
                *text = Json::String(expression.to_text(Place::Target));
            }
        }
    }
    for expression in used.queues.values_mut() {
        rewrite(expression, &scales);
    }
    scales
}

fn scales(workflow: &Workflow, used: &Used, workers: &[Worker], facts: &Facts) -> Scales {
    let mut all: BTreeMap<String, Levels> = BTreeMap::new();
    for worker in workers {
        let attributes = Value::from_json(&worker.attributes);
        for reference in levels_of(&attributes, used, facts) {
            let levels = all.entry(reference.dotted()).or_default();
            match reference.within(&attributes) {
                Value::Number(number) if number.fract() == 0.0 && number.abs() < 1e9 => {
                    levels.values.insert(*number as i64);
                }
                Value::Null => {}
                _ => levels.is_open = true,
            }
        }
    }
    let targets = workflow
        .targets()
        .filter_map(|(_, target)| target.expression.as_ref());
    for expression in targets.chain(used.queues.values()) {
        expression.visit(&mut |comparison| note_bounds(comparison, facts, &mut all));
    }
    for clause in workflow.targets().flat_map(|(_, target)| &target.order_by) {
        if let Some(levels) = all.get_mut(&clause.attribute.dotted()) {
            // Each level keeps its place in the order.
            let values: Vec<i64> = levels.values.iter().skip(1).copied().collect();
            levels.cuts.extend(values);
        }
    }
    all.into_iter()
        .filter_map(|(name, levels)| Some((name, levels.scale()?)))
        .collect()
}

impl Levels {
    fn scale(self) -> Option<Scale> {
        // A level of 0 that nothing compares is no skill.
        let least = i64::from(!self.cuts.is_empty());
        let mut values = self.values.iter();
        let is_beyond = self.is_beyond || values.any(|it| !(least..=HIGHEST).contains(it));
        let cuts: Vec<i64> = self.cuts.into_iter().collect();
        let fits = i64::try_from(cuts.len()).is_ok_and(|cuts| cuts < HIGHEST);
        (is_beyond && fits && !self.is_open).then_some(Scale { cuts })
    }
}

/// Attributes of a worker that are levels.
fn levels_of(attributes: &Value, used: &Used, facts: &Facts) -> Vec<Reference> {
    let is_level = |it: &&Reference| matches!(facts.of(it), Some(Fact::Level { .. }));
    let known = used.attributes.values().map(|(reference, _)| reference);
    let mut found: Vec<Reference> = known.filter(is_level).cloned().collect();
    for parent in [&["levels"][..], &["routing", "levels"]] {
        let levels = parent
            .iter()
            .fold(attributes, |value, name| value.member(name));
        if let Value::Object(entries) = levels {
            found.extend(entries.iter().map(|(name, _)| {
                Reference {
                    scope: Scope::Worker,
                    path: parent
                        .iter()
                        .copied()
                        .chain([name.as_str()])
                        .map(|part| Segment::Name(part.to_owned()))
                        .collect(),
                    column: 1,
                }
            }));
        }
    }
    found
}

/// The attribute, the operator as if the worker stood on the left, and the other side.
fn level_of(comparison: &Comparison) -> Option<(&Reference, Operator, &Operand)> {
    let is_worker =
        |operand: &Operand| matches!(operand, Operand::Reference(it) if it.scope == Scope::Worker);
    match (&comparison.left, &comparison.right) {
        (Operand::Reference(attribute), other) if is_worker(&comparison.left) => {
            Some((attribute, comparison.operator, other))
        }
        (other, Operand::Reference(attribute)) if is_worker(&comparison.right) => {
            let operator = match comparison.operator {
                Operator::Less => Operator::Greater,
                Operator::LessOrEqual => Operator::GreaterOrEqual,
                Operator::Greater => Operator::Less,
                Operator::GreaterOrEqual => Operator::LessOrEqual,
                same => same,
            };
            Some((attribute, operator, other))
        }
        _ => None,
    }
}

fn note_bounds(comparison: &Comparison, facts: &Facts, all: &mut BTreeMap<String, Levels>) {
    let Some((attribute, operator, other)) = level_of(comparison) else {
        return;
    };
    if !matches!(facts.of(attribute), Some(Fact::Level { .. })) {
        return;
    }
    let levels = all.entry(attribute.dotted()).or_default();
    match other {
        Operand::Constant(Value::Null) => {}
        Operand::Constant(Value::Number(number)) if number.abs() < 1e9 => {
            levels.is_beyond |= !(0.0..=HIGHEST as f64).contains(number);
            let (from, after) = (number.ceil() as i64, number.floor() as i64 + 1);
            match operator {
                Operator::GreaterOrEqual | Operator::Less => levels.cuts.extend([from]),
                Operator::Greater | Operator::LessOrEqual => levels.cuts.extend([after]),
                Operator::Equal | Operator::Unequal if number.fract() == 0.0 => {
                    levels.cuts.extend([from, after]);
                }
                _ => levels.is_open = true,
            }
        }
        _ => levels.is_open = true,
    }
}

/// Writes bounds in the scale; whether there was one.
fn rewrite(expression: &mut Expression, scales: &Scales) -> bool {
    match expression {
        Expression::All(parts) | Expression::Any(parts) => {
            let changed = parts
                .iter_mut()
                .filter_map(|part| rewrite(part, scales).then_some(()));
            changed.count() > 0
        }
        Expression::Not(part) => rewrite(part, scales),
        Expression::Comparison(comparison) => match rewritten(comparison, scales) {
            Some(new) => {
                *comparison = new;
                true
            }
            None => false,
        },
    }
}

fn rewritten(comparison: &Comparison, scales: &Scales) -> Option<Comparison> {
    let (attribute, operator, other) = level_of(comparison)?;
    let scale = scales.get(&attribute.dotted())?;
    let Operand::Constant(Value::Number(number)) = other else {
        return None;
    };
    let (from, after) = (number.ceil() as i64, number.floor() as i64 + 1);
    let (operator, level) = match operator {
        Operator::GreaterOrEqual => (Operator::GreaterOrEqual, from),
        Operator::Less => (Operator::Less, from),
        Operator::Greater => (Operator::GreaterOrEqual, after),
        Operator::LessOrEqual => (Operator::Less, after),
        same => (same, from),
    };
    let class = Value::Number(f64::from(scale.class(level)));
    Some(Comparison {
        left: Operand::Reference(attribute.clone()),
        operator,
        right: Operand::Constant(class),
    })
}
