//! `order_by`: `worker.level DESC, worker.other ASC`.

use crate::expression::{Reference, Scope, Segment, SyntaxError};
use crate::token::{self, Kind, Token};

use super::{Direction, OrderClause};

/// Most clauses.
const MAX_CLAUSES: usize = 8;
/// Most bytes.
const MAX_BYTES: usize = 2 << 10;

/// Reads `order_by`.
///
/// # Errors
/// What is wrong, where, and what would be right.
pub fn read_order(text: &str) -> Result<Vec<OrderClause>, SyntaxError> {
    let end = text.chars().count() + 1;
    if text.len() > MAX_BYTES {
        return Err(SyntaxError::at(
            1,
            format!("there are more than {MAX_BYTES} bytes"),
        ));
    }
    let tokens = token::split(text)?;
    let clauses: Vec<&[Token]> = tokens.split(|token| token.kind == Kind::Comma).collect();
    if clauses.len() > MAX_CLAUSES {
        return Err(SyntaxError::at(
            1,
            format!("there are more than {MAX_CLAUSES} clauses"),
        ));
    }
    clauses
        .into_iter()
        .map(|clause| read_clause(clause, end))
        .collect()
}

fn read_clause(tokens: &[Token], end: usize) -> Result<OrderClause, SyntaxError> {
    let expected = "an attribute and a direction are expected, such as `worker.level DESC`";
    let column = tokens.first().map_or(end, |token| token.column);
    let (Some((last, name)), Some(first)) = (tokens.split_last(), tokens.first()) else {
        return Err(SyntaxError::at(column, expected));
    };
    let direction = match &last.kind {
        Kind::Word(word) if word.eq_ignore_ascii_case("ASC") => Direction::Ascending,
        Kind::Word(word) if word.eq_ignore_ascii_case("DESC") => Direction::Descending,
        _ => return Err(SyntaxError::at(last.column, "ASC or DESC is expected")),
    };
    let mut path = Vec::new();
    for (index, token) in name.iter().enumerate() {
        match (&token.kind, index % 2) {
            (Kind::Word(word), 0) => path.push(Segment::Name(word.clone())),
            (Kind::Dot, 1) => {}
            _ => return Err(SyntaxError::at(token.column, expected)),
        }
    }
    let is_worker = matches!(path.first(), Some(Segment::Name(name)) if name == "worker");
    if name.len() % 2 == 0 || !is_worker || path.len() < 2 {
        return Err(SyntaxError::at(first.column, expected));
    }
    let attribute = Reference {
        scope: Scope::Worker,
        path: path.split_off(1),
        column: first.column,
    };
    Ok(OrderClause {
        attribute,
        direction,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_have_an_attribute_and_a_direction() {
        let clauses = read_order("worker.finance ASC, worker.levels.english desc")
            .unwrap_or_else(|error| panic!("{error}"));
        let found: Vec<_> = clauses
            .iter()
            .map(|clause| (clause.attribute.dotted(), clause.direction))
            .collect();
        assert_eq!(
            found,
            [
                ("finance".to_owned(), Direction::Ascending),
                ("levels.english".to_owned(), Direction::Descending)
            ]
        );
    }

    #[test]
    fn other_forms_are_refused_with_their_column() {
        for (text, column) in [
            ("", 1),
            ("worker.level", 8),
            ("level DESC", 1),
            ("worker DESC", 1),
            ("worker.level DESC,", 19),
            ("worker.level DOWN", 14),
            ("worker.a worker.b ASC", 10),
            ("worker..a ASC", 8),
        ] {
            match read_order(text) {
                Err(error) => assert_eq!(error.column, column, "{text}: {error}"),
                Ok(clauses) => panic!("{text}: {clauses:?}"),
            }
        }
    }
}
