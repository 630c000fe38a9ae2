//! Finds and reads packs: a directory with a manifest, or a component built elsewhere.

mod embedded_schema;
mod location;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use patchbay_company::Grants;
use patchbay_engine::component::{ComponentBytes, Digest};
use patchbay_model::bound::BoundSettings;
use patchbay_model::file_problem::FileProblem;
use patchbay_model::limits::LimitsFile;
use patchbay_model::name_suggestion::nearest;
use semver::Version;
use serde_json::Value;
use thiserror::Error;

use crate::build::{BuildError, BuildOptions, build};
use crate::bundle::Bundle;
use crate::cases::Case;
use crate::manifest::{FILE_NAME, Manifest};
use crate::pack_files::{FoundFiles, PackFileError, read_text, read_text_below};
use crate::regular_file::{MOST_BYTES, read_bytes};
use crate::settings::{SchemaError, SettingsProblem, SettingsSchema, without_schema};

pub use location::locate;

/// Directory of the cases in a pack.
const CASES: &str = "cases";
/// File of the settings schema, unless the manifest names another.
const SCHEMA: &str = "settings.schema.json";
/// Entries of a pack's directory that are looked at for misspelt names.
const MOST_NAMES: usize = 1_000;

/// A pack, read: everything but the company's settings.
#[derive(Clone, Debug)]
pub struct Pack {
    /// Name, from the manifest or the file.
    pub name: String,
    /// Version; 0.0.0 for a component without a manifest.
    pub version: Version,
    /// Grants it requests; none for a component without a manifest.
    pub needs: Grants,
    /// Limits it suggests.
    pub limits: LimitsFile,
    /// Version of the format of its stored state; 1 for a component without a manifest.
    pub state_version: u32,
    /// Earlier state versions it also reads.
    pub state_from: Vec<u32>,
    /// Schema of its settings; `None`: any object is valid.
    pub schema: Option<Arc<SettingsSchema>>,
    /// Bytes of the component.
    pub component: ComponentBytes,
    /// Text of the manifest; absent for a component without one.
    pub manifest: Option<String>,
    /// Text of each case by its path below `cases/`.
    pub cases: BTreeMap<String, String>,
    /// Files of its directory that are not used although their author may believe so: one sentence
    /// each.
    pub unused: Vec<String>,
    /// Of a stored pack, whose cases are left out: see [`Bundle`](crate::bundle::Bundle).
    pub tested: Option<Digest>,
    /// See [`stored_bundle`](Pack::stored_bundle).
    pub(crate) stored: OnceLock<Bundle>,
}

/// Why a pack cannot be read.
#[derive(Debug, Error)]
pub enum SourceError {
    /// A file cannot be read.
    #[error("cannot read {path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Error of the operating system.
        error: io::Error,
    },
    /// A file of a pack cannot be used: a symbolic link, too many files, or no text.
    #[error(transparent)]
    File(PackFileError),
    /// A manifest is not valid.
    #[error("{path}: {problem}")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// Its text.
        text: String,
        /// What is wrong, with its position in the text.
        problem: Box<FileProblem>,
    },
    /// The manifest names a schema file that is absent.
    #[error("{path} does not exist, but pack.toml names it under [settings] schema; write it with `patchbay build {} --update-schema`, or remove the key if the policy has no settings", .pack.display())]
    NoSchema {
        /// Directory of the pack.
        pack: PathBuf,
        /// The file.
        path: PathBuf,
    },
    /// The component exports no decision.
    #[error("{} builds a component that exports no decision; add `export!(TYPE: classify, …);` at the root of {}", .pack, .directory.join("src/lib.rs").display())]
    NoDecision {
        /// Name of the pack.
        pack: String,
        /// Its directory.
        directory: PathBuf,
    },
    /// The schema file is not the schema of the settings type.
    #[error("the settings schema of {} is out of date: {difference}; write it again with `patchbay build {} --update-schema`", .pack.display(), .pack.display())]
    StaleSchema {
        /// Directory of the pack.
        pack: PathBuf,
        /// First difference: where, in the file, in the settings type.
        difference: String,
    },
    /// The component has a settings schema that cannot be read, and no file stands for it.
    #[error("cannot read the settings schema in the component of {}: {error}; write a schema and name it in pack.toml, as schema = \"settings.schema.json\" under [settings]", .pack.display())]
    EmbeddedSchema {
        /// Directory of the pack, or file of the component.
        pack: PathBuf,
        /// Why not.
        error: String,
    },
    /// A schema is not valid.
    #[error("{path}: {error}")]
    Schema {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: SchemaError,
    },
    /// There is no such pack.
    #[error("no pack {wanted:?}: {because}")]
    Unknown {
        /// Path, name or digest from the company file.
        wanted: String,
        /// Where it was looked for.
        because: String,
    },
}

