//! By what each company decides when the server starts: what the journal keeps
//! comes before the files, which are where a company begins.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_desk::setups::{Refused, Setups, kept};
use patchbay_desk::{ActivateError, Change};
use patchbay_generation::Generation;
use patchbay_generation::assemble::{Built, Rejected};
use patchbay_journal::{ActiveGeneration, CompanyId, Journal};

use crate::serve::ServeError;

/// A company that is known and has no setup that can be built.
pub(crate) struct Unready {
    /// Its number.
    pub(crate) company: CompanyId,
    /// Its name.
    pub(crate) name: String,
    /// Why.
    pub(crate) because: String,
}

/// What the companies begin with.
pub(crate) struct Begun {
    /// The setups that decide.
    pub(crate) generations: Vec<Arc<Generation>>,
    /// Companies without one.
    pub(crate) unready: Vec<Unready>,
}

/// The setup of every company: the one the journal says it decides by, or else
/// its file's, which is kept from then on. A company whose kept setup cannot be
/// built keeps no other from starting, unless all are wanted or none.
pub(crate) fn setups(
    journal: &dyn Journal,
    setups: &Setups,
    files: Vec<Built>,
    rejected: Vec<Rejected>,
    strict: bool,
) -> Result<Begun, ServeError> {
    let mut by_name = BTreeMap::new();
    let mut unready = Vec::new();
    for active in journal.active_generations()? {
        let ActiveGeneration {
            company,
            name,
            number,
            ..
        } = active;
        match setups.built(company, number) {
            Ok(generation) => {
                by_name.insert(name, (company, Arc::new(generation)));
            }
            Err(error) => {
                let because = reasons(error);
                if strict {
                    return Err(ServeError::Setup {
                        company: name,
                        number,
                        because,
                    });
                }
                tracing::error!(
                    company = name,
                    generation = number,
                    because,
                    "the company is answered 503: what it decides by cannot be built; `patchbay apply` gives it another setup, `patchbay rollback` an earlier one"
                );
                unready.push(Unready {
                    company,
                    name,
                    because: format!("generation {number} cannot be built: {because}"),
                });
            }
        }
    }
    let is_unready = |name: &str| unready.iter().any(|one| one.name == name);
    for wrong in rejected {
        let name = named(&wrong.text);
        match name.as_ref().and_then(|name| by_name.get(name)) {
            Some((_, generation)) => tracing::warn!(
                company = generation.company,
                generation = generation.number,
                "the company file is wrong, and the company goes on with what it decided by: {wrong}"
            ),
            None if name.as_deref().is_some_and(is_unready) => {
                tracing::warn!(company = name, "the company file is wrong, too: {wrong}");
            }
            None => return Err(ServeError::Company(wrong)),
        }
    }
    let mut generations = Vec::new();
    for file in files {
        match by_name.get(&file.generation.company) {
            Some((company, generation)) => differs(journal, *company, generation, &file)?,
            // Another setup is somebody's decision, not the next best one's.
            None if is_unready(&file.generation.company) => {}
            None => generations.push(first(journal, file)?),
        }
    }
    generations.extend(by_name.into_values().map(|(_, generation)| generation));
    Ok(Begun {
        generations,
        unready,
    })
}

/// Everything that speaks against a setup, in one line.
fn reasons(error: Refused) -> String {
    match error {
        Refused::Wrong { problems, .. } => {
            let all: Vec<_> = problems.into_iter().map(|one| one.message).collect();
            all.join("; ")
        }
        error => error.to_string(),
    }
}

/// The company a file is about, also where the rest of it does not read.
pub(crate) fn named(text: &str) -> Option<String> {
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
        promotes: false,
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
