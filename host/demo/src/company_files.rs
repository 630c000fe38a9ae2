//! The demo's company files, with every delivery target at the demo's webhook.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use patchbay_outbound::webhook::SigningKey;
use toml::{Table, Value};

use crate::{DemoError, content};

/// Origin of the targets in the embedded files.
const PLACEHOLDER: &str = "https://hooks.example";

/// Company files as the demo serves them.
#[derive(Debug, Default)]
pub(crate) struct CompanyFiles {
    /// Name of each file without its extension, and its text.
    pub(crate) texts: Vec<(&'static str, String)>,
    /// Signing secret of each path of the webhook that has one.
    pub(crate) secrets: BTreeMap<String, SigningKey>,
}

impl CompanyFiles {
    /// Replace the targets' origin by the webhook's address. A target keeps its
    /// signing secret where the environment variable of the secret is set.
    pub(crate) fn with_webhook(address: SocketAddr) -> Result<CompanyFiles, DemoError> {
        let mut files = CompanyFiles::default();
        for name in content::COMPANIES {
            let text = content::company_file(name)?;
            let parsed = text.parse::<Table>();
            let mut file = parsed.map_err(|error| DemoError::content(name, error))?;
            let targets = file.get_mut("target").and_then(Value::as_table_mut);
            for (_, target) in targets.into_iter().flatten() {
                let Some(webhook) = target.get_mut("webhook").and_then(Value::as_table_mut) else {
                    continue;
                };
                let secret = secret_of(webhook)?;
                let Some(Value::String(url)) = webhook.get_mut("url") else {
                    continue;
                };
                if let Some(path) = url.strip_prefix(PLACEHOLDER).map(str::to_owned) {
                    *url = format!("http://{address}{path}");
                    match secret {
                        Some(secret) => drop(files.secrets.insert(path, secret)),
                        None => drop(webhook.remove("secret")),
                    }
                }
            }
            files.texts.push((name, file.to_string()));
        }
        Ok(files)
    }
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
    fn every_target_points_at_the_webhook_and_the_file_stays_valid() {
        let address = SocketAddr::from(([127, 0, 0, 1], 9));
        for (name, text) in CompanyFiles::with_webhook(address).expect("embedded").texts {
            assert!(!text.contains(PLACEHOLDER), "{name}");
            let file = CompanyFile::parse(&text).unwrap_or_else(|problems| {
                panic!("{name}: {problems:?}");
            });
            for target in file.target.values() {
                let url = target.webhook.url.get_ref();
                assert!(url.starts_with("http://127.0.0.1:9/"), "{url}");
            }
        }
    }
}
