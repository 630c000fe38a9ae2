//! Building a generation: resolve the packs, check the settings, compile,
//! prepare, check the references.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use patchbay_engine::component::LoadError;
use patchbay_engine::engine::Engine;
use patchbay_engine::pipeline::Pipelines;
use patchbay_engine::plugin::{Plugin, PluginSpec};
use patchbay_model::company::{Articles, CompanyFile, PluginEntry, QueueEntry};
use patchbay_model::decision::stage::Stage;
use patchbay_model::knowledge::Knowledge;
use patchbay_model::limits::Limits;
use patchbay_model::located::Located;
use patchbay_model::situation::Surroundings;
use patchbay_model::web_address::WebAddress;
use patchbay_pack::build::BuildOptions;
use patchbay_pack::source::{Pack, PackError, locate};
use thiserror::Error;

use crate::{Generation, Publishers, QueueTerms, TargetTerms, knowledge};

/// Why a generation was not built: nothing of it is used.
#[derive(Debug, Error)]
pub struct Rejected {
    /// The company file.
    pub path: PathBuf,
    /// Its text, for pointing at lines.
    pub text: String,
    /// Everything that is wrong.
    pub problems: Vec<Located>,
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

/// Builds generations; packs are read, and built, once.
pub struct Assembler {
    engine: Engine,
    pack_directories: Vec<PathBuf>,
    build: BuildOptions,
    packs: Mutex<HashMap<PathBuf, Arc<Pack>>>,
}

impl Assembler {
    /// An assembler that finds packs by name in these directories.
    pub fn new(engine: Engine, pack_directories: Vec<PathBuf>, build: BuildOptions) -> Assembler {
        Assembler {
            engine,
            pack_directories,
            build,
            packs: Mutex::default(),
        }
    }

    /// Use a pack that has been read already wherever this place is named.
    pub fn add(&self, place: &Path, pack: Pack) {
        let place = place.canonicalize().unwrap_or_else(|_| place.to_owned());
        self.packs().insert(place, Arc::new(pack));
    }

    /// The engine its plugins run on.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Build a generation from a company file.
    ///
    /// # Errors
    /// Everything that is wrong, with its places.
    pub fn build(&self, path: &Path, number: u64) -> Result<Generation, Rejected> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                return Err(Rejected {
                    path: path.to_owned(),
                    text: String::new(),
                    problems: vec![Located::whole(format!("cannot be read: {error}"))],
                });
            }
        };
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
    ) -> Result<Generation, Vec<Located>> {
        let file = CompanyFile::parse(text)?;
        let mut problems = Vec::new();
        let surroundings = surroundings(&file, beside, &mut problems);
        let mut plugins: HashMap<&str, Arc<Plugin>> = HashMap::new();
        for (name, entry) in &file.plugin {
            match self.plugin(name, entry, beside) {
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
                    Located::at(
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
                Located::whole(format!(
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
        let publishers = publishers(&file);
        let targets = targets(&file, &mut warnings);
        Ok(Generation {
            number,
            company: file.company.into_inner(),
            pipelines,
            queues: file
                .queue
                .iter()
                .map(|(id, entry)| (id.clone(), terms(entry.get_ref())))
                .collect(),
            desk: file.desk.into_inner(),
            record: file.record.into_inner(),
            publishers,
            targets,
            surroundings: Arc::new(surroundings),
            warnings,
        })
    }

    fn plugin(
        &self,
        name: &str,
        entry: &PluginEntry,
        beside: &Path,
    ) -> Result<Plugin, Vec<Located>> {
        let at_pack = |message: String| Located::at(entry.pack.span(), message);
        let pack = self
            .pack(entry.pack.get_ref(), beside)
            .map_err(|message| vec![at_pack(format!("plugin {name:?}: {message}"))])?;
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
        let given = serde_json::to_value(entry.settings.get_ref()).unwrap_or_default();
        let settings = pack.complete_settings(given).map_err(|wrong| {
            wrong.into_iter().map(|problem| {
                Located::at(
                    entry.settings.span(),
                    format!("settings of plugin {name:?}: {problem}"),
                )
            })
        });
        let ceiling = &self.engine.settings().ceiling;
        let limits =
            Limits::resolve(ceiling, &pack.limits, entry.limits.get_ref()).map_err(|above| {
                above.into_iter().map(|above| {
                    Located::at(entry.limits.span(), format!("plugin {name:?}: {above}"))
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
                    Located::at(
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

fn terms(entry: &QueueEntry) -> QueueTerms {
    QueueTerms {
        sla: entry.sla.clone(),
        priority: entry.priority,
    }
}

fn publishers(file: &CompanyFile) -> Publishers {
    let own = file.channel.iter().filter_map(|(channel, entry)| {
        let target = entry.publish.as_ref()?;
        Some((channel.clone(), target.get_ref().clone()))
    });
    Publishers {
        default: file.publish.as_ref().map(|name| name.get_ref().clone()),
        channels: own.collect(),
    }
}

fn targets(file: &CompanyFile, warnings: &mut Vec<String>) -> BTreeMap<String, TargetTerms> {
    let mut targets = BTreeMap::new();
    for (name, entry) in &file.target {
        let webhook = &entry.webhook;
        // One that does not parse was a problem of the file.
        let Ok(url) = WebAddress::parse(webhook.url.get_ref()) else {
            continue;
        };
        let secret_env = webhook.secret.as_ref().map(|secret| secret.env.clone());
        if let Some(variable) = &secret_env
            && std::env::var_os(variable).is_none()
        {
            warnings.push(format!(
                "the environment variable {variable} is not set: nothing can be sent to target {name:?}"
            ));
        }
        targets.insert(name.clone(), TargetTerms { url, secret_env });
    }
    targets
}

fn surroundings(file: &CompanyFile, beside: &Path, problems: &mut Vec<Located>) -> Surroundings {
    let directory = file.directory().unwrap_or_else(|problem| {
        problems.push(problem);
        Default::default()
    });
    let articles = match &file.knowledge {
        None => Vec::new(),
        Some(entry) => {
            let span = entry.articles.span();
            match entry.articles.get_ref() {
                Articles::List(articles) => articles.clone(),
                Articles::Directory(path) => knowledge::read_directory(&beside.join(path))
                    .unwrap_or_else(|error| {
                        problems.push(Located::at(span, error));
                        Vec::new()
                    }),
            }
        }
    };
    let knowledge = Knowledge::new(articles).unwrap_or_else(|error| {
        let span = file.knowledge.as_ref().map(|entry| entry.articles.span());
        problems.push(Located::at(span.unwrap_or_default(), error.to_string()));
        Knowledge::default()
    });
    Surroundings {
        directory: Arc::new(directory),
        knowledge: Arc::new(knowledge),
        hours: Arc::new(file.hours.clone()),
        targets: Arc::new(file.target.keys().cloned().collect()),
        legacy_140: Arc::new(
            file.channel
                .iter()
                .filter(|(_, channel)| channel.legacy_140)
                .map(|(code, _)| code.clone())
                .collect(),
        ),
    }
}
