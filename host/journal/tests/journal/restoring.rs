use std::fs;
use std::path::PathBuf;

use patchbay_journal::{Journal, JournalError, Options, Ordinal, SqliteJournal, restore};

use crate::place::{Place, act, arrival, take};

/// A journal with as many arrivals, and a backup of it.
fn backed_up(place: &Place, arrivals: u64) -> PathBuf {
    let journal = place.open();
    let company = journal.company("acme").unwrap();
    for id in 0..arrivals {
        take(&journal, arrival(company, &id.to_string(), "a"));
    }
    let backup = place.directory.path().join(format!("{arrivals}.backup"));
    journal.backup(&backup).unwrap();
    backup
}

fn newest(place: &Place) -> Ordinal {
    place.open().status().unwrap().newest
}

#[test]
fn a_backup_takes_the_place_of_a_journal_which_is_set_aside() {
    let place = Place::new();
    let backup = backed_up(&place, 3);
    {
        let journal = place.open();
        let company = journal.company("acme").unwrap();
        take(&journal, arrival(company, "later", "a"));
        journal.claimed(0, Ordinal(4)).unwrap();
    }
    let refused = restore(&place.options(), &backup, false).unwrap_err();
    assert!(matches!(refused, JournalError::Exists { .. }), "{refused}");
    assert_eq!(newest(&place), Ordinal(4), "nothing was touched");

    let restored = restore(&place.options(), &backup, true).unwrap();
    assert_eq!(restored.newest, Ordinal(3));
    let journal = place.open();
    assert!(journal.check().unwrap().sound());
    let pending = journal.pending(Ordinal(0), 10).unwrap();
    assert_eq!(pending.len(), 3);
    assert!(
        pending.iter().all(|input| input.crashes == 0),
        "what was in flight in the other journal is blamed for nothing"
    );
    drop(journal);
    let aside = Options {
        path: restored.set_aside.unwrap(),
        ..place.options()
    };
    let aside = SqliteJournal::open(&aside).unwrap();
    assert_eq!(aside.status().unwrap().newest, Ordinal(4), "it is whole");
}

#[test]
fn a_backup_becomes_a_journal_where_there_is_none() {
    let place = Place::new();
    let backup = backed_up(&place, 2);
    let elsewhere = Options {
        path: place.directory.path().join("new/desk.db"),
        ..place.options()
    };
    let restored = restore(&elsewhere, &backup, false).unwrap();
    assert_eq!(restored.set_aside, None);
    let journal = SqliteJournal::open(&elsewhere).unwrap();
    assert_eq!(journal.status().unwrap().newest, Ordinal(2));
}

#[test]
fn a_log_without_its_journal_is_set_aside_and_not_played_into_the_backup() {
    let place = Place::new();
    let backup = backed_up(&place, 3);
    let beside = |suffix: &str| {
        let name = format!("journal.db{suffix}");
        place.directory.path().join(name)
    };
    let stale = {
        let journal = place.open();
        let company = journal.company("acme").unwrap();
        take(&journal, arrival(company, "later", "a"));
        fs::read(beside("-wal")).unwrap()
    };
    assert!(!stale.is_empty(), "it is in the log");
    fs::remove_file(beside("")).unwrap();
    fs::write(beside("-wal"), &stale).unwrap();
    fs::write(beside("-shm"), "of then").unwrap();
    fs::write(beside("-journal"), "of then").unwrap();

    let refused = restore(&place.options(), &backup, false).unwrap_err();
    let JournalError::Exists { path } = &refused else {
        panic!("{refused}");
    };
    assert_eq!(path, &beside("-wal"));
    assert_eq!(fs::read(beside("-wal")).unwrap(), stale, "nothing happened");

    let restored = restore(&place.options(), &backup, true).unwrap();
    assert_eq!(restored.newest, Ordinal(3));
    for suffix in ["-wal", "-shm", "-journal"] {
        assert!(!beside(suffix).exists(), "{suffix} is left");
    }
    let aside = restored.set_aside.unwrap();
    assert_eq!(fs::read(aside).unwrap(), stale);
    assert_eq!(newest(&place), Ordinal(3));
    assert!(place.open().check().unwrap().sound());
}

