use std::fs;

use patchbay_journal::*;
use patchbay_journal_sqlite::*;

use crate::store::{TestStore, accept_one, arrival, at, audit_entry};

const DAY: i64 = 24 * 60 * 60;

fn delivery(journal: &SqliteJournal, company: CompanyId, body: &str) -> NewQuarantined {
    let sealed = journal.seal_company(company, Purpose::Quarantine, body.as_bytes().to_vec());
    NewQuarantined {
        company,
        channel: "whatsapp".into(),
        account: "shop".into(),
        received_at: at(100),
        place: "entry[0].changes[1]".into(),
        reason: "`text` is missing".into(),
        digest: *blake3::hash(body.as_bytes()).as_bytes(),
        sealed: sealed.unwrap(),
    }
}

fn store_one(journal: &SqliteJournal, company: CompanyId, body: &str) -> u64 {
    let outcome = journal
        .quarantine(delivery(journal, company, body))
        .unwrap();
    match outcome {
        QuarantineOutcome::Stored { number } => number,
        other => panic!("not stored: {other:?}"),
    }
}

fn numbers(journal: &SqliteJournal, company: CompanyId) -> Vec<u64> {
    let items = journal.quarantined(company, 0, 2_000).unwrap();
    items.iter().map(|item| item.number).collect()
}

#[test]
fn a_delivery_is_stored_once_listed_and_read() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let new = delivery(&journal, company, "hello");
    for outcome in [
        QuarantineOutcome::Stored { number: 1 },
        QuarantineOutcome::Known { number: 1 },
    ] {
        assert_eq!(journal.quarantine(new.clone()).unwrap(), outcome);
    }
    let elsewhere = NewQuarantined {
        account: "repairs".into(),
        ..new.clone()
    };
    let outcome = journal.quarantine(elsewhere).unwrap();
    assert_eq!(outcome, QuarantineOutcome::Stored { number: 2 });
    assert_eq!(store_one(&journal, company, "again"), 3);
    drop(journal);

    let journal = store.open();
    let expected = QuarantinedItem {
        company,
        number: 1,
        channel: "whatsapp".into(),
        account: "shop".into(),
        received_at: at(100),
        place: "entry[0].changes[1]".into(),
        reason: "`text` is missing".into(),
        bytes: new.sealed.len() as u64,
    };
    let listed = journal.quarantined(company, 0, 1).unwrap();
    assert_eq!(listed, std::slice::from_ref(&expected));
    let after = journal.quarantined(company, 2, 9).unwrap();
    assert_eq!(
        after.iter().map(|item| item.number).collect::<Vec<_>>(),
        [3]
    );
    let (item, sealed) = journal.quarantined_item(company, 1).unwrap().unwrap();
    assert_eq!(item, expected);
    let plain = journal.open_company(company, Purpose::Quarantine, &sealed);
    assert_eq!(plain.unwrap(), b"hello");
    assert_eq!(journal.quarantine_counts().unwrap(), [(company, 3)]);
    let other = journal.company("harbour").unwrap();
    assert_eq!(journal.quarantined_item(other, 1).unwrap(), None);
    assert_eq!(store_one(&journal, other, "hello"), 1);
}

#[test]
fn a_removal_is_audited_and_its_number_is_not_used_again() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    assert_eq!(store_one(&journal, company, "a"), 1);
    let remove = |number| journal.remove_quarantined(company, number, audit_entry("removed"));
    assert!(!remove(2).unwrap());
    assert!(remove(1).unwrap());
    assert!(!remove(1).unwrap());
    assert!(!remove(u64::MAX).unwrap());
    let acts: Vec<_> = journal.audit_records(None, EntryPage::After(0), 9).unwrap();
    assert_eq!(acts.len(), 1, "one removal, one entry");
    drop(journal);
    let journal = store.open();
    assert_eq!(store_one(&journal, company, "a"), 2);
}

#[test]
fn no_delivery_is_on_disk_in_the_clear_and_its_digest_is_keyed() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let body = "my mother's maiden name is Featherstonehaugh";
    let digest = delivery(&journal, company, body).digest;
    store_one(&journal, company, body);
    drop(journal);
    let bytes = fs::read(store.options().path).unwrap();
    for clear in [body.as_bytes(), &digest] {
        assert!(!bytes.windows(clear.len()).any(|window| window == clear));
    }
}

