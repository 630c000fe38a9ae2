//! An expression, parsed.

use std::fmt;

use crate::Value;
use crate::parser::{self, Place};

/// Most bytes of an expression.
pub(crate) const MAX_BYTES: usize = 8 << 10;

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// Holds if all of them do.
    All(Vec<Expression>),
    /// Holds if one of them does.
    Any(Vec<Expression>),
    /// Holds if the other does not.
    Not(Box<Expression>),
    /// Holds if the comparison does.
    Comparison(Comparison),
}

/// Two operands and what is compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What stands on the left.
    pub left: Operand,
    /// What is compared.
    pub operator: Operator,
    /// What stands on the right.
    pub right: Operand,
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A value of the expression itself.
    Constant(Value),
    /// A value that is read.
    Reference(Reference),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// The text on the left has the text on the right in it.
    Contains,
    /// The list on the left has the value on the right.
    Has,
    /// The value on the left is in the list on the right.
    In,
    /// The value on the left is not in the list on the right.
    NotIn,
}

impl Operator {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Operator::Equal => "==",
            Operator::Unequal => "!=",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
            Operator::Contains => "CONTAINS",
            Operator::Has => "HAS",
            Operator::In => "IN",
            Operator::NotIn => "NOT IN",
        }
    }
}

/// Whose value a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// An attribute of the task.
    Task,
    /// An attribute or a field of a worker.
    Worker,
    /// A number of workers of the queue.
    Workers,
}

/// A name in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Whose value it is.
    pub scope: Scope,
    /// The way to the value; never empty, and the first part is a name.
    pub path: Vec<Segment>,
    /// Where it stands in the expression: characters from 1.
    pub column: usize,
}

/// One part of a [`Reference`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// A member of an object.
    Name(String),
    /// An element of a list, from 0.
    Index(usize),
}

impl Reference {
    /// The way to the value as it is written, without a prefix: `routing.levels.english`.
    pub fn dotted(&self) -> String {
        let mut text = String::new();
        for segment in &self.path {
            match segment {
                Segment::Name(name) if text.is_empty() => text.push_str(name),
                Segment::Name(name) => {
                    text.push('.');
                    text.push_str(name);
                }
                Segment::Index(index) => text.push_str(&format!("[{index}]")),
            }
        }
        text
    }

    /// The value within a document.
    pub fn within<'a>(&self, document: &'a Value) -> &'a Value {
        self.path
            .iter()
            .fold(document, |value, segment| match segment {
                Segment::Name(name) => value.member(name),
                Segment::Index(index) => value.element(*index),
            })
    }
}

impl Expression {
    /// Parses an expression at its place in a workflow.
    ///
    /// # Errors
    /// What is wrong, where, and what would be right. An expression of more than 8 KiB, with
    /// parentheses more than 32 deep, or with more than 256 comparisons or elements of a list is refused.
    pub fn parse(text: &str, place: Place) -> Result<Expression, SyntaxError> {
        parser::parse(text, place)
    }

    /// Calls a function with each comparison, in order.
    pub fn visit<'a>(&'a self, visit: &mut impl FnMut(&'a Comparison)) {
        match self {
            Expression::All(parts) | Expression::Any(parts) => {
                parts.iter().for_each(|part| part.visit(visit));
            }
            Expression::Not(part) => part.visit(visit),
            Expression::Comparison(comparison) => visit(comparison),
        }
    }
}

impl Comparison {
    /// The names it reads.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        [&self.left, &self.right]
            .into_iter()
            .filter_map(|operand| match operand {
                Operand::Reference(reference) => Some(reference),
                Operand::Constant(_) => None,
            })
    }
}

/// Why an expression cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where: characters from 1.
    pub column: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

impl SyntaxError {
    pub(crate) fn at(column: usize, message: impl Into<String>) -> SyntaxError {
        SyntaxError {
            column,
            message: message.into(),
        }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.message)
    }
}
