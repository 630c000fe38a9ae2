//! Timers of conversations and companies, in memory. The conversations' rows
//! hold the same times; the next start sets the timers from them.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::{Condvar, Mutex};
use patchbay_journal::ConversationId;

use crate::dispatch::work_list::Lane;

/// Longest sleep: the system's clock may be set meanwhile.
const MAX_SLEEP: Duration = Duration::from_millis(500);

/// A conversation and the lane of its work.
pub(crate) type TimerKey = (Lane, ConversationId);

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
    /// Set, replace or (`None`) remove a timer.
    pub(crate) fn set(&self, (lane, conversation): TimerKey, at: Option<Timestamp>) {
        let key = (lane.company.0, conversation);
        let mut wheel = self.wheel.lock();
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

    /// Wait until timers are due, remove and return them. `real` turns a span
    /// of the desk's clock into one to sleep. `None` once closed.
    pub(crate) fn due(
        &self,
        now: impl Fn() -> Timestamp,
        real: impl Fn(Duration) -> Duration,
    ) -> Option<Vec<TimerKey>> {
        let mut wheel = self.wheel.lock();
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
                .map_or(MAX_SLEEP, |left| real(left).min(MAX_SLEEP));
            self.changed.wait_for(&mut wheel, sleep);
        }
    }

    /// How many timers are set.
    pub(crate) fn len(&self) -> usize {
        self.wheel.lock().by_time.len()
    }

    /// Wake the thread that waits, for the last time.
    pub(crate) fn close(&self) {
        self.wheel.lock().closed = true;
        self.changed.notify_all();
    }
}

impl Wheel {
    fn take_due(&mut self, now: Timestamp) -> Vec<TimerKey> {
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

    fn key(number: u8) -> TimerKey {
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
    fn due_timers_are_returned_once_in_order_of_time() {
        let timers = Timers::default();
        timers.set(key(1), Some(at(20)));
        timers.set(key(2), Some(at(10)));
        timers.set(key(3), Some(at(30)));
        assert_eq!(timers.due(|| at(25), same), Some(vec![key(2), key(1)]));
        assert_eq!(timers.len(), 1);
    }

    #[test]
    fn setting_a_timer_replaces_the_one_before() {
        let timers = Timers::default();
        timers.set(key(1), Some(at(10)));
        timers.set(key(1), Some(at(30)));
        timers.set(key(2), Some(at(20)));
        timers.set(key(2), None);
        assert_eq!(timers.len(), 1);
        assert_eq!(timers.due(|| at(30), same), Some(vec![key(1)]));
    }

    #[test]
    fn a_system_clock_set_forward_makes_timers_due() {
        let timers = Timers::default();
        timers.set(key(1), Some(at(1_000_000)));
        let asked = std::sync::atomic::AtomicU32::new(0);
        // The system's clock jumps after the first read.
        let now = || match asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 => at(0),
            _ => at(2_000_000),
        };
        assert_eq!(timers.due(now, same), Some(vec![key(1)]));
    }

    #[test]
    fn closing_wakes_the_waiting_thread() {
        let timers = Timers::default();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| timers.due(|| at(0), same));
            timers.close();
            assert_eq!(waiting.join().expect("no panic"), None);
        });
    }
}
