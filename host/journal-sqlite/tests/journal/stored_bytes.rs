//! What each company stores is counted exactly, and bounded.

use std::collections::BTreeMap;

use patchbay_journal::*;
use patchbay_journal_sqlite::*;
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::state::{Change, Scope};

use crate::channel_writes;
use crate::sequence::Sequence;
use crate::store::{TestStore, accept_one, arrival, at, audit_entry, commit, conversation};

/// A company and its conversations: the conversation and its sequence number.
struct Writer {
    company: CompanyId,
    name: &'static str,
    open: BTreeMap<u64, (Conversation, u64)>,
    generations: u64,
    /// The lowest generation that is not deleted.
    oldest: u64,
}

/// One random write of a company.
fn write(journal: &SqliteJournal, writer: &mut Writer, step: i64, next: &mut Sequence) {
    let company = writer.company;
    let audit = AuditEntry {
        company: Some(writer.name.into()),
        details: format!("{:?}", next.bytes(20)),
        ..audit_entry("act")
    };
    match next.below(12) {
        0 => {
            let address = format!("@{}", next.below(20));
            let found = journal.find_or_create_contact(company, "x", &address, at(step));
            let found = found.unwrap().person;
            match next.below(3) {
                0 => drop(journal.add_address(company, found, "email", &address)),
                1 => drop(journal.erase_person(company, found, at(step), audit)),
                _ => {}
            }
        }
        1 => {
            let agent = AgentRow {
                id: format!("a{}", next.below(4)),
                profile: String::from_utf8(next.bytes(50)).unwrap(),
                presence: patchbay_model::directory::Presence::Offline,
                changed_at: at(step),
                state: next.bytes(50),
            };
            match next.below(2) {
                0 => journal.put_agents(company, vec![agent], vec![], Some(audit)),
                _ => journal
                    .remove_agent(company, &agent.id, vec![], audit)
                    .map(drop),
            }
            .unwrap();
        }
        2 => {
            writer.generations += 1;
            // Companies share some components.
            let part = vec![next.below(4) as u8; 500];
            let digest = *blake3::hash(&part).as_bytes();
            let new = NewGeneration {
                number: writer.generations,
                digest: [1; 32],
                source: next.bytes(300),
                parts: [(digest, part)].into_iter().collect(),
                by: "ana".into(),
                at: at(step),
            };
            let put = journal.put_generation(company, Some(new), None, at(step), Some(audit));
            put.unwrap();
        }
        3 if writer.oldest <= writer.generations => {
            let deleted = journal.delete_generation(company, writer.oldest, Some(audit));
            deleted.unwrap();
            writer.oldest += 1;
        }
        4 => {
            let name = format!("d{}", next.below(3));
            let body = String::from_utf8(next.bytes(50)).unwrap();
            let directive = Directive {
                name: name.clone(),
                body,
            };
            match next.below(2) {
                0 => journal.put_directive(company, directive, &[], vec![], audit),
                _ => journal
                    .remove_directive(company, &name, vec![], None)
                    .map(drop),
            }
            .unwrap();
        }
        5 => {
            // A second wording of a message.
            let message = format!("m{}", next.below(30));
            let text = format!("{:?}", next.bytes(9));
            drop(
                journal
                    .accept(vec![arrival(company, &message, &text)])
                    .unwrap(),
            );
        }
        6 => drop(journal.compact(at(step - 20)).unwrap()),
        7 => {
            let items = journal.outbox_items(company, OutboxState::Waiting, "", 1);
            if let Some(item) = items.unwrap().first() {
                let problem = String::from_utf8(next.bytes(99)).unwrap();
                match next.below(3) {
                    0 => journal.mark_outbox_done(company, &item.key),
                    1 => journal.mark_outbox_dead(company, &item.key, &problem),
                    _ => journal.reschedule_outbox(company, &item.key, at(step), &problem),
                }
                .unwrap();
            }
        }
        _ => commit_one(journal, writer, step, next),
    }
}

