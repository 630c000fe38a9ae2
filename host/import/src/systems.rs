//! The systems that can be imported from.

use thiserror::Error;

use crate::{Import, MAX_BYTES, chatwoot, taskrouter};

/// A system to import from.
#[derive(Clone, Copy, Debug)]
pub struct System {
    /// Its code on the command line.
    pub code: &'static str,
    /// Its name for people, and what it exports.
    pub name: &'static str,
    /// Name of the pack that runs its rules.
    pub pack: &'static str,
    /// Reads an export.
    pub import: fn(&str, &Options) -> Result<Import, ImportError>,
}

/// Every system, by code.
pub const SYSTEMS: [System; 2] = [
    System {
        code: "chatwoot",
        name: "Chatwoot: automation rules, agents, teams, inboxes and custom attributes",
        pack: "automation-rules",
        import: chatwoot::import,
    },
    System {
        code: "taskrouter",
        name: "Twilio TaskRouter: a workflow, its task queues and workers",
        pack: "taskrouter-workflow",
        import: taskrouter::import,
    },
];

impl System {
    /// The system of a code.
    pub fn find(code: &str) -> Option<&'static System> {
        SYSTEMS.iter().find(|system| system.code == code)
    }
}

/// What the caller decides about an import.
#[derive(Clone, Debug)]
pub struct Options {
    /// Name of the company: lower-case letters, digits, hyphens.
    pub company: String,
    /// Pack of the company file: `name@version`, a path or a digest.
    pub pack: String,
}

/// The JSON document of an export.
///
/// # Errors
/// It is longer than [`MAX_BYTES`], or not JSON.
pub(crate) fn read_export(text: &str) -> Result<serde_json::Value, ImportError> {
    if text.len() > MAX_BYTES {
        let message = format!("the export has more than {MAX_BYTES} bytes");
        return Err(ImportError::Document(message));
    }
    serde_json::from_str(text).map_err(|error| ImportError::syntax(&error))
}

/// Why an export cannot be imported at all.
#[derive(Debug, Error)]
pub enum ImportError {
    /// It is not JSON.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// It is another document.
    #[error("{0}")]
    Document(String),
}

impl ImportError {
    /// The error of a JSON parser, without its position in the text.
    fn syntax(error: &serde_json::Error) -> ImportError {
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        let position = format!(" at line {line} column {column}");
        let message = text.strip_suffix(&position).unwrap_or(&text).to_owned();
        ImportError::Syntax {
            line,
            column,
            message,
        }
    }
}
