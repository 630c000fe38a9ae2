//! The contract (WIT) embedded in the binary: the current version and every released one.

mod additions;

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use include_dir::{Dir, include_dir};
use semver::Version;

pub use additions::ContractAddition;

static WIT: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../wit");

/// Directory of the released versions within the contract's.
const RELEASED: &str = "released";

/// The packages of the current version as a JSON list: interfaces, types, functions and their
/// documentation. Its shape is described at the API operation that serves it.
pub const PACKAGES: &str = include_str!(concat!(env!("OUT_DIR"), "/packages.json"));

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
        fs::create_dir_all(to)?;
        self.files().into_iter().try_for_each(|(path, text)| {
            let path = to.join(path);
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(path, text)
        })
    }

    fn packages(&self) -> impl Iterator<Item = &'static Dir<'static>> {
        let directories = self.0.dirs();
        directories.filter(|directory| !directory.path().ends_with(RELEASED))
    }
}

/// The versions that lines such as `package patchbay:care@0.1.1;` of a text give.
pub fn package_versions(text: &str) -> impl Iterator<Item = Version> {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    fn find<'a>(list: &'a Value, name: &str) -> &'a Value {
        let items = list.as_array().expect("a list");
        let found = items.iter().find(|it| it["name"] == name);
        found.unwrap_or_else(|| panic!("no {name}"))
    }

    #[test]
    fn the_document_has_every_package_with_its_version() {
        let packages: Value = serde_json::from_str(PACKAGES).expect("JSON");
        let contract = Contract::current();
        let directories: BTreeSet<_> = contract
            .files()
            .keys()
            .filter_map(|path| Some(path.split_once('/')?.0.to_owned()))
            .collect();
        let names: BTreeSet<_> = packages
            .as_array()
            .expect("a list")
            .iter()
            .map(|it| {
                it["name"]
                    .as_str()
                    .expect("a name")
                    .replace("patchbay:", "")
            })
            .collect();
        assert_eq!(names, directories);
        assert_eq!(
            find(&packages, "patchbay:care")["version"],
            contract.version()
        );
    }

    #[test]
    fn a_type_has_its_members_with_their_documentation() {
        let packages: Value = serde_json::from_str(PACKAGES).expect("JSON");
        let tone = find(&find(&packages, "patchbay:tone")["interfaces"], "tone");
        let finding = find(&tone["types"], "finding");
        assert_eq!(finding["kind"], "record");
        let start = find(&finding["members"], "start");
        assert_eq!(start["type"], "option<u32>");
        let text = start["description"].as_str().expect("a description");
        assert!(text.starts_with("First byte of the passage"), "{text}");
        let check = find(&tone["functions"], "check");
        assert_eq!(check["parameters"][0]["type"], "draft");
        assert_eq!(check["result"], "result<option<review>, string>");
        assert_eq!(tone["uses"]["draft"], "patchbay:care/types");
    }

    #[test]
    fn a_method_has_no_parameter_for_its_resource() {
        let packages: Value = serde_json::from_str(PACKAGES).expect("JSON");
        let types = find(&find(&packages, "patchbay:care")["interfaces"], "types");
        let attachment = find(&types["types"], "attachment");
        assert_eq!(attachment["kind"], "resource");
        let name = find(&attachment["functions"], "name");
        assert_eq!(name["parameters"], serde_json::json!([]));
        assert_eq!(name["result"], "option<string>");
        assert_eq!(find(&types["types"], "timestamp")["type"], "u64");
    }

    #[test]
    fn a_world_names_what_it_imports_and_exports() {
        let packages: Value = serde_json::from_str(PACKAGES).expect("JSON");
        let policy = find(&find(&packages, "patchbay:policy")["worlds"], "policy");
        let exports = policy["exports"].as_array().expect("a list");
        assert!(
            exports.contains(&"patchbay:tone/tone".into()),
            "{exports:?}"
        );
    }
}
