//! `patchbay update`: moves a policy project to the SDK and the contract of this binary. It changes
//! what `patchbay new` wrote into `vendor/` and the lines of the project's files that name the SDK;
//! what was changed by hand stays.

mod apply;
mod files;
mod project_file;
mod python;
mod rust;
mod typescript;

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use patchbay_config::file_problem::FileProblem;
use patchbay_pack::manifest::{FILE_NAME, Language, Manifest};
use semver::Version;
use thiserror::Error;

use crate::javascript_sdk;
use crate::sdk_files::sdk_version;
use crate::sdk_record::{RECORD, digest};
use patchbay_contract::Contract;
use patchbay_contract::ContractAddition;

use files::VendoredFiles;
use project_file::ProjectFile;

pub use files::{FileChange, KeptFile, LineCount};

/// Why a project is not updated. Nothing was written.
#[derive(Debug, Error)]
pub enum UpdateError {
    /// The directory is not a policy project.
    #[error("{path} is not a policy project: {reason}")]
    NoProject {
        /// The directory.
        path: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// A file of the project is not valid.
    #[error("{path}{}", problem.after_name(text))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Its text.
        text: String,
        /// What is wrong, with its place.
        problem: Box<FileProblem>,
    },
    /// The project has a later version than this binary.
    #[error("the project has version {project} of the {part}; this patchbay has {own}")]
    Newer {
        /// `SDK` or `contract`.
        part: &'static str,
        /// Version of the project.
        project: Version,
        /// Version of this binary.
        own: Version,
    },
    /// The project has its SDK from elsewhere.
    #[error("{file} has the SDK from {source_of_sdk}, which `patchbay update` does not change")]
    OtherSource {
        /// The file that names the SDK.
        file: &'static str,
        /// Where it is from.
        source_of_sdk: String,
    },
    /// A file of the SDK is a link.
    #[error("{0} is a link; only files of the project itself are changed")]
    Link(PathBuf),
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Error of the operating system.
        error: io::Error,
    },
}

/// Versions of the SDK and of the contract in a project; `None` where the project does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectVersions {
    /// Of the SDK.
    pub sdk: Option<Version>,
    /// Of the contract.
    pub contract: Option<Version>,
}

/// How a project gets to the SDK of this binary.
#[derive(Debug)]
pub struct ProjectUpdate {
    /// Name of the pack.
    pub name: String,
    /// Language of the project.
    pub language: Language,
    /// Versions before.
    pub before: ProjectVersions,
    /// Versions of this binary.
    pub after: ProjectVersions,
    /// Files that change, by path. Those that were changed by hand are not among them, but the new
    /// ones beside them are.
    pub changes: Vec<FileChange>,
    /// Files that were changed by hand and stay.
    pub kept: Vec<KeptFile>,
    /// What the author has to do or know, one sentence each.
    pub notes: Vec<String>,
    /// What the contract has in addition.
    pub additions: Vec<ContractAddition>,
    directory: PathBuf,
    /// The directory, which is locked.
    _lock: File,
}

/// What a language adds to an update: where the project names the SDK.
struct SdkReference {
    /// Version that the project's own files give.
    version: Option<Version>,
    /// The project's files with the line of the SDK changed.
    edited: Vec<ProjectFile>,
    /// Files of an SDK that the project named before, with their digest where a lock file has one.
    named: BTreeMap<String, Option<ArchiveDigest>>,
    /// Directories and files of the SDK that the project has; others are not written.
    vendored: Vec<&'static str>,
    notes: Vec<String>,
}

/// Digest of an archive as a lock file has it: of npm, or of pip.
struct ArchiveDigest(String);

impl ArchiveDigest {
    fn matches(&self, bytes: &[u8]) -> bool {
        self.0 == digest(bytes) || self.0 == javascript_sdk::integrity(bytes)
    }
}

