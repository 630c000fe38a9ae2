//! Limits of incoming documents, and the errors of those that exceed them.

use thiserror::Error;

/// Most bytes of an identifier given by a channel.
pub const ID_BYTES: usize = 256;
/// Most bytes of a code (channel, intent, topic, tag, finding, skill).
pub const CODE_BYTES: usize = 64;
/// Most bytes of a text: an interaction's or a draft's.
pub const TEXT_BYTES: usize = 64 * 1024;
/// Most characters of an internal note.
pub const NOTE_CHARS: usize = 10_000;
/// Most bytes of an interaction's whole text. It is cut to [`TEXT_BYTES`] for
/// policies and agents; the rest is stored.
pub const WHOLE_TEXT_BYTES: usize = 512 * 1024;
/// Most bytes of a name, an address or an account.
pub const NAME_BYTES: usize = 512;
/// Most bytes of a language tag (RFC 5646 advises 35).
pub const LANGUAGE_BYTES: usize = 35;
/// Most attachments of an interaction.
pub const ATTACHMENTS: usize = 32;
/// Most extra attributes of an interaction.
pub const ATTRIBUTES: usize = 64;
/// Most bytes of all extra attributes together, as JSON.
pub const ATTRIBUTES_BYTES: usize = 16 * 1024;

/// Why a document is invalid.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum InputError {
    /// It is not JSON.
    #[error("not valid JSON: {problem} (line {line}, column {column})")]
    Syntax {
        /// What the parser expected.
        problem: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// A required field is absent.
    #[error("`{field}` is missing")]
    Missing {
        /// Path of the field.
        field: String,
    },
    /// A field has the wrong type or an impossible value.
    #[error("`{field}` {problem}")]
    Invalid {
        /// Path of the field.
        field: String,
        /// The problem, and what is valid.
        problem: String,
    },
    /// A field is larger than its limit.
    #[error("`{field}` is {size} {unit} long; the limit is {limit}")]
    TooLarge {
        /// Path of the field.
        field: String,
        /// The limit.
        limit: usize,
        /// Its size.
        size: usize,
        /// Unit: `bytes` or `entries`.
        unit: &'static str,
    },
    /// An unknown field, where unknown fields are errors.
    #[error("`{field}` is unknown; known fields are: {known}")]
    Unknown {
        /// Path of the field.
        field: String,
        /// The known fields.
        known: String,
    },
}

impl InputError {
    /// Path of the invalid field; none for a syntax error.
    pub fn field(&self) -> Option<&str> {
        match self {
            InputError::Syntax { .. } => None,
            InputError::Missing { field }
            | InputError::Invalid { field, .. }
            | InputError::TooLarge { field, .. }
            | InputError::Unknown { field, .. } => Some(field),
        }
    }

    pub(crate) fn invalid(field: &str, problem: impl Into<String>) -> InputError {
        InputError::Invalid {
            field: field.to_owned(),
            problem: problem.into(),
        }
    }
}

/// Something odd in a document that the host accepts all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputWarning {
    /// Path of the field.
    pub field: String,
    /// What is odd, what the host did, and what would be right. Contains no
    /// value of the document.
    pub message: String,
}

impl InputWarning {
    pub(crate) fn new(field: &str, message: impl Into<String>) -> InputWarning {
        InputWarning {
            field: field.to_owned(),
            message: message.into(),
        }
    }
}

/// Check an identifier or an address: 1 to `limit` bytes, and the rule of
/// [`identifier::problem`](crate::identifier::problem).
pub(crate) fn check_identifier(field: &str, text: &str, limit: usize) -> Result<(), InputError> {
    check_bytes(field, text, limit)?;
    match crate::identifier::problem(text) {
        Some(problem) => Err(InputError::invalid(field, problem)),
        None => Ok(()),
    }
}

/// Check the length of a text.
pub(crate) fn check_bytes(field: &str, text: &str, limit: usize) -> Result<(), InputError> {
    check_count(field, text.len(), limit, "bytes")
}

/// Check a size.
pub(crate) fn check_count(
    field: &str,
    size: usize,
    limit: usize,
    unit: &'static str,
) -> Result<(), InputError> {
    if size > limit {
        return Err(InputError::TooLarge {
            field: field.to_owned(),
            limit,
            size,
            unit,
        });
    }
    Ok(())
}

/// Whether a text is a code: lower-case letters, digits, hyphens, underscores
/// and dots, beginning with a letter or digit, at most [`CODE_BYTES`].
pub fn is_code(text: &str) -> bool {
    let ok =
        |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'-' | b'.' | b'_');
    text.len() <= CODE_BYTES
        && text.bytes().all(ok)
        && text
            .bytes()
            .next()
            .is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
}

/// Check a code.
pub(crate) fn check_code(field: &str, text: &str) -> Result<(), InputError> {
    check_bytes(field, text, CODE_BYTES)?;
    if is_code(text) {
        return Ok(());
    }
    Err(InputError::invalid(
        field,
        format!(
            "is {text:?}, which is not a code: use lower-case letters, digits, hyphens and dots"
        ),
    ))
}
