//! Finding a pack: a directory with a manifest, or a component built elsewhere.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use patchbay_engine::component::{ComponentBytes, Digest};
use patchbay_model::company::Grants;
use patchbay_model::limits::LimitsFile;
use patchbay_model::located::Located;
use semver::{Version, VersionReq};
use serde_json::Value;
use thiserror::Error;

use crate::build::{BuildError, BuildOptions, build};
use crate::cases::Case;
use crate::manifest::{FILE_NAME, Manifest};
use crate::settings::{SchemaError, SettingsProblem, SettingsSchema, without_schema};

/// Why a pack cannot be read.
#[derive(Debug, Error)]
pub enum SourceError {
    /// A file could not be read.
    #[error("cannot read {path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A manifest is wrong.
    #[error("{path}: {problem}")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// Its text.
        text: String,
        /// What is wrong, and where.
        problem: Located,
    },
    /// A schema is wrong.
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
        /// What was asked for.
        wanted: String,
        /// Where it was looked for.
        because: String,
    },
}

/// A pack, read: everything but the company's settings.
#[derive(Clone, Debug)]
pub struct Pack {
    /// Name, from the manifest or the file.
    pub name: String,
    /// Version; 0.0.0 for a component without a manifest.
    pub version: Version,
    /// What it asks for; nothing for a component without a manifest.
    pub needs: Grants,
    /// What it suggests.
    pub limits: LimitsFile,
    /// Which meaning the state it keeps has; 1 without a manifest.
    pub state_version: u32,
    /// The schema of its settings.
    pub schema: Option<Arc<SettingsSchema>>,
    /// The component's bytes.
    pub component: ComponentBytes,
    /// Meanings of stored state before that, which it reads as they are.
    pub state_from: Vec<u32>,
    /// Text of its manifest; absent for a component without one.
    pub manifest: Option<String>,
    /// Its cases by their path below `cases/`.
    pub cases: BTreeMap<String, String>,
}

/// Why a pack cannot be had.
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
    /// Read a pack: build a directory, or take a component file as it is.
    ///
    /// # Errors
    /// [`PackError`].
    pub fn open(path: &Path, options: &BuildOptions) -> Result<Pack, PackError> {
        if path.is_dir() {
            let component = build(path, options)?;
            return Ok(Pack::from_parts(path, &component)?);
        }
        let bytes = read_bytes(path)?;
        let name = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned());
        let name = name.unwrap_or_else(|| "component".to_owned());
        Ok(Pack::bare(name, bytes.into()))
    }

    /// A component without a manifest: it asks for nothing.
    pub(crate) fn bare(name: String, component: ComponentBytes) -> Pack {
        Pack {
            name,
            version: Version::new(0, 0, 0),
            needs: Grants::default(),
            limits: LimitsFile::default(),
            state_version: 1,
            state_from: Vec::new(),
            manifest: None,
            schema: None,
            component,
            cases: BTreeMap::new(),
        }
    }

    /// Read a pack whose component is already built.
    ///
    /// # Errors
    /// [`SourceError`].
    pub fn from_parts(directory: &Path, component: &Path) -> Result<Pack, SourceError> {
        let path = directory.join(FILE_NAME);
        let text = read_text(&path)?;
        let manifest = manifest_of(&path, text.clone())?;
        let schema = match &manifest.settings.schema {
            None => None,
            Some(file) => {
                let path = directory.join(file);
                let schema = SettingsSchema::parse(&read_text(&path)?);
                Some(Arc::new(
                    schema.map_err(|error| SourceError::Schema { path, error })?,
                ))
            }
        };
        let component = read_bytes(component)?.into();
        let pack = Pack::described(manifest, text, schema, component);
        Ok(Pack {
            cases: read_cases(&directory.join("cases"))?,
            ..pack
        })
    }

    /// What a manifest makes of a component.
    pub(crate) fn described(
        manifest: Manifest,
        text: String,
        schema: Option<Arc<SettingsSchema>>,
        component: ComponentBytes,
    ) -> Pack {
        Pack {
            name: manifest.name().to_owned(),
            version: manifest.pack.version.clone(),
            needs: manifest.needs,
            limits: manifest.limits,
            state_version: manifest.pack.state_version,
            state_from: manifest.pack.state_from.into_inner(),
            manifest: Some(text),
            schema,
            component,
            cases: BTreeMap::new(),
        }
    }

    /// Settings with the defaults filled in, if the schema allows them.
    ///
    /// # Errors
    /// Every problem, with its path.
    pub fn complete_settings(&self, given: Value) -> Result<Value, Vec<SettingsProblem>> {
        match &self.schema {
            Some(schema) => schema.complete(given),
            None => without_schema(given),
        }
    }

    /// Digest of the component.
    pub fn digest(&self) -> Digest {
        self.component.digest()
    }
}

