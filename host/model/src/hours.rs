//! Business hours: when a queue is open, and deadlines in working time.

mod table;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub use table::HoursError;
use table::{HoursTable, Interval};

/// Latest deadline, in Unix milliseconds: the end of the year 9999. Means
/// "never".
pub const NEVER_MS: u64 = 253_402_207_200_000;

const DAY_MS: i64 = 86_400_000;
/// How far [`Hours::opens_at`] and similar functions look ahead, in
/// milliseconds: 366 days.
pub const AHEAD_MS: u64 = 366 * DAY_MS as u64;

/// Business hours, as the table `[hours.NAME]` of a company file gives them:
///
/// - `zone`: an IANA time zone, such as `Europe/Lisbon`;
/// - `week`: open intervals per weekday, `mon` to `sun`; absent days are
///   closed;
/// - `holidays`: dates that are closed;
/// - `shifts`: open intervals of single dates; they replace those of the
///   weekday or holiday; an empty list closes the date;
/// - `breaks`: closed intervals of every weekday, but not of shifts.
///
/// An interval is local time without its end, `"09:00-17:00"`, at most `24:00`.
/// An hour that happens twice because the clock goes back is open twice; an
/// hour that does not happen is not counted.
///
/// Without an interval in `week` or `shifts` the hours are always open, on
/// holidays too: working time is wall-clock time.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "HoursTable", into = "HoursTable")]
pub struct Hours {
    table: HoursTable,
    zone: TimeZone,
    /// Open intervals per weekday, Monday first, without breaks.
    week: [Vec<Interval>; 7],
    /// Dates, as days since 1970-01-01.
    holidays: BTreeSet<i64>,
    shifts: BTreeMap<i64, Vec<Interval>>,
    always_open: bool,
}

impl Hours {
    /// IANA name of the time zone, as in the table.
    pub fn zone(&self) -> &str {
        &self.table.zone
    }

    /// Whether the hours are always open because the table has no interval.
    pub fn is_always_open(&self) -> bool {
        self.always_open
    }

    /// Whether the hours are open at a moment, in Unix milliseconds. A moment
    /// after the year 9999 counts as the end of that year.
    pub fn is_open(&self, at_ms: u64) -> bool {
        if self.always_open {
            return true;
        }
        let at = moment(at_ms);
        let local = at + self.offset(at);
        let time = local.rem_euclid(DAY_MS);
        self.day(local.div_euclid(DAY_MS))
            .iter()
            .any(|open| (open.start..open.end).contains(&time))
    }

    /// Next opening after a moment, both in Unix milliseconds; `None` where
    /// they are open, or do not open within [`AHEAD_MS`].
    pub fn opens_at(&self, at_ms: u64) -> Option<u64> {
        if self.is_open(at_ms) {
            return None;
        }
        self.walk(moment(at_ms), ahead(at_ms), |start, _| Some(start as u64))
    }

    /// Next closing after a moment, both in Unix milliseconds; `None` where
    /// they are closed, or do not close within [`AHEAD_MS`].
    pub fn closes_at(&self, at_ms: u64) -> Option<u64> {
        if self.always_open || !self.is_open(at_ms) {
            return None;
        }
        let until = ahead(at_ms);
        let mut end_of_stretch = moment(at_ms);
        // Adjacent stretches, as at midnight, are one.
        let closes = self
            .walk(end_of_stretch, until, |start, end| {
                let closed = start > end_of_stretch;
                let closes = closed.then_some(end_of_stretch);
                end_of_stretch = end;
                closes
            })
            .unwrap_or(end_of_stretch);
        (closes < until).then_some(closes as u64)
    }

    /// Like [`add_working`](Hours::add_working); `None` where the moment is not
    /// within [`AHEAD_MS`].
    pub fn after_working(&self, at_ms: u64, seconds: u32) -> Option<u64> {
        let until = ahead(at_ms);
        let working_ms = u64::from(seconds) * 1_000;
        self.add_working_until(at_ms, working_ms, until)
            .filter(|after| *after <= until as u64)
    }

