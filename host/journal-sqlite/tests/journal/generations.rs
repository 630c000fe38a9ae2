use std::collections::BTreeMap;

use patchbay_journal::*;
use patchbay_journal_sqlite::*;
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

#[test]
fn a_deleted_generation_frees_the_parts_that_no_other_uses() {
    let store = TestStore::new();
    let journal = store.open();
    let [acme, other] = ["acme", "other"].map(|name| journal.company(name).unwrap());
    let own = |number: u64| NewGeneration {
        parts: BTreeMap::from([
            ([7; 32], b"shared".to_vec()),
            ([number as u8; 32], vec![0; 1_000]),
        ]),
        ..new(number)
    };
    journal
        .put_generation(acme, Some(own(1)), Some(to(1, None)), at(11), None)
        .unwrap();
    journal
        .put_generation(acme, Some(own(2)), None, at(12), None)
        .unwrap();
    journal
        .put_generation(other, Some(new(1)), None, at(12), None)
        .unwrap();
    let before = journal.generation_usage(acme).unwrap();
    assert_eq!((before.count, before.newest), (2, 2));
    let source = new(2).source.len() as u64;
    let freed = journal.delete_generation(acme, 2, None).unwrap();
    assert_eq!(freed, 1_000 + source, "the shared part stays");
    let after = journal.generation_usage(acme).unwrap();
    assert_eq!(after.bytes, before.bytes - freed);
    assert_eq!(journal.generation_part([2; 32]).unwrap(), None);
    assert!(journal.generation_part([7; 32]).unwrap().is_some());
    assert!(journal.generation(acme, 2).unwrap().is_none());
    // Its number is not used again.
    assert_eq!(after.newest, 2);
    let again = journal.put_generation(acme, Some(own(2)), None, at(13), None);
    assert!(matches!(
        again,
        Err(JournalError::GenerationTaken { newest: 2 })
    ));
    journal
        .put_generation(acme, Some(own(3)), None, at(13), None)
        .unwrap();
}

#[test]
fn a_generation_in_use_is_not_deleted() {
    let store = TestStore::new();
    let journal = store.open();
    let acme = journal.company("acme").unwrap();
    journal
        .put_generation(acme, Some(new(1)), Some(to(1, None)), at(11), None)
        .unwrap();
    journal
        .put_generation(acme, Some(new(2)), None, at(12), None)
        .unwrap();
    let rollout = RolloutRow {
        generation: 2,
        control: 1,
        terms: "{}".to_owned(),
        tally: "{}".to_owned(),
    };
    journal
        .put_rollout(acme, rollout, Vec::new(), None)
        .unwrap();
    for number in [1, 2] {
        let refused = journal.delete_generation(acme, number, None);
        assert!(matches!(refused, Err(JournalError::GenerationInUse(in_use)) if in_use == number));
    }
    let unknown = journal.delete_generation(acme, 3, None);
    assert!(matches!(unknown, Err(JournalError::NoGeneration(3))));
}

#[test]
fn the_parts_of_generations_of_an_earlier_version_are_known() {
    let store = TestStore::new();
    let journal = store.open();
    let acme = journal.company("acme").unwrap();
    let digest = "07".repeat(32);
    let source = format!(
        r#"{{"document":"","packs":{{"a":{{"component":"sha256:{digest}"}},"b":{{"component":"sha256:{digest}"}}}}}}"#
    );
    let named = NewGeneration {
        source: source.into_bytes(),
        ..new(1)
    };
    journal
        .put_generation(acme, Some(named), None, at(11), None)
        .unwrap();
    journal
        .put_generation(acme, Some(new(2)), None, at(11), None)
        .unwrap();
    drop(journal);
    store.downgrade(3);
    let journal = store.open();
    let usage = journal.generation_usage(acme).unwrap();
    assert_eq!((usage.count, usage.newest), (2, 2));
    journal.delete_generation(acme, 1, None).unwrap();
    assert_eq!(journal.generation_part([7; 32]).unwrap(), None);
}

#[test]
fn a_company_has_only_the_parts_of_its_own_generations() {
    let store = TestStore::new();
    let journal = store.open();
    let acme = journal.company("acme").unwrap();
    let other = journal.company("other").unwrap();
    let has = |company, digest| journal.has_generation_part(company, digest).unwrap();
    journal
        .put_generation(acme, Some(new(1)), None, at(11), None)
        .unwrap();
    assert!(has(acme, [7; 32]) && !has(acme, [8; 32]));
    assert!(!has(other, [7; 32]));
    journal
        .put_generation(other, Some(new(1)), None, at(11), None)
        .unwrap();
    journal.delete_generation(acme, 1, None).unwrap();
    assert!(!has(acme, [7; 32]) && has(other, [7; 32]));
}
