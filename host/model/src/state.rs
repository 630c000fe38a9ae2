//! What a policy remembers: scopes, the write forms that commute, and what a
//! read sees.

use std::collections::BTreeMap;

use crate::codes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Most bytes of a key.
pub const KEY_BYTES: usize = 128;
/// Most bytes of a value.
pub const VALUE_BYTES: usize = 4096;
/// Longest window of a windowed counter, in seconds: a week.
pub const WINDOW_SECONDS: u32 = 604_800;

codes! {
    /// Whose memory it is.
    pub enum Scope {
        /// One conversation.
        Conversation = "conversation",
        /// One contact.
        Contact = "contact",
        /// The whole company.
        Company = "company",
    }
}

/// One write of a decision; it commits with the decision or not at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateWrite {
    /// Whose memory.
    pub scope: Scope,
    /// Which key.
    pub key: String,
    /// What happens to it.
    pub change: Change,
}

/// What happens to a key. In the scopes contact and company only forms that
/// commute exist, so that concurrent decisions need no lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Set a value, which expires.
    Set {
        /// The value.
        value: Vec<u8>,
        /// When it is forgotten; absent: never.
        expires_at: Option<Timestamp>,
    },
    /// Add to a counter.
    Add(i64),
    /// Raise a counter to at least this.
    Max(i64),
    /// Add to a counter that forgets.
    AddWindowed {
        /// How much.
        amount: i64,
        /// When it is forgotten.
        expires_at: Timestamp,
    },
    /// Forget the key.
    Remove,
}

impl StateWrite {
    /// Bytes counted against the limit on state.
    pub fn size(&self) -> usize {
        let value = match &self.change {
            Change::Set { value, .. } => value.len(),
            _ => 8,
        };
        self.key.len() + value
    }
}

/// Most amounts a windowed counter keeps apart. With more, the two that are
/// forgotten nearest to each other become one, forgotten with the later: a
/// busy counter forgets a little late, and never grows.
pub const WINDOWED_AMOUNTS: usize = 256;

/// What is remembered under one key, as a store keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// The value, and when it is forgotten (absent: never).
    pub value: Option<(Vec<u8>, Option<Timestamp>)>,
    /// What was added for good.
    pub counter: i64,
    /// What was added within a window: when it is forgotten, and how much;
    /// the earliest first, at most [`WINDOWED_AMOUNTS`].
    pub windowed: Vec<(Timestamp, i64)>,
}

impl Cell {
    /// Make a change.
    pub fn apply(&mut self, change: &Change, now: Timestamp) {
        match change {
            Change::Set { value, expires_at } => self.value = Some((value.clone(), *expires_at)),
            Change::Add(amount) => self.counter = self.counter.saturating_add(*amount),
            Change::Max(least) => self.counter = self.counter.max(*least),
            Change::AddWindowed { amount, expires_at } => {
                self.windowed.retain(|(at, _)| *at > now);
                let place = self.windowed.partition_point(|(at, _)| at <= expires_at);
                self.windowed.insert(place, (*expires_at, *amount));
                if self.windowed.len() > WINDOWED_AMOUNTS {
                    self.join_nearest();
                }
            }
            Change::Remove => *self = Cell::default(),
        }
    }

    /// When nothing is left of it: now and ever, if it is empty; absent if
    /// something in it is never forgotten.
    pub fn forgotten_at(&self) -> Option<Timestamp> {
        let value = match &self.value {
            Some((_, expires_at)) => (*expires_at)?,
            None => Timestamp::MIN,
        };
        let windowed = self.windowed.last().map_or(Timestamp::MIN, |(at, _)| *at);
        (self.counter == 0).then_some(value.max(windowed))
    }

    fn join_nearest(&mut self) {
        let gap = |at: &usize| self.windowed[at + 1].0.duration_since(self.windowed[*at].0);
        if let Some(at) = (0..self.windowed.len() - 1).min_by_key(gap) {
            let (_, amount) = self.windowed.remove(at);
            self.windowed[at].1 = self.windowed[at].1.saturating_add(amount);
        }
    }
}

/// What one plugin remembers of one conversation, its contact and its company.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    cells: BTreeMap<(Scope, String), Cell>,
}

