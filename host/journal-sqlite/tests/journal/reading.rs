use patchbay_journal::*;
use patchbay_journal_sqlite::*;
use patchbay_model::conversation_state::ConversationState;

use crate::store::{TestStore, at, audit_entry, commit, conversation};

fn ids(found: &[Conversation]) -> Vec<ConversationId> {
    found.iter().map(|conversation| conversation.id).collect()
}

#[test]
fn the_current_conversation_of_a_thread_is_the_one_opened_last() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let mut of = conversation(company, "t");
    assert_eq!(journal.current_conversation(company, b"t").unwrap(), None);
    for (before, opened) in [(0, 10), (1, 30), (2, 20)] {
        assert_eq!(journal.count_conversations(company, b"t").unwrap(), before);
        of.id = ConversationId::derive(company, b"t", before);
        of.opened_at = at(opened);
        of.state = ConversationState::Resolved;
        journal.commit(commit(&of, 0, None)).unwrap();
    }
    let current = journal
        .current_conversation(company, b"t")
        .unwrap()
        .unwrap();
    assert_eq!(current.opened_at, at(30));
    assert_eq!(journal.current_conversation(company, b"u").unwrap(), None);
}

#[test]
fn running_clocks_and_unresolved_conversations_are_listed_page_by_page() {
    let store = TestStore::new();
    let journal = store.open();
    let (mut due, mut unresolved) = (vec![], vec![]);
    for (company, thread) in [("a", "1"), ("a", "2"), ("a", "3"), ("b", "1"), ("b", "2")] {
        let company = journal.company(company).unwrap();
        let mut of = conversation(company, thread);
        journal.commit(commit(&of, 0, None)).unwrap();
        match thread {
            "1" => of.due_at = Some(at(9)),
            "2" => of.state = ConversationState::Resolved,
            _ => (of.state, of.due_at) = (ConversationState::Resolved, Some(at(9))),
        }
        journal.commit(commit(&of, 1, None)).unwrap();
        let key = (company, of.id);
        due.extend(of.due_at.map(|_| key));
        unresolved.extend((of.state != ConversationState::Resolved).then_some(key));
    }
    type Listing = fn(&SqliteJournal, Option<(CompanyId, ConversationId)>) -> Vec<Conversation>;
    let walk = |list: Listing| {
        let mut found = vec![];
        let mut after = None;
        while let Some(next) = list(&journal, after).pop() {
            after = Some((next.company, next.id));
            found.extend(after);
        }
        found
    };
    due.sort_unstable();
    unresolved.sort_unstable();
    assert_eq!(
        walk(|journal, after| journal.conversations_with_clock(after, 1).unwrap()),
        due
    );
    assert_eq!(
        walk(|journal, after| journal.unresolved_conversations(after, 1).unwrap()),
        unresolved
    );
    assert_eq!(journal.status().unwrap().unresolved, 2);
}

#[test]
fn each_company_has_its_own_feed_with_its_oldest_and_newest_number() {
    let store = TestStore::new();
    let journal = store.open();
    let [a, b] = ["a", "b"].map(|name| journal.company(name).unwrap());
    for (company, thread) in [(a, "1"), (b, "1"), (a, "2"), (a, "3")] {
        journal
            .commit(commit(&conversation(company, thread), 0, None))
            .unwrap();
    }
    let feed = journal.feed(a, 1, 1).unwrap();
    assert_eq!((feed.oldest, feed.newest, feed.entries[0].feed), (1, 3, 2));
    assert!(feed.continues_from(0));
    let end = journal.feed(a, u64::MAX, 9).unwrap();
    assert_eq!((end.entries.len(), end.newest), (0, 3));
    assert_eq!(journal.feed(b, 0, 9).unwrap().entries.len(), 1);
}

#[test]
fn the_newest_conversations_of_a_contact_are_listed_oldest_first() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let found = journal
        .find_or_create_contact(company, "x", "@anna", at(1))
        .unwrap();
    let mut all = vec![];
    for opened in 1..=4 {
        let mut of = conversation(company, &opened.to_string());
        of.contact = Some(found.contact);
        of.opened_at = at(opened);
        journal.commit(commit(&of, 0, None)).unwrap();
        all.push(of.id);
    }
    let with = |limit| {
        ids(&journal
            .conversations_of_contact(company, found.contact, limit)
            .unwrap())
    };
    assert_eq!(with(9), all);
    assert_eq!(with(2), all[2..]);
    let stranger = ContactId([1; 16]);
    assert_eq!(
        journal
            .conversations_of_contact(company, stranger, 9)
            .unwrap(),
        []
    );
}

