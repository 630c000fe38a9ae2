//! The one timer wheel: which conversation's clock rings next. What it holds
//! stands in the conversations' rows; at a start it is filled from there.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use patchbay_journal::ConversationId;

use crate::work::Lane;

/// Longest sleep: the system's clock may be set meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_millis(500);

/// A conversation and where its work is done.
pub(crate) type Whose = (Lane, ConversationId);

/// When each conversation is due.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    wheel: Mutex<Wheel>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Wheel {
    by_time: BTreeSet<(Timestamp, u32, ConversationId)>,
    by_conversation: HashMap<(u32, ConversationId), (Timestamp, Lane)>,
    closed: bool,
}

impl Timers {
    /// Ring at a moment, instead of the one set before; none: not at all.
    pub(crate) fn set(&self, (lane, conversation): Whose, at: Option<Timestamp>) {
        let key = (lane.company.0, conversation);
        let mut wheel = self.wheel();
        let before = match at {
            Some(at) => wheel.by_conversation.insert(key, (at, lane)),
            None => wheel.by_conversation.remove(&key),
        };
        if let Some((before, _)) = before {
            wheel.by_time.remove(&(before, key.0, key.1));
        }
        let Some(at) = at else {
            return;
        };
        wheel.by_time.insert((at, key.0, key.1));
        let is_next = wheel.by_time.first().is_some_and(|first| first.2 == key.1);
        drop(wheel);
        if is_next {
            self.changed.notify_all();
        }
    }

    /// Wait until conversations are due, and give those; they are not set any
    /// more. `real` is how long to wait for a span of that time. None once the wheel is stopped.
    pub(crate) fn due(
        &self,
        now: impl Fn() -> Timestamp,
        real: impl Fn(Duration) -> Duration,
    ) -> Option<Vec<Whose>> {
        let mut wheel = self.wheel();
        loop {
            if wheel.closed {
                return None;
            }
            let moment = now();
            let due = wheel.take_due(moment);
            if !due.is_empty() {
                return Some(due);
            }
            let next = wheel.by_time.first().map(|(at, ..)| *at);
            let sleep = next
                .and_then(|at| Duration::try_from(at.duration_since(moment)).ok())
                .map_or(LONGEST_SLEEP, |left| real(left).min(LONGEST_SLEEP));
            wheel = self
                .changed
                .wait_timeout(wheel, sleep)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// How many conversations are due sometime.
    pub(crate) fn len(&self) -> usize {
        self.wheel().by_time.len()
    }

    /// Ring no more.
    pub(crate) fn close(&self) {
        self.wheel().closed = true;
        self.changed.notify_all();
    }

    fn wheel(&self) -> MutexGuard<'_, Wheel> {
        // Nothing in here panics half way through a change.
        self.wheel.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wheel {
    fn take_due(&mut self, now: Timestamp) -> Vec<Whose> {
        let mut due = Vec::new();
        while let Some((at, company, conversation)) = self.by_time.first().copied()
            && at <= now
        {
            self.by_time.pop_first();
            if let Some((_, lane)) = self.by_conversation.remove(&(company, conversation)) {
                due.push((lane, conversation));
            }
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use patchbay_journal::{CompanyId, Slot};

    use super::*;

    fn whose(number: u8) -> Whose {
        let lane = Lane {
            company: CompanyId(1),
            slot: Slot(number),
        };
        (lane, ConversationId([number; 16]))
    }

    fn same(span: Duration) -> Duration {
        span
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn what_is_due_rings_once_in_order() {
        let timers = Timers::default();
        timers.set(whose(1), Some(at(20)));
        timers.set(whose(2), Some(at(10)));
        timers.set(whose(3), Some(at(30)));
        assert_eq!(timers.due(|| at(25), same), Some(vec![whose(2), whose(1)]));
        assert_eq!(timers.len(), 1);
    }

    #[test]
    fn a_later_setting_takes_the_place_of_an_earlier_one() {
        let timers = Timers::default();
        timers.set(whose(1), Some(at(10)));
        timers.set(whose(1), Some(at(30)));
        timers.set(whose(2), Some(at(20)));
        timers.set(whose(2), None);
        assert_eq!(timers.len(), 1);
        assert_eq!(timers.due(|| at(30), same), Some(vec![whose(1)]));
    }

    #[test]
    fn a_clock_that_is_set_forward_is_noticed() {
        let timers = Timers::default();
        timers.set(whose(1), Some(at(1_000_000)));
        let asked = std::sync::atomic::AtomicU32::new(0);
        // The system's clock leaps after it was first read.
        let now = || match asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 => at(0),
            _ => at(2_000_000),
        };
        assert_eq!(timers.due(now, same), Some(vec![whose(1)]));
    }

    #[test]
    fn a_stopped_wheel_lets_go_whoever_waits() {
        let timers = Timers::default();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| timers.due(|| at(0), same));
            timers.close();
            assert_eq!(waiting.join().expect("no panic"), None);
        });
    }
}
