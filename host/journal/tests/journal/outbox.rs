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
    let due = journal.outbox_due(at(second), 10).unwrap();
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
    assert_eq!(journal.outbox_due(at(5), 1).unwrap()[0].attempts, 0);
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
