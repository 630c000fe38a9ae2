//! Business hours against counting minutes.

use jiff::ToSpan;
use proptest::prelude::*;

use super::*;

/// One minute of local time, straight from the rules.
fn oracle_is_open(
    zone: &TimeZone,
    open: &[(u16, u16)],
    holiday: i8,
    shift: Option<(u16, u16)>,
    at_ms: u64,
) -> bool {
    let at = Timestamp::from_millisecond(at_ms as i64).expect("in range");
    let local = zone.to_datetime(at);
    let minute =
        u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).expect("in a day");
    let covers = |(start, end): (u16, u16)| start <= minute && minute < end;
    match shift {
        Some(shift) if local.day() % 3 == 0 => covers(shift),
        _ if local.day() == holiday => false,
        _ => local.weekday().to_monday_zero_offset() % 2 == 0 && open.iter().copied().any(covers),
    }
}

fn written(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Against counting minutes, over changes of the clock: an hour, half an
    /// hour, and a whole day that was left out.
    #[test]
    fn deadlines_and_working_time_agree_with_counting_minutes(
        (zone, change) in prop::sample::select(vec![
            ("Europe/Lisbon", "2026-03-29T12:00"), ("Europe/Lisbon", "2026-10-25T12:00"),
            ("America/New_York", "2026-03-08T12:00"), ("America/New_York", "2026-11-01T12:00"),
            ("Australia/Lord_Howe", "2026-04-05T12:00"), ("Australia/Lord_Howe", "2026-10-04T12:00"),
            ("Pacific/Apia", "2011-12-29T12:00"), ("Africa/Casablanca", "2026-02-15T12:00"), ("UTC", "2026-03-01T12:00"),
        ]),
        cuts in prop::collection::btree_set(0u16..=1_440, 2..=6),
        holiday in 1i8..=28,
        has_shift in any::<bool>(),
        before in 0u64..2_880,
        length in 0u64..4_320,
    ) {
        let cuts: Vec<u16> = cuts.into_iter().collect();
        let open: Vec<(u16, u16)> = cuts.chunks_exact(2).map(|cut| (cut[0], cut[1])).collect();
        let texts: Vec<String> = open.iter().map(|(start, end)| format!("\"{}-{}\"", written(*start), written(*end))).collect();
        let day = texts.join(", ");
        let shift = has_shift.then_some((60, 300));
        let mut table = format!("zone = \"{zone}\"\nweek = {{ mon = [{day}], wed = [{day}], fri = [{day}], sun = [{day}] }}\n");
        let change: DateTime = change.parse().expect("a local time");
        let dates = |is_wanted: &dyn Fn(i8) -> bool| -> Vec<String> {
            let dates = (-7..=7).map(|days| change.date().saturating_add(days.days()));
            dates.filter(|date| is_wanted(date.day())).map(|date| format!("\"{date}\"")).collect()
        };
        table += &format!("holidays = [{}]\n[shifts]\n", dates(&|day| day == holiday).join(", "));
        for date in dates(&|day| has_shift && day % 3 == 0) {
            table += &format!("{date} = [\"01:00-05:00\"]\n");
        }
        let calendar = hours(&table);
        let jiff_zone = TimeZone::get(zone).expect("a zone");
        let minute = 60_000;
        let from = (at(zone, &change.to_string()) / minute - before) * minute;
        let is_open = |at: u64| oracle_is_open(&jiff_zone, &open, holiday, shift, at);
        let open_minutes: Vec<u64> = (0..length).map(|count| from + count * minute).filter(|at| is_open(*at)).collect();
        let to = from + length * minute;

        prop_assert_eq!(calendar.working_between(from, to), open_minutes.len() as u64 * minute, "{}", table);
        prop_assert_eq!(calendar.is_open(from), is_open(from));
        for wanted in [1, open_minutes.len() / 2, open_minutes.len()] {
            if let Some(last) = wanted.checked_sub(1).and_then(|index| open_minutes.get(index)) {
                prop_assert_eq!(calendar.add_working(from, wanted as u32 * 60), last + minute, "{}", table);
            }
        }
    }

    #[test]
    fn a_deadline_is_the_first_moment_with_that_much_working_time_behind_it(
        from in 1_770_000_000_000u64..1_800_000_000_000, seconds in 1u32..2_000_000,
    ) {
        let office = hours(OFFICE);
        let deadline = office.add_working(from, seconds);
        prop_assert_eq!(office.working_between(from, deadline), u64::from(seconds) * 1_000);
        prop_assert!(office.is_open(deadline - 1));
        let middle = from + (deadline - from) / 3;
        prop_assert_eq!(office.working_between(from, middle) + office.working_between(middle, deadline), u64::from(seconds) * 1_000);
    }
}