impl ProjectUpdate {
    /// Reads a project and says what an update would change. `replaces` also replaces files that
    /// were changed by hand. Waits until no other update changes the project.
    ///
    /// # Errors
    /// Every [`UpdateError`].
    pub fn plan(directory: &Path, replaces: bool) -> Result<ProjectUpdate, UpdateError> {
        let io = |error| UpdateError::Io {
            path: directory.to_owned(),
            error,
        };
        let lock = File::open(directory).map_err(io)?;
        let manifest = ProjectFile::required(directory, FILE_NAME)?;
        lock.lock().map_err(io)?;
        let pack = Manifest::parse(&manifest.text).map_err(|problem| manifest.invalid(problem))?;
        let language = pack.build.language;
        let reference = match language {
            Language::Rust => rust::reference(directory)?,
            Language::Typescript => typescript::reference(directory)?,
            Language::Python => python::reference(directory)?,
        };
        let vendored = VendoredFiles::read(directory, language, &reference)?;
        let before = ProjectVersions {
            sdk: vendored.sdk.clone().or(reference.version),
            contract: vendored.contract.clone(),
        };
        let contract = Contract::current();
        let after = ProjectVersions {
            sdk: sdk_version(language).parse().ok(),
            contract: contract.version().parse().ok(),
        };
        for (part, project, own) in [
            ("SDK", &before.sdk, &after.sdk),
            ("contract", &before.contract, &after.contract),
        ] {
            if let (Some(project), Some(own)) = (project, own)
                && project > own
            {
                return Err(UpdateError::Newer {
                    part,
                    project: project.clone(),
                    own: own.clone(),
                });
            }
        }
        let (mut changes, kept) = vendored.changes(replaces);
        // Without the new archive nothing names it.
        let is_kept = |archive: &String| kept.iter().any(|one| one.path == *archive);
        let edits = reference.edited.into_iter();
        let edits = edits.filter(|file| !file.archive.as_ref().is_some_and(is_kept));
        changes.extend(edits.filter_map(ProjectFile::change));
        for change in &changes {
            check_links(directory, &change.path)?;
        }
        // The record is written last: an update that was cut off is finished by the next.
        let (record, mut others): (Vec<_>, Vec<_>) = changes
            .into_iter()
            .partition(|change| change.path == RECORD);
        others.sort_by(|one, other| one.path.cmp(&other.path));
        others.extend(record);
        let additions = match &before.contract {
            Some(version) => contract.additions_since(version),
            None => Vec::new(),
        };
        Ok(ProjectUpdate {
            name: pack.name().to_owned(),
            language,
            before,
            after,
            changes: others,
            kept,
            notes: reference.notes,
            additions,
            directory: directory.to_owned(),
            _lock: lock,
        })
    }

    /// Writes the changes, all or none.
    ///
    /// # Errors
    /// [`UpdateError::Io`] with the file.
    pub fn write(&self) -> Result<(), UpdateError> {
        apply::write(&self.directory, &self.changes)
    }

    /// The commands that the author runs next, each with what it does.
    pub fn next_commands(&self) -> Vec<(&'static str, &'static str)> {
        let is_same = self.before.sdk == self.after.sdk;
        let own = match self.language {
            Language::Rust => (
                "cargo update -p patchbay-sdk",
                "the crates that the SDK needs, in Cargo.lock",
            ),
            Language::Typescript => ("npm install", "the SDK and its tools"),
            // pip installs nothing whose version is installed already.
            Language::Python if is_same => (
                ".venv/bin/pip install --force-reinstall -r requirements.txt",
                "the SDK and its tools",
            ),
            Language::Python => (
                ".venv/bin/pip install -r requirements.txt",
                "the SDK and its tools",
            ),
        };
        vec![own, ("patchbay test", "test cases, in the sandbox")]
    }
}

/// A file that changes must not be outside of the project.
fn check_links(directory: &Path, path: &str) -> Result<(), UpdateError> {
    let mut full = directory.to_owned();
    for part in Path::new(path).components() {
        full.push(part);
        if full.is_symlink() {
            return Err(UpdateError::Link(full));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
