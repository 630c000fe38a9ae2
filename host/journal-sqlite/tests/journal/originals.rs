use patchbay_journal::*;
use patchbay_journal_sqlite::*;
use patchbay_model::conversation_state::ConversationState;

use crate::store::{TestStore, accept_one, arrival, at, audit_entry, commit, conversation};

const DAY: i64 = 24 * 60 * 60;
/// Room for everything.
const ALL: u64 = 1 << 40;
/// Bytes that sealing adds.
const SEAL: u64 = 42;

fn contact(journal: &SqliteJournal, company: CompanyId, address: &str) -> ContactId {
    let found = journal.find_or_create_contact(company, "email", address, at(1));
    found.unwrap().contact
}

fn mail(journal: &SqliteJournal, company: CompanyId, message: &str, body: &[u8]) -> NewOriginal {
    let contact = contact(journal, company, "jo@example.org");
    let sealed = journal.seal(company, contact, Purpose::Original, body);
    NewOriginal {
        company,
        channel: "x".into(),
        account: String::new(),
        message: message.into(),
        contact,
        received_at: at(100),
        sealed: sealed.unwrap(),
    }
}

fn read(journal: &SqliteJournal, company: CompanyId, message: &str) -> Option<Vec<u8>> {
    let original = journal.original(company, "x", "", message).unwrap()?;
    let opened = journal.open(
        company,
        original.contact,
        Purpose::Original,
        &original.sealed,
    );
    Some(opened.unwrap())
}

/// A long one is written piece by piece.
#[test]
fn an_original_of_any_length_is_read_as_it_was_stored() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let piece = (256 << 10) - usize::try_from(SEAL).unwrap();
    let lengths = [piece, piece + 1, 2 * piece, (3 << 20) + 7, 20 << 20];
    let content = |length: usize| -> Vec<u8> { (0..length).map(|at| (at % 251) as u8).collect() };
    for (number, length) in lengths.into_iter().enumerate() {
        let new = mail(&journal, company, &number.to_string(), &content(length));
        journal.store_original(new, ALL).unwrap();
    }
    let counted = journal.stored_bytes(company);
    let report = journal.check().unwrap();
    assert!(report.is_sound(), "{report:?}");
    drop(journal);
    let journal = store.open();
    for (number, length) in lengths.into_iter().enumerate() {
        let found = read(&journal, company, &number.to_string());
        assert!(found == Some(content(length)), "{length} bytes");
    }
    assert_eq!(journal.stored_bytes(company), counted);
}

#[test]
fn an_original_is_stored_once_and_read_after_a_restart() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let first = mail(&journal, company, "a", b"first");
    journal.store_original(first, ALL).unwrap();
    // Of the same message.
    let second = mail(&journal, company, "a", b"second");
    journal.store_original(second, ALL).unwrap();
    let empty = mail(&journal, company, "b", b"");
    journal.store_original(empty, ALL).unwrap();
    drop(journal);
    let journal = store.open();
    assert_eq!(read(&journal, company, "a").as_deref(), Some(&b"first"[..]));
    assert_eq!(read(&journal, company, "b").as_deref(), Some(&b""[..]));
    assert_eq!(read(&journal, company, "c"), None);
    let other = journal.company("other").unwrap();
    assert_eq!(journal.original(other, "x", "", "a").unwrap(), None);
    let report = journal.check().unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
    assert_eq!((report.seals, report.unopenable), (3, 0));
}

