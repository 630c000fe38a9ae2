//! The checklists of CONTRIBUTING.md. Each section `### Add …` names an example
//! that exists and lists the files that name it; so the list stays complete when
//! the code moves.

use std::collections::BTreeSet;
use std::fs;

use crate::document::{repository_files, root};

/// One section `### Add …`.
struct Checklist {
    heading: String,
    /// How the example is spelled: the spans of the line `Example: …`.
    spellings: Vec<String>,
    /// The first span of each list item: files to change.
    changed: BTreeSet<String>,
    /// The spans of the line `In prose: …`: files that name the example in
    /// documentation.
    prose: BTreeSet<String>,
    /// The spans of the line `Searched: …`: directories in which every file that
    /// names the example must be listed. Empty: everywhere.
    searched: Vec<String>,
}

/// The texts between backticks.
fn spans(line: &str) -> impl Iterator<Item = String> {
    line.split('`').skip(1).step_by(2).map(str::to_owned)
}

fn checklists() -> Vec<Checklist> {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).expect("readable");
    let mut checklists: Vec<Checklist> = Vec::new();
    let mut is_open = false;
    for line in text.lines() {
        if line.starts_with('#') {
            is_open = line.starts_with("### Add ");
            if is_open {
                checklists.push(Checklist {
                    heading: line.trim_start_matches("### ").to_owned(),
                    spellings: Vec::new(),
                    changed: BTreeSet::new(),
                    prose: BTreeSet::new(),
                    searched: Vec::new(),
                });
            }
        }
        let Some(checklist) = checklists.last_mut().filter(|_| is_open) else {
            continue;
        };
        if line.starts_with("Example: ") {
            checklist.spellings.extend(spans(line));
        } else if line.starts_with("- `") {
            checklist.changed.extend(spans(line).next());
        } else if line.starts_with("In prose: ") {
            checklist.prose.extend(spans(line));
        } else if line.starts_with("Searched: ") {
            checklist.searched.extend(spans(line));
        }
    }
    checklists
}

/// Hand-written sources of the host, the SDK and the contract, without tests.
fn sources() -> impl Iterator<Item = String> {
    let is_source = |file: &String| {
        let is_code = file.ends_with(".rs") || file.ends_with(".wit");
        let is_ours = ["host/", "sdk/", "wit/"]
            .iter()
            .any(|top| file.starts_with(top));
        let is_frozen = file.starts_with("wit/released/") || file.contains("/bindings");
        let is_test = ["/tests/", "/examples/", "tests.rs"]
            .iter()
            .any(|part| file.contains(part));
        is_code && is_ours && !is_frozen && !is_test
    };
    repository_files().into_iter().filter(is_source)
}

/// A source without its unit tests, which stand at its end; Rust without
/// comments, the contract with them, for it documents its codes there.
fn code(file: &str, text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next();
    let lines = text.unwrap_or_default().lines();
    let is_comment = |line: &&str| file.ends_with(".rs") && line.trim_start().starts_with("//");
    lines
        .filter(|line| !is_comment(line))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn every_checklist_names_the_files_that_name_its_example() {
    let checklists = checklists();
    assert_eq!(
        checklists.len(),
        5,
        "channel, limit, outcome, method, clock"
    );
    let sources: Vec<(String, String)> = sources()
        .map(|file| {
            let text = fs::read_to_string(root().join(&file)).expect("readable");
            let code = code(&file, &text);
            (file, code)
        })
        .collect();
    let mut wrong = Vec::new();
    for checklist in &checklists {
        let heading = &checklist.heading;
        let names = |text: &str| checklist.spellings.iter().any(|one| text.contains(one));
        assert!(
            !checklist.spellings.is_empty() && !checklist.changed.is_empty(),
            "{heading}"
        );
        for file in checklist.changed.union(&checklist.prose) {
            match fs::read_to_string(root().join(file)) {
                Err(error) => wrong.push(format!("{heading}: {file}: {error}")),
                Ok(text) if !names(&text) => {
                    wrong.push(format!("{heading}: {file} does not name the example"));
                }
                Ok(_) => {}
            }
        }
        let searched = &checklist.searched;
        let is_searched = |file: &String| {
            searched.is_empty() || searched.iter().any(|directory| file.starts_with(directory))
        };
        for (file, text) in &sources {
            let is_listed = checklist.changed.contains(file) || checklist.prose.contains(file);
            if names(text) && is_searched(file) && !is_listed {
                wrong.push(format!(
                    "{heading}: {file} names the example and is not listed"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
