//! The documents agree with the repository: links, anchors and paths resolve,
//! the book lists every page, examples parse, and the checklists of
//! CONTRIBUTING.md are complete. The command lines in them are checked where the
//! command line is defined, in `host/cli`.

mod checklist;
mod crates;
mod document;
mod policy_example;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use document::{Document, book_pages, documents, repository_files, root};

#[test]
fn every_link_resolves() {
    let documents = documents();
    let mut broken = Vec::new();
    for document in &documents {
        for link in &document.links {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match path {
                "" => document.path.clone(),
                path => document.resolve(path),
            };
            let in_book = target.starts_with("docs/") && target != "docs/SUMMARY.md";
            if document.is_book_page() && !in_book {
                broken.push(format!(
                    "{}: {link} leaves the book; name the path instead",
                    document.path
                ));
            } else if !root().join(&target).exists() {
                broken.push(format!("{}: {link}: no such file", document.path));
            } else if !anchor.is_empty() {
                let linked = documents.iter().find(|other| other.path == target);
                if linked.is_none_or(|linked| !linked.anchors.contains(anchor)) {
                    broken.push(format!("{}: {link}: no such heading", document.path));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_path_exists() {
    let files = repository_files();
    let exists = |path: &str| {
        root().join(path).exists() || files.iter().any(|file| file.ends_with(&format!("/{path}")))
    };
    let mut missing = Vec::new();
    for document in documents() {
        // The change log names paths of the past too.
        if document.path == "CHANGELOG.md" {
            continue;
        }
        for span in document.code_spans.iter().filter(|span| is_path(span)) {
            if !exists(span.trim_end_matches('/')) {
                missing.push(format!("{}: `{span}`", document.path));
            }
        }
    }
    assert!(missing.is_empty(), "no such path:\n{}", missing.join("\n"));
}

/// Whether a code span names a file or directory of the repository.
fn is_path(span: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let top = [
        "host/", "docs/", "wit/", "sdk/", "plugins/", "tests/", ".ci/",
    ];
    let named = top.iter().any(|directory| span.starts_with(directory)) || span.ends_with(".rs");
    // Written by a build, not kept in the repository.
    named && span.chars().all(plain) && span != "docs/book"
}

#[test]
fn the_summary_lists_every_page_once() {
    let summary = Document::read("docs/SUMMARY.md");
    let mut listed: BTreeMap<&str, usize> = BTreeMap::new();
    for link in &summary.links {
        *listed.entry(link).or_default() += 1;
    }
    let pages = book_pages();
    let pages: BTreeSet<&str> = pages.iter().map(String::as_str).collect();
    assert_eq!(listed.keys().copied().collect::<BTreeSet<_>>(), pages);
    let repeated: Vec<_> = listed.iter().filter(|(_, times)| **times > 1).collect();
    assert!(repeated.is_empty(), "listed more than once: {repeated:?}");
}

#[test]
fn every_toml_and_json_example_parses() {
    let mut wrong = Vec::new();
    let mut examples = 0;
    for document in documents() {
        for (language, text) in &document.code_blocks {
            let error = match language.as_str() {
                "toml" => toml::from_str::<toml::Table>(&document.with_includes(text))
                    .err()
                    .map(|error| error.to_string()),
                "json" => serde_json::from_str::<serde_json::Value>(text)
                    .err()
                    .map(|error| error.to_string()),
                _ => continue,
            };
            examples += 1;
            wrong.extend(error.map(|error| format!("{}: {error}\n{text}", document.path)));
        }
    }
    for path in [
        "docs/book.toml",
        "docs/company.example.toml",
        "docs/pack.example.toml",
        "docs/trust.example.toml",
    ] {
        let text = fs::read_to_string(root().join(path)).expect("readable");
        if let Err(error) = toml::from_str::<toml::Table>(&text) {
            wrong.push(format!("{path}: {error}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(examples >= 10, "only {examples} examples found");
}

#[test]
fn every_package_of_a_cargo_command_exists() {
    let manifests = repository_files().into_iter();
    let manifests = manifests.filter(|file| file.ends_with("/Cargo.toml"));
    let packages: BTreeSet<String> = manifests
        .filter_map(|file| {
            let text = fs::read_to_string(root().join(file)).expect("readable");
            let name = text
                .lines()
                .find_map(|line| line.strip_prefix("name = \""))?;
            Some(name.trim_end_matches('"').to_owned())
        })
        .collect();
    let mut unknown = Vec::new();
    for document in documents() {
        let blocks = document.code_blocks.iter().map(|(_, text)| text);
        for code in document.code_spans.iter().chain(blocks) {
            for option in code.split("-p ").skip(1) {
                let name = option.split_whitespace().next().unwrap_or_default();
                let is_name = name.starts_with("patchbay") || name == "social-care";
                if is_name && !packages.contains(name) {
                    unknown.push(format!("{}: {name}", document.path));
                }
            }
        }
    }
    assert!(unknown.is_empty(), "no such package: {unknown:?}");
}

#[test]
fn the_readme_is_short() {
    let text = fs::read_to_string(root().join("README.md")).expect("readable");
    assert!(
        text.lines().count() <= 130,
        "{} lines",
        text.lines().count()
    );
}
