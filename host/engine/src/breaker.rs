//! Repeated failures open a circuit breaker; a good trial call closes it.

use std::fmt;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use patchbay_model::outcome::{Outcome, OutcomeClass, OutcomeKind};

/// Consecutive failures that open the breaker.
pub const FAILURES_TO_OPEN: u32 = 10;
/// How long it stays open at first; doubled by each failed trial.
const FIRST_REST: Duration = Duration::from_secs(1);
/// Longest it stays open before the next trial.
const LONGEST_REST: Duration = Duration::from_secs(30);

/// The breaker of one plugin at one stage.
#[derive(Default)]
pub struct Breaker {
    state: Mutex<State>,
    listener: OnceLock<Listener>,
}

/// A breaker opened or closed. A failed trial leaves it open and is neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerTransition {
    /// It refuses calls from now on.
    Opened {
        /// Outcome of the call that opened it.
        outcome: OutcomeKind,
        /// Consecutive failures.
        failures: u32,
    },
    /// It permits calls again.
    Closed,
}

type Listener = Box<dyn Fn(BreakerTransition) + Send + Sync>;

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
    /// Whether the trial call is in progress.
    trial: bool,
}

impl State {
    fn refusal(&self, now: Instant) -> Option<Outcome> {
        let until = self.open_until?;
        if now >= until && !self.trial {
            return None;
        }
        let wait = until.saturating_duration_since(now).as_millis();
        Some(Outcome::with_detail(
            self.last.unwrap_or(OutcomeKind::Failed),
            format!(
                "not called: circuit breaker open after {} consecutive failures; next trial in {wait} ms",
                self.failures
            ),
        ))
    }

    fn report(&mut self, kind: OutcomeKind, now: Instant) -> Option<BreakerTransition> {
        if kind.class() == OutcomeClass::HostBusy {
            self.trial = false;
            return None;
        }
        let was_open = self.open_until.is_some();
        if !kind.is_failure() {
            if self.failures > 0 {
                *self = State::default();
            }
            return was_open.then_some(BreakerTransition::Closed);
        }
        self.failures = self.failures.saturating_add(1);
        self.last = Some(kind);
        if self.failures >= FAILURES_TO_OPEN {
            self.rest = match self.rest {
                Duration::ZERO => FIRST_REST,
                rest if self.trial => (rest * 2).min(LONGEST_REST),
                rest => rest,
            };
            self.open_until = Some(now + self.rest);
        }
        self.trial = false;
        (!was_open && self.open_until.is_some()).then_some(BreakerTransition::Opened {
            outcome: kind,
            failures: self.failures,
        })
    }
}

impl Breaker {
    /// Take a permit for one call. Every permit must be matched by
    /// [`Breaker::report`], or a half-open breaker stays stuck.
    ///
    /// # Errors
    /// While it is open: the outcome to report instead of calling the plugin,
    /// of the kind that opened it.
    pub fn admit(&self, now: Instant) -> Result<(), Outcome> {
        let mut state = self.state.lock();
        match state.refusal(now) {
            Some(outcome) => Err(outcome),
            None => {
                state.trial = state.open_until.is_some();
                Ok(())
            }
        }
    }

    /// The error [`Breaker::admit`] would return, without taking a permit.
    pub fn refusal(&self, now: Instant) -> Option<Outcome> {
        self.state.lock().refusal(now)
    }

    /// Set the listener, called whenever it opens or closes. Only the first
    /// one set is called. It must be fast: a decision waits for it.
    pub fn set_listener(&self, listener: impl Fn(BreakerTransition) + Send + Sync + 'static) {
        let _ = self.listener.set(Box::new(listener));
    }

    /// Return the permit of a call with its outcome.
    pub fn report(&self, kind: OutcomeKind, now: Instant) {
        let transition = self.state.lock().report(kind, now);
        if let (Some(transition), Some(listener)) = (transition, self.listener.get()) {
            listener(transition);
        }
    }

    /// Whether it refuses calls, or waits for the result of a trial.
    pub fn is_open(&self) -> bool {
        self.state.lock().open_until.is_some()
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
    fn it_opens_after_consecutive_failures_and_closes_after_a_good_trial() {
        let breaker = Breaker::default();
        let start = Instant::now();
        fail(&breaker, FAILURES_TO_OPEN, start);
        let refused = breaker.admit(start).expect_err("open");
        assert_eq!(
            refused.detail.as_deref(),
            Some(
                "not called: circuit breaker open after 10 consecutive failures; next trial in 1000 ms"
            )
        );
        assert_eq!(refused.kind, OutcomeKind::Trapped);
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
    fn the_listener_receives_each_transition_once() {
        let breaker = Breaker::default();
        let (sender, transitions) = std::sync::mpsc::channel();
        breaker.set_listener(move |transition| {
            let _ = sender.send(transition);
        });
        let start = Instant::now();
        fail(&breaker, FAILURES_TO_OPEN - 1, start);
        assert_eq!(transitions.try_iter().count(), 0);
        fail(&breaker, 1, start);
        let later = start + FIRST_REST;
        fail(&breaker, 1, later);
        let opened = BreakerTransition::Opened {
            outcome: OutcomeKind::Trapped,
            failures: FAILURES_TO_OPEN,
        };
        assert_eq!(transitions.try_iter().collect::<Vec<_>>(), [opened]);
        let later = later + FIRST_REST * 2;
        breaker.admit(later).expect("one trial");
        breaker.report(OutcomeKind::Ok, later);
        breaker.report(OutcomeKind::Ok, later);
        assert_eq!(
            transitions.try_iter().collect::<Vec<_>>(),
            [BreakerTransition::Closed]
        );
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
