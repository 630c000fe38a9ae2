//! The bill of materials of a pack: what its component is built from, as
//! [CycloneDX](https://cyclonedx.org/docs/1.5/json/) JSON.

mod cargo;
mod npm;

use std::path::Path;

use crate::build::BuildError;
use crate::manifest::{FILE_NAME, Language};
use crate::manifest_file::read_manifest;

/// The bill of materials of a pack directory that was built: every package that the component or
/// its build needs, with version, licence and checksum. The same lock file gives the same text; it
/// names no path and no time.
///
/// # Errors
/// When the manifest cannot be read, or the language's tools do not describe the project.
pub fn of_project(directory: &Path, offline: bool) -> Result<String, BuildError> {
    let language = read_manifest(&directory.join(FILE_NAME))?.build.language;
    let document = match language {
        Language::Rust => cargo::of_project(directory, offline)?,
        Language::Typescript => npm::of_project(directory)?,
        Language::Python => return Err(BuildError::Language { language }),
    };
    Ok(format!("{document:#}\n"))
}
