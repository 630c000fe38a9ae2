//! A clock as people see it.

use patchbay_config::duration::Seconds;

use super::{Clock, SlaClocks};
use crate::codes;
use crate::hours::Hours;

codes! {
    /// What a clock does at a moment.
    pub enum ClockPhase {
        /// It runs, and its target is not used up.
        Running = "running",
        /// The conversation waits on its customer or is on hold.
        Paused = "paused",
        /// It was stopped in time.
        Met = "met",
        /// Its target is or was used up. It stays so until a new run begins.
        Missed = "missed",
    }
}

/// A clock with a target that has run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockReading {
    /// Which clock.
    pub clock: Clock,
    /// Its target, in working time.
    pub target: Seconds,
    /// While it runs: when the target is or was used up, in Unix milliseconds.
    pub deadline_ms: Option<u64>,
    /// While it runs and missed nothing: when the at-risk share is or was used up. Where
    /// that was before a pause, when the clock went on.
    pub at_risk_ms: Option<u64>,
    /// Runs that missed the target.
    pub misses: u32,
    /// As of the last event.
    phase: ClockPhase,
    missed_ms: Option<u64>,
}

impl ClockReading {
    /// What it does at a moment. It passes its deadline without an event.
    pub fn phase_at(&self, now_ms: u64) -> ClockPhase {
        let is_over = self.deadline_ms.is_some_and(|at| at <= now_ms);
        match self.phase {
            ClockPhase::Running if is_over => ClockPhase::Missed,
            phase => phase,
        }
    }

    /// When the target of the last run was missed, as seen at a moment.
    pub fn missed_at(&self, now_ms: u64) -> Option<u64> {
        let passed = self.deadline_ms.filter(|at| *at <= now_ms);
        self.missed_ms.or(passed)
    }

    /// Whether it runs and its at-risk share is used up at a moment.
    pub fn is_at_risk(&self, now_ms: u64) -> bool {
        let is_used = self.at_risk_ms.is_some_and(|at| at <= now_ms);
        is_used && self.phase_at(now_ms) == ClockPhase::Running
    }
}

/// The last run of a clock, once it is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockResult {
    /// Which clock.
    pub clock: Clock,
    /// Working time of the run, in milliseconds.
    pub elapsed_ms: u64,
    /// Its target, in working time; `None`: it had none.
    pub target: Option<Seconds>,
    /// Whether the run missed the target.
    pub is_missed: bool,
}

impl SlaClocks {
    /// The reply clock that runs: what [`ReplyAccepted`](super::ClockEvent::ReplyAccepted)
    /// stops.
    pub fn running_reply_clock(&self) -> Option<Clock> {
        [Clock::FirstResponse, Clock::NextResponse]
            .into_iter()
            .find(|clock| self.record(*clock).is_running())
    }

    /// The last run of a clock that is stopped; `None` where it never ran.
    pub fn result(&self, clock: Clock, hours: Option<&Hours>) -> Option<ClockResult> {
        let run = self.record(clock).run()?;
        Some(ClockResult {
            clock,
            elapsed_ms: run.elapsed(self.latest_ms(), hours),
            target: self.targets.of(clock),
            is_missed: run.is_missed(),
        })
    }

    /// The clocks with a target that have run and were met, missed or are not over.
    pub fn readings(&self, hours: Option<&Hours>) -> Vec<ClockReading> {
        let clocks = Clock::ALL.into_iter();
        clocks
            .filter_map(|clock| self.reading(clock, hours))
            .collect()
    }

    fn reading(&self, clock: Clock, hours: Option<&Hours>) -> Option<ClockReading> {
        let (target, target_ms) = (self.targets.of(clock)?, self.targets.of_ms(clock)?);
        let record = self.record(clock);
        let run = record.run()?;
        let is_open = run.is_running() || clock == Clock::Resolution && self.is_paused();
        let phase = match (is_open, run.is_missed()) {
            (true, true) => ClockPhase::Missed,
            (true, false) if run.is_running() => ClockPhase::Running,
            (true, false) => ClockPhase::Paused,
            (false, _) if record.misses() > 0 => ClockPhase::Missed,
            (false, _) if record.hits() > 0 => ClockPhase::Met,
            (false, _) => return None,
        };
        let is_running = phase == ClockPhase::Running;
        let at_risk = self.targets.at_risk;
        Some(ClockReading {
            clock,
            target,
            deadline_ms: self.deadline(clock, hours),
            at_risk_ms: is_running
                .then(|| run.share_used_at(target_ms, at_risk, hours))
                .flatten(),
            misses: record.misses(),
            phase,
            missed_ms: run.breached_ms().filter(|_| phase == ClockPhase::Missed),
        })
    }
}
