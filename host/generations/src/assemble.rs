//! Builds a generation from a company file: find the packs, check settings and
//! references, compile the plugins.

pub mod cases;
mod connections;
mod data;
pub mod difference;
mod findings;
mod invalid_file;
mod knowledge;
mod parts;
mod reserved_phones;
mod secrets;
mod setting_secrets;
mod settings_upgrade;
pub mod source;
mod trust;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use patchbay_company::{Articles, CompanyFile, PartialCompanyFile, SettingsPlaces};
use patchbay_config::bound::BoundSettings;
use patchbay_config::file_problem::FileProblem;
use patchbay_engine::CancelSignal;
use patchbay_engine::component::Digest;
use patchbay_engine::engine::Engine;
use patchbay_engine::plugin::Plugin;
use patchbay_model::directory::Directory;
use patchbay_model::situation::Surroundings;
use patchbay_pack::source::{LocatedPack, PackPlaces, locate};
use patchbay_pack::store::PackStore;
use patchbay_pack::trust::TrustSource;
use patchbay_pack::{Pack, SourceError};
use patchbay_pack_build::{BuildOptions, open_pack};

use crate::{Generation, QueueSettings};

use cases::{CasesInterrupted, PassedPacks};
use connections::{check_connections, located_connections};
use data::NamedData;
use parts::{check_references, pipelines, plugin, publishers, surroundings, templates};
use secrets::targets;
use settings_upgrade::UsedPack;
use source::Source;

pub(crate) use data::complete as complete_data;
pub use findings::Findings;
pub use invalid_file::InvalidFile;
pub(crate) use secrets::{check_secrets, connection_warning, delivery_warning};
pub(crate) use setting_secrets::forbidden_secrets;
pub(crate) use settings_upgrade::ActivePacks;

pub use trust::UntrustedPack;
pub(crate) use trust::untrusted_in_document;

/// A generation, and its source.
#[derive(Debug)]
pub struct AssembledGeneration {
    /// The generation.
    pub generation: Generation,
    /// Everything it was built from.
    pub source: Source,
}

/// Builds generations. Caches packs: each is read and built once.
pub struct Assembler {
    engine: Engine,
    places: PackPlaces,
    build: BuildOptions,
    packs: Mutex<HashMap<PathBuf, Arc<Pack>>>,
    passed: PassedPacks,
    bounds: BoundSettings,
    trust: TrustSource,
}

impl Assembler {
    /// An assembler that finds packs by name in these directories.
    pub fn new(engine: Engine, pack_directories: Vec<PathBuf>, build: BuildOptions) -> Assembler {
        Assembler {
            engine,
            places: PackPlaces {
                directories: pack_directories,
                store: None,
            },
            build,
            packs: Mutex::default(),
            passed: PassedPacks::default(),
            bounds: BoundSettings::default(),
            trust: TrustSource::default(),
        }
    }

    /// Set the limits of settings and generations. Default: those of the table.
    #[must_use]
    pub fn with_bounds(self, bounds: BoundSettings) -> Assembler {
        Assembler { bounds, ..self }
    }

    /// Also find packs in a store of those that were pulled from registries. Default: none.
    #[must_use]
    pub fn with_store(mut self, store: Option<PackStore>) -> Assembler {
        self.places.store = store;
        self
    }

    /// The limits of settings and generations.
    pub fn bounds(&self) -> &BoundSettings {
        &self.bounds
    }

    /// Use `pack` wherever a company file names `path`.
    pub fn insert_pack(&self, path: &Path, pack: Pack) {
        self.packs.lock().insert(canonical(path), Arc::new(pack));
    }

