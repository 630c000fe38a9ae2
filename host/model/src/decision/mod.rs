//! Answers of policies: validation and merging.

pub mod classification;
pub mod escalation;
pub mod route;
pub mod stage;
pub mod tone;

use std::fmt::Display;

use thiserror::Error;

use crate::{input, language_tag};

/// Most bytes of a `why`, a message or a suggestion.
pub const PROSE_BYTES: usize = 4096;
/// Most bytes of a finding's message.
pub const MESSAGE_BYTES: usize = 1024;
/// Most entries of a list, unless the list has its own limit.
pub const LIST_ENTRIES: usize = 64;

/// An answer the contract does not allow.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{field}` {problem}")]
pub struct BadOutput {
    /// Path of the field at fault.
    pub field: String,
    /// The problem, and what is valid.
    pub problem: String,
}

pub(crate) fn invalid_output(field: impl Display, problem: impl Into<String>) -> BadOutput {
    BadOutput {
        field: field.to_string(),
        problem: problem.into(),
    }
}

/// Check a number against a range. `field` of this and the next functions is
/// `format_args!`, formatted for invalid answers only.
pub(crate) fn check_range(
    field: impl Display,
    value: f64,
    least: f64,
    most: f64,
) -> Result<(), BadOutput> {
    if value.is_nan() || value < least || value > most {
        return Err(invalid_output(
            field,
            format!("is {value}; it must be {least} to {most}"),
        ));
    }
    Ok(())
}

/// Check a score of 0 to 100.
pub(crate) fn check_percent(field: impl Display, value: Option<u8>) -> Result<(), BadOutput> {
    match value {
        Some(value) if value > 100 => Err(invalid_output(
            field,
            format!("is {value}; it must be 0 to 100"),
        )),
        _ => Ok(()),
    }
}

/// Check the length of a list.
pub(crate) fn check_count(field: impl Display, size: usize, limit: usize) -> Result<(), BadOutput> {
    if size > limit {
        return Err(invalid_output(
            field,
            format!("has {size} entries; the limit is {limit}"),
        ));
    }
    Ok(())
}

/// Check the length of a text.
pub(crate) fn check_text(field: impl Display, text: &str, limit: usize) -> Result<(), BadOutput> {
    if text.len() > limit {
        let size = text.len();
        return Err(invalid_output(
            field,
            format!("is {size} bytes long; the limit is {limit}"),
        ));
    }
    Ok(())
}

/// Check a code.
pub(crate) fn check_code(field: impl Display, text: &str) -> Result<(), BadOutput> {
    if input::is_code(text) {
        return Ok(());
    }
    let shown: String = text.chars().take(input::CODE_BYTES).collect();
    Err(invalid_output(
        field,
        format!(
            "is {shown:?}, which is not a code: use at most 64 lower-case letters, digits, hyphens and dots"
        ),
    ))
}

/// Check the form of a language tag; its case does not matter.
pub(crate) fn check_language(field: impl Display, text: &str) -> Result<(), BadOutput> {
    if language_tag::normalize(text).is_some() {
        return Ok(());
    }
    let shown: String = text.chars().take(input::LANGUAGE_BYTES).collect();
    Err(invalid_output(
        field,
        format!("is {shown:?}, which is not a language tag (BCP 47)"),
    ))
}

/// Check that a span is in a text, on character boundaries.
pub(crate) fn check_span(
    field: impl Display,
    text: &str,
    start: u32,
    end: u32,
) -> Result<(), BadOutput> {
    let (from, to) = (start as usize, end as usize);
    if from < to && to <= text.len() && text.is_char_boundary(from) && text.is_char_boundary(to) {
        return Ok(());
    }
    Err(invalid_output(
        field,
        format!(
            "is bytes {start} to {end} of a text of {} bytes; a span must be non-empty, within the text and on character boundaries",
            text.len()
        ),
    ))
}
