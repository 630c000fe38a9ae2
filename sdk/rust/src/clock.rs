//! Time of the decision and business hours. Needs no grant: a replay gives the same answers.
//!
//! In [`prepare`](crate::Policy::prepare), [`now`] is 0, and every function
//! of business hours is denied, which rejects the activation: companies share the snapshot that is
//! taken then, and each has hours of its own. Ask for them in a decision.

use crate::Timestamp;
use crate::source;

/// Time of the decision; the same in every call of it, and in a replay. In
/// [`prepare`](crate::Policy::prepare) it is 0.
pub fn now() -> Timestamp {
    source::clock::now()
}

/// Whether business hours are open at `at`; absent where the company has none of that name. Denied in
/// [`prepare`](crate::Policy::prepare).
pub fn is_open(hours: &str, at: Timestamp) -> Option<bool> {
    source::clock::is_open(hours, at)
}

/// When business hours open next after `at`; absent where they are open at `at`, do not open within
/// 366 days, or the company has none of that name. Denied in [`prepare`](crate::Policy::prepare).
pub fn opens_at(hours: &str, at: Timestamp) -> Option<Timestamp> {
    source::clock::opens_at(hours, at)
}

/// When business hours close next after `at`; absent where they are closed at `at`, do not close
/// within 366 days, or the company has none of that name. Denied in
/// [`prepare`](crate::Policy::prepare).
pub fn closes_at(hours: &str, at: Timestamp) -> Option<Timestamp> {
    source::clock::closes_at(hours, at)
}

/// `at` plus `seconds` of working time: Friday 16:00 plus two hours is Monday 10:00 where the hours
/// are 9 to 17 on weekdays. Absent where that is not within 366 days, or the company has no hours
/// of that name. Denied in [`prepare`](crate::Policy::prepare).
pub fn after_working_time(hours: &str, at: Timestamp, seconds: u32) -> Option<Timestamp> {
    source::clock::after_working_time(hours, at, seconds)
}
