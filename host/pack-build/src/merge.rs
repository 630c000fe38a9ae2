//! Merges the core modules of a component into one.
//!
//! Interpreters come as several core modules: componentize-qjs makes 6, componentize-py 38. They
//! share a memory and a table of functions, which each fills whenever an instance is created. In a
//! single module the engine knows the table in advance and fills in a function when it is first
//! called, so that an instance costs a fraction.
//!
//! The instance with the memory, those that import something of it, and stubs are the *members* of
//! the merged module. The functions of the host are lowered with the memory of a member, so they
//! stay behind the table of shims that the component has for them, and so does the instance that
//! fills it.

mod component_items;
mod component_writer;
mod core_module;
mod linked_module;
mod member_indexes;
mod members;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use wasm_encoder::reencode;
use wasmparser::{BinaryReaderError, Validator};

use super::{BuildError, Built};
use component_items::ComponentItems;
use component_writer::ComponentWriter;
use patchbay_pack::read_component;

/// Why the core modules of a component stay separate.
#[derive(Debug, Error)]
pub(super) enum MergeError {
    /// There is nothing to merge.
    #[error("it has one core module")]
    OneModule,
    /// A construct that the merge does not know.
    #[error("it has {0}")]
    Unsupported(&'static str),
    /// It is no valid component.
    #[error(transparent)]
    Invalid(#[from] BinaryReaderError),
}

impl From<reencode::Error<MergeError>> for MergeError {
    fn from(error: reencode::Error<MergeError>) -> Self {
        match error {
            reencode::Error::UserError(error) => error,
            reencode::Error::ParseError(error) => MergeError::Invalid(error),
            _ => MergeError::Unsupported("a module that cannot be written again"),
        }
    }
}

/// Reads the component that a toolchain wrote, and merges its core modules in the file where
/// possible.
///
/// # Errors
/// When the file cannot be read or written.
pub(super) fn read_built(file: PathBuf) -> Result<Built, BuildError> {
    let mut component = read_component(&file)?;
    match merge_core_modules(&component) {
        Ok(merged) => {
            replace(&file, &merged).map_err(|error| BuildError::Write {
                file: file.clone(),
                error,
            })?;
            component = merged;
        }
        Err(MergeError::OneModule) => {}
        Err(reason) => {
            let file = file.display();
            tracing::info!(
                "instances of {file} start slowly: {reason}, so its core modules stay separate"
            );
        }
    }
    Ok(Built { file, component })
}

/// Writes a file anew, as a whole or not at all.
fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = file.with_extension("merged");
    std::fs::write(&temporary, bytes)?;
    std::fs::rename(&temporary, file)
}

/// The component with all core modules that share its memory merged into one. The same component
/// gives the same bytes.
///
/// # Errors
/// [`MergeError`]: the component is used as it is.
pub(super) fn merge_core_modules(component: &[u8]) -> Result<Vec<u8>, MergeError> {
    // Its items name earlier ones alone: nothing that follows them can go on for ever.
    Validator::new().validate_all(component)?;
    let items = ComponentItems::read(component)?;
    let merged = ComponentWriter::new(&items)?.write()?;
    Validator::new().validate_all(&merged)?;
    Ok(merged)
}
