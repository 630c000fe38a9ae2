//! Outbox items that are taken back, and the attempt that may begin at the same time.

use std::sync::Barrier;

use patchbay_journal::*;
use patchbay_journal_sqlite::*;
use proptest::prelude::*;

use crate::store::{TestStore, at, audit_entry, commit, conversation};

/// Put an item of a conversation into the outbox, due at a second.
fn put(journal: &SqliteJournal, of: &mut Conversation, key: &str, due: i64, can_take_back: bool) {
    let mut put = commit(of, of.sequence, None);
    put.outbox = vec![NewOutbox {
        key: key.into(),
        target: "x".into(),
        conversation: Some(of.id),
        payload: key.as_bytes().to_vec(),
        not_before: at(due),
        can_take_back,
    }];
    of.sequence = journal.commit(put).unwrap().sequence;
}

/// Take an item back with a commit that adds an entry.
fn take_back(journal: &SqliteJournal, of: &mut Conversation, key: &str) -> Result<(), CommitError> {
    let mut taking = commit(of, of.sequence, None);
    taking.taken_back = vec![key.into()];
    of.sequence = journal.commit(taking)?.sequence;
    Ok(())
}

fn due(journal: &SqliteJournal, second: i64) -> Vec<String> {
    let due = journal.due_outbox(at(second), None, 10).unwrap();
    due.into_iter().map(|item| item.key).collect()
}

fn is_begun(taken: &Result<(), CommitError>, key: &str) -> bool {
    let Err(CommitError::Conflict(conflict)) = taken else {
        return false;
    };
    *conflict == Conflict::OutboxBegun(key.into())
}

#[test]
fn an_item_that_is_taken_back_is_gone_and_the_next_of_its_conversation_is_due() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let mut of = conversation(company, "t");
    put(&journal, &mut of, "first", 50, true);
    put(&journal, &mut of, "second", 1, false);
    assert_eq!(due(&journal, 9), [""; 0], "the second is held back");
    take_back(&journal, &mut of, "first").unwrap();
    assert_eq!(due(&journal, 9), ["second"]);
    drop(journal);
    let journal = store.open();
    assert_eq!(due(&journal, 99), ["second"]);
    assert_eq!(journal.outbox_item(company, "first").unwrap(), None);
    let error = journal.begin_outbox_item(company, "first").unwrap_err();
    assert!(matches!(error, JournalError::NoOutboxItem(_)), "{error}");
    let again = take_back(&journal, &mut of, "first");
    assert!(is_begun(&again, "first"), "{again:?}");
    assert!(journal.check().unwrap().is_sound());
}

#[test]
fn an_item_whose_attempt_has_begun_cannot_be_taken_back_after_a_restart_either() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let mut of = conversation(company, "t");
    put(&journal, &mut of, "reply", 10, true);
    journal.begin_outbox_item(company, "reply").unwrap();
    journal.begin_outbox_item(company, "reply").unwrap();
    drop(journal);
    let journal = store.open();
    let late = take_back(&journal, &mut of, "reply");
    assert!(is_begun(&late, "reply"), "{late:?}");
    let entries = journal.entries(company, of.id, 0, 9).unwrap();
    assert_eq!(entries.len(), 1, "the refused commit wrote nothing");
    assert_eq!(due(&journal, 10), ["reply"], "it is sent again");
}

#[test]
fn what_was_tried_or_never_could_be_taken_back_cannot_be() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let mut of = conversation(company, "t");
    put(&journal, &mut of, "at once", 1, false);
    let refused = take_back(&journal, &mut of, "at once");
    assert!(is_begun(&refused, "at once"), "{refused:?}");
    for key in ["later", "held", "dead", "done"] {
        put(&journal, &mut of, key, 1, true);
        match key {
            "later" => journal.reschedule_outbox(company, key, at(50), "503"),
            "held" => journal.hold_outbox(company, key, at(50), "401"),
            "dead" => journal.mark_outbox_dead(company, key, "400"),
            _ => journal.mark_outbox_done(company, key),
        }
        .unwrap();
        let refused = take_back(&journal, &mut of, key);
        assert!(is_begun(&refused, key), "{key}: {refused:?}");
    }
}

#[test]
fn an_item_that_an_operator_hastens_may_be_taken_back_until_its_attempt_begins() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let mut of = conversation(company, "t");
    put(&journal, &mut of, "reply", 50, true);
    journal
        .retry_outbox(company, "reply", at(5), audit_entry("test"))
        .unwrap();
    assert_eq!(due(&journal, 5), ["reply"]);
    take_back(&journal, &mut of, "reply").unwrap();
    assert_eq!(due(&journal, 99), [""; 0]);
}

