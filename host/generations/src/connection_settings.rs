//! A connection to the provider of a channel.

use std::collections::BTreeMap;

use patchbay_channels::{
    AccountConfig, Adapter, AdapterKind, CompanyKey, ConfigError, Secret, SecretError, SecretRole,
    SecretStore, Secrets,
};
use patchbay_model::web_address::WebAddress;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::secret_variables::{SecretVariables, VariableProblem};

/// A connection: an adapter's settings, and where its secrets are.
#[derive(Clone, Debug)]
pub struct ConnectionSettings {
    /// The adapter.
    pub adapter: &'static AdapterKind,
    /// Its name, the last part of the webhook's path.
    pub name: String,
    /// Settings of the adapter.
    pub settings: Map<String, Value>,
    /// Variables of its secrets, by role.
    pub secrets: BTreeMap<String, SecretVariables>,
    /// URL at which providers reach the host.
    pub public_url: Option<WebAddress>,
}

/// Why a connection cannot be opened. Does not contain a secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConnectionProblem {
    /// A secret is not in the environment.
    #[error("secret `{role}`: {problem}")]
    Variable {
        /// Role of the secret.
        role: String,
        /// The problem.
        problem: VariableProblem,
    },
    /// The adapter refuses a setting or a secret.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl ConnectionProblem {
    /// Whether a secret is not in the environment yet.
    pub fn is_not_set(&self) -> bool {
        matches!(
            self,
            ConnectionProblem::Variable {
                problem: VariableProblem::NotSet(_),
                ..
            }
        )
    }
}

impl ConnectionSettings {
    /// Path of the webhook on the host.
    pub fn webhook_path(&self, company: &str) -> String {
        format!("/webhooks/{company}/{}/{}", self.adapter.name, self.name)
    }

    /// URL of the webhook, to be registered with the provider; `None` while the
    /// company file has no public URL.
    pub fn webhook_url(&self, company: &str) -> Option<String> {
        let base = self.public_url.as_ref()?;
        Some(base.with_target(&self.webhook_path(company)))
    }

    /// The accounts that its settings name.
    pub fn accounts(&self) -> Vec<&str> {
        let lists = ["accounts", "account"].into_iter();
        let values = lists.filter_map(|name| self.settings.get(name));
        let accounts = values.flat_map(|value| match value {
            Value::Array(all) => all.iter().collect(),
            one => vec![one],
        });
        accounts.filter_map(Value::as_str).collect()
    }

    /// Opens the adapter with the secrets of the environment.
    ///
    /// # Errors
    /// The first problem.
    pub fn open(&self, key: CompanyKey) -> Result<Box<dyn Adapter>, ConnectionProblem> {
        let mut secrets = SecretStore::default();
        for (role, variables) in &self.secrets {
            let mut all = Vec::new();
            for read in variables.read() {
                let (_, text) = read.map_err(|problem| ConnectionProblem::Variable {
                    role: role.clone(),
                    problem,
                })?;
                all.extend(Secret::new(text).ok());
            }
            if let Ok(all) = Secrets::new(all) {
                secrets.insert(role, all);
            }
        }
        self.open_with(secrets, key)
    }

    /// The problem of the settings alone, without secrets.
    pub(crate) fn settings_problem(&self) -> Option<String> {
        match self.open_without_secrets(None) {
            Err(ConnectionProblem::Config(ConfigError::Settings { problem })) => Some(problem),
            _ => None,
        }
    }

    /// Whether the connection needs the secret of a role: each does, or its settings
    /// ask for it.
    pub(crate) fn needs(&self, role: &SecretRole) -> bool {
        let is_asked_for = || {
            let missing = ConfigError::Secret {
                role: role.name,
                problem: SecretError::Missing,
            };
            let opened = self.open_without_secrets(Some(role.name));
            opened.err() == Some(ConnectionProblem::Config(missing))
        };
        role.is_required || is_asked_for()
    }

    /// Opens the adapter with a placeholder for each secret but one.
    fn open_without_secrets(
        &self,
        absent: Option<&str>,
    ) -> Result<Box<dyn Adapter>, ConnectionProblem> {
        let mut secrets = SecretStore::default();
        for role in self.adapter.secrets {
            if let Ok(placeholder) = Secrets::one("unset")
                && absent != Some(role.name)
            {
                secrets.insert(role.name, placeholder);
            }
        }
        self.open_with(secrets, CompanyKey::new([0; 32]))
    }

    fn open_with(
        &self,
        secrets: SecretStore,
        company_key: CompanyKey,
    ) -> Result<Box<dyn Adapter>, ConnectionProblem> {
        let config = AccountConfig {
            settings: self.settings.clone(),
            secrets,
            company_key,
        };
        Ok((self.adapter.open)(&config)?)
    }
}
