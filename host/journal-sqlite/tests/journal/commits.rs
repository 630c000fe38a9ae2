use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use patchbay_journal::*;
use patchbay_journal_sqlite::*;
use patchbay_model::state::{Change, Memory, Scope};

use crate::store::{TestStore, accept_one, arrival, at, commit, conversation, entry};

fn conflict(journal: &SqliteJournal, commit: Commit) -> Conflict {
    match journal.commit(commit).unwrap_err() {
        CommitError::Conflict(conflict) => conflict,
        CommitError::Journal(error) => panic!("{error}"),
    }
}

fn item(key: &str, payload: &[u8]) -> NewOutbox {
    NewOutbox {
        key: key.into(),
        target: "crm".into(),
        conversation: None,
        payload: payload.to_vec(),
        not_before: at(0),
        can_take_back: false,
    }
}

#[test]
fn a_commit_writes_its_parts_and_numbers_its_entries() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let input = accept_one(&journal, arrival(company, "m", "hello"));
    let mut of = conversation(company, "t");
    of.due_at = Some(at(500));
    let mut first = commit(&of, 0, Some(input));
    first.entries.push(entry(None));
    let committed = journal.commit(first).unwrap();
    assert_eq!(
        committed,
        CommitReceipt {
            sequence: 2,
            first_feed: 1,
            are_words_stored: true,
        }
    );
    of.owner = Some("anna".into());
    of.due_at = None;
    let committed = journal.commit(commit(&of, 2, None)).unwrap();
    assert_eq!(
        committed,
        CommitReceipt {
            sequence: 3,
            first_feed: 3,
            are_words_stored: true,
        }
    );
    of.sequence = 3;
    assert_eq!(
        journal.conversation(company, of.id).unwrap(),
        Some(of.clone())
    );
    let entries = journal.entries(company, of.id, 0, 10).unwrap();
    let numbers: Vec<_> = entries
        .iter()
        .map(|e| (e.sequence, e.feed, e.input))
        .collect();
    assert_eq!(numbers, [(1, 1, Some(input)), (2, 2, None), (3, 3, None)]);
    assert_eq!(journal.pending(Ordinal(0), 9).unwrap(), []);
    assert_eq!(journal.check().unwrap().findings, []);
}

#[test]
fn an_interaction_writes_three_rows() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let rows = |store: &TestStore| -> Vec<(String, u64)> {
        let raw = store.raw();
        let mut tables = raw
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'meta'")
            .unwrap();
        let names = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
        names
            .map(|row| row.unwrap())
            .map(|name| {
                let query = format!("SELECT count(*) FROM {name}");
                let count = raw.query_row(&query, [], |row| row.get(0)).unwrap();
                (name, count)
            })
            .collect()
    };
    // The company's count of stored bytes is one row that changes.
    accept_one(&journal, arrival(company, "first", "hello"));
    drop(journal);
    let before = rows(&store);
    let journal = store.open();
    let input = accept_one(&journal, arrival(company, "m", "hello"));
    journal
        .commit(commit(&conversation(company, "t"), 0, Some(input)))
        .unwrap();
    drop(journal);
    let written: Vec<_> = rows(&store)
        .into_iter()
        .zip(before)
        .filter(|(after, before)| after != before)
        .map(|((name, after), (_, before))| (name, after - before))
        .collect();
    let one = |name: &str| (name.to_owned(), 1);
    assert_eq!(written, [one("inbound"), one("conversation"), one("entry")]);
}

#[test]
fn a_commit_with_another_expected_sequence_writes_nothing() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let [first, second] = ["1", "2"].map(|id| accept_one(&journal, arrival(company, id, id)));
    let of = conversation(company, "t");
    journal.commit(commit(&of, 0, Some(first))).unwrap();
    for expected in [0, 2, u64::MAX] {
        let mut stale = commit(&of, expected, Some(second));
        stale.outbox.push(item("k", b"bytes"));
        assert_eq!(
            conflict(&journal, stale),
            Conflict::Sequence { expected, found: 1 }
        );
    }
    assert_eq!(journal.entries(company, of.id, 0, 10).unwrap().len(), 1);
    assert_eq!(journal.pending(Ordinal(0), 10).unwrap().len(), 1);
    assert_eq!(journal.due_outbox(at(9), None, 10).unwrap(), []);
}

