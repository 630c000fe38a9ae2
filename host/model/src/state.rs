//! State of policies: scopes, writes that commute, and reads.

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
    /// Owner of a state entry.
    pub enum Scope {
        /// One conversation.
        Conversation = "conversation",
        /// One contact.
        Contact = "contact",
        /// The whole company.
        Company = "company",
    }
}

/// A state write of a decision; committed with the decision or discarded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateWrite {
    /// Scope.
    pub scope: Scope,
    /// Key.
    pub key: String,
    /// Change.
    pub change: Change,
}

/// Change of a key. The scopes contact and company allow only changes that
/// commute, so that concurrent decisions need no lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Set a value.
    Set {
        /// The value.
        value: Vec<u8>,
        /// When it expires; absent: never.
        expires_at: Option<Timestamp>,
    },
    /// Add to a counter.
    Add(i64),
    /// Raise a counter to at least this.
    Max(i64),
    /// Add to a windowed counter.
    AddWindowed {
        /// Amount.
        amount: i64,
        /// When the amount expires.
        expires_at: Timestamp,
    },
    /// Delete the key.
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

/// Most amounts of a windowed counter. Beyond it, the two amounts that expire
/// closest to each other are joined and expire with the later one.
pub const WINDOWED_AMOUNTS: usize = 256;

/// Stored state of one key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// The value, and when it expires (absent: never).
    pub value: Option<(Vec<u8>, Option<Timestamp>)>,
    /// Sum of the amounts without a window.
    pub counter: i64,
    /// Windowed amounts with their expiry, earliest first, at most
    /// [`WINDOWED_AMOUNTS`].
    pub windowed: Vec<(Timestamp, i64)>,
}

impl Cell {
    /// Apply a change.
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

    /// When the entry is empty; absent: a part never expires.
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

/// State of one plugin for one conversation, its contact and its company.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    cells: BTreeMap<(Scope, String), Cell>,
}

impl Memory {
    /// Join the state of a conversation, its contact and its company.
    pub fn joined<'a>(parts: impl IntoIterator<Item = &'a Memory>) -> Memory {
        let cells = parts.into_iter().flat_map(|part| part.cells.clone());
        Memory {
            cells: cells.collect(),
        }
    }

    /// Value of a key that has not expired.
    pub fn get(&self, scope: Scope, key: &str, now: Timestamp) -> Option<&[u8]> {
        let (value, expires_at) = self.cell(scope, key)?.value.as_ref()?;
        match expires_at {
            Some(at) if *at <= now => None,
            _ => Some(value),
        }
    }

    /// Value of a counter: permanent and unexpired windowed amounts.
    pub fn counter(&self, scope: Scope, key: &str, now: Timestamp) -> i64 {
        let Some(cell) = self.cell(scope, key) else {
            return 0;
        };
        cell.windowed
            .iter()
            .filter(|(expires_at, _)| *expires_at > now)
            .fold(cell.counter, |sum, (_, amount)| sum.saturating_add(*amount))
    }

    /// Apply a write.
    pub fn apply(&mut self, write: &StateWrite, now: Timestamp) {
        let at = (write.scope, write.key.clone());
        if write.change == Change::Remove {
            self.cells.remove(&at);
            return;
        }
        self.cells.entry(at).or_default().apply(&write.change, now);
    }

    /// Insert a stored entry, in place of the existing one.
    pub fn insert(&mut self, scope: Scope, key: String, cell: Cell) {
        self.cells.insert((scope, key), cell);
    }

    /// All entries, by scope and key.
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
    fn a_value_disappears_when_it_expires() {
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
    fn a_windowed_counter_drops_expired_amounts() {
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
    fn a_busy_windowed_counter_stays_small_and_expires_nothing_early() {
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
    fn a_cell_tells_when_it_is_empty() {
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
