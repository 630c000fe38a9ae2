//! A circuit breaker: after repeated failures a plugin is left alone for a
//! while, then tried once, then trusted again.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use patchbay_model::outcome::{Outcome, OutcomeKind};

/// Failures in a row that open the breaker.
pub const FAILURES_TO_OPEN: u32 = 10;
/// How long it stays open the first time; doubled at each failed trial.
const FIRST_REST: Duration = Duration::from_secs(1);
/// Longest it stays open before the next trial.
const LONGEST_REST: Duration = Duration::from_secs(30);

/// One plugin's breaker at one stage.
#[derive(Debug, Default)]
pub struct Breaker {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    last: Option<OutcomeKind>,
    open_until: Option<Instant>,
    rest: Duration,
    trying: bool,
}

impl State {
    fn refusal(&self, now: Instant) -> Option<Outcome> {
        let until = self.open_until?;
        if now >= until && !self.trying {
            return None;
        }
        let wait = until.saturating_duration_since(now).as_millis();
        Some(Outcome::with_detail(
            self.last.unwrap_or(OutcomeKind::Failed),
            format!(
                "not called: it failed {} times in a row; next try in {wait} ms",
                self.failures
            ),
        ))
    }
}

impl Breaker {
    /// Whether the plugin may be called now; if so, it must be, and reported.
    ///
    /// # Errors
    /// The outcome to report instead: of the kind that opened the breaker.
    pub fn admit(&self, now: Instant) -> Result<(), Outcome> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.refusal(now) {
            Some(outcome) => Err(outcome),
            None => {
                state.trying = state.open_until.is_some();
                Ok(())
            }
        }
    }

    /// What [`Breaker::admit`] would answer with instead of admitting, without
    /// asking to be admitted.
    pub fn refusal(&self, now: Instant) -> Option<Outcome> {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .refusal(now)
    }

    /// Say how a call that was admitted ended.
    pub fn report(&self, kind: OutcomeKind, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if kind == OutcomeKind::Overloaded {
            state.trying = false;
            return;
        }
        if !kind.is_failure() {
            if state.failures > 0 {
                *state = State::default();
            }
            return;
        }
        state.failures = state.failures.saturating_add(1);
        state.last = Some(kind);
        if state.failures >= FAILURES_TO_OPEN {
            state.rest = match state.rest {
                Duration::ZERO => FIRST_REST,
                rest if state.trying => (rest * 2).min(LONGEST_REST),
                rest => rest,
            };
            state.open_until = Some(now + state.rest);
        }
        state.trying = false;
    }

    /// Whether calls are being refused.
    pub fn is_open(&self) -> bool {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .open_until
            .is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(breaker: &Breaker, times: u32, now: Instant) {
        for _ in 0..times {
            breaker.admit(now).expect("closed");
            breaker.report(OutcomeKind::Trapped, now);
        }
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_closes_by_itself() {
        let breaker = Breaker::default();
        let start = Instant::now();
        fail(&breaker, FAILURES_TO_OPEN, start);
        assert_eq!(
            breaker.admit(start).expect_err("open").kind,
            OutcomeKind::Trapped
        );
        let later = start + FIRST_REST;
        breaker.admit(later).expect("one trial");
        assert!(breaker.admit(later).is_err(), "one trial only");
        breaker.report(OutcomeKind::Ok, later);
        assert!(!breaker.is_open());
    }

    #[test]
    fn a_failed_trial_doubles_the_rest() {
        let breaker = Breaker::default();
        let start = Instant::now();
        fail(&breaker, FAILURES_TO_OPEN, start);
        let later = start + FIRST_REST;
        fail(&breaker, 1, later);
        assert!(breaker.admit(later + FIRST_REST).is_err());
        assert!(breaker.admit(later + FIRST_REST * 2).is_ok());
    }

    #[test]
    fn success_starts_the_count_again() {
        let breaker = Breaker::default();
        let now = Instant::now();
        fail(&breaker, FAILURES_TO_OPEN - 1, now);
        breaker.report(OutcomeKind::Declined, now);
        fail(&breaker, FAILURES_TO_OPEN - 1, now);
        assert!(!breaker.is_open());
    }
}
