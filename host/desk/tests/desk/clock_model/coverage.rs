//! How often the sequences did what.

use std::collections::BTreeMap;
use std::fmt;

/// What every run of some thousand steps comes across.
const EXPECTED: [&str; 36] = [
    "act hold",
    "act resolve",
    "act resume",
    "act wait",
    "act wait, refused",
    "apply",
    "automatic echo",
    "automatic message",
    "clock back",
    "clock forward",
    "deletion",
    "delivery",
    "delivery, then resolve",
    "delivery, then wait",
    "delivery, withheld",
    "echo",
    "echo of a reply",
    "echo of a sent reply",
    "edit",
    "edit, same words",
    "failed delivery",
    "message",
    "message, begins",
    "message, older",
    "message, reopens",
    "pause",
    "pause ends",
    "reply",
    "restart",
    "restart after time",
    "restart with other terms",
    "take back",
    "told first-response sla-at-risk",
    "told first-response sla-breached",
    "told resolution sla-breached",
    "transfer",
];

/// Counts by name.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    steps: u64,
    counts: BTreeMap<String, u64>,
}

impl Coverage {
    /// Count something that happened.
    pub(super) fn count(&mut self, what: &str) {
        match self.counts.get_mut(what) {
            Some(count) => *count += 1,
            None => {
                self.counts.insert(what.to_owned(), 1);
            }
        }
    }

    /// Count an act of a customer, an agent, a channel or an operator.
    pub(super) fn count_step(&mut self, what: &str) {
        self.steps += 1;
        self.count(what);
    }

    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    pub(super) fn add(&mut self, other: &Coverage) {
        self.steps += other.steps;
        for (what, count) in &other.counts {
            *self.counts.entry(what.clone()).or_default() += count;
        }
    }

    /// Fail where something never happened.
    pub(super) fn assert_complete(&self) {
        let is_missing = |what: &&str| !self.counts.contains_key(*what);
        let missing: Vec<_> = EXPECTED.into_iter().filter(is_missing).collect();
        assert!(missing.is_empty(), "never happened: {missing:?}");
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, count) in &self.counts {
            writeln!(f, "{count:>10} {what}")?;
        }
        Ok(())
    }
}
