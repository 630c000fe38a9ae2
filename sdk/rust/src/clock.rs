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
