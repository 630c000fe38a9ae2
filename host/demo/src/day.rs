//! The simulated day: its hours, and how fast they pass.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use patchbay_clock::Clock;

/// The demo's messages are of this day: Monday, 2 March 2026, from 06:00 UTC …
const FROM: Timestamp = Timestamp::constant(1_772_431_200, 0);
/// … until 20:00 UTC.
const UNTIL: Timestamp = Timestamp::constant(1_772_481_600, 0);
/// Midnight before.
const MIDNIGHT: Timestamp = Timestamp::constant(1_772_409_600, 0);
/// How long after the day its clock goes on as fast, for what is still to be delivered.
/// Then it runs as fast as real time: the companies are those of the visitor.
const CLOSING: SignedDuration = SignedDuration::from_hours(4);
/// The server starts this long before the first message.
const OPENING: SignedDuration = SignedDuration::from_mins(10);
/// Seed of all random choices, so that two days of one length are alike.
const SEED: u64 = 0x0050_c1a1_ca2e;

/// A day, and the clock that plays it.
#[derive(Clone, Copy, Debug)]
pub struct Day {
    /// First moment of the day.
    pub from: Timestamp,
    /// Last moment of the day.
    pub until: Timestamp,
    /// Simulated seconds that pass in one real second.
    pub rate: u32,
    clock: Clock,
}

impl Day {
    /// A day that passes within so many real seconds, starting now.
    pub(crate) fn within(seconds: u32) -> Day {
        let length = UNTIL.duration_since(FROM).as_secs();
        let rate = u32::try_from(length / i64::from(seconds.max(1))).unwrap_or(u32::MAX);
        Day {
            from: FROM,
            until: UNTIL,
            rate,
            clock: Clock::accelerated_until(FROM - OPENING, rate, UNTIL + CLOSING),
        }
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

    /// Wait until a moment of the day.
    pub(crate) async fn wait_until(&self, moment: Timestamp) {
        let left = moment.duration_since(self.now());
        let left = Duration::try_from(left).unwrap_or_default();
        if !left.is_zero() {
            // Tokio's timer has a resolution of one millisecond.
            let real = (left / self.rate.max(1)).max(Duration::from_millis(1));
            tokio::time::sleep(real).await;
        }
    }

    /// The moment so many minutes after midnight.
    pub(crate) fn at(&self, minutes: u32) -> Timestamp {
        MIDNIGHT + SignedDuration::from_mins(i64::from(minutes))
    }
}

/// A moment as hours and minutes of UTC: `10:42`.
pub fn time_of_day(moment: Timestamp) -> String {
    moment.strftime("%H:%M").to_string()
}

/// Random numbers for one person or one message, the same in each run.
pub(crate) fn seeded_rng(key: impl Hash) -> Rng {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    Rng::with_seed(SEED ^ hasher.finish())
}

/// A random span between two numbers of minutes.
pub(crate) fn random_minutes(rng: &mut Rng, least: f64, most: f64) -> SignedDuration {
    SignedDuration::from_secs_f64(60.0 * (least + (most - least) * rng.f64()))
}
