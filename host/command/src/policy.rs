//! From a pack or company file on the command line to a generation that decides.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use patchbay_config::document_kind::DocumentKind;
use patchbay_engine::engine::Engine;
use patchbay_engine::pipeline::Pipelines;
use patchbay_engine::plugin::{Plugin, PluginSpec};
use patchbay_generations::assemble::{Assembler, InvalidFile};
use patchbay_generations::{Generation, Publishers};
use patchbay_model::decision::stage::Stage;
use patchbay_model::desk::DeskRules;
use patchbay_model::directory::Directory;
use patchbay_model::limits::{Limits, LimitsFile};
use patchbay_model::on_failure::OnFailure;
use patchbay_model::record::RecordRules;
use patchbay_model::situation::Surroundings;
use patchbay_pack::manifest::FILE_NAME;
use patchbay_pack::regular_file::{MOST_BYTES, read_bytes, read_text};
use patchbay_pack::store::PackStore;
use patchbay_pack::{Pack, SourceError};
use patchbay_pack_build::{BuildError, BuildOptions, PackError};
use patchbay_pack_cases::sandbox_advice;
use serde_json::Value;

use crate::args::{BuildFlags, PolicyFlags};
use crate::exit::{Exit, Failure, io};
use crate::output;

/// How a pack is built, by the flags.
pub fn build_options(flags: &BuildFlags) -> BuildOptions {
    BuildOptions {
        offline: flags.offline,
        ..BuildOptions::default()
    }
}

/// Open a pack; a directory is built first.
pub fn open_pack(path: &Path, flags: &BuildFlags) -> Result<Pack, Failure> {
    let pack = patchbay_pack_build::open_pack(path, &build_options(flags)).map_err(pack_failure)?;
    warn_of_unused(&pack.unused);
    Ok(pack)
}

/// Warnings of files that are not used although their author may believe so.
pub fn warn_of_unused(unused: &[String]) {
    for file in unused {
        output::note(format!("warning: {file}"));
    }
}

/// A pack error with its exit code, pointing at lines of pack.toml.
pub fn pack_failure(error: PackError) -> Failure {
    match error {
        PackError::Source(source) | PackError::Build(BuildError::Source(source)) => {
            source_failure(source)
        }
        error @ (PackError::File { .. } | PackError::Sources(_)) => Failure::new(Exit::Pack, error),
        PackError::Build(error @ (BuildError::Toolchain(_) | BuildError::Write { .. })) => {
            Failure::new(Exit::Machine, error)
        }
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
            vec![*problem],
        ),
        SourceError::Io { path, error } => {
            let problem = not_a_pack_directory(&path);
            let problem =
                problem.unwrap_or_else(|| format!("cannot read {}: {error}", path.display()));
            let help = "name a pack directory (with pack.toml) or a component file (.wasm)";
            Failure::advised(Exit::Pack, problem, help)
        }
        other => Failure::new(Exit::Pack, other),
    }
}

/// Why a directory whose `pack.toml` cannot be read is no directory of a pack, if the directory
/// itself is the reason.
fn not_a_pack_directory(manifest: &Path) -> Option<String> {
    let directory = manifest
        .parent()
        .filter(|_| manifest.ends_with(FILE_NAME))?;
    let directory = match directory.as_os_str().is_empty() {
        true => Path::new("."),
        false => directory,
    };
    let name = directory.display();
    if directory.is_file() {
        let text = read_text(directory, MOST_BYTES).unwrap_or_default();
        let kind = DocumentKind::Pack.mistaken(&text);
        let kind = kind.map_or_else(String::new, |kind| format!(": {}", kind.message));
        return Some(format!(
            "{name} is a file, not the directory of a pack{kind}"
        ));
    }
    match directory.is_dir() {
        false => Some(format!("{name} does not exist")),
        true if !manifest.exists() => Some(format!(
            "{name} has no {FILE_NAME}, so it is not the directory of a pack"
        )),
        true => None,
    }
}