    /// Paths of the packs, data and articles a company file names, as far as they
    /// exist.
    pub fn referenced_paths(&self, text: &str, directory: &Path) -> Vec<PathBuf> {
        let Ok(file) = CompanyFile::parse(text) else {
            return Vec::new();
        };
        let packs = file.plugin.values();
        let packs = packs.filter_map(|entry| {
            let found = self.locate(entry.pack.get_ref(), directory);
            Some(found.ok()?.path)
        });
        let articles = file.knowledge.iter().filter_map(|entry| {
            let Articles::Directory(path) = entry.articles.get_ref() else {
                return None;
            };
            Some(directory.join(path))
        });
        let data = file.plugin.values().flat_map(|entry| entry.data.values());
        let data = data.filter_map(|named| match NamedData::read(named.get_ref()) {
            Ok(NamedData::File(path)) => Some(directory.join(path)),
            Ok(NamedData::Digest(_)) | Err(_) => None,
        });
        packs.chain(articles).chain(data).collect()
    }

    /// Drop the packs at these paths from the cache.
    pub fn forget_packs(&self, paths: &[PathBuf]) {
        let mut packs = self.packs.lock();
        for path in paths {
            packs.remove(&canonical(path));
        }
    }

    /// The engine the plugins run on.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Build a generation from a company file.
    pub fn build(&self, path: &Path, number: u64) -> Result<AssembledGeneration, InvalidFile> {
        let text = InvalidFile::read(path)?;
        self.build_text(&text, parent(path), number)
            .map_err(|findings| InvalidFile::new(path, text, findings))
    }

    /// Build a generation from the text of a company file; relative paths in it
    /// start at `directory`.
    pub fn build_text(
        &self,
        text: &str,
        directory: &Path,
        number: u64,
    ) -> Result<AssembledGeneration, Findings> {
        let reading = CompanyFile::read(text)?;
        let (source, mut missing) = self.gather(&reading.file, text, directory);
        let untrusted = self.untrusted_in(&reading.file, &source);
        if !untrusted.is_empty() {
            // Nothing of it is compiled.
            missing.extend(untrusted);
            return Err(missing.into());
        }
        let keys = check_secrets(&reading.file, None);
        let never = CancelSignal::default();
        let active = ActivePacks::default();
        match self.assemble(reading, &source, number, missing, &active, &never) {
            Ok(generation) if keys.problems.is_empty() => {
                Ok(AssembledGeneration { generation, source })
            }
            built => {
                let mut findings =
                    built.map_or_else(|findings| findings, Generation::into_findings);
                findings.extend(keys);
                Err(findings)
            }
        }
    }

    /// Read a company file and everything it references, to build it elsewhere.
    ///
    /// # Errors
    /// [`InvalidFile`] with every problem, where something cannot be read.
    pub fn read(&self, path: &Path) -> Result<Source, InvalidFile> {
        let text = InvalidFile::read(path)?;
        let reading = match CompanyFile::read(&text) {
            Ok(reading) => reading,
            Err(problems) => return Err(InvalidFile::new(path, text, problems.into())),
        };
        let (source, problems) = self.gather(&reading.file, &text, parent(path));
        if problems.is_empty() && reading.problems.is_empty() {
            return Ok(source);
        }
        let untrusted = self.untrusted_in(&reading.file, &source);
        if !untrusted.is_empty() {
            // Nothing of it is compiled.
            let problems = [reading.problems, problems, untrusted].concat();
            return Err(InvalidFile::new(path, text, problems.into()));
        }
        // Report what else is wrong too.
        let (active, never) = (ActivePacks::default(), CancelSignal::default());
        match self.assemble(reading, &source, 0, problems, &active, &never) {
            Ok(_) => Ok(source),
            Err(findings) => Err(InvalidFile::new(path, text, findings)),
        }
    }

    /// Build a generation from its source.
    pub fn rebuild(&self, source: &Source, number: u64) -> Result<Generation, Findings> {
        let (active, never) = (ActivePacks::default(), CancelSignal::default());
        self.rebuild_until(source, number, &active, &never)
    }

