//! Stopwatch for working time.

use serde::{Deserialize, Serialize};

use crate::hours::{Hours, NEVER_MS};

/// Counted working time, and when counting resumed. A stopped stopwatch is a
/// break in the calendar; counted time survives a change of the calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Stopwatch {
    worked_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    since_ms: Option<u64>,
}

impl Stopwatch {
    pub(super) fn is_running(&self) -> bool {
        self.since_ms.is_some()
    }

    pub(super) fn start(&mut self, at_ms: u64) {
        self.since_ms.get_or_insert(at_ms);
    }

    pub(super) fn stop(&mut self, at_ms: u64, hours: Option<&Hours>) {
        self.worked_ms = self.elapsed(at_ms, hours);
        self.since_ms = None;
    }

    /// Working time up to a moment, in milliseconds.
    pub(super) fn elapsed(&self, now_ms: u64, hours: Option<&Hours>) -> u64 {
        let running_ms = self
            .since_ms
            .map_or(0, |since_ms| working_between(hours, since_ms, now_ms));
        self.worked_ms.saturating_add(running_ms)
    }

    /// Whether so much working time had passed at the last start.
    pub(super) fn is_past(&self, working_ms: u64) -> bool {
        self.worked_ms >= working_ms
    }

    /// When so much working time will have passed, at the earliest the last
    /// start; `None` where it is stopped, or for never.
    pub(super) fn reaches(&self, working_ms: u64, hours: Option<&Hours>) -> Option<u64> {
        let left_ms = working_ms.saturating_sub(self.worked_ms);
        self.since_ms
            .map(|since_ms| add_working(hours, since_ms, left_ms))
            .filter(|at_ms| *at_ms < NEVER_MS)
    }
}

fn working_between(hours: Option<&Hours>, from_ms: u64, to_ms: u64) -> u64 {
    match hours {
        Some(hours) => hours.working_between(from_ms, to_ms),
        None => to_ms.saturating_sub(from_ms),
    }
}

fn add_working(hours: Option<&Hours>, from_ms: u64, working_ms: u64) -> u64 {
    match hours {
        Some(hours) => hours.add_working_ms(from_ms, working_ms),
        None => from_ms.saturating_add(working_ms),
    }
}
