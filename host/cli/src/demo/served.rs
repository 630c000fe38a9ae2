//! The demo's company files, with their targets where the demo's own sink is.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use patchbay_outbound::webhook::Secret;
use toml::{Table, Value};

use super::content;
use crate::exit::{Exit, Failure};

/// Where the files' targets are as they are written.
const WRITTEN: &str = "https://hooks.example";

/// Company files as they are served.
#[derive(Debug, Default)]
pub(crate) struct Served {
    /// Name of the file, and its text.
    pub(crate) files: Vec<(&'static str, String)>,
    /// What signs what goes to a path of the sink.
    pub(crate) secrets: BTreeMap<String, Secret>,
}

/// Every company's file, its targets led to `sink`. A target is signed where
/// the variable its secret comes from is set.
pub(crate) fn served(sink: SocketAddr) -> Result<Served, Failure> {
    let mut served = Served::default();
    for name in content::COMPANIES {
        let mut file = read(name)?;
        let targets = file.get_mut("target").and_then(Value::as_table_mut);
        for (_, target) in targets.into_iter().flatten() {
            let Some(webhook) = target.get_mut("webhook").and_then(Value::as_table_mut) else {
                continue;
            };
            let secret = secret_of(webhook)?;
            let Some(Value::String(url)) = webhook.get_mut("url") else {
                continue;
            };
            if let Some(path) = url.strip_prefix(WRITTEN).map(str::to_owned) {
                *url = format!("http://{sink}{path}");
                match secret {
                    Some(secret) => drop(served.secrets.insert(path, secret)),
                    None => drop(webhook.remove("secret")),
                }
            }
        }
        served.files.push((name, file.to_string()));
    }
    Ok(served)
}

fn read(name: &str) -> Result<Table, Failure> {
    content::company_file(name)?
        .parse()
        .map_err(|error| Failure::new(Exit::Machine, format!("demo/{name}.toml: {error}")))
}

fn secret_of(webhook: &Table) -> Result<Option<Secret>, Failure> {
    let variable = webhook.get("secret").and_then(|secret| secret.get("env"));
    let Some(variable) = variable.and_then(Value::as_str) else {
        return Ok(None);
    };
    let Ok(text) = std::env::var(variable) else {
        return Ok(None);
    };
    let secret = Secret::parse(&text)
        .map_err(|error| Failure::new(Exit::NotRight, format!("the key in {variable} {error}")))?;
    Ok(Some(secret))
}

#[cfg(test)]
mod tests {
    use patchbay_model::company::CompanyFile;

    use super::*;

    #[test]
    fn every_target_leads_to_the_sink_and_the_file_is_still_one() {
        let sink = SocketAddr::from(([127, 0, 0, 1], 9));
        for (name, text) in served(sink).expect("embedded").files {
            assert!(!text.contains(WRITTEN), "{name}");
            let file = CompanyFile::parse(&text).unwrap_or_else(|problems| {
                panic!("{name}: {problems:?}");
            });
            for target in file.target.values() {
                assert!(
                    target
                        .webhook
                        .url
                        .get_ref()
                        .starts_with("http://127.0.0.1:9/")
                );
            }
        }
    }
}
