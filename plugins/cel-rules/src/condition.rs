//! One condition: a text that is parsed and checked when the policy is prepared, and evaluated for
//! each decision.

use std::collections::BTreeSet;
use std::fmt;

use cel::{Context, ExecutionError, IdedExpr, Value};

use crate::check::Check;
use crate::environment::{Object, Stage};
use crate::functions;

/// Most bytes of a condition.
pub const LONGEST: usize = 2000;

/// A condition that passed the check.
#[derive(Debug)]
pub struct Condition {
    text: String,
    expression: IdedExpr,
    /// Fields it reads.
    pub(crate) wanted: BTreeSet<(Object, &'static str)>,
    /// Upper bound of the steps that an evaluation takes.
    pub(crate) steps: u64,
}

/// What is wrong with a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line, from 1, where the condition has several, and column, from 1; in characters.
    pub place: Option<(usize, usize)>,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some((1, column)) => write!(f, "column {column}: {}", self.message),
            Some((line, column)) => write!(f, "line {line}, column {column}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl Condition {
    /// Parses and checks a condition of a stage. `hours` are the business hours that it may name.
    ///
    /// # Errors
    /// Every fault that the check found, in the order of the text.
    pub fn compile(stage: Stage, text: &str, hours: &[&str]) -> Result<Self, Vec<Fault>> {
        let whole = |message: String| {
            vec![Fault {
                place: None,
                message,
            }]
        };
        if text.trim().is_empty() {
            return Err(whole(
                "the condition is empty; write `true` for a rule that always applies".to_owned(),
            ));
        }
        if text.len() > LONGEST {
            return Err(whole(format!(
                "the condition has {} bytes, more than {LONGEST}; make several rules of it",
                text.len()
            )));
        }
        let program = functions::environment()
            .compile(text)
            .map_err(|errors| syntax_faults(&errors))?;
        let mut expression = program.expression().clone();
        let mut check = Check::new(stage, text, program.source_info(), hours);
        let checked = check.condition(&mut expression);
        let (faults, wanted) = check.finish();
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self {
            text: text.to_owned(),
            expression,
            wanted,
            steps: checked.steps,
        })
    }

    /// Evaluates it.
    ///
    /// # Errors
    /// An operation that has no result, such as a key that is missing or a division by zero.
    pub(crate) fn evaluate(&self, context: &Context<'_, '_>) -> Result<bool, String> {
        match Value::resolve(&self.expression, context) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(other) => Err(format!("the condition is {}, not a bool", other.type_of())),
            Err(error) => Err(describe(&error, &self.text)),
        }
    }
}

/// What went wrong, without the customer's words: the error of the library may quote values. A key is
/// shown where the condition itself names it.
fn describe(error: &ExecutionError, condition: &str) -> String {
    match error {
        ExecutionError::NoSuchKey(key) if condition.contains(key.as_str()) => {
            format!("there is no key `{key}`; test it first with has() or `in`")
        }
        ExecutionError::NoSuchKey(_) => {
            "there is no such key; test it first with has() or `in`".to_owned()
        }
        ExecutionError::DivisionByZero(_) => "division by zero".to_owned(),
        ExecutionError::RemainderByZero(_) => "remainder by zero".to_owned(),
        ExecutionError::Overflow(..) => "overflow: the result is too large for its type".to_owned(),
        ExecutionError::IndexOutOfBounds(_) => "there is no entry at this index".to_owned(),
        ExecutionError::DuplicateKey(_) => "a map has a repeated key".to_owned(),
        ExecutionError::NoSuchOverload(overload) => overload.to_string(),
        ExecutionError::FunctionError { function, .. } => {
            format!("{function}() cannot convert this value")
        }
        ExecutionError::ValuesNotComparable(..) => "two values are not comparable".to_owned(),
        _ => "the evaluation failed".to_owned(),
    }
}

/// Faults of the grammar. The parser reports one place several times; the first is the best.
fn syntax_faults(errors: &cel::ParseErrors) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for error in &errors.errors {
        let number = |at: isize| usize::try_from(at).unwrap_or(0).max(1);
        let place = (number(error.pos.0), number(error.pos.1));
        let message = error.msg.trim_start_matches("Syntax error: ");
        let message = format!("syntax: {}", shorten(message, 160));
        if faults.iter().all(|fault| fault.place != Some(place)) && faults.len() < 3 {
            faults.push(Fault {
                place: Some(place),
                message,
            });
        }
    }
    if faults.is_empty() {
        faults.push(Fault {
            place: None,
            message: "syntax: this is not an expression".to_owned(),
        });
    }
    faults
}

fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
