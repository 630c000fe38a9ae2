use std::collections::BTreeSet;
use std::thread;

use patchbay_journal::*;
use patchbay_journal_sqlite::*;
use patchbay_model::conversation_state::ConversationState;
use proptest::prelude::*;

use crate::store::{TestStore, at, audit_entry, commit, conversation};

fn contact(journal: &SqliteJournal, company: CompanyId, address: &str) -> ContactId {
    journal
        .find_or_create_contact(company, "x", address, at(1))
        .unwrap()
        .contact
}

/// A contact with a conversation of its own.
fn known(journal: &SqliteJournal, company: CompanyId, address: &str) -> ContactId {
    let contact = contact(journal, company, address);
    let mut of = conversation(company, address);
    of.contact = Some(contact);
    journal.commit(commit(&of, 0, None)).unwrap();
    contact
}

fn journey(journal: &SqliteJournal, company: CompanyId, contact: ContactId) -> Vec<Entry> {
    journal
        .journey(company, contact, EntryPage::After(0), 1000)
        .unwrap()
}

#[test]
fn simultaneous_first_messages_of_an_address_create_one_contact() {
    let store = TestStore::new();
    let journal = store.open();
    let [a, b] = ["a", "b"].map(|name| journal.company(name).unwrap());
    let seen: BTreeSet<ContactId> = thread::scope(|scope| {
        let workers: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| contact(&journal, a, "@anna")))
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .collect()
    });
    assert_eq!(seen.len(), 1);
    assert!(!seen.contains(&contact(&journal, b, "@anna")));
    assert!(
        !seen.contains(
            &journal
                .find_or_create_contact(a, "sms", "@anna", at(1))
                .unwrap()
                .contact
        )
    );
    assert_eq!(journal.check().unwrap().seals, 3);
}

#[test]
fn a_contact_has_several_addresses_and_an_address_one_contact() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let [anna, ben] = ["@anna", "@ben"].map(|address| contact(&journal, company, address));
    for _ in 0..2 {
        journal.add_address(company, anna, "sms", "+4179").unwrap();
    }
    assert_eq!(
        journal
            .find_or_create_contact(company, "sms", "+4179", at(3))
            .unwrap()
            .contact,
        anna
    );
    let both = [("sms", "+4179"), ("x", "@anna")].map(|(c, a)| (c.to_owned(), a.to_owned()));
    assert_eq!(journal.addresses(company, anna).unwrap(), both);
    let taken = journal
        .add_address(company, ben, "sms", "+4179")
        .unwrap_err();
    assert!(matches!(taken, JournalError::AddressTaken(by) if by == anna));
    let unknown = ContactId([9; 16]);
    let refused = journal
        .add_address(company, unknown, "x", "@c")
        .unwrap_err();
    assert!(matches!(refused, JournalError::NoContact(id) if id == unknown));
}

#[test]
fn merged_contacts_are_one_person_and_keep_their_history() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let [anna, ben] = ["@anna", "@ben"].map(|address| known(&journal, company, address));
    let alone = [anna, ben].map(|who| journey(&journal, company, who));
    journal
        .merge_contacts(company, ben, anna, "supervisor", at(5), audit_entry("test"))
        .unwrap();
    let together = journey(&journal, company, anna);
    assert_eq!(together, [alone[0].clone(), alone[1].clone()].concat());
    assert_eq!(journey(&journal, company, ben), together);
    let found = journal
        .find_or_create_contact(company, "x", "@ben", at(6))
        .unwrap();
    assert_eq!((found.contact, found.person), (ben, anna));
    let (person, contacts) = journal.person_contacts(company, ben).unwrap();
    assert_eq!((person, contacts.len()), (anna, 2));
    let again = journal
        .merge_contacts(company, anna, ben, "supervisor", at(7), audit_entry("test"))
        .unwrap_err();
    assert!(matches!(again, JournalError::SamePerson(..)));

    journal
        .split_contact(company, ben, "supervisor", at(8), audit_entry("test"))
        .unwrap();
    assert_eq!(
        [anna, ben].map(|who| journey(&journal, company, who)),
        alone
    );
    let again = journal
        .split_contact(company, ben, "supervisor", at(9), audit_entry("test"))
        .unwrap_err();
    assert!(matches!(again, JournalError::NotMerged(id) if id == ben));
    let kinds: Vec<_> = journal
        .contact_changes(company, ben)
        .unwrap()
        .into_iter()
        .map(|change| (change.number, change.kind, change.contact, change.into))
        .collect();
    use ContactChangeKind::{Merged, Split};
    assert_eq!(kinds, [(1, Merged, ben, anna), (2, Split, ben, anna)]);
}

