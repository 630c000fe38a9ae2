//! What falls due.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Clock;
use crate::codes;
use crate::conversation::Trigger;

/// Something a clock does at a moment, once per run. Ordered by the moment;
/// at the same moment by clock, at risk before breached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Due {
    /// When, in Unix milliseconds. For a target that was already exceeded when
    /// it was set, the moment it was set.
    pub at_ms: u64,
    /// Which clock.
    pub clock: Clock,
    /// What it does.
    pub what: What,
    /// Which run of the clock, from 1: with clock and `what`, a key that
    /// comes once in a conversation.
    pub run: u32,
    /// When the target is due, in Unix milliseconds; absent where that is not
    /// before [`NEVER_MS`](crate::hours::NEVER_MS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
}

impl Due {
    /// What an escalation policy is called with.
    pub fn trigger(&self) -> Trigger {
        let due_at = self.deadline_ms.and_then(|ms| i64::try_from(ms).ok());
        Trigger {
            clock: Some(self.clock.as_str().to_owned()),
            due_at: due_at.and_then(|ms| Timestamp::from_millisecond(ms).ok()),
            ..Trigger::of(self.what.trigger_code())
        }
    }
}

codes! {
    /// What a clock does.
    pub enum What {
        /// The set share of the target is used up.
        AtRisk = "at-risk",
        /// The target is used up.
        Breached = "breached",
    }
}

impl What {
    /// The code of the escalation trigger, as in the contract.
    pub const fn trigger_code(self) -> &'static str {
        match self {
            What::AtRisk => "sla-at-risk",
            What::Breached => "sla-breached",
        }
    }
}
