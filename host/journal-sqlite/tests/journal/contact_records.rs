use patchbay_journal::RecordStatus::*;
use patchbay_journal::limits::CONTACT_RECORDS;
use patchbay_journal::*;
use patchbay_journal_sqlite::*;
use patchbay_model::contact_record::ContactRecord;
use serde_json::{Value, json};

use crate::store::{TestStore, at, audit_entry, commit, conversation};

fn import(company: CompanyId, second: i64) -> RecordImport {
    RecordImport {
        company,
        by: "crm".into(),
        at: at(second),
        dry_run: false,
        restores_erased: false,
        audit: audit_entry("contacts.imported"),
    }
}

fn record(value: Value) -> ContactRecord {
    ContactRecord::from_value(value).unwrap()
}

/// A record with addresses `channel:address`.
fn of(id: &str, verified: bool, addresses: &[&str], tier: &str) -> ContactRecord {
    let addresses = addresses.iter().map(|address| {
        let (channel, address) = address.split_once(':').unwrap();
        json!({"channel": channel, "address": address})
    });
    let addresses: Vec<Value> = addresses.collect();
    record(
        json!({"id": id, "verified": verified, "addresses": addresses,
        "attributes": {"tier": tier}}),
    )
}

fn deleted(id: &str) -> ContactRecord {
    record(json!({"id": id, "deleted": true}))
}

fn one(journal: &SqliteJournal, company: CompanyId, record: ContactRecord) -> RecordOutcome {
    let mut outcomes = journal
        .import_contact_records(vec![record], import(company, 50))
        .unwrap();
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0)
}

fn contact(journal: &SqliteJournal, company: CompanyId, channel: &str, address: &str) -> ContactId {
    let found = journal.find_or_create_contact(company, channel, address, at(1));
    found.unwrap().contact
}

/// A contact with a conversation of its own.
fn writer(journal: &SqliteJournal, company: CompanyId, channel: &str, address: &str) -> ContactId {
    let contact = contact(journal, company, channel, address);
    let mut of = conversation(company, address);
    of.contact = Some(contact);
    journal.commit(commit(&of, 0, None)).unwrap();
    contact
}

fn tiers(journal: &SqliteJournal, company: CompanyId, contact: ContactId) -> Vec<String> {
    let records = journal
        .contact_records(company, contact)
        .unwrap()
        .into_iter();
    records
        .map(|record| record.content.attributes["tier"].clone())
        .collect()
}

fn person(journal: &SqliteJournal, company: CompanyId, contact: ContactId) -> Vec<ContactId> {
    journal.person_contacts(company, contact).unwrap().1
}

#[test]
fn the_same_record_again_changes_nothing() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let jo = || {
        of(
            "C-1",
            false,
            &["email:jo@example.org", "sms:+41791234567"],
            "gold",
        )
    };
    let first = one(&journal, company, jo());
    assert_eq!((first.result, first.linked.len()), (Ok(Created), 1));
    let audited = journal
        .audit_records(None, EntryPage::After(0), 10)
        .unwrap();
    assert_eq!(audited.len(), 1);
    let details: Value = serde_json::from_str(&audited[0].entry.details).unwrap();
    assert_eq!(
        (&details["created"], &details["linked"]),
        (&json!(1), &json!(1))
    );
    let before = journal.stored_bytes(company);
    // Another order, and another spelling of the same record.
    let mut again = of(
        "C-1",
        false,
        &["sms:+41791234567", "email:jo@example.org"],
        "gold",
    );
    for same in [jo(), again.clone()] {
        let outcome = one(&journal, company, same);
        assert_eq!(outcome.result, Ok(Unchanged));
        assert!(outcome.contacts.is_empty() && outcome.linked.is_empty());
    }
    assert_eq!(journal.stored_bytes(company), before);
    assert_eq!(
        journal
            .audit_records(None, EntryPage::After(0), 10)
            .unwrap()
            .len(),
        1
    );
    // A message from either address is of the person.
    for (channel, address) in [("email", "Jo@Example.org"), ("sms", "0041791234567")] {
        let found = contact(&journal, company, channel, address);
        assert_eq!(tiers(&journal, company, found), ["gold"], "{channel}");
    }
    again = of(
        "C-1",
        false,
        &["email:jo@example.org", "sms:+41791234567"],
        "silver",
    );
    let updated = one(&journal, company, again);
    assert_eq!((updated.result, updated.linked), (Ok(Updated), vec![]));
    let jo = contact(&journal, company, "email", "jo@example.org");
    assert_eq!(tiers(&journal, company, jo), ["silver"]);
    assert_eq!(journal.check().unwrap().findings, []);
}

