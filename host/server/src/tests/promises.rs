//! Every promise of `docs/security.md` names an existing test.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const PROMISES: &str = include_str!("../../../../docs/security.md");

/// Collects the names of all tests below a directory.
fn tests(directory: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).expect("readable") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if !path.ends_with("target") {
                tests(&path, found);
            }
            continue;
        }
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("UTF-8");
        let mut lines = text.lines().map(str::trim);
        while let Some(line) = lines.next() {
            if line != "#[test]" && line != "#[tokio::test]" {
                continue;
            }
            let function = lines.find(|line| !line.starts_with("#["));
            let named = function.and_then(|line| {
                let (_, rest) = line.split_once("fn ")?;
                rest.split_once('(')
            });
            found.extend(named.map(|(name, _)| name.to_owned()));
        }
    }
}

#[test]
fn every_promise_names_an_existing_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut known = BTreeSet::new();
    for directory in ["host", "tests/suite"] {
        tests(&root.join(directory), &mut known);
    }
    let mut named = 0;
    for line in PROMISES.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').collect();
        let [promise, _, by] = cells[..] else {
            panic!("three cells: {line}");
        };
        // Names in backticks are tests, unless they are files or directories.
        let names = by.split('`').skip(1).step_by(2);
        for name in names.filter(|name| !name.contains(['.', '/'])) {
            assert!(known.contains(name), "{promise}: there is no test {name}");
            named += 1;
        }
    }
    assert!(named > 50, "{named} tests are named");
}
