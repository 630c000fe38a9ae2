//! What happens to a conversation on the floor.

use patchbay_model::conversation::{RouteCause, Trigger};
use serde::Serialize;

use patchbay_floor::{Assignment, ClosedOffer, Offer, Refusal, Widened};

/// Something that happened to a conversation, not written down yet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum News {
    /// It was set before an agent.
    Offered(Offer),
    /// An agent took it, or was given it by hand.
    Taken(Assignment),
    /// An agent declined it, or let the offer time out.
    Refused(Refusal),
    /// An offer was taken back.
    Withdrawn(ClosedOffer),
    /// More people qualify than before.
    Widened(Widened),
    /// Its agent does not hold it any more: it waits again.
    Left {
        /// Who held it.
        agent: String,
        /// Why.
        because: Departure,
    },
    /// The queue it waited in or came from is no more.
    Moved {
        /// Which it was.
        from: String,
        /// Which it is.
        to: String,
    },
    /// Its agent left while it was being wrapped up.
    Ended,
    /// What follows from earlier news and could not be done at once.
    Due(Consequence),
}

/// Why an agent does not hold a conversation any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Departure {
    /// They logged out.
    Offline,
    /// They were taken off the roster.
    Removed,
    /// The customer wrote again, and they hold as much as they can.
    NoRoom,
    /// They gave it back, or it was taken from them.
    GivenBack,
}

/// What policies must be asked because of something that happened.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Consequence {
    /// Where it goes now, for this cause.
    Route(RouteCause),
    /// Whether more people must know, for this trigger.
    Escalate(Trigger),
}
