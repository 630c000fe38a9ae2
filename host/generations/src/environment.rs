//! Where the values of environment variables are read.

use std::collections::BTreeMap;
use std::env::VarError;
use std::fmt;
use std::sync::Arc;

/// The variables of secrets. Default: those of this process. `Debug` shows no value.
#[derive(Clone, Default)]
pub struct Environment(Option<Arc<BTreeMap<String, String>>>);

impl Environment {
    /// These variables, and no others.
    pub fn of<N: Into<String>, V: Into<String>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Environment {
        let variables = variables.into_iter();
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        Environment(Some(Arc::new(variables.collect())))
    }

    /// The value of a variable.
    pub(crate) fn read(&self, name: &str) -> Result<String, VarError> {
        match &self.0 {
            None => std::env::var(name),
            Some(variables) => variables.get(name).cloned().ok_or(VarError::NotPresent),
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment(…)")
    }
}
