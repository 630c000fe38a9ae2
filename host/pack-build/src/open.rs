//! Opens a pack from a path: a pack file, a directory of sources, or a component file.

use std::path::{Path, PathBuf};

use patchbay_pack::directory_files::has_extension;
use patchbay_pack::pack_file::{EXTENSION, PackFile, PackFileError};
use patchbay_pack::{Pack, SourceError, read_component};
use thiserror::Error;

use crate::{BuildError, BuildOptions, Sources, build};

/// Why a pack cannot be opened.
#[derive(Debug, Error)]
pub enum PackError {
    /// It cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// It is not a valid pack file.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: PackFileError,
    },
    /// It is a directory of sources, and this process does not build sources.
    #[error("{} holds sources, which this host does not build; name a pack file instead (`patchbay pack build` makes one), or set sources = true under [dev] in the server settings", .0.display())]
    Sources(PathBuf),
}

/// Opens a pack: reads a pack file, builds a directory, or reads a component file, which
/// requests no grants and has the settings schema it embeds.
///
/// # Errors
/// When it cannot be read or built.
pub fn open_pack(path: &Path, options: &BuildOptions) -> Result<Pack, PackError> {
    if path.is_dir() {
        if options.sources == Sources::Refuse {
            return Err(PackError::Sources(path.to_owned()));
        }
        let built = build(path, options)?;
        let mut pack = Pack::from_parts(path, built.component)?;
        pack.check_built_parts(path, &built.file)?;
        return Ok(pack);
    }
    if has_extension(path, &[EXTENSION]) {
        let file = PackFile::open(path).map_err(|error| PackError::File {
            path: path.to_owned(),
            error,
        })?;
        return Ok(file.into_pack());
    }
    let bytes = read_component(path)?;
    let name = path.file_stem().unwrap_or("component".as_ref());
    let mut pack = Pack::bare(name.to_string_lossy().into_owned(), bytes.into());
    pack.use_embedded_schema(path)?;
    Ok(pack)
}
