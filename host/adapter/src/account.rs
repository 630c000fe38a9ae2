//! What an adapter is opened with: settings and resolved secrets.

use std::collections::BTreeMap;

use patchbay_config::web_address::WebAddress;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::message_id::CompanyKey;
use crate::secret::{SecretError, Secrets};

/// Settings and secrets of one channel of a company.
#[derive(Clone, Debug)]
pub struct AccountConfig {
    /// Settings, as in the company file. An unknown key is an error.
    pub settings: Map<String, Value>,
    /// Secrets by their role.
    pub secrets: SecretStore,
    /// Key of the company's message ids.
    pub company_key: CompanyKey,
}

impl AccountConfig {
    /// The settings as a type of the adapter.
    ///
    /// # Errors
    /// [`ConfigError::Settings`].
    pub fn read_settings<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        serde_json::from_value(Value::Object(self.settings.clone())).map_err(|error| {
            ConfigError::Settings {
                problem: error.to_string(),
            }
        })
    }
}

/// The base URL of a provider's API, without a slash at its end.
///
/// # Errors
/// [`ConfigError::Settings`].
pub fn api_base(setting: &str) -> Result<String, ConfigError> {
    let base = WebAddress::parse(setting)
        .map_err(|error| ConfigError::settings(format!("`api-base` {error}")))?;
    if base.path_and_query().contains('?') {
        return Err(ConfigError::settings("`api-base` must not have a query"));
    }
    let path = base.path_and_query().trim_end_matches('/');
    Ok(format!("{}{path}", base.origin()))
}

/// Secrets by role (`app-secret`), resolved from the environment or a file by the
/// caller.
#[derive(Clone, Debug, Default)]
pub struct SecretStore(BTreeMap<String, Secrets>);

impl SecretStore {
    /// Sets the secrets of a role.
    pub fn insert(&mut self, role: &str, secrets: Secrets) {
        self.0.insert(role.to_owned(), secrets);
    }

    /// The secrets of a role.
    ///
    /// # Errors
    /// [`ConfigError::Secret`] if the role has none.
    pub fn get(&self, role: &'static str) -> Result<&Secrets, ConfigError> {
        let missing = ConfigError::Secret {
            role,
            problem: SecretError::Missing,
        };
        self.0.get(role).ok_or(missing)
    }
}

/// Why a channel cannot start. Does not contain a secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// Settings that do not fit.
    #[error("channel settings: {problem}")]
    Settings {
        /// The problem, and what is valid.
        problem: String,
    },
    /// A secret that is missing or does not have the form of its scheme.
    #[error("secret `{role}` {problem}")]
    Secret {
        /// Role of the secret.
        role: &'static str,
        /// The problem.
        problem: SecretError,
    },
}

impl ConfigError {
    /// A setting that does not fit, with what would be right, in words for the integrator.
    pub fn settings(problem: impl Into<String>) -> ConfigError {
        ConfigError::Settings {
            problem: problem.into(),
        }
    }
}
