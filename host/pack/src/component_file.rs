//! Reads a pack's component.

use std::path::Path;

use crate::regular_file::{MOST_BYTES, read_bytes};
use crate::source_error::{SourceError, cannot_read};

/// Reads a component's file.
///
/// # Errors
/// When it cannot be read, or is larger than 64 MiB.
pub fn read_component(path: &Path) -> Result<Vec<u8>, SourceError> {
    read_bytes(path, MOST_BYTES).map_err(cannot_read(path))
}
