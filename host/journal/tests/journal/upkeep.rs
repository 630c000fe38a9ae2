use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use patchbay_journal::{
    Conversation, Finding, Journal, JournalError, Ordinal, SqliteJournal, StateChange,
};
use patchbay_model::conversation::ConversationState;
use patchbay_model::state::{Change, Scope};

use crate::place::{Place, arrival, at, commit, conversation, take};

/// A conversation with one interaction, resolved at a time.
fn resolved(journal: &SqliteJournal, thread: &str, second: i64) -> Conversation {
    let company = journal.company("acme").unwrap();
    let mut of = conversation(company, thread);
    of.state = ConversationState::Resolved;
    let input = take(journal, arrival(company, thread, thread));
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
    let place = Place::new();
    let journal = place.open();
    let company = journal.company("acme").unwrap();
    let (stop, other) = (AtomicBool::new(false), Place::new());
    let options = other.options();
    let backup = thread::scope(|scope| {
        scope.spawn(|| {
            for id in 0.. {
                take(&journal, arrival(company, &id.to_string(), "a"));
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
        "never over a file"
    );
    fs::create_dir(options.key_file.parent().unwrap()).unwrap();
    fs::copy(place.options().key_file, &options.key_file).unwrap();
    let restored = other.open();
    let rows = restored.pending(Ordinal(0), 100_000).unwrap();
    assert_eq!(rows.len() as u64, backup.newest.0);
    assert!(restored.check().unwrap().sound());
    let files: Vec<_> = fs::read_dir(other.directory.path()).unwrap().collect();
    assert!(
        files
            .iter()
            .flatten()
            .all(|file| !file.path().ends_with(".part"))
    );
}

#[test]
fn a_check_finds_what_does_not_fit_together() {
    let place = Place::new();
    let journal = place.open();
    let company = journal.company("acme").unwrap();
    let anna = journal
        .address(company, "x", "@anna", at(1))
        .unwrap()
        .contact;
    for thread in ["a", "b", "c"] {
        resolved(&journal, thread, 1);
    }
    assert!(journal.check().unwrap().sound());
    drop(journal);
    let raw = place.raw();
    raw.pragma_update(None, "foreign_keys", "OFF").unwrap();
    raw.execute_batch("DELETE FROM entry WHERE feed = 2; DELETE FROM inbound WHERE ordinal = 3")
        .unwrap();
    raw.execute(
        "UPDATE address SET sealed = x'0104' WHERE contact = ?1",
        [anna.0],
    )
    .unwrap();
    drop(raw);
    let report = place.open().check().unwrap();
    assert!(!report.sound());
    assert_eq!(report.unopenable, 1);
    let has = |wanted: fn(&Finding) -> bool| report.findings.iter().any(wanted);
    assert!(
        has(|f| matches!(
            f,
            Finding::Sequence {
                says: 1,
                entries: 0,
                ..
            }
        )),
        "{report:?}"
    );
    assert!(
        has(|f| matches!(f, Finding::FeedGap { missing: 1, .. })),
        "{report:?}"
    );
    assert!(has(
        |f| matches!(f, Finding::Orphan { table, rows: 1 } if table == "entry")
    ));
}

#[test]
fn a_damaged_page_is_a_finding_and_not_a_crash() {
    let place = Place::new();
    let journal = place.open();
    let company = journal.company("acme").unwrap();
    for id in 0..200 {
        take(
            &journal,
            arrival(company, &id.to_string(), &"a".repeat(500)),
        );
    }
    drop(journal);
    let path = place.options().path;
    let mut bytes = fs::read(&path).unwrap();
    let text = bytes
        .windows(100)
        .rposition(|window| window == [b'a'; 100])
        .unwrap();
    let page = text / 4096 * 4096;
    bytes[page..page + 64].fill(0xff);
    fs::write(&path, bytes).unwrap();
    // The damage may already be in the way of opening; then that is said.
    match SqliteJournal::open(&place.options()) {
        Ok(journal) => {
            let report = journal.check().unwrap();
            assert!(
                matches!(report.findings[0], Finding::Damaged(_)),
                "{report:?}"
            );
        }
        Err(error) => assert!(matches!(error, JournalError::Corrupt(_)), "{error}"),
    }
}

#[test]
fn what_is_old_goes_and_what_lives_stays() {
    let place = Place::new();
    let journal = place.open();
    let company = journal.company("acme").unwrap();
    for n in 0..600 {
        resolved(&journal, &format!("old {n}"), 10);
    }
    let young = resolved(&journal, "young", 100);
    let waiting = take(&journal, arrival(company, "waiting", "a"));
    let alive = conversation(company, "alive");
    let mut early = commit(&alive, 0, None);
    early.at = at(5);
    journal.commit(early).unwrap();
    let mut reader = journal.feed(company, 0, 1).unwrap();
    assert!(reader.follows(0));

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
    assert!(!reader.follows(0), "whoever asks for what is gone is told");
    assert_eq!(
        (reader.oldest, reader.newest, reader.entries.len()),
        (601, 602, 2)
    );
    assert_eq!(journal.check().unwrap().findings, []);
    drop(journal);

    let journal = place.open();
    let pending = journal.pending(Ordinal(0), 10).unwrap();
    assert_eq!(pending.len(), 1, "nothing done comes back");
    assert_eq!(pending[0].message.ordinal, waiting);
    let next = journal
        .commit(commit(&conversation(company, "new"), 0, None))
        .unwrap();
    assert_eq!(next.first_feed, 603);
    assert!(
        journal.status().unwrap().bytes < before,
        "the space is given back"
    );
}

#[test]
fn numbers_are_not_given_again_after_everything_is_gone() {
    let place = Place::new();
    let journal = place.open();
    let company = journal.company("acme").unwrap();
    for thread in ["a", "b"] {
        resolved(&journal, thread, 10);
    }
    assert_eq!(journal.compact(at(50)).unwrap().conversations, 2);
    drop(journal);
    let journal = place.open();
    assert_eq!(take(&journal, arrival(company, "c", "c")), Ordinal(3));
    let next = journal
        .commit(commit(&conversation(company, "c"), 0, Some(Ordinal(3))))
        .unwrap();
    assert_eq!(next.first_feed, 3);
}

#[test]
fn an_old_input_that_still_waits_brings_nothing_back_that_was_let_go() {
    let place = Place::new();
    let journal = place.open();
    let company = journal.company("acme").unwrap();
    let stuck = take(&journal, arrival(company, "stuck", "a"));
    for thread in ["a", "b"] {
        resolved(&journal, thread, 10);
    }
    assert_eq!(journal.compact(at(50)).unwrap().inputs, 2);
    drop(journal);
    let journal = place.open();
    let pending = journal.pending(Ordinal(0), 10).unwrap();
    let waiting: Vec<_> = pending.iter().map(|p| p.message.ordinal).collect();
    assert_eq!(waiting, [stuck]);
    assert_eq!(journal.status().unwrap().pending, 1);
    let next = take(&journal, arrival(company, "c", "c"));
    assert_eq!(next, Ordinal(4), "no ordinal is given twice");
}

#[test]
fn a_conversation_stays_while_something_of_it_is_still_to_be_sent() {
    let place = Place::new();
    let journal = place.open();
    let company = journal.company("acme").unwrap();
    let of = ["waits", "was given up", "is done", "has nothing"].map(|thread| {
        let of = resolved(&journal, thread, 10);
        let mut put = commit(&of, 1, None);
        put.at = at(10);
        put.outbox = vec![patchbay_journal::NewOutbox {
            key: thread.into(),
            target: "crm".into(),
            conversation: Some(of.id).filter(|_| thread != "has nothing"),
            payload: vec![],
            not_before: at(1),
        }];
        journal.commit(put).unwrap();
        of
    });
    journal.outbox_dead(company, "was given up", "no").unwrap();
    journal.outbox_done(company, "is done").unwrap();
    let left = || {
        let there = |of: &Conversation| journal.conversation(company, of.id).unwrap().is_some();
        of.each_ref().map(there)
    };
    let gone = journal.compact(at(50)).unwrap();
    assert_eq!((gone.conversations, gone.entries, gone.inputs), (2, 4, 2));
    assert_eq!(left(), [true, true, false, false]);
    assert_eq!(journal.entries(company, of[0].id, 0, 9).unwrap().len(), 2);
    journal.outbox_done(company, "waits").unwrap();
    journal.compact(at(50)).unwrap();
    assert_eq!(left(), [false, true, false, false]);
    assert_eq!(journal.check().unwrap().findings, []);
}

#[test]
fn expired_memories_and_finished_items_of_the_outbox_go() {
    let place = Place::new();
    let journal = place.open();
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
        .map(|key| patchbay_journal::NewOutbox {
            key: key.into(),
            target: "crm".into(),
            conversation: None,
            payload: vec![],
            not_before: at(1),
        })
        .to_vec();
    journal.commit(write).unwrap();
    journal.outbox_done(company, "done").unwrap();
    let gone = journal.compact(at(50)).unwrap();
    assert_eq!((gone.state, gone.outbox), (1, 1));
    let owners: [(Scope, &[u8]); 1] = [(Scope::Company, b"")];
    let memory = journal.memory(company, "p", 1, &owners).unwrap();
    let keys: Vec<_> = memory.cells().map(|(_, key, _)| key.to_owned()).collect();
    assert_eq!(keys, ["b", "c"]);
}
