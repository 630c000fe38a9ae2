//! The host's time: the clocks it reads, and what it makes of them.

mod host_clock;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

pub use host_clock::{ClockJump, HostClock, LEAST_JUMP};
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

/// The machine's clocks, or clocks for demos and tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock(Source);

#[derive(Clone, Copy, Debug, Default)]
enum Source {
    #[default]
    System,
    Accelerated(AcceleratedClock),
    Adjustable(AdjustableClock),
    Stepped(SteppedClock),
}

#[derive(Clone, Copy, Debug)]
struct AcceleratedClock {
    from: Timestamp,
    started: Instant,
    rate: u32,
    /// Real time for which it is faster; then it runs as fast as real time.
    faster_for: Duration,
}

impl AcceleratedClock {
    fn passed(&self) -> Duration {
        self.passed_after(self.started.elapsed())
    }

    fn passed_after(&self, real: Duration) -> Duration {
        let faster = real.min(self.faster_for);
        let rest = real.saturating_sub(faster);
        faster.saturating_mul(self.rate).saturating_add(rest)
    }

    /// Real time until `span` has passed, or until its speed changes.
    fn real(&self, span: Duration) -> Duration {
        match self.faster_for.saturating_sub(self.started.elapsed()) {
            Duration::ZERO => span,
            left => (span / self.rate).min(left),
        }
    }
}

