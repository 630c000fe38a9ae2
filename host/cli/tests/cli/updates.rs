//! `patchbay update`: what it prints, and how it ends.

use std::process::Command;

use serde_json::Value;

use crate::command::{joined, patchbay_on_full_disk, stderr, stdout};
use crate::project::Project;

const CLOCK: &str = "vendor/patchbay-sdk/src/clock.rs";

fn sha256(text: &str) -> String {
    let place = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(place.path(), text).expect("written");
    let output = Command::new("sha256sum").arg(place.path()).output();
    let output = stdout(&output.expect("sha256sum"));
    output.split(' ').next().unwrap_or_default().to_owned()
}

/// A project in Rust of an earlier version: another file in the SDK, and contract 0.1.0.
fn old_project() -> Project {
    let project = Project::of_stages("classify");
    let read = |file: &str| std::fs::read_to_string(project.path(file)).expect(file);
    let new = read(CLOCK);
    project.change(CLOCK, "Time of the decision", "The time");
    let record = "vendor/patchbay.json";
    project.change(record, &sha256(&new), &sha256(&read(CLOCK)));
    project.change(record, "\"contract\": \"0.1.2\"", "\"contract\": \"0.1.0\"");
    project
}

#[test]
fn an_update_shows_what_it_changes_and_what_is_next() {
    let project = old_project();
    let read = |file: &str| std::fs::read_to_string(project.path(file)).expect(file);
    let before = read(CLOCK);
    let shown = project.run(&["update", "care", "--dry-run"]);
    let text = joined(&shown, 0);
    for part in [
        "care, a policy in Rust: SDK 0.1.0, contract 0.1.0 > 0.1.2",
        "changed vendor/patchbay-sdk/src/clock.rs (+",
        "-//! The time and business hours.",
        "+//! Time of the decision and business hours.",
        "New in the contract since 0.1.0: 0.1.2 patchbay:care/contacts: interface contacts",
        "0.1.1 patchbay:care/data: interface data",
        "nothing is written: it is a dry run",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert_eq!(read(CLOCK), before);
    let full = patchbay_on_full_disk(&project.beside(""), &["update", "care"]);
    let text = joined(&full, 4);
    let part = format!("care/{CLOCK}: file too large");
    assert!(
        text.contains(&part) && text.contains("nothing is changed"),
        "{text}"
    );
    assert_eq!(read(CLOCK), before);
    let document = project.run(&["update", "care", "--json"]);
    joined(&document, 0);
    let document: Value = serde_json::from_str(&stdout(&document)).expect("JSON");
    assert_eq!(document["written"], true, "{document}");
    assert_eq!(document["changes"][0]["path"], CLOCK, "{document}");
    assert_eq!(document["contract"]["after"], "0.1.2", "{document}");
    assert_eq!(document["next"][0], "cargo update -p patchbay-sdk");
    assert!(read(CLOCK).contains("Time of the decision"));
    let again = joined(&project.run(&["update", "care"]), 0);
    assert!(again.contains("already up to date"), "{again}");
    // The project builds and passes its cases.
    let tested = joined(&project.run(&["test", "care", "--offline"]), 0);
    assert!(tested.contains("1 passed"), "{tested}");
}

#[test]
fn a_file_that_was_changed_by_hand_is_left_to_the_author() {
    let project = old_project();
    project.change(CLOCK, "The time", "My time");
    let updated = project.run(&["update", "care"]);
    let text = joined(&updated, 1);
    let part = format!(
        "still to do: {CLOCK} was changed by hand and stays; bring your change into {CLOCK}.new"
    );
    assert!(text.contains(&part), "{text}");
    assert!(project.path(&format!("{CLOCK}.new")).exists());
    let again = joined(&project.run(&["update", "care"]), 0);
    assert!(again.contains("already up to date"), "{again}");
}

#[test]
fn what_cannot_be_updated_is_refused_with_what_to_do() {
    let project = old_project();
    for (arguments, code, parts) in [
        (
            &["update", "."][..],
            2,
            &["it has no pack.toml", "name the directory of a project"][..],
        ),
        (&["update", "none"], 4, &["none: No such file"]),
    ] {
        let text = joined(&project.run(arguments), code);
        for part in parts {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
    project.change(
        "vendor/patchbay.json",
        "\"sdk\": \"0.1.0\"",
        "\"sdk\": \"7.0.0\"",
    );
    let newer = joined(&project.run(&["update", "care"]), 1);
    assert!(
        newer.contains("install a patchbay of that version or later"),
        "{newer}"
    );
    project.change("vendor/patchbay.json", "7.0.0", "seven");
    let invalid = project.run(&["update", "care"]);
    let text = joined(&invalid, 1);
    assert!(text.contains("\"seven\" is not a version"), "{text}");
    assert!(stderr(&invalid).contains("patchbay.json:2:10"), "{text}");
    project.change("pack.toml", "[pack]", "[pack");
    let invalid = joined(&project.run(&["update", "care"]), 1);
    assert!(invalid.contains("pack.toml:4:6"), "{invalid}");
}