#[test]
fn a_repaired_target_does_not_shorten_the_time_to_take_an_item_back() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let mut of = conversation(company, "t");
    let mut other = conversation(company, "other");
    put(&journal, &mut of, "reply", 50, true);
    put(&journal, &mut other, "held", 1, false);
    journal.hold_outbox(company, "held", at(60), "401").unwrap();
    let released = journal.release_outbox(company, vec!["x".into()], at(2), audit_entry("test"));
    assert_eq!(released.unwrap(), 1);
    assert_eq!(due(&journal, 9), ["held"]);
    assert_eq!(due(&journal, 50), ["held", "reply"]);
}

#[test]
fn an_item_of_an_earlier_version_cannot_be_taken_back() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let mut of = conversation(company, "t");
    put(&journal, &mut of, "reply", 50, true);
    drop(journal);
    store.downgrade(13);
    let journal = store.open();
    let refused = take_back(&journal, &mut of, "reply");
    assert!(is_begun(&refused, "reply"), "{refused:?}");
    assert_eq!(due(&journal, 50), ["reply"]);
}

#[test]
fn of_an_attempt_and_a_person_at_the_same_moment_one_wins() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let mut of = conversation(company, "t");
    for number in 0..200 {
        let key = number.to_string();
        put(&journal, &mut of, &key, 1, true);
        let start = Barrier::new(2);
        let (begun, taken) = std::thread::scope(|scope| {
            let begun = scope.spawn(|| {
                start.wait();
                journal.begin_outbox_item(company, &key)
            });
            start.wait();
            let taken = take_back(&journal, &mut of, &key);
            (begun.join().unwrap(), taken)
        });
        match begun {
            Ok(()) => {
                assert!(is_begun(&taken, &key), "{key}: {taken:?}");
                journal.mark_outbox_done(company, &key).unwrap();
            }
            Err(error) => {
                assert!(matches!(error, JournalError::NoOutboxItem(_)), "{error}");
                taken.unwrap();
            }
        }
    }
}

/// Something that happens to the item with a number.
#[derive(Clone, Debug)]
enum Operation {
    Put(bool),
    Begin(usize),
    TakeBack(usize),
    Later(usize),
    Done(usize),
    Reopen,
}

fn operation() -> impl Strategy<Value = Operation> {
    let number = || 0..8usize;
    prop_oneof![
        3 => any::<bool>().prop_map(Operation::Put),
        3 => number().prop_map(Operation::Begin),
        3 => number().prop_map(Operation::TakeBack),
        1 => number().prop_map(Operation::Later),
        2 => number().prop_map(Operation::Done),
        1 => Just(Operation::Reopen),
    ]
}

/// What is expected of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// It waits and may be taken back.
    Unsent,
    /// It waits and may not.
    Begun,
    Done,
    TakenBack,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn nothing_is_both_sent_and_taken_back(
        operations in proptest::collection::vec(operation(), 1..40)
    ) {
        let store = TestStore::new();
        let mut journal = store.open();
        let company = journal.company("acme").unwrap();
        let mut of = conversation(company, "t");
        let mut items: Vec<Expected> = Vec::new();
        for operation in operations {
            match operation {
                Operation::Put(can_take_back) => {
                    put(&journal, &mut of, &items.len().to_string(), 1, can_take_back);
                    items.push(if can_take_back { Expected::Unsent } else { Expected::Begun });
                }
                Operation::Reopen => {
                    drop(journal);
                    journal = store.open();
                }
                Operation::Begin(number) => {
                    let begun = journal.begin_outbox_item(company, &number.to_string());
                    let waits = items.get_mut(number).filter(|item| {
                        matches!(item, Expected::Unsent | Expected::Begun)
                    });
                    prop_assert_eq!(begun.is_ok(), waits.is_some());
                    if let Some(item) = waits {
                        *item = Expected::Begun;
                    }
                }
                Operation::TakeBack(number) => {
                    let taken = take_back(&journal, &mut of, &number.to_string());
                    let unsent = items.get_mut(number).filter(|item| **item == Expected::Unsent);
                    prop_assert_eq!(taken.is_ok(), unsent.is_some());
                    if let Some(item) = unsent {
                        *item = Expected::TakenBack;
                    }
                }
                Operation::Later(number) => {
                    let key = number.to_string();
                    let moved = journal.reschedule_outbox(company, &key, at(1), "503");
                    if moved.is_ok() {
                        items[number] = Expected::Begun;
                    }
                }
                Operation::Done(number) => {
                    if journal.mark_outbox_done(company, &number.to_string()).is_ok() {
                        items[number] = Expected::Done;
                    }
                }
            }
            let waiting = |item: &&Expected| matches!(item, Expected::Unsent | Expected::Begun);
            let stored = journal.outbox_items(company, OutboxState::Waiting, "", 99).unwrap();
            prop_assert_eq!(stored.len(), items.iter().filter(waiting).count());
            for item in stored {
                let number: usize = item.key.parse().unwrap();
                prop_assert_eq!(item.can_take_back, items[number] == Expected::Unsent);
            }
        }
        prop_assert!(journal.check().unwrap().is_sound());
    }
}