#[test]
fn only_a_verified_record_joins_people_who_wrote_before_and_it_can_be_undone() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let mail = writer(&journal, company, "email", "jo@example.org");
    let phone = writer(&journal, company, "sms", "+41791234567");
    let addresses = ["email:jo@example.org", "sms:+41791234567"];
    let refused = one(&journal, company, of("C-1", false, &addresses, "gold"));
    let people = vec![mail, phone];
    assert_eq!(refused.result, Err(RecordRefusal::DifferentPeople(people)));
    assert_eq!(tiers(&journal, company, mail), [""; 0]);
    assert_eq!(person(&journal, company, mail), [mail]);

    let linked = one(&journal, company, of("C-1", true, &addresses, "gold"));
    assert_eq!(linked.result, Ok(Created));
    let [change] = linked.linked[..] else {
        panic!("{linked:?}");
    };
    assert_eq!(person(&journal, company, phone).len(), 2);
    let journey = journal
        .journey(company, phone, EntryPage::After(0), 100)
        .unwrap();
    let conversations: std::collections::BTreeSet<_> = journey
        .iter()
        .filter_map(|entry| entry.conversation)
        .collect();
    assert_eq!(conversations.len(), 2, "one journey of two conversations");
    assert_eq!(tiers(&journal, company, phone), ["gold"]);

    let undo = audit_entry("contact.undone");
    journal
        .undo_contact_change(company, change, "ana", at(60), undo)
        .unwrap();
    assert_eq!(person(&journal, company, phone), [phone]);
    // What a person undid, the next version of the record leaves.
    let later = one(&journal, company, of("C-1", true, &addresses, "silver"));
    assert_eq!((later.result, later.left_apart), (Ok(Updated), 1));
    assert_eq!(person(&journal, company, phone), [phone]);
    assert_eq!(tiers(&journal, company, mail), ["silver"]);
    assert_eq!(tiers(&journal, company, phone), [""; 0]);
    assert_eq!(journal.check().unwrap().findings, []);
}

#[test]
fn an_address_that_a_record_no_longer_names_is_split_off() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let [a, b, c] = ["email:a@example.org", "sms:+41791234567", "x:@jo"];
    one(&journal, company, of("C-1", false, &[a, b, c], "gold"));
    let less = one(&journal, company, of("C-1", false, &[a, c], "gold"));
    assert_eq!((less.result, less.unlinked.len()), (Ok(Updated), 1));
    let phone = contact(&journal, company, "sms", "+41791234567");
    assert_eq!(tiers(&journal, company, phone), [""; 0]);
    let handle = contact(&journal, company, "x", "jo");
    assert_eq!(tiers(&journal, company, handle), ["gold"]);
    // The one it was sealed for: the record moves to the next.
    let moved = one(&journal, company, of("C-1", true, &[c, b], "gold"));
    assert_eq!((moved.result, moved.unlinked.len()), (Ok(Updated), 1));
    assert_eq!(moved.linked.len(), 1);
    let mail = contact(&journal, company, "email", "a@example.org");
    assert_eq!(tiers(&journal, company, mail), [""; 0]);
    for contact in [handle, phone] {
        assert_eq!(tiers(&journal, company, contact), ["gold"]);
    }
    let gone = one(&journal, company, deleted("C-1"));
    assert_eq!((gone.result, gone.unlinked.len()), (Ok(Deleted), 1));
    for contact in [mail, handle, phone] {
        assert_eq!(person(&journal, company, contact), [contact]);
        assert_eq!(tiers(&journal, company, contact), [""; 0]);
    }
    assert_eq!(one(&journal, company, deleted("C-1")).result, Ok(Absent));
    assert_eq!(journal.check().unwrap().findings, []);
}

#[test]
fn an_address_of_another_record_is_a_conflict() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let [a, b] = ["email:a@example.org", "sms:+41791234567"];
    one(&journal, company, of("C-1", true, &[a, b], "gold"));
    let owner = contact(&journal, company, "email", "a@example.org");
    let taken = one(&journal, company, of("C-2", true, &[b, "x:@jo"], "silver"));
    assert_eq!(taken.result, Err(RecordRefusal::OtherRecord(owner)));
    let outcomes = journal.import_contact_records(
        vec![
            of("C-3", true, &["x:@ann"], "a"),
            of("C-3", true, &["x:@ben"], "a"),
            of("C-4", true, &["x:@Ann"], "a"),
            of("C-5", true, &["x:@eve"], "a"),
        ],
        import(company, 50),
    );
    let results: Vec<_> = outcomes
        .unwrap()
        .into_iter()
        .map(|one| one.result)
        .collect();
    assert_eq!(
        results,
        [
            Ok(Created),
            Err(RecordRefusal::IdTwice),
            Err(RecordRefusal::AddressTwice),
            Ok(Created)
        ]
    );
    // Another company has other people.
    let other = journal.company("other").unwrap();
    assert_eq!(
        one(&journal, other, of("C-1", true, &[a], "x")).result,
        Ok(Created)
    );
    assert_eq!(journal.contact_records(other, owner).unwrap(), []);
}

