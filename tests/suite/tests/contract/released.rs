//! The released contracts in `wit/released/`: the copies stay unchanged, and `wit/` keeps every item
//! of each.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use patchbay_engine::component::Digest;
use patchbay_engine::{CONTRACT_PACKAGES, CONTRACT_VERSION};
use wit_parser::Resolve;

use crate::compatibility::{incompatibilities, shown};
use crate::surface::Surface;
use crate::{PACKAGES, root};

#[test]
fn released_copies_are_unchanged() {
    let directory = released();
    let copies = digests_of(&directory);
    let listed = fs::read_to_string(directory.join("digests")).expect("the list of digests");
    let listed: BTreeMap<String, String> = listed
        .lines()
        .map(|line| {
            let (digest, path) = line.split_once("  ").expect("a digest and a path");
            (path.to_owned(), digest.to_owned())
        })
        .collect();
    let mut wrong = Vec::new();
    for (path, digest) in &listed {
        match copies.get(path) {
            None => wrong.push(format!("{path} was removed; restore it")),
            Some(found) if found != digest => {
                wrong.push(format!(
                    "{path} was edited, but a released copy never changes; restore it, and make the \
                     change in wit/ with a later @since"
                ));
            }
            Some(_) => {}
        }
    }
    for path in copies.keys().filter(|path| !listed.contains_key(*path)) {
        wrong.push(format!(
            "{path} is not listed in wit/released/digests; docs/contract.md tells how to release a \
             version"
        ));
    }
    assert!(wrong.is_empty(), "wit/released:\n  {}", wrong.join("\n  "));
}

#[test]
fn the_contract_keeps_every_released_item() {
    let current = read(&root().join("wit"));
    let mut found = Vec::new();
    for version in versions() {
        let of = read(&released().join(&version));
        let problems = incompatibilities(&of, &current);
        found.extend(problems.into_iter().map(|one| format!("{version}: {one}")));
    }
    assert!(
        found.is_empty(),
        "policies compiled against a released contract would break:\n  {}",
        found.join("\n  ")
    );
}

#[test]
fn the_host_implements_the_contract_in_wit() {
    let current = read(&root().join("wit"));
    let newest = current.packages.values().max().copied();
    assert_eq!(newest.map(shown).as_deref(), Some(CONTRACT_VERSION));
    let packages = current.packages.iter();
    let packages = packages.map(|(name, version)| (name.clone(), shown(*version)));
    let host = CONTRACT_PACKAGES.iter();
    let host = host.map(|(name, version)| (format!("patchbay:{name}"), (*version).to_owned()));
    assert_eq!(
        packages.collect::<BTreeMap<_, _>>(),
        host.collect::<BTreeMap<_, _>>()
    );
}

/// Reads the packages of a contract.
fn read(directory: &Path) -> Surface {
    let mut resolve = Resolve::default();
    for name in PACKAGES {
        let path = directory.join(name);
        resolve
            .push_dir(&path)
            .unwrap_or_else(|error| panic!("{} does not parse: {error:?}", path.display()));
    }
    Surface::of(&resolve)
}

/// The released versions.
pub(crate) fn versions() -> Vec<String> {
    let mut versions: Vec<String> = fs::read_dir(released())
        .expect("wit/released")
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    versions.sort();
    assert!(!versions.is_empty(), "nothing is released");
    versions
}

/// Digest of every released file by path.
fn digests_of(directory: &Path) -> BTreeMap<String, String> {
    let mut digests = BTreeMap::new();
    let mut left: Vec<PathBuf> = versions().iter().map(|name| directory.join(name)).collect();
    while let Some(at) = left.pop() {
        for entry in fs::read_dir(&at).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                left.push(path);
                continue;
            }
            let bytes = fs::read(&path).expect("a file");
            let name = path.strip_prefix(directory).expect("below it");
            digests.insert(name.display().to_string(), Digest::of(&bytes).hex());
        }
    }
    digests
}

fn released() -> PathBuf {
    root().join("wit/released")
}
