use std::time::{Duration, Instant};

use jiff::civil::DateTime;

use super::*;

mod minutes;

const OFFICE: &str = r#"
    zone = "Europe/Lisbon"
    week = { mon = ["09:00-17:00"], tue = ["09:00-17:00"], wed = ["09:00-17:00"], thu = ["09:00-17:00"], fri = ["09:00-17:00"] }
    holidays = ["2026-12-25", "2026-12-24"]
    shifts = { "2026-12-24" = ["09:00-12:00"], "2026-12-26" = ["10:00-11:00", "12:00-13:00"] }
"#;

fn hours(table: &str) -> Hours {
    toml::from_str(table).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(table: &str) -> String {
    toml::from_str::<Hours>(table)
        .expect_err(table)
        .message()
        .to_owned()
}

/// Unix milliseconds of a local time.
fn at(zone: &str, local: &str) -> u64 {
    let local: DateTime = local.parse().expect("a local time");
    let zoned = local.in_tz(zone).expect("a zone");
    u64::try_from(zoned.timestamp().as_millisecond()).expect("after 1970")
}

fn lisbon(local: &str) -> u64 {
    at("Europe/Lisbon", local)
}

#[test]
fn open_from_the_start_of_an_interval_to_just_before_its_end() {
    let office = hours(OFFICE);
    for (local, open) in [
        ("2026-03-02T08:59:59.999", false),
        ("2026-03-02T09:00", true),
        ("2026-03-02T16:59:59.999", true),
        ("2026-03-02T17:00", false),
        ("2026-07-01T09:00", true),
        ("2026-03-01T12:00", false),
    ] {
        assert_eq!(office.is_open(lisbon(local)), open, "{local}");
    }
}

#[test]
fn hours_say_when_they_open_and_when_they_close() {
    let office = hours(OFFICE);
    for (local, opens, closes) in [
        ("2026-03-06T16:00", None, Some("2026-03-06T17:00")),
        ("2026-03-06T17:00", Some("2026-03-09T09:00"), None),
        ("2026-12-24T12:00", Some("2026-12-26T10:00"), None),
        ("2026-12-26T10:30", None, Some("2026-12-26T11:00")),
    ] {
        let (opens, closes) = (opens.map(lisbon), closes.map(lisbon));
        assert_eq!(office.opens_at(lisbon(local)), opens, "{local}");
        assert_eq!(office.closes_at(lisbon(local)), closes, "{local}");
    }
}

#[test]
fn adjacent_stretches_close_once_and_permanent_ones_never() {
    let night = hours(
        r#"zone = "UTC"
        week = { fri = ["22:00-24:00"], sat = ["00:00-06:00"] }"#,
    );
    let utc = |local| at("UTC", local);
    let closes = night.closes_at(utc("2026-03-06T23:00"));
    assert_eq!(closes, Some(utc("2026-03-07T06:00")));
    let whole = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        .map(|day| format!("{day} = [\"00:00-24:00\"]"))
        .join(", ");
    for table in [
        format!("zone = \"UTC\"\nweek = {{ {whole} }}"),
        "zone = \"UTC\"".to_owned(),
    ] {
        let always = hours(&table);
        assert_eq!(always.closes_at(utc("2026-03-06T23:00")), None);
        assert_eq!(always.opens_at(utc("2026-03-06T23:00")), None);
    }
}

#[test]
fn the_look_ahead_is_a_year() {
    let once = hours(
        r#"zone = "UTC"
        shifts = { "2026-03-06" = ["10:00-11:00"], "2028-03-06" = ["10:00-11:00"] }"#,
    );
    let utc = |local| at("UTC", local);
    let (before, after) = (utc("2026-03-01T00:00"), utc("2026-03-07T00:00"));
    assert_eq!(once.opens_at(before), Some(utc("2026-03-06T10:00")));
    assert_eq!(once.opens_at(after), None);
    let working = |seconds| once.after_working(before, seconds);
    assert_eq!(working(1_800), Some(utc("2026-03-06T10:30")));
    assert_eq!(working(7_200), None);
    let always = hours("zone = \"UTC\"");
    assert_eq!(always.after_working(before, 60), Some(before + 60_000));
    assert_eq!(always.after_working(before, u32::MAX), None);
}

#[test]
fn a_holiday_is_closed_and_a_shift_overrides_weekday_and_holiday() {
    let office = hours(OFFICE);
    for (local, open) in [
        ("2026-12-23T16:00", true),
        ("2026-12-24T11:00", true),
        ("2026-12-24T16:00", false),
        ("2026-12-25T11:00", false),
        ("2026-12-26T10:30", true),
        ("2026-12-26T11:30", false),
    ] {
        assert_eq!(office.is_open(lisbon(local)), open, "{local}");
    }
}

#[test]
fn a_deadline_is_in_working_time() {
    let office = hours(OFFICE);
    let hour = 3_600;
    for (from, seconds, deadline) in [
        ("2026-03-06T16:00", 2 * hour, "2026-03-09T10:00"),
        ("2026-03-02T16:00", 10 * hour, "2026-03-04T10:00"),
        ("2026-03-06T16:00", hour, "2026-03-06T17:00"),
        ("2026-03-06T16:00", hour + 1, "2026-03-09T09:00:01"),
        ("2026-03-07T12:00", hour, "2026-03-09T10:00"),
        ("2026-03-07T12:00", 0, "2026-03-07T12:00"),
        ("2026-03-02T16:59:59.500", 1, "2026-03-03T09:00:00.500"),
        ("2026-03-27T16:00", 2 * hour, "2026-03-30T10:00"),
        ("2026-12-23T16:00", 5 * hour, "2026-12-26T11:00"),
        ("2026-12-23T16:00", 7 * hour, "2026-12-28T10:00"),
    ] {
        assert_eq!(
            office.add_working(lisbon(from), seconds),
            lisbon(deadline),
            "{from} + {seconds} s"
        );
    }
}

#[test]
fn working_time_can_be_added_to_the_millisecond() {
    let office = hours(OFFICE);
    for (milliseconds, deadline) in [
        (0, "2026-03-06T16:59:59.999"),
        (1, "2026-03-06T17:00"),
        (2, "2026-03-09T09:00:00.001"),
    ] {
        let deadline = lisbon(deadline);
        let from = lisbon("2026-03-06T16:59:59.999");
        assert_eq!(office.add_working_ms(from, milliseconds), deadline);
    }
    assert_eq!(office.add_working_ms(0, u64::MAX), NEVER_MS);
}

#[test]
fn a_day_open_all_day_ends_at_midnight() {
    let saturday = hours("zone = \"UTC\"\nweek = { sat = [\"00:00-24:00\"] }");
    let midnight = at("UTC", "2026-03-07T00:00");
    assert_eq!(
        saturday.add_working(midnight, 86_400),
        at("UTC", "2026-03-08T00:00")
    );
    assert_eq!(
        saturday.add_working(midnight, 86_401),
        at("UTC", "2026-03-14T00:00:01")
    );
    assert!(saturday.is_open(at("UTC", "2026-03-07T23:59:59.999")));
}

#[test]
fn working_time_between_two_moments_leaves_out_closed_time() {
    let office = hours(OFFICE);
    let hour = 3_600_000;
    for (from, to, expected) in [
        ("2026-03-06T16:00", "2026-03-09T10:00", 2 * hour),
        ("2026-03-06T17:00", "2026-03-09T09:00", 0),
        ("2026-03-02T09:00", "2026-03-16T09:00", 80 * hour),
        ("2026-12-24T00:00", "2026-12-28T00:00", 5 * hour),
        ("2026-03-09T10:00", "2026-03-06T16:00", 0),
    ] {
        assert_eq!(
            office.working_between(lisbon(from), lisbon(to)),
            expected,
            "{from} to {to}"
        );
    }
}

#[test]
fn the_hour_that_happens_twice_counts_twice_and_the_missing_one_not_at_all() {
    let night = hours("zone = \"Europe/Lisbon\"\nweek = { sun = [\"00:00-04:00\"] }");
    let hour = 3_600_000;
    let sunday = |day: &str| {
        night.working_between(
            lisbon(&format!("{day}T00:00")),
            lisbon(&format!("{day}T12:00")),
        )
    };
    assert_eq!(sunday("2026-03-22"), 4 * hour);
    assert_eq!(sunday("2026-03-29"), 3 * hour);
    assert_eq!(sunday("2026-10-25"), 5 * hour);
    assert_eq!(
        night.add_working(lisbon("2026-03-29T00:00"), 2 * 3_600),
        lisbon("2026-03-29T03:00")
    );
}

#[test]
fn breaks_are_taken_out_of_weekdays_but_not_out_of_shifts() {
    let lunch = hours(
        "zone = \"UTC\"\nweek = { mon = [\"09:00-17:00\"] }\nbreaks = [\"12:00-13:00\"]\n\
         shifts = { \"2026-03-09\" = [\"09:00-17:00\"] }",
    );
    assert!(!lunch.is_open(at("UTC", "2026-03-02T12:30")));
    assert!(lunch.is_open(at("UTC", "2026-03-02T13:00")));
    assert!(lunch.is_open(at("UTC", "2026-03-09T12:30")));
    assert_eq!(
        lunch.add_working(at("UTC", "2026-03-02T11:00"), 7_200),
        at("UTC", "2026-03-02T14:00")
    );
}

#[test]
fn hours_without_any_interval_are_always_open() {
    let always = hours("zone = \"UTC\"\nholidays = [\"2026-03-02\"]");
    assert!(always.is_always_open() && !hours(OFFICE).is_always_open());
    assert!(always.is_open(at("UTC", "2026-03-02T03:00")));
    assert_eq!(always.add_working(1_000, 60), 61_000);
    assert_eq!(always.working_between(1_000, 61_000), 60_000);
    assert_eq!(always.working_between(61_000, 1_000), 0);
}

#[test]
fn a_deadline_that_never_comes_is_found_without_walking_to_it() {
    let once =
        hours("zone = \"America/New_York\"\nshifts = { \"2026-03-02\" = [\"09:00-10:00\"] }");
    assert_eq!(
        once.add_working(at("America/New_York", "2026-03-02T09:30"), 1_800),
        at("America/New_York", "2026-03-02T10:00")
    );
    assert_eq!(
        once.add_working(at("America/New_York", "2026-03-02T09:30"), 1_801),
        NEVER_MS
    );
    assert_eq!(once.working_between(0, u64::MAX), 3_600_000);
}

#[test]
fn no_moment_and_no_target_is_out_of_range() {
    let office = hours(OFFICE);
    let started = Instant::now();
    for moment in [0, NEVER_MS - 1, NEVER_MS, NEVER_MS + 1, u64::MAX] {
        let _ = office.is_open(moment);
        assert!(office.add_working(moment, u32::MAX) >= moment.min(NEVER_MS));
        assert_eq!(
            office.add_working(moment, 0),
            moment.min(NEVER_MS.max(moment))
        );
    }
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn problems_in_the_table_are_named_with_the_valid_form() {
    for (table, expected) in [
        (
            "zone = \"Europe/Lisboa\"",
            "zone: \"Europe/Lisboa\" is not a known time zone; write an IANA name such as \"Europe/Lisbon\"",
        ),
        (
            "zone = \"UTC\"\nweek = { tue = [\"9-17\"] }",
            "week.tue: \"9-17\" is not an interval; write for example \"09:00-17:00\" (00:00 to 24:00)",
        ),
        (
            "zone = \"UTC\"\nweek = { tue = [\"09:00-24:01\"] }",
            "week.tue: \"09:00-24:01\" is not an interval",
        ),
        (
            "zone = \"UTC\"\nweek = { tue = [\"09:60-17:00\"] }",
            "week.tue: \"09:60-17:00\" is not an interval",
        ),
        (
            "zone = \"UTC\"\nweek = { fri = [\"22:00-06:00\"] }",
            "write it in two, such as \"22:00-24:00\"",
        ),
        (
            "zone = \"UTC\"\nbreaks = [\"12:00-12:00\"]",
            "breaks: \"12:00-12:00\" does not end after it starts",
        ),
        (
            "zone = \"UTC\"\nweek = { mon = [\"12:00-17:00\", \"09:00-13:00\"] }",
            "week.mon: \"09:00-13:00\" and \"12:00-17:00\" overlap",
        ),
        (
            "zone = \"UTC\"\nholidays = [\"25.12.2026\"]",
            "holidays: \"25.12.2026\" is not a date; write year, month and day",
        ),
        (
            "zone = \"UTC\"\nholidays = [\"2026-02-29\"]",
            "holidays: \"2026-02-29\" is not a date",
        ),
        (
            "zone = \"UTC\"\nshifts = { \"20261225\" = [] }",
            "shifts: \"20261225\" is not a date",
        ),
        (
            "zone = \"UTC\"\nshifts = { \"2026-12-25\" = [\"x\"] }",
            "shifts.\"2026-12-25\": \"x\" is not an interval",
        ),
        (
            "zone = \"UTC\"\nweek = { mon = [\"12:00-13:00\"] }\nbreaks = [\"11:00-14:00\"]",
            "breaks: they leave the week no open time",
        ),
        (
            "zone = \"UTC\"\nweek = { monday = [] }",
            "unknown field `monday`, expected one of `mon`",
        ),
        ("zone = \"UTC\"\nopen = true", "unknown field `open`"),
        ("week = {}", "missing field `zone`"),
    ] {
        let error = refused(table);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn adjacent_intervals_do_not_overlap_and_the_table_is_written_as_it_was_read() {
    let table = "zone = \"UTC\"\nweek = { mon = [\"12:00-17:00\", \"09:00-12:00\"] }\nbreaks = [\"10:00-10:15\"]";
    let read = hours(table);
    assert_eq!(read.zone(), "UTC");
    let written = toml::to_string(&read).expect("a table");
    assert_eq!(hours(&written), read, "{written}");
}
