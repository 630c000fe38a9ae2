use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use patchbay_journal::*;
use patchbay_journal_sqlite::*;
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::state::{Change, Scope};

use crate::store::{TestStore, accept_one, arrival, at, commit, conversation};

/// A conversation with one interaction, resolved at a time.
fn resolved(journal: &SqliteJournal, thread: &str, second: i64) -> Conversation {
    let company = journal.company("acme").unwrap();
    let mut of = conversation(company, thread);
    of.state = ConversationState::Resolved;
    let input = accept_one(journal, arrival(company, thread, thread));
    let mut commit = commit(&of, 0, Some(input));
    commit.at = at(second);
    commit.state.push(StateChange {
        plugin: "p".into(),
        version: 1,
        scope: Scope::Conversation,
        owner: of.id.0.to_vec(),
        key: "k".into(),
        change: Change::Add(1),
    });
    journal.commit(commit).unwrap();
    of
}

#[test]
fn a_backup_taken_under_load_is_sound_and_opens() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let (stop, other) = (AtomicBool::new(false), TestStore::new());
    let options = other.options();
    let backup = thread::scope(|scope| {
        scope.spawn(|| {
            for id in 0.. {
                accept_one(&journal, arrival(company, &id.to_string(), "a"));
                if stop.load(Ordering::SeqCst) {
                    break;
                }
            }
        });
        while journal.status().unwrap().newest < Ordinal(50) {}
        let backup = journal.backup(&options.path);
        stop.store(true, Ordering::SeqCst);
        backup.unwrap()
    });
    assert!(backup.newest >= Ordinal(50));
    assert_eq!(backup.bytes, fs::metadata(&options.path).unwrap().len());
    let again = journal.backup(&options.path).unwrap_err();
    assert!(
        matches!(again, JournalError::File { .. }),
        "an existing file is not overwritten"
    );
    fs::create_dir(options.key_file.parent().unwrap()).unwrap();
    fs::copy(store.options().key_file, &options.key_file).unwrap();
    let restored = other.open();
    let rows = restored.pending(Ordinal(0), 100_000).unwrap();
    assert_eq!(rows.len() as u64, backup.newest.0);
    assert!(restored.check().unwrap().is_sound());
    let files: Vec<_> = fs::read_dir(other.directory.path()).unwrap().collect();
    assert!(
        files
            .iter()
            .flatten()
            .all(|file| !file.path().ends_with(".part"))
    );
}

#[test]
fn a_check_finds_contradictions() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let anna = journal
        .find_or_create_contact(company, "x", "@anna", at(1))
        .unwrap()
        .contact;
    for thread in ["a", "b", "c"] {
        resolved(&journal, thread, 1);
    }
    assert!(journal.check().unwrap().is_sound());
    drop(journal);
    let raw = store.raw();
    raw.pragma_update(None, "foreign_keys", "OFF").unwrap();
    raw.execute_batch("DELETE FROM entry WHERE feed = 2; DELETE FROM inbound WHERE ordinal = 3")
        .unwrap();
    raw.execute(
        "UPDATE address SET sealed = x'0104' WHERE contact = ?1",
        [anna.0],
    )
    .unwrap();
    drop(raw);
    let report = store.open().check().unwrap();
    assert!(!report.is_sound());
    assert_eq!(report.unopenable, 1);
    let has = |wanted: fn(&CheckFinding) -> bool| report.findings.iter().any(wanted);
    assert!(
        has(|f| matches!(
            f,
            CheckFinding::Sequence {
                expected: 1,
                entries: 0,
                ..
            }
        )),
        "{report:?}"
    );
    assert!(
        has(|f| matches!(f, CheckFinding::FeedGap { missing: 1, .. })),
        "{report:?}"
    );
    assert!(has(
        |f| matches!(f, CheckFinding::Orphan { table, rows: 1 } if table == "entry")
    ));
}

#[test]
fn a_damaged_page_is_a_finding_and_not_a_crash() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    for id in 0..200 {
        accept_one(
            &journal,
            arrival(company, &id.to_string(), &"a".repeat(500)),
        );
    }
    drop(journal);
    let path = store.options().path;
    let mut bytes = fs::read(&path).unwrap();
    let text = bytes
        .windows(100)
        .rposition(|window| window == [b'a'; 100])
        .unwrap();
    let page = text / 4096 * 4096;
    bytes[page..page + 64].fill(0xff);
    fs::write(&path, bytes).unwrap();
    // The damage may already be in the way of opening; then that is next.
    match SqliteJournal::open(&store.options()) {
        Ok(journal) => {
            let report = journal.check().unwrap();
            assert!(
                matches!(report.findings[0], CheckFinding::Damaged(_)),
                "{report:?}"
            );
        }
        Err(error) => assert!(matches!(error, JournalError::Corrupt(_)), "{error}"),
    }
}

