//! Building a generation: resolve the packs, check the settings, compile,
//! prepare, check the references.

mod parts;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use patchbay_engine::component::{Digest, LoadError};
use patchbay_engine::engine::Engine;
use patchbay_engine::pipeline::Pipelines;
use patchbay_engine::plugin::{Plugin, PluginSpec};
use patchbay_model::company::{Articles, CompanyFile, PluginEntry, PartialCompanyFile};
use patchbay_model::decision::stage::Stage;
use patchbay_model::directory::Directory;
use patchbay_model::limits::Limits;
use patchbay_model::file_problem::FileProblem;
use patchbay_model::situation::Surroundings;
use patchbay_pack::build::BuildOptions;
use patchbay_pack::source::{Pack, PackError, locate};
use thiserror::Error;

use crate::source::Source;
use crate::{Generation, knowledge};
use parts::{publishers, settings, surroundings, targets, terms};

/// Why a generation was not built: nothing of it is used.
#[derive(Debug, Error)]
pub struct Rejected {
    /// The company file.
    pub path: PathBuf,
    /// Its text, for pointing at lines.
    pub text: String,
    /// Everything that is wrong.
    pub problems: Vec<FileProblem>,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{}", self.path.display())?;
            if let Some((line, column)) = problem.line_column(&self.text) {
                write!(f, ":{line}:{column}")?;
            }
            write!(f, ": {}", problem.message)?;
            if let Some(help) = &problem.help {
                write!(f, "; {help}")?;
            }
        }
        Ok(())
    }
}

/// A generation, and what it was built from.
#[derive(Debug)]
pub struct Built {
    /// The generation.
    pub generation: Generation,
    /// What it was built from.
    pub source: Source,
}

/// Builds generations; packs are read, and built, once.
pub struct Assembler {
    engine: Engine,
    pack_directories: Vec<PathBuf>,
    build: BuildOptions,
    packs: Mutex<HashMap<PathBuf, Arc<Pack>>>,
    /// Packs whose cases passed, by digest of all they are.
    pub(crate) passed: Mutex<HashSet<Digest>>,
}

impl Assembler {
    /// An assembler that finds packs by name in these directories.
    pub fn new(engine: Engine, pack_directories: Vec<PathBuf>, build: BuildOptions) -> Assembler {
        Assembler {
            engine,
            pack_directories,
            build,
            packs: Mutex::default(),
            passed: Mutex::default(),
        }
    }

    /// Use a pack that has been read already wherever this place is named.
    pub fn add(&self, place: &Path, pack: Pack) {
        let place = place.canonicalize().unwrap_or_else(|_| place.to_owned());
        self.packs().insert(place, Arc::new(pack));
    }

    /// Where everything is that a company file names, as far as it can be found:
    /// its packs, and the directory of its articles.
    pub fn places(&self, text: &str, beside: &Path) -> Vec<PathBuf> {
        let Ok(file) = CompanyFile::parse(text) else {
            return Vec::new();
        };
        let packs = file.plugin.values().filter_map(|entry| {
            let wanted = entry.pack.get_ref();
            locate(wanted, beside, &self.pack_directories).ok()
        });
        let articles = file.knowledge.iter().filter_map(|entry| {
            let Articles::Directory(path) = entry.articles.get_ref() else {
                return None;
            };
            Some(beside.join(path))
        });
        packs.chain(articles).collect()
    }

    /// Read the packs at these places again when they are next asked for.
    pub fn forget(&self, places: &[PathBuf]) {
        let mut packs = self.packs();
        for place in places {
            packs.remove(&place.canonicalize().unwrap_or_else(|_| place.clone()));
        }
    }

    /// The engine its plugins run on.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Build a generation from a company file.
    ///
    /// # Errors
    /// Everything that is wrong, with its places.
    pub fn build(&self, path: &Path, number: u64) -> Result<Built, Rejected> {
        let text = read_file(path)?;
        let beside = path.parent().unwrap_or(Path::new("."));
        self.build_text(&text, beside, number)
            .map_err(|problems| Rejected {
                path: path.to_owned(),
                text,
                problems,
            })
    }

    /// Build a generation from a company file's text; relative paths in it
    /// begin at `beside`.
    ///
    /// # Errors
    /// Everything that is wrong, with its places.
    pub fn build_text(
        &self,
        text: &str,
        beside: &Path,
        number: u64,
    ) -> Result<Built, Vec<FileProblem>> {
        let reading = CompanyFile::read(text)?;
        let (source, problems) = self.gather(&reading.file, text, beside);
        let generation = self.assemble(reading, &source, number, problems)?;
        Ok(Built { generation, source })
    }

