//! From a settings file to something that can be bound: the engine, and every
//! company's generation.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use patchbay_engine::cache::AotCache;
use patchbay_engine::engine::{Engine, EngineError};
use patchbay_generation::Generation;
use patchbay_generation::assemble::{Assembler, Rejected};
use patchbay_pack::build::BuildOptions;
use thiserror::Error;

use crate::serve::{BoundServer, ServeError, Server};
use crate::settings::ServerSettings;

/// Why nothing was loaded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The settings file is wrong.
    #[error("{0}")]
    Settings(Rejected),
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
#[derive(Debug)]
pub struct Loaded {
    /// The settings.
    pub settings: ServerSettings,
    /// The engine all companies share.
    pub engine: Engine,
    /// One generation, number 1, for each company file.
    pub generations: Vec<Generation>,
}

/// Read a settings file, start the engine, and build every company's
/// generation. It compiles, and may build packs: seconds of work, so keep it
/// off a runtime's threads.
///
/// # Errors
/// [`LoadError`] with everything that is wrong, not only the first.
pub fn load(
    path: &Path,
    cache: Option<AotCache>,
    build: BuildOptions,
) -> Result<Loaded, LoadError> {
    let settings = ServerSettings::read(path).map_err(LoadError::Settings)?;
    Loaded::from_settings(settings, cache, build)
}

impl Loaded {
    /// The same, with settings that are at hand.
    ///
    /// # Errors
    /// [`LoadError`] with everything that is wrong, not only the first.
    pub fn from_settings(
        settings: ServerSettings,
        cache: Option<AotCache>,
        build: BuildOptions,
    ) -> Result<Loaded, LoadError> {
        let engine = Engine::serving(settings.engine.clone(), cache)?;
        let assembler = Assembler::new(engine.clone(), settings.packs.clone(), build);
        let mut generations = Vec::new();
        let mut rejected = Vec::new();
        let mut files: BTreeMap<String, &PathBuf> = BTreeMap::new();
        for path in &settings.companies {
            let generation = match assembler.build(path, 1) {
                Ok(generation) => generation,
                Err(wrong) => {
                    rejected.push(wrong);
                    continue;
                }
            };
            for warning in &generation.warnings {
                tracing::warn!(company = generation.company, "{warning}");
            }
            if let Some(first) = files.insert(generation.company.clone(), path) {
                return Err(LoadError::Twice {
                    company: generation.company,
                    first: first.clone(),
                    second: path.clone(),
                });
            }
            generations.push(generation);
        }
        match rejected.is_empty() {
            true => Ok(Loaded {
                settings,
                engine,
                generations,
            }),
            false => Err(LoadError::Companies(rejected)),
        }
    }

    /// Take the address of the settings.
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn bind(self) -> Result<BoundServer, ServeError> {
        Server::bind(&self.settings, self.generations, self.engine).await
    }
}
