//! The terms of a text.

use std::collections::HashSet;

use crate::pieces::{Piece, pieces};

/// Most terms of a text; later ones are left out.
pub const MAX_TERMS: usize = 512;
/// Longest term in bytes; a longer one is cut.
pub const TERM_BYTES: usize = 64;
/// Units that are written together at most.
pub(crate) const WINDOW: usize = 4;
/// Characters of a text that are read; the others are left out.
const TEXT_CHARS: usize = 256 << 10;
/// Digits of a number within a unit that is found alone.
const NUMBER: usize = 3;

/// The distinct terms of a text in the order in which they occur; at most [`MAX_TERMS`].
pub fn terms(text: &str) -> Vec<String> {
    let end = text
        .char_indices()
        .nth(TEXT_CHARS)
        .map_or(text.len(), |(at, _)| at);
    let mut terms = DistinctTerms::default();
    for piece in pieces(&text[..end]) {
        match piece {
            Piece::Run(run) => {
                pairs(&run).for_each(|pair| terms.add(pair));
                terms.add(run.chars().last().into_iter().collect());
            }
            Piece::Chain(units) => {
                for unit in &units {
                    numbers(unit).for_each(|number| terms.add(number.to_owned()));
                    if !is_letter(unit) {
                        terms.add(cut(unit).to_owned());
                    }
                }
                for length in 2..=WINDOW {
                    joined(&units, length).for_each(|joined| terms.add(joined));
                }
            }
        }
        if terms.order.len() >= MAX_TERMS {
            break;
        }
    }
    terms.order
}

#[derive(Default)]
struct DistinctTerms {
    order: Vec<String>,
    known: HashSet<String>,
}

impl DistinctTerms {
    fn add(&mut self, term: String) {
        if self.order.len() < MAX_TERMS && !term.is_empty() && !self.known.contains(&term) {
            self.known.insert(term.clone());
            self.order.push(term);
        }
    }
}

/// Each pair of neighbouring characters.
pub(crate) fn pairs(run: &str) -> impl Iterator<Item = String> {
    let second = run.chars().skip(1);
    run.chars()
        .zip(second)
        .map(|(a, b)| String::from_iter([a, b]))
}

/// Each `length` neighbouring units with a digit, written together.
pub(crate) fn joined(units: &[String], length: usize) -> impl Iterator<Item = String> {
    let windows = units.windows(length);
    windows
        .filter(|units| units.iter().any(|unit| has_digit(unit)))
        .map(|units| cut(&units.concat()).to_owned())
}

pub(crate) fn has_digit(unit: &str) -> bool {
    unit.chars().any(char::is_numeric)
}

/// Whether a unit is a letter alone, which finds nothing.
pub(crate) fn is_letter(unit: &str) -> bool {
    let mut chars = unit.chars();
    let is_letter = chars.next().is_none_or(|first| !first.is_numeric());
    is_letter && chars.next().is_none()
}

/// The numbers within a unit that has letters too.
fn numbers(unit: &str) -> impl Iterator<Item = &str> {
    let has_letter = unit.chars().any(|c| !c.is_numeric());
    let runs = unit.split(|c: char| !c.is_ascii_digit());
    runs.filter(move |run| has_letter && run.len() >= NUMBER)
        .map(cut)
}

/// A term of at most [`TERM_BYTES`].
pub(crate) fn cut(term: &str) -> &str {
    &term[..term.floor_char_boundary(TERM_BYTES)]
}

#[cfg(test)]
mod tests;
