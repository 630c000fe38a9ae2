//! By what each company decides when the server starts: what the journal keeps
//! comes before the files, which are where a company begins.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_desk::setups::{Setups, kept};
use patchbay_desk::{ActivateError, Change};
use patchbay_generation::Generation;
use patchbay_generation::assemble::{Built, Rejected};
use patchbay_journal::{CompanyId, Journal};

use crate::serve::ServeError;

/// The setup of every company: the one the journal says it decides by, or else
/// its file's, which is kept from then on.
pub(crate) fn setups(
    journal: &dyn Journal,
    setups: &Setups,
    files: Vec<Built>,
    rejected: Vec<Rejected>,
) -> Result<Vec<Arc<Generation>>, ServeError> {
    let mut by_name = BTreeMap::new();
    for (company, name, number) in journal.active_generations()? {
        let built = setups.built(company, number);
        let generation = built.map_err(|error| ServeError::Setup {
            company: name.clone(),
            number,
            because: error.to_string(),
        })?;
        by_name.insert(name, (company, Arc::new(generation)));
    }
    for wrong in rejected {
        match named(&wrong.text).and_then(|name| by_name.get(&name)) {
            Some((_, generation)) => tracing::warn!(
                company = generation.company,
                generation = generation.number,
                "the company file is wrong, and the company goes on with what it decided by: {wrong}"
            ),
            None => return Err(ServeError::Company(wrong)),
        }
    }
    let mut all = Vec::new();
    for file in files {
        match by_name.get(&file.generation.company) {
            Some((company, generation)) => differs(journal, *company, generation, &file)?,
            None => all.push(first(journal, file)?),
        }
    }
    all.extend(by_name.into_values().map(|(_, generation)| generation));
    Ok(all)
}

/// The company a file is about, also where the rest of it does not read.
fn named(text: &str) -> Option<String> {
    let value = |text: &str| {
        let table = text.parse::<toml::Table>().ok()?;
        Some(table.get("company")?.as_str()?.to_owned())
    };
    let says = |line: &&str| line.trim_start().starts_with("company");
    value(text).or_else(|| text.lines().filter(says).find_map(value))
}

/// Say so where a file is not what its company decides by.
fn differs(
    journal: &dyn Journal,
    company: CompanyId,
    active: &Generation,
    file: &Built,
) -> Result<(), ServeError> {
    let kept = journal.generation(company, active.number)?;
    let digest = file.source.document().digest().bytes();
    if kept.is_some_and(|(row, _)| row.digest != digest) {
        tracing::warn!(
            company = active.company,
            generation = active.number,
            "the company file is not what the company decides by; `patchbay apply` makes it so"
        );
    }
    Ok(())
}

/// A company begins with its file.
fn first(journal: &dyn Journal, file: Built) -> Result<Arc<Generation>, ServeError> {
    let Built { generation, source } = file;
    let company = journal.company(&generation.company)?;
    let newest = journal.generations(company, u64::MAX, 1)?;
    let number = newest.first().map_or(1, |row| row.number + 1);
    let generation = Arc::new(Generation {
        number,
        ..generation
    });
    let now = Timestamp::now();
    let change = Change {
        generation: Arc::clone(&generation),
        new: Some(kept(&source, number, "start", now)),
        expected: None,
        by: "start".to_owned(),
        because: "started",
        moved: BTreeMap::new(),
        audit: None,
    };
    match change.write(journal, None, now) {
        Ok(_) => Ok(generation),
        Err(ActivateError::Journal(error)) => Err(ServeError::Journal(error)),
        Err(error) => Err(ServeError::Setup {
            company: generation.company.clone(),
            number,
            because: error.to_string(),
        }),
    }
}