/// A commit with entries, policy memory and an outbox item.
fn commit_one(journal: &SqliteJournal, writer: &mut Writer, step: i64, next: &mut Sequence) {
    let company = writer.company;
    let thread = next.below(6);
    let name = format!("{thread} {}", step / 100);
    let new = || (conversation(company, &name), 0);
    let (mut of, sequence) = writer.open.remove(&thread).unwrap_or_else(new);
    of.snapshot = next.bytes(200);
    of.owner = (next.below(2) == 0).then(|| "ana".into());
    let is_last = next.below(4) == 0;
    if is_last {
        of.state = ConversationState::Resolved;
    }
    let message = format!("{step} {}", writer.name);
    let input = accept_one(journal, arrival(company, &message, "Hello"));
    let mut one = commit(&of, sequence, Some(input));
    one.at = at(step);
    one.entries[0].sealed = next.bytes(300);
    one.state.push(StateChange {
        plugin: "p".into(),
        version: 1,
        scope: Scope::Conversation,
        owner: of.id.0.to_vec(),
        key: format!("k{}", next.below(3)),
        change: match next.below(3) {
            0 => Change::Add(1),
            _ => Change::Set {
                value: next.bytes(80),
                expires_at: Some(at(step + 5)),
            },
        },
    });
    one.outbox.push(NewOutbox {
        key: format!("{}", next.below(1_000)),
        target: "crm".into(),
        conversation: None,
        payload: vec![],
        not_before: at(step),
        can_take_back: false,
    });
    let done = journal.commit(one);
    // Another item may have the key.
    let sequence = done.map_or(sequence, |done| done.sequence);
    if !is_last && sequence > 0 {
        writer.open.insert(thread, (of, sequence));
    }
}

#[test]
fn the_count_is_exact_after_random_writes_and_restarts() {
    let store = TestStore::new();
    let mut next = Sequence(0x2545_f491_4f6c_dd1d);
    let mut writers: Vec<Writer> = Vec::new();
    for round in 0..6 {
        let journal = store.open();
        if round == 0 {
            writers.extend(["acme", "harbour"].map(|name| {
                // The trail may name a company before the journal knows it.
                let early = AuditEntry {
                    company: Some(name.into()),
                    ..audit_entry("early")
                };
                journal.append_audit(early).unwrap();
                Writer {
                    company: journal.company(name).unwrap(),
                    name,
                    open: BTreeMap::new(),
                    generations: 0,
                    oldest: 1,
                }
            }));
        }
        for step in 0..100 {
            let which = next.below(2) as usize;
            let writer = &mut writers[which];
            match next.below(4) {
                0 => {
                    let conversation = writer.open.values().next().map(|(of, _)| of.id);
                    channel_writes::write(
                        &journal,
                        writer.company,
                        conversation,
                        round * 100 + step,
                        &mut next,
                    )
                }
                _ => write(&journal, writer, round * 100 + step, &mut next),
            }
        }
        let findings = journal.check().unwrap().findings;
        assert_eq!(findings, [], "after round {round}");
        for writer in &writers {
            assert!(journal.stored_bytes(writer.company).used > 10_000);
        }
    }
}

#[test]
fn a_check_finds_a_count_that_is_wrong() {
    let store = TestStore::new();
    let company = {
        let journal = store.open();
        let company = journal.company("acme").unwrap();
        accept_one(&journal, arrival(company, "1", "a"));
        company
    };
    let raw = store.raw();
    raw.execute("UPDATE stored_bytes SET bytes = bytes + 5", [])
        .unwrap();
    drop(raw);
    let findings = store.open().check().unwrap().findings;
    assert!(
        matches!(&findings[..], [CheckFinding::StoredBytes { company: of, counted, found }]
            if *of == company && counted - found == 5),
        "{findings:?}"
    );
}

#[test]
fn a_refused_write_counts_nothing() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    accept_one(&journal, arrival(company, "1", "a"));
    let before = journal.stored_bytes(company);
    journal
        .limit_bytes(0)
        .expect("no larger than it is already");
    let large = arrival(company, "2", &"a".repeat(3 << 20));
    let failed = journal.accept(vec![large]).unwrap_err();
    assert!(failed.is_disk_full(), "{failed}");
    assert_eq!(journal.stored_bytes(company), before);
    journal.limit_bytes(1 << 40).unwrap();
    assert_eq!(journal.check().unwrap().findings, []);
}

