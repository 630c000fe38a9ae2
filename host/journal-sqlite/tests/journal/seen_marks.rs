//! How far people have read conversations.

use patchbay_journal::limits::SEEN_MARKS;
use patchbay_journal::*;
use patchbay_journal_sqlite::*;

use crate::store::{TestStore, accept_one, arrival, at, audit_entry, commit, conversation};

/// A conversation with a message as each of so many entries; its id and their ordinals.
fn talk(journal: &SqliteJournal, thread: &str, messages: u64) -> (ConversationId, Vec<u64>) {
    let company = journal.company("acme").unwrap();
    let mut of = conversation(company, thread);
    let contact = journal.find_or_create_contact(company, "x", thread, at(1));
    of.contact = Some(contact.unwrap().contact);
    let ordinals = (0..messages).map(|number| {
        let sent = arrival(company, &format!("{thread}{number}"), "hello");
        let input = accept_one(journal, sent);
        journal.commit(commit(&of, number, Some(input))).unwrap();
        input.0
    });
    let ordinals = ordinals.collect();
    (of.id, ordinals)
}

fn mark(sequence: u64, input: u64) -> Option<SeenMark> {
    Some(SeenMark { sequence, input })
}

#[test]
fn a_mark_goes_forward_only_is_each_persons_own_and_survives_a_restart() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let (one, inputs) = talk(&journal, "one", 3);
    let (two, _) = talk(&journal, "two", 1);
    let see = |person, sequence| {
        let marked = journal.mark_seen(company, one, person, sequence, at(5));
        marked.unwrap()
    };
    assert_eq!(see("ana", 2), mark(2, inputs[1]));
    assert_eq!(see("ana", 1), mark(2, inputs[1]));
    assert_eq!(see("ana", 3), mark(3, inputs[2]));
    assert_eq!(see("ben", 0), mark(0, 0));
    let unknown = ConversationId([7; 16]);
    let nothing = journal.mark_seen(company, unknown, "ana", 1, at(5));
    assert_eq!(nothing.unwrap(), None);
    let long = journal.mark_seen(company, one, &"a".repeat(257), 1, at(5));
    assert!(
        matches!(long, Err(JournalError::Invalid { .. })),
        "{long:?}"
    );
    drop(journal);
    let journal = store.open();
    let read = |company, person| {
        let marks = journal.seen_marks(company, person, &[two, one, unknown]);
        marks.unwrap()
    };
    assert_eq!(read(company, "ana"), [None, mark(3, inputs[2]), None]);
    assert_eq!(read(company, "ben"), [None, mark(0, 0), None]);
    assert_eq!(read(company, "eva"), [None; 3]);
    let other = journal.company("other").unwrap();
    assert_eq!(read(other, "ana"), [None; 3]);
}

#[test]
fn a_conversation_keeps_the_newest_marks_of_a_bounded_number_of_people() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let (id, _) = talk(&journal, "one", 1);
    let see = |number: u32, second| {
        let person = format!("agent{number}");
        journal
            .mark_seen(company, id, &person, 1, at(second))
            .unwrap()
    };
    for number in 0..=SEEN_MARKS {
        assert!(see(number, i64::from(number)).is_some());
    }
    let has = |number: u32| {
        let person = format!("agent{number}");
        journal.seen_marks(company, &person, &[id]).unwrap()[0].is_some()
    };
    assert!(!has(0), "the oldest went");
    assert!((1..=SEEN_MARKS).all(has));
}

#[test]
fn marks_go_with_the_contact_and_with_the_conversation() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let ids = ["one", "two"].map(|thread| talk(&journal, thread, 1).0);
    for id in ids {
        journal.mark_seen(company, id, "ana", 1, at(5)).unwrap();
    }
    let contact = journal.conversation(company, ids[0]).unwrap().unwrap();
    let contact = contact.contact.expect("a contact");
    let erased = journal.erase_person(company, contact, at(9), audit_entry("contact.erased"));
    erased.unwrap();
    let read = |journal: &SqliteJournal| {
        let marks = journal.seen_marks(company, "ana", &ids).unwrap();
        marks.iter().map(Option::is_some).collect::<Vec<_>>()
    };
    assert_eq!(read(&journal), [false, true]);
    let mut resolved = conversation(company, "two");
    resolved.state = patchbay_model::conversation_state::ConversationState::Resolved;
    journal.commit(commit(&resolved, 1, None)).unwrap();
    journal.compact(at(1_000_000)).unwrap();
    assert!(journal.conversation(company, ids[1]).unwrap().is_none());
    drop(journal);
    let left: u32 = store
        .raw()
        .query_row("SELECT count(*) FROM seen_mark", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
}
