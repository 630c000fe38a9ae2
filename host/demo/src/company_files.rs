//! The demo's company files: every delivery target at the demo's webhook, every
//! connection at a stand-in for its provider.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use patchbay_outbound::webhook::SigningKey;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use toml::{Table, Value};

use crate::networks::{Networks, StandInAddresses};
use crate::problem_log::ProblemLog;
use crate::{DemoError, content};

/// Origin of the targets in the embedded files.
const PLACEHOLDER: &str = "https://hooks.example";

/// A company file as the demo serves it.
#[derive(Debug)]
pub(crate) struct CompanyFile {
    /// Name of the file without its extension.
    pub(crate) name: &'static str,
    /// Text of the file.
    pub(crate) text: String,
    /// Networks of the company's customers.
    pub(crate) networks: Arc<Networks>,
    /// Takes the ids of the messages that replies answer.
    pub(crate) reader: UnboundedSender<String>,
    /// Where the customers read them.
    pub(crate) replies: UnboundedReceiver<String>,
}

/// Company files as the demo serves them.
#[derive(Debug)]
pub(crate) struct CompanyFiles {
    /// In the order of [`content::COMPANIES`].
    pub(crate) files: Vec<CompanyFile>,
    /// Signing secret of each path of the webhook that has one.
    pub(crate) secrets: BTreeMap<String, SigningKey>,
}

impl CompanyFiles {
    /// Replace the targets' origin by the webhook's address, and point connections at
    /// the stand-ins. A target keeps its signing secret where the environment variable
    /// of the secret is set.
    pub(crate) fn for_demo(
        webhook: SocketAddr,
        stand_ins: StandInAddresses,
        problems: &ProblemLog,
    ) -> Result<CompanyFiles, DemoError> {
        let mut files = Vec::new();
        let mut secrets = BTreeMap::new();
        for name in content::COMPANIES {
            let text = content::company_file(name)?;
            let parsed = text.parse::<Table>();
            let mut file = parsed.map_err(|error| DemoError::content(name, error))?;
            replace_targets(&mut file, webhook, &mut secrets)?;
            let company = file.get("company").and_then(Value::as_str);
            let company = company.unwrap_or(name).to_owned();
            let (reader, replies) = unbounded_channel();
            let networks = Networks::connect(
                &company,
                &mut file,
                stand_ins,
                reader.clone(),
                problems.clone(),
            );
            files.push(CompanyFile {
                name,
                text: file.to_string(),
                networks: Arc::new(networks),
                reader,
                replies,
            });
        }
        Ok(CompanyFiles { files, secrets })
    }
}

/// Replace the origin of a company's targets by the webhook's address, and read their
/// secrets.
fn replace_targets(
    file: &mut Table,
    webhook: SocketAddr,
    secrets: &mut BTreeMap<String, SigningKey>,
) -> Result<(), DemoError> {
    let targets = file.get_mut("target").and_then(Value::as_table_mut);
    for (_, target) in targets.into_iter().flatten() {
        let Some(target) = target.get_mut("webhook").and_then(Value::as_table_mut) else {
            continue;
        };
        let secret = secret_of(target)?;
        let Some(Value::String(url)) = target.get_mut("url") else {
            continue;
        };
        if let Some(path) = url.strip_prefix(PLACEHOLDER).map(str::to_owned) {
            *url = format!("http://{webhook}{path}");
            match secret {
                Some(secret) => drop(secrets.insert(path, secret)),
                None => drop(target.remove("secret")),
            }
        }
    }
    Ok(())
}

fn secret_of(webhook: &Table) -> Result<Option<SigningKey>, DemoError> {
    let variable = webhook.get("secret").and_then(|secret| secret.get("env"));
    let Some(variable) = variable.and_then(Value::as_str) else {
        return Ok(None);
    };
    let Ok(text) = std::env::var(variable) else {
        return Ok(None);
    };
    let secret = SigningKey::parse(&text).map_err(|error| DemoError::Secret {
        variable: variable.to_owned(),
        problem: error.to_string(),
    })?;
    Ok(Some(secret))
}

#[cfg(test)]
mod tests {
    use patchbay_company::CompanyFile;

    use super::*;

    #[test]
    fn every_target_and_connection_is_on_this_machine_and_the_file_stays_valid() {
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let stand_ins = StandInAddresses {
            api: address(7),
            mail: address(8),
        };
        let files = CompanyFiles::for_demo(address(9), stand_ins, &ProblemLog::default());
        for demo in files.expect("embedded").files {
            let (name, text) = (demo.name, demo.text);
            assert!(!text.contains(PLACEHOLDER), "{name}");
            let file = CompanyFile::parse(&text).unwrap_or_else(|problems| {
                panic!("{name}: {problems:?}");
            });
            for target in file.target.values() {
                let url = target.webhook.url.get_ref();
                assert!(url.starts_with("http://127.0.0.1:9/"), "{url}");
            }
            let mut connections = 0;
            for channel in file.channel.values() {
                for connection in channel.connection.values() {
                    let settings = connection.get_ref().settings.get_ref();
                    let base = settings.get("api-base").or(settings.get("submission"));
                    let is_chat = settings.contains_key("origins");
                    let base = base.map(ToString::to_string).unwrap_or_default();
                    assert!(is_chat || base.contains("//127.0.0.1:"), "{name}: {base}");
                    connections += 1;
                }
            }
            assert_eq!(connections, 5, "{name}");
            // Meta's app has one secret for both of its products.
            let variables: BTreeMap<_, _> = demo.networks.variables().collect();
            assert_eq!(variables.len(), 8, "{name}: {:?}", variables.keys());
        }
    }
}
