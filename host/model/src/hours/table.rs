//! The `[hours.NAME]` table and its errors.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::Hours;

const DAY_MINUTES: i64 = 24 * 60;
const MINUTE_MS: i64 = 60_000;

/// The table.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct HoursTable {
    pub(super) zone: String,
    #[serde(default)]
    week: Week,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    holidays: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    shifts: BTreeMap<String, Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    breaks: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Week {
    mon: Vec<String>,
    tue: Vec<String>,
    wed: Vec<String>,
    thu: Vec<String>,
    fri: Vec<String>,
    sat: Vec<String>,
    sun: Vec<String>,
}

/// An open stretch of a day, in milliseconds since local midnight; the end is
/// not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) start: i64,
    pub(super) end: i64,
}

/// Why a table of business hours is invalid, with the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct HoursError(String);

impl TryFrom<HoursTable> for Hours {
    type Error = HoursError;

    fn try_from(table: HoursTable) -> Result<Self, HoursError> {
        let zone = TimeZone::get(&table.zone)
            .ok()
            .filter(|zone| zone.iana_name().is_some());
        let zone = zone.ok_or_else(|| {
            HoursError(format!(
                "zone: {:?} is not a known time zone; write an IANA name such as \"Europe/Lisbon\"",
                table.zone
            ))
        })?;
        let breaks = intervals("breaks", &table.breaks)?;
        let week = table
            .week
            .days()
            .map(|(name, day)| intervals(&format!("week.{name}"), day));
        let week = week.into_iter().collect::<Result<Vec<_>, _>>()?;
        let is_week_closed = week.iter().all(Vec::is_empty);
        let mut days = week.into_iter().map(|day| without(day, &breaks));
        let week = std::array::from_fn(|_| days.next().unwrap_or_default());
        if !is_week_closed && week.iter().all(Vec::is_empty) {
            let message = "breaks: they leave the week no open time; shorten them, or leave out `week` to be always open";
            return Err(HoursError(message.to_owned()));
        }
        let holidays = table
            .holidays
            .iter()
            .map(|text| date("holidays", text))
            .collect::<Result<BTreeSet<_>, _>>()?;
        let shift = |(day, open): (&String, &Vec<String>)| {
            Ok((
                date("shifts", day)?,
                intervals(&format!("shifts.{day:?}"), open)?,
            ))
        };
        let shifts = table
            .shifts
            .iter()
            .map(shift)
            .collect::<Result<BTreeMap<_, _>, _>>()?;
        let always_open = is_week_closed && shifts.values().all(Vec::is_empty);
        Ok(Hours {
            table,
            zone,
            week,
            holidays,
            shifts,
            always_open,
        })
    }
}

impl From<Hours> for HoursTable {
    fn from(hours: Hours) -> Self {
        hours.table
    }
}

impl Week {
    fn days(&self) -> [(&'static str, &[String]); 7] {
        [
            ("mon", &self.mon),
            ("tue", &self.tue),
            ("wed", &self.wed),
            ("thu", &self.thu),
            ("fri", &self.fri),
            ("sat", &self.sat),
            ("sun", &self.sun),
        ]
    }
}

/// The intervals of one day in order.
fn intervals(place: &str, texts: &[String]) -> Result<Vec<Interval>, HoursError> {
    let mut day = texts
        .iter()
        .map(|text| Ok((interval(place, text)?, text)))
        .collect::<Result<Vec<_>, _>>()?;
    day.sort_by_key(|(interval, _)| interval.start);
    for pair in day.windows(2) {
        if let [(first, first_text), (second, second_text)] = pair
            && second.start < first.end
        {
            return Err(HoursError(format!(
                "{place}: {first_text:?} and {second_text:?} overlap; write one interval, such as \"09:00-17:00\""
            )));
        }
    }
    Ok(day.into_iter().map(|(interval, _)| interval).collect())
}

fn interval(place: &str, text: &str) -> Result<Interval, HoursError> {
    let minutes = text
        .split_once('-')
        .and_then(|(start, end)| Some((minute(start)?, minute(end)?)));
    let Some((start, end)) = minutes else {
        return Err(HoursError(format!(
            "{place}: {text:?} is not an interval; write for example \"09:00-17:00\" (00:00 to 24:00)"
        )));
    };
    if end <= start {
        return Err(HoursError(format!(
            "{place}: {text:?} does not end after it starts; where it passes midnight, write it in two, \
             such as \"22:00-24:00\" and on the next day \"00:00-06:00\""
        )));
    }
    Ok(Interval {
        start: start * MINUTE_MS,
        end: end * MINUTE_MS,
    })
}

/// Minutes since midnight of `09:00`; exactly two digits each, at most 24:00.
fn minute(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let number = |digits: &str| {
        let is_pair = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_pair.then(|| digits.parse::<i64>().ok()).flatten()
    };
    let (hour, minute) = (number(hour)?, number(minute)?);
    let total = hour * 60 + minute;
    (minute < 60 && total <= DAY_MINUTES).then_some(total)
}

/// Days since 1970-01-01 of `2026-12-25`.
fn date(place: &str, text: &str) -> Result<i64, HoursError> {
    let malformed = || {
        HoursError(format!(
            "{place}: {text:?} is not a date; write year, month and day, such as \"2026-12-25\""
        ))
    };
    // Ten characters: the parser would also take other forms of ISO 8601.
    let date: Date = Some(text)
        .filter(|text| text.len() == 10)
        .and_then(|text| text.parse().ok())
        .ok_or_else(malformed)?;
    let epoch = date
        .to_zoned(TimeZone::UTC)
        .map_err(|_| malformed())?
        .timestamp();
    Ok(epoch.as_second().div_euclid(86_400))
}

/// Subtract intervals from a day's intervals.
fn without(day: Vec<Interval>, breaks: &[Interval]) -> Vec<Interval> {
    breaks.iter().fold(day, |day, pause| {
        let halves = |open: Interval| {
            [
                Interval {
                    start: open.start,
                    end: open.end.min(pause.start),
                },
                Interval {
                    start: open.start.max(pause.end),
                    end: open.end,
                },
            ]
        };
        day.into_iter()
            .flat_map(halves)
            .filter(|part| part.start < part.end)
            .collect()
    })
}
