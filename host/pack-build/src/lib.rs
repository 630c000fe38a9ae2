//! Builds a pack's sources into a component. The command line, the demo and the tests all build
//! here with the same settings, so the same sources give the same component. [`open_pack`]
//! opens a pack wherever it is: it builds a directory only where the options allow sources.
//!
//! Each language is one file: which tools it needs, and how they make a component. No build
//! installs anything: a tool or package that is missing is an error with the command that
//! installs it.

mod log_lines;
mod merge;
mod open;
mod output_directory;
mod process_tree;
mod python;
mod rust;
pub mod sbom;
mod sdk_program;
mod tool;
mod typescript;

use std::path::{Path, PathBuf};

use thiserror::Error;

use patchbay_pack::SourceError;
use patchbay_pack::manifest::{FILE_NAME, Language};
use patchbay_pack::read_manifest;

pub use open::{PackError, open_pack};

/// Why a pack is not built.
#[derive(Debug, Error)]
pub enum BuildError {
    /// Its directory or manifest cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A tool or a package is missing, or is not the one that the project's lock file names; with
    /// the command that installs it.
    #[error("{0}")]
    Toolchain(String),
    /// The compiler found mistakes and has printed them.
    #[error("the sources of {pack} do not compile; see the compiler's messages above")]
    Compile {
        /// Name of the pack.
        pack: String,
    },
    /// A component cannot be written.
    #[error("cannot write {}: {error}", .file.display())]
    Write {
        /// Its file.
        file: PathBuf,
        /// Error of the operating system.
        error: std::io::Error,
    },
    /// A dependency compiles C code.
    #[error(
        "the dependency {dependency} of {pack} compiles C code, which the sandbox does not run; use a crate in pure Rust instead (`cargo tree --invert {}` in the pack shows what needs it)",
        .dependency.split(' ').next().unwrap_or_default()
    )]
    NativeCode {
        /// Name of the pack.
        pack: String,
        /// The crate and its version.
        dependency: String,
    },
    /// No crate defines a symbol.
    #[error(
        "{pack} cannot be linked: no crate defines `{symbol}`, which usually belongs to a C library; use a crate in pure Rust instead"
    )]
    UndefinedSymbol {
        /// Name of the pack.
        pack: String,
        /// The symbol.
        symbol: String,
    },
    /// The project has no `cdylib`.
    #[error(
        "{0} builds no component; add crate-type = [\"cdylib\", \"rlib\"] to [lib] in its Cargo.toml"
    )]
    NoComponent(String),
}

/// How to build.
#[derive(Clone, Debug, Default)]
pub struct BuildOptions {
    /// Use only what has already been downloaded. Builds in TypeScript and Python never download.
    pub offline: bool,
    /// Hide the compiler's progress; its error messages are still printed.
    pub quiet: bool,
    /// Write the compiler's lines to the log instead of stderr, so that a log in
    /// JSON holds nothing else.
    pub to_log: bool,
    /// Whether directories of sources are built at all.
    pub sources: Sources,
}

/// What becomes of a directory of sources where a pack is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sources {
    /// It is built.
    #[default]
    Build,
    /// It is refused: a host in production has no compiler.
    Refuse,
}

/// A component that was built.
#[derive(Clone, Debug)]
pub struct Built {
    /// Its file. The next build of a project of the same name with the same target directory
    /// overwrites it.
    pub file: PathBuf,
    /// Its bytes.
    pub component: Vec<u8>,
}

/// A directory of sources that is built.
struct Project<'a> {
    /// Its absolute path.
    directory: PathBuf,
    /// Name of the pack.
    pack: &'a str,
    options: &'a BuildOptions,
}

/// Builds the pack in a directory. The first build of a project takes up to a minute; builds with
/// the same target directory wait for each other.
///
/// # Errors
/// When the manifest, the toolchain or the sources are not in order, or the component is larger
/// than 64 MiB.
pub fn build(directory: &Path, options: &BuildOptions) -> Result<Built, BuildError> {
    let manifest = read_manifest(&directory.join(FILE_NAME))?;
    let project = Project {
        directory: directory
            .canonicalize()
            .map_err(patchbay_pack::cannot_read(directory))?,
        pack: manifest.name(),
        options,
    };
    match manifest.build.language {
        Language::Rust => rust::build(&project),
        Language::Typescript => typescript::build(&project),
        Language::Python => python::build(&project),
    }
}

/// The tools for a language, with their versions, as projects in this directory get them.
///
/// # Errors
/// [`BuildError::Toolchain`]: what is missing and the command that installs it.
pub fn find_toolchain(language: Language, directory: &Path) -> Result<String, BuildError> {
    match language {
        Language::Rust => rust::find_toolchain(directory),
        Language::Typescript => typescript::find_toolchain(directory),
        Language::Python => python::find_toolchain(directory),
    }
}