#[test]
fn unresolved_conversations_of_a_person_are_read_in_pages_also_after_the_erasure() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let found = journal
        .find_or_create_contact(company, "x", "@anna", at(1))
        .unwrap();
    let mut unresolved = vec![];
    for opened in 1..=7 {
        let mut of = conversation(company, &opened.to_string());
        of.contact = Some(found.contact);
        of.opened_at = at(opened);
        if opened % 3 == 0 {
            of.state = ConversationState::Resolved;
        } else {
            unresolved.push(of.id);
        }
        journal.commit(commit(&of, 0, None)).unwrap();
    }
    let all = || {
        let (mut read, mut after) = (vec![], None);
        loop {
            let page = journal.unresolved_of_contact(company, found.contact, after, 2);
            let page = page.unwrap();
            let Some(last) = page.last() else {
                return read;
            };
            after = Some(*last);
            read.extend(page);
        }
    };
    assert_eq!(all(), unresolved);
    journal
        .erase_person(company, found.contact, at(9), audit_entry("erase"))
        .unwrap();
    assert_eq!(all(), unresolved);
}

#[test]
fn entries_of_a_thread_are_read_by_kind_in_both_directions() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let mut written = Vec::new();
    // Two conversations of the thread take turns, beside another thread.
    let mut of = ["t", "t", "u"].map(|thread| conversation(company, thread));
    of[1].id = ConversationId::derive(company, b"t", 1);
    for round in 0..4_u16 {
        for (place, of) in of.iter().enumerate() {
            let mut commit = commit(of, round.into(), None);
            commit.entries[0].kind = round % 2;
            commit.entries[0].sealed = b"sealed".to_vec();
            journal.commit(commit).unwrap();
            written.push((place, round % 2));
        }
    }
    let feeds = |kinds: &[u16], page, limit| -> Vec<u64> {
        let entries = journal
            .thread_entries(company, b"t", kinds, page, limit)
            .unwrap();
        assert!(entries.iter().all(|entry| entry.sealed.is_empty()));
        assert!(entries.iter().all(|entry| kinds.contains(&entry.kind)));
        entries.iter().map(|entry| entry.feed).collect()
    };
    let all: Vec<u64> = (1..)
        .zip(&written)
        .filter(|(_, (place, kind))| *place < 2 && *kind == 1)
        .map(|(feed, _)| feed)
        .collect();
    assert_eq!(all.len(), 4);
    assert_eq!(feeds(&[1], EntryPage::After(0), 100), all);
    assert_eq!(feeds(&[1], EntryPage::After(all[0]), 2), all[1..3]);
    assert_eq!(feeds(&[1], EntryPage::Before(u64::MAX), 3), all[1..]);
    assert_eq!(feeds(&[1], EntryPage::Before(all[3]), 2), all[1..3]);
    assert_eq!(feeds(&[0, 1], EntryPage::After(0), 100).len(), 8);
    assert_eq!(feeds(&[9], EntryPage::After(0), 100), [0; 0]);
    let other = journal.company("other").unwrap();
    let page = EntryPage::After(0);
    assert_eq!(
        journal.thread_entries(other, b"t", &[1], page, 9).unwrap(),
        []
    );
}

#[test]
fn entries_of_some_kinds_are_read_from_the_newest_back_and_found_by_their_id() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let of = conversation(company, "t");
    let other = conversation(company, "u");
    let entry = |kind, field: &str, id: &str| NewEntry {
        kind,
        head: format!(r#"{{"{field}":"{id}","by":{{"id":"n9"}}}}"#),
        ..crate::store::entry(None)
    };
    let mut first = commit(&of, 0, None);
    first.entries = vec![
        entry(112, "note", "n1"),
        entry(7, "note", "n2"),
        entry(112, "note", "n3"),
        entry(112, "note", "n4"),
        entry(96, "reply", "n6"),
    ];
    journal.commit(first).unwrap();
    let mut second = commit(&other, 0, None);
    second.entries = vec![entry(112, "note", "n5")];
    journal.commit(second).unwrap();
    let sequences = |before, limit| -> Vec<u64> {
        let found = journal.newest_entries(company, of.id, 112, before, limit);
        found.unwrap().iter().map(|entry| entry.sequence).collect()
    };
    assert_eq!(sequences(None, 9), [1, 3, 4]);
    assert_eq!(sequences(None, 2), [3, 4]);
    assert_eq!(sequences(Some(3), 2), [1]);
    assert_eq!(sequences(Some(1), 2), [0; 0]);
    let newest = |id, kinds: &[u16], about| {
        let found = journal.newest_entry_about(company, id, kinds, about);
        found.unwrap().map(|entry| entry.sequence)
    };
    let note = |id, name| newest(id, &[7, 112], WrittenId::Note(name));
    assert_eq!(note(of.id, "n3"), Some(3));
    // Of another kind, of another conversation, in another field, of a reply.
    for name in ["n2", "n5", "n9", "n6", "n", "$"] {
        assert_eq!(note(of.id, name), None, "{name}");
    }
    assert_eq!(note(other.id, "n5"), Some(1));
    // The newest of several, of the wanted kinds.
    let mut third = commit(&other, 1, None);
    third.entries = vec![entry(95, "reply", "n5"), entry(103, "reply", "n5")];
    journal.commit(third).unwrap();
    let reply = |kinds: &[u16]| newest(other.id, kinds, WrittenId::Reply("n5"));
    assert_eq!(
        (reply(&[95, 96]), reply(&[95, 103]), reply(&[96, 112])),
        (Some(2), Some(3), None)
    );
}

