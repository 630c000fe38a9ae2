//! What a pass works on: a conversation as it becomes, and what is written down
//! about it.

use patchbay_journal::{ContactId, NewEntry, NewOutbox, StateChange};

use crate::assignment::{Consequence, News};
use crate::memory::Known;
use crate::observer::Told;
use patchbay_records::snapshot::Snapshot;

/// A conversation while a pass works on it.
pub(crate) struct Sheet {
    pub(super) known: Known,
    pub(super) entries: Vec<NewEntry>,
    pub(super) state: Vec<StateChange>,
    pub(super) outbox: Vec<NewOutbox>,
    /// Keys of what the outbox is done with.
    pub(super) sent: Vec<String>,
    /// News from the floor that are in it; told again if it is not committed.
    pub(super) news: Vec<News>,
    /// What follows from them.
    pub(super) consequences: Vec<Consequence>,
    /// Whether it waits on other terms than before.
    pub(super) is_routed: bool,
    /// Agents whose row in the roster has to follow.
    pub(super) agents: Vec<String>,
    /// What is told of it once it is committed.
    pub(super) told: Told,
}

impl Sheet {
    pub(super) fn new(known: Known, told: Told) -> Sheet {
        Sheet {
            known,
            entries: Vec::new(),
            state: Vec::new(),
            outbox: Vec::new(),
            sent: Vec::new(),
            news: Vec::new(),
            consequences: Vec::new(),
            is_routed: false,
            agents: Vec::new(),
            told,
        }
    }

    pub(super) fn snapshot(&mut self) -> &mut Snapshot {
        &mut self.known.snapshot
    }

    pub(super) fn contact(&self) -> Option<ContactId> {
        self.known.row.contact
    }

    /// The number the next entry is given.
    pub(super) fn next_entry(&self) -> u64 {
        self.known.row.sequence + self.entries.len() as u64 + 1
    }

    /// Whether there is anything to write.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