    /// Everything a company file names, in one piece, to be built elsewhere.
    ///
    /// # Errors
    /// Everything that is wrong, if something it names cannot be had.
    pub fn read(&self, path: &Path) -> Result<Source, Rejected> {
        let text = read_file(path)?;
        let rejected = |text, problems| Rejected {
            path: path.to_owned(),
            text,
            problems,
        };
        let reading = match CompanyFile::read(&text) {
            Ok(reading) => reading,
            Err(problems) => return Err(rejected(text, problems)),
        };
        let beside = path.parent().unwrap_or(Path::new("."));
        let (source, problems) = self.gather(&reading.file, &text, beside);
        match problems.is_empty() && reading.problems.is_empty() {
            true => Ok(source),
            // What else is wrong is told with it.
            false => match self.assemble(reading, &source, 0, problems) {
                Ok(_) => Ok(source),
                Err(problems) => Err(rejected(text, problems)),
            },
        }
    }

    /// Build a generation again from what it was built from.
    ///
    /// # Errors
    /// Everything that is wrong, with its places in the source's document.
    pub fn rebuild(&self, source: &Source, number: u64) -> Result<Generation, Vec<FileProblem>> {
        let reading = CompanyFile::read(&source.document)?;
        self.assemble(reading, source, number, Vec::new())
    }