#[test]
fn resolved_conversations_are_listed_by_the_time_of_that_newest_first() {
    let store = TestStore::new();
    let journal = store.open();
    let [company, other] = ["acme", "other"].map(|name| journal.company(name).unwrap());
    let person = |address: &str| {
        let found = journal.find_or_create_contact(company, "x", address, at(1));
        found.unwrap().contact
    };
    let (jo, ann) = (person("@jo"), person("@ann"));
    let write = |company, thread: &str, contact, expected, state, second| {
        let mut of = conversation(company, thread);
        (of.state, of.contact) = (state, contact);
        let mut commit = commit(&of, expected, None);
        commit.at = at(second);
        journal.commit(commit).unwrap();
        of.id
    };
    let resolve = |thread: &str, contact, expected, second| {
        let state = ConversationState::Resolved;
        write(company, thread, contact, expected, state, second)
    };
    let first = resolve("1", Some(jo), 0, 10);
    let second = resolve("2", Some(ann), 0, 30);
    let third = resolve("3", Some(jo), 0, 20);
    let same_moment = resolve("4", None, 0, 30);
    write(company, "5", Some(jo), 0, ConversationState::Queued, 40);
    let elsewhere = ConversationState::Resolved;
    write(other, "6", None, 0, elsewhere, 50);

    let walk = |contact, limit| {
        let (mut found, mut before) = (vec![], None);
        loop {
            let page = journal
                .resolved_conversations(company, contact, before, limit)
                .unwrap();
            let Some((mark, _)) = page.last() else {
                return found;
            };
            before = Some(*mark);
            found.extend(page.into_iter().map(|(_, row)| row.id));
        }
    };
    for limit in [1, 2, 9] {
        assert_eq!(walk(None, limit), [same_moment, second, third, first]);
        assert_eq!(walk(Some(jo), limit), [third, first]);
    }
    let count = |contact| journal.count_resolved(company, contact).unwrap();
    assert_eq!((count(None), count(Some(jo)), count(Some(ann))), (4, 2, 1));
    // An entry after the resolution does not move it; a reopening and another one does.
    resolve("1", Some(jo), 1, 60);
    assert_eq!(walk(Some(jo), 9), [third, first]);
    write(company, "1", Some(jo), 2, ConversationState::Active, 70);
    assert_eq!((walk(Some(jo), 9), count(None)), (vec![third], 3));
    resolve("1", Some(jo), 3, 80);
    assert_eq!(walk(None, 9), [first, same_moment, second, third]);
    // Of a person, all contacts.
    journal
        .merge_contacts(company, ann, jo, "eva", at(90), audit_entry("test"))
        .unwrap();
    assert_eq!(walk(Some(ann), 9), [first, second, third]);
    assert!(journal.check().unwrap().is_sound());
}

#[test]
fn entries_are_read_backwards_and_say_whom_they_concern() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let of = conversation(company, "t");
    let scope = EntryScope {
        agents: vec!["ana".into(), "ben".into()],
        queues: vec!["general".into()],
    };
    for expected in 0..6 {
        let mut commit = commit(&of, expected, None);
        if expected == 2 {
            commit.scope = scope.clone();
        }
        journal.commit(commit).unwrap();
    }
    let sequences = |before, limit| -> Vec<u64> {
        let read = journal.entries_before(company, of.id, before, limit);
        read.unwrap().iter().map(|entry| entry.sequence).collect()
    };
    assert_eq!(sequences(u64::MAX, 2), [5, 6]);
    assert_eq!(sequences(5, 2), [3, 4]);
    assert_eq!(sequences(3, 9), [1, 2]);
    assert!(sequences(1, 9).is_empty());
    let note = Note {
        kind: 80,
        at: at(1),
        head: "{}".into(),
    };
    journal.append_notes(company, vec![note]).unwrap();
    let scopes: Vec<_> = journal
        .feed(company, 0, 99)
        .unwrap()
        .entries
        .into_iter()
        .map(|entry| entry.scope)
        .collect();
    let nobody = || Some(EntryScope::default());
    assert_eq!(
        scopes,
        [
            nobody(),
            nobody(),
            Some(scope),
            nobody(),
            nobody(),
            nobody(),
            None
        ]
    );
}
