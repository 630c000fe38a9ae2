//! What was turned away because the host had too much to do.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What there was too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shed {
    /// Requests that wait for a thread.
    Queue,
    /// Time in which no thread became free.
    Deadline,
    /// Bodies held at once.
    Bodies,
    /// Decisions of a plugin or of the engine at once.
    Policies,
    /// Deliveries of a company that wait to be decided about.
    Backlog,
    /// Actions that wait for their turn at the desk.
    Desk,
    /// Checks of what one person types.
    Typing,
}

impl Shed {
    /// The name, as in metric labels.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Shed::Queue => "queue",
            Shed::Deadline => "deadline",
            Shed::Bodies => "bodies",
            Shed::Policies => "policies",
            Shed::Backlog => "backlog",
            Shed::Desk => "desk",
            Shed::Typing => "typing",
        }
    }
}

/// How much was turned away, by configured company and by what.
#[derive(Debug, Default)]
pub(super) struct Turned(Mutex<BTreeMap<(String, Shed), u64>>);

impl Turned {
    pub(super) fn count(&self, company: Option<&str>, what: Shed) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let company = company.unwrap_or_default().to_owned();
        *counts.entry((company, what)).or_default() += 1;
    }

    pub(super) fn read(&self) -> BTreeMap<(String, Shed), u64> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
