//! What a person searches for.

use memchr::memmem;
use thiserror::Error;

use crate::pieces::{Piece, pieces};
use crate::terms::{WINDOW, cut, has_digit, is_letter, joined, pairs};
use crate::word_list::WordList;

/// Most words of a search.
pub const MAX_WORDS: usize = 8;
/// Most terms of a search: those of long numbers and of scripts without spaces are many.
const MAX_TERMS: usize = 64;
/// Characters from which a word also finds the words that begin with it.
const BEGINNING: usize = 3;

/// The words that a text must have, wherever they are in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchQuery {
    /// Each as it stands in a [`WordList`].
    lines: Vec<String>,
}

/// A text cannot be searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ParseQueryError {
    /// It has no word.
    #[error("must have a word of at least two letters, or a number")]
    NoWord,
    /// It has more words than a search may have.
    #[error("has {0} words; at most {MAX_WORDS} are allowed")]
    TooManyWords(usize),
    /// Its words have more parts than a search may have.
    #[error("is too long; search for less of it")]
    TooLong,
}

impl SearchQuery {
    /// The query of a text.
    ///
    /// # Errors
    /// No word, or too many.
    pub fn parse(text: &str) -> Result<SearchQuery, ParseQueryError> {
        let mut words = 0;
        let mut lines: Vec<String> = Vec::new();
        let mut add = |line: String| {
            if !lines.contains(&line) {
                lines.push(line);
            }
        };
        for piece in pieces(text) {
            match piece {
                Piece::Run(run) if run.chars().nth(1).is_none() => {
                    words += 1;
                    add(format!("\n{run}"));
                }
                Piece::Run(run) => {
                    words += 1;
                    pairs(&run).for_each(|pair| add(format!("\n{pair}\n")));
                }
                Piece::Chain(units) if units.iter().any(|unit| has_digit(unit)) => {
                    words += 1;
                    if units.len() > WINDOW {
                        let units = units.iter().filter(|unit| !is_letter(unit));
                        units.for_each(|unit| add(line(unit)));
                    }
                    let together = units.len().min(WINDOW);
                    joined(&units, together).for_each(|joined| add(line(&joined)));
                }
                Piece::Chain(units) => {
                    for unit in units.iter().filter(|unit| !is_letter(unit)) {
                        words += 1;
                        add(line(unit));
                    }
                }
            }
        }
        match (words, lines.len()) {
            (0, _) | (_, 0) => Err(ParseQueryError::NoWord),
            (words, _) if words > MAX_WORDS => Err(ParseQueryError::TooManyWords(words)),
            (_, terms) if terms > MAX_TERMS => Err(ParseQueryError::TooLong),
            _ => Ok(SearchQuery { lines }),
        }
    }

    /// Tells which lists have all its terms.
    pub fn matcher(&self) -> QueryMatcher<'_> {
        let mut lines: Vec<&str> = self.lines.iter().map(String::as_str).collect();
        // Long terms are rare: most lists lack the first.
        lines.sort_by_key(|line| std::cmp::Reverse(line.len()));
        QueryMatcher {
            lines: lines.into_iter().map(memmem::Finder::new).collect(),
        }
    }
}

/// Tells which lists have all terms of a query; made once for many lists.
#[derive(Debug)]
pub struct QueryMatcher<'q> {
    lines: Vec<memmem::Finder<'q>>,
}

impl QueryMatcher<'_> {
    /// Whether a list has all terms.
    pub fn is_match(&self, list: &WordList) -> bool {
        let mut lines = self.lines.iter();
        lines.all(|line| line.find(list.as_bytes()).is_some())
    }
}

/// A term, or the beginning of longer ones.
fn line(term: &str) -> String {
    let term = cut(term);
    match term.chars().nth(BEGINNING - 1) {
        Some(_) => format!("\n{term}"),
        None => format!("\n{term}\n"),
    }
}
