//! One run of a clock; it can be missed once.

use serde::{Deserialize, Serialize};

use super::stopwatch::Stopwatch;
use super::{AtRisk, Clock, Due, DueKind};
use crate::hours::Hours;

/// From the start of a clock to the event it waits for. At risk and breached
/// fire once each, however the targets change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Run {
    number: u32,
    began_ms: u64,
    watch: Stopwatch,
    #[serde(default)]
    was_at_risk: bool,
    #[serde(default)]
    is_missed: bool,
    /// The reported breach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    breached_ms: Option<u64>,
}

impl Run {
    pub(super) fn new(number: u32, began_ms: u64) -> Run {
        let mut watch = Stopwatch::default();
        watch.start(began_ms);
        Run {
            number,
            began_ms,
            watch,
            was_at_risk: false,
            is_missed: false,
            breached_ms: None,
        }
    }

    pub(super) fn number(&self) -> u32 {
        self.number
    }

    pub(super) fn began_ms(&self) -> u64 {
        self.began_ms
    }

    pub(super) fn is_running(&self) -> bool {
        self.watch.is_running()
    }

    pub(super) fn is_missed(&self) -> bool {
        self.is_missed
    }

    /// Mark the run as missed and return how many misses that adds.
    pub(super) fn miss(&mut self) -> u32 {
        u32::from(!std::mem::replace(&mut self.is_missed, true))
    }

    /// Count from another moment, as if it had begun there; no change where it
    /// did. What fired does not fire again.
    pub(super) fn move_start(&mut self, at_ms: u64) {
        if self.began_ms != at_ms {
            self.began_ms = at_ms;
            self.watch = Stopwatch::default();
            self.watch.start(at_ms);
        }
    }

    pub(super) fn start(&mut self, at_ms: u64) {
        self.watch.start(at_ms);
    }

    pub(super) fn stop(&mut self, at_ms: u64, hours: Option<&Hours>) {
        self.watch.stop(at_ms, hours);
    }

    pub(super) fn elapsed(&self, now_ms: u64, hours: Option<&Hours>) -> u64 {
        self.watch.elapsed(now_ms, hours)
    }

    /// When the target is or was due, while the run is running.
    pub(super) fn deadline(&self, target_ms: u64, hours: Option<&Hours>) -> Option<u64> {
        // After a pause the watch does not tell when the target was used up.
        let missed_ms = self
            .breached_ms
            .filter(|_| self.is_running() && self.watch.is_past(target_ms));
        missed_ms.or_else(|| self.watch.reaches(target_ms, hours))
    }

    /// When the share of the target is used up, until that has fired.
    pub(super) fn at_risk_at(
        &self,
        target_ms: u64,
        at_risk: AtRisk,
        hours: Option<&Hours>,
    ) -> Option<u64> {
        let is_ahead = self.breached_ms.is_none() && !self.was_at_risk;
        is_ahead
            .then(|| self.share_used_at(target_ms, at_risk, hours))
            .flatten()
    }

    /// When the share of the target is or was used up, at the earliest the last start.
    pub(super) fn share_used_at(
        &self,
        target_ms: u64,
        at_risk: AtRisk,
        hours: Option<&Hours>,
    ) -> Option<u64> {
        self.watch.reaches(at_risk.of(target_ms), hours)
    }

    /// When a breach was reported.
    pub(super) fn breached_ms(&self) -> Option<u64> {
        self.breached_ms
    }

    /// Whether a target was used up when the run was last stopped.
    pub(super) fn is_past(&self, target_ms: u64) -> bool {
        self.watch.is_past(target_ms)
    }

    /// What is still to fire.
    pub(super) fn dues(
        &self,
        clock: Clock,
        target_ms: u64,
        at_risk: AtRisk,
        hours: Option<&Hours>,
    ) -> [Option<Due>; 2] {
        // Calendar arithmetic is slow: skip it for what fired.
        if self.breached_ms.is_some() || !self.is_running() {
            return [None, None];
        }
        let deadline_ms = self.watch.reaches(target_ms, hours);
        let due = |kind, at_ms| Due {
            at_ms,
            clock,
            kind,
            run: self.number,
            deadline_ms,
        };
        let at_risk = self.at_risk_at(target_ms, at_risk, hours);
        [
            at_risk.map(|at_ms| due(DueKind::AtRisk, at_ms)),
            deadline_ms.map(|at_ms| due(DueKind::Breached, at_ms)),
        ]
    }

    pub(super) fn mark(&mut self, due: &Due) {
        match due.kind {
            DueKind::AtRisk => self.was_at_risk = true,
            DueKind::Breached => self.breached_ms = Some(due.at_ms),
        }
    }
}
