use std::thread;

use patchbay_journal::*;

use crate::store::{TestStore, accept_one, arrival, commit, conversation};

const ROOM: u64 = 1024 * 1024;

#[test]
fn writes_fail_on_a_full_disk_and_continue_when_there_is_space() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    journal.limit_bytes(ROOM).unwrap();
    let big = |id: u32| arrival(company, &id.to_string(), &"a".repeat(20_000));
    let mut acknowledged = vec![];
    let error = loop {
        match journal.accept(vec![big(acknowledged.len() as u32)]) {
            Ok(accepted) => acknowledged.push(accepted[0].ordinal().unwrap()),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, JournalError::DiskFull), "{error}");
    let mut commit = commit(&conversation(company, "t"), 0, Some(Ordinal(1)));
    commit.entries[0].sealed = vec![1; 40_000];
    let error = journal.commit(commit.clone()).unwrap_err();
    assert!(
        matches!(error, CommitError::Journal(JournalError::DiskFull)),
        "{error}"
    );
    let listed = || {
        let pending = journal.pending(Ordinal(0), 1000).unwrap();
        pending.iter().map(|p| p.input.ordinal).collect::<Vec<_>>()
    };
    assert_eq!(listed(), acknowledged, "no input is lost or partly written");
    assert!(journal.check().unwrap().is_sound());

    journal.limit_bytes(ROOM * 100).unwrap();
    journal.commit(commit).unwrap();
    let next = accept_one(&journal, big(1_000_000));
    assert_eq!(
        next.0,
        acknowledged.len() as u64 + 1,
        "a failed write uses no ordinal"
    );
    drop(journal);
    let journal = store.open();
    assert_eq!(journal.status().unwrap().newest, next);
    assert_eq!(journal.feed(company, 0, 9).unwrap().newest, 1);
    assert!(journal.check().unwrap().is_sound());
}

#[test]
fn a_write_too_large_for_the_disk_fails_alone() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    journal.limit_bytes(ROOM).unwrap();
    let (small, large) = thread::scope(|scope| {
        let writer = |size: usize, name: &'static str| {
            let journal = &journal;
            scope.spawn(move || {
                (0..40)
                    .map(|n| arrival(company, &format!("{name} {n}"), &"a".repeat(size)))
                    .filter(|arrival| journal.accept(vec![arrival.clone()]).is_ok())
                    .count()
            })
        };
        let small: Vec<_> = (0..4)
            .map(|n| writer(10, ["a", "b", "c", "d"][n]))
            .collect();
        let large = writer(1_000_000, "large");
        let small = small
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .sum::<usize>();
        (small, large.join().unwrap())
    });
    assert_eq!((small, large), (160, 0));
    assert!(journal.check().unwrap().is_sound());
    assert_eq!(journal.status().unwrap().newest, Ordinal(160));
}

#[test]
fn the_storage_fails_from_a_write_on_a_full_disk_until_one_succeeds() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    assert_eq!(journal.storage().failure, None);
    assert!(journal.storage().free.is_some());
    journal.limit_bytes(1).unwrap();
    let big = arrival(company, "1", &"a".repeat(100_000));
    let refused = journal.accept(vec![big.clone()]).unwrap_err();
    assert!(refused.is_disk_full(), "{refused}");
    let failure = journal.storage().failure.expect("it fails");
    assert!(failure.is_disk_full, "{failure:?}");
    journal.status().unwrap();
    let still = journal.storage().failure;
    assert_eq!(still, Some(failure), "a status writes nothing");
    assert!(journal.probe().unwrap_err().is_disk_full());

    journal.limit_bytes(ROOM * 100).unwrap();
    journal.probe().unwrap();
    assert_eq!(journal.storage().failure, None);
    accept_one(&journal, big);
    assert!(journal.check().unwrap().is_sound());
}
