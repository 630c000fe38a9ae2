use std::error::Error as StdError;
use std::fmt;

use crate::error::with_causes;

pub use crate::bindings::lifecycle::exports::patchbay::lifecycle::lifecycle::Problem;

/// What is wrong with the settings, each problem with its path. The host rejects the activation and
/// shows them.
///
/// `?` converts any [`std::error::Error`] into a problem of the settings as a whole. Collect
/// problems, so that a company sees all of them at once:
///
/// ```
/// use patchbay_sdk::prelude::*;
///
/// settings! {
///     pub struct Settings { limit: u32, words: Vec<String> }
/// }
/// struct Polite(Settings);
///
/// impl Policy for Polite {
///     type Settings = Settings;
///     fn prepare(settings: Settings) -> Result<Self, Problems> {
///         let mut problems = Problems::new();
///         if settings.limit == 0 {
///             problems.add("/limit", "must be at least 1");
///         }
///         for (index, word) in settings.words.iter().enumerate() {
///             if word.is_empty() {
///                 problems.add(format!("/words/{index}"), "must not be empty");
///             }
///         }
///         problems.into_result(Self(settings))
///     }
/// }
/// # use patchbay_sdk::testing::{json, prepare};
/// # let problems = prepare::<Polite>(json!({"limit": 0, "words": ["a", ""]})).err().unwrap();
/// # assert_eq!(problems.to_string(), "/limit: must be at least 1; /words/1: must not be empty");
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// No problems.
    pub fn new() -> Self {
        Self::default()
    }

    /// A single problem; see [`add`](Self::add).
    pub fn at(path: impl Into<String>, message: impl Into<String>) -> Self {
        let mut problems = Self::new();
        problems.add(path, message);
        problems
    }

    /// Adds a problem. `path` is a JSON Pointer (RFC 6901) into the settings, such as
    /// `/queues/0/name`, or empty for the settings as a whole; `message` tells what is wrong and
    /// what would be right.
    pub fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem {
            path: path.into(),
            message: message.into(),
        });
    }

    /// Whether there is no problem.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every problem, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    /// `Ok(value)` without problems.
    ///
    /// # Errors
    /// The problems, where there are any.
    pub fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<E: StdError> From<E> for Problems {
    fn from(error: E) -> Self {
        Self::at("", with_causes(&error))
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Problem { path, message }) in self.iter().enumerate() {
            let separator = if index > 0 { "; " } else { "" };
            let colon = if path.is_empty() { "" } else { ": " };
            write!(f, "{separator}{path}{colon}{message}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}
