//! The demo's companies and their day, embedded in the binary.

use std::collections::{BTreeMap, HashMap};

use include_dir::{Dir, include_dir};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::DemoError;
use crate::crew::Crew;
use crate::words::Words;

static CONTENT: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/content");

/// Names of the company files, without extension.
pub const COMPANIES: [&str; 3] = ["airline", "bank", "shop"];

/// Interactions of all companies.
///
/// # Errors
/// When this build lacks a file, or a file is invalid.
pub fn all_interactions() -> Result<Vec<Value>, DemoError> {
    let mut all = Vec::new();
    for name in COMPANIES {
        all.extend(interactions(name)?);
    }
    Ok(all)
}

/// Text of a company file.
pub(crate) fn company_file(name: &str) -> Result<&'static str, DemoError> {
    text(&format!("{name}.toml"))
}

/// Interactions of a company, in the order received.
pub(crate) fn interactions(name: &str) -> Result<Vec<Value>, DemoError> {
    rows(&format!("{name}.jsonl"))
}

/// Drafted replies, by the id of the interaction they answer.
pub(crate) fn drafts(name: &str) -> Result<HashMap<String, Vec<String>>, DemoError> {
    let mut drafts: HashMap<String, Vec<String>> = HashMap::new();
    for row in rows(&format!("{name}.drafts.jsonl"))? {
        if let (Some(to), Some(text)) = (row["interaction"].as_str(), row["text"].as_str()) {
            let drafts = drafts.entry(to.to_owned()).or_default();
            drafts.push(text.to_owned());
        }
    }
    Ok(drafts)
}

/// People of each company.
pub(crate) fn crews() -> Result<BTreeMap<String, Crew>, DemoError> {
    table("crews.toml")
}

/// Phrases for messages without a drafted text.
pub(crate) fn words() -> Result<Words, DemoError> {
    table("words.toml")
}

fn text(file: &str) -> Result<&'static str, DemoError> {
    let found = CONTENT.get_file(file).and_then(|file| file.contents_utf8());
    found.ok_or_else(|| DemoError::content(file, "it is missing from this binary"))
}

fn table<T: DeserializeOwned>(file: &str) -> Result<T, DemoError> {
    toml::from_str(text(file)?).map_err(|error| DemoError::content(file, error))
}

fn rows(file: &str) -> Result<Vec<Value>, DemoError> {
    let rows = text(file)?.lines().enumerate().map(|(index, line)| {
        let row = serde_json::from_str(line);
        row.map_err(|error| DemoError::content(&format!("{file}:{}", index + 1), error))
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use patchbay_company::CompanyFile;
    use patchbay_model::interaction::{Draft, Interaction};

    use super::*;

    #[test]
    fn there_are_300_interactions_on_5_channels_and_every_row_is_valid() {
        let mut total = 0;
        let mut channels = BTreeSet::new();
        for name in COMPANIES {
            let file = company_file(name).expect("embedded");
            CompanyFile::parse(file).unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
            for row in interactions(name).expect("embedded") {
                let interaction = Interaction::from_own(row).expect("valid");
                channels.insert(interaction.channel);
                total += 1;
            }
            for row in rows(&format!("{name}.drafts.jsonl")).expect("embedded") {
                Draft::from_value(row).expect("valid");
            }
        }
        assert!(total >= 300, "{total}");
        assert!(channels.len() >= 5, "{channels:?}");
    }

    #[test]
    fn every_agent_is_in_the_company_file_or_has_a_profile() {
        words().expect("embedded");
        let crews = crews().expect("embedded");
        for name in COMPANIES {
            let file = company_file(name).expect("embedded");
            let file = CompanyFile::parse(file).expect("valid");
            let crew = &crews[name];
            for member in &crew.agents {
                let is_listed = file.agent.contains_key(&member.id);
                assert_ne!(is_listed, member.profile.is_some(), "{name}: {}", member.id);
            }
            assert!(file.agent.contains_key(&crew.lead), "{name}: {}", crew.lead);
        }
    }
}
