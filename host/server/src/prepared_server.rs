//! Prepares a server from its settings: the engine, and the generation of every
//! company file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use patchbay_config::file_problem::FileProblem;
use patchbay_engine::cache::AotCache;
use patchbay_engine::engine::{Engine, EngineError};
use patchbay_generations::assemble::{AssembledGeneration, Assembler, InvalidFile};
use patchbay_http::parallel;
use patchbay_pack_build::BuildOptions;
use patchbay_settings::{NOT_A_COMPANY_FILE, ServerSettings};
use thiserror::Error;

use crate::serve::BoundServer;
use crate::serve_error::ServeError;
use crate::startup::Server;

/// Why a server cannot be prepared.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// Company files are invalid: each, with every problem.
    #[error("{}", lines(.0))]
    Companies(Vec<InvalidFile>),
    /// Two files define one company.
    #[error("{} and {} both define company {company:?}; remove one of them", first.display(), second.display())]
    Twice {
        /// Name of the company.
        company: String,
        /// The first file.
        first: PathBuf,
        /// The second file.
        second: PathBuf,
    },
    /// The limit of the address space leaves no room for instances.
    #[error(
        "the address space is limited to {} MiB; the server needs {} MiB to decide, which is not memory; raise `ulimit -v` to {} or more",
        .limit >> 20, .least.div_ceil(1 << 20), .least.div_ceil(1 << 10)
    )]
    AddressSpace {
        /// The limit, in bytes.
        limit: u64,
        /// Least bytes with which it decides.
        least: u64,
    },
    /// The engine cannot start.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

fn lines(all: &[InvalidFile]) -> String {
    let all: Vec<_> = all.iter().map(ToString::to_string).collect();
    all.join("\n")
}

/// A server that is ready to be bound.
pub struct PreparedServer {
    /// The settings.
    pub settings: ServerSettings,
    /// Builds the companies' generations.
    pub assembler: Assembler,
    /// The generation of each company file.
    pub companies: Vec<AssembledGeneration>,
    /// Invalid company files. A company with a stored generation keeps that.
    pub rejected: Vec<InvalidFile>,
}

impl PreparedServer {
    /// Start the engine and build the generation of every company file. Blocks
    /// for seconds: it compiles components and may build packs.
    ///
    /// # Errors
    /// [`PrepareError`]. With a journal, invalid company files are no error
    /// yet: see [`PreparedServer::rejected`].
    pub fn prepare(
        settings: ServerSettings,
        cache: Option<AotCache>,
        build: BuildOptions,
    ) -> Result<PreparedServer, PrepareError> {
        let engine = Engine::serving(settings.engine.clone(), cache)?;
        let need = engine.address_need();
        if let Some(limit) = need.limit.filter(|_| !need.is_met()) {
            let least = need.least;
            return Err(PrepareError::AddressSpace { limit, least });
        }
        let assembler = Assembler::new(engine, settings.packs.clone(), build)
            .with_bounds(settings.bounds.clone())
            .with_trust(settings.trust.clone())
            .with_store(settings.store.clone());
        let mut companies = Vec::new();
        let mut rejected = Vec::new();
        let mut files: BTreeMap<String, PathBuf> = BTreeMap::new();
        let paths = settings.company_files();
        rejected.extend(paths.ignored().filter(|_| settings.journal.is_none()));
        for path in &paths.unused {
            tracing::warn!(file = %path.display(), "{NOT_A_COMPANY_FILE}");
        }
        let all = parallel::map(paths.used, |path| {
            let built = assembler.build(&path, 1);
            (path, built)
        });
        for (path, built) in all {
            let built = match built {
                Ok(built) => built,
                Err(wrong) => {
                    for warning in &wrong.warnings {
                        tracing::warn!(file = %wrong.path.display(), "{warning}");
                    }
                    rejected.push(wrong);
                    continue;
                }
            };
            let generation = &built.generation;
            let warnings = generation.warnings.iter().cloned();
            for warning in warnings.chain(generation.secret_warnings()) {
                tracing::warn!(company = generation.company, "{warning}");
            }
            let company = generation.company.clone();
            let Some(first) = files.get(&company).cloned() else {
                files.insert(company, path);
                companies.push(built);
                continue;
            };
            let twice = PrepareError::Twice {
                company,
                first,
                second: path.clone(),
            };
            if settings.journal.is_none() {
                return Err(twice);
            }
            // The first file decides; the other is as good as invalid.
            let problem = FileProblem::whole(twice.to_string());
            rejected.push(InvalidFile::of_problem(
                path,
                built.source.document,
                problem,
            ));
        }
        let prepared = PreparedServer {
            settings,
            assembler,
            companies,
            rejected,
        };
        match prepared.settings.journal {
            None => prepared.require_valid_files(),
            Some(_) => Ok(prepared),
        }
    }

    /// An error if a company file is invalid.
    ///
    /// # Errors
    /// [`PrepareError::Companies`], with every problem.
    pub fn require_valid_files(self) -> Result<PreparedServer, PrepareError> {
        match self.rejected.is_empty() {
            true => Ok(self),
            false => Err(PrepareError::Companies(self.rejected)),
        }
    }

    /// Bind the address of the settings.
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn bind(self) -> Result<BoundServer, ServeError> {
        let (settings, rejected) = (&self.settings, self.rejected);
        Server::bind_with_rejected(settings, self.companies, rejected, self.assembler).await
    }
}
