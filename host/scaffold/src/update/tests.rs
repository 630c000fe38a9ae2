mod project;
mod refusals;

use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::sdk_record::text_of;
use project::{OLD, Project};

#[track_caller]
fn assert_same(found: &BTreeMap<String, Vec<u8>>, expected: &BTreeMap<String, Vec<u8>>) {
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(found), names(expected));
    for (path, bytes) in found {
        let shown = String::from_utf8_lossy(bytes);
        assert!(bytes == &expected[path], "{path}: {shown}");
    }
}

#[test]
fn an_old_project_becomes_one_that_this_version_writes() {
    for language in Language::ALL {
        let (old, new) = (Project::old(language), Project::new(language));
        let update = old.plan(false).expect("a plan");
        assert_eq!(update.before.sdk, OLD.parse().ok());
        assert_eq!(update.before.contract, "0.1.0".parse().ok());
        assert_eq!(
            (&update.name, update.language),
            (&"my-care".to_owned(), language)
        );
        assert!(update.additions.len() > 3, "{:?}", update.additions);
        assert_eq!(update.kept, []);
        assert_eq!(update.notes, [""; 0]);
        // The record is last: an update that is cut off is finished by the next.
        assert_eq!(update.changes.last().expect("changes").path, RECORD);
        update.write().expect("written");
        drop(update);
        assert_same(&old.files(), &new.files());
        assert!(!old.path("vendor/patchbay-sdk/src/old").exists());
        let again = old.plan(false).expect("a plan");
        assert_eq!((again.changes, again.additions), (Vec::new(), Vec::new()));
    }
}

#[test]
fn a_new_project_is_up_to_date() {
    for language in Language::ALL {
        let project = Project::new(language);
        let update = project.plan(false).expect("a plan");
        assert_eq!(update.changes, []);
        assert_eq!(update.before, update.after);
    }
}

#[test]
fn a_project_without_a_record_says_its_versions_all_the_same() {
    for language in Language::ALL {
        let project = Project::old(language);
        fs::remove_file(project.path(RECORD)).expect("removed");
        let update = project.plan(true).expect("a plan");
        assert_eq!(update.before.sdk, OLD.parse().ok(), "{language}");
        assert_eq!(update.before.contract, "0.1.0".parse().ok(), "{language}");
        update.write().expect("written");
        drop(update);
        let mut expected = Project::new(language).files();
        if language == Language::Rust {
            // Without a record it may be the author's.
            let gone = "vendor/patchbay-sdk/src/old/gone.rs";
            expected.insert(gone.to_owned(), b"// Gone.\n".to_vec());
        }
        assert_same(&project.files(), &expected);
    }
}

#[test]
fn the_archive_of_a_lock_file_was_not_changed_by_hand() {
    for language in [Language::Typescript, Language::Python] {
        let project = Project::old(language);
        fs::remove_file(project.path(RECORD)).expect("removed");
        assert_eq!(project.update(false), []);
        assert_same(&project.files(), &Project::new(language).files());
    }
    // Files of a released contract are known too; those of the SDK for Rust are not.
    let project = Project::old(Language::Rust);
    fs::remove_file(project.path(RECORD)).expect("removed");
    let kept = project.update(false);
    let kept: Vec<&str> = kept.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(
        kept,
        [
            "vendor/patchbay-sdk/Cargo.toml",
            "vendor/patchbay-sdk/src/clock.rs"
        ]
    );
    assert_eq!(project.update(false), []);
}

#[test]
fn line_ends_of_windows_stay() {
    for language in Language::ALL {
        let (old, new) = (Project::old(language), Project::new(language));
        for (path, bytes) in old.files() {
            if let Some(text) = text_of(&bytes) {
                old.write(&path, &text.replace('\n', "\r\n"));
            }
        }
        let before = old.files();
        assert_eq!(old.update(false), [], "{language}");
        let (after, expected) = (old.files(), new.files());
        assert_eq!(after.len(), expected.len());
        for (path, bytes) in &after {
            assert_eq!(digest(bytes), digest(&expected[path]), "{path}");
            if let Some(text) = text_of(bytes).filter(|_| before.contains_key(path)) {
                let ends = text.matches('\n').count();
                assert_eq!(text.matches("\r\n").count(), ends, "{path}: {text}");
            }
        }
        assert_eq!(old.plan(false).expect("a plan").changes, []);
    }
}

