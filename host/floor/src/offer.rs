//! Offers and their results.

use jiff::Timestamp;
pub use patchbay_model::offer::{OfferId, OfferState};
use serde::{Deserialize, Serialize};

/// A conversation offered to an agent. An open offer uses its medium's weight
/// of the agent's capacity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Offer {
    /// Unique within the company.
    pub id: OfferId,
    /// The conversation.
    pub conversation: String,
    /// The agent.
    pub agent: String,
    /// When the floor made the offer.
    pub made_at: Timestamp,
    /// When an unanswered offer times out.
    pub deadline: Timestamp,
    /// Index of the routing step the agent qualifies for; absent past the last
    /// step, or if the conversation waited for this agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// The policy's preference for the agent, 0 to 100; absent if it named
    /// none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<u8>,
    /// How often this agent has refused or transferred this conversation
    /// before. More than 0 is worth an alert: no other agent fits.
    #[serde(default)]
    pub again: u32,
}

/// An offer that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedOffer {
    /// The offer.
    pub offer: Offer,
    /// The final state; never `offered`.
    pub state: OfferState,
    /// When it ended.
    pub at: Timestamp,
}

/// A declined or timed-out offer; its conversation waits again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The offer, `declined` or `timed-out`.
    pub closed: ClosedOffer,
    /// The conversation's original age: since when it waits.
    pub since: Timestamp,
    /// When the agent may be offered it again if no other agent fits.
    pub again_at: Timestamp,
    /// Whether no other agent fits now; worth an alert.
    pub alone: bool,
}

/// A conversation that an agent now holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The conversation.
    pub conversation: String,
    /// The agent.
    pub agent: String,
    /// Whether the agent had no capacity for it: possible for a manual
    /// assignment and a resumed conversation.
    pub exceeds_capacity: bool,
    /// Whether the agent is present; always true for an accepted offer.
    pub present: bool,
    /// The agent who held it before, if any.
    pub previous: Option<String>,
    /// The open offer this ended, if any: `accepted`, or `rescinded` by a
    /// manual assignment.
    pub closed: Option<ClosedOffer>,
}
