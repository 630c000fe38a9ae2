//! What time it is at the desk.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// A clock: the system's, or one that runs faster, for a day that is played.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock(Option<Played>);

#[derive(Clone, Copy, Debug)]
struct Played {
    from: Timestamp,
    begun: Instant,
    rate: u32,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Clock {
        Clock(None)
    }

    /// A clock that shows `from` now and runs `rate` times as fast; at least
    /// once as fast.
    pub fn played(from: Timestamp, rate: u32) -> Clock {
        Clock(Some(Played {
            from,
            begun: Instant::now(),
            rate: rate.max(1),
        }))
    }

    /// What it shows. The system's may be set back meanwhile.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            None => Timestamp::now(),
            Some(played) => {
                let passed = played.begun.elapsed().saturating_mul(played.rate);
                let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
                let now = played.from.checked_add(passed);
                now.unwrap_or(Timestamp::MAX)
            }
        }
    }

    /// How long to wait until so much time has passed on it.
    pub(crate) fn real(&self, span: Duration) -> Duration {
        match &self.0 {
            None => span,
            Some(played) => span / played.rate,
        }
    }
}

/// A clock that never runs back.
#[derive(Debug)]
pub(crate) struct Steady {
    clock: Clock,
    /// The latest time seen, in microseconds.
    latest: AtomicI64,
}

impl Steady {
    pub(crate) fn new(clock: Clock) -> Steady {
        Steady {
            clock,
            latest: AtomicI64::new(i64::MIN),
        }
    }

    /// Now, but never before a time that was seen already.
    pub(crate) fn now(&self) -> Timestamp {
        let now = self.clock.now().as_microsecond();
        let latest = self.latest.fetch_max(now, Ordering::AcqRel).max(now);
        Timestamp::from_microsecond(latest).unwrap_or(Timestamp::MAX)
    }

    pub(crate) fn real(&self, span: Duration) -> Duration {
        self.clock.real(span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_played_clock_begins_where_it_is_told_and_runs_ahead() {
        let from = Timestamp::from_second(1_000_000).expect("in range");
        let clock = Clock::played(from, 3_600);
        let begun = Instant::now();
        let seen = clock.now();
        assert!(seen >= from);
        std::thread::sleep(Duration::from_millis(20));
        let passed = clock.now().duration_since(from);
        assert!(passed >= SignedDuration::from_secs(72), "{passed}");
        let most = SignedDuration::try_from(begun.elapsed() * 3_600 * 2).expect("in range");
        assert!(
            passed <= most + SignedDuration::from_secs(3_600),
            "{passed}"
        );
        assert_eq!(
            clock.real(Duration::from_secs(3_600)),
            Duration::from_secs(1)
        );
    }

    #[test]
    fn a_steady_clock_never_runs_back() {
        let steady = Steady::new(Clock::system());
        let mut before = steady.now();
        for _ in 0..1_000 {
            let now = steady.now();
            assert!(now >= before);
            before = now;
        }
    }
}
