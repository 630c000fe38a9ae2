//! A modified cache of compiled components: a changed entry is compiled again,
//! never run.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use patchbay_engine::cache::{AotCache, CacheError};
use patchbay_engine::config::Allocation;
use patchbay_engine::engine::Engine;
use patchbay_engine::plugin::Plugin;
use patchbay_model::outcome::OutcomeKind;
use patchbay_suite::guests::wat;
use patchbay_suite::host::{small, spec};

use crate::assertions::classify;

fn open(root: &Path) -> Result<AotCache, CacheError> {
    AotCache::open(&root.join("aot"), &root.join("state/key"))
}

/// A new engine with the cache in this directory.
fn host(root: &Path) -> Engine {
    let cache = open(root).expect("a cache");
    Engine::serving(small(Allocation::OnDemand), Some(cache)).expect("an engine")
}

fn activate(root: &Path, component: &Arc<[u8]>) -> Plugin {
    Plugin::activate(&host(root), spec(Arc::clone(component))).expect("activated")
}

fn entries(root: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(root.join("aot"))
        .expect("a directory")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    entries
}

/// Asserts that it decides: `prepared` from its snapshot, `settings` without one.
fn assert_healthy(plugin: &Plugin) {
    let (answer, trace) = classify(plugin, "");
    let answer = answer.unwrap_or_else(|| panic!("{}", trace.outcome));
    match plugin.component().lifecycle {
        true => assert_eq!(answer.urgency, Some(1)),
        false => assert_eq!(answer.why, "{}"),
    }
}

#[test]
fn a_modified_entry_is_compiled_again() {
    let root = tempfile::tempdir().expect("a directory");
    let components = [wat("prepared"), wat("settings")];
    let all_right = || {
        for component in &components {
            assert_healthy(&activate(root.path(), component));
        }
    };
    all_right();
    let entries = entries(root.path());
    assert_eq!(entries.len(), 2, "a snapshot and a component: {entries:?}");
    for entry in &entries {
        let good = fs::read(entry).expect("readable");
        let middle = good.len() / 2;
        let mut flipped = good.clone();
        flipped[middle] ^= 1;
        let mut longer = good.clone();
        longer.push(0);
        for bad in [flipped, longer, good[..middle].to_vec(), Vec::new()] {
            fs::write(entry, &bad).expect("writable");
            all_right();
            assert_ne!(fs::read(entry).expect("compiled again"), bad);
        }
        // A directory instead of a file costs time, not answers.
        fs::remove_file(entry).expect("removed");
        fs::create_dir(entry).expect("made");
        all_right();
        fs::remove_dir(entry).expect("still there");
    }
}

#[test]
fn an_entry_under_another_name_is_not_run() {
    let root = tempfile::tempdir().expect("a directory");
    let (declines, says) = (wat("declines"), wat("settings"));
    let decide = |component| {
        classify(&activate(root.path(), component), "")
            .1
            .outcome
            .kind
    };
    assert_eq!(decide(&declines), OutcomeKind::Declined);
    assert_eq!(decide(&says), OutcomeKind::Ok);
    let entries = entries(root.path());
    let [a, b] = entries.as_slice() else {
        panic!("two entries: {entries:?}");
    };
    let (of_a, of_b) = (
        fs::read(a).expect("readable"),
        fs::read(b).expect("readable"),
    );
    fs::write(a, &of_b).expect("writable");
    fs::write(b, &of_a).expect("writable");
    assert_eq!(decide(&declines), OutcomeKind::Declined);
    assert_eq!(decide(&says), OutcomeKind::Ok);
}

#[test]
fn entries_under_another_key_are_compiled_again() {
    let root = tempfile::tempdir().expect("a directory");
    let component = wat("settings");
    activate(root.path(), &component);
    let [entry] = &entries(root.path())[..] else {
        panic!("one entry");
    };
    let before = fs::read(entry).expect("readable");
    fs::write(root.path().join("state/key"), [9; 32]).expect("writable");
    assert_eq!(
        classify(&activate(root.path(), &component), "")
            .1
            .outcome
            .kind,
        OutcomeKind::Ok
    );
    assert_ne!(fs::read(entry).expect("compiled again"), before);
}

#[test]
fn a_cache_that_other_users_can_write_or_whose_key_they_can_read_is_refused() {
    for (what, mode) in [
        ("state/key", 0o644),
        ("state/key", 0o640),
        ("aot", 0o777),
        ("state", 0o770),
    ] {
        let root = tempfile::tempdir().expect("a directory");
        open(root.path()).expect("a new cache");
        let path = root.path().join(what);
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("changed");
        let error = open(root.path()).expect_err("open to others");
        assert!(
            matches!(error, CacheError::Open { .. }),
            "{what} {mode:o}: {error}"
        );
        assert!(error.to_string().contains("chmod go-rwx"), "{error}");
    }
}

#[test]
fn a_truncated_key_is_refused() {
    let root = tempfile::tempdir().expect("a directory");
    open(root.path()).expect("a new cache");
    fs::write(root.path().join("state/key"), [1; 16]).expect("writable");
    let error = open(root.path()).expect_err("truncated");
    assert!(matches!(error, CacheError::Io { .. }), "{error}");
}

#[test]
fn a_link_to_another_entry_is_not_run() {
    let root = tempfile::tempdir().expect("a directory");
    let (declines, says) = (wat("declines"), wat("settings"));
    let decide = |component| {
        let plugin = activate(root.path(), component);
        classify(&plugin, "").1.outcome.kind
    };
    assert_eq!(decide(&declines), OutcomeKind::Declined);
    let [first] = &entries(root.path())[..] else {
        panic!("one entry");
    };
    assert_eq!(decide(&says), OutcomeKind::Ok);
    let all = entries(root.path());
    let other = all
        .iter()
        .find(|entry| *entry != first)
        .expect("two entries");
    fs::remove_file(first).expect("removed");
    std::os::unix::fs::symlink(other, first).expect("linked");
    assert_eq!(decide(&declines), OutcomeKind::Declined);
    assert_eq!(decide(&says), OutcomeKind::Ok);
}

#[test]
#[ignore = "only root can change an owner; run as root: cargo test -p patchbay-suite --test hostile -- --ignored owner"]
fn a_cache_or_key_of_another_owner_is_refused() {
    for what in ["state/key", "aot"] {
        let root = tempfile::tempdir().expect("a directory");
        open(root.path()).expect("a new cache");
        let path = root.path().join(what);
        std::os::unix::fs::chown(path, Some(12_345), None).expect("this test runs as root");
        let error = open(root.path()).expect_err("another owner");
        assert!(
            matches!(error, CacheError::Open { owner: 12_345, .. }),
            "{what}: {error}"
        );
    }
}
