use std::collections::BTreeSet;

use patchbay_journal::*;
use patchbay_journal_sqlite::*;
use proptest::prelude::*;

use crate::store::{TestStore, at, audit_entry, commit, conversation};

fn filled(journal: &SqliteJournal) -> CompanyId {
    let company = journal.company("acme").unwrap();
    let mut fill = commit(&conversation(company, "t"), 0, None);
    fill.outbox = [("late", 30), ("soon", 10), ("next", 20)]
        .map(|(key, second)| NewOutbox {
            key: key.into(),
            target: "crm".into(),
            conversation: None,
            payload: key.as_bytes().to_vec(),
            not_before: at(second),
            can_take_back: false,
        })
        .to_vec();
    journal.commit(fill).unwrap();
    company
}

fn due(journal: &SqliteJournal, second: i64) -> Vec<String> {
    let due = journal.due_outbox(at(second), None, 10).unwrap();
    due.into_iter().map(|item| item.key).collect()
}

#[test]
fn items_due_longest_come_first_and_done_items_never() {
    let store = TestStore::new();
    let journal = store.open();
    let company = filled(&journal);
    assert_eq!(due(&journal, 9), [""; 0]);
    assert_eq!(due(&journal, 25), ["soon", "next"]);
    journal.mark_outbox_done(company, "soon").unwrap();
    journal.mark_outbox_done(company, "soon").unwrap();
    assert_eq!(due(&journal, 99), ["next", "late"]);
    drop(journal);
    assert_eq!(due(&store.open(), 99), ["next", "late"]);
}

#[test]
fn a_failed_attempt_is_counted_and_leaves_the_payload_unchanged() {
    let store = TestStore::new();
    let journal = store.open();
    let company = filled(&journal);
    journal
        .reschedule_outbox(company, "soon", at(50), "503")
        .unwrap();
    journal
        .reschedule_outbox(company, "soon", at(60), "timed out")
        .unwrap();
    assert_eq!(due(&journal, 55), ["next", "late"]);
    let items = journal
        .outbox_items(company, OutboxState::Waiting, "next", 9)
        .unwrap();
    let item = &items[0];
    assert_eq!((item.key.as_str(), item.attempts), ("soon", 2));
    assert_eq!(
        (item.problem.as_deref(), &item.payload[..]),
        (Some("timed out"), &b"soon"[..])
    );
}

#[test]
fn an_item_whose_target_is_broken_waits_and_no_attempt_is_counted() {
    let store = TestStore::new();
    let journal = store.open();
    let company = filled(&journal);
    journal
        .reschedule_outbox(company, "soon", at(12), "503")
        .unwrap();
    for second in [40, 50] {
        journal
            .hold_outbox(company, "soon", at(second), "token revoked")
            .unwrap();
    }
    assert_eq!(due(&journal, 49), ["next", "late"]);
    assert_eq!(due(&journal, 50), ["next", "late", "soon"]);
    drop(journal);
    let journal = store.open();
    let item = journal.outbox_item(company, "soon").unwrap().unwrap();
    assert_eq!((item.attempts, item.state), (1, OutboxState::Waiting));
    assert_eq!(item.problem.as_deref(), Some("token revoked"));
    assert_eq!(item.payload, b"soon");
    journal
        .mark_outbox_dead(company, "soon", "refused")
        .unwrap();
    for key in ["soon", "nothing"] {
        let refused = journal.hold_outbox(company, key, at(5), "");
        assert!(matches!(refused, Err(JournalError::NoOutboxItem(_))));
    }
}

#[test]
fn the_waiting_items_of_a_target_are_released_together() {
    let store = TestStore::new();
    let journal = store.open();
    let company = filled(&journal);
    let target = journal
        .outbox_item(company, "soon")
        .unwrap()
        .unwrap()
        .target;
    journal
        .reschedule_outbox(company, "soon", at(70), "503")
        .unwrap();
    journal
        .hold_outbox(company, "next", at(80), "token revoked")
        .unwrap();
    journal
        .mark_outbox_dead(company, "late", "refused")
        .unwrap();
    let other = journal.release_outbox(
        company,
        vec!["elsewhere".to_owned()],
        at(20),
        audit_entry("a"),
    );
    assert_eq!(other.unwrap(), 0);
    assert_eq!(due(&journal, 69), Vec::<String>::new());
    let both = vec!["elsewhere".to_owned(), target];
    let released = journal.release_outbox(company, both.clone(), at(20), audit_entry("b"));
    assert_eq!(released.unwrap(), 2);
    assert_eq!(due(&journal, 19), Vec::<String>::new());
    assert_eq!(due(&journal, 20), ["next", "soon"]);
    let item = journal.outbox_item(company, "soon").unwrap().unwrap();
    assert_eq!((item.attempts, item.problem.as_deref()), (1, Some("503")));
    let again = journal.release_outbox(company, both, at(20), audit_entry("c"));
    assert_eq!(again.unwrap(), 0, "they are due");
}

