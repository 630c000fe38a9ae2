//! The packed cases, run natively: `patchbay test` runs the same files in the
//! sandbox. Quick enough for every change to a word list.

mod answers;
mod course;
mod matching;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "json") {
            found.push(path);
        }
    }
}

fn cases() -> Vec<PathBuf> {
    let mut found = Vec::new();
    files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("cases"),
        &mut found,
    );
    found.sort();
    found
}

#[test]
fn every_case_holds() {
    let mut wrong = Vec::new();
    for path in cases() {
        let text = fs::read_to_string(&path).unwrap_or_default();
        match serde_json::from_str::<Value>(&text) {
            Err(error) => wrong.push(format!("{}: {error}", path.display())),
            Ok(case) => {
                let problems = course::run(&case);
                wrong.extend(
                    problems
                        .into_iter()
                        .map(|problem| format!("{}: {problem}", path.display())),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn there_are_cases_for_every_decision() {
    let texts: Vec<String> = cases()
        .iter()
        .map(|path| fs::read_to_string(path).unwrap_or_default())
        .collect();
    assert!(texts.len() >= 70, "only {} cases", texts.len());
    for decision in ["\"classify\"", "\"route\"", "\"tone\"", "\"escalate\""] {
        assert!(
            texts.iter().filter(|text| text.contains(decision)).count() >= 10,
            "few cases for {decision}"
        );
    }
}