#[test]
fn a_change_is_undone_once_and_the_undo_can_be_undone() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let [anna, ben] = ["@anna", "@ben"].map(|address| known(&journal, company, address));
    let size = || journal.person_contacts(company, anna).unwrap().1.len();
    let merge = journal
        .merge_contacts(company, ben, anna, "a", at(1), audit_entry("test"))
        .unwrap();
    let undone = journal
        .undo_contact_change(company, merge, "a", at(2), audit_entry("test"))
        .unwrap();
    assert_eq!(size(), 1);
    let redone = journal
        .undo_contact_change(company, undone, "a", at(3), audit_entry("test"))
        .unwrap();
    assert_eq!(size(), 2);
    for not in [merge, undone, 99] {
        let refused = journal
            .undo_contact_change(company, not, "a", at(4), audit_entry("test"))
            .unwrap_err();
        assert!(matches!(refused, JournalError::NotUndoable(number) if number == not));
    }
    let split = journal
        .split_contact(company, ben, "a", at(5), audit_entry("test"))
        .unwrap();
    let overtaken = journal
        .undo_contact_change(company, redone, "a", at(6), audit_entry("test"))
        .unwrap_err();
    assert!(matches!(overtaken, JournalError::NotUndoable(_)));
    journal
        .merge_contacts(company, anna, ben, "a", at(7), audit_entry("test"))
        .unwrap();
    let circle = journal
        .undo_contact_change(company, split, "a", at(8), audit_entry("test"))
        .unwrap_err();
    assert!(matches!(circle, JournalError::NotUndoable(_)));
    assert_eq!(size(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn undoing_all_merges_in_any_valid_order_restores_every_journey(
        merges in proptest::collection::vec((0..6usize, 0..6usize), 1..12),
        reverse: bool,
    ) {
        let store = TestStore::new();
        let journal = store.open();
        let company = journal.company("acme").unwrap();
        let people: Vec<_> = (0..6).map(|n| known(&journal, company, &n.to_string())).collect();
        let alone: Vec<_> = people.iter().map(|who| journey(&journal, company, *who)).collect();
        let mut changes: Vec<_> = merges
            .iter()
            .filter_map(|(a, b)| journal.merge_contacts(company, people[*a], people[*b], "p", at(1),  audit_entry("test")).ok())
            .collect();
        for who in &people {
            let (_, contacts) = journal.person_contacts(company, *who).unwrap();
            prop_assert_eq!(journey(&journal, company, *who).len(), contacts.len());
        }
        if reverse {
            changes.reverse();
        }
        for change in changes {
            journal.undo_contact_change(company, change, "p", at(2),  audit_entry("test")).unwrap();
        }
        let after: Vec<_> = people.iter().map(|who| journey(&journal, company, *who)).collect();
        prop_assert_eq!(after, alone);
    }
}

#[test]
fn the_addresses_of_a_batch_are_found_and_created_by_one_write() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let known = contact(&journal, company, "@known");
    let mut addresses: Vec<_> = (0..250)
        .map(|number| ("x".to_owned(), format!("@person{number}")))
        .collect();
    addresses.push(("x".to_owned(), "@known".to_owned()));
    // Twice in one batch is one contact.
    addresses.push(("x".to_owned(), "@person0".to_owned()));
    let groups = || journal.write_stats().micros.read().total();
    let before = groups();
    let found = journal
        .find_or_create_contacts(company, &addresses, at(1))
        .unwrap();
    assert_eq!(groups() - before, 1);
    assert_eq!(found.len(), 252);
    assert!(found[..250].iter().all(|found| found.is_new));
    assert_eq!(
        (found[250].contact.contact, found[250].is_new),
        (known, false)
    );
    assert_eq!(found[251].contact, found[0].contact);
    assert!(!found[251].is_new);
    let again = journal
        .find_or_create_contacts(company, &addresses, at(2))
        .unwrap();
    assert_eq!(groups() - before, 1, "known addresses write nothing");
    for (found, again) in found.iter().zip(&again) {
        assert_eq!(found.contact, again.contact);
        assert!(!again.is_new);
    }
    // The keys in memory are those on disk.
    let sealed: Vec<_> = found
        .iter()
        .map(|found| {
            let contact = found.contact.contact;
            journal
                .seal(company, contact, Purpose::Message, b"text")
                .unwrap()
        })
        .collect();
    drop(journal);
    let journal = store.open();
    for (found, sealed) in found.iter().zip(&sealed) {
        let contact = found.contact.contact;
        let plain = journal.open(company, contact, Purpose::Message, sealed);
        assert_eq!(plain.unwrap(), b"text");
    }
}

