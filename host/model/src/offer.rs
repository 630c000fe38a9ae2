//! Codes and numbers of offers.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::codes;

/// Number of an offer, unique within a company.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct OfferId(pub u64);

impl fmt::Display for OfferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

codes! {
    /// State of an offer.
    pub enum OfferState {
        /// Open: the agent can accept or decline it.
        Offered = "offered",
        /// The agent accepted it.
        Accepted = "accepted",
        /// The agent declined it.
        Declined = "declined",
        /// The agent did not answer before the deadline.
        TimedOut = "timed-out",
        /// The conversation no longer waits for an agent.
        Cancelled = "cancelled",
        /// The host withdrew it: the agent left, or the conversation was
        /// routed elsewhere.
        Rescinded = "rescinded",
    }
}
