//! Connections of a company file, as the demo uses them.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use toml::{Table, Value};

use super::StandInAddresses;

/// A connection to the stand-in for a provider.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    /// Its name, the last part of the webhook's path.
    name: String,
    settings: Table,
    /// Variable of each secret, by role.
    roles: BTreeMap<String, String>,
    /// Value of each variable.
    pub(super) variables: BTreeMap<String, String>,
}

impl Connection {
    /// Path of the webhook on the host.
    pub(super) fn webhook_path(&self, company: &str, channel: &str) -> String {
        format!("/webhooks/{company}/{channel}/{}", self.name)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The company's account; the first one of several.
    pub(super) fn account(&self) -> &str {
        let account = self.settings.get("account");
        let first = || self.settings.get("accounts")?.get(0);
        let account = account.or_else(first).and_then(Value::as_str);
        account.unwrap_or_default()
    }

    /// The first entry of a list of settings.
    pub(super) fn first(&self, setting: &str) -> &str {
        let first = self.settings.get(setting).and_then(|list| list.get(0));
        first.and_then(Value::as_str).unwrap_or_default()
    }

    /// The secret of a role; empty if the connection has none.
    pub(super) fn secret(&self, role: &str) -> &str {
        let variable = self.roles.get(role);
        let value = variable.and_then(|variable| self.variables.get(variable));
        value.map(String::as_str).unwrap_or_default()
    }
}

/// Reads the connections of a company file by the codes of their channels, and points
/// them at the stand-ins. Each variable gets a random secret.
pub(super) fn connections(
    company: &str,
    file: &mut Table,
    addresses: StandInAddresses,
) -> BTreeMap<String, Connection> {
    let mut variables = BTreeMap::new();
    let mut connections = BTreeMap::new();
    let channels = file.get_mut("channel").and_then(Value::as_table_mut);
    for (code, channel) in channels.into_iter().flatten() {
        let Some((name, table)) = first_connection(channel) else {
            continue;
        };
        let Some(settings) = table.get_mut("settings").and_then(Value::as_table_mut) else {
            continue;
        };
        match code.as_str() {
            "x" | "facebook" | "whatsapp" => {
                let base = format!("http://{}/{company}/{code}", addresses.api);
                settings.insert("api-base".to_owned(), base.into());
            }
            "email" => {
                let server = format!("smtp-plain://{}", addresses.mail);
                settings.insert("submission".to_owned(), server.into());
            }
            _ => {}
        }
        let settings = settings.clone();
        let mut connection = Connection {
            name,
            settings,
            roles: BTreeMap::new(),
            variables: BTreeMap::new(),
        };
        let secrets = table.get("secrets").and_then(Value::as_table);
        for (role, secret) in secrets.into_iter().flatten() {
            let Some(variable) = secret.get("env").and_then(Value::as_str) else {
                continue;
            };
            let value: &mut String = variables
                .entry(variable.to_owned())
                .or_insert_with(random_secret);
            let value = value.clone();
            connection.roles.insert(role.clone(), variable.to_owned());
            connection.variables.insert(variable.to_owned(), value);
        }
        connections.insert(code.clone(), connection);
    }
    connections
}

fn first_connection(channel: &mut Value) -> Option<(String, &mut Table)> {
    let all = channel.get_mut("connection")?.as_table_mut()?;
    let (name, connection) = all.iter_mut().next()?;
    Some((name.clone(), connection.as_table_mut()?))
}

/// In the form of Standard Webhooks; for all other schemes any text is a secret.
fn random_secret() -> String {
    let mut rng = fastrand::Rng::new();
    let bytes: Vec<u8> = std::iter::repeat_with(|| rng.u8(..)).take(32).collect();
    format!("whsec_{}", BASE64_STANDARD.encode(bytes))
}
