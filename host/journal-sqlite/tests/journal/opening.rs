use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use patchbay_journal::*;
use patchbay_journal_sqlite::*;

use crate::store::{TestStore, accept_one, arrival};

fn refused(store: &TestStore) -> JournalError {
    SqliteJournal::open(&store.options()).unwrap_err()
}

#[test]
fn opening_an_open_journal_names_the_process_that_holds_it() {
    let store = TestStore::new();
    let _first = store.open();
    let error = refused(&store);
    let lock = store.directory.path().join("journal.db.lock");
    assert!(
        error.to_string().contains(&lock.display().to_string()),
        "{error}"
    );
    let own = std::process::id();
    assert!(matches!(error, JournalError::InUse { holder: Some(id), .. } if id == own));
}

#[test]
fn files_are_private_to_their_owner() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    accept_one(&journal, arrival(company, "m", "a"));
    for name in [
        "journal.db",
        "journal.db-wal",
        "journal.db-shm",
        "journal.db.lanes",
    ] {
        let metadata = fs::metadata(store.directory.path().join(name)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_newer_schema_is_refused_and_unchanged() {
    let store = TestStore::new();
    drop(store.open());
    store.raw().pragma_update(None, "user_version", 99).unwrap();
    let path = store.options().path;
    let before = fs::read(&path).unwrap();
    let error = refused(&store);
    assert!(
        matches!(
            error,
            JournalError::NewerSchema {
                found: 99,
                known: 20,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_file_that_is_not_a_journal_is_refused_and_unchanged() {
    let store = TestStore::new();
    let path = store.options().path;
    fs::write(&path, "a letter to my aunt").unwrap();
    assert!(matches!(refused(&store), JournalError::NotAJournal { .. }));
    assert_eq!(fs::read(&path).unwrap(), b"a letter to my aunt");
    fs::remove_file(&path).unwrap();
    store
        .raw()
        .execute_batch("CREATE TABLE recipes (name TEXT)")
        .unwrap();
    assert!(matches!(refused(&store), JournalError::NotAJournal { .. }));
}

#[test]
fn another_master_key_is_refused_and_a_lost_one_is_not_replaced() {
    let store = TestStore::new();
    drop(store.open());
    let key = store.options().key_file;
    let good = fs::read(&key).unwrap();
    fs::write(&key, [7; 32]).unwrap();
    assert!(matches!(refused(&store), JournalError::WrongKey { .. }));
    fs::remove_file(&key).unwrap();
    assert!(matches!(refused(&store), JournalError::File { .. }));
    assert!(!key.exists());
    fs::write(&key, good).unwrap();
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    store.open();
}

#[test]
fn companies_keep_their_numbers() {
    let store = TestStore::new();
    let journal = store.open();
    let [a, b] = ["a", "b"].map(|name| journal.company(name).unwrap());
    assert_ne!(a, b);
    drop(journal);
    assert_eq!(
        ["b", "a"].map(|name| store.open().company(name).unwrap()),
        [b, a]
    );
}