#[test]
fn a_dry_run_says_what_would_happen_and_writes_nothing() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    one(&journal, company, of("C-1", false, &["x:@jo"], "gold"));
    let before = journal.stored_bytes(company);
    let records = vec![
        of("C-1", false, &["x:@jo"], "gold"),
        of("C-2", false, &["x:@ann"], "gold"),
        of("C-3", false, &["x:@ann"], "gold"),
        deleted("C-4"),
    ];
    let dry = RecordImport {
        dry_run: true,
        ..import(company, 60)
    };
    let outcomes = journal.import_contact_records(records, dry).unwrap();
    let results: Vec<_> = outcomes.into_iter().map(|one| one.result).collect();
    let twice = Err(RecordRefusal::AddressTwice);
    assert_eq!(results, [Ok(Unchanged), Ok(Created), twice, Ok(Absent)]);
    assert_eq!(journal.stored_bytes(company), before);
    let found = journal.address_record(company, "x", "@ann").unwrap();
    assert_eq!(found, AddressRecord::default());
}

#[test]
fn an_erasure_removes_the_record_and_an_import_does_not_bring_the_person_back() {
    let store = TestStore::new();
    let secret = "platinum-secret-tier";
    {
        let journal = store.open();
        let company = journal.company("acme").unwrap();
        let addresses = ["email:jo@example.org", "sms:+41791234567"];
        let jo = || of("C-secret-1", false, &addresses, secret);
        one(&journal, company, jo());
        let phone = contact(&journal, company, "sms", "+41791234567");
        let erased = journal.erase_person(company, phone, at(70), audit_entry("contact.erased"));
        assert_eq!(erased.unwrap().contacts.len(), 2);
        assert_eq!(journal.contact_records(company, phone).unwrap(), []);
        let refused = one(&journal, company, jo());
        assert_eq!(refused.result, Err(RecordRefusal::Erased(at(70))));
        let restoring = RecordImport {
            restores_erased: true,
            ..import(company, 80)
        };
        let outcomes = journal
            .import_contact_records(vec![jo()], restoring)
            .unwrap();
        assert_eq!(outcomes[0].result, Ok(Created));
        let report = journal.check().unwrap();
        assert_eq!((report.findings, report.unopenable), (vec![], 0));
    }
    for entry in std::fs::read_dir(store.directory.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            for text in [secret, "C-secret-1", "jo@example.org"] {
                let found = bytes.windows(text.len()).any(|at| at == text.as_bytes());
                assert!(!found, "{text} in {}", path.display());
            }
        }
    }
}

#[test]
fn a_merge_by_hand_can_leave_two_records_and_the_own_one_comes_first() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    one(&journal, company, of("C-1", false, &["x:@jo"], "gold"));
    one(
        &journal,
        company,
        of("C-2", false, &["sms:+41791234567"], "silver"),
    );
    let handle = contact(&journal, company, "x", "@jo");
    let phone = contact(&journal, company, "sms", "+41791234567");
    let audit = audit_entry("contact.merged");
    journal
        .merge_contacts(company, phone, handle, "ana", at(60), audit)
        .unwrap();
    assert_eq!(tiers(&journal, company, handle), ["gold", "silver"]);
    assert_eq!(tiers(&journal, company, phone), ["silver", "gold"]);
    // Each is still kept current.
    let updated = one(&journal, company, of("C-1", false, &["x:@jo"], "bronze"));
    assert_eq!(updated.result, Ok(Updated));
    assert_eq!(tiers(&journal, company, phone), ["silver", "bronze"]);
    // A third is not guessed to be of the same person.
    let third = one(&journal, company, of("C-3", true, &["x:@jo"], "a"));
    assert!(matches!(third.result, Err(RecordRefusal::OtherRecord(_))));
}

#[test]
fn a_database_of_version_8_gets_records() {
    let store = TestStore::new();
    {
        let journal = store.open();
        let company = journal.company("acme").unwrap();
        writer(&journal, company, "x", "@jo");
    }
    store.downgrade(8);
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let created = one(&journal, company, of("C-1", false, &["x:@jo"], "gold"));
    assert_eq!(created.result, Ok(Created));
    assert_eq!(journal.check().unwrap().findings, []);
}

#[test]
fn too_many_records_and_a_full_company_are_refused() {
    let store = TestStore::new();
    let options = Options {
        stored_bytes_per_company: 1,
        ..store.options()
    };
    let journal = SqliteJournal::open(&options).unwrap();
    let company = journal.company("acme").unwrap();
    let new = || of("C-1", false, &["x:@jo"], "gold");
    let stored = journal.import_contact_records(vec![new()], import(company, 1));
    assert_eq!(stored.unwrap()[0].result, Ok(Created));
    let full = journal.import_contact_records(vec![new()], import(company, 1));
    assert!(matches!(full, Err(JournalError::CompanyFull { limit: 1 })));
    let absent = journal.import_contact_records(vec![deleted("C-2")], import(company, 1));
    assert_eq!(absent.unwrap()[0].result, Ok(Absent));
    let many = vec![new(); CONTACT_RECORDS + 1];
    let refused = journal.import_contact_records(many, import(company, 1));
    assert!(matches!(refused, Err(JournalError::Invalid { .. })));
}
