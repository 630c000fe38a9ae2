//! Reads `pack.toml`.

use std::path::Path;

use crate::directory_files::read_text;
use crate::manifest::Manifest;
use crate::source_error::SourceError;

/// Reads and checks a manifest.
///
/// # Errors
/// When it cannot be read or is not valid.
pub fn read_manifest(path: &Path) -> Result<Manifest, SourceError> {
    parse_manifest(path, read_text(path)?)
}

/// Checks the text of a manifest; errors name this path.
pub(crate) fn parse_manifest(path: &Path, text: String) -> Result<Manifest, SourceError> {
    Manifest::parse(&text).map_err(|problem| SourceError::Manifest {
        path: path.to_owned(),
        text,
        problem: Box::new(problem),
    })
}