    /// The moment after so many seconds of working time, in Unix milliseconds:
    /// Friday 16:00 plus two hours is Monday 10:00 with hours of 09:00 to
    /// 17:00, Monday to Friday.
    ///
    /// Working time that ends at closing time ends then, not at the next
    /// opening. 0 seconds: `at_ms`. [`NEVER_MS`]: there is not so much working
    /// time.
    pub fn add_working(&self, at_ms: u64, seconds: u32) -> u64 {
        self.add_working_ms(at_ms, u64::from(seconds) * 1_000)
    }

    /// Like [`add_working`](Hours::add_working), in milliseconds.
    pub fn add_working_ms(&self, at_ms: u64, working_ms: u64) -> u64 {
        self.add_working_until(at_ms, working_ms, NEVER_MS as i64)
            .unwrap_or(NEVER_MS)
    }

    /// `None` where there is less working time before `until`.
    fn add_working_until(&self, at_ms: u64, working_ms: u64, until: i64) -> Option<u64> {
        if self.always_open || working_ms == 0 {
            return Some(at_ms.saturating_add(working_ms).min(NEVER_MS.max(at_ms)));
        }
        let mut remaining = i64::try_from(working_ms).unwrap_or(i64::MAX);
        self.walk(moment(at_ms), until, |start, end| {
            let length = end - start;
            if remaining <= length {
                return Some(u64::try_from(start + remaining).unwrap_or(NEVER_MS));
            }
            remaining -= length;
            None
        })
    }

    /// Working time between two moments, in milliseconds; 0 where `to_ms` is
    /// not after `from_ms`.
    pub fn working_between(&self, from_ms: u64, to_ms: u64) -> u64 {
        if self.always_open {
            return to_ms.saturating_sub(from_ms);
        }
        let mut total = 0;
        self.walk(moment(from_ms), moment(to_ms), |start, end| {
            total += end.abs_diff(start);
            None::<()>
        });
        total
    }

    /// Call `visit` with each open stretch between two moments, in order, until
    /// it returns a value.
    ///
    /// Goes from one change of the zone's offset to the next: between them a
    /// day needs no zone look-up.
    fn walk<T>(
        &self,
        from: i64,
        to: i64,
        mut visit: impl FnMut(i64, i64) -> Option<T>,
    ) -> Option<T> {
        let last_shift = self.shifts.keys().next_back().copied();
        let is_week_closed = self.week.iter().all(Vec::is_empty);
        let mut at = from;
        while at < to {
            let offset = self.offset(at);
            let until = self.next_change(at).map_or(to, |change| change.min(to));
            let (first, last) = (
                (at + offset).div_euclid(DAY_MS),
                (until - 1 + offset).div_euclid(DAY_MS),
            );
            for day in first..=last {
                if is_week_closed && last_shift.is_none_or(|last| day > last) {
                    return None;
                }
                let midnight = day * DAY_MS - offset;
                for open in self.day(day) {
                    let start = at.max(midnight + open.start);
                    let end = until.min(midnight + open.end);
                    if start < end
                        && let Some(answer) = visit(start, end)
                    {
                        return Some(answer);
                    }
                }
            }
            at = until;
        }
        None
    }

    /// Open intervals of a date, given in days since 1970-01-01.
    fn day(&self, day: i64) -> &[Interval] {
        if let Some(shift) = self.shifts.get(&day) {
            return shift;
        }
        if self.holidays.contains(&day) {
            return &[];
        }
        // 1970-01-01 was a Thursday; Monday is first here.
        usize::try_from((day + 3).rem_euclid(7))
            .ok()
            .and_then(|weekday| self.week.get(weekday))
            .map_or(&[], Vec::as_slice)
    }

    /// Offset of local time from UTC, in milliseconds.
    fn offset(&self, at: i64) -> i64 {
        let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX);
        i64::from(self.zone.to_offset(at).seconds()) * 1_000
    }

    /// Next moment the offset may change, in Unix milliseconds.
    fn next_change(&self, at: i64) -> Option<i64> {
        let after = Timestamp::from_millisecond(at).ok()?;
        let mut changes = self
            .zone
            .following(after)
            .map(|change| change.timestamp().as_millisecond());
        changes.find(|change| *change > at)
    }
}

/// End of the look-ahead.
fn ahead(at_ms: u64) -> i64 {
    moment(at_ms.saturating_add(AHEAD_MS))
}

/// The moment, at most [`NEVER_MS`].
fn moment(at_ms: u64) -> i64 {
    at_ms.min(NEVER_MS) as i64
}

#[cfg(test)]
mod tests;
