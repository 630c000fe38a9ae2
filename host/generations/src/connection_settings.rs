//! A connection to the provider of a channel.

use std::collections::BTreeMap;

use jiff::Timestamp;
use patchbay_adapter::{
    AccountConfig, Adapter, AdapterKind, CompanyKey, ConfigError, InboundWay, ReplyWindow, Secret,
    SecretError, SecretRole, SecretStore, Secrets,
};
use patchbay_config::web_address::WebAddress;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::environment::Environment;
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
    /// Secrets are not in the environment: all of them, at least one.
    #[error("{}", unread(.0))]
    Variables(Vec<UnreadSecret>),
    /// The adapter refuses a setting or a secret.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// A secret that is not in the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadSecret {
    /// Role of the secret.
    pub role: String,
    /// The problem.
    pub problem: VariableProblem,
}

impl ConnectionProblem {
    /// Whether nothing is wrong but that secrets are not in the environment yet.
    pub fn is_not_set(&self) -> bool {
        let is_not_set = |it: &UnreadSecret| matches!(it.problem, VariableProblem::NotSet(_));
        match self {
            ConnectionProblem::Variables(secrets) => secrets.iter().all(is_not_set),
            ConnectionProblem::Config(_) => false,
        }
    }
}

/// One line about all secrets that cannot be read.
fn unread(secrets: &[UnreadSecret]) -> String {
    if let [UnreadSecret { role, problem }] = secrets {
        return format!("secret `{role}`: {problem}");
    }
    let secrets = secrets.iter().map(|UnreadSecret { role, problem }| {
        let what = match problem {
            VariableProblem::NotSet(name) => format!("{name} is not set"),
            VariableProblem::Empty(name) => format!("{name} is empty"),
            VariableProblem::NotText(name) => format!("{name} is not valid UTF-8"),
        };
        format!("`{role}` ({what})")
    });
    let secrets: Vec<String> = secrets.collect();
    format!(
        "secrets {}: set these environment variables and restart the server",
        secrets.join(", ")
    )
}

impl ConnectionSettings {
    /// Until when a channel takes a free reply by the connection.
    pub fn reply_window(&self, channel: &str, last_inbound: Option<Timestamp>) -> ReplyWindow {
        self.adapter
            .reply_window(&self.settings, channel, last_inbound)
    }

    /// How messages reach the connection.
    pub fn inbound(&self) -> InboundWay {
        self.adapter.inbound_way(&self.settings)
    }

    /// Path of the webhook on the host, or of the web chat; `None` if the connection has
    /// none.
    pub fn webhook_path(&self, company: &str) -> Option<String> {
        let is_there = self.inbound() == InboundWay::Webhook;
        is_there.then(|| self.adapter.path(company, &self.name))
    }

    /// URL of the webhook, to be registered with the provider; `None` without a webhook,
    /// and while the company file has no public URL.
    pub fn webhook_url(&self, company: &str) -> Option<String> {
        let base = self.public_url.as_ref()?;
        Some(base.with_target(&self.webhook_path(company)?))
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
    /// Every secret that cannot be read, or the first problem that the adapter finds.
    pub fn open(
        &self,
        environment: &Environment,
        key: CompanyKey,
    ) -> Result<Box<dyn Adapter>, ConnectionProblem> {
        let mut secrets = SecretStore::default();
        let mut unread = Vec::new();
        for (role, variables) in &self.secrets {
            let mut all = Vec::new();
            for read in variables.read(environment) {
                match read {
                    Ok((_, text)) => all.extend(Secret::new(text).ok()),
                    Err(problem) => unread.push(UnreadSecret {
                        role: role.clone(),
                        problem,
                    }),
                }
            }
            if let Ok(all) = Secrets::new(all) {
                secrets.insert(role, all);
            }
        }
        match unread.is_empty() {
            true => self.open_with(secrets, key),
            false => Err(ConnectionProblem::Variables(unread)),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn whatsapp() -> ConnectionSettings {
        let variables = |name: &str| SecretVariables {
            current: name.to_owned(),
            previous: None,
        };
        let secrets = [
            ("access-token", "TOKEN"),
            ("app-secret", "APP"),
            ("verify-token", "VERIFY"),
        ];
        let secrets = secrets.map(|(role, name)| (role.to_owned(), variables(name)));
        ConnectionSettings {
            adapter: patchbay_channels::adapter_kind("whatsapp").expect("an adapter"),
            name: "main".to_owned(),
            settings: serde_json::from_str(r#"{"accounts": ["1"]}"#).expect("settings"),
            secrets: secrets.into(),
            public_url: None,
        }
    }

    fn open(variables: &[(&str, &str)]) -> Result<(), ConnectionProblem> {
        let environment = Environment::of(variables.iter().copied());
        let opened = whatsapp().open(&environment, CompanyKey::new([0; 32]));
        opened.map(|_| ())
    }

    #[test]
    fn every_secret_that_cannot_be_read_is_named() {
        let all = [("TOKEN", "a"), ("APP", "b"), ("VERIFY", "c")];
        assert_eq!(open(&all), Ok(()));
        let one = open(&all[..2]).expect_err("one is not set");
        assert!(one.is_not_set());
        assert_eq!(
            one.to_string(),
            "secret `verify-token`: the environment variable VERIFY is not set; set it and restart the server"
        );
        let two = open(&all[..1]).expect_err("two are not set");
        assert!(two.is_not_set());
        assert_eq!(
            two.to_string(),
            "secrets `app-secret` (APP is not set), `verify-token` (VERIFY is not set): set these environment variables and restart the server"
        );
        let empty = open(&[("TOKEN", "a"), ("APP", "")]).expect_err("one is empty");
        assert!(!empty.is_not_set(), "{empty}");
        assert!(empty.to_string().contains("APP is empty"), "{empty}");
    }
}
