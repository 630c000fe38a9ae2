//! Problem documents (RFC 9457).

use std::fmt;

use serde_json::Value;

/// What a server says about a request that it did not carry out.
#[derive(Clone, Debug)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// The whole document; `null` where the body was not JSON.
    pub document: Value,
}

impl Problem {
    pub(crate) fn new(status: u16, document: Value) -> Problem {
        Problem { status, document }
    }

    /// Last part of the problem's type, such as `too-long`; empty where it has none.
    pub fn kind(&self) -> &str {
        let full = self.text("type").unwrap_or_default();
        full.rsplit(['/', ':', '#']).next().unwrap_or_default()
    }

    /// Short description, the same for each problem of this type.
    pub fn title(&self) -> &str {
        self.text("title").unwrap_or("the server refused")
    }

    /// What is wrong with this request, if the server says so.
    pub fn detail(&self) -> Option<&str> {
        self.text("detail")
    }

    /// All reasons, where the server gives several; each an object with a
    /// `message`, and perhaps `help`, `line` and `column`.
    pub fn reasons(&self) -> Option<&[Value]> {
        self.document["problems"].as_array().map(Vec::as_slice)
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.document[field].as_str()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.status, self.title())?;
        match self.detail() {
            Some(detail) => write!(formatter, ": {detail}"),
            None => Ok(()),
        }
    }
}
