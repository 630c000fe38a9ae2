//! Business hours, one minute at a time.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use patchbay_model::hours::Hours;
use serde_json::{Value, json};

/// Minutes of a day.
const DAY: i64 = 24 * 60;

/// Minutes since midnight: from, to.
type Interval = (i64, i64);

/// Days in the order of `Weekday::to_monday_zero_offset`.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

struct Day {
    is_open: Vec<bool>,
    open: i64,
}

/// Business hours as a company file writes them, with a rule for one minute.
pub(super) struct Calendar {
    zone: TimeZone,
    name: &'static str,
    week: [Vec<Interval>; 7],
    breaks: Vec<Interval>,
    holidays: Vec<Date>,
    shifts: BTreeMap<Date, Vec<Interval>>,
    /// The minutes of each day of UTC, because finding a local time is slow.
    known: RefCell<HashMap<i64, Rc<Day>>>,
}

impl Calendar {
    /// A zone whose days, Monday first, are open at these minutes.
    pub(super) fn new(name: &'static str, week: [Vec<Interval>; 7]) -> Self {
        Self {
            zone: TimeZone::get(name).expect("an IANA zone"),
            name,
            week,
            breaks: Vec::new(),
            holidays: Vec::new(),
            shifts: BTreeMap::new(),
            known: RefCell::default(),
        }
    }

    /// The zone's name.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// The same, closed at this time on every weekday.
    pub(super) fn with_break(mut self, closed: Interval) -> Self {
        self.breaks.push(closed);
        self
    }

    pub(super) fn with_holiday(mut self, date: Date) -> Self {
        self.holidays.push(date);
        self
    }

    /// The same, with intervals that replace a date's weekday.
    pub(super) fn with_shift(mut self, date: Date, open: Vec<Interval>) -> Self {
        self.shifts.insert(date, open);
        self
    }

    /// Count the minutes of business hours in a span of minutes since 1970.
    pub(super) fn count_open(&self, from: i64, to: i64) -> i64 {
        let mut open = 0;
        let mut minute = from;
        while minute < to {
            let day = self.day(minute.div_euclid(DAY));
            let next = (minute.div_euclid(DAY) + 1) * DAY;
            while minute < next.min(to) {
                open += i64::from(day.is_open(minute));
                minute += 1;
            }
        }
        open
    }

    /// The first moment after `from` at which so many minutes, at least one, have
    /// passed in business hours; `None` if that is `limit` or later.
    pub(super) fn pass(&self, from: i64, mut minutes: i64, limit: i64) -> Option<i64> {
        let mut minute = from;
        while minute < limit {
            let day = self.day(minute.div_euclid(DAY));
            if minute % DAY == 0 && day.open < minutes {
                minutes -= day.open;
                minute += DAY;
                continue;
            }
            minutes -= i64::from(day.is_open(minute));
            minute += 1;
            if minutes == 0 {
                return Some(minute);
            }
        }
        None
    }

    fn day(&self, day: i64) -> Rc<Day> {
        if let Some(known) = self.known.borrow().get(&day) {
            return Rc::clone(known);
        }
        let is_always = self.week.iter().all(Vec::is_empty) && self.shifts.is_empty();
        let minutes = day * DAY..(day + 1) * DAY;
        let is_open: Vec<bool> = minutes
            .map(|minute| is_always || self.is_open_at(minute))
            .collect();
        let open = is_open.iter().map(|is_open| i64::from(*is_open)).sum();
        let new = Rc::new(Day { is_open, open });
        self.known.borrow_mut().insert(day, Rc::clone(&new));
        new
    }

    fn is_open_at(&self, minute: i64) -> bool {
        let time = Timestamp::from_second(minute * 60).expect("in range");
        let local = self.zone.to_datetime(time);
        let of_day = i64::from(local.hour()) * 60 + i64::from(local.minute());
        let covers = |interval: &Interval| interval.0 <= of_day && of_day < interval.1;
        if let Some(shift) = self.shifts.get(&local.date()) {
            return shift.iter().any(covers);
        }
        if self.holidays.contains(&local.date()) {
            return false;
        }
        let day = usize::try_from(local.weekday().to_monday_zero_offset()).expect("0 to 6");
        self.week[day].iter().any(covers) && !self.breaks.iter().any(covers)
    }

    /// The hours that the desk reads.
    pub(super) fn to_hours(&self) -> Hours {
        let written = |intervals: &[Interval]| -> Vec<String> {
            let clock = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
            let span = |interval: &Interval| format!("{}-{}", clock(interval.0), clock(interval.1));
            intervals.iter().map(span).collect()
        };
        let mut week = serde_json::Map::new();
        for (day, intervals) in DAYS.iter().zip(&self.week) {
            if !intervals.is_empty() {
                week.insert((*day).to_owned(), written(intervals).into());
            }
        }
        let shifts: serde_json::Map<String, Value> = self
            .shifts
            .iter()
            .map(|(date, intervals)| (date.to_string(), written(intervals).into()))
            .collect();
        let holidays: Vec<String> = self.holidays.iter().map(Date::to_string).collect();
        let hours = json!({"zone": self.name, "week": week, "breaks": written(&self.breaks),
            "holidays": holidays, "shifts": shifts});
        serde_json::from_value(hours).expect("hours")
    }
}

impl Day {
    fn is_open(&self, minute: i64) -> bool {
        let of_day = usize::try_from(minute.rem_euclid(DAY)).expect("small");
        self.is_open[of_day]
    }
}
