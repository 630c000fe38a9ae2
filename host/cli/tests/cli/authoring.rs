//! Mistakes of somebody who writes a policy: each is named, with what to do.

use std::path::Path;

use crate::command::{patchbay, patchbay_in, stderr, stdout};

/// A new policy with these stages, in a directory of its own.
fn project(stages: &str) -> tempfile::TempDir {
    let place = tempfile::tempdir().expect("a place");
    let made = patchbay_in(place.path(), &["new", "care", "--stages", stages], "");
    assert_eq!(made.status.code(), Some(0), "{}", stderr(&made));
    place
}

fn change(place: &Path, file: &str, from: &str, to: &str) {
    let path = place.join("care").join(file);
    let text = std::fs::read_to_string(&path).expect(file);
    assert!(text.contains(from), "{file} has no {from}");
    std::fs::write(path, text.replace(from, to)).expect(file);
}

#[test]
fn a_schema_that_is_not_of_the_settings_type_is_rejected_until_it_is_updated() {
    let place = project("classify,route,tone,escalate");
    let run = |arguments: &[&str]| patchbay_in(place.path(), arguments, "");
    let tested = run(&["test", "care", "--offline"]);
    assert_eq!(
        tested.status.code(),
        Some(0),
        "{}{}",
        stdout(&tested),
        stderr(&tested)
    );
    assert_eq!(stdout(&tested).lines().last(), Some("4 passed, 0 failed"));

    change(
        place.path(),
        "src/lib.rs",
        "QueueRef::from(\"general\")",
        "QueueRef::from(\"care\")",
    );
    for verb in ["build", "test"] {
        let output = run(&[verb, "care", "--offline"]);
        assert_eq!(output.status.code(), Some(3), "{verb}");
        let message = stderr(&output);
        for part in [
            "out of date",
            "/properties/queue/default",
            "--update-schema",
        ] {
            assert!(message.contains(part), "{verb}: {part} is not in {message}");
        }
    }
    let updated = run(&["build", "care", "--offline", "--update-schema"]);
    assert_eq!(updated.status.code(), Some(0), "{}", stderr(&updated));
    let tested = run(&["test", "care", "--offline", "-v"]);
    assert_eq!(
        tested.status.code(),
        Some(0),
        "{}{}",
        stdout(&tested),
        stderr(&tested)
    );
    assert!(
        stdout(&tested).contains("ok      care/cases/tone"),
        "{}",
        stdout(&tested)
    );

    std::fs::remove_file(place.path().join("care/settings.schema.json")).expect("removed");
    let output = run(&["build", "care", "--offline"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        stderr(&output).contains("settings.schema.json does not exist"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_component_without_a_decision_and_a_misspelt_case_are_named() {
    let place = project("tone");
    let run = |arguments: &[&str]| patchbay_in(place.path(), arguments, "");
    change(
        place.path(),
        "cases/tone/shouting.json",
        "\"verdict\"",
        "\"verdct\"",
    );
    let output = run(&["test", "care", "--offline"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let printed = stdout(&output);
    assert!(printed.contains("did you mean \"verdict\""), "{printed}");

    change(place.path(), "src/lib.rs", "export!(Care: tone);", "");
    let output = run(&["build", "care", "--offline"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        stderr(&output).contains("exports no decision"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn schemas_are_printed_by_name() {
    for name in ["company", "pack", "case", "decision"] {
        let output = patchbay(&["schema", name]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let schema: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(schema["type"], "object", "{name}");
    }
    let unknown = patchbay(&["schema", "compny"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("company, pack, case, decision"));
}
