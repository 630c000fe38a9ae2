use std::collections::BTreeSet;

use patchbay_journal::{
    CompanyId, Conversation, Finding, Journal, JournalError, NewOutbox, OutboxState, SqliteJournal,
};
use proptest::prelude::*;

use crate::place::{Place, act, at, commit, conversation};

fn filled(journal: &SqliteJournal) -> CompanyId {
    let company = journal.company("acme").unwrap();
    let mut fill = commit(&conversation(company, "t"), 0, None);
    fill.outbox = [("late", 30), ("soon", 10), ("next", 20)]
        .map(|(key, second)| NewOutbox {
            key: key.into(),
            target: "crm".into(),
            conversation: None,
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
    journal
        .outbox_retry(company, "soon", at(5), act("test"))
        .unwrap();
    assert_eq!(due(&journal, 5), ["soon"]);
    assert_eq!(journal.outbox_due(at(5), None, 1).unwrap()[0].attempts, 0);
    journal.outbox_done(company, "soon").unwrap();
    for refused in [
        journal.outbox_retry(company, "soon", at(5), act("test")),
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
                conversation: None,
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

/// Put an item of a conversation in, for a target.
fn put(journal: &SqliteJournal, of: &mut Conversation, target: &str, key: &str) {
    let mut put = commit(of, of.sequence, None);
    put.outbox = vec![NewOutbox {
        key: key.into(),
        target: target.into(),
        conversation: Some(of.id),
        payload: key.as_bytes().to_vec(),
        not_before: at(1),
    }];
    of.sequence = journal.commit(put).unwrap().sequence;
}

#[test]
fn while_an_item_waits_for_its_retry_the_next_of_its_conversation_is_held_back() {
    let place = Place::new();
    let journal = place.open();
    let company = journal.company("acme").unwrap();
    let [mut a, mut b] = ["a", "b"].map(|thread| conversation(company, thread));
    put(&journal, &mut a, "x", "first");
    put(&journal, &mut a, "x", "second");
    put(&journal, &mut b, "x", "of another conversation");
    put(&journal, &mut a, "crm", "to another target");
    let others = ["of another conversation", "to another target"];
    let with = |key: &'static str| [vec![key], others.to_vec()].concat();
    assert_eq!(due(&journal, 9), with("first"));
    journal
        .outbox_later(company, "first", at(50), "503")
        .unwrap();
    assert_eq!(due(&journal, 9), others);
    for key in others {
        journal.outbox_done(company, key).unwrap();
    }
    assert_eq!(
        journal.outbox_next().unwrap(),
        Some(at(50)),
        "what is held back keeps nobody awake"
    );
    drop(journal);
    let journal = place.open();
    assert_eq!(due(&journal, 50), ["first"]);
    journal.outbox_done(company, "first").unwrap();
    assert_eq!(due(&journal, 50), ["second"]);
}

#[test]
fn what_was_given_up_holds_back_nothing_and_retried_goes_first() {
    let place = Place::new();
    let journal = place.open();
    let company = journal.company("acme").unwrap();
    let mut of = conversation(company, "t");
    for key in ["1", "2", "3"] {
        put(&journal, &mut of, "x", key);
    }
    journal.outbox_dead(company, "1", "refused").unwrap();
    assert_eq!(due(&journal, 9), ["2"]);
    journal
        .outbox_retry(company, "1", at(5), act("test"))
        .unwrap();
    assert_eq!(due(&journal, 4), [""; 0]);
    assert_eq!(due(&journal, 5), ["1"]);
    let mut said = commit(&of, of.sequence, None);
    said.sent = vec!["1".into()];
    journal.commit(said).unwrap();
    assert_eq!(due(&journal, 5), ["2"]);
}

#[test]
fn a_line_keeps_the_order_in_which_one_commit_put_it_in() {
    let place = Place::new();
    let journal = place.open();
    let company = journal.company("acme").unwrap();
    let of = conversation(company, "t");
    let mut fill = commit(&of, 0, None);
    let keys: Vec<String> = (0..20).map(|n| format!("{}", n * 7 % 20)).collect();
    fill.outbox = keys
        .iter()
        .map(|key| NewOutbox {
            key: key.clone(),
            target: "x".into(),
            conversation: Some(of.id),
            payload: vec![],
            not_before: at(1),
        })
        .collect();
    journal.commit(fill).unwrap();
    for key in &keys {
        assert_eq!(due(&journal, 9), [key.as_str()]);
        journal.outbox_done(company, key).unwrap();
    }
    assert_eq!(due(&journal, 9), [""; 0]);
}

#[test]
fn a_check_finds_what_is_held_back_by_nothing() {
    let place = Place::new();
    let journal = place.open();
    let company = journal.company("acme").unwrap();
    let mut of = conversation(company, "t");
    for key in ["1", "2"] {
        put(&journal, &mut of, "x", key);
    }
    assert!(journal.check().unwrap().sound());
    drop(journal);
    let stuck = "UPDATE outbox SET held = 1 WHERE key = '1'";
    place.raw().execute(stuck, []).unwrap();
    let report = place.open().check().unwrap();
    assert!(
        matches!(&report.findings[..], [Finding::Damaged(text)] if text.contains("\"1\"")),
        "{report:?}"
    );
}

/// What can be done to the item of a number.
#[derive(Clone, Debug)]
enum Deed {
    Put { conversation: usize, target: usize },
    Done(usize),
    Sent(usize),
    Later(usize, i64),
    Dead(usize),
    Retry(usize, i64),
}

fn deed() -> impl Strategy<Value = Deed> {
    let put = (0..3usize, 0..2usize).prop_map(|(conversation, target)| Deed::Put {
        conversation,
        target,
    });
    let number = || 0..12usize;
    prop_oneof![
        4 => put,
        1 => number().prop_map(Deed::Done),
        1 => number().prop_map(Deed::Sent),
        2 => (number(), 0..20i64).prop_map(|(number, second)| Deed::Later(number, second)),
        1 => number().prop_map(Deed::Dead),
        2 => (number(), 0..20i64).prop_map(|(number, second)| Deed::Retry(number, second)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn only_the_first_of_a_conversation_for_a_target_is_due_whatever_happens(
        deeds in proptest::collection::vec(deed(), 1..40)
    ) {
        const TARGETS: [&str; 2] = ["x", "crm"];
        let place = Place::new();
        let journal = place.open();
        let company = journal.company("acme").unwrap();
        let mut of = ["a", "b", "c"].map(|thread| conversation(company, thread));
        let mut last = conversation(company, "elsewhere");
        let mut numbers = 0..;
        for deed in deeds {
            // Of what is unknown or done already: refused, and no matter.
            let _ = match deed {
                Deed::Put { conversation, target } => {
                    let key = numbers.next().unwrap_or(0).to_string();
                    put(&journal, &mut of[conversation], TARGETS[target], &key);
                    Ok(())
                }
                Deed::Sent(number) => {
                    let mut said = commit(&last, last.sequence, None);
                    said.sent = vec![number.to_string()];
                    last.sequence = journal.commit(said).unwrap().sequence;
                    Ok(())
                }
                Deed::Done(number) => journal.outbox_done(company, &number.to_string()),
                Deed::Later(number, second) => {
                    journal.outbox_later(company, &number.to_string(), at(second), "503")
                }
                Deed::Dead(number) => journal.outbox_dead(company, &number.to_string(), "no"),
                Deed::Retry(number, second) => {
                    journal.outbox_retry(company, &number.to_string(), at(second),  act("test"))
                }
            };
            let mut waiting = journal.outbox_list(company, OutboxState::Waiting, "", 99).unwrap();
            waiting.sort_by_key(|item| item.key.parse::<u32>().unwrap());
            let mut lines = BTreeSet::new();
            waiting.retain(|item| lines.insert((item.conversation, item.target.clone())));
            let first = waiting.iter().map(|item| item.not_before).min();
            prop_assert_eq!(journal.outbox_next().unwrap(), first);
            waiting.retain(|item| item.not_before <= at(10));
            waiting.sort_by_key(|item| (item.not_before, item.key.clone()));
            prop_assert_eq!(journal.outbox_due(at(10), None, 99).unwrap(), waiting);
        }
        prop_assert!(journal.check().unwrap().sound());
    }
}
