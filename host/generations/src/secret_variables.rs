//! Environment variables that hold a secret, and the one being replaced.

use std::env::VarError;

use thiserror::Error;

use crate::environment::Environment;

/// Names of the variables of a secret. The company file never contains the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretVariables {
    /// The secret in use.
    pub current: String,
    /// The secret being replaced: while its variable is set, both are in use.
    pub previous: Option<String>,
}

/// Why the environment has no usable secret. Does not contain the secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VariableProblem {
    /// The variable is not set.
    #[error("the environment variable {0} is not set; set it and restart the server")]
    NotSet(String),
    /// The variable is empty.
    #[error("the environment variable {0} is empty; set it to the secret and restart the server")]
    Empty(String),
    /// The variable is not text.
    #[error("the environment variable {0} is not valid UTF-8; copy the secret again")]
    NotText(String),
}

impl SecretVariables {
    /// Names of the variables.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        [&self.current].into_iter().chain(&self.previous)
    }

    /// The secrets as the environment has them, the one in use first; each with the
    /// name of its variable.
    pub fn read(
        &self,
        environment: &Environment,
    ) -> impl Iterator<Item = Result<(&str, String), VariableProblem>> {
        self.read_with(|variable| environment.read(variable))
    }

    pub(crate) fn read_with(
        &self,
        read: impl Fn(&str) -> Result<String, VarError>,
    ) -> impl Iterator<Item = Result<(&str, String), VariableProblem>> {
        self.names().filter_map(move |name| match read(name) {
            Ok(text) if text.is_empty() => Some(Err(VariableProblem::Empty(name.clone()))),
            Ok(text) => Some(Ok((name.as_str(), text))),
            // The replacement is over, or has not begun.
            Err(VarError::NotPresent) if *name != self.current => None,
            Err(VarError::NotPresent) => Some(Err(VariableProblem::NotSet(name.clone()))),
            Err(VarError::NotUnicode(_)) => Some(Err(VariableProblem::NotText(name.clone()))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_being_replaced_may_be_absent_and_the_one_in_use_may_not() {
        let variables = SecretVariables {
            current: "NEW".to_owned(),
            previous: Some("OLD".to_owned()),
        };
        let read = |set: &[&str]| -> Vec<Result<String, VariableProblem>> {
            let all = variables.read_with(|name| match set.contains(&name) {
                true => Ok(name.to_lowercase()),
                false => Err(VarError::NotPresent),
            });
            all.map(|read| read.map(|(_, text)| text)).collect()
        };
        let empty: Vec<_> = variables.read_with(|_| Ok(String::new())).collect();
        let empty_of = |name: &str| Err(VariableProblem::Empty(name.to_owned()));
        assert_eq!(empty, [empty_of("NEW"), empty_of("OLD")]);
        let (new, old) = (Ok("new".to_owned()), Ok("old".to_owned()));
        let not_set = Err(VariableProblem::NotSet("NEW".to_owned()));
        assert_eq!(read(&["NEW"]), std::slice::from_ref(&new));
        assert_eq!(read(&["NEW", "OLD"]), [new, old.clone()]);
        assert_eq!(read(&["OLD"]), [not_set.clone(), old]);
        assert_eq!(read(&[]), [not_set]);
    }
}
