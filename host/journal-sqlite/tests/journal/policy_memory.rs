use patchbay_journal::*;
use patchbay_model::state::{Change, Memory, Scope, StateWrite};
use proptest::prelude::*;

use crate::store::{TestStore, at, commit, conversation};

fn change() -> impl Strategy<Value = Change> {
    let moment = || (0..200i64).prop_map(at);
    prop_oneof![
        (any::<Vec<u8>>(), proptest::option::of(moment()))
            .prop_map(|(value, expires_at)| Change::Set { value, expires_at }),
        any::<i64>().prop_map(Change::Add),
        any::<i64>().prop_map(Change::Max),
        (-5..5i64, moment())
            .prop_map(|(amount, expires_at)| Change::AddWindowed { amount, expires_at }),
        Just(Change::Remove),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn stored_memory_equals_the_memory_of_the_model(
        writes in proptest::collection::vec((0..3usize, "[ab]", change(), 0..200i64), 1..40)
    ) {
        let store = TestStore::new();
        let mut journal = store.open();
        let company = journal.company("acme").unwrap();
        let of = conversation(company, "t");
        let owners: [(Scope, &[u8]); 3] = [
            (Scope::Conversation, b"v"), (Scope::Contact, b"c"), (Scope::Company, b""),
        ];
        let mut expected = Memory::default();
        for (number, (owner, key, change, second)) in writes.into_iter().enumerate() {
            let (scope, owner) = owners[owner];
            let write = StateWrite { scope, key: key.clone(), change: change.clone() };
            expected.apply(&write, at(second));
            let mut write = commit(&of, number as u64, None);
            write.at = at(second);
            write.state = vec![StateChange {
                plugin: "p".into(), version: 1, scope, owner: owner.to_vec(), key, change,
            }];
            journal.commit(write).unwrap();
        }
        drop(journal);
        journal = store.open();
        let stored = journal.memory(company, "p", 1, &owners).unwrap();
        // An empty cell equals no cell.
        let expected: Vec<_> = expected.cells().filter(|(_, _, cell)| **cell != Default::default()).collect();
        prop_assert_eq!(stored.cells().collect::<Vec<_>>(), expected);
    }
}
