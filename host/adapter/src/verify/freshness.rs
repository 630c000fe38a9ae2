//! The time that is signed with a request.

use jiff::Timestamp;

use super::Rejection;

/// Most seconds between a signed time and the host's.
pub const SKEW_SECONDS: i64 = 300;

/// Checks a time in Unix seconds, written in decimal digits.
///
/// # Errors
/// [`Rejection::Malformed`] if it is not a number of seconds,
/// [`Rejection::Stale`] if it is too far from `now`.
pub(super) fn check_seconds(text: &str, now: Timestamp) -> Result<(), Rejection> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse().ok().filter(|_| is_number);
    check(seconds.ok_or(Rejection::Malformed)?, now)
}

/// Checks a time in RFC 3339.
///
/// # Errors
/// As [`check_seconds`].
pub(super) fn check_rfc_3339(text: &str, now: Timestamp) -> Result<(), Rejection> {
    let at: Timestamp = text.parse().map_err(|_| Rejection::Malformed)?;
    check(at.as_second(), now)
}

/// Checks a time in Unix seconds.
///
/// # Errors
/// [`Rejection::Stale`].
pub(super) fn check(seconds: i64, now: Timestamp) -> Result<(), Rejection> {
    match now.as_second().abs_diff(seconds) <= SKEW_SECONDS.unsigned_abs() {
        true => Ok(()),
        false => Err(Rejection::Stale),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Rejection::{Malformed, Stale};

    #[test]
    fn a_time_is_a_number_within_five_minutes() {
        let now = Timestamp::from_second(1_700_000_000).expect("a time");
        for (text, result) in [
            ("1700000000", Ok(())),
            ("1699999700", Ok(())),
            ("1700000300", Ok(())),
            ("1699999699", Err(Stale)),
            ("1700000301", Err(Stale)),
            ("1700000000000", Err(Stale)),
            ("9223372036854775807", Err(Stale)),
            ("0", Err(Stale)),
            ("99999999999999999999", Err(Malformed)),
            ("-1700000000", Err(Malformed)),
            ("+1700000000", Err(Malformed)),
            ("1700000000.0", Err(Malformed)),
            (" 1700000000", Err(Malformed)),
            ("", Err(Malformed)),
            ("now", Err(Malformed)),
        ] {
            assert_eq!(check_seconds(text, now), result, "{text:?}");
        }
        assert_eq!(check_rfc_3339("2023-11-14T22:13:20Z", now), Ok(()));
        assert_eq!(check_rfc_3339("2023-11-14T22:08:19Z", now), Err(Stale));
        assert_eq!(check_rfc_3339("1700000000", now), Err(Malformed));
        let last = Timestamp::MAX;
        assert_eq!(check(i64::MIN, last), Err(Stale));
    }
}
