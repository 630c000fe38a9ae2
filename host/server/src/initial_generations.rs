//! The generation of every company when the server starts. A stored generation
//! takes precedence over the company file, which only creates a company.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_events::ActivationCause;
use patchbay_generations::Generation;
use patchbay_generations::activation::{ActivateError, Change};
use patchbay_generations::assemble::difference::is_same;
use patchbay_generations::assemble::{AssembledGeneration, InvalidFile};
use patchbay_generations::service::{ChangeError, GenerationService};
use patchbay_http::parallel;
use patchbay_journal::{ActiveGeneration, CompanyId, Journal};
use patchbay_watcher::company_of_file;

use crate::serve_error::ServeError;

/// The generations that the companies start with.
pub(crate) struct InitialGenerations {
    pub(crate) ready: Vec<Arc<Generation>>,
    pub(crate) unready: Vec<UnreadyCompany>,
    /// Invalid files that name no company.
    pub(crate) strays: Vec<InvalidFile>,
}

/// A company that no generation can be built for.
pub(crate) struct UnreadyCompany {
    /// Absent for a company that was never created: its file is invalid.
    pub(crate) id: Option<CompanyId>,
    pub(crate) name: String,
    pub(crate) reason: String,
}

impl InitialGenerations {
    /// Builds the active generation of every company in the journal, and
    /// creates the companies of the other files. If one cannot be built, its
    /// company is unready; with `strict` that is an error. Blocks.
    ///
    /// # Errors
    /// [`ServeError`]; also where every file is invalid and the journal has no
    /// company.
    pub(crate) fn build(
        journal: &dyn Journal,
        service: &GenerationService,
        files: Vec<AssembledGeneration>,
        rejected: Vec<InvalidFile>,
        strict: bool,
    ) -> Result<InitialGenerations, ServeError> {
        let mut ready = Vec::new();
        let mut unready = Vec::new();
        let mut files: BTreeMap<String, AssembledGeneration> = files
            .into_iter()
            .map(|file| (file.generation.company.clone(), file))
            .collect();
        let stored = journal.active_generations()?;
        let stored: Vec<_> = stored
            .into_iter()
            .map(|active| {
                let file = files.remove(&active.name);
                (active, file)
            })
            .collect();
        let loaded = parallel::map(stored, |(active, file)| {
            let loaded = load(journal, service, &active, file);
            (active, loaded)
        });
        for (active, loaded) in loaded {
            match loaded {
                Ok(generation) => ready.push(Arc::new(generation)),
                Err(error) => unready.push(unready_company(active, reasons(error), strict)?),
            }
        }
        let files = files.into_values().collect();
        for created in parallel::map_waiting(files, |file| create_company(journal, file)) {
            ready.push(created?);
        }
        let known: BTreeSet<_> = ready
            .iter()
            .map(|generation| generation.company.clone())
            .chain(unready.iter().map(|company| company.name.clone()))
            .collect();
        // A stored generation, or another file, decides for the company.
        let is_known = |file: &InvalidFile| {
            company_of_file(&file.text).is_some_and(|company| known.contains(&company))
        };
        let (superseded, without_company): (Vec<_>, Vec<_>) =
            rejected.into_iter().partition(is_known);
        for file in superseded {
            let company = company_of_file(&file.text);
            tracing::warn!(
                company,
                "invalid company file; the company's generation stays active: {file}"
            );
        }
        if !without_company.is_empty() && (strict || known.is_empty()) {
            return Err(ServeError::Companies(without_company));
        }
        let mut strays = Vec::new();
        for file in without_company {
            let company = company_of_file(&file.text);
            tracing::error!(
                company,
                "the company file is invalid; its company is not served until you correct the file and apply it with `patchbay apply --new`: {file}"
            );
            match company {
                Some(name) => unready.push(UnreadyCompany {
                    id: None,
                    name,
                    reason: format!("its file is invalid: {}", first_problem(&file)),
                }),
                None => strays.push(file),
            }
        }
        ready.sort_by(|one, other| one.company.cmp(&other.company));
        Ok(InitialGenerations {
            ready,
            unready,
            strays,
        })
    }
}

/// The active generation of a company: that of its file where it is the same, so
/// that companies of the same pack share it, else as it is stored.
fn load(
    journal: &dyn Journal,
    service: &GenerationService,
    active: &ActiveGeneration,
    file: Option<AssembledGeneration>,
) -> Result<Generation, ChangeError> {
    let (company, number) = (active.company, active.number);
    let Some(file) = file else {
        return service.store().load_activated(company, number);
    };
    let stored = journal.generation(company, number)?;
    let document = file.source.document();
    let is_of_file = |digest: [u8; 32]| {
        let stored = || service.store().document(company, number);
        digest == document.digest().bytes()
            || stored().is_ok_and(|stored| is_same(&stored, &document))
    };
    match stored {
        Some((row, _)) if is_of_file(row.digest) => {
            let mut generation = file.generation;
            generation.number = number;
            generation.moved.extend(row.moved);
            Ok(generation)
        }
        _ => {
            tracing::warn!(
                company = active.name,
                generation = number,
                "the company file differs from the active generation; `patchbay apply` activates it"
            );
            service.store().load_activated(company, number)
        }
    }
}

/// A company whose active generation cannot be built; an error with `strict`.
fn unready_company(
    active: ActiveGeneration,
    because: String,
    strict: bool,
) -> Result<UnreadyCompany, ServeError> {
    let ActiveGeneration {
        company: id,
        name,
        number,
        ..
    } = active;
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
    Ok(UnreadyCompany {
        id: Some(id),
        name,
        reason: format!("generation {number} cannot be built: {because}"),
    })
}

/// The first problem of a file.
fn first_problem(file: &InvalidFile) -> String {
    let message = file.problems.first().map(|problem| problem.message.clone());
    message.unwrap_or_else(|| "it cannot be read".to_owned())
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
        new: Some(source.to_untested_generation(number, "start", now)),
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
