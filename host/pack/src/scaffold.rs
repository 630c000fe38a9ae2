//! `patchbay new`: a policy that compiles and passes its tests, to change.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::embedded::{Contract, SDK, TEMPLATE, unpack};
use crate::manifest::{NAME_RULE, is_pack_name};

/// Why a project was not made.
#[derive(Debug, Error)]
pub enum ScaffoldError {
    /// The name cannot be a pack's.
    #[error("{0:?} is no pack name; {NAME_RULE}")]
    Name(String),
    /// Something is there already.
    #[error("{0} already exists and is not empty; choose another name or remove it")]
    Exists(PathBuf),
    /// The disk refused.
    #[error("cannot write {path}: {error}")]
    Io {
        /// Where.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// Make the project of a new policy in `directory`; its last part is the
/// pack's name.
///
/// # Errors
/// [`ScaffoldError`]; nothing is overwritten.
pub fn scaffold(directory: &Path) -> Result<String, ScaffoldError> {
    let name = directory
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    if !is_pack_name(&name) {
        return Err(ScaffoldError::Name(name));
    }
    let occupied = std::fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some());
    if occupied || directory.is_file() {
        return Err(ScaffoldError::Exists(directory.to_owned()));
    }
    let type_name: String = name
        .split('-')
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        })
        .collect();
    let personal = |text: &str| {
        text.replace("{{name}}", &name)
            .replace("{{type}}", &type_name)
    };
    let as_it_is = |text: &str| text.to_owned();
    let io = |error| ScaffoldError::Io {
        path: directory.to_owned(),
        error,
    };
    unpack(&TEMPLATE, directory, &personal).map_err(io)?;
    unpack(&SDK, &directory.join("vendor/patchbay-sdk"), &as_it_is).map_err(io)?;
    Contract::current()
        .unpack(&directory.join("vendor/wit"))
        .map_err(io)?;
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_has_everything_it_needs() {
        let place = tempfile::tempdir().expect("a place");
        let directory = place.path().join("my-care");
        assert_eq!(scaffold(&directory).expect("made"), "my-care");
        for file in [
            "Cargo.toml",
            "pack.toml",
            "settings.schema.json",
            "src/lib.rs",
            "cases/classify/a-word-of-ours.json",
            "vendor/patchbay-sdk/Cargo.toml",
            "vendor/patchbay-sdk/src/lib.rs",
            "vendor/wit/care/types.wit",
        ] {
            assert!(directory.join(file).is_file(), "{file}");
        }
        assert!(!directory.join("vendor/wit/released").exists());
        let source = std::fs::read_to_string(directory.join("src/lib.rs")).expect("written");
        assert!(
            source.contains("struct MyCare") && !source.contains("{{"),
            "{source}"
        );
    }

    #[test]
    fn nothing_is_overwritten() {
        let place = tempfile::tempdir().expect("a place");
        std::fs::write(place.path().join("precious"), "x").expect("written");
        let parent = place.path().parent().expect("a parent");
        let taken = parent.join("taken-by-somebody");
        std::fs::create_dir_all(&taken).expect("made");
        std::fs::write(taken.join("precious"), "x").expect("written");
        assert!(matches!(scaffold(&taken), Err(ScaffoldError::Exists(_))));
        std::fs::remove_dir_all(&taken).expect("removed");
    }

    #[test]
    fn a_bad_name_is_refused() {
        for name in ["Big", "1st", "a b", "-x"] {
            assert!(
                matches!(scaffold(Path::new(name)), Err(ScaffoldError::Name(_))),
                "{name}"
            );
        }
    }
}
