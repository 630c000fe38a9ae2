//! What is counted. The journal stores the numbers: a number never gets another meaning.

use patchbay_journal::Counts;
use patchbay_model::histogram::quantile;
use patchbay_model::outcome::OutcomeKind;
use patchbay_model::sla::Clock;

/// Version of the rules in [`progress`](crate::progress): another number makes every
/// company count again from its first stored entry.
pub const RULES: u32 = 1;

macro_rules! measures {
    ($( $(#[doc = $doc:literal])+ $name:ident = $number:literal; )+) => {
        /// A measure that counts things.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub enum Measure {
            $( $(#[doc = $doc])+ $name = $number, )+
        }
    };
}

measures! {
    /// Messages of customers, without those that a program wrote.
    Interactions = 1;
    /// Conversations with their first message of a customer.
    Opened = 2;
    /// Resolved conversations that a message reopened.
    Reopened = 3;
    /// Conversations that were resolved.
    Resolved = 4;
    /// Offers made to agents.
    OffersMade = 10;
    /// Offers that their agents accepted.
    OffersAccepted = 11;
    /// Offers that their agents declined.
    OffersDeclined = 12;
    /// Offers that their agents let time out.
    OffersTimedOut = 13;
    /// Offers that the host or a supervisor withdrew.
    OffersWithdrawn = 14;
    /// Replies that went to the outbox.
    RepliesPublished = 20;
    /// Replies that waited for approval.
    RepliesHeld = 21;
    /// Replies that went back for changes.
    RepliesRevised = 22;
    /// Replies that may not be sent.
    RepliesBlocked = 23;
    /// Replies that the channel accepted.
    RepliesDelivered = 24;
    /// Replies that the channel refused.
    RepliesUndeliverable = 25;
}

impl Measure {
    /// Its number in [`Counts`].
    pub const fn number(self) -> u16 {
        self as u16
    }
}

/// What is counted of a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockMeasure {
    /// Runs that a reply or the end of the conversation stopped within the target.
    Met,
    /// Runs that it stopped after the target.
    Late,
    /// At-risk shares that were used up.
    AtRisk,
    /// Targets that were used up, answered later or not.
    Missed,
}

impl ClockMeasure {
    /// Its number for a clock in [`Counts`].
    pub const fn number(self, clock: Clock) -> u16 {
        let first = match clock {
            Clock::FirstResponse => 40,
            Clock::NextResponse => 50,
            Clock::Resolution => 60,
        };
        first
            + match self {
                ClockMeasure::Met => 0,
                ClockMeasure::Late => 1,
                ClockMeasure::AtRisk => 2,
                ClockMeasure::Missed => 3,
            }
    }
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Upper bounds of the ranges of a duration, in seconds: 15 s to 30 days. Each is at most
/// twice the one before. Changing them needs other numbers in [`DurationMeasure`].
pub const BOUNDS: [u64; 28] = [
    15,
    30,
    MINUTE,
    2 * MINUTE,
    3 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    20 * MINUTE,
    30 * MINUTE,
    45 * MINUTE,
    HOUR,
    90 * MINUTE,
    2 * HOUR,
    3 * HOUR,
    4 * HOUR,
    6 * HOUR,
    8 * HOUR,
    12 * HOUR,
    18 * HOUR,
    DAY,
    36 * HOUR,
    2 * DAY,
    3 * DAY,
    5 * DAY,
    7 * DAY,
    14 * DAY,
    30 * DAY,
];

/// A duration: its sum in milliseconds, and a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DurationMeasure {
    /// From the start of a conversation to the first reply.
    FirstResponse,
    /// From the start of a conversation to resolved.
    Resolution,
    /// How long an agent worked on a conversation.
    Handle,
}

impl DurationMeasure {
    const fn first(self) -> u16 {
        match self {
            DurationMeasure::FirstResponse => 100,
            DurationMeasure::Resolution => 140,
            DurationMeasure::Handle => 180,
        }
    }

    /// Add a duration in milliseconds.
    pub fn record(self, counts: &mut Counts, ms: u64) {
        counts.add(self.first(), ms);
        let seconds = ms.div_ceil(1_000);
        let range = BOUNDS.partition_point(|bound| *bound < seconds);
        counts.add(self.first() + 1 + range as u16, 1);
    }

    /// Sum in milliseconds, and the count of each range; the last is above all bounds.
    pub fn read(self, counts: &Counts) -> (u64, [u64; BOUNDS.len() + 1]) {
        let mut ranges = [0; BOUNDS.len() + 1];
        for (range, number) in ranges.iter_mut().zip(self.first() + 1..) {
            *range = counts.get(number);
        }
        (counts.get(self.first()), ranges)
    }
}

/// Seconds that a share of the durations does not exceed; `None` without durations.
/// Assumes that they are evenly distributed within a range.
pub fn percentile(ranges: &[u64], share: f64) -> Option<u64> {
    quantile(BOUNDS, ranges, share)
}

/// Number of an outcome of a stage's plugins in [`Counts`]: the place of the outcome in its
/// table, which only grows at its end.
pub fn outcome_number(outcome: OutcomeKind) -> u16 {
    1_000 + outcome as u16
}

/// Number of the rules that answered in place of a stage's policy.
pub const FALLBACKS: u16 = 1_900;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_number_counts_one_thing() {
        let clocks = Clock::ALL.into_iter().flat_map(|clock| {
            use ClockMeasure::{AtRisk, Late, Met, Missed};
            [Met, Late, AtRisk, Missed].map(|measure| measure.number(clock))
        });
        let durations = [
            DurationMeasure::FirstResponse,
            DurationMeasure::Resolution,
            DurationMeasure::Handle,
        ];
        let durations = durations
            .into_iter()
            .flat_map(|one| one.first()..=one.first() + 1 + BOUNDS.len() as u16);
        let outcomes = OutcomeKind::ALL.into_iter().map(outcome_number);
        let numbers: Vec<u16> = clocks.chain(durations).chain(outcomes).collect();
        let distinct: BTreeSet<_> = numbers.iter().collect();
        assert_eq!(distinct.len(), numbers.len());
        assert!(
            numbers
                .iter()
                .all(|number| *number > 25 && *number < FALLBACKS)
        );
    }

    /// Stored rows have these numbers.
    #[test]
    fn an_outcome_keeps_its_number() {
        let codes = OutcomeKind::ALL.map(OutcomeKind::as_str);
        let known = [
            "ok",
            "declined",
            "failed",
            "timeout",
            "out-of-fuel",
            "out-of-memory",
            "stack-overflow",
            "trapped",
            "bad-output",
            "denied",
            "overloaded",
            "quarantined",
            "bypassed",
            "incompatible",
        ];
        assert_eq!(codes[..known.len()], known, "new outcomes go to the end");
        assert_eq!(outcome_number(OutcomeKind::Incompatible), 1_013);
    }

    #[test]
    fn a_duration_falls_into_the_range_whose_bound_it_does_not_pass() {
        let mut counts = Counts::default();
        for ms in [0, 15_000, 15_001, 60_000, 31 * DAY * 1_000] {
            DurationMeasure::Handle.record(&mut counts, ms);
        }
        let (sum, ranges) = DurationMeasure::Handle.read(&counts);
        assert_eq!(sum, 90_001 + 31 * DAY * 1_000);
        assert_eq!(ranges[..3], [2, 1, 1]);
        assert_eq!(ranges[BOUNDS.len()], 1);
        assert_eq!(percentile(&ranges, 0.4), Some(15));
        assert_eq!(percentile(&[0; BOUNDS.len() + 1], 0.5), None);
    }
}