#[test]
fn a_dead_item_waits_for_an_operator() {
    let store = TestStore::new();
    let journal = store.open();
    let company = filled(&journal);
    journal
        .mark_outbox_dead(company, "soon", "refused")
        .unwrap();
    assert_eq!(due(&journal, 99), ["next", "late"]);
    assert_eq!(journal.status().unwrap().outbox_dead, 1);
    let dead = journal
        .outbox_items(company, OutboxState::Dead, "", 9)
        .unwrap();
    assert_eq!((dead.len(), dead[0].attempts), (1, 1));
    journal
        .retry_outbox(company, "soon", at(5), audit_entry("test"))
        .unwrap();
    assert_eq!(due(&journal, 5), ["soon"]);
    assert_eq!(journal.due_outbox(at(5), None, 1).unwrap()[0].attempts, 0);
    journal.mark_outbox_done(company, "soon").unwrap();
    for refused in [
        journal.retry_outbox(company, "soon", at(5), audit_entry("test")),
        journal.mark_outbox_dead(company, "soon", ""),
        journal.reschedule_outbox(company, "nothing", at(5), ""),
        journal.mark_outbox_done(company, "nothing"),
    ] {
        assert!(matches!(refused, Err(JournalError::NoOutboxItem(_))));
    }
}

#[test]
fn a_commit_that_tells_a_failure_makes_the_item_dead() {
    let store = TestStore::new();
    let journal = store.open();
    let company = filled(&journal);
    journal.mark_outbox_done(company, "next").unwrap();
    let mut tell = commit(&conversation(company, "t"), 1, None);
    tell.failed = ["soon", "next", "nothing"]
        .map(|key| FailedDelivery {
            key: key.into(),
            problem: "410 Gone".into(),
        })
        .to_vec();
    journal.commit(tell.clone()).unwrap();
    let dead = journal
        .outbox_items(company, OutboxState::Dead, "", 9)
        .unwrap();
    let dead: Vec<_> = dead
        .iter()
        .map(|item| (item.key.as_str(), item.problem.as_deref(), item.attempts))
        .collect();
    assert_eq!(dead, [("soon", Some("410 Gone"), 1)]);
    assert_eq!(due(&journal, 99), ["late"]);
    // A commit that is not written changes no item.
    tell.failed[0].key = "late".into();
    assert!(journal.commit(tell).is_err(), "it expects an older entry");
    assert_eq!(due(&journal, 99), ["late"]);
}

#[test]
fn due_items_are_read_page_by_page_and_each_once() {
    let store = TestStore::new();
    let journal = store.open();
    let companies = ["a", "b"].map(|name| journal.company(name).unwrap());
    for company in companies {
        let mut fill = commit(&conversation(company, "t"), 0, None);
        fill.outbox = ["1", "2", "3", "4"]
            .map(|key| NewOutbox {
                key: key.into(),
                target: "crm".into(),
                conversation: None,
                payload: vec![],
                not_before: at(if key < "3" { 10 } else { 20 }),
                can_take_back: false,
            })
            .to_vec();
        journal.commit(fill).unwrap();
    }
    let all = journal.due_outbox(at(20), None, 99).unwrap();
    assert_eq!(all.len(), 8);
    let (mut found, mut after) = (vec![], None);
    loop {
        let page = journal.due_outbox(at(20), after, 3).unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.not_before, last.company, last.key.clone()));
        found.extend(page);
    }
    assert_eq!(found, all);
    let not_yet = journal.due_outbox(at(19), None, 99).unwrap();
    assert_eq!(not_yet, all[..4], "items due later are left out");
}

#[test]
fn the_next_due_time_is_the_earliest_of_the_waiting_items() {
    let store = TestStore::new();
    let journal = store.open();
    assert_eq!(journal.next_outbox_due().unwrap(), None);
    let company = filled(&journal);
    assert_eq!(journal.next_outbox_due().unwrap(), Some(at(10)));
    journal.mark_outbox_done(company, "soon").unwrap();
    journal
        .reschedule_outbox(company, "next", at(90), "503")
        .unwrap();
    assert_eq!(journal.next_outbox_due().unwrap(), Some(at(30)));
    journal
        .mark_outbox_dead(company, "late", "refused")
        .unwrap();
    assert_eq!(journal.next_outbox_due().unwrap(), Some(at(90)));
}

