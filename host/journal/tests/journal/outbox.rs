use patchbay_journal::{CompanyId, Journal, JournalError, NewOutbox, OutboxState, SqliteJournal};

use crate::place::{Place, at, commit, conversation};

fn filled(journal: &SqliteJournal) -> CompanyId {
    let company = journal.company("acme").unwrap();
    let mut fill = commit(&conversation(company, "t"), 0, None);
    fill.outbox = [("late", 30), ("soon", 10), ("next", 20)]
        .map(|(key, second)| NewOutbox {
            key: key.into(),
            target: "crm".into(),
            payload: key.as_bytes().to_vec(),
            not_before: at(second),
        })
        .to_vec();
    journal.commit(fill).unwrap();
    company
}

fn due(journal: &SqliteJournal, second: i64) -> Vec<String> {
    let due = journal.outbox_due(at(second), None, 10).unwrap();
    due.into_iter().map(|item| item.key).collect()
}

#[test]
fn what_is_due_longest_goes_first_and_what_is_done_goes_no_more() {
    let place = Place::new();
    let journal = place.open();
    let company = filled(&journal);
    assert_eq!(due(&journal, 9), [""; 0]);
    assert_eq!(due(&journal, 25), ["soon", "next"]);
    journal.outbox_done(company, "soon").unwrap();
    journal.outbox_done(company, "soon").unwrap();
    assert_eq!(due(&journal, 99), ["next", "late"]);
    drop(journal);
    assert_eq!(due(&place.open(), 99), ["next", "late"]);
}

#[test]
fn a_failed_attempt_is_counted_and_the_bytes_stay_the_same() {
    let place = Place::new();
    let journal = place.open();
    let company = filled(&journal);
    journal
        .outbox_later(company, "soon", at(50), "503")
        .unwrap();
    journal
        .outbox_later(company, "soon", at(60), "timed out")
        .unwrap();
    assert_eq!(due(&journal, 55), ["next", "late"]);
    let items = journal
        .outbox_list(company, OutboxState::Waiting, "next", 9)
        .unwrap();
    let item = &items[0];
    assert_eq!((item.key.as_str(), item.attempts), ("soon", 2));
    assert_eq!(
        (item.problem.as_deref(), &item.payload[..]),
        (Some("timed out"), &b"soon"[..])
    );
}

#[test]
fn what_was_given_up_waits_for_a_human() {
    let place = Place::new();
    let journal = place.open();
    let company = filled(&journal);
    journal.outbox_dead(company, "soon", "refused").unwrap();
    assert_eq!(due(&journal, 99), ["next", "late"]);
    assert_eq!(journal.status().unwrap().outbox_dead, 1);
    let dead = journal
        .outbox_list(company, OutboxState::Dead, "", 9)
        .unwrap();
    assert_eq!((dead.len(), dead[0].attempts), (1, 1));
    journal.outbox_retry(company, "soon", at(5)).unwrap();
    assert_eq!(due(&journal, 5), ["soon"]);
    assert_eq!(journal.outbox_due(at(5), None, 1).unwrap()[0].attempts, 0);
    journal.outbox_done(company, "soon").unwrap();
    for refused in [
        journal.outbox_retry(company, "soon", at(5)),
        journal.outbox_dead(company, "soon", ""),
        journal.outbox_later(company, "nothing", at(5), ""),
        journal.outbox_done(company, "nothing"),
    ] {
        assert!(matches!(refused, Err(JournalError::NoItem(_))));
    }
}

#[test]
fn what_is_due_is_read_page_by_page_and_each_item_once() {
    let place = Place::new();
    let journal = place.open();
    let companies = ["a", "b"].map(|name| journal.company(name).unwrap());
    for company in companies {
        let mut fill = commit(&conversation(company, "t"), 0, None);
        fill.outbox = ["1", "2", "3", "4"]
            .map(|key| NewOutbox {
                key: key.into(),
                target: "crm".into(),
                payload: vec![],
                not_before: at(if key < "3" { 10 } else { 20 }),
            })
            .to_vec();
        journal.commit(fill).unwrap();
    }
    let all = journal.outbox_due(at(20), None, 99).unwrap();
    assert_eq!(all.len(), 8);
    let (mut found, mut after) = (vec![], None);
    loop {
        let page = journal.outbox_due(at(20), after, 3).unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.not_before, last.company, last.key.clone()));
        found.extend(page);
    }
    assert_eq!(found, all);
    let not_yet = journal.outbox_due(at(19), None, 99).unwrap();
    assert_eq!(
        not_yet,
        all[..4],
        "the end of a page is not the end of time"
    );
}

#[test]
fn the_next_moment_something_waits_for_is_known() {
    let place = Place::new();
    let journal = place.open();
    assert_eq!(journal.outbox_next().unwrap(), None);
    let company = filled(&journal);
    assert_eq!(journal.outbox_next().unwrap(), Some(at(10)));
    journal.outbox_done(company, "soon").unwrap();
    journal
        .outbox_later(company, "next", at(90), "503")
        .unwrap();
    assert_eq!(journal.outbox_next().unwrap(), Some(at(30)));
    journal.outbox_dead(company, "late", "refused").unwrap();
    assert_eq!(journal.outbox_next().unwrap(), Some(at(90)));
}

#[test]
fn an_item_is_found_by_its_key_wherever_it_stands() {
    let place = Place::new();
    let journal = place.open();
    let company = filled(&journal);
    journal.outbox_done(company, "soon").unwrap();
    journal.outbox_dead(company, "next", "refused").unwrap();
    let state = |key| {
        let item = journal.outbox_item(company, key).unwrap();
        item.map(|item| (item.key == key, item.state))
    };
    assert_eq!(state("soon"), Some((true, OutboxState::Done)));
    assert_eq!(state("next"), Some((true, OutboxState::Dead)));
    assert_eq!(state("late"), Some((true, OutboxState::Waiting)));
    assert_eq!(state("never"), None);
    let other = journal.company("other").unwrap();
    assert_eq!(journal.outbox_item(other, "soon").unwrap(), None);
}
