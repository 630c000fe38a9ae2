//! Dates of entries. Feeds have many forms; one without a time zone, or that cannot be, is
//! none.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// No feed is older: what is, is a default value of some program.
const OLDEST: i64 = 631_152_000;

/// A date of RFC 3339 or RFC 2822.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    // No form of a date is longer, and comments in one can be nested.
    if text.len() > 64 {
        return None;
    }
    let date = text.parse::<Timestamp>().ok().or_else(|| of_mail(text))?;
    (date.as_second() >= OLDEST).then_some(date)
}

/// As in mails. Weekdays of feeds are often wrong, and many write `UTC`.
fn of_mail(text: &str) -> Option<Timestamp> {
    const PARSER: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);
    let zoneless = text.strip_suffix("UTC").or_else(|| text.strip_suffix('Z'));
    match zoneless {
        Some(zoneless) => PARSER.parse_timestamp(format!("{zoneless}GMT")).ok(),
        None => PARSER.parse_timestamp(text).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_has_a_zone_and_is_possible() {
        for (text, expected) in [
            ("2026-03-02T10:00:00Z", Some("2026-03-02T10:00:00Z")),
            (
                " 2026-03-02T10:00:00.5+01:00\n",
                Some("2026-03-02T09:00:00.5Z"),
            ),
            ("2026-03-02 10:00:00+00:00", Some("2026-03-02T10:00:00Z")),
            (
                "Mon, 02 Mar 2026 10:00:00 GMT",
                Some("2026-03-02T10:00:00Z"),
            ),
            (
                "Mon, 02 Mar 2026 10:00:00 +0100",
                Some("2026-03-02T09:00:00Z"),
            ),
            (
                "Tue, 02 Mar 2026 10:00:00 GMT",
                Some("2026-03-02T10:00:00Z"),
            ),
            ("2 Mar 2026 10:00 EST", Some("2026-03-02T15:00:00Z")),
            (
                "Mon, 02 Mar 2026 10:00:00 UTC",
                Some("2026-03-02T10:00:00Z"),
            ),
            ("Mon, 02 Mar 2026 10:00:00 Z", Some("2026-03-02T10:00:00Z")),
            // Without a zone.
            ("2026-03-02T10:00:00", None),
            ("2026-03-02", None),
            ("Mon, 02 Mar 2026 10:00:00", None),
            // Default values, and what is no date.
            ("1970-01-01T00:00:00Z", None),
            ("0001-01-01T00:00:00Z", None),
            ("Wed, 32 Dec 2026 10:00:00 GMT", None),
            ("yesterday", None),
            ("UTC", None),
            ("", None),
        ] {
            let found = read(text).map(|date| date.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
        assert_eq!(read(&format!("({}", "(".repeat(100_000))), None);
    }
}
