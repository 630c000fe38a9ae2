//! Repeated failures open a circuit breaker; a good trial call closes it.
//!
//! Failures are counted for the plugin and, apart from that, for each contact,
//! conversation, channel and language. One customer's input can stop only the
//! calls about that customer:
//!
//! - Ten consecutive failures of one contact or conversation stop calls about
//!   it.
//! - Ten consecutive failures of one channel or language stop calls about it,
//!   if five contacts in five conversations failed.
//! - Ten consecutive failures of all calls stop every call, if five contacts
//!   in five conversations failed, and not all of them on one channel, or in
//!   one language, while calls with another succeeded in the last ten minutes.

mod circuit;
mod failure_run;
mod origin;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::OnceLock;
use std::time::Instant;

use parking_lot::Mutex;
use patchbay_model::outcome::{Outcome, OutcomeClass, OutcomeKind};

use circuit::Circuit;
use failure_run::{RecentSuccesses, Spread};
pub use origin::CallOrigin;

/// Consecutive failures that open the breaker.
pub const FAILURES_TO_OPEN: u32 = 10;
/// Most origins whose failures are counted; beyond, closed ones are forgotten
/// first.
const ORIGINS: usize = 1_024;

/// The breaker of one plugin at one stage.
#[derive(Default)]
pub struct Breaker {
    state: Mutex<State>,
    listener: OnceLock<Listener>,
}

/// A breaker opened or closed for all calls. A failed trial leaves it open and
/// is neither.
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

/// A breaker at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakerReading {
    /// Since when it refuses every call; `None`: it does not.
    pub opened_at: Option<Instant>,
    /// From when on the next call is a trial; `None` where it is closed.
    pub next_trial: Option<Instant>,
    /// Whether the trial is in progress.
    pub is_trying: bool,
    /// Failures of all calls since the last success.
    pub failures: u32,
    /// The same by outcome.
    pub outcomes: BTreeMap<OutcomeKind, u32>,
    /// Contacts, conversations, channels and languages about which calls are refused.
    pub parts: usize,
}

type Listener = Box<dyn Fn(BreakerTransition) + Send + Sync>;

impl fmt::Debug for Breaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breaker")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// What failures are counted by, beside the plugin as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Part {
    Contact(u64),
    Conversation(u64),
    Channel(u64),
    Language(u64),
}

impl Part {
    fn all(origin: &CallOrigin<'_>) -> [Part; 4] {
        [
            Part::Contact(origin.contact()),
            Part::Conversation(origin.conversation()),
            Part::Channel(origin.channel),
            Part::Language(origin.language),
        ]
    }

    fn scope(self) -> &'static str {
        match self {
            Part::Contact(_) => "for this contact ",
            Part::Conversation(_) => "for this conversation ",
            Part::Channel(_) => "for this channel ",
            Part::Language(_) => "for this language ",
        }
    }
}

#[derive(Debug, Default)]
struct State {
    whole: Circuit,
    /// Origins that failed and did not succeed since.
    parts: HashMap<Part, Circuit>,
    successes: RecentSuccesses,
}

impl State {
    fn refusal(&self, origin: Option<&CallOrigin<'_>>, now: Instant) -> Option<Outcome> {
        let of_part = |part: Part| self.parts.get(&part)?.refusal(now, part.scope());
        let origin = origin.filter(|_| !self.parts.is_empty());
        let of_parts = || Part::all(origin?).into_iter().find_map(of_part);
        self.whole.refusal(now, "").or_else(of_parts)
    }

    /// Change the circuits that count a call.
    fn for_each(&mut self, origin: Option<&CallOrigin<'_>>, change: impl Fn(&mut Circuit)) {
        change(&mut self.whole);
        if self.parts.is_empty() {
            return;
        }
        for part in origin.iter().flat_map(|origin| Part::all(origin)) {
            if let Some(circuit) = self.parts.get_mut(&part) {
                change(circuit);
            }
        }
    }

    fn succeed(
        &mut self,
        origin: Option<&CallOrigin<'_>>,
        now: Instant,
    ) -> Option<BreakerTransition> {
        let was_open = self.whole.is_open();
        if self.whole.failures > 0 {
            self.whole = Circuit::default();
        }
        if let Some(origin) = origin {
            if !self.parts.is_empty() {
                for part in Part::all(origin) {
                    self.parts.remove(&part);
                }
            }
            self.successes.add(origin, now);
        }
        was_open.then_some(BreakerTransition::Closed)
    }

