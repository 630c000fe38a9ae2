//! Writes expressions as text that is read as the same expression.

use crate::expression::{Comparison, Expression, Operand, Reference, Scope};
use crate::parser::Place;
use crate::value::Value;

impl Expression {
    /// The expression as it is written at a place.
    pub fn to_text(&self, place: Place) -> String {
        match self {
            Expression::All(parts) => join(parts, " AND ", place),
            Expression::Any(parts) => join(parts, " OR ", place),
            Expression::Not(part) => format!("NOT {}", grouped(part, place)),
            Expression::Comparison(comparison) => comparison.to_text(place),
        }
    }
}

impl Comparison {
    fn to_text(&self, place: Place) -> String {
        let operand = |operand: &Operand| match operand {
            Operand::Constant(value) => constant(value),
            Operand::Reference(reference) => name(reference, place),
        };
        let (left, right) = (operand(&self.left), operand(&self.right));
        format!("{left} {} {right}", self.operator.as_str())
    }
}

fn join(parts: &[Expression], operator: &str, place: Place) -> String {
    let parts: Vec<String> = parts.iter().map(|part| grouped(part, place)).collect();
    parts.join(operator)
}

/// In parentheses, unless it is one comparison.
fn grouped(part: &Expression, place: Place) -> String {
    match part {
        Expression::Comparison(comparison) => comparison.to_text(place),
        other => format!("({})", other.to_text(place)),
    }
}

fn name(reference: &Reference, place: Place) -> String {
    let dotted = reference.dotted();
    match (place, reference.scope) {
        (Place::Filter | Place::Queue, Scope::Task | Scope::Worker) => dotted,
        (_, Scope::Task) => format!("task.{dotted}"),
        (_, Scope::Worker) => format!("worker.{dotted}"),
        (_, Scope::Workers) => format!("workers.{dotted}"),
    }
}

fn constant(value: &Value) -> String {
    match value {
        // The grammar has no objects.
        Value::Null | Value::Object(_) => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) | Value::Untyped(text) => {
            format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
        }
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(constant).collect();
            format!("[{}]", items.join(", "))
        }
    }
}
