//! Buckets of time: five minutes, hours and days of a time zone.

use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use patchbay_journal::Granularity;
use patchbay_model::codes;

const FIVE_MINUTES: i64 = 300;
const HOUR: i64 = 3_600;

codes! {
    /// Length of the buckets of a report.
    pub enum Step {
        /// Five minutes.
        FiveMinutes = "5m",
        /// An hour of local time. Where the clock changes by less than an hour, one hour is
        /// shorter or in two parts.
        Hour = "hour",
        /// A day of local time: 23 or 25 hours where the clock changes.
        Day = "day",
    }
}

impl Step {
    /// The rows that a bucket sums up.
    pub const fn granularity(self) -> Granularity {
        match self {
            Step::FiveMinutes => Granularity::FiveMinutes,
            Step::Hour | Step::Day => Granularity::Hour,
        }
    }

    /// Start of the bucket that a moment belongs to.
    pub fn start(self, at: Timestamp, zone: &TimeZone) -> Timestamp {
        match self {
            Step::FiveMinutes => five_minutes_of(at),
            Step::Hour => hour_of(at, zone),
            Step::Day => {
                let day = at.to_zoned(zone.clone()).start_of_day();
                day.map_or(at, |day| day.timestamp())
            }
        }
    }

    /// Start of the bucket after the one that starts at `start`.
    pub fn next(self, start: Timestamp, zone: &TimeZone) -> Timestamp {
        let next = match self {
            Step::FiveMinutes => start + SignedDuration::from_secs(FIVE_MINUTES),
            Step::Hour => {
                let end = start + SignedDuration::from_secs(HOUR);
                let next = hour_of(end, zone);
                // Half an hour after a change by half an hour.
                if next > start { next } else { end }
            }
            Step::Day => {
                let tomorrow = start.to_zoned(zone.clone()).tomorrow();
                let next = tomorrow.and_then(|day| day.start_of_day());
                next.map_or(start + SignedDuration::from_hours(24), |day| {
                    day.timestamp()
                })
            }
        };
        next.max(start + SignedDuration::from_secs(1))
    }
}

/// Start of the five minutes that a moment belongs to.
pub(crate) fn five_minutes_of(at: Timestamp) -> Timestamp {
    floor(at, 0, FIVE_MINUTES)
}

/// Start of the hour of local time that a moment belongs to: not before a change of the
/// clock.
pub(crate) fn hour_of(at: Timestamp, zone: &TimeZone) -> Timestamp {
    let offset: Offset = zone.to_offset(at);
    let start = floor(at, i64::from(offset.seconds()), HOUR);
    if zone.to_offset(start) == offset {
        return start;
    }
    // The last change up to the moment.
    let after = at + SignedDuration::from_nanos(1);
    let change = zone.preceding(after).next();
    change.map_or(start, |change| change.timestamp().max(start))
}

fn floor(at: Timestamp, offset: i64, length: i64) -> Timestamp {
    // Rounds towards the past.
    let second = at.as_nanosecond().div_euclid(1_000_000_000) as i64;
    let start = second - (second + offset).rem_euclid(length);
    Timestamp::from_second(start).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect(text)
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect(name)
    }

    /// Starts of the buckets from a moment on.
    fn starts(step: Step, from: &str, zone: &TimeZone, count: usize) -> Vec<String> {
        let first = step.start(at(from), zone);
        let all = std::iter::successors(Some(first), |start| Some(step.next(*start, zone)));
        all.take(count).map(|start| start.to_string()).collect()
    }

    #[test]
    fn days_begin_at_local_midnight_and_have_23_or_25_hours_where_the_clock_changes() {
        let berlin = zone("Europe/Berlin");
        assert_eq!(
            starts(Step::Day, "2026-03-28T12:00:00Z", &berlin, 4),
            [
                "2026-03-27T23:00:00Z",
                "2026-03-28T23:00:00Z",
                "2026-03-29T22:00:00Z",
                "2026-03-30T22:00:00Z"
            ]
        );
        assert_eq!(
            starts(Step::Day, "2026-10-25T12:00:00Z", &berlin, 3),
            [
                "2026-10-24T22:00:00Z",
                "2026-10-25T23:00:00Z",
                "2026-10-26T23:00:00Z"
            ]
        );
    }

    #[test]
    fn a_day_without_midnight_begins_with_its_first_moment() {
        // The clock goes from 24:00 to 01:00.
        let beirut = zone("Asia/Beirut");
        assert_eq!(
            starts(Step::Day, "2026-03-28T12:00:00Z", &beirut, 3),
            [
                "2026-03-27T22:00:00Z",
                "2026-03-28T22:00:00Z",
                "2026-03-29T21:00:00Z"
            ]
        );
    }

    #[test]
    fn hours_follow_the_minutes_of_the_zone() {
        assert_eq!(
            starts(
                Step::Hour,
                "2026-05-01T10:14:00Z",
                &zone("Asia/Kathmandu"),
                2
            ),
            ["2026-05-01T09:15:00Z", "2026-05-01T10:15:00Z"]
        );
        // The clock goes forward: 23 hours between two midnights.
        let berlin = zone("Europe/Berlin");
        let day = starts(Step::Hour, "2026-03-28T23:00:00Z", &berlin, 24);
        assert_eq!(
            (day[0].as_str(), day[23].as_str()),
            ("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z")
        );
    }

    #[test]
    fn a_change_by_half_an_hour_cuts_an_hour() {
        // At 15:00Z the clock goes from 02:00 back to 01:30.
        assert_eq!(
            starts(
                Step::Hour,
                "2026-04-04T14:10:00Z",
                &zone("Australia/Lord_Howe"),
                4
            ),
            [
                "2026-04-04T14:00:00Z",
                "2026-04-04T15:00:00Z",
                "2026-04-04T15:30:00Z",
                "2026-04-04T16:30:00Z"
            ]
        );
    }

    #[test]
    fn every_moment_belongs_to_the_bucket_that_starts_last_before_it() {
        for name in [
            "UTC",
            "Europe/Berlin",
            "Asia/Kathmandu",
            "Australia/Lord_Howe",
            "America/St_Johns",
        ] {
            let zone = zone(name);
            for step in Step::ALL {
                let mut start = step.start(at("2026-03-20T00:00:00Z"), &zone);
                for _ in 0..800 {
                    let next = step.next(start, &zone);
                    let last = next - SignedDuration::from_nanos(1);
                    assert_eq!(step.start(start, &zone), start, "{name} {step}");
                    assert_eq!(
                        step.start(last, &zone),
                        start,
                        "{name} {step} {start} {next}"
                    );
                    assert_eq!(step.start(next, &zone), next, "{name} {step}");
                    start = next;
                }
            }
        }
    }
}
