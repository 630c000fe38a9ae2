//! Why a pack cannot be read.

use std::io;
use std::path::{Path, PathBuf};

use patchbay_config::file_problem::FileProblem;
use thiserror::Error;

use crate::data::DataFileError;
use crate::directory_files::DirectoryFileError;
use crate::settings::SchemaError;

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
    File(DirectoryFileError),
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
    /// A file that the manifest declares as data is none.
    #[error("{}: {error}; pack.toml names it under [data.{name}]", .path.display())]
    Data {
        /// Name of the data.
        name: String,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: Box<DataFileError>,
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

impl From<DirectoryFileError> for SourceError {
    fn from(error: DirectoryFileError) -> SourceError {
        match error {
            DirectoryFileError::Io { path, error } => SourceError::Io { path, error },
            other => SourceError::File(other),
        }
    }
}

/// The error for a path that the operating system does not read.
pub fn cannot_read(path: &Path) -> impl FnOnce(io::Error) -> SourceError + use<> {
    let path = path.to_owned();
    move |error| SourceError::Io { path, error }
}