    /// [`rebuild`](Assembler::rebuild) that gives up when it is cancelled. Packs that are not trusted
    /// any more are errors in the log: a change is refused before, and a stored generation goes on
    /// deciding. `active` are the packs that those of the source replace.
    pub(crate) fn rebuild_until(
        &self,
        source: &Source,
        number: u64,
        active: &ActivePacks,
        cancel: &CancelSignal,
    ) -> Result<Generation, Findings> {
        let reading = CompanyFile::read(&source.document)?;
        for problem in self.untrusted_in(&reading.file, source) {
            tracing::error!(generation = number, "{}", problem.message);
        }
        self.assemble(reading, source, number, Vec::new(), active, cancel)
    }

    /// Do not run the cases of packs that passed before with this digest.
    pub fn skip_tested(&self, tested: impl IntoIterator<Item = Digest>) {
        self.passed.add(tested);
    }

    /// Run the test cases of the packs of a source and return those that fail.
    /// Packs that passed before are skipped. `should_continue` is called before
    /// each case.
    ///
    /// # Errors
    /// [`CasesInterrupted`], when `should_continue` returns false.
    pub fn run_cases(
        &self,
        source: &Source,
        should_continue: &dyn Fn() -> bool,
    ) -> Result<Vec<FileProblem>, CasesInterrupted> {
        self.passed
            .run_cases(source, self.engine.cache(), &self.bounds, should_continue)
    }

    /// Read everything a company file references; returns what cannot be read.
    fn gather(
        &self,
        file: &CompanyFile,
        text: &str,
        directory: &Path,
    ) -> (Source, Vec<FileProblem>) {
        let mut problems = Vec::new();
        let mut source = Source {
            document: text.to_owned(),
            ..Source::default()
        };
        for (name, entry) in &file.plugin {
            let pack = entry.pack.get_ref();
            match self.pack(pack, directory) {
                Ok(found) => {
                    let (data, missing) = data::read(name, entry, &found, directory);
                    problems.extend(missing);
                    if !data.is_empty() {
                        source.data.insert(name.clone(), data);
                    }
                    if source
                        .packs
                        .insert(pack.clone(), Arc::clone(&found))
                        .is_none()
                    {
                        source.unused.extend(found.unused.iter().cloned());
                    }
                }
                Err(message) => problems.push(FileProblem::at(
                    entry.pack.span(),
                    format!("plugin {name:?}: {message}"),
                )),
            }
        }
        if let Some(entry) = &file.knowledge
            && let Articles::Directory(path) = entry.articles.get_ref()
        {
            match knowledge::read_directory(&directory.join(path)) {
                Ok(found) => {
                    source.articles = Some(found.articles);
                    source.unused.extend(found.unused);
                }
                Err(error) => problems.push(FileProblem::at(entry.articles.span(), error)),
            }
        }
        (source, problems)
    }

