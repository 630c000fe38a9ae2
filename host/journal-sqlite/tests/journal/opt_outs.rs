use patchbay_journal::*;
use patchbay_journal_sqlite::*;

use crate::store::{TestStore, at, audit_entry};

fn opt_out(company: CompanyId, contact: ContactId, is_opted_out: bool, second: i64) -> OptOut {
    OptOut {
        company,
        contact,
        channel: "sms".into(),
        account: "+351210000000".into(),
        purpose: "any".into(),
        is_opted_out,
        source: match is_opted_out {
            true => "stop".into(),
            false => "start".into(),
        },
        at: at(second),
    }
}

fn contact(journal: &SqliteJournal, company: CompanyId, address: &str) -> ContactId {
    let found = journal.find_or_create_contact(company, "sms", address, at(1));
    found.unwrap().contact
}

#[test]
fn the_latest_counts_in_whatever_order_it_comes() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    // Each with whether it changes something, and the state after it.
    for (number, steps) in [
        vec![(false, 5, false, None)],
        vec![(true, 5, true, Some(true))],
        vec![(true, 5, true, Some(true)), (true, 5, false, Some(true))],
        vec![(true, 5, true, Some(true)), (false, 6, true, Some(false))],
        vec![(true, 5, true, Some(true)), (false, 4, false, Some(true))],
        vec![(true, 5, true, Some(true)), (false, 5, false, Some(true))],
        vec![
            (true, 5, true, Some(true)),
            (false, 6, true, Some(false)),
            (true, 5, false, Some(false)),
            (true, 6, true, Some(true)),
        ],
    ]
    .into_iter()
    .enumerate()
    {
        let contact = contact(&journal, company, &format!("+{number}"));
        for (is_opted_out, second, is_change, expected) in steps {
            let new = opt_out(company, contact, is_opted_out, second);
            assert_eq!(journal.record_opt_out(new).unwrap(), is_change, "{number}");
            let stored = journal.opt_outs(company, contact).unwrap();
            let state = stored.first().map(|stored| stored.is_opted_out);
            assert_eq!(state, expected, "{number} at {second}");
        }
    }
}

#[test]
fn an_opt_out_is_of_its_channel_account_and_purpose() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let person = contact(&journal, company, "+1");
    let stop = opt_out(company, person, true, 5);
    let mut all = vec![
        OptOut {
            account: "68453".into(),
            ..stop.clone()
        },
        OptOut {
            purpose: "marketing".into(),
            ..stop.clone()
        },
        OptOut {
            channel: "viber".into(),
            ..stop.clone()
        },
        stop,
    ];
    for new in &all {
        assert!(journal.record_opt_out(new.clone()).unwrap());
    }
    drop(journal);
    let journal = store.open();
    all.sort_by(|a, b| {
        (&a.channel, &a.account, &a.purpose).cmp(&(&b.channel, &b.account, &b.purpose))
    });
    assert_eq!(journal.opt_outs(company, person).unwrap(), all);
    let other = contact(&journal, company, "+2");
    assert_eq!(journal.opt_outs(company, other).unwrap(), []);
    assert!(journal.check().unwrap().is_sound());
    let erased = journal.erase_person(company, person, at(200), audit_entry("erase"));
    erased.unwrap();
    assert_eq!(journal.opt_outs(company, person).unwrap(), []);
}
