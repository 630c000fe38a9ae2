//! Offers, and what becomes of them.

use jiff::Timestamp;
pub use patchbay_model::offer::{OfferId, OfferState};
use serde::{Deserialize, Serialize};

/// A conversation set before an agent. It holds its medium's weight of the
/// agent's capacity while it is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Offer {
    /// Its number.
    pub id: OfferId,
    /// The conversation.
    pub conversation: String,
    /// The agent.
    pub agent: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it times out, unless it is answered before.
    pub deadline: Timestamp,
    /// Position of the step the agent was found in; absent where the steps
    /// were over, or the conversation waited for this very agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// How much the policy preferred the agent, 0 to 100; absent where it did
    /// not name them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<u8>,
    /// How often this agent has refused this conversation before, or handed it
    /// on; 0 where not said. More than 0 is worth an alert: nobody else fits.
    #[serde(default)]
    pub again: u32,
}

/// An offer that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedOffer {
    /// The offer.
    pub offer: Offer,
    /// How it ended; never `offered`.
    pub state: OfferState,
    /// When.
    pub at: Timestamp,
}

/// An offer that was declined or timed out; its conversation waits again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The offer, `declined` or `timed-out`.
    pub closed: ClosedOffer,
    /// Since when the conversation waits: its original age.
    pub since: Timestamp,
    /// From when the same agent may be offered it again if nobody else fits.
    pub again_at: Timestamp,
    /// Whether nobody else fits at this moment; worth an alert.
    pub alone: bool,
}

/// A conversation an agent now holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The conversation.
    pub conversation: String,
    /// The agent.
    pub agent: String,
    /// Whether the agent had no room for it: possible only by hand, or when a
    /// parked conversation is taken up again.
    pub exceeds_capacity: bool,
    /// Whether the agent is there; always so for an accepted offer.
    pub present: bool,
    /// Who held it before; absent where nobody did.
    pub previous: Option<String>,
    /// The offer this put an end to: `accepted`, or `rescinded` where it was
    /// given by hand; absent where none was open.
    pub closed: Option<ClosedOffer>,
}