#[test]
fn long_texts_are_cut_and_other_arguments_refused() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let new = NewQuarantined {
        place: "é".repeat(600),
        reason: format!("a{}", "é".repeat(600)),
        ..delivery(&journal, company, "a")
    };
    journal.quarantine(new).unwrap();
    let item = journal.quarantined(company, 0, 1).unwrap().remove(0);
    assert_eq!((item.place.len(), item.reason.len()), (1_024, 1_023));
    for new in [
        NewQuarantined {
            channel: "a".repeat(65),
            ..delivery(&journal, company, "b")
        },
        NewQuarantined {
            account: "a".repeat(513),
            ..delivery(&journal, company, "b")
        },
        NewQuarantined {
            sealed: vec![0; (64 << 20) + 1],
            ..delivery(&journal, company, "b")
        },
        delivery(&journal, CompanyId(77), "b"),
    ] {
        let refused = journal.quarantine(new).unwrap_err();
        assert!(matches!(refused, JournalError::Invalid { .. }), "{refused}");
    }
    assert_eq!(numbers(&journal, company), [1]);
}

#[test]
fn a_company_has_64_mib_in_quarantine_and_others_are_not_affected() {
    let store = TestStore::new();
    let journal = store.open();
    let [company, other] = ["acme", "harbour"].map(|name| journal.company(name).unwrap());
    let put = |company, number: u8, bytes| {
        let new = NewQuarantined {
            digest: [number; 32],
            sealed: vec![0; bytes],
            ..delivery(&journal, company, "")
        };
        journal.quarantine(new).unwrap()
    };
    let full = QuarantineOutcome::Full {
        limit: QuarantineLimit::Bytes(64 << 20),
    };
    assert_eq!(
        put(company, 1, (64 << 20) - 9),
        QuarantineOutcome::Stored { number: 1 }
    );
    assert_eq!(put(company, 2, 10), full);
    assert_eq!(put(company, 3, 9), QuarantineOutcome::Stored { number: 2 });
    assert_eq!(put(company, 4, 1), full);
    assert_eq!(put(company, 1, 1), QuarantineOutcome::Known { number: 1 });
    assert_eq!(put(other, 4, 1), QuarantineOutcome::Stored { number: 1 });
    assert!(
        journal
            .remove_quarantined(company, 1, audit_entry("a"))
            .unwrap()
    );
    assert_eq!(put(company, 4, 1), QuarantineOutcome::Stored { number: 3 });
}

#[test]
fn a_company_that_stores_as_much_as_it_may_gets_no_more_in_quarantine() {
    let store = TestStore::new();
    let options = Options {
        stored_bytes_per_company: 1_000,
        ..store.options()
    };
    let journal = SqliteJournal::open(&options).unwrap();
    let company = journal.company("acme").unwrap();
    let known = delivery(&journal, company, "known");
    journal.quarantine(known.clone()).unwrap();
    accept_one(&journal, arrival(company, "1", &"a".repeat(1_000)));
    let new = delivery(&journal, company, "new");
    let refused = journal.quarantine(new).unwrap_err();
    assert!(matches!(
        refused,
        JournalError::CompanyFull { limit: 1_000 }
    ));
    let outcome = journal.quarantine(known).unwrap();
    assert_eq!(outcome, QuarantineOutcome::Known { number: 1 });
}

#[test]
fn a_delivery_is_deleted_after_30_days_or_by_compaction() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    for (body, second) in [("a", 0), ("b", 10), ("c", 20)] {
        let new = NewQuarantined {
            received_at: at(second),
            ..delivery(&journal, company, body)
        };
        journal.quarantine(new).unwrap();
    }
    let deleted = journal.delete_expired(at(30 * DAY)).unwrap();
    assert_eq!(deleted, ExpiryReport::default());
    let deleted = journal.delete_expired(at(30 * DAY + 10)).unwrap();
    assert_eq!(deleted.quarantined, 1);
    assert_eq!(numbers(&journal, company), [2, 3]);
    assert_eq!(journal.compact(at(15)).unwrap().quarantined, 1);
    assert_eq!(numbers(&journal, company), [3]);
    assert_eq!(journal.check().unwrap().findings, []);
}

#[test]
fn a_backup_has_the_quarantine_and_a_check_opens_it() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    store_one(&journal, company, "hello");
    assert_eq!(journal.check().unwrap().seals, 1);
    let backup = store.directory.path().join("backup.db");
    journal.backup(&backup).unwrap();
    let key = journal.derive_company_key(company, "ids");
    journal
        .remove_quarantined(company, 1, audit_entry("a"))
        .unwrap();
    drop(journal);
    restore(&store.options(), &backup, true).unwrap();
    let journal = store.open();
    let (_, sealed) = journal.quarantined_item(company, 1).unwrap().unwrap();
    let plain = journal.open_company(company, Purpose::Quarantine, &sealed);
    assert_eq!(plain.unwrap(), b"hello");
    assert_eq!(journal.derive_company_key(company, "ids"), key);
    drop(journal);
    store
        .raw()
        .execute("UPDATE quarantine SET sealed = zeroblob(60)", [])
        .unwrap();
    assert_eq!(store.open().check().unwrap().unopenable, 1);
}
