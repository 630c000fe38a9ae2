//! Finds and reads case files.

use std::fmt::{Display, Write};
use std::path::{Path, PathBuf};

use patchbay_config::excerpt::{shorten, shortened, without_place};
use patchbay_config::file_problem::FileProblem;
use patchbay_config::toml_document;
use patchbay_pack::directory_files::has_extension;
use serde_json::Value;
use thiserror::Error;

use super::check::{Misspelling, check};
use super::{Case, strict_json};

/// Most bytes of a case: a parsed one takes up to a hundred times as much.
const MAX_BYTES: usize = 1 << 20;
/// Misspellings of one case that are reported; the rest is a number.
const REPORTED: usize = 10;

/// Why a case cannot be run.
#[derive(Clone, Debug, Error)]
#[error("{}{message}", path.display())]
pub struct CaseError {
    /// The file.
    pub path: PathBuf,
    /// Position in the file, where known, and what is wrong; begins with a colon.
    pub message: String,
}

impl CaseError {
    pub(super) fn new(path: &Path, message: impl Display) -> CaseError {
        CaseError {
            path: path.to_owned(),
            message: format!(": {}", shortened(message.to_string())),
        }
    }

    fn located(path: &Path, text: &str, problem: &FileProblem) -> CaseError {
        CaseError {
            path: path.to_owned(),
            message: problem.after_name(text),
        }
    }
}

impl Case {
    /// Reads a case file, TOML where its name ends in `.toml`, else JSON.
    ///
    /// # Errors
    /// When it cannot be read or is not a valid case; with file and line.
    pub fn read(path: &Path) -> Result<Case, CaseError> {
        let text = std::fs::read_to_string(path).map_err(|error| CaseError::new(path, error))?;
        Case::parse(path, &text)
    }

    /// Reads a case from the text of a file; see [`Case::read`].
    ///
    /// # Errors
    /// When it is longer than 1 MiB, or not a valid case; with file and line.
    pub fn parse(path: &Path, text: &str) -> Result<Case, CaseError> {
        if text.len() > MAX_BYTES {
            let message = format!("has {} bytes; the limit is 1 MiB", text.len());
            return Err(CaseError::new(path, message));
        }
        let is_toml = has_extension(path, &["toml"]);
        let json_error = |error: serde_json::Error| CaseError {
            path: path.to_owned(),
            message: shortened(format!(
                ":{}:{}: {}",
                error.line(),
                error.column(),
                without_place(&error)
            )),
        };
        let located = |problem| CaseError::located(path, text, &problem);
        let document = match is_toml {
            true => {
                let table = toml_document::read::<toml::Table>(text).map_err(located)?;
                json_of(toml::Value::Table(table))
            }
            false => strict_json::parse(text).map_err(json_error)?,
        };
        let misspellings = check(&document);
        if !misspellings.is_empty() {
            return Err(CaseError {
                path: path.to_owned(),
                message: describe(path, text, is_toml, &misspellings),
            });
        }
        let case: Case = match is_toml {
            // Only the document has TOML's own date and time as text; only TOML's error has the place.
            true => {
                serde_json::from_value(document).map_err(|error| {
                    match toml_document::read::<Case>(text) {
                        Err(problem) => located(problem),
                        Ok(_) => CaseError::new(path, error),
                    }
                })?
            }
            false => serde_json::from_str(text).map_err(json_error)?,
        };
        match case.steps.iter().position(|step| step.event().is_none()) {
            None if case.steps.is_empty() => Err(CaseError::new(
                path,
                "has no steps, so it tests nothing; add a step such as {\"classify\": …}",
            )),
            None => Ok(case),
            Some(index) => {
                let message = "needs exactly one of classify, route, tone, escalate, advance";
                Err(CaseError::new(
                    path,
                    format!("step {} {message}", index + 1),
                ))
            }
        }
    }
}

/// TOML as JSON; moments become text.
fn json_of(value: toml::Value) -> Value {
    match value {
        toml::Value::Datetime(moment) => Value::String(moment.to_string()),
        toml::Value::Array(items) => items.into_iter().map(json_of).collect(),
        toml::Value::Table(table) => {
            let fields = table.into_iter();
            fields.map(|(key, value)| (key, json_of(value))).collect()
        }
        other => serde_json::to_value(other).unwrap_or_default(),
    }
}

/// All misspellings, the first after the path of the file, each other one on a line of its own.
fn describe(path: &Path, text: &str, is_toml: bool, all: &[Misspelling]) -> String {
    let mut described = String::new();
    for (index, one) in all.iter().take(REPORTED).enumerate() {
        if index > 0 {
            let _ = write!(described, "\n{}", path.display());
        }
        if let Some((line, column)) = position(text, is_toml, &one.word) {
            let _ = write!(described, ":{line}:{column}");
        }
        let at = match one.path.as_str() {
            "" => String::new(),
            path => format!("{path}: "),
        };
        let _ = write!(described, ": {at}{}", shorten(&one.message));
    }
    if all.len() > REPORTED {
        let _ = write!(described, "\nand {} more", all.len() - REPORTED);
    }
    described
}

/// Line and column of a key or text that stands once in the file.
fn position(text: &str, is_toml: bool, word: &str) -> Option<(usize, usize)> {
    let quoted = serde_json::to_string(word).ok()?;
    let pattern = match is_toml && !text.contains(&quoted) {
        true => word,
        false => &quoted,
    };
    let mut found = text.match_indices(pattern);
    let (at, _) = found.next()?;
    if found.next().is_some() {
        return None;
    }
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    Some((line, column))
}