    fn fail(
        &mut self,
        kind: OutcomeKind,
        origin: Option<&CallOrigin<'_>>,
        now: Instant,
    ) -> Option<BreakerTransition> {
        let State {
            whole,
            parts,
            successes,
        } = self;
        let opened = whole.fail(kind, origin, now, |run| {
            run.is_wide() && !run.is_explained(successes, now)
        });
        for part in origin.iter().flat_map(|origin| Part::all(origin)) {
            make_room(parts, part);
            let circuit = parts.entry(part).or_default();
            circuit.fail(kind, origin, now, |run| match part {
                Part::Contact(_) | Part::Conversation(_) => true,
                // Only a success of the same channel with another language
                // tells that the language is to blame, and the reverse.
                Part::Channel(own) => {
                    let other =
                        |other| successes.any(now, |channel, it| channel == own && it != other);
                    run.is_wide() && !matches!(run.language, Spread::One(one) if other(one))
                }
                Part::Language(own) => {
                    let other =
                        |other| successes.any(now, |it, language| language == own && it != other);
                    run.is_wide() && !matches!(run.channel, Spread::One(one) if other(one))
                }
            });
        }
        opened.then_some(BreakerTransition::Opened {
            outcome: kind,
            failures: whole.failures,
        })
    }
}

/// Keep the number of counted origins bounded.
fn make_room(parts: &mut HashMap<Part, Circuit>, part: Part) {
    if parts.len() < ORIGINS || parts.contains_key(&part) {
        return;
    }
    parts.retain(|_, circuit| circuit.is_open());
    if parts.len() >= ORIGINS {
        parts.clear();
    }
}

impl Breaker {
    /// Take a permit for one call. Every permit must be matched by
    /// [`Breaker::report`] with the same origin, or a half-open breaker stays
    /// stuck.
    ///
    /// # Errors
    /// While it is open: the outcome to report instead of calling the plugin,
    /// of the kind that opened it.
    pub fn admit(&self, origin: Option<&CallOrigin<'_>>, now: Instant) -> Result<(), Outcome> {
        let mut state = self.state.lock();
        match state.refusal(origin, now) {
            Some(outcome) => Err(outcome),
            None => {
                state.for_each(origin, Circuit::admit);
                Ok(())
            }
        }
    }

    /// The error [`Breaker::admit`] would return, without taking a permit.
    pub fn refusal(&self, origin: Option<&CallOrigin<'_>>, now: Instant) -> Option<Outcome> {
        self.state.lock().refusal(origin, now)
    }

    /// Set the listener, called whenever it opens or closes for all calls. Only
    /// the first one set is called. It must be fast: a decision waits for it.
    pub fn set_listener(&self, listener: impl Fn(BreakerTransition) + Send + Sync + 'static) {
        let _ = self.listener.set(Box::new(listener));
    }

    /// Return the permit of a call with its outcome.
    pub fn report(&self, kind: OutcomeKind, origin: Option<&CallOrigin<'_>>, now: Instant) {
        let transition = {
            let mut state = self.state.lock();
            if kind.class() == OutcomeClass::HostBusy {
                state.for_each(origin, Circuit::release);
                None
            } else if kind.is_failure() {
                state.fail(kind, origin, now)
            } else {
                state.succeed(origin, now)
            }
        };
        if let (Some(transition), Some(listener)) = (transition, self.listener.get()) {
            listener(transition);
        }
    }

    /// Its state.
    pub fn read(&self) -> BreakerReading {
        let state = self.state.lock();
        let whole = &state.whole;
        BreakerReading {
            opened_at: whole.opened_at,
            next_trial: whole.open_until,
            is_trying: whole.trial,
            failures: whole.failures,
            outcomes: whole.outcomes.clone(),
            parts: state.parts.values().filter(|part| part.is_open()).count(),
        }
    }

    /// Permit every call from now on, as if the plugin had never failed. Returns whether any
    /// call was refused before.
    pub fn close(&self) -> bool {
        let (was_open, refused) = {
            let mut state = self.state.lock();
            let was_open = state.whole.is_open();
            let refused = was_open || state.parts.values().any(Circuit::is_open);
            state.whole = Circuit::default();
            state.parts.clear();
            (was_open, refused)
        };
        if let (true, Some(listener)) = (was_open, self.listener.get()) {
            listener(BreakerTransition::Closed);
        }
        refused
    }

    /// Whether it refuses every call, or waits for the result of a trial.
    pub fn is_open(&self) -> bool {
        self.state.lock().whole.is_open()
    }
}