#[test]
fn a_backup_with_a_log_of_its_own_is_refused() {
    let place = Place::new();
    let at = |name: &str| place.directory.path().join(name);
    {
        let journal = place.open();
        let company = journal.company("acme").unwrap();
        take(&journal, arrival(company, "m", "a"));
        for suffix in ["", "-wal"] {
            let from = at(&format!("journal.db{suffix}"));
            fs::copy(from, at(&format!("copied.db{suffix}"))).unwrap();
        }
    }
    let of = |path: PathBuf| Options {
        path,
        ..place.options()
    };
    let elsewhere = of(at("new/desk.db"));
    let refused = restore(&elsewhere, &at("copied.db"), false).unwrap_err();
    assert!(matches!(refused, JournalError::Invalid { .. }), "{refused}");
    let told = refused.to_string();
    assert!(
        told.contains("copied.db-wal") && told.contains("journal check"),
        "{told}"
    );
    assert!(!elsewhere.path.exists());

    drop(SqliteJournal::open(&of(at("copied.db"))).unwrap());
    let restored = restore(&elsewhere, &at("copied.db"), false).unwrap();
    assert_eq!(restored.newest, Ordinal(1), "nothing was lost");
}

#[test]
fn nothing_is_restored_over_a_journal_in_use() {
    let place = Place::new();
    let backup = backed_up(&place, 1);
    let _open = place.open();
    let refused = restore(&place.options(), &backup, true).unwrap_err();
    assert!(matches!(refused, JournalError::InUse { .. }), "{refused}");
}

#[test]
fn what_is_no_sound_backup_of_this_key_changes_nothing() {
    let place = Place::new();
    let backup = backed_up(&place, 50);
    let directory = place.directory.path();

    let text = directory.join("text");
    fs::write(
        &text,
        "this is no database, whatever it is called".repeat(50),
    )
    .unwrap();
    let refused = restore(&place.options(), &text, true).unwrap_err();
    let JournalError::Foreign { path } = &refused else {
        panic!("{refused}");
    };
    assert_eq!(path, &text, "it names the file that was given");

    let empty = directory.join("empty");
    fs::write(&empty, "").unwrap();
    let refused = restore(&place.options(), &empty, true).unwrap_err();
    assert!(matches!(refused, JournalError::Foreign { .. }), "{refused}");

    let other = Place::new();
    drop(other.open());
    let foreign_key = Options {
        key_file: other.options().key_file,
        ..place.options()
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
    let refused = restore(&place.options(), &damaged, true).unwrap_err();
    assert!(matches!(refused, JournalError::Corrupt(_)), "{refused}");

    let absent = restore(&place.options(), &directory.join("absent"), true).unwrap_err();
    assert!(matches!(absent, JournalError::File { .. }), "{absent}");

    assert_eq!(newest(&place), Ordinal(50));
    let left: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("part") || name.contains("before-restore"))
        .collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn a_directive_holds_until_it_is_taken_back_and_both_are_told() {
    let place = Place::new();
    let directive = |body: &str| patchbay_journal::Directive {
        name: "drain".to_owned(),
        body: body.to_owned(),
    };
    let company = {
        let journal = place.open();
        let company = journal.company("acme").unwrap();
        for body in ["{}", r#"{"again":true}"#] {
            let put = journal.put_directive(company, directive(body), Vec::new(), act("a"));
            put.unwrap();
        }
        company
    };
    let journal = place.open();
    let kept = journal.directives(company).unwrap();
    assert_eq!(kept, [directive(r#"{"again":true}"#)]);
    let lift = || {
        let audit = Some(act("b"));
        journal.lift_directive(company, "drain", Vec::new(), audit)
    };
    assert!(lift().unwrap());
    assert!(!lift().unwrap(), "there is none");
    assert_eq!(journal.directives(company).unwrap(), []);
    let acts: Vec<_> = journal.audited(None, 0, 10).unwrap();
    let acts: Vec<_> = acts.iter().map(|act| act.entry.act.as_str()).collect();
    assert_eq!(acts, ["a", "a", "b"]);
}
