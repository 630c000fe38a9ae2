//! What operators do: other terms, restarts, and a wall clock that is set back.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;
use patchbay_events::ActivationCause;
use patchbay_generations::activation::Change;
use patchbay_journal::NewGeneration;
use patchbay_model::conversation_state::ConversationState;

use super::oracle::{Targets, Terms};
use super::sequence::Sequence;
use super::terms::{generation, random_terms};

/// When a conversation last had an event, and its queue while it is open.
type LastEvent = Option<(i64, Option<String>)>;

impl Sequence {
    pub(super) fn written_terms(&self) -> String {
        let one = |(queue, terms): (&&str, &Terms)| {
            let Targets {
                first_response,
                next_response,
                resolution,
            } = terms.targets;
            let hours = terms.calendar.as_ref().map(|calendar| calendar.name());
            format!("{queue} {first_response:?} {next_response:?} {resolution:?} {hours:?}")
        };
        let terms: Vec<String> = self.terms.iter().map(one).collect();
        terms.join(", ")
    }

    /// Activate a generation with other terms.
    pub(super) fn apply(&mut self) {
        self.terms = random_terms(&mut self.rng, &self.calendars);
        let before = (self.generation > 0).then_some(self.generation);
        self.generation += 1;
        self.note(None, format!("apply {}", self.written_terms()));
        self.coverage.count_step("apply");
        let number = self.generation;
        let new = NewGeneration {
            number,
            source: b"{}".to_vec(),
            digest: digest_of(number),
            parts: BTreeMap::new(),
            by: "test".to_owned(),
            at: self.desk().now(),
        };
        let change = Change {
            generation: generation(number, &self.terms),
            new: Some(new),
            expected: before,
            by: "test".to_owned(),
            because: ActivationCause::Applied,
            moved: BTreeMap::new(),
            audit: None,
        };
        self.desk().activate(change).expect("activated");
        self.desk().wait_until_idle();
        self.compare();
    }

    /// The desk stops and starts, sometimes later, sometimes with other terms.
    pub(super) fn restart(&mut self) {
        // Without a wall clock it cannot know how long it was stopped.
        let minutes = match self.behind > 0 || self.rng.bool() {
            true => 0,
            false => self.some_time(),
        };
        let is_changed = self.rng.u8(..4) == 0;
        self.note(
            None,
            format!("restart after {minutes} min, with other terms: {is_changed}"),
        );
        self.coverage.count_step(match (is_changed, minutes) {
            (true, _) => "restart with other terms",
            (_, 0) => "restart",
            _ => "restart after time",
        });
        let last_events = self.last_events();
        self.desk = None;
        let seconds = u64::try_from(minutes * 60).expect("forward");
        self.clock.advance(Duration::from_secs(seconds));
        if is_changed {
            self.terms = random_terms(&mut self.rng, &self.calendars);
            self.note(None, self.written_terms());
            self.rewind(&last_events);
        }
        self.pass(minutes);
        self.open();
        self.desk().wait_until_idle();
        self.compare();
    }

    fn last_events(&self) -> Vec<LastEvent> {
        let last_event = |who: usize| {
            self.customers[who].thread.as_ref()?;
            let snapshot = self.snapshot(who);
            let at = snapshot.clocks.latest_ms() / 60_000;
            let is_open = snapshot.state != ConversationState::Resolved;
            let queue = snapshot.queue.filter(|_| is_open);
            Some((i64::try_from(at).expect("small"), queue))
        };
        (0..self.customers.len()).map(last_event).collect()
    }

    /// What changed while the desk was stopped counts from the last event.
    fn rewind(&mut self, last_events: &[LastEvent]) {
        for (customer, last_event) in self.customers.iter_mut().zip(last_events) {
            let (Some(thread), Some((at, queue))) = (&mut customer.thread, last_event) else {
                continue;
            };
            let mut past = thread.past.iter();
            let (_, then) = past.find(|(minute, _)| minute == at).expect("compared");
            let queue = queue.as_deref().and_then(|queue| self.terms.get(queue));
            if let Some(terms) = queue {
                thread.oracle = then.clone();
                thread.oracle.retarget(terms.clone());
                thread.oracle.advance(self.now);
            }
        }
    }

    /// The wall clock is set back, or right again. Host time runs on without it,
    /// so the oracles see nothing.
    pub(super) fn set_back(&mut self) {
        let minutes = match self.behind {
            0 => self.rng.i64(1..3_000),
            behind => -behind,
        };
        self.behind += minutes;
        self.note(None, format!("the wall clock goes back {minutes} min"));
        self.coverage.count_step(match self.behind {
            0 => "clock right again",
            _ => "clock back",
        });
        self.clock.jump(SignedDuration::from_mins(-minutes));
        // The desk sees each jump.
        let _ = self.desk().now();
        self.compare();
    }
}

/// A digest for a generation of this number.
fn digest_of(number: u64) -> [u8; 32] {
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&number.to_le_bytes());
    digest
}