/// An error if a path is not the directory of a pack.
pub fn check_pack_directory(directory: &Path) -> Result<(), Failure> {
    match directory.is_file() {
        false => Ok(()),
        true => Err(Failure::advised(
            Exit::Pack,
            not_a_pack_directory(&directory.join(FILE_NAME)).unwrap_or_default(),
            "name a pack directory (with pack.toml)",
        )),
    }
}

/// All problems of a settings or company file, pointing at its lines.
pub fn rejected(rejected: InvalidFile) -> Failure {
    // A file that is missing or cannot be read is an error of the machine.
    if let Err(error) = read_bytes(&rejected.path, MOST_BYTES) {
        return io(&rejected.path)(error);
    }
    located(Exit::NotRight, rejected)
}

/// The problems of a file that was read, pointing at its lines.
pub fn located(exit: Exit, file: InvalidFile) -> Failure {
    let path = file.path.display().to_string();
    Failure::located(exit, &path, &file.text, file.problems)
}

/// What decides: a pack with settings, or a company's pipelines.
pub struct Policy<'a> {
    /// The pack.
    pub pack: &'a Pack,
    /// Where the pack was opened.
    pub path: &'a Path,
    /// What the command line says of the company around it.
    pub flags: &'a PolicyFlags,
    /// Decisions per instance; a company file has its own value.
    pub reuse: u32,
    /// How it is built.
    pub build: &'a BuildFlags,
}

impl Policy<'_> {
    /// Build the company's generation, or one of the pack alone.
    pub fn generation(&self, engine: &Engine) -> Result<Generation, Failure> {
        let Some(file) = &self.flags.company else {
            return pack_alone(engine, self);
        };
        let beside = self.path.parent().filter(|parent| parent.is_dir());
        let packs = beside.into_iter().chain([self.path]).map(Path::to_owned);
        let assembler = Assembler::new(engine.clone(), packs.collect(), build_options(self.build))
            .with_store(PackStore::of_user());
        Ok(assembler.build(file, 0).map_err(rejected)?.generation)
    }
}

fn pack_alone(engine: &Engine, policy: &Policy<'_>) -> Result<Generation, Failure> {
    let pack = policy.pack;
    let plugin = Arc::new(activate(engine, policy)?);
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
        connections: Vec::new(),
        number: 0,
        company: pack.name.clone(),
        pipelines,
        queues: BTreeMap::new(),
        desk: DeskRules::default(),
        record: RecordRules::default(),
        channels: BTreeSet::new(),
        transcribe: None,
        templates: Default::default(),
        publishers: Publishers::default(),
        targets: BTreeMap::new(),
        surroundings: Arc::new(Surroundings::of(directory)),
        state_from: BTreeMap::new(),
        moved: BTreeMap::new(),
        warnings: Vec::new(),
    })
}

/// Activate a pack with the settings of the command line.
fn activate(engine: &Engine, policy: &Policy<'_>) -> Result<Plugin, Failure> {
    let pack = policy.pack;
    let given = match &policy.flags.settings {
        None => Value::Object(Default::default()),
        Some(text) if text.trim_start().starts_with('{') => parse_settings(text, "--settings")?,
        Some(path) => {
            let path = Path::new(path);
            let text = read_text(path, MOST_BYTES).map_err(io(path))?;
            parse_settings(&text, &path.display().to_string())?
        }
    };
    let settings = pack.complete_settings(given).map_err(|problems| {
        let problems = problems.iter().map(|problem| format!("\n  {problem}"));
        Failure::advised(
            Exit::NotRight,
            format!(
                "the settings do not match the schema of {}:{}",
                pack.name,
                problems.collect::<String>()
            ),
            "give valid settings with --settings or --company",
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
        data: pack.data.clone(),
        grants: pack.needs.clone(),
        limits,
        state_version: pack.state_version,
        reuse: policy.reuse,
        on_failure: OnFailure::default(),
    };
    Plugin::activate(engine, spec).map_err(|error| {
        let message = format!("{}: {error}", pack.name);
        let help = sandbox_advice([message.as_str()]);
        Failure::with_help(Exit::Pack, message, help)
    })
}

fn parse_settings(text: &str, source: &str) -> Result<Value, Failure> {
    serde_json::from_str(text)
        .map_err(|error| Failure::new(Exit::NotRight, format!("{source}: {error}")))
}