    /// Check everything and build; `missing` are the problems of
    /// [`gather`](Assembler::gather).
    fn assemble(
        &self,
        mut reading: PartialCompanyFile,
        source: &Source,
        number: u64,
        missing: Vec<FileProblem>,
        active: &ActivePacks,
        cancel: &CancelSignal,
    ) -> Result<Generation, Findings> {
        let is_gathered = missing.is_empty();
        let mut findings = Findings {
            problems: std::mem::take(&mut reading.problems),
            warnings: source.unused.clone(),
        };
        let is_valid = findings.problems.is_empty();
        findings.problems.extend(missing);
        let file = &reading.file;
        let surroundings = match is_valid {
            true => surroundings(file, source, &mut findings.problems),
            false => Surroundings::of(Directory::default()),
        };
        let mut plugins: HashMap<&str, Arc<Plugin>> = HashMap::new();
        let places = SettingsPlaces::of(&source.document);
        for (name, entry) in &file.plugin {
            let pack = entry.pack.get_ref();
            let Some(pack) = source.packs.get(pack) else {
                // `missing` says already which packs cannot be read.
                if is_gathered {
                    let message = format!("plugin {name:?}: there is no pack {pack:?}");
                    let problem = FileProblem::at(entry.pack.span(), message);
                    findings.problems.push(problem);
                }
                continue;
            };
            if reading.is_partial(&["plugin", name, "settings"]) {
                continue;
            }
            let used = UsedPack {
                plugin: name,
                entry,
                pack,
                places: &places,
                bounds: &self.bounds,
            };
            let settings = used.settings(active, &mut findings.warnings);
            if reading.is_partial(&["plugin", name]) {
                // Its grants or limits are invalid: check only the settings.
                findings.problems.extend(settings.err().unwrap_or_default());
                continue;
            }
            if is_valid && let (Some(schema), Ok(settings)) = (&pack.schema, &settings) {
                let found = schema.references(settings);
                check_references(name, &found, (file, &places), &mut findings);
            }
            let own = source.data.get(name);
            let data = data::combine((name, entry), pack, own, is_gathered);
            let parts = (&**pack, settings, data);
            match plugin(&self.engine, (name, entry, &places), parts, cancel) {
                Ok(plugin) => {
                    plugins.insert(name, Arc::new(plugin));
                }
                Err(all) => findings.problems.extend(all),
            }
        }
        if is_valid {
            check_connections(file, &mut findings);
        }
        let most = self.engine.settings().running();
        let before = findings.warnings.len();
        let pipelines = pipelines(file, &plugins, most, &mut findings);
        if !is_valid {
            // Entries that were skipped are in no pipeline.
            findings.warnings.truncate(before);
        }
        if !findings.problems.is_empty() {
            return Err(findings);
        }
        let queues = file.queues().map(|(id, entry)| {
            let entry = entry.get_ref();
            let settings = QueueSettings {
                sla: entry.sla.clone(),
                priority: entry.priority,
            };
            (id.clone(), settings)
        });
        let state_from = file.plugin.iter().filter_map(|(name, entry)| {
            let pack = source.packs.get(entry.pack.get_ref())?;
            Some((name.clone(), pack.state_from.clone()))
        });
        let moved = file.moved();
        Ok(Generation {
            number,
            company: file.company.get_ref().clone(),
            pipelines,
            queues: queues.collect(),
            state_from: state_from.collect(),
            moved: moved
                .map(|(from, to)| (from.to_owned(), to.to_owned()))
                .collect(),
            desk: file.desk.get_ref().clone(),
            record: file.record.get_ref().clone(),
            channels: file.channel.keys().cloned().collect(),
            publishers: publishers(file),
            transcribe: file.transcribe.as_ref().map(|it| it.get_ref().clone()),
            templates: templates(file),
            targets: targets(file),
            connections: located_connections(file)
                .map(|(connection, _)| connection)
                .collect(),
            surroundings: Arc::new(surroundings),
            warnings: findings.warnings,
        })
    }

    fn locate(&self, pack: &str, directory: &Path) -> Result<LocatedPack, SourceError> {
        locate(pack, directory, &self.places)
    }

    fn pack(&self, pack: &str, directory: &Path) -> Result<Arc<Pack>, String> {
        // Until it is read, the file stays in the store.
        let found = self
            .locate(pack, directory)
            .map_err(|error| error.to_string())?;
        let path = canonical(&found.path);
        let mut packs = self.packs.lock();
        if let Some(pack) = packs.get(&path) {
            return Ok(Arc::clone(pack));
        }
        let pack = open_pack(&path, &self.build).map_err(|error| error.to_string())?;
        let image = pack.provenance.as_ref().map(|image| image.digest());
        if let Some(wanted) = found.digest
            && image != Some(wanted)
            && pack.digest() != wanted
        {
            let path = path.display();
            return Err(format!("{path} is not the pack {wanted}; remove the file"));
        }
        let pack = Arc::new(pack);
        packs.insert(path, Arc::clone(&pack));
        Ok(pack)
    }
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}
