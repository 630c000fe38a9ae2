//! What falls due.

use jiff::Timestamp;

use super::Clock;
use crate::codes;
use crate::conversation::{Trigger, TriggerCode};

/// When the target of a running clock is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// Which clock.
    pub clock: Clock,
    /// When the target is or was due, in Unix milliseconds.
    pub at_ms: u64,
    /// When the at-risk share of the target is used up, in Unix milliseconds;
    /// absent once that has fired.
    pub at_risk_ms: Option<u64>,
}

/// Something a clock does at a moment, once per run. Ordered by the moment;
/// at the same moment by clock, at risk before breached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Due {
    /// When, in Unix milliseconds. For a target that was already exceeded when
    /// it was set, the moment it was set.
    pub at_ms: u64,
    /// Which clock.
    pub clock: Clock,
    /// At risk or breached.
    pub kind: DueKind,
    /// Run of the clock, from 1. Clock, kind and run together occur once in a
    /// conversation.
    pub run: u32,
    /// When the target is due, in Unix milliseconds; absent where that is not
    /// before [`NEVER_MS`](crate::hours::NEVER_MS).
    pub deadline_ms: Option<u64>,
}

impl Due {
    /// The trigger an escalation policy is called with.
    pub fn trigger(&self) -> Trigger {
        let due_at = self.deadline_ms.and_then(|ms| i64::try_from(ms).ok());
        Trigger {
            clock: Some(self.clock.as_str().to_owned()),
            due_at: due_at.and_then(|ms| Timestamp::from_millisecond(ms).ok()),
            ..Trigger::of(self.kind.trigger_code())
        }
    }
}

codes! {
    /// How far a target is used up.
    pub enum DueKind {
        /// The at-risk share of the target is used up.
        AtRisk = "at-risk",
        /// The target is used up.
        Breached = "breached",
    }
}

impl DueKind {
    /// The code of the escalation trigger.
    pub const fn trigger_code(self) -> TriggerCode {
        match self {
            DueKind::AtRisk => TriggerCode::SlaAtRisk,
            DueKind::Breached => TriggerCode::SlaBreached,
        }
    }
}
