//! A circuit breaker: after repeated failures a plugin is left alone for a
//! while, then tried once, then trusted again.

use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use patchbay_model::outcome::{Outcome, OutcomeKind};

/// Failures in a row that open the breaker.
pub const FAILURES_TO_OPEN: u32 = 10;
/// How long it stays open the first time; doubled at each failed trial.
const FIRST_REST: Duration = Duration::from_secs(1);
/// Longest it stays open before the next trial.
const LONGEST_REST: Duration = Duration::from_secs(30);

/// One plugin's breaker at one stage.
#[derive(Default)]
pub struct Breaker {
    state: Mutex<State>,
    listener: OnceLock<Listener>,
}

/// That a breaker opened or closed. A trial that fails leaves it open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Calls are refused from now on.
    Opened {
        /// How the call ended that opened it.
        outcome: OutcomeKind,
        /// Failures in a row.
        failures: u32,
    },
    /// Calls go through again.
    Closed,
}

type Listener = Box<dyn Fn(Turn) + Send + Sync>;

impl fmt::Debug for Breaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breaker")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
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

    /// Call this whenever it opens or closes; whoever listened first stays the
    /// one who does. It must be quick: a decision waits for it.
    pub fn listen(&self, listener: impl Fn(Turn) + Send + Sync + 'static) {
        let _ = self.listener.set(Box::new(listener));
    }

    /// Say how a call that was admitted ended.
    pub fn report(&self, kind: OutcomeKind, now: Instant) {
        let turn = self.turn(kind, now);
        if let (Some(turn), Some(listener)) = (turn, self.listener.get()) {
            listener(turn);
        }
    }

    fn turn(&self, kind: OutcomeKind, now: Instant) -> Option<Turn> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if kind == OutcomeKind::Overloaded {
            state.trying = false;
            return None;
        }
        let was_open = state.open_until.is_some();
        if !kind.is_failure() {
            if state.failures > 0 {
                *state = State::default();
            }
            return was_open.then_some(Turn::Closed);
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
        (!was_open && state.open_until.is_some()).then_some(Turn::Opened {
            outcome: kind,
            failures: state.failures,
        })
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
    fn whoever_listens_is_told_once_of_each_turn() {
        let breaker = Breaker::default();
        let (told, turns) = std::sync::mpsc::channel();
        breaker.listen(move |turn| {
            let _ = told.send(turn);
        });
        let start = Instant::now();
        fail(&breaker, FAILURES_TO_OPEN - 1, start);
        assert_eq!(turns.try_iter().count(), 0);
        fail(&breaker, 1, start);
        let later = start + FIRST_REST;
        fail(&breaker, 1, later);
        let opened = Turn::Opened {
            outcome: OutcomeKind::Trapped,
            failures: FAILURES_TO_OPEN,
        };
        assert_eq!(turns.try_iter().collect::<Vec<_>>(), [opened]);
        let later = later + FIRST_REST * 2;
        breaker.admit(later).expect("one trial");
        breaker.report(OutcomeKind::Ok, later);
        breaker.report(OutcomeKind::Ok, later);
        assert_eq!(turns.try_iter().collect::<Vec<_>>(), [Turn::Closed]);
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
