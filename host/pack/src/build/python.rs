//! Policies in Python.

use std::path::Path;

use super::{BuildError, Built, Project};
use crate::manifest::Language;

pub(super) fn build(_: &Project<'_>) -> Result<Built, BuildError> {
    Err(BuildError::Language {
        language: Language::Python,
    })
}

pub(super) fn find_toolchain(_: &Path) -> Result<String, BuildError> {
    Err(BuildError::Language {
        language: Language::Python,
    })
}
