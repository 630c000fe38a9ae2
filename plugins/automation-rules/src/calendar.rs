//! Days of the calendar, in UTC.

/// Days since 1970-01-01 of a date, `2026-03-02`; `None` where there is no such day.
pub(crate) fn day_of(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = digits(parts.next()?, 2)?;
    let day = digits(parts.next()?, 2)?;
    if parts.next().is_some() || year < 1 || !(1..=12).contains(&month) {
        return None;
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (1..=length).contains(&day).then(|| {
        // Years begin in March, so that the leap day is the last of its year.
        let (year, month) = match month {
            1 | 2 => (year - 1, month + 9),
            _ => (year, month - 3),
        };
        let days_of_years = year * 365 + year / 4 - year / 100 + year / 400;
        days_of_years + (153 * month + 2) / 5 + day - 1 - 719_468
    })
}

/// The day of a moment in milliseconds since 1970.
pub(crate) fn day_at(moment: u64) -> i64 {
    i64::try_from(moment / 86_400_000).unwrap_or(i64::MAX)
}

fn digits(text: &str, count: usize) -> Option<i64> {
    let fits = text.len() == count && text.bytes().all(|sign| sign.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_since_1970() {
        for (date, day) in [
            ("1970-01-01", Some(0)),
            ("1969-12-31", Some(-1)),
            ("2000-02-29", Some(11_016)),
            ("2000-03-01", Some(11_017)),
            ("2026-01-01", Some(20_454)),
            ("2024-02-29", Some(19_782)),
            ("2023-02-29", None),
            ("1900-02-29", None),
            ("2026-13-01", None),
            ("2026-04-31", None),
            ("2026-00-10", None),
            ("26-01-01", None),
            ("2026-1-1", None),
            ("2026-01-01T00:00", None),
            ("+026-01-01", None),
            ("", None),
        ] {
            assert_eq!(day_of(date), day, "{date}");
        }
        assert_eq!(day_at(1_767_268_800_000), 20_454);
    }
}
