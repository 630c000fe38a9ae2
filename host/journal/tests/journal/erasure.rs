use std::fs;

use patchbay_journal::{
    ContactId, Journal, JournalError, Purpose, SealError, SqliteJournal, StateChange,
};
use patchbay_model::state::{Change, Scope};

use crate::place::{Place, act, arrival, at, commit, conversation, take};

const SECRET: &str = "my mother's maiden name is Featherstonehaugh";

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// The wrapped key of a contact, read past the journal.
fn wrapped(place: &Place, contact: ContactId) -> Vec<u8> {
    let path = place.options().path;
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
        .address(company, "x", address, at(1))
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
    let input = take(journal, sent);
    let mut of = conversation(company, &id(address));
    of.contact = Some(contact);
    let mut commit = commit(&of, 0, Some(input));
    commit.entries[0].sealed = seal(Purpose::Entry);
    commit.entries[0].contact = Some(contact);
    journal.commit(commit).unwrap();
    contact
}

#[test]
fn nothing_personal_is_on_disk_in_the_clear() {
    let place = Place::new();
    let journal = place.open();
    write(&journal, "@anna-featherstonehaugh", SECRET);
    drop(journal);
    let bytes = fs::read(place.options().path).unwrap();
    assert!(!holds(&bytes, SECRET.as_bytes()));
    assert!(!holds(&bytes, b"featherstonehaugh"));
}

#[test]
fn after_an_erasure_nothing_of_the_key_is_left_in_any_file() {
    let place = Place::new();
    let journal = place.open();
    let company = journal.company("acme").unwrap();
    // Enough others that keys fill several pages.
    let people: Vec<_> = (0..200)
        .map(|n| write(&journal, &format!("@{n}"), &format!("{SECRET} {n}")))
        .collect();
    let gone = people[77];
    let key = wrapped(&place, gone);
    let text = journal
        .message(company, "x", "", &id("@77"))
        .unwrap()
        .unwrap();
    let plain = journal
        .open(company, gone, Purpose::Message, &text.body)
        .unwrap();
    assert_eq!(plain, format!("{SECRET} 77").into_bytes());
    let [database, log] = ["journal.db", "journal.db-wal"].map(|n| place.directory.path().join(n));
    let found = |path: &_| holds(&fs::read(path).unwrap_or_default(), &key);
    assert!(
        found(&database) || found(&log),
        "the search finds what is there"
    );

    let erased = journal.erase(company, gone, at(9), act("test")).unwrap();
    assert_eq!(erased.contacts, [gone]);
    assert!(erased.scrubbed);
    let backup = place.directory.path().join("backup.db");
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
    assert!(report.sound(), "{report:?}");
    assert_eq!((report.erased, report.seals), (2, 199 * 3));

    drop(journal);
    let journal = place.open();
    let opened = journal.open(company, gone, Purpose::Message, &text.body);
    assert!(matches!(opened, Err(SealError::Erased(_))));
    let neighbour = journal
        .message(company, "x", "", &id("@78"))
        .unwrap()
        .unwrap();
    assert!(
        journal
            .open(company, people[78], Purpose::Message, &neighbour.body)
            .is_ok()
    );
}

#[test]
fn a_person_is_erased_whole_and_is_somebody_new_when_they_write_again() {
    let place = Place::new();
    let journal = place.open();
    let company = journal.company("acme").unwrap();
    let [anna, ben] = ["@anna", "@ben"].map(|address| write(&journal, address, "hello"));
    journal
        .merge(company, ben, anna, "supervisor", at(2), act("test"))
        .unwrap();
    let mut both = vec![anna, ben];
    both.sort_unstable();
    assert_eq!(
        journal
            .erase(company, ben, at(3), act("test"))
            .unwrap()
            .contacts,
        both
    );
    assert_eq!(
        journal
            .erase(company, ben, at(3), act("test"))
            .unwrap()
            .contacts,
        []
    );
    let again = journal
        .address(company, "x", "@ben", at(4))
        .unwrap()
        .contact;
    assert_ne!(again, ben);
    assert_eq!(journal.journey(company, again, 0, 9).unwrap(), []);
    let added = journal
        .add_address(company, ben, "sms", "+41", at(4))
        .unwrap_err();
    assert!(matches!(added, JournalError::Erased(id) if id == ben));
    let merged = journal
        .merge(company, ben, again, "supervisor", at(5), act("test"))
        .unwrap_err();
    assert!(matches!(merged, JournalError::Erased(id) if id == ben));
}

#[test]
fn what_policies_remember_of_an_erased_person_goes_too() {
    let place = Place::new();
    let journal = place.open();
    let company = journal.company("acme").unwrap();
    let anna = journal
        .address(company, "x", "@anna", at(1))
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
    journal.erase(company, anna, at(2), act("test")).unwrap();
    let memory = journal.memory(company, "p", 1, &owners).unwrap();
    let left: Vec<_> = memory.cells().map(|(scope, ..)| scope).collect();
    assert_eq!(left, [Scope::Company]);
}

#[test]
fn an_erasure_of_nobody_says_so() {
    let place = Place::new();
    let journal = place.open();
    let company = journal.company("acme").unwrap();
    let nobody = ContactId([3; 16]);
    let refused = journal
        .erase(company, nobody, at(1), act("test"))
        .unwrap_err();
    assert!(matches!(refused, JournalError::NoContact(id) if id == nobody));
    let sealed = journal.seal(company, nobody, Purpose::Entry, b"");
    assert!(matches!(sealed, Err(SealError::NoContact(_))));
}
