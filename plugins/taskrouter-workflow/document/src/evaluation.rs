//! Evaluates expressions. `tests/expressions.json` has the rules, each with its source.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::expression::{Comparison, Expression, Operand, Operator, Reference};
use crate::value::Value;

impl Expression {
    /// Whether it holds; `read` gives the value of a name.
    pub fn holds<'a>(&self, read: &impl Fn(&Reference) -> Cow<'a, Value>) -> bool {
        match self {
            Expression::All(parts) => parts.iter().all(|part| part.holds(read)),
            Expression::Any(parts) => parts.iter().any(|part| part.holds(read)),
            Expression::Not(part) => !part.holds(read),
            Expression::Comparison(comparison) => comparison.holds(read),
        }
    }
}

impl Comparison {
    /// Whether it holds; `read` gives the value of a name.
    pub fn holds<'a>(&self, read: &impl Fn(&Reference) -> Cow<'a, Value>) -> bool {
        let value = |operand: &Operand| match operand {
            Operand::Constant(value) => Cow::Owned(value.clone()),
            Operand::Reference(reference) => read(reference),
        };
        let is_null = |operand: &Operand| matches!(operand, Operand::Constant(Value::Null));
        let (left, right) = (value(&self.left), value(&self.right));
        // `x == null` asks whether there is a value, also where it is a list.
        if is_null(&self.left) || is_null(&self.right) {
            let both = matches!((&*left, &*right), (Value::Null, Value::Null));
            match self.operator {
                Operator::Equal => return both,
                Operator::Unequal => return !both,
                _ => {}
            }
        }
        self.operator.compares(&left, &right)
    }
}

impl Operator {
    /// Whether it holds between two values.
    pub fn compares(self, left: &Value, right: &Value) -> bool {
        match self {
            Operator::Has => contains(left, right),
            Operator::In => contains(right, left),
            Operator::NotIn => {
                matches!(right, Value::List(_)) && !left.is_composite() && !contains(right, left)
            }
            // A scalar operator on a list is false, also `!=`.
            _ if left.is_composite() || right.is_composite() => false,
            Operator::Equal => equal(left, right),
            Operator::Unequal => !equal(left, right),
            Operator::Contains => match (left.as_text(), right.as_text()) {
                (Some(text), Some(part)) => text.contains(part),
                _ => false,
            },
            Operator::Less => order(left, right).is_some_and(Ordering::is_lt),
            Operator::LessOrEqual => order(left, right).is_some_and(Ordering::is_le),
            Operator::Greater => order(left, right).is_some_and(Ordering::is_gt),
            Operator::GreaterOrEqual => order(left, right).is_some_and(Ordering::is_ge),
        }
    }
}

fn contains(list: &Value, value: &Value) -> bool {
    let Value::List(items) = list else {
        return false;
    };
    !value.is_composite() && items.iter().any(|item| equal(item, value))
}

fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Untyped(text), Value::Bool(flag)) | (Value::Bool(flag), Value::Untyped(text)) => {
            text == if *flag { "true" } else { "false" }
        }
        (Value::Text(a) | Value::Untyped(a), Value::Text(b) | Value::Untyped(b)) => a == b,
        _ => match (left.as_number(), right.as_number()) {
            (Some(a), Some(b)) => a == b,
            _ => false,
        },
    }
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left.as_number(), right.as_number()) {
        (Some(a), Some(b)) => a.partial_cmp(&b),
        _ => Some(left.as_text()?.cmp(right.as_text()?)),
    }
}
