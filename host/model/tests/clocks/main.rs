//! The SLA clocks against cases kept as data: `tests/cases/clocks`, whose
//! README.md says how one is written.

mod case;
mod moment;
mod play;

use std::fs;
use std::path::{Path, PathBuf};

use case::Case;

/// Fewer means that they were not found, or got lost.
const LEAST_CASES: usize = 20;

fn cases() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/clocks");
    let entries =
        fs::read_dir(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    paths.sort();
    paths
}

/// Everything wrong with a case, each with its file.
fn problems(name: &str, text: &str) -> Vec<String> {
    match Case::parse(text) {
        Ok(case) => {
            let differences = play::differences(&case);
            let name = |difference| format!("{name}: {difference}");
            differences.into_iter().map(name).collect()
        }
        Err(error) => {
            let place = error
                .line_column(text)
                .map_or(String::new(), |(line, column)| format!("{line}:{column}: "));
            vec![format!("{name}: {place}{}", error.message)]
        }
    }
}

#[test]
fn every_case_holds() {
    let paths = cases();
    assert!(
        paths.len() >= LEAST_CASES,
        "{} cases where at least {LEAST_CASES} are expected",
        paths.len()
    );
    let problems: Vec<String> = paths
        .iter()
        .flat_map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            match fs::read_to_string(path) {
                Ok(text) => problems(&name, &text),
                Err(error) => vec![format!("{name}: {error}")],
            }
        })
        .collect();
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn a_malformed_case_names_file_and_problem() {
    let head = "about = \"a\"\ncreated = \"2026-03-02T09:00\"\n";
    for (rest, expected) in [
        ("", "x.toml: 1:1: missing field `step`"),
        ("step = []", "x.toml: there is no step"),
        ("[[step]]\nat = \"+1h\"", "x.toml: no step checks anything"),
        (
            "[[step]]\nat = \"yesterday\"",
            "x.toml: 4:6: \"yesterday\" is not a moment; write a local time",
        ),
        (
            "[[step]]\nat = \"+1 hour\"",
            "x.toml: 4:6: \"1 hour\" is not a duration",
        ),
        (
            "[[step]]\nat = \"2026-02-30T09:00\"",
            "x.toml: 4:6: \"2026-02-30T09:00\" is not a moment",
        ),
        (
            "[[step]]\nat = \"+1h\"\ndoes = \"reply-sent\"",
            "x.toml: 5:8: unknown variant `reply-sent`, expected one of `message`",
        ),
        (
            "[[step]]\nat = \"+1h\"\nfires = [\"resolution\"]",
            "x.toml: 5:9: \"resolution\" is not something due; write clock, what and moment",
        ),
        (
            "[[step]]\nat = \"+1h\"\nstates = { reply = \"hit\" }",
            "x.toml: 5:12: unknown variant `reply`, expected one of `first-response`",
        ),
        (
            "[[step]]\nat = \"+1h\"\nstates = { resolution = \"late\" }",
            "x.toml: 5:25: unknown variant `late`",
        ),
        (
            "[[step]]\nat = \"+1h\"\nelapsed = { resolution = \"soon\" }",
            "x.toml: 5:26: \"soon\" is not a duration",
        ),
        (
            "[[step]]\nat = \"+1h\"\ndoes = \"retarget\"\nunanswered = \"none\"",
            "x.toml: step 1: a retarget needs sla",
        ),
        (
            "[[step]]\nat = \"+1h\"\nsla = {}\nunanswered = \"none\"",
            "x.toml: step 1: sla and hours belong to a retarget",
        ),
        (
            "[[step]]\nat = \"+1h\"\nreceived = \"+0s\"\nunanswered = \"none\"",
            "x.toml: step 1: received belongs to a message",
        ),
        (
            "[[step]]\nat = \"1969-12-31T23:59\"\nunanswered = \"none\"",
            "x.toml: step 1: 1969-12-31T23:59:00 is before 1970",
        ),
        (
            "zone = \"Lisbon\"\n[[step]]\nat = \"+1h\"\nunanswered = \"none\"",
            "x.toml: zone: \"Lisbon\" is not a known time zone",
        ),
        (
            "[hours]\nzone = \"UTC\"\nbreaks = [\"lunch\"]\n[[step]]\nat = \"+1h\"",
            "breaks: \"lunch\" is not an interval",
        ),
        (
            "[sla]\nat-risk = 0\n[[step]]\nat = \"+1h\"",
            "it must be 1 to 100",
        ),
        (
            "[sla]\nfirst_response = \"1h\"\n[[step]]\nat = \"+1h\"",
            "x.toml: 3:1: unknown variant `first_response`",
        ),
        ("speed = 2\n[[step]]", "x.toml: 3:1: unknown field `speed`"),
    ] {
        let found = problems("x.toml", &format!("{head}{rest}"));
        let [problem] = found.as_slice() else {
            panic!("{rest}: {found:?}");
        };
        assert!(problem.starts_with("x.toml: "), "{problem}");
        assert!(
            problem.contains(expected),
            "{problem}\ninstead of\n{expected}"
        );
    }
}

#[test]
fn a_failing_case_names_file_step_and_difference() {
    let text = r#"
        about = "Everything about it is wrong."
        created = "2026-03-02T09:00"
        sla = { first-response = "1h" }
        [[step]]
        at = "2026-03-02T09:00"
        does = "message"
        next = "none"
        [[step]]
        at = "2026-03-02T10:00"
        does = "waiting-on-customer"
        fires = ["first-response at-risk 2026-03-02T09:30"]
        states = { first-response = "missed" }
        deadlines = { conversation = "none" }
        elapsed = { first-response = "5m" }
        misses = { first-response = 7 }
        unanswered = "none"
    "#;
    assert_eq!(
        problems("wrong.toml", text),
        [
            "wrong.toml: step 1 at 2026-03-02T09:00:00: next is first-response at-risk 2026-03-02T09:48:00, not none",
            "wrong.toml: step 2 at 2026-03-02T10:00:00: refused is unanswered, not none",
            "wrong.toml: step 2 at 2026-03-02T10:00:00: fires is first-response at-risk 2026-03-02T09:48:00; first-response breached 2026-03-02T10:00:00, not first-response at-risk 2026-03-02T09:30:00",
            "wrong.toml: step 2 at 2026-03-02T10:00:00: states.first-response is active-with-misses, not missed",
            "wrong.toml: step 2 at 2026-03-02T10:00:00: deadlines.conversation is 2026-03-02T10:00:00, not none",
            "wrong.toml: step 2 at 2026-03-02T10:00:00: elapsed.first-response is 1h, not 5m",
            "wrong.toml: step 2 at 2026-03-02T10:00:00: misses.first-response is 1, not 7",
            "wrong.toml: step 2 at 2026-03-02T10:00:00: unanswered is 2026-03-02T09:00:00, not none",
        ]
    );
}
