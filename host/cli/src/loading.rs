//! From a directory on the command line to a plugin that decides.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use patchbay_engine::cache::AotCache;
use patchbay_engine::config::EngineSettings;
use patchbay_engine::engine::Engine;
use patchbay_engine::pipeline::Pipelines;
use patchbay_engine::plugin::{Plugin, PluginSpec};
use patchbay_generation::assemble::{Assembler, Rejected};
use patchbay_generation::{Generation, Publishers};
use patchbay_model::decision::stage::Stage;
use patchbay_model::desk::DeskRules;
use patchbay_model::directory::Directory;
use patchbay_model::limits::{Limits, LimitsFile};
use patchbay_model::on_failure::OnFailure;
use patchbay_model::record::RecordRules;
use patchbay_model::situation::Surroundings;
use patchbay_pack::build::{BuildError, BuildOptions};
use patchbay_pack::source::{Pack, PackError, SourceError};
use serde_json::Value;

use crate::args::{BuildFlags, WithFlags};
use crate::exit::{Exit, Failure, io};

/// How the flags say to build.
pub(crate) fn build_options(flags: &BuildFlags) -> BuildOptions {
    BuildOptions {
        offline: flags.offline,
        quiet: false,
    }
}

/// Read a pack, building it where it is a directory.
pub(crate) fn open_pack(path: &Path, flags: &BuildFlags) -> Result<Pack, Failure> {
    Pack::open(path, &build_options(flags)).map_err(pack_failure)
}

/// A pack error with the exit code that fits, pointing at lines.
pub(crate) fn pack_failure(error: PackError) -> Failure {
    match error {
        PackError::Source(source) | PackError::Build(BuildError::Source(source)) => {
            source_failure(source)
        }
        PackError::Build(error @ BuildError::Toolchain(_)) => Failure::new(Exit::Machine, error),
        PackError::Build(error) => Failure::new(Exit::Pack, error),
    }
}

fn source_failure(error: SourceError) -> Failure {
    match error {
        SourceError::Manifest {
            path,
            text,
            problem,
        } => Failure::located(
            Exit::Pack,
            &path.display().to_string(),
            &text,
            vec![problem],
        ),
        SourceError::Io { path, error } => Failure::advised(
            Exit::Pack,
            format!("cannot read {}: {error}", path.display()),
            "give a pack directory (with pack.toml) or a component file (.wasm)",
        ),
        other => Failure::new(Exit::Pack, other),
    }
}

/// Everything wrong with a company file, pointing at its lines.
pub(crate) fn rejected(rejected: Rejected) -> Failure {
    // One that is not there is no wrong file, whichever it is.
    if let Err(error) = std::fs::read(&rejected.path) {
        return io(&rejected.path)(error);
    }
    let path = rejected.path.display().to_string();
    Failure::located(Exit::NotRight, &path, &rejected.text, rejected.problems)
}

/// The cache of compiled components; without one everything works, slower.
pub(crate) fn cache() -> Option<AotCache> {
    let (directory, key) = AotCache::usual_places()?;
    match AotCache::open(&directory, &key) {
        Ok(cache) => Some(cache),
        Err(error) => {
            tracing::warn!(%error, "compiled components are not cached");
            None
        }
    }
}

/// A serving engine for as many threads.
pub(crate) fn serving_engine(threads: usize) -> Result<Engine, Failure> {
    let settings = EngineSettings {
        made_ahead: (threads as u32).max(1) * 2,
        ..EngineSettings::default()
    };
    Engine::serving(settings, cache()).map_err(|error| Failure::new(Exit::Machine, error))
}

/// What a pack is tried with on the command line.
pub(crate) struct Trial<'a> {
    /// The pack.
    pub(crate) pack: &'a Pack,
    /// Where it was read from.
    pub(crate) path: &'a Path,
    /// Company or settings.
    pub(crate) with: &'a WithFlags,
    /// Decisions an instance makes; a company file says so itself.
    pub(crate) reuse: u32,
    /// How a company's other packs are built.
    pub(crate) build: &'a BuildFlags,
}