/// Why a pack cannot be opened.
#[derive(Debug, Error)]
pub enum PackError {
    /// It cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
}

impl Pack {
    /// Opens a pack: builds a directory, or reads a component file, which requests no grants and
    /// has the settings schema it embeds.
    ///
    /// # Errors
    /// When it cannot be read or built.
    pub fn open(path: &Path, options: &BuildOptions) -> Result<Pack, PackError> {
        if path.is_dir() {
            let component = build(path, options)?;
            let mut pack = Pack::from_parts(path, &component)?;
            pack.check_parts(path)?;
            return Ok(pack);
        }
        let bytes = read_bytes(path, MOST_BYTES).map_err(cannot_read(path))?;
        let name = path.file_stem().unwrap_or("component".as_ref());
        let mut pack = Pack::bare(name.to_string_lossy().into_owned(), bytes.into());
        pack.use_embedded_schema(path)?;
        Ok(pack)
    }

    /// A component without a manifest: it requests no grants.
    pub(crate) fn bare(name: String, component: ComponentBytes) -> Pack {
        Pack {
            name,
            version: Version::new(0, 0, 0),
            needs: Grants::default(),
            limits: LimitsFile::default(),
            state_version: 1,
            state_from: Vec::new(),
            schema: None,
            component,
            manifest: None,
            cases: BTreeMap::new(),
            unused: Vec::new(),
            tested: None,
            stored: OnceLock::new(),
        }
    }

    /// Reads a pack's directory with a component that is already built.
    ///
    /// # Errors
    /// When a file cannot be read or is not valid.
    pub fn from_parts(directory: &Path, component: &Path) -> Result<Pack, SourceError> {
        let path = directory.join(FILE_NAME);
        let text = read_text(&path)?;
        let manifest = parse_manifest(&path, text.clone())?;
        let schema = manifest.settings.schema.as_ref().map(|file| {
            let path = directory.join(file);
            let text = match path.exists() {
                true => read_text_below(directory, file)?,
                false => {
                    let pack = directory.to_owned();
                    return Err(SourceError::NoSchema { pack, path });
                }
            };
            SettingsSchema::parse(&text)
                .map(Arc::new)
                .map_err(|error| SourceError::Schema { path, error })
        });
        let component = read_bytes(component, MOST_BYTES).map_err(cannot_read(component))?;
        let mut pack = Pack::described(manifest, text, schema.transpose()?, component.into());
        let has_schema = pack.schema.is_some();
        let cases = find_cases(&directory.join(CASES))?;
        pack.cases = read_cases(&directory.join(CASES), cases.used)?;
        pack.unused = unused_files(directory, cases.unused, has_schema);
        Ok(pack)
    }

    /// A component with its manifest and without cases.
    pub(crate) fn described(
        manifest: Manifest,
        text: String,
        schema: Option<Arc<SettingsSchema>>,
        component: ComponentBytes,
    ) -> Pack {
        Pack {
            version: manifest.pack.version,
            needs: manifest.needs,
            limits: manifest.limits,
            state_version: manifest.pack.state_version,
            state_from: manifest.pack.state_from.into_inner(),
            schema,
            manifest: Some(text),
            ..Pack::bare(manifest.pack.name.into_inner(), component)
        }
    }

