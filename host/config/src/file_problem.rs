//! Problems in configuration files, with their position.

use std::ops::Range;

use thiserror::Error;

use crate::bound::BoundLimit;
use crate::excerpt::shortened;
use crate::name_suggestion::nearest_of_message;

/// A problem in a configuration file.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct FileProblem {
    /// Description.
    pub message: String,
    /// Byte range in the file; absent: the whole file.
    pub span: Option<Range<usize>>,
    /// How to fix it.
    pub help: Option<String>,
    /// The limit of the host that is exceeded, and its value.
    pub exceeded: Option<(&'static BoundLimit, u64)>,
}

impl FileProblem {
    /// A problem at a byte range.
    pub fn at(span: Range<usize>, message: impl Into<String>) -> FileProblem {
        FileProblem {
            message: shortened(message),
            span: Some(span),
            help: None,
            exceeded: None,
        }
    }

    /// A problem of the whole file.
    pub fn whole(message: impl Into<String>) -> FileProblem {
        FileProblem {
            message: shortened(message),
            span: None,
            help: None,
            exceeded: None,
        }
    }

    /// Add how to fix it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> FileProblem {
        self.help = Some(shortened(help));
        self
    }

    /// Name the limit of the host that is exceeded, and its value.
    #[must_use]
    pub fn exceeds(mut self, limit: &'static BoundLimit, value: u64) -> FileProblem {
        self.exceeded = Some((limit, value));
        self
    }

    /// The problem with its place in the text of the file, to follow the file's name:
    /// `:4:1: message; help`.
    pub fn after_name(&self, text: &str) -> String {
        let place = self.line_column(text);
        let place = place.map(|(line, column)| format!(":{line}:{column}"));
        let help = self.help.iter().map(|help| format!("; {help}"));
        let help: String = help.collect();
        format!("{}: {}{help}", place.unwrap_or_default(), self.message)
    }

    /// Line and column in the text of the file, from 1.
    pub fn line_column(&self, text: &str) -> Option<(usize, usize)> {
        let start = self.span.as_ref()?.start.min(text.len());
        let before = text.get(..start)?;
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        Some((line, column))
    }
}

impl From<toml::de::Error> for FileProblem {
    fn from(error: toml::de::Error) -> FileProblem {
        let meant = nearest_of_message(error.message());
        FileProblem {
            message: shortened(error.message()),
            span: error.span(),
            help: meant.map(|meant| format!("did you mean `{meant}`?")),
            exceeded: None,
        }
    }
}
