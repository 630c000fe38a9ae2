//! The crates of `host/`: their order, their size, and what each must not know.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::document::{Document, repository_files, root};

/// Most lines of source of a crate, without tests.
const MOST_LINES: usize = 10_000;

/// Packages that a crate must not reach, by its own dependencies or by those of the
/// crates of `host/` below it. Only direct dependencies of crates of `host/` are seen.
const UNREACHABLE: &[(&str, &[&str])] = &[
    ("config", &["tokio", "rustix", "wasmtime", "ring"]),
    (
        "model",
        &["tokio", "rustix", "rusqlite", "wasmtime", "ring"],
    ),
    (
        "adapter",
        &["tokio", "rustix", "rusqlite", "wasmtime", "hyper"],
    ),
    (
        "email",
        &["tokio", "rustix", "rusqlite", "wasmtime", "hyper"],
    ),
    (
        "web-chat",
        &["tokio", "rustix", "rusqlite", "wasmtime", "hyper"],
    ),
    (
        "social",
        &["tokio", "rustix", "rusqlite", "wasmtime", "hyper"],
    ),
    (
        "help-desk",
        &["tokio", "rustix", "rusqlite", "wasmtime", "hyper"],
    ),
    (
        "feeds",
        &["tokio", "rustix", "rusqlite", "wasmtime", "hyper"],
    ),
    (
        "channels",
        &["tokio", "rustix", "rusqlite", "wasmtime", "hyper"],
    ),
    (
        "console",
        &["tokio", "axum", "patchbay-journal", "patchbay-model"],
    ),
    ("journal", &["rusqlite"]),
    ("pass", &["axum", "patchbay-http", "rusqlite"]),
    ("desk", &["axum", "patchbay-http", "rusqlite"]),
    ("floor", &["tokio", "rustix", "rusqlite", "wasmtime"]),
];

/// The names of the crates of `host/`.
fn crates() -> Vec<String> {
    let manifests = repository_files().into_iter().filter_map(|file| {
        let name = file.strip_prefix("host/")?.strip_suffix("/Cargo.toml")?;
        (!name.contains('/')).then(|| name.to_owned())
    });
    manifests.collect()
}

/// The packages that a crate depends on, those of tests apart.
fn dependencies(name: &str) -> BTreeSet<String> {
    let manifest = root().join("host").join(name).join("Cargo.toml");
    let manifest = fs::read_to_string(manifest).expect("readable");
    let manifest: toml::Table = toml::from_str(&manifest).expect("TOML");
    let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
    let names = dependencies.into_iter().flatten().map(|(name, _)| name);
    names.cloned().collect()
}

/// The crate of `host/` that is a package.
fn of_host(package: &str) -> Option<&str> {
    let name = package.strip_prefix("patchbay-")?;
    root().join("host").join(name).exists().then_some(name)
}

/// The order of the crates in docs/internals.md is the direction of the data
/// flow: a crate depends only on crates above it.
#[test]
fn every_crate_depends_only_on_crates_listed_above_it() {
    let internals = Document::read("docs/internals.md");
    let contributing = Document::read("CONTRIBUTING.md");
    let listed: Vec<&str> = internals.code_spans.iter().map(String::as_str).collect();
    let position = |name: &str| {
        let path = format!("host/{name}");
        let row = listed.iter().position(|span| *span == path);
        row.unwrap_or_else(|| panic!("docs/internals.md does not list {path}"))
    };
    for name in crates() {
        let path = format!("host/{name}");
        assert!(
            contributing.code_spans.contains(&path),
            "CONTRIBUTING.md does not list {path}"
        );
        for package in dependencies(&name) {
            if let Some(dependency) = of_host(&package) {
                assert!(
                    position(dependency) < position(&name),
                    "{name} depends on {dependency}"
                );
            }
        }
    }
}

#[test]
fn no_crate_reaches_what_it_must_not_know() {
    let direct: BTreeMap<String, BTreeSet<String>> = crates()
        .into_iter()
        .map(|name| (name.clone(), dependencies(&name)))
        .collect();
    for (name, unreachable) in UNREACHABLE {
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        let mut open = vec![*name];
        while let Some(next) = open.pop() {
            let packages = direct.get(next).unwrap_or_else(|| panic!("no host/{next}"));
            for package in packages {
                if reached.insert(package) {
                    open.extend(of_host(package));
                }
            }
        }
        for package in *unreachable {
            assert!(!reached.contains(package), "{name} reaches {package}");
        }
    }
}

#[test]
fn a_crate_is_small_enough_to_read() {
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    for file in repository_files() {
        let Some((name, place)) = file.strip_prefix("host/").and_then(|it| it.split_once('/'))
        else {
            continue;
        };
        if place.ends_with(".rs") && !is_of_tests(place) {
            let text = fs::read_to_string(root().join(&file)).expect("readable");
            *lines.entry(name.to_owned()).or_default() += source_lines(&text);
        }
    }
    let long: Vec<_> = lines.iter().filter(|(_, n)| **n > MOST_LINES).collect();
    assert!(long.is_empty(), "divide by the flow: {long:?}");
}

/// Whether a file of a crate is code of tests or benchmarks.
fn is_of_tests(place: &str) -> bool {
    place.split('/').any(|part| {
        let name = part.strip_suffix(".rs").unwrap_or(part);
        matches!(name, "test" | "tests" | "benches") || name.ends_with("_tests")
    })
}

/// The lines of a file before its module of tests.
fn source_lines(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let tests = lines.windows(2).position(|pair| {
        pair[0].starts_with("#[cfg(test)]") && pair[1].starts_with("mod ") && pair[1].ends_with('{')
    });
    tests.unwrap_or(lines.len())
}
