//! Parses an expression: OR over AND over NOT over comparisons.

use crate::Value;
use crate::expression::{
    Comparison, Expression, MAX_BYTES, Operand, Operator, Reference, Scope, Segment, SyntaxError,
};
use crate::token::{self, Kind, Token};

/// Deepest nesting of parentheses and NOT.
const MAX_DEPTH: usize = 32;
/// Most comparisons of an expression, and most elements of one of its lists.
const MAX_PARTS: usize = 256;

/// Where an expression stands: that decides which names it may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A filter of a workflow: attributes of the task, without a prefix.
    Filter,
    /// A target: `task.…` and `worker.…`.
    Target,
    /// A task queue (`target_workers`): attributes of the worker, without a prefix.
    Queue,
    /// `skip_if` of a target: `workers.…`.
    Skip,
}

pub(crate) fn parse(text: &str, place: Place) -> Result<Expression, SyntaxError> {
    if text.len() > MAX_BYTES {
        let message = format!("the expression has more than {MAX_BYTES} bytes");
        return Err(SyntaxError::at(1, message));
    }
    let mut parser = Parser {
        tokens: token::split(text)?,
        next: 0,
        end: text.chars().count() + 1,
        comparisons: 0,
        place,
    };
    if parser.tokens.is_empty() {
        return Err(SyntaxError::at(1, "the expression is empty"));
    }
    let expression = parser.any(0)?;
    match parser.peek() {
        None => Ok(expression),
        Some(Kind::Close) => Err(parser.error("`)` closes nothing")),
        Some(_) => Err(parser.error("AND, OR or the end is expected")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    /// Column after the last character.
    end: usize,
    comparisons: usize,
    place: Place,
}

impl Parser {
    fn any(&mut self, depth: usize) -> Result<Expression, SyntaxError> {
        let mut parts = vec![self.all(depth)?];
        while self.take_word("OR") {
            parts.push(self.all(depth)?);
        }
        Ok(single_or(parts, Expression::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Expression, SyntaxError> {
        let mut parts = vec![self.condition(depth)?];
        while self.take_word("AND") {
            parts.push(self.condition(depth)?);
        }
        Ok(single_or(parts, Expression::All))
    }

    fn condition(&mut self, depth: usize) -> Result<Expression, SyntaxError> {
        if depth > MAX_DEPTH {
            return Err(self.error(format!("parentheses are more than {MAX_DEPTH} deep")));
        }
        if self.take_word("NOT") {
            let negated = self.condition(depth + 1)?;
            return Ok(Expression::Not(Box::new(negated)));
        }
        if self.take(&Kind::Open) {
            let inner = self.any(depth + 1)?;
            if !self.take(&Kind::Close) {
                return Err(self.error("`)` is missing"));
            }
            return Ok(inner);
        }
        self.comparison().map(Expression::Comparison)
    }

    fn comparison(&mut self) -> Result<Comparison, SyntaxError> {
        self.comparisons += 1;
        if self.comparisons > MAX_PARTS {
            return Err(self.error(format!("there are more than {MAX_PARTS} comparisons")));
        }
        let begin = self.column();
        let left = self.operand()?;
        let Some(operator) = self.operator()? else {
            let name = match &left {
                Operand::Reference(reference) => reference.dotted(),
                Operand::Constant(_) => "type".to_owned(),
            };
            let message = format!("a comparison is expected, such as `{name} == true`");
            return Err(match self.peek() {
                Some(_) => self.error(message),
                None => SyntaxError::at(begin, message),
            });
        };
        let right = self.operand()?;
        Ok(Comparison {
            left,
            operator,
            right,
        })
    }

    fn operator(&mut self) -> Result<Option<Operator>, SyntaxError> {
        let Some(token) = self.tokens.get(self.next) else {
            return Ok(None);
        };
        let operator = match &token.kind {
            Kind::Sign(operator) => *operator,
            Kind::Word(word) if is(word, "HAS") => Operator::Has,
            Kind::Word(word) if is(word, "IN") => Operator::In,
            Kind::Word(word) if is(word, "CONTAINS") => Operator::Contains,
            Kind::Word(word) if is(word, "NOT") => {
                self.next += 1;
                if !self.take_word("IN") {
                    return Err(self.error("IN is expected after NOT"));
                }
                return Ok(Some(Operator::NotIn));
            }
            Kind::Word(word) if ["LIKE", "MATCHES", "BETWEEN"].iter().any(|it| is(word, it)) => {
                let message = format!(
                    "`{word}` is not an operator of TaskRouter; CONTAINS looks for a part of a text"
                );
                return Err(self.error(message));
            }
            _ => return Ok(None),
        };
        self.next += 1;
        Ok(Some(operator))
    }

    fn operand(&mut self) -> Result<Operand, SyntaxError> {
        let column = self.column();
        let Some(kind) = self.peek().cloned() else {
            return Err(self.error("a value is expected"));
        };
        match kind {
            Kind::OpenList => self.list().map(Operand::Constant),
            Kind::Word(word) => match constant(&word) {
                Some(value) => {
                    self.next += 1;
                    Ok(Operand::Constant(value))
                }
                None if is_reserved(&word) => Err(self.error("a value is expected")),
                None => self.reference(column).map(Operand::Reference),
            },
            Kind::Text(text) => {
                self.next += 1;
                Ok(Operand::Constant(Value::Text(text)))
            }
            Kind::Number(number) => {
                self.next += 1;
                Ok(Operand::Constant(Value::Number(number)))
            }
            Kind::Sign(operator) => {
                let sign = match operator {
                    Operator::Equal => "=",
                    other => other.as_str(),
                };
                Err(self.error(format!("`{sign}` is not a value")))
            }
            Kind::Open | Kind::Close | Kind::CloseList | Kind::Comma | Kind::Dot => {
                Err(self.error("a value is expected"))
            }
        }
    }

    fn list(&mut self) -> Result<Value, SyntaxError> {
        self.next += 1;
        let mut items = Vec::new();
        if self.take(&Kind::CloseList) {
            return Ok(Value::List(items));
        }
        loop {
            let item = match self.peek() {
                Some(Kind::Text(text)) => Value::Text(text.clone()),
                Some(Kind::Number(number)) => Value::Number(*number),
                Some(Kind::Word(word)) if constant(word).is_some() => {
                    constant(word).unwrap_or(Value::Null)
                }
                _ => {
                    let message = "a list holds strings, numbers, true, false and null";
                    return Err(self.error(message));
                }
            };
            self.next += 1;
            items.push(item);
            if items.len() > MAX_PARTS {
                return Err(self.error(format!("a list has more than {MAX_PARTS} elements")));
            }
            if self.take(&Kind::CloseList) {
                return Ok(Value::List(items));
            }
            if !self.take(&Kind::Comma) {
                return Err(self.error("`]` is missing"));
            }
        }
    }

    fn reference(&mut self, column: usize) -> Result<Reference, SyntaxError> {
        let mut path = Vec::new();
        while let Some(Kind::Word(word)) = self.peek() {
            path.push(Segment::Name(word.clone()));
            self.next += 1;
            while self.take(&Kind::OpenList) {
                path.push(Segment::Index(self.index()?));
            }
            if !self.take(&Kind::Dot) {
                return self.in_place(path, column);
            }
            if path.len() > MAX_DEPTH {
                return Err(self.error(format!("a name has more than {MAX_DEPTH} parts")));
            }
        }
        Err(self.error("a name is expected after the point"))
    }

    fn index(&mut self) -> Result<usize, SyntaxError> {
        let message = "the number of an element is expected, such as `list[0]`";
        let index = match self.peek() {
            Some(Kind::Number(number))
                if *number >= 0.0 && *number < 1e6 && number.fract() == 0.0 =>
            {
                *number as usize
            }
            _ => return Err(self.error(message)),
        };
        self.next += 1;
        match self.take(&Kind::CloseList) {
            true => Ok(index),
            false => Err(self.error("`]` is missing")),
        }
    }

    /// The reference, if its place allows it; without its prefix.
    fn in_place(&self, mut path: Vec<Segment>, column: usize) -> Result<Reference, SyntaxError> {
        let error = |message: String| Err(SyntaxError::at(column, message));
        let first = match path.first() {
            Some(Segment::Name(name)) => name.clone(),
            _ => return error("a name is expected".to_owned()),
        };
        let is_indexed = matches!(path.get(1), Some(Segment::Index(_)));
        let mut reference = |scope| {
            if scope != Scope::Workers && matches!(self.place, Place::Filter | Place::Queue) {
                return Reference {
                    scope,
                    path: std::mem::take(&mut path),
                    column,
                };
            }
            let path = path.split_off(1);
            Reference {
                scope,
                path,
                column,
            }
        };
        let dotted = reference_text(&self.tokens, column, self.next);
        let rest = dotted.split_once('.').map(|(_, rest)| rest);
        match (self.place, first.as_str()) {
            (Place::Filter, "worker" | "workers") if rest.is_some() => error(format!(
                "a filter sees the task only; `{dotted}` belongs into the expression of a target"
            )),
            (Place::Filter, "task") if rest.is_some() => error(format!(
                "in a filter the attributes of the task have no prefix; write `{}`",
                rest.unwrap_or_default()
            )),
            (Place::Filter, _) => Ok(reference(Scope::Task)),
            (Place::Queue, "task" | "worker" | "workers") if rest.is_some() => error(format!(
                "in a task queue the attributes of the worker have no prefix; write `{}`",
                rest.unwrap_or_default()
            )),
            (Place::Queue, _) => Ok(reference(Scope::Worker)),
            (Place::Target, prefix @ ("task" | "worker")) | (Place::Skip, prefix @ "workers")
                if is_indexed =>
            {
                let name = rest.unwrap_or("NAME");
                error(format!(
                    "`{prefix}` is not a list, but `{dotted}` takes an element of it; write `{prefix}.{name}`"
                ))
            }
            (Place::Target, prefix @ ("task" | "worker")) => match rest {
                Some(_) => Ok(reference(match prefix {
                    "task" => Scope::Task,
                    _ => Scope::Worker,
                })),
                None => error(format!(
                    "`{prefix}` needs the name of an attribute, such as `{prefix}.type`"
                )),
            },
            (Place::Target, _) => error(format!(
                "in a target every name begins with `task.` or `worker.`; write `task.{dotted}` or `worker.{dotted}`"
            )),
            (Place::Skip, "workers") => match rest {
                Some("available" | "unavailable") => Ok(reference(Scope::Workers)),
                Some(name) if name.starts_with("WA") => error(format!(
                    "`{dotted}` counts the workers of one activity, which Patchbay does not have; \
                     use workers.available or workers.unavailable"
                )),
                _ => error(format!(
                    "`{dotted}` is unknown; use workers.available or workers.unavailable"
                )),
            },
            (Place::Skip, _) => error(
                "a skip condition counts workers only: workers.available, workers.unavailable"
                    .to_owned(),
            ),
        }
    }

    fn peek(&self) -> Option<&Kind> {
        self.tokens.get(self.next).map(|token| &token.kind)
    }

    fn take(&mut self, kind: &Kind) -> bool {
        let found = self.peek() == Some(kind);
        self.next += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Kind::Word(found)) if is(found, word));
        self.next += usize::from(found);
        found
    }

    fn column(&self) -> usize {
        self.tokens
            .get(self.next)
            .map_or(self.end, |token| token.column)
    }

    fn error(&self, message: impl Into<String>) -> SyntaxError {
        SyntaxError::at(self.column(), message)
    }
}

/// The name that begins at a column and ends before a token, as it is written.
fn reference_text(tokens: &[Token], column: usize, end: usize) -> String {
    let tokens = tokens
        .iter()
        .take(end)
        .skip_while(|token| token.column < column);
    tokens
        .map(|token| match &token.kind {
            Kind::Word(word) => word.clone(),
            Kind::Number(number) => number.to_string(),
            Kind::Dot => ".".to_owned(),
            Kind::OpenList => "[".to_owned(),
            Kind::CloseList => "]".to_owned(),
            _ => String::new(),
        })
        .collect()
}

fn single_or(mut parts: Vec<Expression>, group: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.len() {
        1 => parts.remove(0),
        _ => group(parts),
    }
}

fn is(word: &str, operator: &str) -> bool {
    word.eq_ignore_ascii_case(operator)
}

fn is_reserved(word: &str) -> bool {
    ["AND", "OR", "NOT", "IN", "HAS", "CONTAINS"]
        .iter()
        .any(|operator| is(word, operator))
}

fn constant(word: &str) -> Option<Value> {
    if is(word, "true") {
        Some(Value::Bool(true))
    } else if is(word, "false") {
        Some(Value::Bool(false))
    } else {
        is(word, "null").then_some(Value::Null)
    }
}
