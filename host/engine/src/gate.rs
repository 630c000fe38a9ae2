//! Admission: bounds on decisions that run and that wait. It stands in front of
//! the instance pool, which therefore never runs out.

use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use patchbay_model::outcome::{Outcome, OutcomeKind};

/// A semaphore with a bounded queue.
#[derive(Debug)]
pub(crate) struct Gate {
    capacity: usize,
    queue_length: usize,
    counts: Mutex<Counts>,
    released: Condvar,
}

#[derive(Debug, Default)]
struct Counts {
    running: usize,
    waiting: usize,
    /// Those of them that wait for several permits at once.
    waiting_for_several: usize,
}

/// Permits to run, released when dropped.
#[derive(Debug)]
pub(crate) struct GatePermit<'a> {
    gate: &'a Gate,
    permits: usize,
}

impl Gate {
    /// A gate for `capacity` permits, with a queue of `queue_length` callers.
    pub(crate) fn new(capacity: usize, queue_length: usize) -> Gate {
        Gate {
            capacity,
            queue_length,
            counts: Mutex::default(),
            released: Condvar::new(),
        }
    }

    /// Acquire one permit, waiting up to `timeout`.
    ///
    /// # Errors
    /// `overloaded` when the queue is full or the timeout expires.
    pub(crate) fn enter(&self, timeout: Duration) -> Result<GatePermit<'_>, Outcome> {
        self.enter_many(timeout, 1)
    }

    /// Acquire several permits at once, waiting up to `timeout`.
    ///
    /// # Errors
    /// As [`Gate::enter`], and for more permits than the gate has.
    pub(crate) fn enter_many(
        &self,
        timeout: Duration,
        permits: usize,
    ) -> Result<GatePermit<'_>, Outcome> {
        if permits > self.capacity {
            return Err(self.overloaded(&format!("the decision needs {permits} instances at once")));
        }
        let mut counts = self.counts.lock();
        if counts.running + permits <= self.capacity {
            return Ok(self.permit(&mut counts, permits));
        }
        if counts.waiting >= self.queue_length {
            return Err(self.overloaded("the queue is full"));
        }
        let several = usize::from(permits > 1);
        counts.waiting += 1;
        counts.waiting_for_several += several;
        let until = Instant::now() + timeout;
        let mut in_time = true;
        while in_time && counts.running + permits > self.capacity {
            in_time = !self.released.wait_until(&mut counts, until).timed_out();
        }
        counts.waiting -= 1;
        counts.waiting_for_several -= several;
        if counts.running + permits > self.capacity {
            return Err(self.overloaded("no instance became free in time"));
        }
        Ok(self.permit(&mut counts, permits))
    }

    /// Acquire permits without waiting, if that leaves one or none is taken.
    ///
    /// # Errors
    /// `overloaded` otherwise.
    pub(crate) fn try_enter_with_headroom(
        &self,
        permits: usize,
    ) -> Result<GatePermit<'_>, Outcome> {
        let mut counts = self.counts.lock();
        let after = counts.running + permits;
        let leaves_headroom = match counts.running {
            0 => after <= self.capacity,
            _ => after < self.capacity,
        };
        if counts.waiting > 0 || !leaves_headroom {
            return Err(self.overloaded("it would leave no headroom"));
        }
        Ok(self.permit(&mut counts, permits))
    }

    /// Permits in use.
    pub(crate) fn running(&self) -> usize {
        self.counts.lock().running
    }

    fn permit(&self, counts: &mut Counts, permits: usize) -> GatePermit<'_> {
        counts.running += permits;
        GatePermit {
            gate: self,
            permits,
        }
    }

    fn overloaded(&self, detail: &str) -> Outcome {
        let capacity = self.capacity as u64;
        Outcome {
            detail: Some(detail.to_owned()),
            ..Outcome::limited(
                OutcomeKind::Overloaded,
                "concurrency",
                capacity,
                "decisions",
            )
        }
    }
}

impl Drop for GatePermit<'_> {
    fn drop(&mut self) {
        let mut counts = self.gate.counts.lock();
        counts.running -= self.permits;
        // One that wakes to too few permits waits on, so wake others too.
        let wake_all = counts.waiting_for_several > 0 || self.permits > 1;
        let waiting = counts.waiting;
        drop(counts);
        if waiting > 0 && wake_all {
            self.gate.released.notify_all();
        } else if waiting > 0 {
            self.gate.released.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_full_gate_refuses_after_the_timeout() {
        let gate = Gate::new(1, 1);
        let permit = gate.enter(Duration::ZERO).expect("capacity");
        let refused = gate.enter(Duration::from_millis(5)).expect_err("full");
        assert_eq!(refused.kind, OutcomeKind::Overloaded);
        drop(permit);
        assert!(gate.enter(Duration::ZERO).is_ok());
    }

    #[test]
    fn a_full_queue_refuses_at_once() {
        let gate = Gate::new(1, 0);
        let _permit = gate.enter(Duration::ZERO).expect("capacity");
        let refused = gate.enter(Duration::from_secs(3600)).expect_err("no queue");
        assert_eq!(refused.kind, OutcomeKind::Overloaded);
    }

    #[test]
    fn several_permits_are_acquired_together_or_not_at_all() {
        let gate = Gate::new(3, 10);
        let two = gate.enter_many(Duration::ZERO, 2).expect("capacity");
        assert!(gate.enter_many(Duration::ZERO, 2).is_err());
        let one = gate.enter(Duration::ZERO).expect("one is free");
        drop((two, one));
        assert!(gate.enter_many(LONG, 4).is_err(), "above the capacity");
        let all = gate.enter_many(Duration::ZERO, 3).expect("all are free");
        assert_eq!(gate.running(), 3);
        drop(all);
        assert_eq!(gate.running(), 0);
    }

    #[test]
    fn headroom_stays_for_others() {
        let gate = Gate::new(3, 10);
        let first = gate.try_enter_with_headroom(1).expect("two stay free");
        assert!(gate.try_enter_with_headroom(2).is_err(), "none would stay");
        let second = gate.try_enter_with_headroom(1).expect("one stays free");
        assert!(gate.try_enter_with_headroom(1).is_err());
        let _third = gate.enter(Duration::ZERO).expect("the headroom");
        drop((first, second));
        assert_eq!(gate.running(), 1);
        let narrow = Gate::new(1, 10);
        drop(narrow.try_enter_with_headroom(1).expect("none is taken"));
        let _permit = narrow.enter(Duration::ZERO).expect("capacity");
        assert!(narrow.try_enter_with_headroom(1).is_err(), "one is taken");
        assert!(narrow.try_enter_with_headroom(2).is_err(), "above capacity");
    }

    #[test]
    fn callers_for_one_and_for_several_permits_all_get_in() {
        let gate = Gate::new(4, 100);
        std::thread::scope(|scope| {
            for number in 0..60 {
                let gate = &gate;
                scope.spawn(move || {
                    let _permit = gate.enter_many(LONG, 1 + number % 3).expect("in time");
                    assert!(gate.running() <= 4);
                });
            }
        });
        assert_eq!(gate.running(), 0);
    }

    #[test]
    fn every_queued_caller_gets_in() {
        let gate = Gate::new(2, 100);
        let entered = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..50 {
                scope.spawn(|| {
                    let _permit = gate.enter(LONG).expect("in time");
                    assert!(gate.running() <= 2);
                    entered.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                });
            }
        });
        assert_eq!(entered.into_inner(), 50);
        assert_eq!(gate.running(), 0);
    }
}
