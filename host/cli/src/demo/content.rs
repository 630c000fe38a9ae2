//! The demo's companies and their day, carried in the binary.

use std::collections::{BTreeMap, HashMap};

use include_dir::{Dir, include_dir};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::crew::Crew;
use super::words::Words;
use crate::exit::{Exit, Failure};

static DEMO: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/demo");

/// Names of the demo's files, one company each.
pub(crate) const COMPANIES: [&str; 3] = ["airline", "bank", "shop"];

/// A company file's text.
pub(crate) fn company_file(name: &str) -> Result<&'static str, Failure> {
    text(&format!("{name}.toml"))
}

/// A company's interactions, in the order received.
pub(crate) fn interactions(name: &str) -> Result<Vec<Value>, Failure> {
    rows(&format!("{name}.jsonl"))
}

/// Texts drafted to them, by the interaction they answer.
pub(crate) fn drafts(name: &str) -> Result<HashMap<String, Vec<String>>, Failure> {
    let mut drafts: HashMap<String, Vec<String>> = HashMap::new();
    for row in rows(&format!("{name}.drafts.jsonl"))? {
        if let (Some(to), Some(text)) = (row["interaction"].as_str(), row["text"].as_str()) {
            drafts
                .entry(to.to_owned())
                .or_default()
                .push(text.to_owned());
        }
    }
    Ok(drafts)
}

/// Who works for each company.
pub(crate) fn crews() -> Result<BTreeMap<String, Crew>, Failure> {
    table("crews.toml")
}

/// What is written where nobody drafted it.
pub(crate) fn words() -> Result<Words, Failure> {
    table("words.toml")
}

/// Every company's interactions.
pub(crate) fn all_interactions() -> Result<Vec<Value>, Failure> {
    let mut all = Vec::new();
    for name in COMPANIES {
        all.extend(interactions(name)?);
    }
    Ok(all)
}

fn text(file: &str) -> Result<&'static str, Failure> {
    DEMO.get_file(file)
        .and_then(|file| file.contents_utf8())
        .ok_or_else(|| {
            Failure::new(
                Exit::Machine,
                format!("this binary was built without demo/{file}"),
            )
        })
}

fn table<T: DeserializeOwned>(file: &str) -> Result<T, Failure> {
    toml::from_str(text(file)?)
        .map_err(|error| Failure::new(Exit::Machine, format!("demo/{file}: {error}")))
}

fn rows(file: &str) -> Result<Vec<Value>, Failure> {
    text(file)?
        .lines()
        .enumerate()
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|error| {
                Failure::new(Exit::Machine, format!("demo/{file}:{}: {error}", index + 1))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use patchbay_model::company::CompanyFile;
    use patchbay_model::interaction::{Draft, Interaction};

    use super::*;

    #[test]
    fn a_day_is_long_enough_and_every_row_is_valid() {
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
    fn everybody_who_works_is_known_to_the_company_or_says_who_they_are() {
        words().expect("embedded");
        let crews = crews().expect("embedded");
        for name in COMPANIES {
            let file = company_file(name).expect("embedded");
            let file = CompanyFile::parse(file).expect("valid");
            let crew = &crews[name];
            for member in &crew.agents {
                let is_known = file.agent.contains_key(&member.id);
                assert_ne!(is_known, member.profile.is_some(), "{name}: {}", member.id);
            }
            assert!(file.agent.contains_key(&crew.lead), "{name}: {}", crew.lead);
        }
    }
}
