//! The demo's companies and their day, carried in the binary.

use include_dir::{Dir, include_dir};
use serde_json::Value;

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

/// Replies drafted to them.
pub(crate) fn drafts(name: &str) -> Result<Vec<Value>, Failure> {
    rows(&format!("{name}.drafts.jsonl"))
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
            for row in drafts(name).expect("embedded") {
                Draft::from_value(row).expect("valid");
            }
        }
        assert!(total >= 300, "{total}");
        assert!(channels.len() >= 5, "{channels:?}");
    }
}
