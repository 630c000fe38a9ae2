//! The host's time, from the machine's wall clock and its monotonic clock.
//!
//! Host time never goes back, and intervals last as long as they should:
//!
//! | the wall clock | host time |
//! | --- | --- |
//! | runs normally | follows it |
//! | goes back by less than [`LEAST_JUMP`] | runs at half speed until the wall clock has caught up |
//! | goes back further | runs on by the monotonic clock until the wall clock has caught up |
//! | goes forward | follows it; [`HostClock::skipped`] grows by what no interval should count |
//!
//! A difference of [`LEAST_JUMP`] or more is a [`ClockJump`].

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Least difference between the two clocks that counts as a jump.
pub const LEAST_JUMP: SignedDuration = SignedDuration::from_secs(10);

/// The wall clock differs from what the monotonic clock leads to expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockJump {
    /// What the wall clock should have shown.
    pub from: Timestamp,
    /// What it showed.
    pub to: Timestamp,
}

impl ClockJump {
    /// By how much: negative where the clock went back.
    pub fn by(&self) -> SignedDuration {
        self.to.duration_since(self.from)
    }
}

/// The host's time.
#[derive(Clone, Debug)]
pub struct HostClock {
    wall: Timestamp,
    monotonic: Duration,
    host: Timestamp,
    skipped: SignedDuration,
}

impl HostClock {
    /// The time at the start: the wall clock's, or the newest time of an
    /// earlier run where that is later. Returns a jump where it is later by
    /// [`LEAST_JUMP`] or more.
    pub fn start(
        wall: Timestamp,
        monotonic: Duration,
        newest: Option<Timestamp>,
    ) -> (HostClock, Option<ClockJump>) {
        let host = newest.map_or(wall, |newest| newest.max(wall));
        let clock = HostClock {
            wall,
            monotonic,
            host,
            skipped: SignedDuration::ZERO,
        };
        let jump = ClockJump {
            from: host,
            to: wall,
        };
        (clock, Some(jump).filter(|jump| jump.by() <= -LEAST_JUMP))
    }

    /// The time, from both clocks as read just now.
    pub fn read(&mut self, wall: Timestamp, monotonic: Duration) -> (Timestamp, Option<ClockJump>) {
        let passed = monotonic.saturating_sub(self.monotonic);
        let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
        let jump = ClockJump {
            from: add(self.wall, passed),
            to: wall,
        };
        let jump = Some(jump).filter(|jump| jump.by().abs() >= LEAST_JUMP);
        let steady = add(self.host, passed);
        let behind = steady.duration_since(wall);
        self.host = if behind >= LEAST_JUMP {
            steady
        } else {
            wall.max(add(self.host, passed / 2))
        };
        let ahead = self.host.duration_since(steady);
        if ahead >= LEAST_JUMP {
            self.skipped = self.skipped.saturating_add(ahead);
        }
        (self.wall, self.monotonic) = (wall, monotonic);
        (self.host, jump)
    }

    /// How much host time was skipped because the wall clock went forward: time
    /// that did not pass. Never falls.
    pub fn skipped(&self) -> SignedDuration {
        self.skipped
    }
}

fn add(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.checked_add(span).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
    }

    /// Readings: wall clock, monotonic clock, expected host time and jump, all
    /// in seconds.
    fn check(start: (i64, Option<i64>), readings: &[(i64, u64, i64, Option<i64>)]) -> HostClock {
        let (wall, newest) = start;
        let (mut clock, _) = HostClock::start(at(wall), Duration::ZERO, newest.map(at));
        let mut before = Timestamp::MIN;
        for &(wall, monotonic, host, by) in readings {
            let (now, jump) = clock.read(at(wall), Duration::from_secs(monotonic));
            assert_eq!(now, at(host), "at {monotonic} s: {readings:?}");
            let found = jump.map(|jump| jump.by().as_secs());
            assert_eq!(found, by, "at {monotonic} s: {readings:?}");
            assert!(now >= before, "at {monotonic} s: {readings:?}");
            before = now;
        }
        clock
    }

    #[test]
    fn host_time_follows_the_wall_clock() {
        let clock = check((0, None), &[(60, 60, 60, None), (61, 61, 61, None)]);
        assert_eq!(clock.skipped(), SignedDuration::ZERO);
    }

    #[test]
    fn a_wall_clock_set_back_by_days_does_not_stop_host_time() {
        let back = 3 * DAY;
        let readings = [
            (60, 60, 60, None),
            (120 - back, 120, 120, Some(-back)),
            // No second alert, and every interval has its length.
            (240 - back, 240, 240, None),
            (3_600 - back, 3_600, 3_600, None),
            // Set right again: host time follows.
            (3_601, 3_601, 3_601, Some(back)),
        ];
        let clock = check((0, None), &readings);
        assert_eq!(clock.skipped(), SignedDuration::ZERO, "no time was skipped");
    }

    #[test]
    fn a_wall_clock_set_forward_is_followed_and_the_time_counts_as_skipped() {
        let clock = check(
            (0, None),
            &[
                (60, 60, 60, None),
                (3_661, 61, 3_661, Some(3_600)),
                (3_662, 62, 3_662, None),
                (DAY, 63, DAY, Some(DAY - 3_663)),
            ],
        );
        assert_eq!(clock.skipped().as_secs(), 3_600 + DAY - 3_663);
    }

    #[test]
    fn a_small_step_back_slows_host_time_until_the_wall_clock_has_caught_up() {
        check(
            (0, None),
            &[
                (100, 100, 100, None),
                // 4 s back: host time runs at half speed for 8 s.
                (98, 102, 101, None),
                (102, 106, 103, None),
                (104, 108, 104, None),
                (105, 109, 105, None),
            ],
        );
    }

    #[test]
    fn a_clock_that_goes_back_twice_is_told_twice() {
        check(
            (0, None),
            &[
                (10 - DAY, 10, 10, Some(-DAY)),
                (20 - 2 * DAY, 20, 20, Some(-DAY)),
                (30 - 2 * DAY, 30, 30, None),
            ],
        );
    }

    #[test]
    fn the_newest_time_of_an_earlier_run_counts_at_the_start() {
        for (newest, host, jump) in [
            (None, 0, None),
            (Some(-60), 0, None),
            (Some(5), 5, None),
            (Some(DAY), DAY, Some(-DAY)),
        ] {
            let (mut clock, found) = HostClock::start(at(0), Duration::ZERO, newest.map(at));
            assert_eq!(found.map(|jump| jump.by().as_secs()), jump, "{newest:?}");
            let (now, later) = clock.read(at(0), Duration::ZERO);
            assert_eq!((now, later), (at(host), None), "{newest:?}");
        }
        check((0, Some(DAY)), &[(60, 60, DAY + 60, None)]);
    }
}
