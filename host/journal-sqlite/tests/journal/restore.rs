use std::fs;
use std::path::PathBuf;

use patchbay_journal::*;
use patchbay_journal_sqlite::*;

use crate::store::{TestStore, accept_one, arrival};

/// A backup of a journal with this many inputs.
fn backed_up(store: &TestStore, arrivals: u64) -> PathBuf {
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    for id in 0..arrivals {
        accept_one(&journal, arrival(company, &id.to_string(), "a"));
    }
    let backup = store.directory.path().join(format!("{arrivals}.backup"));
    journal.backup(&backup).unwrap();
    backup
}

fn newest(store: &TestStore) -> Ordinal {
    store.open().status().unwrap().newest
}

#[test]
fn a_restore_renames_the_existing_journal() {
    let store = TestStore::new();
    let backup = backed_up(&store, 3);
    {
        let journal = store.open();
        let company = journal.company("acme").unwrap();
        accept_one(&journal, arrival(company, "later", "a"));
        journal.mark_in_flight(0, Ordinal(4)).unwrap();
    }
    let refused = restore(&store.options(), &backup, false).unwrap_err();
    assert!(matches!(refused, JournalError::Exists { .. }), "{refused}");
    assert_eq!(newest(&store), Ordinal(4), "nothing was changed");

    let restored = restore(&store.options(), &backup, true).unwrap();
    assert_eq!(restored.newest, Ordinal(3));
    let journal = store.open();
    assert!(journal.check().unwrap().is_sound());
    let pending = journal.pending(Ordinal(0), 10).unwrap();
    assert_eq!(pending.len(), 3);
    assert!(
        pending.iter().all(|input| input.crashes == 0),
        "inputs in flight in the old journal get no crash"
    );
    drop(journal);
    let aside = Options {
        path: restored.set_aside.unwrap(),
        ..store.options()
    };
    let aside = SqliteJournal::open(&aside).unwrap();
    assert_eq!(
        aside.status().unwrap().newest,
        Ordinal(4),
        "the old journal is complete"
    );
}

#[test]
fn a_restore_works_without_an_existing_journal() {
    let store = TestStore::new();
    let backup = backed_up(&store, 2);
    let elsewhere = Options {
        path: store.directory.path().join("new/desk.db"),
        ..store.options()
    };
    let restored = restore(&elsewhere, &backup, false).unwrap();
    assert_eq!(restored.set_aside, None);
    let journal = SqliteJournal::open(&elsewhere).unwrap();
    assert_eq!(journal.status().unwrap().newest, Ordinal(2));
}

#[test]
fn a_log_without_its_journal_is_renamed_and_not_replayed() {
    let store = TestStore::new();
    let backup = backed_up(&store, 3);
    let beside = |suffix: &str| {
        let name = format!("journal.db{suffix}");
        store.directory.path().join(name)
    };
    let stale = {
        let journal = store.open();
        let company = journal.company("acme").unwrap();
        accept_one(&journal, arrival(company, "later", "a"));
        fs::read(beside("-wal")).unwrap()
    };
    assert!(!stale.is_empty(), "it is in the log");
    fs::remove_file(beside("")).unwrap();
    fs::write(beside("-wal"), &stale).unwrap();
    fs::write(beside("-shm"), "of then").unwrap();
    fs::write(beside("-journal"), "of then").unwrap();

    let refused = restore(&store.options(), &backup, false).unwrap_err();
    let JournalError::Exists { path } = &refused else {
        panic!("{refused}");
    };
    assert_eq!(path, &beside("-wal"));
    assert_eq!(
        fs::read(beside("-wal")).unwrap(),
        stale,
        "nothing was changed"
    );

    let restored = restore(&store.options(), &backup, true).unwrap();
    assert_eq!(restored.newest, Ordinal(3));
    for suffix in ["-wal", "-shm", "-journal"] {
        assert!(!beside(suffix).exists(), "{suffix} is left");
    }
    let aside = restored.set_aside.unwrap();
    assert_eq!(fs::read(aside).unwrap(), stale);
    assert_eq!(newest(&store), Ordinal(3));
    assert!(store.open().check().unwrap().is_sound());
}

#[test]
fn a_backup_with_a_log_of_its_own_is_refused() {
    let store = TestStore::new();
    let at = |name: &str| store.directory.path().join(name);
    {
        let journal = store.open();
        let company = journal.company("acme").unwrap();
        accept_one(&journal, arrival(company, "m", "a"));
        for suffix in ["", "-wal"] {
            let from = at(&format!("journal.db{suffix}"));
            fs::copy(from, at(&format!("copied.db{suffix}"))).unwrap();
        }
    }
    let of = |path: PathBuf| Options {
        path,
        ..store.options()
    };
    let elsewhere = of(at("new/desk.db"));
    let refused = restore(&elsewhere, &at("copied.db"), false).unwrap_err();
    assert!(matches!(refused, JournalError::Invalid { .. }), "{refused}");
    let message = refused.to_string();
    assert!(
        message.contains("copied.db-wal") && message.contains("journal check"),
        "{message}"
    );
    assert!(!elsewhere.path.exists());

    drop(SqliteJournal::open(&of(at("copied.db"))).unwrap());
    let restored = restore(&elsewhere, &at("copied.db"), false).unwrap();
    assert_eq!(restored.newest, Ordinal(1), "no input was lost");
}

#[test]
fn a_restore_over_an_open_journal_is_refused() {
    let store = TestStore::new();
    let backup = backed_up(&store, 1);
    let _open = store.open();
    let refused = restore(&store.options(), &backup, true).unwrap_err();
    assert!(matches!(refused, JournalError::InUse { .. }), "{refused}");
}

#[test]
fn an_unusable_backup_changes_nothing() {
    let store = TestStore::new();
    let backup = backed_up(&store, 50);
    let directory = store.directory.path();

    let text = directory.join("text");
    fs::write(&text, "this is not a database".repeat(100)).unwrap();
    let refused = restore(&store.options(), &text, true).unwrap_err();
    let JournalError::NotAJournal { path } = &refused else {
        panic!("{refused}");
    };
    assert_eq!(path, &text, "it names the file that was given");

    let empty = directory.join("empty");
    fs::write(&empty, "").unwrap();
    let refused = restore(&store.options(), &empty, true).unwrap_err();
    assert!(
        matches!(refused, JournalError::NotAJournal { .. }),
        "{refused}"
    );

    let other = TestStore::new();
    drop(other.open());
    let foreign_key = Options {
        key_file: other.options().key_file,
        ..store.options()
    };
    let refused = restore(&foreign_key, &backup, true).unwrap_err();
    assert!(
        matches!(refused, JournalError::WrongKey { .. }),
        "{refused}"
    );

    let damaged = directory.join("damaged");
    fs::copy(&backup, &damaged).unwrap();
    let raw = rusqlite::Connection::open(&damaged).unwrap();
    raw.execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM company")
        .unwrap();
    drop(raw);
    let refused = restore(&store.options(), &damaged, true).unwrap_err();
    assert!(matches!(refused, JournalError::Corrupt(_)), "{refused}");

    let absent = restore(&store.options(), &directory.join("absent"), true).unwrap_err();
    assert!(matches!(absent, JournalError::File { .. }), "{absent}");

    assert_eq!(newest(&store), Ordinal(50));
    let left: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("part") || name.contains("before-restore"))
        .collect();
    assert_eq!(left, [""; 0]);
}
