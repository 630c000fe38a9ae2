//! The day that is played: its hours, and how fast they pass.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use fastrand::Rng;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use patchbay_desk::Clock;

use crate::exit::{Exit, Failure};

/// When it begins and ends. The demo's messages are of this day, a Monday.
const FROM: &str = "2026-03-02T06:00:00Z";
const UNTIL: &str = "2026-03-02T20:00:00Z";
/// The desk opens this long before the first message.
const OPENING: SignedDuration = SignedDuration::from_mins(10);
/// What chance begins with: days of the same length are alike.
const SEED: u64 = 0x0050_c1a1_ca2e;

/// A day, and its clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Day {
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
    /// How many times as fast as ours its hours pass.
    pub(crate) rate: u32,
    clock: Clock,
}

impl Day {
    /// A day that passes within so many seconds, and begins now.
    pub(crate) fn within(seconds: u32) -> Result<Day, Failure> {
        let time = |text: &str| {
            text.parse::<Timestamp>()
                .map_err(|error| Failure::new(Exit::Machine, format!("{text}: {error}")))
        };
        let (from, until) = (time(FROM)?, time(UNTIL)?);
        let length = until.duration_since(from).as_secs();
        let rate = u32::try_from(length / i64::from(seconds.max(1))).unwrap_or(u32::MAX);
        Ok(Day {
            from,
            until,
            rate,
            clock: Clock::played(from - OPENING, rate),
        })
    }

    pub(crate) fn clock(&self) -> Clock {
        self.clock
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn is_over(&self) -> bool {
        self.now() >= self.until
    }

    /// Wait until it is then.
    pub(crate) async fn wait_until(&self, then: Timestamp) {
        let left = then.duration_since(self.now());
        let left = Duration::try_from(left).unwrap_or_default();
        if !left.is_zero() {
            // At least a millisecond: what tokio's clock can tell apart.
            let real = (left / self.rate.max(1)).max(Duration::from_millis(1));
            tokio::time::sleep(real).await;
        }
    }

    /// So many minutes after midnight.
    pub(crate) fn at(&self, minutes: u32) -> Timestamp {
        let midnight = self.from.to_zoned(TimeZone::UTC).start_of_day();
        let midnight = midnight.map_or(self.from, |midnight| midnight.timestamp());
        midnight + SignedDuration::from_mins(i64::from(minutes))
    }
}

/// A time as people at a desk say it: `10:42`.
pub(crate) fn hour(at: Timestamp) -> String {
    at.strftime("%H:%M").to_string()
}

/// Chance for one person or one message, the same in each run.
pub(crate) fn chance_for(whom: impl Hash) -> Rng {
    let mut hasher = DefaultHasher::new();
    whom.hash(&mut hasher);
    Rng::with_seed(SEED ^ hasher.finish())
}

/// A span between two numbers of minutes.
pub(crate) fn minutes(rng: &mut Rng, least: f64, most: f64) -> SignedDuration {
    SignedDuration::from_secs_f64(60.0 * (least + (most - least) * rng.f64()))
}
