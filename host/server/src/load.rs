//! From a settings file to something that can be bound: the engine, and every
//! company's generation.

use std::collections::BTreeMap;
use std::path::PathBuf;

use patchbay_engine::cache::AotCache;
use patchbay_engine::engine::{Engine, EngineError};
use patchbay_generation::assemble::{Assembler, Built, Rejected};
use patchbay_pack::build::BuildOptions;
use thiserror::Error;

use crate::serve::{BoundServer, ServeError, Server};
use crate::settings::ServerSettings;

/// Why nothing was loaded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// Company files are wrong: each of them, with everything wrong in it.
    #[error("{}", lines(.0))]
    Companies(Vec<Rejected>),
    /// Two files are about one company.
    #[error("{} and {} both define company {company:?}; take one out", first.display(), second.display())]
    Twice {
        /// Name of the company.
        company: String,
        /// The file named first.
        first: PathBuf,
        /// The file named later.
        second: PathBuf,
    },
    /// The engine cannot start.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

fn lines(all: &[Rejected]) -> String {
    let all: Vec<_> = all.iter().map(ToString::to_string).collect();
    all.join("\n")
}

/// Everything a server needs, ready to be bound.
pub struct Loaded {
    /// The settings.
    pub settings: ServerSettings,
    /// What builds the companies' setups.
    pub assembler: Assembler,
    /// The setup of each company file.
    pub companies: Vec<Built>,
    /// Company files that are wrong. A company that decides by a setup the
    /// journal keeps goes on with that.
    pub rejected: Vec<Rejected>,
}

impl Loaded {
    /// Start the engine, and build the setup of every company file. It
    /// compiles, and may build packs: seconds of work, so keep it off a
    /// runtime's threads.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn from_settings(
        settings: ServerSettings,
        cache: Option<AotCache>,
        build: BuildOptions,
    ) -> Result<Loaded, LoadError> {
        let engine = Engine::serving(settings.engine.clone(), cache)?;
        let assembler = Assembler::new(engine, settings.packs.clone(), build);
        let mut companies = Vec::new();
        let mut rejected = Vec::new();
        let mut files: BTreeMap<String, PathBuf> = BTreeMap::new();
        for path in &settings.company_files() {
            let built = match assembler.build(path, 1) {
                Ok(built) => built,
                Err(wrong) => {
                    rejected.push(wrong);
                    continue;
                }
            };
            let generation = &built.generation;
            for warning in &generation.warnings {
                tracing::warn!(company = generation.company, "{warning}");
            }
            if let Some(first) = files.insert(generation.company.clone(), path.clone()) {
                return Err(LoadError::Twice {
                    company: generation.company.clone(),
                    first,
                    second: path.clone(),
                });
            }
            companies.push(built);
        }
        let loaded = Loaded {
            settings,
            assembler,
            companies,
            rejected,
        };
        match loaded.settings.journal {
            None => loaded.all_right(),
            Some(_) => Ok(loaded),
        }
    }

    /// The same, if no company file is wrong.
    ///
    /// # Errors
    /// [`LoadError::Companies`], with everything that is wrong.
    pub fn all_right(self) -> Result<Loaded, LoadError> {
        match self.rejected.is_empty() {
            true => Ok(self),
            false => Err(LoadError::Companies(self.rejected)),
        }
    }

    /// Take the address of the settings.
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn bind(self) -> Result<BoundServer, ServeError> {
        Server::start(
            &self.settings,
            self.companies,
            self.rejected,
            self.assembler,
        )
        .await
    }
}
