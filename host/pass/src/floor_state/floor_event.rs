//! Events of a conversation on the floor.

use patchbay_events::Departure;
use patchbay_floor::{Assignment, ClosedOffer, Offer, Refusal, StepChange};
use patchbay_model::conversation::{RouteCause, Trigger};

/// Something that happened to a conversation, and is not in its history yet.
#[derive(Clone, Debug, PartialEq)]
pub enum FloorEvent {
    /// It was offered to an agent.
    Offered(Offer),
    /// An agent accepted it, or it was assigned.
    Taken(Assignment),
    /// An agent declined the offer, or let it time out.
    Refused(Refusal),
    /// The offer was withdrawn.
    Withdrawn(ClosedOffer),
    /// The next step of its route plan began: more agents qualify.
    Widened(StepChange),
    /// Its agent no longer holds it; it is queued again.
    Returned {
        /// The agent.
        agent: String,
        /// Why.
        because: Departure,
    },
    /// Its queue was removed.
    Moved {
        /// The old queue.
        from: String,
        /// The new queue.
        to: String,
    },
    /// Its agent left during wrap-up.
    Ended,
    /// A follow-up of earlier events that a pass postponed.
    Due(FollowUp),
}

/// A decision that an event calls for.
#[derive(Clone, Debug, PartialEq)]
pub enum FollowUp {
    /// Call routing.
    Route(RouteCause),
    /// Call escalation.
    Escalate(Trigger),
}