    /// Settings with the schema's defaults filled in.
    ///
    /// # Errors
    /// Every violation of the schema, with its path.
    pub fn complete_settings(&self, settings: Value) -> Result<Value, Vec<SettingsProblem>> {
        self.complete_settings_within(settings, &BoundSettings::default())
    }

    /// [`complete_settings`](Pack::complete_settings) within limits of the host.
    ///
    /// # Errors
    /// Every violation of the schema or of a limit, with its path.
    pub fn complete_settings_within(
        &self,
        settings: Value,
        bounds: &BoundSettings,
    ) -> Result<Value, Vec<SettingsProblem>> {
        match &self.schema {
            Some(schema) => schema.complete_within(settings, bounds),
            None => without_schema(settings),
        }
    }

    /// Digest of the component.
    pub fn digest(&self) -> Digest {
        self.component.digest()
    }
}

/// Reads and checks a manifest.
///
/// # Errors
/// When it cannot be read or is not valid.
pub fn read_manifest(path: &Path) -> Result<Manifest, SourceError> {
    parse_manifest(path, read_text(path)?)
}

fn parse_manifest(path: &Path, text: String) -> Result<Manifest, SourceError> {
    Manifest::parse(&text).map_err(|problem| SourceError::Manifest {
        path: path.to_owned(),
        text,
        problem: Box::new(problem),
    })
}

fn find_cases(directory: &Path) -> Result<FoundFiles, SourceError> {
    // A dangling link is not `Ok` here either: `find` refuses it.
    match std::fs::symlink_metadata(directory) {
        Err(_) => Ok(FoundFiles::default()),
        Ok(_) => Ok(Case::find(directory)?),
    }
}

fn read_cases(
    directory: &Path,
    paths: Vec<PathBuf>,
) -> Result<BTreeMap<String, String>, SourceError> {
    paths
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(directory).unwrap_or(&path);
            Ok((name.to_string_lossy().into_owned(), read_text(&path)?))
        })
        .collect()
}

/// A sentence for each file of a pack's directory that is not used.
fn unused_files(directory: &Path, cases: Vec<PathBuf>, has_schema: bool) -> Vec<String> {
    let cases = cases.into_iter().map(|path| {
        let path = path.display();
        format!(
            "{path} is not a test case and is not run: the names of cases end in .json or .toml"
        )
    });
    let mut unused: Vec<String> = cases.collect();
    let path = directory.join(SCHEMA);
    if !has_schema && path.is_file() {
        unused.push(format!(
            "{} is not used: name it in pack.toml, as schema = \"{SCHEMA}\" under [settings]",
            path.display()
        ));
    }
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.take(MOST_NAMES).collect();
    names.sort();
    let is_near = |name: &String| nearest(&name.to_lowercase(), [CASES]).is_some();
    for name in names.iter().filter(|name| *name != CASES && is_near(name)) {
        let path = directory.join(name);
        unused.push(format!(
            "{} is not used: cases stand in {CASES}/",
            path.display()
        ));
    }
    unused
}

/// Whether the name of a file ends in one of these, in upper or lower case.
pub fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension().is_some_and(|own| {
        extensions
            .iter()
            .any(|extension| own.eq_ignore_ascii_case(extension))
    })
}

impl From<PackFileError> for SourceError {
    fn from(error: PackFileError) -> SourceError {
        match error {
            PackFileError::Io { path, error } => SourceError::Io { path, error },
            other => SourceError::File(other),
        }
    }
}

pub(crate) fn cannot_read(path: &Path) -> impl FnOnce(io::Error) -> SourceError + use<> {
    let path = path.to_owned();
    move |error| SourceError::Io { path, error }
}