#[test]
fn what_was_changed_by_hand_stays() {
    let project = Project::old(Language::Rust);
    project.change(
        "vendor/patchbay-sdk/src/clock.rs",
        "The time of",
        "My time of",
    );
    project.change("vendor/patchbay-sdk/src/random.rs", "//!", "//! Mine.\n//!");
    project.change("vendor/patchbay-sdk/src/old/gone.rs", "Gone", "Mine");
    project.write("vendor/patchbay-sdk/src/mine.rs", "// Mine.\n");
    project.change(
        "Cargo.toml",
        "[dependencies]",
        "[dependencies] # mine\nlog = \"0.4\"",
    );
    fs::remove_file(project.path("vendor/patchbay-sdk/README.md")).expect("removed");
    let kept = project.update(false);
    let clock = "vendor/patchbay-sdk/src/clock.rs";
    let file = |path: &str, new: Option<&str>| KeptFile {
        path: path.to_owned(),
        new: new.map(str::to_owned),
    };
    // Nothing is new for random.rs, which was changed too.
    assert_eq!(
        kept,
        [
            file(clock, Some("vendor/patchbay-sdk/src/clock.rs.new")),
            file("vendor/patchbay-sdk/src/old/gone.rs", None),
        ]
    );
    assert!(project.read(clock).contains("My time of"));
    let new = Project::new(Language::Rust);
    assert_eq!(
        project.read("vendor/patchbay-sdk/src/clock.rs.new"),
        new.read(clock)
    );
    assert!(
        project
            .read("vendor/patchbay-sdk/src/random.rs")
            .contains("Mine.")
    );
    assert!(
        project
            .read("vendor/patchbay-sdk/src/old/gone.rs")
            .contains("Mine")
    );
    assert!(
        project
            .read("vendor/patchbay-sdk/src/mine.rs")
            .contains("Mine")
    );
    assert!(project.read("Cargo.toml").contains("# mine"));
    // A file that is missing is needed.
    assert!(project.path("vendor/patchbay-sdk/README.md").exists());
    assert_eq!(project.plan(false).expect("a plan").changes, []);
    assert_eq!(project.update(true), []);
    assert_eq!(project.read(clock), new.read(clock));
}

#[test]
fn an_archive_that_was_changed_by_hand_is_still_the_one_in_use() {
    for (language, archive, manifest) in [
        (
            Language::Typescript,
            "vendor/patchbay-sdk-0.1.0.tar",
            "package.json",
        ),
        (
            Language::Python,
            "vendor/patchbay_sdk-0.1.0-py3-none-any.whl",
            "requirements.txt",
        ),
    ] {
        let project = Project::new(language);
        let record = project.read(RECORD);
        let now = digest(&fs::read(project.path(archive)).expect("there"));
        // The version is the same, and another archive was written before.
        project.write(RECORD, &record.replace(&now, &digest(b"before")));
        fs::write(project.path(archive), b"mine").expect("written");
        let before = project.read(manifest);
        assert_eq!(project.update(false).len(), 1, "{language}");
        assert_eq!(fs::read(project.path(archive)).expect("there"), b"mine");
        assert_eq!(project.read(manifest), before);
        assert!(project.path(&format!("{archive}.new")).exists());
        assert_eq!(project.plan(false).expect("a plan").changes, []);
    }
}

#[test]
fn a_dependency_by_version_gets_the_new_version() {
    for (wanted, expected) in [
        ("\"0.0.9\"", "\"0.1.0\""),
        (
            "{ version = \"=0.0.9\", features = [] }",
            "{ version = \"0.1.0\", features = [] }",
        ),
        ("'0.1'", "'0.1'"),
    ] {
        let project = Project::new(Language::Rust);
        fs::remove_dir_all(project.path("vendor/patchbay-sdk")).expect("removed");
        let dependency = "{ path = \"vendor/patchbay-sdk\" }";
        project.change("Cargo.toml", dependency, wanted);
        project.record();
        assert_eq!(project.update(false), []);
        assert!(
            project.read("Cargo.toml").contains(expected),
            "{}",
            project.read("Cargo.toml")
        );
        assert!(!project.path("vendor/patchbay-sdk").exists());
    }
    let project = Project::new(Language::Typescript);
    fs::remove_dir_all(project.path("vendor")).expect("removed");
    project.change(
        "package.json",
        "file:vendor/patchbay-sdk-0.1.0.tar",
        "^0.0.9",
    );
    project.update(false);
    assert!(
        project
            .read("package.json")
            .contains("\"@patchbay/sdk\": \"0.1.0\"")
    );
    assert!(!project.path("vendor").exists());
}

#[test]
fn a_missing_lock_file_is_told() {
    for (language, lock, note) in [
        (Language::Rust, "Cargo.lock", "the next build writes it"),
        (
            Language::Typescript,
            "package-lock.json",
            "`npm install` writes it",
        ),
    ] {
        let project = Project::old(language);
        fs::remove_file(project.path(lock)).expect("removed");
        let update = project.plan(false).expect("a plan");
        assert_eq!(update.notes.len(), 1);
        assert!(update.notes[0].contains(note), "{:?}", update.notes);
        update.write().expect("written");
        assert!(!project.path(lock).exists());
    }
    let project = Project::old(Language::Python);
    project.change("requirements.txt", "\nmypy==", "\nmypy==1.");
    let update = project.plan(false).expect("a plan");
    assert!(
        update.notes[0].contains("pins mypy 1."),
        "{:?}",
        update.notes
    );
}
