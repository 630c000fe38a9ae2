//! The generation of every company when the server starts. A stored generation
//! takes precedence over the company file, which only creates a company.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_events::ActivationCause;
use patchbay_generations::Generation;
use patchbay_generations::activation::{ActivateError, Change};
use patchbay_generations::assemble::{AssembledGeneration, InvalidFile};
use patchbay_generations::service::{ChangeError, GenerationService};
use patchbay_journal::{ActiveGeneration, CompanyId, Journal};

use crate::parallel;
use crate::startup::ServeError;
use patchbay_watcher::company_of_file;

/// The generations that the companies start with.
pub(crate) struct InitialGenerations {
    pub(crate) ready: Vec<Arc<Generation>>,
    pub(crate) unready: Vec<UnreadyCompany>,
}

/// A company whose active generation cannot be built.
pub(crate) struct UnreadyCompany {
    pub(crate) id: CompanyId,
    pub(crate) name: String,
    pub(crate) reason: String,
}

impl InitialGenerations {
    /// Builds the active generation of every company in the journal, and
    /// creates the companies of the other files. If one cannot be built, its
    /// company is unready; with `strict` that is an error. Blocks.
    pub(crate) fn build(
        journal: &dyn Journal,
        service: &GenerationService,
        files: Vec<AssembledGeneration>,
        rejected: Vec<InvalidFile>,
        strict: bool,
    ) -> Result<InitialGenerations, ServeError> {
        let mut by_name = BTreeMap::new();
        let mut unready = Vec::new();
        let all = journal.active_generations()?;
        let loaded = parallel::map(&all, |active| {
            service
                .store()
                .load_activated(active.company, active.number)
        });
        for (active, loaded) in all.into_iter().zip(loaded) {
            let ActiveGeneration {
                company: id,
                name,
                number,
                ..
            } = active;
            let error = match loaded {
                Ok(generation) => {
                    by_name.insert(name, (id, Arc::new(generation)));
                    continue;
                }
                Err(error) => error,
            };
            let because = reasons(error);
            if strict {
                return Err(ServeError::Generation {
                    company: name,
                    number,
                    because,
                });
            }
            tracing::error!(
                company = name,
                generation = number,
                because,
                "cannot build the company's active generation; its requests are answered 503 until you `patchbay apply` or `patchbay rollback`"
            );
            unready.push(UnreadyCompany {
                id,
                name,
                reason: format!("generation {number} cannot be built: {because}"),
            });
        }
        let is_unready = |name: &str| unready.iter().any(|company| company.name == name);
        for wrong in rejected {
            let name = company_of_file(&wrong.text);
            match name.as_ref().and_then(|name| by_name.get(name)) {
                Some((_, generation)) => tracing::warn!(
                    company = generation.company,
                    generation = generation.number,
                    "invalid company file; the stored generation stays active: {wrong}"
                ),
                None if name.as_deref().is_some_and(is_unready) => {
                    tracing::warn!(company = name, "invalid company file: {wrong}");
                }
                None => return Err(ServeError::Company(wrong)),
            }
        }
        let mut ready = Vec::new();
        for file in files {
            match by_name.get(&file.generation.company) {
                Some((id, generation)) => warn_if_different(journal, *id, generation, &file)?,
                // Only an operator replaces a generation that cannot be built.
                None if is_unready(&file.generation.company) => {}
                None => ready.push(create_company(journal, file)?),
            }
        }
        ready.extend(by_name.into_values().map(|(_, generation)| generation));
        Ok(InitialGenerations { ready, unready })
    }
}

/// Every reason in one line.
fn reasons(error: ChangeError) -> String {
    match error {
        ChangeError::Invalid { problems, .. } => {
            let all: Vec<_> = problems.into_iter().map(|one| one.message).collect();
            all.join("; ")
        }
        error => error.to_string(),
    }
}

fn warn_if_different(
    journal: &dyn Journal,
    company: CompanyId,
    active: &Generation,
    file: &AssembledGeneration,
) -> Result<(), ServeError> {
    let stored = journal.generation(company, active.number)?;
    let digest = file.source.document().digest().bytes();
    if stored.is_some_and(|(row, _)| row.digest != digest) {
        tracing::warn!(
            company = active.company,
            generation = active.number,
            "the company file differs from the active generation; `patchbay apply` activates it"
        );
    }
    Ok(())
}

/// Creates a company with the generation of its file.
fn create_company(
    journal: &dyn Journal,
    file: AssembledGeneration,
) -> Result<Arc<Generation>, ServeError> {
    let AssembledGeneration { generation, source } = file;
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
        new: Some(source.to_new_generation(number, "start", now)),
        expected: None,
        by: "start".to_owned(),
        because: ActivationCause::Started,
        moved: BTreeMap::new(),
        audit: None,
    };
    match change.write(None, journal, None, now) {
        Ok(_) => Ok(generation),
        Err(ActivateError::Journal(error)) => Err(ServeError::Journal(error)),
        Err(error) => Err(ServeError::Generation {
            company: generation.company.clone(),
            number,
            because: error.to_string(),
        }),
    }
}
