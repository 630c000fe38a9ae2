//! What is wrong with a document somebody sent us, and the limits it is held
//! to. An error names the field, the limit and the size found.

use thiserror::Error;

/// Most bytes of an identifier given by a channel.
pub const ID_BYTES: usize = 256;
/// Most bytes of a code (channel, intent, topic, tag, finding, skill).
pub const CODE_BYTES: usize = 64;
/// Most bytes of a text: an interaction's or a draft's.
pub const TEXT_BYTES: usize = 64 * 1024;
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

/// Why a document was refused.
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
        /// What is wrong with it, and what would be right.
        problem: String,
    },
    /// A field is larger than its limit.
    #[error("`{field}` is {size} {unit} long; at most {limit} are taken")]
    TooLarge {
        /// Path of the field.
        field: String,
        /// The limit.
        limit: usize,
        /// The size found.
        size: usize,
        /// What is counted: `bytes` or `entries`.
        unit: &'static str,
    },
    /// A field nobody knows, in a file of our own.
    #[error("`{field}` is not known here; known are: {known}")]
    Unknown {
        /// Path of the field.
        field: String,
        /// The known ones.
        known: String,
    },
}

impl InputError {
    /// The field at fault; none for a syntax error.
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

/// Refuse a text longer than `limit` bytes.
pub(crate) fn within(field: &str, text: &str, limit: usize) -> Result<(), InputError> {
    count_within(field, text.len(), limit, "bytes")
}

/// Refuse more than `limit` of something.
pub(crate) fn count_within(
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
/// and dots, starting with a letter or digit, at most [`CODE_BYTES`].
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

/// Refuse what is not a code.
pub(crate) fn code(field: &str, text: &str) -> Result<(), InputError> {
    within(field, text, CODE_BYTES)?;
    if is_code(text) {
        return Ok(());
    }
    Err(InputError::invalid(
        field,
        format!("is {text:?}, which is no code: lower-case letters, digits, hyphens and dots"),
    ))
}