#[test]
fn an_input_is_decided_once_and_by_its_own_company() {
    let store = TestStore::new();
    let journal = store.open();
    let [ours, theirs] = ["a", "b"].map(|name| journal.company(name).unwrap());
    let input = accept_one(&journal, arrival(ours, "m", "a"));
    let unknown = |input| conflict(&journal, commit(&conversation(theirs, "t"), 0, Some(input)));
    assert_eq!(unknown(input), Conflict::InputUnknown(input));
    for never in [0, 2, u64::MAX] {
        assert_eq!(
            unknown(Ordinal(never)),
            Conflict::InputUnknown(Ordinal(never))
        );
    }
    journal
        .commit(commit(&conversation(ours, "t"), 0, Some(input)))
        .unwrap();
    let again = commit(&conversation(ours, "u"), 0, Some(input));
    assert_eq!(conflict(&journal, again), Conflict::InputDone(input));
    assert_eq!(unknown(input), Conflict::InputUnknown(input));
    let mut twice = commit(&conversation(ours, "u"), 0, Some(input));
    twice.entries.push(entry(Some(input)));
    let refused = journal.commit(twice).unwrap_err();
    assert!(matches!(
        refused,
        CommitError::Journal(JournalError::Invalid { .. })
    ));
}

#[test]
fn one_of_several_commits_with_the_same_expected_sequence_wins() {
    const THREADS: usize = 16;
    const ROUNDS: u64 = 50;
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let of = conversation(company, "contested");
    let (start, wins) = (Barrier::new(THREADS), AtomicUsize::new(0));
    thread::scope(|scope| {
        for worker in 0..THREADS {
            let (journal, of, start, wins) = (&journal, &of, &start, &wins);
            scope.spawn(move || {
                let own = conversation(company, &format!("own {worker}"));
                for round in 0..ROUNDS {
                    start.wait();
                    // A commit in the same group is not affected by a conflict.
                    journal.commit(commit(&own, round, None)).unwrap();
                    match journal.commit(commit(of, round, None)) {
                        Ok(committed) => {
                            assert_eq!(committed.sequence, round + 1);
                            wins.fetch_add(1, Ordering::SeqCst);
                        }
                        Err(CommitError::Conflict(Conflict::Sequence { expected, found })) => {
                            assert_eq!((expected, found), (round, round + 1));
                        }
                        Err(error) => panic!("{error}"),
                    }
                    start.wait();
                }
            });
        }
    });
    assert_eq!(wins.load(Ordering::SeqCst) as u64, ROUNDS);
    let feed = journal.feed(company, 0, 10_000).unwrap();
    let numbers: Vec<_> = feed.entries.iter().map(|entry| entry.feed).collect();
    let all = ROUNDS * (THREADS as u64 + 1);
    assert_eq!(numbers, (1..=all).collect::<Vec<_>>());
    assert_eq!(journal.check().unwrap().findings, []);
}

#[test]
fn a_batch_of_commits_is_answered_one_by_one_in_order() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let input = accept_one(&journal, arrival(company, "m", "a"));
    let [a, b] = ["a", "b"].map(|thread| conversation(company, thread));
    let answers = journal
        .commit_all(vec![
            commit(&a, 0, Some(input)),
            commit(&a, 0, None),
            commit(&b, 0, Some(input)),
            commit(&a, 1, None),
        ])
        .unwrap();
    let first = CommitReceipt {
        sequence: 1,
        first_feed: 1,
        are_words_stored: true,
    };
    let stale = Conflict::Sequence {
        expected: 0,
        found: 1,
    };
    let second = CommitReceipt {
        sequence: 2,
        first_feed: 2,
        are_words_stored: true,
    };
    assert_eq!(
        answers,
        [
            Ok(first),
            Err(stale),
            Err(Conflict::InputDone(input)),
            Ok(second)
        ]
    );
    let mut bad = commit(&b, 0, None);
    bad.entries.clear();
    journal
        .commit_all(vec![commit(&b, 0, None), bad])
        .unwrap_err();
    assert_eq!(journal.conversation(company, b.id).unwrap(), None);
    assert_eq!(journal.commit_all(Vec::new()).unwrap(), []);
}