impl Memory {
    /// What is remembered of a conversation, of its contact and of the company,
    /// each kept apart, as one.
    pub fn joined<'a>(parts: impl IntoIterator<Item = &'a Memory>) -> Memory {
        let cells = parts.into_iter().flat_map(|part| part.cells.clone());
        Memory {
            cells: cells.collect(),
        }
    }

    /// The value of a key that has not expired.
    pub fn get(&self, scope: Scope, key: &str, now: Timestamp) -> Option<&[u8]> {
        let (value, expires_at) = self.cell(scope, key)?.value.as_ref()?;
        match expires_at {
            Some(at) if *at <= now => None,
            _ => Some(value),
        }
    }

    /// The value of a counter: what was added for good and what was added
    /// within its window.
    pub fn counter(&self, scope: Scope, key: &str, now: Timestamp) -> i64 {
        let Some(cell) = self.cell(scope, key) else {
            return 0;
        };
        cell.windowed
            .iter()
            .filter(|(expires_at, _)| *expires_at > now)
            .fold(cell.counter, |sum, (_, amount)| sum.saturating_add(*amount))
    }

    /// Make a write visible.
    pub fn apply(&mut self, write: &StateWrite, now: Timestamp) {
        let at = (write.scope, write.key.clone());
        if write.change == Change::Remove {
            self.cells.remove(&at);
            return;
        }
        self.cells.entry(at).or_default().apply(&write.change, now);
    }

    /// Put in what a store kept under a key, in place of what is there.
    pub fn insert(&mut self, scope: Scope, key: String, cell: Cell) {
        self.cells.insert((scope, key), cell);
    }

    /// Everything in it, by scope and key.
    pub fn cells(&self) -> impl Iterator<Item = (Scope, &str, &Cell)> {
        self.cells
            .iter()
            .map(|((scope, key), cell)| (*scope, key.as_str(), cell))
    }

    fn cell(&self, scope: Scope, key: &str) -> Option<&Cell> {
        if self.cells.is_empty() {
            return None;
        }
        self.cells.get(&(scope, key.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn write(change: Change) -> StateWrite {
        StateWrite {
            scope: Scope::Contact,
            key: "k".into(),
            change,
        }
    }

    #[test]
    fn a_value_is_forgotten_when_it_expires() {
        let mut memory = Memory::default();
        let set = Change::Set {
            value: b"v".to_vec(),
            expires_at: Some(at(10)),
        };
        memory.apply(&write(set), at(0));
        assert_eq!(memory.get(Scope::Contact, "k", at(9)), Some(&b"v"[..]));
        assert_eq!(memory.get(Scope::Contact, "k", at(10)), None);
        assert_eq!(memory.get(Scope::Company, "k", at(9)), None);
    }

    #[test]
    fn a_windowed_counter_forgets_what_is_old() {
        let mut memory = Memory::default();
        for second in [0, 5] {
            let add = Change::AddWindowed {
                amount: 1,
                expires_at: at(second + 10),
            };
            memory.apply(&write(add), at(second));
        }
        assert_eq!(memory.counter(Scope::Contact, "k", at(9)), 2);
        assert_eq!(memory.counter(Scope::Contact, "k", at(12)), 1);
        assert_eq!(memory.counter(Scope::Contact, "k", at(20)), 0);
    }

    #[test]
    fn a_busy_windowed_counter_does_not_grow_and_forgets_nothing_early() {
        let mut cell = Cell::default();
        for second in 0..10_000 {
            let add = Change::AddWindowed {
                amount: 1,
                expires_at: at(100_000 + second),
            };
            cell.apply(&add, at(second));
        }
        assert_eq!(cell.windowed.len(), WINDOWED_AMOUNTS);
        let left = |now| {
            let mut memory = Memory::default();
            memory.insert(Scope::Company, "k".into(), cell.clone());
            memory.counter(Scope::Company, "k", now)
        };
        assert_eq!(left(at(99_999)), 10_000);
        assert!(left(at(105_000)) >= 5_000 - 1, "{}", left(at(105_000)));
        assert_eq!(left(at(110_000)), 0);
    }

    #[test]
    fn a_cell_says_when_nothing_is_left_of_it() {
        let mut cell = Cell::default();
        let set = |expires_at| Change::Set {
            value: vec![1],
            expires_at,
        };
        cell.apply(&set(Some(at(5))), at(0));
        assert_eq!(cell.forgotten_at(), Some(at(5)));
        cell.apply(&set(None), at(0));
        assert_eq!(cell.forgotten_at(), None);
        cell.apply(&Change::Remove, at(0));
        cell.apply(&Change::Add(1), at(0));
        assert_eq!(cell.forgotten_at(), None);
    }

    #[test]
    fn counters_do_not_overflow() {
        let mut memory = Memory::default();
        memory.apply(&write(Change::Add(i64::MAX)), at(0));
        memory.apply(&write(Change::Add(1)), at(0));
        assert_eq!(memory.counter(Scope::Contact, "k", at(0)), i64::MAX);
    }
}
