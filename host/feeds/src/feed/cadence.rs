//! How often a feed is asked: as the settings say, and less often where its server or the
//! feed itself says so.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::{LONGEST_WAIT, Response};

/// Least time between two polls of a feed.
pub(super) const LEAST: Duration = Duration::from_secs(5 * 60);
const HOUR: i64 = 3_600;

/// What a feed says about how often it changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Advice {
    pub(super) ttl_minutes: Option<u32>,
    /// Hours of the day, UTC, in which nothing changes: bit 0 is the first.
    pub(super) skipped_hours: u32,
}

/// How long to wait after an answer: the longest of what is asked for, 5 minutes to a day,
/// and then to the end of hours in which nothing changes.
pub(super) fn wait(interval: Duration, answer: &Response<'_>, advice: Advice) -> Duration {
    let ttl = advice
        .ttl_minutes
        .map(|minutes| Duration::from_secs(u64::from(minutes) * 60));
    let asked = [max_age(answer), ttl].into_iter().flatten().max();
    let wait = interval.max(asked.unwrap_or_default());
    let wait = wait.clamp(LEAST, LONGEST_WAIT);
    let until = SignedDuration::try_from(wait).ok();
    let until = until.and_then(|wait| answer.at.checked_add(wait).ok());
    let pause = until.map_or(0, |until| pause(until, advice.skipped_hours));
    (wait + Duration::from_secs(pause)).min(LONGEST_WAIT)
}

/// Seconds from a time to the first hour that is not skipped.
fn pause(time: Timestamp, skipped_hours: u32) -> u64 {
    let second = time.as_second();
    let is_skipped = |hours: i64| {
        let hour = (second.div_euclid(HOUR) + hours).rem_euclid(24);
        skipped_hours >> hour & 1 == 1
    };
    let hours = (0..24).find(|hours| !is_skipped(*hours)).unwrap_or(0);
    match hours {
        0 => 0,
        hours => (hours * HOUR - second.rem_euclid(HOUR)).unsigned_abs(),
    }
}

/// `max-age` of `Cache-Control`.
fn max_age(answer: &Response<'_>) -> Option<Duration> {
    let control = answer.headers.only("cache-control").ok()??;
    let mut directives = control.split(',');
    directives.find_map(|directive| {
        let (name, seconds) = directive.split_once('=')?;
        let is_age = name.trim().eq_ignore_ascii_case("max-age");
        let seconds = seconds.trim().trim_matches('"').parse().ok();
        seconds.filter(|_| is_age).map(Duration::from_secs)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUARTER: Duration = Duration::from_secs(900);

    fn minutes(control: &str, advice: Advice) -> u64 {
        let headers = [("cache-control", control.as_bytes())];
        let answer = Response {
            status: 200,
            headers: headers.into_iter().collect(),
            body: b"",
            at: "2026-03-02T21:30:00Z".parse().expect("a time"),
        };
        wait(QUARTER, &answer, advice).as_secs() / 60
    }

    #[test]
    fn the_longest_of_interval_age_and_ttl_counts() {
        for (control, ttl_minutes, expected) in [
            ("", None, 15),
            ("max-age=60", None, 15),
            ("public, Max-Age=7200", None, 120),
            ("max-age=\"3600\"", Some(30), 60),
            ("max-age=3600", Some(90), 90),
            ("max-age=99999999999", None, 1_440),
            ("max-age=-1", None, 15),
            ("max-age=soon, s-maxage=9999", None, 15),
            ("no-cache", Some(u32::MAX), 1_440),
        ] {
            let advice = Advice {
                ttl_minutes,
                skipped_hours: 0,
            };
            assert_eq!(
                minutes(control, advice),
                expected,
                "{control} {ttl_minutes:?}"
            );
        }
        let often = wait(
            Duration::from_secs(1),
            &answer_at("2026-03-02T00:00:00Z"),
            Advice::default(),
        );
        assert_eq!(often, LEAST);
    }

    fn answer_at(time: &str) -> Response<'static> {
        Response {
            status: 200,
            headers: Default::default(),
            body: b"",
            at: time.parse().expect("a time"),
        }
    }

    #[test]
    fn hours_in_which_nothing_changes_are_waited_for() {
        let advice = |hours: &[u32]| Advice {
            ttl_minutes: None,
            skipped_hours: hours.iter().fold(0, |all, hour| all | 1 << hour),
        };
        // It is 21:30, and 15 minutes later 21:45.
        for (hours, expected) in [
            (&[][..], 15),
            (&[22, 23], 15),
            (&[21], 30),
            (&[21, 22, 23, 0], 3 * 60 + 30),
        ] {
            assert_eq!(minutes("", advice(hours)), expected, "{hours:?}");
        }
        let all: Vec<u32> = (0..24).collect();
        assert_eq!(minutes("", advice(&all)), 15);
    }
}
