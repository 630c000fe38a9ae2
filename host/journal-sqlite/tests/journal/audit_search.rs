//! Searches of the audit trail, compared with a filter over the whole of it.

use patchbay_journal::*;

use crate::store::{TestStore, at, audit_entry};

/// A trail of actions of three actors on two companies, with some times out of order.
fn trail(store: &TestStore, length: i64) -> patchbay_journal_sqlite::SqliteJournal {
    let journal = store.open();
    for number in 0..length {
        let of = |names: &[&str]| names[number as usize % names.len()].to_owned();
        let entry = AuditEntry {
            // Every fifth was written late.
            at: at(1_000 + number - if number % 5 == 0 { 3 } else { 0 }),
            company: Some(of(&["acme", "other", ""])).filter(|name| !name.is_empty()),
            actor: of(&["olga", "local"]),
            details: format!(r#"{{"agent":"Agent{}"}}"#, number % 10),
            ..audit_entry(&of(&[
                "agent.put",
                "token.created",
                "agent.removed",
                "apply",
            ]))
        };
        journal.append_audit(entry).unwrap();
    }
    journal
}

/// All that a search finds, page by page, and how many pages it took.
fn find_all(journal: &dyn Journal, search: &AuditSearch, newest: bool) -> (Vec<u64>, usize) {
    let (mut numbers, mut pages) = (Vec::new(), 0);
    let mut page = match newest {
        true => EntryPage::Before(u64::MAX),
        false => EntryPage::After(0),
    };
    loop {
        let found = journal.search_audit(search, page, 7).unwrap();
        assert!(found.records.len() <= 7);
        numbers.extend(found.records.iter().map(|record| record.number));
        pages += 1;
        page = match (found.next, newest) {
            (None, _) => return (numbers, pages),
            (Some(next), true) => EntryPage::Before(next),
            (Some(next), false) => EntryPage::After(next),
        };
    }
}

#[test]
fn a_search_finds_what_a_filter_over_the_trail_finds() {
    let store = TestStore::new();
    let journal = trail(&store, 120);
    let all = journal
        .audit_records(None, EntryPage::After(0), 1_000)
        .unwrap();
    let text = |text: &str| Some(text.to_owned());
    let mut found_some = 0;
    for company in [None, text("acme"), text("moon")] {
        for act in [None, text("agent.put"), text("agent")] {
            for actor in [None, text("olga")] {
                for (from, to) in [(None, None), (Some(1_010), Some(1_050)), (None, Some(997))] {
                    for wanted in [None, text("aGENT3"), text("ACME"), text("agent33")] {
                        let search = AuditSearch {
                            company: company.clone(),
                            act: act.clone(),
                            actor: actor.clone(),
                            from: from.map(at),
                            to: to.map(at),
                            text: wanted,
                        };
                        let expected = all.iter().filter(|one| search.finds(&one.entry));
                        let mut expected: Vec<u64> = expected.map(|one| one.number).collect();
                        let (oldest, _) = find_all(&journal, &search, false);
                        assert_eq!(oldest, expected, "{search:?}");
                        expected.reverse();
                        let (newest, pages) = find_all(&journal, &search, true);
                        assert_eq!(newest, expected, "{search:?}");
                        assert_eq!(pages, expected.len().div_ceil(7).max(1), "{search:?}");
                        found_some += usize::from(!expected.is_empty());
                    }
                }
            }
        }
    }
    assert!(found_some > 20, "{found_some}");
}

#[test]
fn a_search_is_by_company_act_actor_time_and_text() {
    let entry = AuditEntry {
        company: Some("acme".into()),
        details: r#"{"agent":"Ägir"}"#.into(),
        ..audit_entry("agent.put")
    };
    let time = entry.at;
    let later = time + jiff::SignedDuration::from_micros(1);
    let none = AuditSearch::default();
    let of = |change: fn(&mut AuditSearch)| {
        let mut search = none.clone();
        change(&mut search);
        search.finds(&entry)
    };
    assert!(none.finds(&entry));
    assert!(of(|it| it.company = Some("acme".into())));
    assert!(!of(|it| it.company = Some("acm".into())));
    assert!(!of(|it| it.act = Some("agent".into())));
    assert!(of(|it| it.text = Some("äGIR".into())));
    assert!(!of(|it| it.text = Some("ben".into())));
    let within = |from, to| {
        let search = AuditSearch {
            from,
            to,
            ..none.clone()
        };
        search.finds(&entry)
    };
    assert!(within(Some(time), Some(later)));
    assert!(!within(Some(later), None));
    assert!(!within(None, Some(time)));
}

#[test]
fn a_page_reads_a_bounded_part_of_a_long_trail() {
    let store = TestStore::new();
    drop(store.open());
    // Entries of which the search finds only the oldest.
    let raw = store.raw();
    raw.execute_batch(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 45000)
         INSERT INTO audit SELECT i, i, NULL, 'local', 'a', iif(i = 1, '{\"x\":\"needle\"}', '{}'),
           zeroblob(32), zeroblob(32) FROM n",
    )
    .unwrap();
    drop(raw);
    let journal = store.open();
    let search = AuditSearch {
        text: Some("needle".into()),
        ..AuditSearch::default()
    };
    let first = journal
        .search_audit(&search, EntryPage::Before(u64::MAX), 10)
        .unwrap();
    assert_eq!((first.records.len(), first.next), (0, Some(25_001)));
    assert_eq!(find_all(&journal, &search, true), (vec![1], 3));
    // An action that nobody took is told at once.
    let other = AuditSearch {
        act: Some("b".into()),
        ..search
    };
    assert_eq!(find_all(&journal, &other, true), (vec![], 1));
}
