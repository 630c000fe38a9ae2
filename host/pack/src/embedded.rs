//! What the binary carries with it: the SDK, the contract, and the beginnings
//! of a policy. A policy can be written, built and tested with nothing else of
//! ours at hand.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use include_dir::{Dir, include_dir};

/// The SDK for Rust, as a crate that stands alone.
pub static SDK: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../sdk/rust");
static WIT: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../wit");
pub(crate) static TEMPLATE: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/template");

/// A version of the contract, one directory for each package.
#[derive(Debug)]
pub struct Contract(&'static Dir<'static>);

/// Where in the contract's directory the released versions lie.
const RELEASED: &str = "released";

impl Contract {
    /// The one this host speaks.
    pub fn current() -> Contract {
        Contract(&WIT)
    }

    /// A released one; none of that version.
    pub fn released(version: &str) -> Option<Contract> {
        let mut versions = Contract::released_directories();
        versions
            .find(|directory| directory.path().ends_with(version))
            .map(Contract)
    }

    /// Versions that were released.
    pub fn versions() -> Vec<String> {
        Contract::released_directories()
            .filter_map(|version| version.path().file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect()
    }

    fn released_directories() -> impl Iterator<Item = &'static Dir<'static>> {
        WIT.get_dir(RELEASED).into_iter().flat_map(Dir::dirs)
    }

    /// Its files: package and file name, and text.
    pub fn files(&self) -> BTreeMap<String, &'static str> {
        self.packages()
            .flat_map(Dir::files)
            .filter_map(|file| {
                let path = file.path().strip_prefix(self.0.path()).ok()?;
                Some((path.display().to_string(), file.contents_utf8()?))
            })
            .collect()
    }

    /// Write it out.
    ///
    /// # Errors
    /// What the system says.
    pub fn unpack(&self, to: &Path) -> io::Result<()> {
        for package in self.packages() {
            let name = package.path().file_name().unwrap_or_default();
            unpack(package, &to.join(name), &str::to_owned)?;
        }
        Ok(())
    }

    fn packages(&self) -> impl Iterator<Item = &'static Dir<'static>> {
        self.0
            .dirs()
            .filter(|below| !below.path().ends_with(RELEASED))
    }
}

/// Write an embedded directory out, passing each text through `change`.
///
/// # Errors
/// What the system says.
pub(crate) fn unpack(
    embedded: &Dir<'_>,
    to: &Path,
    change: &dyn Fn(&str) -> String,
) -> io::Result<()> {
    for file in embedded.files() {
        let relative = file
            .path()
            .strip_prefix(embedded.path())
            .unwrap_or(file.path());
        // A Cargo.toml in a template would be a package of its own there.
        let name = relative.to_string_lossy();
        let path = to.join(name.strip_suffix(".template").unwrap_or(&name));
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        match file.contents_utf8() {
            Some(text) => std::fs::write(path, change(text))?,
            None => std::fs::write(path, file.contents())?,
        }
    }
    for directory in embedded.dirs() {
        let name = directory
            .path()
            .file_name()
            .unwrap_or(directory.path().as_os_str());
        unpack(directory, &to.join(name), change)?;
    }
    Ok(())
}
