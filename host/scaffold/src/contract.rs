//! The contract (WIT) embedded in the binary: the current version and every released one.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use include_dir::{Dir, include_dir};
use semver::Version;

static WIT: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../wit");

/// Directory of the released versions within the contract's.
const RELEASED: &str = "released";

/// One version of the contract, a directory for each package.
#[derive(Debug)]
pub struct Contract(&'static Dir<'static>);

impl Contract {
    /// The version this host implements.
    pub fn current() -> Contract {
        Contract(&WIT)
    }

    /// A released version, such as `0.1.0`; `None` when that version was not released.
    pub fn released(version: &str) -> Option<Contract> {
        released()
            .find(|(name, _)| name == version)
            .map(|(_, directory)| Contract(directory))
    }

    /// Every released version.
    pub fn versions() -> Vec<String> {
        released().map(|(name, _)| name).collect()
    }

    /// Its version: the highest of its packages' versions.
    pub fn version(&self) -> String {
        let files = self.files();
        let versions = files.values().flat_map(|text| package_versions(text));
        let newest = versions.max();
        newest
            .map(|version| version.to_string())
            .unwrap_or_default()
    }

    /// Text of every file by `package/file.wit`.
    pub fn files(&self) -> BTreeMap<String, &'static str> {
        self.packages()
            .flat_map(Dir::files)
            .filter_map(|file| {
                let path = file.path().strip_prefix(self.0.path()).ok()?;
                Some((path.display().to_string(), file.contents_utf8()?))
            })
            .collect()
    }

    /// Writes every package to a directory, which is created.
    ///
    /// # Errors
    /// When a directory or file cannot be written.
    pub fn unpack(&self, to: &Path) -> io::Result<()> {
        self.packages().try_for_each(|package| {
            let name = package.path().file_name().unwrap_or_default();
            crate::unpack(package, &to.join(name), &str::to_owned)
        })
    }

    fn packages(&self) -> impl Iterator<Item = &'static Dir<'static>> {
        let directories = self.0.dirs();
        directories.filter(|directory| !directory.path().ends_with(RELEASED))
    }
}

/// The versions that lines such as `package patchbay:care@0.1.1;` of a text give.
pub(crate) fn package_versions(text: &str) -> impl Iterator<Item = Version> {
    text.lines().filter_map(|line| {
        let name = line.trim().strip_prefix("package patchbay:")?;
        let (_, version) = name.strip_suffix(';')?.split_once('@')?;
        version.parse().ok()
    })
}

fn released() -> impl Iterator<Item = (String, &'static Dir<'static>)> {
    let versions = WIT.get_dir(RELEASED).into_iter().flat_map(Dir::dirs);
    versions.filter_map(|directory| {
        let name = directory.path().file_name()?.to_string_lossy().into_owned();
        Some((name, directory))
    })
}
