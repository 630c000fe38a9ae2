//! Something wrong with one of our files, and where: errors point at lines.

use std::ops::Range;

use thiserror::Error;

/// Something wrong with one of our files, and where.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct Located {
    /// What is wrong.
    pub message: String,
    /// Bytes of the file it is about; absent where it is about the whole file.
    pub span: Option<Range<usize>>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Located {
    /// A problem at a place.
    pub fn at(span: Range<usize>, message: impl Into<String>) -> Located {
        Located {
            message: message.into(),
            span: Some(span),
            help: None,
        }
    }

    /// A problem with the file as a whole.
    pub fn whole(message: impl Into<String>) -> Located {
        Located {
            message: message.into(),
            span: None,
            help: None,
        }
    }

    /// The same problem with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Located {
        self.help = Some(help.into());
        self
    }

    /// Line and column in the file's text, both from 1.
    pub fn line_column(&self, text: &str) -> Option<(usize, usize)> {
        let start = self.span.as_ref()?.start.min(text.len());
        let before = text.get(..start)?;
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        Some((line, column))
    }
}

impl From<toml::de::Error> for Located {
    fn from(error: toml::de::Error) -> Located {
        Located {
            message: error.message().to_owned(),
            span: error.span(),
            help: None,
        }
    }
}
