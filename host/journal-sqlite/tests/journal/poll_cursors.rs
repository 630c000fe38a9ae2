use patchbay_journal::*;

use crate::store::{TestStore, at};

fn cursor(company: CompanyId, connection: &str, second: i64, sealed: &[u8]) -> PollCursor {
    PollCursor {
        company,
        channel: "email".into(),
        connection: connection.into(),
        stored_at: at(second),
        sealed: sealed.to_vec(),
    }
}

#[test]
fn a_connection_has_the_cursor_that_was_stored_last() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let other = journal.company("zeta").unwrap();
    assert_eq!(journal.poll_cursor(company, "email", "main").unwrap(), None);
    for (second, sealed) in [(2, b"one"), (1, b"two")] {
        let new = cursor(company, "main", second, sealed);
        journal.store_poll_cursor(new.clone()).unwrap();
        let stored = journal.poll_cursor(company, "email", "main").unwrap();
        assert_eq!(stored, Some(new));
    }
    for (company, channel, connection) in [
        (other, "email", "main"),
        (company, "mastodon", "main"),
        (company, "email", "other"),
    ] {
        let found = journal.poll_cursor(company, channel, connection).unwrap();
        assert_eq!(found, None, "{channel}/{connection}");
    }
    drop(journal);
    let journal = store.open();
    let stored = journal.poll_cursor(company, "email", "main").unwrap();
    assert_eq!(stored.map(|it| it.sealed), Some(b"two".to_vec()));
    let sealed = journal.seal_company(company, Purpose::PollCursor, b"three");
    let new = cursor(company, "main", 3, &sealed.unwrap());
    journal.store_poll_cursor(new).unwrap();
    let report = journal.check().unwrap();
    assert_eq!((report.seals, report.unopenable), (1, 0));
    let new = cursor(company, "main", 3, b"not sealed");
    journal.store_poll_cursor(new).unwrap();
    assert_eq!(journal.check().unwrap().unopenable, 1);
}

#[test]
fn a_company_keeps_the_cursors_that_were_stored_last() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let other = journal.company("zeta").unwrap();
    journal
        .store_poll_cursor(cursor(other, "c0", 0, b"x"))
        .unwrap();
    for number in 0..=1_000 {
        let new = cursor(company, &format!("c{number}"), number, b"x");
        journal.store_poll_cursor(new).unwrap();
    }
    let has = |company, connection: &str| {
        let found = journal.poll_cursor(company, "email", connection).unwrap();
        found.is_some()
    };
    assert!(!has(company, "c0") && has(company, "c1") && has(company, "c1000"));
    assert!(has(other, "c0"));
}

#[test]
fn what_is_too_long_is_refused() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    for new in [
        cursor(company, &"c".repeat(513), 1, b"x"),
        cursor(company, "main", 1, &[0; (16 << 10) + 1]),
        PollCursor {
            channel: "c".repeat(65),
            ..cursor(company, "main", 1, b"x")
        },
    ] {
        let refused = journal.store_poll_cursor(new);
        assert!(
            matches!(refused, Err(JournalError::Invalid { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn a_database_of_version_8_gets_cursors() {
    let store = TestStore::new();
    drop(store.open());
    store.downgrade(8);
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    journal
        .store_poll_cursor(cursor(company, "main", 1, b"x"))
        .unwrap();
    assert!(
        journal
            .poll_cursor(company, "email", "main")
            .unwrap()
            .is_some()
    );
}