impl Trial<'_> {
    /// Something that decides: the company's setup, or the pack alone with its
    /// settings.
    pub(crate) fn setup(&self, engine: &Engine) -> Result<Generation, Failure> {
        match &self.with.company {
            Some(file) => of_company(engine, file, self),
            None => alone(engine, self),
        }
    }
}

fn of_company(engine: &Engine, file: &Path, trial: &Trial<'_>) -> Result<Generation, Failure> {
    let beside = trial
        .path
        .parent()
        .filter(|parent| parent.is_dir() && !parent.as_os_str().is_empty());
    let packs: Vec<PathBuf> = beside
        .map(Path::to_owned)
        .into_iter()
        .chain([trial.path.to_owned()])
        .collect();
    let assembler = Assembler::new(engine.clone(), packs, build_options(trial.build));
    let built = assembler.build(file, 0).map_err(rejected)?;
    Ok(built.generation)
}

fn alone(engine: &Engine, trial: &Trial<'_>) -> Result<Generation, Failure> {
    let pack = trial.pack;
    let plugin = Arc::new(activate(engine, trial)?);
    let queue = serde_json::json!({"id": "general", "default": true});
    let directory = serde_json::from_value(queue)
        .ok()
        .and_then(|queue| Directory::new(Vec::new(), vec![queue]).ok())
        .unwrap_or_default();
    let mut pipelines = Pipelines::new("general");
    for stage in Stage::ALL
        .into_iter()
        .filter(|stage| plugin.decides(*stage))
    {
        pipelines.push(stage, Arc::clone(&plugin));
    }
    Ok(Generation {
        number: 0,
        company: pack.name.clone(),
        pipelines,
        queues: BTreeMap::new(),
        desk: DeskRules::default(),
        record: RecordRules::default(),
        publishers: Publishers::default(),
        targets: BTreeMap::new(),
        surroundings: Arc::new(Surroundings::of(directory)),
        state_from: BTreeMap::new(),
        moved: BTreeMap::new(),
        warnings: Vec::new(),
    })
}

/// Activate a pack with the settings of the command line.
fn activate(engine: &Engine, trial: &Trial<'_>) -> Result<Plugin, Failure> {
    let pack = trial.pack;
    let given = match &trial.with.settings {
        None => Value::Object(Default::default()),
        Some(text) if text.trim_start().starts_with('{') => parse_settings(text, "--settings")?,
        Some(path) => {
            let path = Path::new(path);
            let text = std::fs::read_to_string(path).map_err(io(path))?;
            parse_settings(&text, &path.display().to_string())?
        }
    };
    let settings = pack.complete_settings(given).map_err(|problems| {
        let texts: Vec<_> = problems
            .iter()
            .map(|problem| format!("  {problem}"))
            .collect();
        Failure::advised(
            Exit::NotRight,
            format!(
                "the settings do not fit the schema of {}:\n{}",
                pack.name,
                texts.join("\n")
            ),
            "give them with --settings, or --company",
        )
    })?;
    let ceiling = &engine.settings().ceiling;
    let limits =
        Limits::resolve(ceiling, &pack.limits, &LimitsFile::default()).map_err(|above| {
            let texts: Vec<_> = above.iter().map(ToString::to_string).collect();
            Failure::new(Exit::Pack, texts.join("; "))
        })?;
    let spec = PluginSpec {
        name: pack.name.clone(),
        pack: pack.name.clone(),
        version: pack.version.to_string(),
        component: pack.component.clone(),
        settings,
        grants: pack.needs.clone(),
        limits,
        state_version: pack.state_version,
        reuse: trial.reuse,
        on_failure: OnFailure::default(),
    };
    Plugin::activate(engine, spec)
        .map_err(|error| Failure::new(Exit::Pack, format!("{}: {error}", pack.name)))
}

fn parse_settings(text: &str, source: &str) -> Result<Value, Failure> {
    serde_json::from_str(text)
        .map_err(|error| Failure::new(Exit::NotRight, format!("{source}: {error}")))
}
