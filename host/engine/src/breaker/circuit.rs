//! One count of failures: open after ten in a row, with a trial call after each
//! pause.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use patchbay_model::outcome::{Outcome, OutcomeKind};

use super::FAILURES_TO_OPEN;
use super::failure_run::FailureRun;
use super::origin::CallOrigin;

/// How long it stays open at first; doubled by each failed trial.
pub(super) const FIRST_REST: Duration = Duration::from_secs(1);
/// Longest it stays open before the next trial.
const LONGEST_REST: Duration = Duration::from_secs(30);

/// Consecutive failures of all calls, or of those of one origin.
#[derive(Debug, Default)]
pub(super) struct Circuit {
    pub(super) failures: u32,
    pub(super) run: FailureRun,
    last: Option<OutcomeKind>,
    /// Failures by outcome.
    pub(super) outcomes: BTreeMap<OutcomeKind, u32>,
    pub(super) opened_at: Option<Instant>,
    pub(super) open_until: Option<Instant>,
    rest: Duration,
    /// Whether the trial call is in progress.
    pub(super) trial: bool,
}

impl Circuit {
    pub(super) fn is_open(&self) -> bool {
        self.open_until.is_some()
    }

    /// Whether a call must wait, and how long. `scope` ends with a space where
    /// it is not empty: `for this contact `.
    pub(super) fn refusal(&self, now: Instant, scope: &str) -> Option<Outcome> {
        let until = self.open_until?;
        if now >= until && !self.trial {
            return None;
        }
        let wait = until.saturating_duration_since(now).as_millis();
        Some(Outcome::with_detail(
            self.last.unwrap_or(OutcomeKind::Failed),
            format!(
                "not called: circuit breaker open {scope}after {} consecutive failures; next trial in {wait} ms",
                self.failures
            ),
        ))
    }

    /// A call is permitted: the trial, where it is open.
    pub(super) fn admit(&mut self) {
        self.trial = self.is_open();
    }

    /// The call did not run for lack of capacity.
    pub(super) fn release(&mut self) {
        self.trial = false;
    }

    /// Count a failure. It stays closed while `may_open` is false. Returns
    /// whether it opened.
    pub(super) fn fail(
        &mut self,
        kind: OutcomeKind,
        origin: Option<&CallOrigin<'_>>,
        now: Instant,
        may_open: impl FnOnce(&FailureRun) -> bool,
    ) -> bool {
        let was_open = self.is_open();
        self.failures = self.failures.saturating_add(1);
        self.last = Some(kind);
        let count = self.outcomes.entry(kind).or_default();
        *count = count.saturating_add(1);
        self.run.add(origin);
        if self.failures >= FAILURES_TO_OPEN && (was_open || may_open(&self.run)) {
            self.rest = match self.rest {
                Duration::ZERO => FIRST_REST,
                rest if self.trial => (rest * 2).min(LONGEST_REST),
                rest => rest,
            };
            self.open_until = Some(now + self.rest);
            self.opened_at.get_or_insert(now);
        }
        self.trial = false;
        !was_open && self.is_open()
    }
}