#[test]
fn the_outbox_accepts_a_key_once_and_refuses_other_bytes_under_it() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let of = conversation(company, "t");
    let mut first = commit(&of, 0, None);
    first.outbox = vec![item("k", b"bytes"), item("k", b"bytes")];
    journal.commit(first).unwrap();
    let mut again = commit(&of, 1, None);
    again.outbox = vec![item("k", b"bytes")];
    journal.commit(again.clone()).unwrap();
    let mut of_another = item("k", b"bytes");
    of_another.conversation = Some(of.id);
    for differing in [
        vec![item("k", b"other")],
        vec![of_another],
        vec![item("n", b"1"), item("n", b"2")],
    ] {
        let key = differing[0].key.clone();
        again.expected = 2;
        again.outbox = differing;
        assert_eq!(
            conflict(&journal, again.clone()),
            Conflict::OutboxDiffers(key)
        );
    }
    let waiting = journal
        .outbox_items(company, OutboxState::Waiting, "", 10)
        .unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].payload, b"bytes");
}

#[test]
fn a_commit_marks_sent_items_as_done() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let of = conversation(company, "t");
    let mut first = commit(&of, 0, None);
    first.outbox = ["sent", "given up", "waiting"]
        .map(|key| item(key, b"bytes"))
        .to_vec();
    journal.commit(first).unwrap();
    journal
        .mark_outbox_dead(company, "given up", "no answer")
        .unwrap();
    let mut next = commit(&of, 1, None);
    next.outbox = vec![item("at once", b"bytes")];
    next.sent = ["sent", "given up", "at once", "unknown"]
        .map(str::to_owned)
        .to_vec();
    journal.commit(next.clone()).unwrap();
    let waiting = || {
        let due = journal.due_outbox(at(9), None, 10).unwrap();
        due.into_iter().map(|item| item.key).collect::<Vec<_>>()
    };
    assert_eq!(waiting(), ["waiting"]);
    let done = journal.outbox_items(company, OutboxState::Done, "", 9);
    assert_eq!(done.unwrap().len(), 3);
    next.expected = 2;
    journal.commit(next).unwrap();
    assert_eq!(waiting(), ["waiting"], "repeated keys change nothing");
}

#[test]
fn sent_keys_have_no_effect_on_a_conflict_or_in_another_company() {
    let store = TestStore::new();
    let journal = store.open();
    let [ours, theirs] = ["a", "b"].map(|name| journal.company(name).unwrap());
    let of = conversation(ours, "t");
    let mut first = commit(&of, 0, None);
    first.outbox = vec![item("k", b"bytes")];
    journal.commit(first).unwrap();
    let mut stale = commit(&of, 7, None);
    stale.sent = vec!["k".into()];
    conflict(&journal, stale);
    let mut elsewhere = commit(&conversation(theirs, "t"), 0, None);
    elsewhere.sent = vec!["k".into()];
    journal.commit(elsewhere).unwrap();
    assert_eq!(journal.due_outbox(at(9), None, 10).unwrap().len(), 1);
}

#[test]
fn policy_memory_commits_with_the_decision_or_not_at_all() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let of = conversation(company, "t");
    let add = StateChange {
        plugin: "triage".into(),
        version: 2,
        scope: Scope::Company,
        owner: Vec::new(),
        key: "seen".into(),
        change: Change::Add(1),
    };
    let mut write = commit(&of, 0, None);
    write.state = vec![add.clone(), add.clone()];
    journal.commit(write.clone()).unwrap();
    conflict(&journal, write.clone());
    let seen = |version| {
        let owners: [(Scope, &[u8]); 1] = [(Scope::Company, b"")];
        let memory = journal.memory(company, "triage", version, &owners).unwrap();
        memory.counter(Scope::Company, "seen", at(0))
    };
    assert_eq!((seen(2), seen(1)), (2, 0));
    write.expected = 1;
    write.state = vec![StateChange {
        change: Change::Remove,
        ..add
    }];
    journal.commit(write).unwrap();
    let all: [(Scope, &[u8]); 1] = [(Scope::Company, b"")];
    assert_eq!(
        journal.memory(company, "triage", 2, &all).unwrap(),
        Memory::default()
    );
}

#[test]
fn a_commit_out_of_bounds_is_refused() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let good = commit(&conversation(company, "t"), 0, None);
    let mut empty = good.clone();
    empty.entries.clear();
    let mut long = good.clone();
    long.outbox.push(item(&"k".repeat(2000), b""));
    let mut long_sent = good.clone();
    long_sent.sent.push("k".repeat(2000));
    let mut many_sent = good;
    many_sent.sent = vec!["k".into(); 1001];
    for bad in [empty, long, long_sent, many_sent] {
        let refused = journal.commit(bad).unwrap_err();
        assert!(matches!(
            refused,
            CommitError::Journal(JournalError::Invalid { .. })
        ));
    }
    assert_eq!(journal.unresolved_conversations(None, 9).unwrap(), []);
}