#[test]
fn an_item_is_found_by_its_key_in_every_state() {
    let store = TestStore::new();
    let journal = store.open();
    let company = filled(&journal);
    journal.mark_outbox_done(company, "soon").unwrap();
    journal
        .mark_outbox_dead(company, "next", "refused")
        .unwrap();
    let state = |key| {
        let item = journal.outbox_item(company, key).unwrap();
        item.map(|item| (item.key == key, item.state))
    };
    assert_eq!(state("soon"), Some((true, OutboxState::Done)));
    assert_eq!(state("next"), Some((true, OutboxState::Dead)));
    assert_eq!(state("late"), Some((true, OutboxState::Waiting)));
    assert_eq!(state("never"), None);
    let other = journal.company("other").unwrap();
    assert_eq!(journal.outbox_item(other, "soon").unwrap(), None);
}

/// Put an item of a conversation into the outbox.
fn put(journal: &SqliteJournal, of: &mut Conversation, target: &str, key: &str) {
    let mut put = commit(of, of.sequence, None);
    put.outbox = vec![NewOutbox {
        key: key.into(),
        target: target.into(),
        conversation: Some(of.id),
        payload: key.as_bytes().to_vec(),
        not_before: at(1),
        can_take_back: false,
    }];
    of.sequence = journal.commit(put).unwrap().sequence;
}

#[test]
fn while_an_item_waits_for_its_retry_the_next_of_its_conversation_is_held_back() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let [mut a, mut b] = ["a", "b"].map(|thread| conversation(company, thread));
    put(&journal, &mut a, "x", "first");
    put(&journal, &mut a, "x", "second");
    put(&journal, &mut b, "x", "of another conversation");
    put(&journal, &mut a, "crm", "to another target");
    let others = ["of another conversation", "to another target"];
    let with = |key: &'static str| [vec![key], others.to_vec()].concat();
    assert_eq!(due(&journal, 9), with("first"));
    journal
        .reschedule_outbox(company, "first", at(50), "503")
        .unwrap();
    assert_eq!(due(&journal, 9), others);
    for key in others {
        journal.mark_outbox_done(company, key).unwrap();
    }
    assert_eq!(
        journal.next_outbox_due().unwrap(),
        Some(at(50)),
        "a held item does not count"
    );
    drop(journal);
    let journal = store.open();
    assert_eq!(due(&journal, 50), ["first"]);
    journal.mark_outbox_done(company, "first").unwrap();
    assert_eq!(due(&journal, 50), ["second"]);
}

#[test]
fn a_dead_item_holds_nothing_back_and_a_retried_one_goes_first() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let mut of = conversation(company, "t");
    for key in ["1", "2", "3"] {
        put(&journal, &mut of, "x", key);
    }
    journal.mark_outbox_dead(company, "1", "refused").unwrap();
    assert_eq!(due(&journal, 9), ["2"]);
    journal
        .retry_outbox(company, "1", at(5), audit_entry("test"))
        .unwrap();
    assert_eq!(due(&journal, 4), [""; 0]);
    assert_eq!(due(&journal, 5), ["1"]);
    let mut next = commit(&of, of.sequence, None);
    next.sent = vec!["1".into()];
    journal.commit(next).unwrap();
    assert_eq!(due(&journal, 5), ["2"]);
}

#[test]
fn items_of_one_commit_are_delivered_in_their_order() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let of = conversation(company, "t");
    let mut fill = commit(&of, 0, None);
    let keys: Vec<String> = (0..20).map(|n| format!("{}", n * 7 % 20)).collect();
    fill.outbox = keys
        .iter()
        .map(|key| NewOutbox {
            key: key.clone(),
            target: "x".into(),
            conversation: Some(of.id),
            payload: vec![],
            not_before: at(1),
            can_take_back: false,
        })
        .collect();
    journal.commit(fill).unwrap();
    for key in &keys {
        assert_eq!(due(&journal, 9), [key.as_str()]);
        journal.mark_outbox_done(company, key).unwrap();
    }
    assert_eq!(due(&journal, 9), [""; 0]);
}

#[test]
fn a_check_finds_an_item_that_is_held_without_reason() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let mut of = conversation(company, "t");
    for key in ["1", "2"] {
        put(&journal, &mut of, "x", key);
    }
    assert!(journal.check().unwrap().is_sound());
    drop(journal);
    let stuck = "UPDATE outbox SET held = 1 WHERE key = '1'";
    store.raw().execute(stuck, []).unwrap();
    let report = store.open().check().unwrap();
    assert!(
        matches!(&report.findings[..], [CheckFinding::Damaged(text)] if text.contains("\"1\"")),
        "{report:?}"
    );
}

/// An operation on the item with a number.
#[derive(Clone, Debug)]
enum Operation {
    Put { conversation: usize, target: usize },
    Done(usize),
    Sent(usize),
    Later(usize, i64),
    Dead(usize),
    Retry(usize, i64),
}

