use std::fs;

use patchbay_journal::*;
use patchbay_journal_sqlite::*;
use patchbay_model::state::{Change, Scope};

use crate::store::{TestStore, accept_one, arrival, at, audit_entry, commit, conversation};

const SECRET: &str = "my mother's maiden name is Featherstonehaugh";

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// The wrapped key of a contact, read from the database file.
fn wrapped(store: &TestStore, contact: ContactId) -> Vec<u8> {
    let path = store.options().path;
    let reader =
        rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
            .unwrap();
    let query = "SELECT wrapped FROM contact_key WHERE contact = ?1";
    reader
        .query_row(query, [contact.0], |row| row.get(0))
        .unwrap()
}

/// An id that does not show the address.
fn id(address: &str) -> String {
    blake3::hash(address.as_bytes()).to_string()
}

fn write(journal: &SqliteJournal, address: &str, text: &str) -> ContactId {
    let company = journal.company("acme").unwrap();
    let contact = journal
        .find_or_create_contact(company, "x", address, at(1))
        .unwrap()
        .contact;
    let seal = |purpose| {
        journal
            .seal(company, contact, purpose, text.as_bytes())
            .unwrap()
    };
    let mut sent = arrival(company, &id(address), text);
    sent.body = seal(Purpose::Message);
    sent.contact = Some(contact);
    let input = accept_one(journal, sent);
    let mut of = conversation(company, &id(address));
    of.contact = Some(contact);
    let mut commit = commit(&of, 0, Some(input));
    commit.entries[0].sealed = seal(Purpose::Entry);
    commit.entries[0].contact = Some(contact);
    journal.commit(commit).unwrap();
    contact
}

#[test]
fn no_personal_data_is_on_disk_in_the_clear() {
    let store = TestStore::new();
    let journal = store.open();
    write(&journal, "@anna-featherstonehaugh", SECRET);
    drop(journal);
    let bytes = fs::read(store.options().path).unwrap();
    assert!(!holds(&bytes, SECRET.as_bytes()));
    assert!(!holds(&bytes, b"featherstonehaugh"));
}

#[test]
fn after_an_erasure_no_file_holds_the_key() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    // Enough contacts that their keys fill several pages.
    let people: Vec<_> = (0..200)
        .map(|n| write(&journal, &format!("@{n}"), &format!("{SECRET} {n}")))
        .collect();
    let gone = people[77];
    let key = wrapped(&store, gone);
    let text = journal
        .newest_input(company, "x", "", &id("@77"))
        .unwrap()
        .unwrap();
    let plain = journal
        .open(company, gone, Purpose::Message, &text.body)
        .unwrap();
    assert_eq!(plain, format!("{SECRET} 77").into_bytes());
    let [database, log] = ["journal.db", "journal.db-wal"].map(|n| store.directory.path().join(n));
    let found = |path: &_| holds(&fs::read(path).unwrap_or_default(), &key);
    assert!(found(&database) || found(&log), "the search works");

    let erased = journal
        .erase_person(company, gone, at(9), audit_entry("test"))
        .unwrap();
    assert_eq!(erased.contacts, [gone]);
    assert!(erased.scrubbed);
    let backup = store.directory.path().join("backup.db");
    journal.backup(&backup).unwrap();
    for path in [&database, &log, &backup] {
        assert!(!found(path), "{} holds the key", path.display());
        assert!(!holds(&fs::read(path).unwrap(), SECRET.as_bytes()));
    }
    let opened = journal.open(company, gone, Purpose::Message, &text.body);
    assert!(matches!(opened, Err(SealError::Erased(id)) if id == gone));
    let sealed = journal.seal(company, gone, Purpose::Message, b"more");
    assert!(matches!(sealed, Err(SealError::Erased(_))));
    assert_eq!(journal.addresses(company, gone).unwrap(), []);
    let report = journal.check().unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.erased, report.seals), (2, 199 * 3));

    drop(journal);
    let journal = store.open();
    let opened = journal.open(company, gone, Purpose::Message, &text.body);
    assert!(matches!(opened, Err(SealError::Erased(_))));
    let neighbour = journal
        .newest_input(company, "x", "", &id("@78"))
        .unwrap()
        .unwrap();
    assert!(
        journal
            .open(company, people[78], Purpose::Message, &neighbour.body)
            .is_ok()
    );
}

#[test]
fn all_contacts_of_a_person_are_erased_and_a_later_message_creates_a_new_one() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let [anna, ben] = ["@anna", "@ben"].map(|address| write(&journal, address, "hello"));
    journal
        .merge_contacts(company, ben, anna, "supervisor", at(2), audit_entry("test"))
        .unwrap();
    let mut both = vec![anna, ben];
    both.sort_unstable();
    assert_eq!(
        journal
            .erase_person(company, ben, at(3), audit_entry("test"))
            .unwrap()
            .contacts,
        both
    );
    assert_eq!(
        journal
            .erase_person(company, ben, at(3), audit_entry("test"))
            .unwrap()
            .contacts,
        []
    );
    let again = journal
        .find_or_create_contact(company, "x", "@ben", at(4))
        .unwrap()
        .contact;
    assert_ne!(again, ben);
    assert_eq!(
        journal
            .journey(company, again, EntryPage::After(0), 9)
            .unwrap(),
        []
    );
    let added = journal.add_address(company, ben, "sms", "+41").unwrap_err();
    assert!(matches!(added, JournalError::Erased(id) if id == ben));
    let merged = journal
        .merge_contacts(
            company,
            ben,
            again,
            "supervisor",
            at(5),
            audit_entry("test"),
        )
        .unwrap_err();
    assert!(matches!(merged, JournalError::Erased(id) if id == ben));
}

#[test]
fn an_erasure_deletes_the_policy_memory_of_the_person() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let anna = journal
        .find_or_create_contact(company, "x", "@anna", at(1))
        .unwrap()
        .contact;
    let mut of = conversation(company, "t");
    of.contact = Some(anna);
    let mut write = commit(&of, 0, None);
    let owners: [(Scope, &[u8]); 3] = [
        (Scope::Contact, &anna.0),
        (Scope::Conversation, &of.id.0),
        (Scope::Company, b""),
    ];
    write.state = owners
        .map(|(scope, owner)| StateChange {
            plugin: "p".into(),
            version: 1,
            scope,
            owner: owner.to_vec(),
            key: "note".into(),
            change: Change::Set {
                value: SECRET.into(),
                expires_at: None,
            },
        })
        .to_vec();
    journal.commit(write).unwrap();
    journal
        .erase_person(company, anna, at(2), audit_entry("test"))
        .unwrap();
    let memory = journal.memory(company, "p", 1, &owners).unwrap();
    let left: Vec<_> = memory.cells().map(|(scope, ..)| scope).collect();
    assert_eq!(left, [Scope::Company]);
}

#[test]
fn an_erasure_of_an_unknown_contact_is_refused() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let unknown = ContactId([3; 16]);
    let refused = journal
        .erase_person(company, unknown, at(1), audit_entry("test"))
        .unwrap_err();
    assert!(matches!(refused, JournalError::NoContact(id) if id == unknown));
    let sealed = journal.seal(company, unknown, Purpose::Entry, b"");
    assert!(matches!(sealed, Err(SealError::NoContact(_))));
}
