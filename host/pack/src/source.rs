//! Finds and reads packs: a directory with a manifest, or a component built elsewhere.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use patchbay_company::Grants;
use patchbay_engine::component::{ComponentBytes, Digest, Outline};
use patchbay_model::bound::BoundSettings;
use patchbay_model::file_problem::FileProblem;
use patchbay_model::limits::LimitsFile;
use semver::{Version, VersionReq};
use serde_json::Value;
use thiserror::Error;

use crate::build::{BuildError, BuildOptions, build};
use crate::bundle::Bundle;
use crate::cases::Case;
use crate::manifest::{FILE_NAME, Manifest};
use crate::pack_files::{PackFileError, read_text, read_text_below};
use crate::regular_file::{MOST_BYTES, read_bytes};
use crate::settings::{SchemaError, SettingsProblem, SettingsSchema, without_schema};

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
    /// Opens a pack: builds a directory, or reads a component file, which requests no grants.
    ///
    /// # Errors
    /// When it cannot be read or built.
    pub fn open(path: &Path, options: &BuildOptions) -> Result<Pack, PackError> {
        if path.is_dir() {
            let component = build(path, options)?;
            let pack = Pack::from_parts(path, &component)?;
            pack.check_parts(path)?;
            return Ok(pack);
        }
        let bytes = read_bytes(path, MOST_BYTES).map_err(cannot_read(path))?;
        let name = path.file_stem().unwrap_or("component".as_ref());
        Ok(Pack::bare(
            name.to_string_lossy().into_owned(),
            bytes.into(),
        ))
    }

    /// The settings schema that a component embeds, as the text of a schema file; `None` for a
    /// component of another SDK.
    ///
    /// # Errors
    /// Why the component gives none although it has one.
    pub fn embedded_schema(component: &[u8]) -> Result<Option<String>, String> {
        let embedded = Outline::read(component).settings_schema(component)?;
        let Some(embedded) = embedded else {
            return Ok(None);
        };
        let schema: Value = serde_json::from_str(&embedded).map_err(|error| error.to_string())?;
        Ok(Some(format!("{schema:#}\n")))
    }

    /// Checks that the component exports a decision, and that the schema file is the schema of the
    /// settings type it was built with. Takes up to a second of CPU time.
    ///
    /// # Errors
    /// [`SourceError::NoDecision`] or [`SourceError::StaleSchema`].
    pub fn check_parts(&self, directory: &Path) -> Result<(), SourceError> {
        let outline = Outline::read(&self.component);
        if outline.stages().is_empty() {
            return Err(SourceError::NoDecision {
                pack: self.name.clone(),
                directory: directory.to_owned(),
            });
        }
        let (Some(schema), Ok(Some(embedded))) =
            (&self.schema, outline.settings_schema(&self.component))
        else {
            return Ok(());
        };
        match schema.difference(&embedded) {
            None => Ok(()),
            Some(difference) => Err(SourceError::StaleSchema {
                pack: directory.to_owned(),
                difference,
            }),
        }
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
        pack.cases = read_cases(&directory.join("cases"))?;
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

/// Finds the directory or file of a pack named in a company file: a path relative to `beside`, a
/// name or `name@version` in the pack directories (the highest version that matches), or the digest
/// of a component there.
///
/// # Errors
/// [`SourceError::Unknown`] with the places searched.
pub fn locate(
    wanted: &str,
    beside: &Path,
    pack_directories: &[PathBuf],
) -> Result<PathBuf, SourceError> {
    let unknown = |because: String| SourceError::Unknown {
        wanted: wanted.to_owned(),
        because,
    };
    if wanted.contains('/') || wanted.ends_with(".wasm") {
        let path = beside.join(wanted);
        return match path.exists() {
            true => Ok(path),
            false => Err(unknown(format!("{} does not exist", path.display()))),
        };
    }
    let shown = list(pack_directories);
    if wanted.starts_with("sha256:") {
        return find_by_digest(wanted, pack_directories)
            .ok_or_else(|| unknown(format!("no component with this digest in {shown}")));
    }
    let (name, version) = wanted.split_once('@').unwrap_or((wanted, "*"));
    let requirement = VersionReq::parse(version)
        .map_err(|error| unknown(format!("{version:?} is not a valid version: {error}")))?;
    let mut found: Option<(Version, PathBuf)> = None;
    let mut others = Vec::new();
    let mut broken = Vec::new();
    for directory in candidates(pack_directories) {
        let path = directory.join(FILE_NAME);
        if !path.is_file() {
            continue;
        }
        match read_manifest(&path) {
            Err(error) => broken.push(error.to_string()),
            Ok(manifest) if manifest.name() != name => {}
            Ok(manifest) => {
                let version = manifest.pack.version;
                if !requirement.matches(&version) {
                    others.push(version.to_string());
                } else if found.as_ref().is_none_or(|(best, _)| *best < version) {
                    found = Some((version, directory));
                }
            }
        }
    }
    found.map(|(_, directory)| directory).ok_or_else(|| {
        unknown(match (&*others, &*broken) {
            ([], []) => format!("no pack of this name in {shown}"),
            ([], broken) => format!(
                "no pack of this name in {shown}; some manifests there cannot be read: {}",
                broken.join("; ")
            ),
            (others, _) => format!("only version {} is there", others.join(", ")),
        })
    })
}

fn list(directories: &[PathBuf]) -> String {
    if directories.is_empty() {
        return "the pack directories (none is set; add `packs` to patchbay.toml)".to_owned();
    }
    let texts: Vec<_> = directories
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    texts.join(", ")
}

/// The pack directories and their direct entries.
fn candidates(pack_directories: &[PathBuf]) -> impl Iterator<Item = PathBuf> {
    pack_directories.iter().flat_map(|root| {
        let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
        std::iter::once(root.clone()).chain(entries.map(|entry| entry.path()))
    })
}

fn find_by_digest(wanted: &str, pack_directories: &[PathBuf]) -> Option<PathBuf> {
    let wanted = Digest::parse(wanted)?;
    candidates(pack_directories)
        .filter(|path| has_extension(path, &["wasm"]))
        .find(|path| std::fs::read(path).is_ok_and(|bytes| Digest::of(&bytes) == wanted))
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

fn read_cases(directory: &Path) -> Result<BTreeMap<String, String>, SourceError> {
    // A dangling link is not `Ok` here either: `find` refuses it.
    if std::fs::symlink_metadata(directory).is_err() {
        return Ok(BTreeMap::new());
    }
    let paths = Case::find(directory)?;
    paths
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(directory).unwrap_or(&path);
            Ok((name.to_string_lossy().into_owned(), read_text(&path)?))
        })
        .collect()
}

pub(crate) fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension()
        .is_some_and(|own| extensions.iter().any(|extension| own == *extension))
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