    /// Everything a company file names, and what of it cannot be had.
    fn gather(&self, file: &CompanyFile, text: &str, beside: &Path) -> (Source, Vec<FileProblem>) {
        let mut problems = Vec::new();
        let mut source = Source {
            document: text.to_owned(),
            ..Source::default()
        };
        for (name, entry) in &file.plugin {
            let wanted = entry.pack.get_ref();
            match self.pack(wanted, beside) {
                Ok(pack) => {
                    source.packs.insert(wanted.clone(), pack);
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
            match knowledge::read_directory(&beside.join(path)) {
                Ok(articles) => source.articles = Some(articles),
                Err(error) => problems.push(FileProblem::at(entry.articles.span(), error)),
            }
        }
        (source, problems)
    }

    fn assemble(
        &self,
        mut reading: PartialCompanyFile,
        source: &Source,
        number: u64,
        missing: Vec<FileProblem>,
    ) -> Result<Generation, Vec<FileProblem>> {
        let is_whole = missing.is_empty();
        let mut problems = std::mem::take(&mut reading.problems);
        let reads_well = problems.is_empty();
        problems.extend(missing);
        let file = &reading.file;
        let surroundings = match reads_well {
            true => surroundings(file, source, &mut problems),
            false => Surroundings::of(Directory::default()),
        };
        let mut plugins: HashMap<&str, Arc<Plugin>> = HashMap::new();
        for (name, entry) in &file.plugin {
            let wanted = entry.pack.get_ref();
            let Some(pack) = source.packs.get(wanted) else {
                // Where it was looked for, it was told why it is not here.
                if is_whole {
                    let message = format!("plugin {name:?}: there is no pack {wanted:?}");
                    problems.push(FileProblem::at(entry.pack.span(), message));
                }
                continue;
            };
            if reading.is_partial(&["plugin", name]) {
                // What it may use, and how much, does not read.
                if !reading.is_partial(&["plugin", name, "settings"]) {
                    problems.extend(settings(name, entry, pack).err().unwrap_or_default());
                }
                continue;
            }
            match self.plugin(name, entry, pack) {
                Ok(plugin) => {
                    plugins.insert(name, Arc::new(plugin));
                }
                Err(wrong) => problems.extend(wrong),
            }
        }
        let mut warnings = Vec::new();
        let mut pipelines = Pipelines::new(file.default_queue().unwrap_or_default());
        for stage in Stage::ALL {
            for name in file.pipeline.of(stage) {
                let Some(plugin) = plugins.get(name) else {
                    continue;
                };
                if plugin.decides(stage) {
                    pipelines.push(stage, Arc::clone(plugin));
                    continue;
                }
                let span = file.pipeline.span_of(stage, name).unwrap_or_default();
                let can: Vec<_> = plugin
                    .component()
                    .stages
                    .iter()
                    .map(|stage| stage.as_str())
                    .collect();
                problems.push(
                    FileProblem::at(
                        span,
                        format!("plugin {name:?} does not decide at stage {stage}"),
                    )
                    .help(format!("it decides at {}", can.join(", "))),
                );
            }
            if file.pipeline.of(stage).next().is_none() {
                warnings.push(format!("no plugin decides at stage {stage}"));
            }
        }
        let (asked, room) = (pipelines.plugins().len(), self.engine.settings().running());
        if asked > room as usize {
            problems.push(
                FileProblem::whole(format!(
                    "the pipelines use {asked} plugins, each with an instance for every decision, and the engine has room for {room} at once"
                ))
                .help("use fewer plugins, or have the operator raise [engine] instances in patchbay.toml"),
            );
        }
        for name in file.plugin.keys() {
            if !Stage::ALL
                .into_iter()
                .any(|stage| file.pipeline.of(stage).any(|used| used == name))
            {
                warnings.push(format!("plugin {name:?} is in no pipeline"));
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let publishers = publishers(file);
        let targets = targets(file, &mut warnings);
        Ok(Generation {
            number,
            company: file.company.get_ref().clone(),
            pipelines,
            queues: file
                .queues()
                .map(|(id, entry)| (id.clone(), terms(entry.get_ref())))
                .collect(),
            state_from: file
                .plugin
                .iter()
                .filter_map(|(name, entry)| {
                    let pack = source.packs.get(entry.pack.get_ref())?;
                    Some((name.clone(), pack.state_from.clone()))
                })
                .collect(),
            moved: file
                .moved()
                .map(|(from, to)| (from.to_owned(), to.to_owned()))
                .collect(),
            desk: file.desk.get_ref().clone(),
            record: file.record.get_ref().clone(),
            publishers,
            targets,
            surroundings: Arc::new(surroundings),
            warnings,
        })
    }

    fn plugin(&self, name: &str, entry: &PluginEntry, pack: &Pack) -> Result<Plugin, Vec<FileProblem>> {
        let at_pack = |message: String| FileProblem::at(entry.pack.span(), message);
        let mut problems = Vec::new();
        let missing = entry.grants.missing(&pack.needs);
        if !missing.is_empty() {
            problems.push(
                at_pack(format!(
                    "pack {} asks for {}, which is not granted",
                    pack.name,
                    missing.join(", ")
                ))
                .help(format!(
                    "grant it under [plugin.{name}] grants, or choose another pack"
                )),
            );
        }
        let settings = settings(name, entry, pack);
        let ceiling = &self.engine.settings().ceiling;
        let limits =
            Limits::resolve(ceiling, &pack.limits, entry.limits.get_ref()).map_err(|above| {
                above.into_iter().map(|above| {
                    FileProblem::at(entry.limits.span(), format!("plugin {name:?}: {above}"))
                        .help("lower it, or have the operator raise [limits] in patchbay.toml")
                })
            });
        let (settings, limits) = match (settings, limits) {
            (Ok(settings), Ok(limits)) if problems.is_empty() => (settings, limits),
            (settings, limits) => {
                problems.extend(settings.err().into_iter().flatten());
                problems.extend(limits.err().into_iter().flatten());
                return Err(problems);
            }
        };
        let spec = PluginSpec {
            name: name.to_owned(),
            pack: pack.name.clone(),
            version: pack.version.to_string(),
            component: pack.component.clone(),
            settings,
            grants: entry.grants.clone(),
            limits,
            state_version: pack.state_version,
            reuse: entry.reuse,
            on_failure: entry.on_failure,
        };
        Plugin::activate(&self.engine, spec).map_err(|error| match error {
            LoadError::Settings(wrong) => wrong
                .into_iter()
                .map(|problem| {
                    FileProblem::at(
                        entry.settings.span(),
                        format!(
                            "settings of plugin {name:?}: {}: {}",
                            problem.path, problem.message
                        ),
                    )
                })
                .collect(),
            other => vec![at_pack(format!("plugin {name:?}: {other}"))],
        })
    }

    fn pack(&self, wanted: &str, beside: &Path) -> Result<Arc<Pack>, String> {
        let place =
            locate(wanted, beside, &self.pack_directories).map_err(|error| error.to_string())?;
        let place = place.canonicalize().unwrap_or(place);
        let mut packs = self.packs();
        if let Some(known) = packs.get(&place) {
            return Ok(Arc::clone(known));
        }
        let pack = Pack::open(&place, &self.build).map_err(|error: PackError| error.to_string())?;
        let pack = Arc::new(pack);
        packs.insert(place, Arc::clone(&pack));
        Ok(pack)
    }

    fn packs(&self) -> MutexGuard<'_, HashMap<PathBuf, Arc<Pack>>> {
        // Inserted into in single steps: a panic elsewhere leaves it whole.
        self.packs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read_file(path: &Path) -> Result<String, Rejected> {
    std::fs::read_to_string(path).map_err(|error| Rejected {
        path: path.to_owned(),
        text: String::new(),
        problems: vec![FileProblem::whole(format!("cannot be read: {error}"))],
    })
}
