use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use patchbay_journal::{Journal, JournalError, SqliteJournal};

use crate::place::{Place, arrival, take};

fn refused(place: &Place) -> JournalError {
    SqliteJournal::open(&place.options()).unwrap_err()
}

#[test]
fn a_second_host_is_told_who_holds_the_journal() {
    let place = Place::new();
    let _first = place.open();
    let error = refused(&place);
    let lock = place.directory.path().join("journal.db.lock");
    assert!(
        error.to_string().contains(&lock.display().to_string()),
        "{error}"
    );
    let own = std::process::id();
    assert!(matches!(error, JournalError::InUse { holder: Some(id), .. } if id == own));
}

#[test]
fn files_are_for_their_owner_alone() {
    let place = Place::new();
    let journal = place.open();
    let company = journal.company("acme").unwrap();
    take(&journal, arrival(company, "m", "a"));
    for name in [
        "journal.db",
        "journal.db-wal",
        "journal.db-shm",
        "journal.db.lanes",
    ] {
        let metadata = fs::metadata(place.directory.path().join(name)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_schema_of_a_newer_version_is_left_alone() {
    let place = Place::new();
    drop(place.open());
    place.raw().pragma_update(None, "user_version", 99).unwrap();
    let path = place.options().path;
    let before = fs::read(&path).unwrap();
    let error = refused(&place);
    assert!(
        matches!(
            error,
            JournalError::Newer {
                found: 99,
                known: 1,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_file_that_is_no_journal_is_left_alone() {
    let place = Place::new();
    let path = place.options().path;
    fs::write(&path, "a letter to my aunt").unwrap();
    assert!(matches!(refused(&place), JournalError::Foreign { .. }));
    assert_eq!(fs::read(&path).unwrap(), b"a letter to my aunt");
    fs::remove_file(&path).unwrap();
    place
        .raw()
        .execute_batch("CREATE TABLE recipes (name TEXT)")
        .unwrap();
    assert!(matches!(refused(&place), JournalError::Foreign { .. }));
}

#[test]
fn another_master_key_is_refused_and_a_lost_one_is_not_replaced() {
    let place = Place::new();
    drop(place.open());
    let key = place.options().key_file;
    let good = fs::read(&key).unwrap();
    fs::write(&key, [7; 32]).unwrap();
    assert!(matches!(refused(&place), JournalError::WrongKey { .. }));
    fs::remove_file(&key).unwrap();
    assert!(matches!(refused(&place), JournalError::File { .. }));
    assert!(!key.exists());
    fs::write(&key, good).unwrap();
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    place.open();
}

#[test]
fn companies_keep_their_numbers() {
    let place = Place::new();
    let journal = place.open();
    let [a, b] = ["a", "b"].map(|name| journal.company(name).unwrap());
    assert_ne!(a, b);
    drop(journal);
    assert_eq!(
        ["b", "a"].map(|name| place.open().company(name).unwrap()),
        [b, a]
    );
}