/// Find the directory or file a company file means by a pack: a path, a name
/// or `name@version` among the pack directories, or a digest of a component
/// there.
///
/// # Errors
/// [`SourceError::Unknown`] with where was looked.
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
    if wanted.starts_with("sha256:") {
        return find_by_digest(wanted, pack_directories).ok_or_else(|| {
            unknown(format!(
                "no component with this digest in {}",
                shown(pack_directories)
            ))
        });
    }
    let (name, requirement) = match wanted.split_once('@') {
        None => (wanted, VersionReq::STAR),
        Some((name, version)) => {
            let requirement = VersionReq::parse(version)
                .map_err(|error| unknown(format!("{version:?} is no version: {error}")))?;
            (name, requirement)
        }
    };
    let mut found: Option<(Version, PathBuf)> = None;
    let mut others = Vec::new();
    let mut broken = Vec::new();
    for directory in candidates(pack_directories) {
        let manifest = directory.join(FILE_NAME);
        if !manifest.is_file() {
            continue;
        }
        let manifest = match read_manifest(&manifest) {
            Ok(manifest) => manifest,
            Err(error) => {
                broken.push(error.to_string());
                continue;
            }
        };
        if manifest.name() != name {
            continue;
        }
        let version = manifest.pack.version.clone();
        if !requirement.matches(&version) {
            others.push(version.to_string());
        } else if found.as_ref().is_none_or(|(best, _)| *best < version) {
            found = Some((version, directory));
        }
    }
    found.map(|(_, directory)| directory).ok_or_else(|| {
        unknown(match others.is_empty() {
            true if broken.is_empty() => {
                format!("none of this name in {}", shown(pack_directories))
            }
            true => format!(
                "none of this name in {}, where some cannot be read: {}",
                shown(pack_directories),
                broken.join("; ")
            ),
            false => format!("there is only version {}", others.join(", ")),
        })
    })
}

fn shown(directories: &[PathBuf]) -> String {
    match directories {
        [] => "no pack directory (set `packs` in patchbay.toml)".to_owned(),
        some => {
            let texts: Vec<_> = some.iter().map(|path| path.display().to_string()).collect();
            texts.join(", ")
        }
    }
}

/// The pack directories themselves, and what lies directly in them.
fn candidates(pack_directories: &[PathBuf]) -> impl Iterator<Item = PathBuf> {
    pack_directories.iter().flat_map(|root| {
        let below = std::fs::read_dir(root)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path());
        std::iter::once(root.clone()).chain(below)
    })
}

fn find_by_digest(wanted: &str, pack_directories: &[PathBuf]) -> Option<PathBuf> {
    let wanted = Digest::parse(wanted)?;
    candidates(pack_directories)
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "wasm")
        })
        .find(|path| std::fs::read(path).is_ok_and(|bytes| Digest::of(&bytes) == wanted))
}

/// Read and check a manifest.
///
/// # Errors
/// [`SourceError`] with the place.
pub fn read_manifest(path: &Path) -> Result<Manifest, SourceError> {
    manifest_of(path, read_text(path)?)
}

fn manifest_of(path: &Path, text: String) -> Result<Manifest, SourceError> {
    Manifest::parse(&text).map_err(|problem| SourceError::Manifest {
        path: path.to_owned(),
        text,
        problem,
    })
}

/// A pack's cases, by their path below the directory.
fn read_cases(directory: &Path) -> Result<BTreeMap<String, String>, SourceError> {
    if !directory.is_dir() {
        return Ok(BTreeMap::new());
    }
    let found = Case::find(directory).map_err(|error| SourceError::Io {
        path: directory.to_owned(),
        error,
    })?;
    let mut cases = BTreeMap::new();
    for path in found {
        let below = path.strip_prefix(directory).unwrap_or(&path);
        cases.insert(below.to_string_lossy().into_owned(), read_text(&path)?);
    }
    Ok(cases)
}

fn read_text(path: &Path) -> Result<String, SourceError> {
    std::fs::read_to_string(path).map_err(|error| SourceError::Io {
        path: path.to_owned(),
        error,
    })
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, SourceError> {
    std::fs::read(path).map_err(|error| SourceError::Io {
        path: path.to_owned(),
        error,
    })
}
