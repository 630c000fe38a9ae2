//! Attributes of workers that expressions use, and what they become.

use std::collections::BTreeMap;

use taskrouter_document::{
    Comparison, Expression, Operand, Operator, Place, Reference, Scope, Value, Workflow, code_of,
};

use crate::Construct;

use super::export::{TaskQueue, Worker};
use super::settings::Settings;

/// Attributes that name a person: an agent's id takes their place.
const IDENTITIES: [&str; 5] = ["id", "agent_id", "email", "contact_uri", "full_name"];

/// What expressions use.
pub(super) struct Used {
    pub(super) attributes: BTreeMap<String, (Reference, Shape)>,
    /// By position of the task queue.
    pub(super) queues: BTreeMap<usize, Expression>,
}

/// What an attribute holds, by how it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    List,
    Level,
    Flag,
    Choice,
}

/// The attributes that a workflow and the task queues use.
pub(super) fn used(
    workflow: &Workflow,
    queues: &Option<Vec<TaskQueue>>,
    unsupported: &mut Vec<Construct>,
) -> Used {
    let mut used = Used {
        attributes: BTreeMap::new(),
        queues: BTreeMap::new(),
    };
    for (_, target) in workflow.targets() {
        if let Some(expression) = &target.expression {
            used.note_all(expression);
        }
        for clause in &target.order_by {
            used.note(&clause.attribute, Shape::Level);
        }
    }
    for (index, queue) in queues.iter().flatten().enumerate() {
        let Some(text) = &queue.target_workers else {
            continue;
        };
        match Expression::parse(text, Place::Queue) {
            Ok(expression) => {
                used.note_all(&expression);
                used.queues.insert(index, expression);
            }
            Err(error) => {
                let path = format!("{}/target_workers", queue.path);
                unsupported.push(Construct::new(path, error.to_string()));
            }
        }
    }
    used
}

impl Used {
    fn note_all(&mut self, expression: &Expression) {
        expression.visit(&mut |comparison| {
            for reference in comparison
                .references()
                .filter(|it| it.scope == Scope::Worker)
            {
                self.note(reference, shape(comparison, reference));
            }
        });
    }

    fn note(&mut self, attribute: &Reference, shape: Shape) {
        let entry = self.attributes.entry(attribute.dotted());
        let known = entry.or_insert_with(|| (attribute.clone(), shape));
        // `== 3` looks like a choice until an order or a bound says that it is a level.
        if known.1 == Shape::Choice {
            known.1 = shape;
        }
    }
}

fn shape(comparison: &Comparison, reference: &Reference) -> Shape {
    let is_left = matches!(&comparison.left, Operand::Reference(left) if left == reference);
    let other = match is_left {
        true => &comparison.right,
        false => &comparison.left,
    };
    match (comparison.operator, other) {
        (Operator::Has, _) if is_left => Shape::List,
        (Operator::In | Operator::NotIn, _) if !is_left => Shape::List,
        (
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual,
            _,
        )
        | (_, Operand::Constant(Value::Number(_))) => Shape::Level,
        (_, Operand::Constant(Value::Bool(_))) => Shape::Flag,
        _ => Shape::Choice,
    }
}

/// Says in the settings what each attribute is.
pub(super) fn translate(used: &Used, workers: &[Worker], settings: &mut Settings) {
    for (name, (reference, shape)) in &used.attributes {
        let is_activity = name == "activity_name" || name == "activity_sid";
        if is_activity || settings.facts.of(reference).is_some() {
            continue;
        }
        let code = code_of(name);
        if *shape == Shape::Choice && IDENTITIES.contains(&name.as_str()) {
            settings.add_attribute(name, "id");
            for worker in workers {
                let attributes = Value::from_json(&worker.attributes);
                if let Some(value) = reference.within(&attributes).as_text() {
                    let agent = settings.facts.agent(&worker.sid).to_owned();
                    settings.add_worker(value, &agent);
                }
            }
            continue;
        }
        let fact = match shape {
            Shape::List => format!("skills:{code}-"),
            Shape::Level => format!("level:{code}"),
            Shape::Flag => format!("flag:{code}"),
            Shape::Choice => format!("choice:{code}-"),
        };
        settings.add_attribute(name, &fact);
    }
}
