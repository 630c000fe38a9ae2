//! A part of an export that Patchbay does not express.

use std::fmt;

/// A part of an export that the company file does not express.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Construct {
    /// JSON Pointer (RFC 6901) into the export.
    pub path: String,
    /// What it is, why it is not expressed, and what to do.
    pub message: String,
}

impl Construct {
    /// A construct at a path.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Construct {
        Construct {
            path: path.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Construct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = match self.path.as_str() {
            "" => "the document",
            path => path,
        };
        write!(f, "{path}: {}", self.message)
    }
}
