//! Admission: how many may be inside at once, how many may wait, and for how
//! long. It stands in front of the pool, so that nobody ever meets a pool that
//! is full.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use patchbay_model::outcome::{Outcome, OutcomeKind};

/// A door with a counter and a waiting room.
#[derive(Debug)]
pub struct Gate {
    room: usize,
    waiting_room: usize,
    counts: Mutex<Counts>,
    left: Condvar,
}

#[derive(Debug, Default)]
struct Counts {
    inside: usize,
    waiting: usize,
    /// Those among them who want several places at once.
    waiting_wide: usize,
}

/// The right to be inside, given back when dropped.
#[derive(Debug)]
pub struct Pass<'a> {
    gate: &'a Gate,
    places: usize,
}

impl Gate {
    /// A gate with room for `room` inside and `waiting_room` outside.
    pub fn new(room: usize, waiting_room: usize) -> Gate {
        Gate {
            room,
            waiting_room,
            counts: Mutex::default(),
            left: Condvar::new(),
        }
    }

    /// Go in, waiting up to `patience`.
    ///
    /// # Errors
    /// `overloaded` when the waiting room is full or patience ran out.
    pub fn enter(&self, patience: Duration) -> Result<Pass<'_>, Outcome> {
        self.enter_with(patience, 1)
    }

    /// Go in with a party that takes this many places, waiting up to
    /// `patience`.
    ///
    /// # Errors
    /// As [`Gate::enter`] does, and for a party larger than the room.
    pub fn enter_with(&self, patience: Duration, places: usize) -> Result<Pass<'_>, Outcome> {
        if places > self.room {
            return Err(self.overloaded(&format!("{places} places are needed at once")));
        }
        let mut counts = self.counts();
        if counts.inside + places <= self.room {
            counts.inside += places;
            return Ok(Pass { gate: self, places });
        }
        if counts.waiting >= self.waiting_room {
            return Err(self.overloaded("the waiting room is full"));
        }
        let wide = usize::from(places > 1);
        counts.waiting += 1;
        counts.waiting_wide += wide;
        let until = Instant::now() + patience;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                counts.waiting -= 1;
                counts.waiting_wide -= wide;
                return Err(self.overloaded("no place became free in time"));
            }
            counts = self
                .left
                .wait_timeout(counts, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            if counts.inside + places <= self.room {
                counts.waiting -= 1;
                counts.waiting_wide -= wide;
                counts.inside += places;
                return Ok(Pass { gate: self, places });
            }
        }
    }

    /// Go in at once with a party of this size, where nobody is inside or that
    /// leaves a place for somebody else.
    ///
    /// # Errors
    /// `overloaded` where it would not.
    pub fn slip_in(&self, places: usize) -> Result<Pass<'_>, Outcome> {
        let mut counts = self.counts();
        let after = counts.inside + places;
        let leaves_room = match counts.inside {
            0 => after <= self.room,
            _ => after < self.room,
        };
        if counts.waiting > 0 || !leaves_room {
            return Err(self.overloaded("it would leave no place"));
        }
        counts.inside = after;
        Ok(Pass { gate: self, places })
    }

    /// How many are inside.
    pub fn inside(&self) -> usize {
        self.counts().inside
    }

    fn overloaded(&self, detail: &str) -> Outcome {
        let mut outcome = Outcome::limited(
            OutcomeKind::Overloaded,
            "concurrency",
            self.room as u64,
            "decisions",
        );
        outcome.detail = Some(detail.to_owned());
        outcome
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // The counters are changed in single steps: a panic elsewhere cannot
        // leave them half changed.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let mut counts = self.gate.counts();
        counts.inside -= self.places;
        // One who wakes and finds too few places goes on waiting, and must not
        // have been the only one who was told.
        let all = counts.waiting_wide > 0 || self.places > 1;
        let anybody = counts.waiting > 0;
        drop(counts);
        match (anybody, all) {
            (false, _) => {}
            (true, false) => self.gate.left.notify_one(),
            (true, true) => self.gate.left.notify_all(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_gate_refuses_after_patience_ran_out() {
        let gate = Gate::new(1, 1);
        let inside = gate.enter(Duration::ZERO).expect("room");
        let refused = gate.enter(Duration::from_millis(5)).expect_err("full");
        assert_eq!(refused.kind, OutcomeKind::Overloaded);
        drop(inside);
        assert!(gate.enter(Duration::ZERO).is_ok());
    }

    #[test]
    fn a_full_waiting_room_refuses_at_once() {
        let gate = Gate::new(1, 0);
        let _inside = gate.enter(Duration::ZERO).expect("room");
        let refused = gate.enter(Duration::from_secs(3600)).expect_err("no chair");
        assert_eq!(refused.kind, OutcomeKind::Overloaded);
    }

    #[test]
    fn a_party_goes_in_together_or_not_at_all() {
        let gate = Gate::new(3, 10);
        let two = gate.enter_with(Duration::ZERO, 2).expect("room for two");
        assert!(gate.enter_with(Duration::ZERO, 2).is_err());
        let one = gate.enter(Duration::ZERO).expect("room for one");
        drop((two, one));
        assert!(gate.enter_with(Duration::MAX, 4).is_err(), "never room");
        let all = gate.enter_with(Duration::ZERO, 3).expect("all there are");
        assert_eq!(gate.inside(), 3);
        drop(all);
        assert_eq!(gate.inside(), 0);
    }

    #[test]
    fn whoever_slips_in_leaves_a_place() {
        let gate = Gate::new(3, 10);
        let aside = gate.slip_in(1).expect("two are left");
        assert!(gate.slip_in(2).is_err(), "none would be left");
        let other = gate.slip_in(1).expect("one is left");
        assert!(gate.slip_in(1).is_err());
        let _earnest = gate.enter(Duration::ZERO).expect("the one that was left");
        drop((aside, other));
        assert_eq!(gate.inside(), 1);
        let narrow = Gate::new(1, 10);
        drop(narrow.slip_in(1).expect("nobody is inside"));
        let _earnest = narrow.enter(Duration::ZERO).expect("room");
        assert!(narrow.slip_in(1).is_err(), "somebody is");
        assert!(narrow.slip_in(2).is_err(), "never room");
    }

    #[test]
    fn parties_and_single_guests_all_get_in() {
        let gate = Gate::new(4, 100);
        std::thread::scope(|scope| {
            for number in 0..60 {
                let gate = &gate;
                scope.spawn(move || {
                    let _pass = gate
                        .enter_with(Duration::from_secs(60), 1 + number % 3)
                        .expect("patience enough");
                    assert!(gate.inside() <= 4);
                });
            }
        });
        assert_eq!(gate.inside(), 0);
    }

    #[test]
    fn whoever_waits_goes_in_when_somebody_leaves() {
        let gate = Gate::new(2, 100);
        let served = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..50 {
                scope.spawn(|| {
                    let _pass = gate
                        .enter(Duration::from_secs(60))
                        .expect("patience enough");
                    assert!(gate.inside() <= 2);
                    served.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                });
            }
        });
        assert_eq!(served.into_inner(), 50);
        assert_eq!(gate.inside(), 0);
    }
}
