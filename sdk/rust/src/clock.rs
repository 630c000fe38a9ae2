//! The time of the decision. Needs no grant: it is part of the recorded input.

use crate::Timestamp;
use crate::source;

/// When the decision is made. The same for the whole decision, and the same
/// again in a replay.
pub fn now() -> Timestamp {
    source::clock::now()
}

/// Whether the business hours of that name are open at `at`; absent where the
/// company has no hours of that name.
pub fn is_open(hours: &str, at: Timestamp) -> Option<bool> {
    source::clock::is_open(hours, at)
}

/// When the business hours of that name open next after `at`; absent where
/// they are open at `at`, do not open within 366 days, or the company has none
/// of that name.
pub fn opens_at(hours: &str, at: Timestamp) -> Option<Timestamp> {
    source::clock::opens_at(hours, at)
}

/// When the business hours of that name close next after `at`; absent where
/// they are closed at `at`, do not close within 366 days, or the company has
/// none of that name.
pub fn closes_at(hours: &str, at: Timestamp) -> Option<Timestamp> {
    source::clock::closes_at(hours, at)
}

/// The moment after so many seconds of working time: Friday 16:00 and two
/// hours is Monday 10:00 where the hours are 9 to 17 on weekdays. Absent where
/// that is not within 366 days, or the company has no hours of that name.
pub fn after_working_time(hours: &str, at: Timestamp, seconds: u32) -> Option<Timestamp> {
    source::clock::after_working_time(hours, at, seconds)
}
