//! The desk's clock.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// The system's clock, or one that runs faster for demos and tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock(Option<AcceleratedClock>);

#[derive(Clone, Copy, Debug)]
struct AcceleratedClock {
    from: Timestamp,
    started: Instant,
    rate: u32,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Clock {
        Clock(None)
    }

    /// A clock that starts at `from` and runs `rate` times as fast as real time
    /// (0 counts as 1).
    pub fn accelerated(from: Timestamp, rate: u32) -> Clock {
        Clock(Some(AcceleratedClock {
            from,
            started: Instant::now(),
            rate: rate.max(1),
        }))
    }

    /// The time. The system's clock may be set back.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            None => Timestamp::now(),
            Some(clock) => {
                let passed = clock.started.elapsed().saturating_mul(clock.rate);
                let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
                let now = clock.from.checked_add(passed);
                now.unwrap_or(Timestamp::MAX)
            }
        }
    }

    /// The real time in which `span` passes on this clock.
    pub(crate) fn real(&self, span: Duration) -> Duration {
        match &self.0 {
            None => span,
            Some(clock) => span / clock.rate,
        }
    }
}

/// A clock that never runs back.
#[derive(Debug)]
pub(crate) struct SteadyClock {
    clock: Clock,
    /// The latest time returned, in microseconds.
    latest: AtomicI64,
}

impl SteadyClock {
    pub(crate) fn new(clock: Clock) -> SteadyClock {
        SteadyClock {
            clock,
            latest: AtomicI64::new(i64::MIN),
        }
    }

    /// The time; never before one that was returned already.
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
    fn an_accelerated_clock_starts_at_its_time_and_runs_faster() {
        let from = Timestamp::from_second(1_000_000).expect("in range");
        let clock = Clock::accelerated(from, 3_600);
        let started = Instant::now();
        let seen = clock.now();
        assert!(seen >= from);
        std::thread::sleep(Duration::from_millis(20));
        let passed = clock.now().duration_since(from);
        assert!(passed >= SignedDuration::from_secs(72), "{passed}");
        let most = SignedDuration::try_from(started.elapsed() * 3_600 * 2).expect("in range");
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
        let steady = SteadyClock::new(Clock::system());
        let mut before = steady.now();
        for _ in 0..1_000 {
            let now = steady.now();
            assert!(now >= before);
            before = now;
        }
    }
}
