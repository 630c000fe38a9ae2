use patchbay_journal::OptOutOutcome::*;
use patchbay_journal::*;
use patchbay_journal_sqlite::*;
use patchbay_model::opt_out_entry::OptOutEntry;
use serde_json::{Value, json};

use crate::store::{TestStore, at, audit_entry};

const ADDRESS: &str = "+41791234567";

fn entry(is_opted_out: bool, second: Option<i64>, account: &str) -> OptOutEntry {
    let time = second.map(|second| at(second).to_string());
    OptOutEntry::from_value(
        json!({"channel": "sms", "address": ADDRESS, "account": account,
        "opted_out": is_opted_out, "source": "letter", "at": time}),
    )
    .unwrap()
}

fn import(company: CompanyId, second: i64, overrides: bool) -> OptOutImport {
    OptOutImport {
        company,
        at: at(second),
        dry_run: false,
        overrides,
        audit: audit_entry("opt-outs.imported"),
    }
}

fn one(journal: &SqliteJournal, entry: OptOutEntry, import: OptOutImport) -> OptOutOutcome {
    journal.import_opt_outs(vec![entry], import).unwrap()[0]
}

/// Whether an answer from an account is forbidden.
fn forbids(journal: &SqliteJournal, company: CompanyId, account: &str) -> bool {
    let found = journal.address_record(company, "sms", ADDRESS).unwrap();
    let contact = found.contact.unwrap().contact;
    let all = journal.opt_outs(company, contact).unwrap();
    forbidding(&all, "sms", Some(account), None).is_some()
}

/// The customer says it to an account.
fn customer(journal: &SqliteJournal, company: CompanyId, is_opted_out: bool, second: i64) -> bool {
    let found = journal.find_or_create_contact(company, "sms", ADDRESS, at(1));
    let new = OptOut {
        company,
        contact: found.unwrap().contact,
        channel: "sms".into(),
        account: "68453".into(),
        purpose: "any".into(),
        is_opted_out,
        source: "stop".into(),
        at: at(second),
    };
    journal.record_opt_out(new).unwrap()
}

#[test]
fn an_entry_about_all_accounts_counts_for_each_and_again_changes_nothing() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let nobody = one(&journal, entry(false, None, ""), import(company, 5, false));
    assert_eq!(nobody, Unchanged);
    let found = journal.address_record(company, "sms", ADDRESS).unwrap();
    assert_eq!(found.contact, None, "no contact for nothing");
    let first = one(&journal, entry(true, None, ""), import(company, 10, false));
    assert_eq!(first, Changed { overrides: false });
    assert!(forbids(&journal, company, "68453") && forbids(&journal, company, "other"));
    for again in [None, Some(10), Some(4)] {
        let outcome = one(&journal, entry(true, again, ""), import(company, 20, false));
        assert_eq!(outcome, Unchanged, "{again:?}");
    }
    // The customer opts in by the account.
    assert!(customer(&journal, company, false, 30));
    assert!(!forbids(&journal, company, "68453") && forbids(&journal, company, "other"));
    let back = one(&journal, entry(false, None, ""), import(company, 40, false));
    assert_eq!(back, Changed { overrides: false });
    assert!(!forbids(&journal, company, "other"));
    let audited = journal
        .audit_records(None, EntryPage::After(0), 10)
        .unwrap();
    let details: Vec<Value> = audited
        .iter()
        .map(|record| serde_json::from_str(&record.entry.details).unwrap())
        .collect();
    assert_eq!(details.len(), 2);
    assert_eq!(
        (&details[0]["opted_out"], &details[1]["opted_in"]),
        (&json!(1), &json!(1))
    );
    assert!(
        audited
            .iter()
            .all(|record| !record.entry.details.contains("4179"))
    );
}

#[test]
fn what_the_customer_said_is_taken_back_by_override_only() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    assert!(customer(&journal, company, true, 10));
    // A list that says the same leaves it the customer's word.
    let same = one(
        &journal,
        entry(true, None, "68453"),
        import(company, 20, false),
    );
    assert_eq!(same, Unchanged);
    let wider = one(&journal, entry(true, None, ""), import(company, 20, false));
    assert_eq!(wider, Changed { overrides: false });
    for account in ["", "68453"] {
        let refused = one(
            &journal,
            entry(false, None, account),
            import(company, 30, false),
        );
        assert_eq!(refused, Refused(at(10)), "{account}");
        assert!(forbids(&journal, company, "68453"));
    }
    // What is older than the customer's word changes nothing.
    let older = one(
        &journal,
        entry(false, Some(9), ""),
        import(company, 30, true),
    );
    assert_eq!(older, Unchanged);
    let other = one(
        &journal,
        entry(false, None, "other"),
        import(company, 30, true),
    );
    assert_eq!(other, Changed { overrides: false });
    assert!(forbids(&journal, company, "68453") && !forbids(&journal, company, "other"));
    let dry = OptOutImport {
        dry_run: true,
        ..import(company, 40, true)
    };
    assert_eq!(
        one(&journal, entry(false, None, ""), dry),
        Changed { overrides: true }
    );
    assert!(forbids(&journal, company, "68453"));
    let overridden = one(&journal, entry(false, None, ""), import(company, 40, true));
    assert_eq!(overridden, Changed { overrides: true });
    assert!(!forbids(&journal, company, "68453"));
    // The next word of the customer counts again, also against a time of the future.
    let future = one(
        &journal,
        entry(true, Some(9_000), ""),
        import(company, 50, false),
    );
    assert_eq!(future, Changed { overrides: false });
    assert!(customer(&journal, company, false, 60));
    assert!(!forbids(&journal, company, "68453"));
}

#[test]
fn opt_outs_are_listed_by_contact_and_company() {
    let store = TestStore::new();
    let journal = store.open();
    let [company, other] = ["acme", "other"].map(|name| journal.company(name).unwrap());
    let entries: Vec<OptOutEntry> = (0..5)
        .map(|number| {
            let address = format!("+4179123456{number}");
            OptOutEntry::from_value(json!({"channel": "sms", "address": address})).unwrap()
        })
        .collect();
    journal
        .import_opt_outs(entries, import(company, 5, false))
        .unwrap();
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = journal.opt_outs_of_company(company, after, 2).unwrap();
        let Some(last) = page.last() else {
            break;
        };
        after = Some(last.contact);
        all.extend(page.iter().map(|said| said.contact));
    }
    let mut unique = all.clone();
    unique.sort();
    unique.dedup();
    assert_eq!((all.len(), unique.len()), (5, 5));
    assert_eq!(journal.opt_outs_of_company(other, None, 10).unwrap(), []);
    assert!(journal.check().unwrap().is_sound());
}
