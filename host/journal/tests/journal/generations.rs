use std::collections::BTreeMap;

use patchbay_journal::*;
use patchbay_model::state::{Change, Scope};

use crate::store::{TestStore, at, commit, conversation};

fn new(number: u64) -> NewGeneration {
    NewGeneration {
        number,
        source: format!("source {number}").into_bytes(),
        digest: [number as u8; 32],
        parts: BTreeMap::from([([7; 32], b"shared".to_vec())]),
        by: "eva".into(),
        at: at(10),
    }
}

fn to(number: u64, expected: Option<u64>) -> Activation {
    Activation {
        number,
        expected,
        ..Activation::default()
    }
}

fn numbers(journal: &SqliteJournal, before: u64) -> Vec<u64> {
    let company = journal.company("acme").unwrap();
    let rows = journal.generations(company, before, 2).unwrap();
    rows.into_iter().map(|row| row.number).collect()
}

#[test]
fn generations_are_stored_in_order_and_the_active_one_survives_a_restart() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    assert_eq!(journal.active_generation(company).unwrap(), None);
    journal
        .put_generation(company, Some(new(1)), Some(to(1, None)), at(11), None)
        .unwrap();
    for number in [2, 3] {
        journal
            .put_generation(company, Some(new(number)), None, at(12), None)
            .unwrap();
    }
    journal
        .put_generation(company, None, Some(to(3, Some(1))), at(13), None)
        .unwrap();
    drop(journal);
    let journal = store.open();
    assert_eq!(journal.active_generation(company).unwrap(), Some(3));
    assert_eq!(
        journal.active_generations().unwrap(),
        [ActiveGeneration {
            company,
            name: "acme".to_owned(),
            number: 3,
            since: Some(at(13)),
        }]
    );
    assert_eq!(numbers(&journal, u64::MAX), [3, 2]);
    assert_eq!(numbers(&journal, 2), [1]);
    let (row, source) = journal.generation(company, 2).unwrap().unwrap();
    assert_eq!((row.activated_at, source), (None, b"source 2".to_vec()));
    let (row, _) = journal.generation(company, 3).unwrap().unwrap();
    assert_eq!((row.activated_at, row.by.as_str()), (Some(at(13)), "eva"));
    assert_eq!(
        journal.generation_part([7; 32]).unwrap(),
        Some(b"shared".to_vec())
    );
    assert_eq!(journal.generation_part([8; 32]).unwrap(), None);
    assert_eq!(journal.generation(company, 9).unwrap(), None);
}

#[test]
fn a_late_activation_is_refused_and_changes_nothing() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    journal
        .put_generation(company, Some(new(1)), Some(to(1, None)), at(11), None)
        .unwrap();
    let note = Note {
        kind: 83,
        at: at(1),
        head: "{}".into(),
    };
    let late = Activation {
        notes: vec![note],
        ..to(2, None)
    };
    let refused = journal.put_generation(company, Some(new(2)), Some(late), at(12), None);
    assert!(
        matches!(
            refused,
            Err(JournalError::GenerationMoved { active: Some(1) })
        ),
        "{refused:?}"
    );
    assert_eq!(
        numbers(&journal, u64::MAX),
        [1],
        "the generation was not stored"
    );
    assert!(journal.feed(company, 0, 9).unwrap().entries.is_empty());
    for number in [1, 3, 0] {
        let refused = journal.put_generation(company, Some(new(number)), None, at(12), None);
        assert!(
            matches!(refused, Err(JournalError::GenerationTaken { newest: 1 })),
            "{refused:?}"
        );
    }
    let nowhere = journal.put_generation(company, None, Some(to(5, Some(1))), at(12), None);
    assert!(matches!(nowhere, Err(JournalError::NoGeneration(5))));
    assert_eq!(journal.active_generation(company).unwrap(), Some(1));
}

#[test]
fn an_activation_copies_policy_memory_to_the_next_state_version() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let of = conversation(company, "t");
    let add = |version, amount| StateChange {
        plugin: "triage".into(),
        version,
        scope: Scope::Company,
        owner: Vec::new(),
        key: "seen".into(),
        change: Change::Add(amount),
    };
    let seen = |version| {
        let all: [(Scope, &[u8]); 1] = [(Scope::Company, b"")];
        let memory = journal.memory(company, "triage", version, &all).unwrap();
        memory.counter(Scope::Company, "seen", at(0))
    };
    let mut write = commit(&of, 0, None);
    write.state = vec![add(1, 5)];
    journal.commit(write).unwrap();
    let copy = Activation {
        copies: vec![StateCopy {
            plugin: "triage".into(),
            from: 1,
            to: 2,
        }],
        ..to(1, None)
    };
    journal
        .put_generation(company, Some(new(1)), Some(copy.clone()), at(11), None)
        .unwrap();
    assert_eq!((seen(1), seen(2)), (5, 5));
    let mut write = commit(&of, 1, None);
    write.state = vec![add(2, 1)];
    journal.commit(write).unwrap();
    assert_eq!(
        (seen(1), seen(2)),
        (5, 6),
        "the memory of the old version stays"
    );
    let again = Activation {
        number: 1,
        expected: Some(1),
        ..copy
    };
    journal
        .put_generation(company, None, Some(again), at(12), None)
        .unwrap();
    assert_eq!(seen(2), 6, "existing memory is not overwritten");
}
