//! Stored state of one clock.

use serde::{Deserialize, Serialize};

use super::run::Run;
use super::{ClockState, Due, DueKind};
use crate::hours::Hours;

/// The current or last run, and the results of all runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ClockRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Run>,
    hits: u32,
    misses: u32,
}

impl ClockRecord {
    pub(super) fn run(&self) -> Option<&Run> {
        self.run.as_ref()
    }

    pub(super) fn hits(&self) -> u32 {
        self.hits
    }

    pub(super) fn misses(&self) -> u32 {
        self.misses
    }

    pub(super) fn is_running(&self) -> bool {
        self.run.as_ref().is_some_and(Run::is_running)
    }

    /// Start a new run.
    pub(super) fn begin(&mut self, at_ms: u64) {
        let number = self.run.as_ref().map_or(0, Run::number).saturating_add(1);
        self.run = Some(Run::new(number, at_ms));
    }

    pub(super) fn pause(&mut self, at_ms: u64, hours: Option<&Hours>) {
        if let Some(run) = &mut self.run {
            run.stop(at_ms, hours);
        }
    }

    pub(super) fn resume(&mut self, at_ms: u64) {
        if let Some(run) = &mut self.run {
            run.start(at_ms);
        }
    }

    /// Count the run from another moment.
    pub(super) fn move_start(&mut self, at_ms: u64) {
        if let Some(run) = &mut self.run {
            run.move_start(at_ms);
        }
    }

    /// End the run. A breach was counted when it fell due; without a target it
    /// is neither hit nor miss.
    pub(super) fn reach(&mut self, at_ms: u64, target_ms: Option<u64>, hours: Option<&Hours>) {
        let Some(run) = &mut self.run else {
            return;
        };
        run.stop(at_ms, hours);
        match target_ms {
            Some(target_ms) if run.is_past(target_ms) => {
                self.misses = self.misses.saturating_add(run.miss())
            }
            Some(_) if !run.is_missed() => self.hits = self.hits.saturating_add(1),
            _ => {}
        }
    }

    /// Count the time so far by these hours, before others apply.
    pub(super) fn settle(&mut self, at_ms: u64, hours: Option<&Hours>) {
        if self.is_running() {
            self.pause(at_ms, hours);
            self.resume(at_ms);
        }
    }

    /// Record that something fell due, so that it does so once.
    pub(super) fn mark(&mut self, due: &Due) {
        if let Some(run) = &mut self.run {
            run.mark(due);
            if due.kind == DueKind::Breached {
                self.misses = self.misses.saturating_add(run.miss());
            }
        }
    }

    pub(super) fn state(&self, is_live: bool, has_target: bool) -> Option<ClockState> {
        match (is_live, self.misses) {
            (true, 0) => has_target.then_some(ClockState::Active),
            (true, _) => Some(ClockState::ActiveWithMisses),
            (false, 0) => (self.hits > 0).then_some(ClockState::Hit),
            (false, _) => Some(ClockState::Missed),
        }
    }
}