/// Compares with a list of which the oldest leave while it is too long.
#[test]
fn the_newest_are_kept_up_to_the_bytes() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let sizes = [10, 200, 0, 90, 400, 1, 1, 700, 30, 60, 60, 60, 1000, 5];
    for most in [0, SEAL, 100, 300, 700, 1040, ALL] {
        let mut kept: Vec<(String, u64)> = Vec::new();
        for (number, size) in sizes.into_iter().enumerate() {
            let message = format!("{most}-{number}");
            let new = mail(&journal, company, &message, &vec![7; size]);
            let bytes = new.sealed.len() as u64;
            assert_eq!(bytes, size as u64 + SEAL);
            journal.store_original(new, most).unwrap();
            if bytes > most {
                continue;
            }
            kept.push((message, bytes));
            while kept.iter().map(|(_, bytes)| bytes).sum::<u64>() > most {
                kept.remove(0);
            }
            for (number, _) in sizes.iter().enumerate() {
                let message = format!("{most}-{number}");
                let is_kept = kept.iter().any(|(name, _)| *name == message);
                let found = read(&journal, company, &message).is_some();
                assert_eq!(found, is_kept, "{message} of {kept:?}");
            }
        }
    }
}

#[test]
fn the_bytes_of_one_company_are_not_those_of_another() {
    let store = TestStore::new();
    let journal = store.open();
    let [acme, other] = ["acme", "other"].map(|name| journal.company(name).unwrap());
    for company in [acme, other] {
        let new = mail(&journal, company, "a", &[7; 500]);
        journal.store_original(new, 600).unwrap();
    }
    let more = mail(&journal, acme, "b", &[7; 500]);
    journal.store_original(more, 600).unwrap();
    assert_eq!(read(&journal, acme, "a"), None);
    assert!(read(&journal, acme, "b").is_some());
    assert!(read(&journal, other, "a").is_some());
}

#[test]
fn an_original_goes_with_its_contact_its_conversation_and_its_age() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    // With a conversation that is resolved.
    let mut of = conversation(company, "a");
    of.state = ConversationState::Resolved;
    let input = accept_one(&journal, arrival(company, "a", "hello"));
    journal.commit(commit(&of, 0, Some(input))).unwrap();
    for message in ["a", "b"] {
        let new = mail(&journal, company, message, b"mail");
        journal.store_original(new, ALL).unwrap();
    }
    let deleted = journal.compact(at(1_000)).unwrap();
    assert_eq!((deleted.conversations, deleted.originals), (1, 1));
    assert_eq!(read(&journal, company, "a"), None);
    assert!(read(&journal, company, "b").is_some());
    // By age.
    let kept = journal.delete_expired(at(90 * DAY + 100)).unwrap();
    assert_eq!(kept.originals, 0);
    let expired = journal.delete_expired(at(90 * DAY + 101)).unwrap();
    assert_eq!(expired.originals, 1);
    assert_eq!(read(&journal, company, "b"), None);
    // With the contact.
    let new = mail(&journal, company, "c", b"mail");
    let person = new.contact;
    journal.store_original(new, ALL).unwrap();
    let erased = journal.erase_person(company, person, at(200), audit_entry("erase"));
    erased.unwrap();
    assert_eq!(journal.original(company, "x", "", "c").unwrap(), None);
}

#[test]
fn an_original_counts_as_stored_by_its_company() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let stored = || journal.stored_bytes(company).used;
    let new = mail(&journal, company, "a", &[7; 10_000]);
    let before = stored();
    journal.store_original(new, ALL).unwrap();
    assert!((10_000..11_000).contains(&(stored() - before)));
    assert!(journal.check().unwrap().is_sound());
    let small = mail(&journal, company, "b", b"");
    journal.store_original(small, SEAL).unwrap();
    assert!(stored() - before < 1_000, "the first made room");
}

#[test]
fn a_delivery_beyond_the_limits_is_refused() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let new = mail(&journal, company, "a", b"mail");
    for (what, wrong) in [
        (
            "message id",
            NewOriginal {
                message: "m".repeat(257),
                ..new.clone()
            },
        ),
        (
            "channel",
            NewOriginal {
                channel: "c".repeat(65),
                ..new.clone()
            },
        ),
        (
            "sealed delivery",
            NewOriginal {
                sealed: vec![0; (64 << 20) + 1],
                ..new.clone()
            },
        ),
    ] {
        let refused = journal.store_original(wrong, ALL).unwrap_err();
        assert!(refused.to_string().contains(what), "{refused}");
    }
}
