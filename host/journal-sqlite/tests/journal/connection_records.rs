use patchbay_journal::ConnectionRecordKind::{PollCursor, Token};
use patchbay_journal::*;

use crate::store::{TestStore, at};

fn name(company: CompanyId, connection: &str) -> ConnectionName {
    ConnectionName {
        company,
        channel: "email".into(),
        connection: connection.into(),
    }
}

fn record(second: i64, sealed: &[u8]) -> ConnectionRecord {
    ConnectionRecord {
        stored_at: at(second),
        sealed: sealed.to_vec(),
    }
}

#[test]
fn a_connection_has_the_record_that_was_stored_last() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let other = journal.company("zeta").unwrap();
    let main = name(company, "main");
    assert_eq!(journal.connection_record(&main, PollCursor).unwrap(), None);
    for (second, sealed) in [(2, b"one"), (1, b"two")] {
        let new = record(second, sealed);
        journal
            .store_connection_record(main.clone(), PollCursor, new.clone())
            .unwrap();
        let stored = journal.connection_record(&main, PollCursor).unwrap();
        assert_eq!(stored, Some(new));
    }
    let mastodon = ConnectionName {
        channel: "mastodon".into(),
        ..main.clone()
    };
    for (name, kind) in [
        (name(other, "main"), PollCursor),
        (mastodon, PollCursor),
        (name(company, "other"), PollCursor),
        (main.clone(), Token),
    ] {
        let found = journal.connection_record(&name, kind).unwrap();
        assert_eq!(found, None, "{name:?} {kind}");
    }
    drop(journal);
    let journal = store.open();
    let stored = journal.connection_record(&main, PollCursor).unwrap();
    assert_eq!(stored.map(|it| it.sealed), Some(b"two".to_vec()));
}

#[test]
fn a_deleted_record_leaves_the_others() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let (main, second) = (name(company, "main"), name(company, "second"));
    for (name, kind) in [(&main, PollCursor), (&main, Token), (&second, Token)] {
        let new = record(1, b"x");
        journal
            .store_connection_record(name.clone(), kind, new)
            .unwrap();
    }
    for _ in 0..2 {
        journal
            .delete_connection_record(main.clone(), Token)
            .unwrap();
    }
    let has = |name, kind| journal.connection_record(name, kind).unwrap().is_some();
    assert!(!has(&main, Token));
    assert!(has(&main, PollCursor) && has(&second, Token));
}

#[test]
fn a_check_opens_records_by_what_they_are_sealed_for() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let store_sealed = |kind, purpose| {
        let sealed = journal
            .seal_company(company, purpose, b"plain".to_vec())
            .unwrap();
        journal
            .store_connection_record(name(company, "main"), kind, record(1, &sealed))
            .unwrap();
        let report = journal.check().unwrap();
        (report.seals, report.unopenable)
    };
    assert_eq!(store_sealed(PollCursor, Purpose::PollCursor), (1, 0));
    assert_eq!(store_sealed(Token, Purpose::ConnectionToken), (2, 0));
    assert_eq!(store_sealed(Token, Purpose::PollCursor), (1, 1));
    assert_eq!(store_sealed(PollCursor, Purpose::Quarantine), (0, 2));
}

#[test]
fn a_company_keeps_the_records_of_a_kind_that_were_stored_last() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let other = journal.company("zeta").unwrap();
    let put = |company, connection: &str, kind, second| {
        let new = record(second, b"x");
        journal
            .store_connection_record(name(company, connection), kind, new)
            .unwrap();
    };
    put(other, "c0", PollCursor, 0);
    put(company, "c0", Token, 0);
    for number in 0..=1_000 {
        put(company, &format!("c{number}"), PollCursor, number);
    }
    let has = |company, connection: &str, kind| {
        let found = journal.connection_record(&name(company, connection), kind);
        found.unwrap().is_some()
    };
    assert!(!has(company, "c0", PollCursor));
    assert!(has(company, "c1", PollCursor) && has(company, "c1000", PollCursor));
    assert!(has(other, "c0", PollCursor) && has(company, "c0", Token));
}

#[test]
fn what_is_too_long_is_refused() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let long_channel = ConnectionName {
        channel: "c".repeat(65),
        ..name(company, "main")
    };
    for (name, new) in [
        (name(company, &"c".repeat(513)), record(1, b"x")),
        (name(company, "main"), record(1, &[0; (16 << 10) + 1])),
        (long_channel, record(1, b"x")),
    ] {
        let refused = journal.store_connection_record(name, PollCursor, new);
        assert!(
            matches!(refused, Err(JournalError::Invalid { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn a_database_of_version_8_gets_records() {
    let store = TestStore::new();
    drop(store.open());
    store.downgrade(8);
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let main = name(company, "main");
    journal
        .store_connection_record(main.clone(), Token, record(1, b"x"))
        .unwrap();
    assert!(journal.connection_record(&main, Token).unwrap().is_some());
}

#[test]
fn a_database_of_version_10_keeps_its_cursors() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let main = name(company, "main");
    let sealed = journal.seal_company(company, Purpose::PollCursor, b"uid 7".to_vec());
    let cursor = record(3, &sealed.unwrap());
    journal
        .store_connection_record(main.clone(), PollCursor, cursor.clone())
        .unwrap();
    drop(journal);
    store.downgrade(10);
    let journal = store.open();
    let kept = journal.connection_record(&main, PollCursor).unwrap();
    assert_eq!(kept, Some(cursor));
    let report = journal.check().unwrap();
    assert_eq!((report.seals, report.unopenable), (1, 0));
}
