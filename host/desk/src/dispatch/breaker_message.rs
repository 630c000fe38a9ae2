//! Messages to the thread that writes the transitions of circuit breakers.

use patchbay_journal::CompanyId;
use patchbay_pass::observer::BreakerEvent;

/// A message to the thread.
#[derive(Debug)]
pub(crate) enum BreakerMessage {
    /// A breaker opened or closed.
    Transition(CompanyId, BreakerEvent),
    /// The desk stops.
    Stop,
}
