//! The table of cases in `docs/channel-cases.md`: it names tests that exist, has a section
//! for every adapter, and leaves nothing empty.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use patchbay_channels::ADAPTERS;

/// The page.
const PAGE: &str = "docs/channel-cases.md";
/// Titles of the columns.
const COLUMNS: [&str; 4] = ["case", "seen in", "what is right", "tests"];
/// Begins the last cell of a case without a test.
const NO_TEST: &str = "none: ";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A row of the page.
struct Row {
    section: String,
    cells: Vec<String>,
}

/// The titles of the sections and the rows below them.
fn read() -> (Vec<String>, Vec<Row>) {
    let text = fs::read_to_string(root().join(PAGE)).expect("readable");
    let (mut sections, mut rows) = (Vec::new(), Vec::new());
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            sections.push(title.to_owned());
        }
        let cells = line.strip_prefix("| ").and_then(|it| it.strip_suffix(" |"));
        let Some(cells) = cells else {
            assert!(!line.starts_with('|'), "not a whole row: {line}");
            continue;
        };
        // A bar within a cell is written `\|`.
        let cells = cells.replace("\\|", "\u{1}");
        let cells = cells.split('|').map(|cell| cell.trim().to_owned());
        let cells: Vec<String> = cells.map(|cell| cell.replace('\u{1}', "|")).collect();
        let is_rule = cells.iter().all(|cell| cell == "---");
        if !is_rule && cells != COLUMNS {
            let section = sections.last().expect("a section").clone();
            rows.push(Row { section, cells });
        }
    }
    (sections, rows)
}

/// The names between backticks.
fn code_spans(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The tests of the crates of `host/`: by crate, the modules and the name of each.
fn tests() -> BTreeMap<String, BTreeSet<(Vec<String>, String)>> {
    let mut found: BTreeMap<String, BTreeSet<(Vec<String>, String)>> = BTreeMap::new();
    for entry in fs::read_dir(root().join("host")).expect("listed") {
        let directory = entry.expect("an entry").path();
        let name = directory.file_name().expect("a name").to_string_lossy();
        let of_crate = found.entry(name.into_owned()).or_default();
        for part in ["src", "tests"] {
            read_tests(&directory.join(part), &mut Vec::new(), of_crate);
        }
    }
    found
}

fn read_tests(
    directory: &Path,
    modules: &mut Vec<String>,
    found: &mut BTreeSet<(Vec<String>, String)>,
) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy();
        modules.push(name.into_owned());
        if path.is_dir() {
            read_tests(&path, modules, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).expect("readable");
            let is_plain = |it: &&String| !["mod", "lib", "main"].contains(&it.as_str());
            let modules: Vec<String> = modules.iter().filter(is_plain).cloned().collect();
            let names = test_names(&text);
            found.extend(names.map(|name| (modules.clone(), name.to_owned())));
        }
        modules.pop();
    }
}

/// Names of the functions behind an attribute that makes them tests.
fn test_names(text: &str) -> impl Iterator<Item = &str> {
    let mut is_test = false;
    text.lines().filter_map(move |line| {
        let line = line.trim_start();
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        }
        let declared = line.strip_prefix("async ").unwrap_or(line);
        let name = declared.strip_prefix("fn ")?.split(['(', '<']).next()?;
        std::mem::take(&mut is_test).then_some(name)
    })
}

#[test]
fn every_adapter_has_a_section_with_cases() {
    let (sections, rows) = read();
    for kind in ADAPTERS {
        let code = format!("(`{}`)", kind.name);
        let title = sections.iter().find(|title| title.ends_with(&code));
        let title = title.unwrap_or_else(|| panic!("{PAGE} has no section {code}"));
        let cases = rows.iter().filter(|row| row.section == *title);
        assert!(cases.count() >= 5, "{title}");
    }
    let codes = sections.iter().filter(|title| title.ends_with("`)"));
    assert_eq!(codes.count(), ADAPTERS.len(), "a section of no adapter");
}

#[test]
fn every_case_says_what_is_right_and_names_a_test_or_a_reason() {
    let (_, rows) = read();
    let mut seen = BTreeSet::new();
    for Row { section, cells } in &rows {
        let place = format!("{section}: {}", cells.join(" | "));
        assert_eq!(cells.len(), COLUMNS.len(), "{place}");
        let is_empty = |cell: &&String| cell.trim_matches(['`', '.', ' ']).is_empty();
        assert_eq!(cells.iter().find(is_empty), None, "{place}");
        assert!(seen.insert((section, &cells[0])), "twice: {place}");
        assert!(cells[2].ends_with('.'), "no sentence: {place}");
        match cells[3].strip_prefix(NO_TEST) {
            Some(reason) => assert!(reason.len() > 20, "no reason: {place}"),
            None => assert!(!code_spans(&cells[3]).is_empty(), "no test: {place}"),
        }
    }
    assert!(rows.len() > 150, "{}", rows.len());
}

#[test]
fn every_test_that_a_case_names_exists() {
    let (_, rows) = read();
    let tests = tests();
    let cases = root().join("host/channels/tests/channels/cases");
    let mut missing = Vec::new();
    for row in &rows {
        for name in code_spans(&row.cells[3]) {
            let exists = match name.split_once('/') {
                Some(_) => cases.join(name).join("items.json").is_file(),
                None => {
                    let mut parts: Vec<&str> = name.split("::").collect();
                    let test = parts.pop().unwrap_or_default();
                    let (of_crate, modules) = parts.split_first().unwrap_or((&"", &[]));
                    let all = tests.get(*of_crate).into_iter().flatten();
                    let mut named = all.filter(|(_, name)| name == test);
                    named.any(|(path, _)| {
                        let start = path.len().saturating_sub(modules.len());
                        path[start..].iter().eq(modules)
                    })
                }
            };
            if !exists {
                missing.push(format!("{}: {name}", row.section));
            }
        }
    }
    assert!(missing.is_empty(), "no such test: {missing:#?}");
}
