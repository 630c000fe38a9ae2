//! The connections of a company file.

use std::collections::BTreeMap;
use std::ops::Range;

use patchbay_adapter::AdapterKind;
use patchbay_channels::{ADAPTERS, adapter_kind};
use patchbay_company::{CompanyFile, ConnectionEntry};
use patchbay_config::file_problem::FileProblem;
use patchbay_config::name_suggestion;
use patchbay_config::web_address::WebAddress;
use serde_json::Value;

use super::findings::Findings;
use crate::ConnectionSettings;
use crate::secret_variables::SecretVariables;

/// The connections of a company file whose channel has an adapter, each with its place.
pub(super) fn located_connections(
    file: &CompanyFile,
) -> impl Iterator<Item = (ConnectionSettings, Range<usize>)> {
    let url = file.public_url.as_ref();
    let url = url.and_then(|url| WebAddress::parse(url.get_ref()).ok());
    let channels = file.channel.iter();
    channels.flat_map(move |(code, entry)| {
        let (kind, url) = (adapter_kind(code), url.clone());
        let connections = entry.connection.iter();
        connections.filter_map(move |(name, connection)| {
            let settings = settings(kind?, name, connection.get_ref(), url.clone());
            Some((settings, connection.span()))
        })
    })
}

fn settings(
    adapter: &'static AdapterKind,
    name: &str,
    entry: &ConnectionEntry,
    public_url: Option<WebAddress>,
) -> ConnectionSettings {
    let settings = match serde_json::to_value(entry.settings.get_ref()) {
        Ok(Value::Object(settings)) => settings,
        _ => Default::default(),
    };
    let secrets = entry.secrets.iter().map(|(role, secret)| {
        let variables = SecretVariables {
            current: secret.env.clone(),
            previous: secret.previous_env.clone(),
        };
        (role.clone(), variables)
    });
    ConnectionSettings {
        adapter,
        name: name.to_owned(),
        settings,
        secrets: secrets.collect(),
        public_url,
    }
}

/// Checks adapters, settings and the roles of secrets.
pub(super) fn check_connections(file: &CompanyFile, findings: &mut Findings) {
    let mut problem = |span: Range<usize>, message: String, help: String| {
        let problem = FileProblem::at(span, message).help(help);
        findings.problems.push(problem);
    };
    for (code, entry) in &file.channel {
        let Some(first) = entry.connection.values().next() else {
            continue;
        };
        if adapter_kind(code).is_none() {
            let message = format!("there is no adapter for the channel {code:?}");
            problem(first.span(), message, adapters_help(code));
        }
    }
    for (code, entry) in &file.channel {
        let takes = ADAPTERS
            .iter()
            .any(|kind| kind.takes_templates && kind.channels.contains(&&**code));
        if let Some(first) = entry.template.values().next().filter(|_| !takes) {
            let message = format!("the channel {code:?} takes no templates");
            let help = "its provider approves no messages: agents write the text themselves";
            problem(first.span(), message, help.to_owned());
        }
    }
    let mut served: BTreeMap<(&str, String), String> = BTreeMap::new();
    for (connection, span) in located_connections(file) {
        for account in connection.accounts() {
            let account = (connection.adapter.name, account.to_owned());
            if let Some(other) = served.get(&account) {
                let message = format!(
                    "connections {other:?} and {:?} of channel {:?} have the same account {:?}",
                    connection.name, account.0, account.1
                );
                let help = "name each account in one connection, which sends its replies";
                problem(span.clone(), message, help.to_owned());
            }
            served.insert(account, connection.name.clone());
        }
        let (kind, name) = (connection.adapter, &connection.name);
        let of = format!("connection {name:?} of channel {:?}", kind.name);
        let roles: Vec<String> = kind
            .secrets
            .iter()
            .map(|role| role.name.to_owned())
            .collect();
        for role in connection
            .secrets
            .keys()
            .filter(|role| !roles.contains(role))
        {
            let message = format!("{of} has a secret {role:?}, which its adapter does not use");
            let help = name_suggestion::suggest(role, "secrets", &roles);
            problem(span.clone(), message, help);
        }
        for role in kind.secrets {
            if !connection.secrets.contains_key(role.name) && connection.needs(role) {
                let message = format!("{of} lacks the secret {:?}: {}", role.name, role.source);
                let help = format!(
                    "set an environment variable to it, and name the variable: secrets.{} = {{ env = \"…\" }}",
                    role.name
                );
                problem(span.clone(), message, help);
            }
        }
        if kind.signs_url && connection.public_url.is_none() {
            let message = format!("{of} needs the URL at which its provider reaches the host");
            let help = "set public-url = \"https://…\" at the top of the file".to_owned();
            problem(span.clone(), message, help);
        }
        if let Some(text) = connection.settings_problem() {
            let settings = file.channel[kind.name].connection[name].get_ref();
            let place = match settings.settings.span() {
                place if place.is_empty() => span,
                place => place,
            };
            let known: Vec<&str> = kind.settings.iter().map(|it| it.name).collect();
            let help = format!(
                "its settings are {}; `patchbay channels setup {}` says what they mean",
                known.join(", "),
                kind.name
            );
            problem(place, format!("settings of {of}: {text}"), help);
        }
    }
}

fn adapters_help(code: &str) -> String {
    let adapter_of = ADAPTERS.iter().find(|kind| kind.channels.contains(&code));
    if let Some(kind) = adapter_of {
        let name = kind.name;
        return format!(
            "its messages come by the adapter of {name:?}: write [channel.{name}.connection.…]"
        );
    }
    let names: Vec<String> = ADAPTERS.iter().map(|kind| kind.name.to_owned()).collect();
    name_suggestion::suggest(code, "adapters", &names)
}