fn operation() -> impl Strategy<Value = Operation> {
    let put = (0..3usize, 0..2usize).prop_map(|(conversation, target)| Operation::Put {
        conversation,
        target,
    });
    let number = || 0..12usize;
    prop_oneof![
        4 => put,
        1 => number().prop_map(Operation::Done),
        1 => number().prop_map(Operation::Sent),
        2 => (number(), 0..20i64).prop_map(|(number, second)| Operation::Later(number, second)),
        1 => number().prop_map(Operation::Dead),
        2 => (number(), 0..20i64).prop_map(|(number, second)| Operation::Retry(number, second)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn only_the_first_item_of_a_conversation_and_target_is_due(
        operations in proptest::collection::vec(operation(), 1..40)
    ) {
        const TARGETS: [&str; 2] = ["x", "crm"];
        let store = TestStore::new();
        let journal = store.open();
        let company = journal.company("acme").unwrap();
        let mut of = ["a", "b", "c"].map(|thread| conversation(company, thread));
        let mut last = conversation(company, "elsewhere");
        let mut numbers = 0..;
        for operation in operations {
            // Refused for items that are unknown or done.
            let _ = match operation {
                Operation::Put { conversation, target } => {
                    let key = numbers.next().unwrap_or(0).to_string();
                    put(&journal, &mut of[conversation], TARGETS[target], &key);
                    Ok(())
                }
                Operation::Sent(number) => {
                    let mut next = commit(&last, last.sequence, None);
                    next.sent = vec![number.to_string()];
                    last.sequence = journal.commit(next).unwrap().sequence;
                    Ok(())
                }
                Operation::Done(number) => journal.mark_outbox_done(company, &number.to_string()),
                Operation::Later(number, second) => {
                    journal.reschedule_outbox(company, &number.to_string(), at(second), "503")
                }
                Operation::Dead(number) => journal.mark_outbox_dead(company, &number.to_string(), "no"),
                Operation::Retry(number, second) => {
                    journal.retry_outbox(company, &number.to_string(), at(second),  audit_entry("test"))
                }
            };
            let mut waiting = journal.outbox_items(company, OutboxState::Waiting, "", 99).unwrap();
            waiting.sort_by_key(|item| item.key.parse::<u32>().unwrap());
            let mut lines = BTreeSet::new();
            waiting.retain(|item| lines.insert((item.conversation, item.target.clone())));
            let first = waiting.iter().map(|item| item.not_before).min();
            prop_assert_eq!(journal.next_outbox_due().unwrap(), first);
            waiting.retain(|item| item.not_before <= at(10));
            waiting.sort_by_key(|item| (item.not_before, item.key.clone()));
            prop_assert_eq!(journal.due_outbox(at(10), None, 99).unwrap(), waiting);
        }
        prop_assert!(journal.check().unwrap().is_sound());
    }
}

/// A later attempt that sends nothing does not know more of the part.
#[test]
fn a_begun_part_survives_a_crash_until_its_result_is_recorded() {
    let store = TestStore::new();
    let journal = store.open();
    let company = filled(&journal);
    let begun = |journal: &SqliteJournal| {
        let item = journal.outbox_item(company, "soon").unwrap();
        item.unwrap().begun_part
    };
    assert_eq!(begun(&journal), None);
    journal.begin_outbox_part(company, "soon", 2).unwrap();
    drop(journal);
    let journal = store.open();
    assert_eq!(begun(&journal), Some(2));
    let postpone: [fn(&SqliteJournal, CompanyId); 3] = [
        |journal, company| {
            let later = journal.reschedule_outbox(company, "soon", at(50), "busy");
            later.unwrap();
        },
        |journal, company| {
            journal.hold_outbox(company, "soon", at(50), "401").unwrap();
        },
        |journal, company| {
            let audit = audit_entry("retry");
            journal
                .retry_outbox(company, "soon", at(50), audit)
                .unwrap();
        },
    ];
    for record in postpone {
        record(&journal, company);
        assert_eq!(begun(&journal), Some(2));
    }
    journal.end_outbox_part(company, "soon", 1).unwrap();
    assert_eq!(begun(&journal), Some(2));
    journal.end_outbox_part(company, "soon", 2).unwrap();
    assert_eq!(begun(&journal), None);
    journal.begin_outbox_part(company, "soon", 3).unwrap();
    journal.mark_outbox_dead(company, "soon", "400").unwrap();
    assert_eq!(begun(&journal), None);
    let error = journal.begin_outbox_part(company, "soon", 1).unwrap_err();
    assert!(matches!(error, JournalError::NoOutboxItem(_)), "{error}");
}
