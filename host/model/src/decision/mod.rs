//! What policies answer, what makes an answer valid, and how the answers of
//! several policies become one.

pub mod classification;
pub mod escalation;
pub mod route;
pub mod stage;
pub mod tone;

use std::fmt::Display;

use thiserror::Error;

use crate::input;

/// Most bytes of a `why`, a message or a suggestion.
pub const PROSE_BYTES: usize = 4096;
/// Most bytes of a finding's message.
pub const MESSAGE_BYTES: usize = 1024;
/// Most entries of an answer's list, unless it says otherwise.
pub const LIST_ENTRIES: usize = 64;

/// An answer the contract does not allow.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{field}` {problem}")]
pub struct BadOutput {
    /// Path of the field at fault.
    pub field: String,
    /// What is wrong with it and what would be right.
    pub problem: String,
}

pub(crate) fn bad(field: impl Display, problem: impl Into<String>) -> BadOutput {
    BadOutput {
        field: field.to_string(),
        problem: problem.into(),
    }
}

/// Paths are given as `format_args!`: they are written only for a bad answer.
///
/// A number that must lie in a range, and be a number.
pub(crate) fn in_range(
    field: impl Display,
    value: f64,
    least: f64,
    most: f64,
) -> Result<(), BadOutput> {
    if value.is_nan() || value < least || value > most {
        return Err(bad(
            field,
            format!("is {value}; it must be {least} to {most}"),
        ));
    }
    Ok(())
}

/// A score of 0 to 100.
pub(crate) fn percent(field: impl Display, value: Option<u8>) -> Result<(), BadOutput> {
    match value {
        Some(value) if value > 100 => Err(bad(field, format!("is {value}; it must be 0 to 100"))),
        _ => Ok(()),
    }
}

/// A list with a bound on its length.
pub(crate) fn at_most(field: impl Display, size: usize, limit: usize) -> Result<(), BadOutput> {
    if size > limit {
        return Err(bad(
            field,
            format!("has {size} entries; at most {limit} are taken"),
        ));
    }
    Ok(())
}

/// A text with a bound on its length.
pub(crate) fn prose(field: impl Display, text: &str, limit: usize) -> Result<(), BadOutput> {
    if text.len() > limit {
        let size = text.len();
        return Err(bad(
            field,
            format!("is {size} bytes long; at most {limit} are taken"),
        ));
    }
    Ok(())
}

/// A code of a growing set.
pub(crate) fn code(field: impl Display, text: &str) -> Result<(), BadOutput> {
    if input::is_code(text) {
        return Ok(());
    }
    let shown: String = text.chars().take(input::CODE_BYTES).collect();
    Err(bad(
        field,
        format!(
            "is {shown:?}, which is no code: at most 64 lower-case letters, digits, hyphens and dots"
        ),
    ))
}

/// A language tag, by its shape only.
pub(crate) fn language(field: impl Display, text: &str) -> Result<(), BadOutput> {
    let ok = !text.is_empty()
        && text.len() <= input::LANGUAGE_BYTES
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
    if ok {
        return Ok(());
    }
    let shown: String = text.chars().take(input::LANGUAGE_BYTES).collect();
    Err(bad(
        field,
        format!("is {shown:?}, which is no language tag (BCP 47)"),
    ))
}

/// A span of bytes that must lie in a text, on character boundaries.
pub(crate) fn span(field: impl Display, text: &str, start: u32, end: u32) -> Result<(), BadOutput> {
    let (from, to) = (start as usize, end as usize);
    if from < to && to <= text.len() && text.is_char_boundary(from) && text.is_char_boundary(to) {
        return Ok(());
    }
    Err(bad(
        field,
        format!(
            "is bytes {start} to {end} of a text of {} bytes; a span must not be empty, lie in the text and cut no character",
            text.len()
        ),
    ))
}