#[test]
fn a_journal_of_the_version_before_is_counted_when_it_opens() {
    let store = TestStore::new();
    let mut next = Sequence(99);
    let journal = store.open();
    let mut writer = Writer {
        company: journal.company("acme").unwrap(),
        name: "acme",
        open: BTreeMap::new(),
        generations: 0,
        oldest: 1,
    };
    for step in 0..100 {
        write(&journal, &mut writer, step, &mut next);
    }
    let counted = journal.stored_bytes(writer.company);
    drop(journal);
    store.downgrade(4);
    let journal = store.open();
    assert_eq!(journal.stored_bytes(writer.company), counted);
    assert_eq!(journal.check().unwrap().findings, []);
}

/// A journal in which `acme` stores as much as it may and `harbour` may store
/// less than others.
fn bounded(store: &TestStore) -> SqliteJournal {
    let options = Options {
        stored_bytes_per_company: 100_000,
        stored_bytes_of: [("harbour".to_owned(), 20_000)].into(),
        stored_bytes_reserve: 10_000,
        ..store.options()
    };
    SqliteJournal::open(&options).unwrap()
}

#[test]
fn a_company_at_its_bound_gets_no_more_inputs_and_others_do() {
    let store = TestStore::new();
    let journal = bounded(&store);
    let [loud, quiet] = ["acme", "quiet"].map(|name| journal.company(name).unwrap());
    let body = "a".repeat(1_000);
    let batch = |company, batch: usize| -> Vec<Arrival> {
        (0..50)
            .map(|n| arrival(company, &format!("{batch} {n}"), &body))
            .collect()
    };
    let mut accepted = 0;
    for number in 0..4 {
        let outcomes = journal.accept(batch(loud, number)).unwrap();
        for outcome in outcomes {
            match outcome {
                AcceptOutcome::Accepted(_) => accepted += 1,
                other => assert_eq!(other, AcceptOutcome::Full { limit: 100_000 }),
            }
        }
    }
    let used = journal.stored_bytes(loud).used;
    // The last one may reach over the bound, no further.
    assert!((100_000..102_000).contains(&used), "{used}");
    assert!((70..100).contains(&accepted), "{accepted}");
    let again = journal.accept(vec![arrival(loud, "0 0", &body)]).unwrap();
    assert!(matches!(again[0], AcceptOutcome::Duplicate { .. }));
    let contact = journal.find_or_create_contact(loud, "x", "@new", at(1));
    let refused = contact.unwrap_err();
    assert!(
        matches!(refused, JournalError::CompanyFull { limit: 100_000 }),
        "{refused}"
    );
    for number in 0..1 {
        let outcomes = journal.accept(batch(quiet, number)).unwrap();
        let is_accepted = |outcome: &AcceptOutcome| matches!(outcome, AcceptOutcome::Accepted(_));
        assert!(outcomes.iter().all(is_accepted));
    }
    journal
        .find_or_create_contact(quiet, "x", "@new", at(1))
        .unwrap();
}

#[test]
fn a_company_beyond_its_bound_decides_erases_and_deletes_and_then_accepts_again() {
    let store = TestStore::new();
    let journal = bounded(&store);
    let company = journal.company("harbour").unwrap();
    let jo = journal
        .find_or_create_contact(company, "x", "@jo", at(1))
        .unwrap()
        .person;
    let first = accept_one(&journal, arrival(company, "1", &"a".repeat(30_000)));
    let is_full = || journal.stored_bytes(company).is_full();
    assert!(is_full(), "its own bound is 20,000 bytes");
    let mut of = conversation(company, "t");
    of.state = ConversationState::Resolved;
    let mut decided = commit(&of, 0, Some(first));
    decided.entries[0].sealed = vec![1; 9_000];
    journal.commit(decided).unwrap();
    assert!(journal.stored_bytes(company).is_reserve_full());
    journal
        .erase_person(company, jo, at(2), audit_entry("erase"))
        .unwrap();
    let refused = journal.accept(vec![arrival(company, "2", "b")]).unwrap();
    assert_eq!(refused[0], AcceptOutcome::Full { limit: 20_000 });
    assert_eq!(journal.compact(at(500)).unwrap().conversations, 1);
    assert!(!is_full());
    accept_one(&journal, arrival(company, "2", "b"));
    drop(journal);
    let journal = bounded(&store);
    assert!(journal.stored_bytes(company).used < 2_000);
    assert_eq!(journal.stored_bytes(company).limit, 20_000);
    assert_eq!(journal.check().unwrap().findings, []);
}
