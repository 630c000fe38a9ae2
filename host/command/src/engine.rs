//! The engine that runs plugins, and its cache of compiled components.

use patchbay_engine::cache::AotCache;
use patchbay_engine::config::EngineSettings;
use patchbay_engine::engine::Engine;

use crate::exit::Failure;

/// Most threads that decide: the engine's slots for running decisions.
const MOST_JOBS: usize = 64;

/// The cache of compiled components. Without one, every start compiles again.
pub fn cache() -> Option<AotCache> {
    let (directory, key) = AotCache::default_paths()?;
    match AotCache::open(&directory, &key) {
        Ok(cache) => Some(cache),
        Err(error) => {
            tracing::warn!(%error, "compiled components are not cached");
            None
        }
    }
}

/// Threads for a `--jobs` flag; 0: one for each core.
pub fn threads(jobs: usize) -> usize {
    match jobs {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        jobs => jobs,
    }
    .min(MOST_JOBS)
}

/// An engine with default settings for so many threads.
pub fn serving_engine(threads: usize) -> Result<Engine, Failure> {
    serving_engine_with(EngineSettings::default(), threads)
}

/// An engine for so many threads, with two instances prepared for each.
pub fn serving_engine_with(settings: EngineSettings, threads: usize) -> Result<Engine, Failure> {
    let settings = EngineSettings {
        made_ahead: (threads as u32).max(1) * 2,
        ..settings
    };
    Engine::serving(settings, cache()).map_err(Failure::machine)
}
