//! The bill of materials of a pack: what its component is built from, as
//! [CycloneDX](https://cyclonedx.org/docs/1.5/json/) JSON.

mod cargo;
mod npm;
mod python;

use std::path::Path;

use crate::BuildError;
use patchbay_pack::manifest::{FILE_NAME, Language};
use patchbay_pack::read_manifest;

/// The bill of materials of a pack directory that was built: every package that the component or
/// its build needs, with version, licence and checksum. The same lock file gives the same text; it
/// names no path and no time.
///
/// # Errors
/// When the manifest cannot be read, or the language's tools do not describe the project.
pub fn of_project(directory: &Path, offline: bool) -> Result<String, BuildError> {
    let manifest = read_manifest(&directory.join(FILE_NAME))?;
    let document = match manifest.build.language {
        Language::Rust => cargo::of_project(directory, offline)?,
        Language::Typescript => npm::of_project(directory)?,
        Language::Python => {
            let version = manifest.pack.version.to_string();
            python::of_project(directory, manifest.name(), &version)?
        }
    };
    Ok(format!("{document:#}\n"))
}