#[test]
fn an_address_has_its_contact_and_the_time_of_its_last_erasure() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let record = |address: &str| journal.address_record(company, "x", address).unwrap();
    assert_eq!(record("@anna"), AddressRecord::default());
    let first = contact(&journal, company, "@anna");
    assert_eq!(record("@anna").contact.map(|of| of.contact), Some(first));
    assert_eq!(record("@ANNA"), record("@anna"));
    assert_eq!(record("@anna").erased_at, None);
    let erase = |contact, second| {
        let audit = audit_entry("contact.erased");
        journal
            .erase_person(company, contact, at(second), audit)
            .unwrap();
    };
    erase(first, 7);
    let erased = AddressRecord {
        contact: None,
        erased_at: Some(at(7)),
    };
    assert_eq!(record("@anna"), erased);
    let second = contact(&journal, company, "@anna");
    assert_ne!(first, second);
    assert_eq!(record("@anna").contact.map(|of| of.contact), Some(second));
    assert_eq!(record("@anna").erased_at, Some(at(7)));
    erase(second, 9);
    assert_eq!(record("@anna").erased_at, Some(at(9)));
    // Asking wrote nothing.
    assert_eq!(record("@ben"), AddressRecord::default());
    assert_eq!(journal.check().unwrap().seals, 0);
}

#[test]
fn an_overview_has_the_newest_conversations_of_a_person_and_counts_the_rest() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let found = |address: &str| {
        let found = journal.find_or_create_contact(company, "sms", address, at(1));
        found.unwrap().contact
    };
    let (jo, ann, other) = (found("1"), found("2"), found("3"));
    let add = |thread: &str, contact, state, opened| {
        let mut of = conversation(company, thread);
        (of.contact, of.state, of.opened_at) = (Some(contact), state, at(opened));
        journal.commit(commit(&of, 0, None)).unwrap();
        of.id
    };
    let (queued, resolved) = (ConversationState::Queued, ConversationState::Resolved);
    let first = add("a", jo, queued, 10);
    let second = add("b", ann, queued, 30);
    let third = add("c", jo, queued, 20);
    add("d", jo, resolved, 40);
    let last = add("e", ann, resolved, 50);
    add("f", other, queued, 60);
    let limits = |open, resolved| OverviewLimits {
        open,
        resolved,
        opt_outs: 9,
    };
    let ids = |found: &[Conversation]| -> Vec<_> { found.iter().map(|one| one.id).collect() };
    let alone = journal.person_overview(company, jo, limits(9, 9)).unwrap();
    assert_eq!(ids(&alone.open), [third, first]);
    assert_eq!((alone.resolved.len(), alone.resolved_count), (1, 1));

    let audit = audit_entry("contact.merged");
    journal
        .merge_contacts(company, ann, jo, "eva", at(70), audit)
        .unwrap();
    for contact in [jo, ann] {
        let overview = journal.person_overview(company, contact, limits(2, 1));
        let overview = overview.unwrap();
        let mut contacts = vec![jo, ann];
        contacts.sort_unstable();
        assert_eq!(overview.contacts, contacts);
        assert_eq!(ids(&overview.open), [second, third]);
        assert_eq!(ids(&overview.resolved), [last]);
        assert_eq!(overview.resolved_count, 2);
    }
    let nobody = journal.person_overview(company, ContactId([9; 16]), limits(9, 9));
    assert!(matches!(nobody, Err(JournalError::NoContact(_))));
}