/// The machine's clocks, with a wall clock that tests set forward and back. Each
/// keeps a few bytes until the process ends.
#[derive(Clone, Copy, Debug)]
pub struct AdjustableClock(&'static AtomicI64);

impl Default for AdjustableClock {
    fn default() -> AdjustableClock {
        AdjustableClock(Box::leak(Box::default()))
    }
}

impl AdjustableClock {
    /// Set the wall clock to this far ahead of the machine's.
    pub fn set_ahead(&self, by: SignedDuration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.0.store(micros, Ordering::Release);
    }

    fn wall(&self) -> Timestamp {
        let ahead = SignedDuration::from_micros(self.0.load(Ordering::Acquire));
        let wall = Timestamp::now().checked_add(ahead);
        wall.unwrap_or(Timestamp::MAX)
    }
}

/// Clocks that stand still until a test moves them. Each keeps a few bytes until
/// the process ends.
#[derive(Clone, Copy, Debug)]
pub struct SteppedClock(&'static Mutex<SteppedTime>);

#[derive(Debug)]
struct SteppedTime {
    wall: Timestamp,
    monotonic: Duration,
}

impl SteppedClock {
    /// Real time between two looks at a clock that stands still.
    const POLL: Duration = Duration::from_millis(1);

    /// A clock that stands at `wall`.
    pub fn new(wall: Timestamp) -> SteppedClock {
        let time = SteppedTime {
            wall,
            monotonic: Duration::ZERO,
        };
        SteppedClock(Box::leak(Box::new(Mutex::new(time))))
    }

    /// Let time pass, on the wall clock and on the monotonic one.
    pub fn advance(&self, by: Duration) {
        let mut time = self.0.lock();
        time.monotonic = time.monotonic.saturating_add(by);
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        time.wall = time.wall.checked_add(by).unwrap_or(Timestamp::MAX);
    }

    /// Set the wall clock forward, or back with a negative span, while no time
    /// passes.
    pub fn jump(&self, by: SignedDuration) {
        let mut time = self.0.lock();
        time.wall = time.wall.checked_add(by).unwrap_or(Timestamp::MAX);
    }

    fn read(&self) -> (Timestamp, Duration) {
        let time = self.0.lock();
        (time.wall, time.monotonic)
    }
}

impl Clock {
    /// The machine's clocks.
    pub fn system() -> Clock {
        Clock(Source::System)
    }

    /// A clock that starts at `from` and runs `rate` times as fast as real time
    /// (0 counts as 1).
    pub fn accelerated(from: Timestamp, rate: u32) -> Clock {
        Clock(Source::Accelerated(AcceleratedClock {
            from,
            started: Instant::now(),
            rate: rate.max(1),
            faster_for: Duration::MAX,
        }))
    }

    /// [`Self::accelerated`] until its time is `until`; from then on it runs as fast as
    /// real time.
    pub fn accelerated_until(from: Timestamp, rate: u32, until: Timestamp) -> Clock {
        let rate = rate.max(1);
        let faster = Duration::try_from(until.duration_since(from)).unwrap_or_default();
        Clock(Source::Accelerated(AcceleratedClock {
            from,
            started: Instant::now(),
            rate,
            faster_for: faster / rate,
        }))
    }

    /// The machine's clocks, with a wall clock that `clock` adjusts.
    pub fn adjustable(clock: AdjustableClock) -> Clock {
        Clock(Source::Adjustable(clock))
    }

    /// Clocks that only `clock` moves.
    pub fn stepped(clock: SteppedClock) -> Clock {
        Clock(Source::Stepped(clock))
    }

    /// Whether its time has nothing to do with the machine's, by which
    /// generations are stored before the desk starts.
    pub fn is_simulated(&self) -> bool {
        matches!(self.0, Source::Accelerated(_))
    }

    /// The wall clock's time, which may go back.
    pub fn now(&self) -> Timestamp {
        self.read(Instant::now()).0
    }

    /// The wall clock, and the time since `started` on the monotonic one.
    fn read(&self, started: Instant) -> (Timestamp, Duration) {
        match &self.0 {
            Source::System => (Timestamp::now(), started.elapsed()),
            Source::Adjustable(clock) => (clock.wall(), started.elapsed()),
            Source::Stepped(clock) => clock.read(),
            Source::Accelerated(clock) => {
                let monotonic = clock.passed();
                let passed = SignedDuration::try_from(monotonic).unwrap_or(SignedDuration::MAX);
                let wall = clock.from.checked_add(passed);
                (wall.unwrap_or(Timestamp::MAX), monotonic)
            }
        }
    }

    /// The real time in which `span` passes on this clock, or less if its speed changes
    /// before.
    pub fn real(&self, span: Duration) -> Duration {
        match &self.0 {
            Source::System | Source::Adjustable(_) => span,
            Source::Accelerated(clock) => clock.real(span),
            Source::Stepped(_) => span.min(SteppedClock::POLL),
        }
    }
}

/// Host time: never goes back, and runs on where the wall clock does. See
/// [`HostClock`].
#[derive(Debug)]
pub struct SteadyClock {
    clock: Clock,
    started: Instant,
    state: Mutex<SteadyState>,
    /// [`HostClock::skipped`], in microseconds.
    skipped: Arc<AtomicI64>,
}

#[derive(Debug)]
struct SteadyState {
    host: HostClock,
    /// Jumps that [`SteadyClock::take_jumps`] has not returned.
    jumps: Vec<ClockJump>,
}

impl SteadyClock {
    /// Most jumps that wait to be told.
    const MAX_JUMPS: usize = 16;

    /// Host time from the wall clock, or from the newest time that an earlier
    /// run saw.
    pub fn new(clock: Clock, newest: Option<Timestamp>) -> SteadyClock {
        let started = Instant::now();
        let (wall, monotonic) = clock.read(started);
        let (host, jump) = HostClock::start(wall, monotonic, newest);
        SteadyClock {
            clock,
            started,
            state: Mutex::new(SteadyState {
                host,
                jumps: jump.into_iter().collect(),
            }),
            skipped: Arc::default(),
        }
    }

    /// The time, in whole microseconds; never before one that was returned
    /// already.
    pub fn now(&self) -> Timestamp {
        let mut state = self.state.lock();
        let (wall, monotonic) = self.clock.read(self.started);
        let (now, jump) = state.host.read(wall, monotonic);
        if let Some(jump) = jump {
            if state.jumps.len() < Self::MAX_JUMPS {
                state.jumps.push(jump);
            }
            let skipped = i64::try_from(state.host.skipped().as_micros()).unwrap_or(i64::MAX);
            self.skipped.store(skipped, Ordering::Release);
        }
        drop(state);
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// The jumps of the wall clock since the last call.
    pub fn take_jumps(&self) -> Vec<ClockJump> {
        std::mem::take(&mut self.state.lock().jumps)
    }

    /// Time that the clock skipped, for floors.
    pub fn skipped(&self) -> SkippedTime {
        SkippedTime(Arc::clone(&self.skipped))
    }

    /// See [`Clock::real`].
    pub fn real(&self, span: Duration) -> Duration {
        self.clock.real(span)
    }
}

/// How much host time the clock skipped since the start: the wall clock was set
/// forward.
#[derive(Clone, Debug, Default)]
pub struct SkippedTime(Arc<AtomicI64>);

impl SkippedTime {
    /// The time skipped so far.
    pub fn get(&self) -> SignedDuration {
        SignedDuration::from_micros(self.0.load(Ordering::Acquire))
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
    fn an_accelerated_clock_slows_down_to_real_time() {
        let from = Timestamp::from_second(1_000_000).expect("in range");
        let until = from + SignedDuration::from_hours(1);
        let Source::Accelerated(clock) = Clock::accelerated_until(from, 360, until).0 else {
            panic!("another kind of clock");
        };
        let seconds = Duration::from_secs;
        // Ten real seconds for the hour.
        for (real, passed) in [(0, 0), (1, 360), (10, 3_600), (11, 3_601), (70, 3_660)] {
            assert_eq!(clock.passed_after(seconds(real)), seconds(passed), "{real}");
        }
        assert!(clock.real(seconds(36_000)) <= seconds(10));
        let over = AcceleratedClock {
            faster_for: Duration::ZERO,
            ..clock
        };
        assert_eq!(over.real(seconds(60)), seconds(60));
    }

    #[test]
    fn a_steady_clock_never_runs_back() {
        let steady = SteadyClock::new(Clock::system(), None);
        let mut before = steady.now();
        for _ in 0..1_000 {
            let now = steady.now();
            assert!(now >= before);
            before = now;
        }
    }

    #[test]
    fn a_wall_clock_that_jumps_is_told_once_and_host_time_runs_on() {
        let wall = AdjustableClock::default();
        let steady = SteadyClock::new(Clock::adjustable(wall), None);
        let before = steady.now();
        let day = SignedDuration::from_hours(24);
        wall.set_ahead(-day);
        let after = steady.now();
        assert!(after >= before && after.duration_since(before) < day);
        let jumps = steady.take_jumps();
        assert_eq!(jumps.len(), 1);
        assert!(jumps[0].by() < -day / 2, "{jumps:?}");
        assert!(steady.skipped().get().is_zero());
        wall.set_ahead(day);
        assert!(steady.now().duration_since(after) > day / 2);
        assert_eq!(steady.take_jumps().len(), 1);
        assert!(steady.skipped().get() > day / 2);
    }

    #[test]
    fn a_new_run_starts_at_the_newest_time_of_the_last() {
        let newest = Timestamp::now() + SignedDuration::from_hours(72);
        let steady = SteadyClock::new(Clock::system(), Some(newest));
        assert!(
            steady.now() >= Timestamp::from_microsecond(newest.as_microsecond()).expect("in range")
        );
        assert_eq!(steady.take_jumps().len(), 1);
    }
}