#[test]
fn compaction_deletes_old_conversations_and_keeps_live_ones() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    for n in 0..600 {
        resolved(&journal, &format!("old {n}"), 10);
    }
    let young = resolved(&journal, "young", 100);
    let waiting = accept_one(&journal, arrival(company, "waiting", "a"));
    let alive = conversation(company, "alive");
    let mut early = commit(&alive, 0, None);
    early.at = at(5);
    journal.commit(early).unwrap();
    let mut reader = journal.feed(company, 0, 1).unwrap();
    assert!(reader.continues_from(0));

    let before = journal.status().unwrap().bytes;
    let gone = journal.compact(at(50)).unwrap();
    assert_eq!(
        (gone.conversations, gone.entries, gone.inputs, gone.state),
        (600, 600, 600, 600)
    );
    assert_eq!(journal.compact(at(50)).unwrap(), Default::default());
    assert!(journal.conversation(company, young.id).unwrap().is_some());
    assert!(journal.conversation(company, alive.id).unwrap().is_some());
    reader = journal.feed(company, 0, 10).unwrap();
    assert!(
        !reader.continues_from(0),
        "a reader of deleted entries can tell"
    );
    assert_eq!(
        (reader.oldest, reader.newest, reader.entries.len()),
        (601, 602, 2)
    );
    assert_eq!(journal.check().unwrap().findings, []);
    drop(journal);

    let journal = store.open();
    let pending = journal.pending(Ordinal(0), 10).unwrap();
    assert_eq!(pending.len(), 1, "no decided input is pending again");
    assert_eq!(pending[0].input.ordinal, waiting);
    let next = journal
        .commit(commit(&conversation(company, "new"), 0, None))
        .unwrap();
    assert_eq!(next.first_feed, 603);
    assert!(
        journal.status().unwrap().bytes < before,
        "the space is returned"
    );
}

#[test]
fn numbers_are_not_assigned_again_after_everything_is_deleted() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    for thread in ["a", "b"] {
        resolved(&journal, thread, 10);
    }
    assert_eq!(journal.compact(at(50)).unwrap().conversations, 2);
    drop(journal);
    let journal = store.open();
    assert_eq!(accept_one(&journal, arrival(company, "c", "c")), Ordinal(3));
    let next = journal
        .commit(commit(&conversation(company, "c"), 0, Some(Ordinal(3))))
        .unwrap();
    assert_eq!(next.first_feed, 3);
}

#[test]
fn an_old_pending_input_does_not_bring_deleted_inputs_back() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let stuck = accept_one(&journal, arrival(company, "stuck", "a"));
    for thread in ["a", "b"] {
        resolved(&journal, thread, 10);
    }
    assert_eq!(journal.compact(at(50)).unwrap().inputs, 2);
    drop(journal);
    let journal = store.open();
    let pending = journal.pending(Ordinal(0), 10).unwrap();
    let waiting: Vec<_> = pending.iter().map(|p| p.input.ordinal).collect();
    assert_eq!(waiting, [stuck]);
    assert_eq!(journal.status().unwrap().pending, 1);
    let next = accept_one(&journal, arrival(company, "c", "c"));
    assert_eq!(next, Ordinal(4), "no ordinal is assigned twice");
}

#[test]
fn compaction_keeps_a_conversation_with_unsent_items() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let of = ["waits", "was given up", "is done", "has nothing"].map(|thread| {
        let of = resolved(&journal, thread, 10);
        let mut put = commit(&of, 1, None);
        put.at = at(10);
        put.outbox = vec![NewOutbox {
            key: thread.into(),
            target: "crm".into(),
            conversation: Some(of.id).filter(|_| thread != "has nothing"),
            payload: vec![],
            not_before: at(1),
            can_take_back: false,
        }];
        journal.commit(put).unwrap();
        of
    });
    journal
        .mark_outbox_dead(company, "was given up", "no")
        .unwrap();
    journal.mark_outbox_done(company, "is done").unwrap();
    let left = || {
        let there = |of: &Conversation| journal.conversation(company, of.id).unwrap().is_some();
        of.each_ref().map(there)
    };
    let gone = journal.compact(at(50)).unwrap();
    assert_eq!((gone.conversations, gone.entries, gone.inputs), (2, 4, 2));
    assert_eq!(left(), [true, true, false, false]);
    assert_eq!(journal.entries(company, of[0].id, 0, 9).unwrap().len(), 2);
    journal.mark_outbox_done(company, "waits").unwrap();
    journal.compact(at(50)).unwrap();
    assert_eq!(left(), [false, true, false, false]);
    assert_eq!(journal.check().unwrap().findings, []);
}

#[test]
fn compaction_deletes_expired_memory_and_done_outbox_items() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let mut write = commit(&conversation(company, "t"), 0, None);
    write.state = [Some(at(10)), Some(at(90)), None]
        .into_iter()
        .zip(["a", "b", "c"])
        .map(|(expires_at, key)| StateChange {
            plugin: "p".into(),
            version: 1,
            scope: Scope::Company,
            owner: Vec::new(),
            key: key.into(),
            change: Change::Set {
                value: vec![1],
                expires_at,
            },
        })
        .collect();
    write.outbox = ["done", "waiting"]
        .map(|key| NewOutbox {
            key: key.into(),
            target: "crm".into(),
            conversation: None,
            payload: vec![],
            not_before: at(1),
            can_take_back: false,
        })
        .to_vec();
    journal.commit(write).unwrap();
    journal.mark_outbox_done(company, "done").unwrap();
    let gone = journal.compact(at(50)).unwrap();
    assert_eq!((gone.state, gone.outbox), (1, 1));
    let owners: [(Scope, &[u8]); 1] = [(Scope::Company, b"")];
    let memory = journal.memory(company, "p", 1, &owners).unwrap();
    let keys: Vec<_> = memory.cells().map(|(_, key, _)| key.to_owned()).collect();
    assert_eq!(keys, ["b", "c"]);
}
