//! The clocks, and how one stands.

use serde::{Deserialize, Serialize};

use crate::decision::route::CLOCKS;

/// An SLA clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// From creation to the first reply to the customer. Where no reply was
    /// expected at first, from the first message that expects one.
    FirstResponse,
    /// From the oldest unanswered customer message after the first reply to
    /// the next reply: one *run* for each.
    NextResponse,
    /// From creation to resolved, without the time in `waiting-on-customer`,
    /// `on-hold` and `resolved`. One run, however often it is reopened.
    Resolution,
}

impl Clock {
    /// Every clock.
    pub const ALL: [Clock; 3] = [Clock::FirstResponse, Clock::NextResponse, Clock::Resolution];

    /// The code, as in the contract: `first-response`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Clock::FirstResponse => "first-response",
            Clock::NextResponse => "next-response",
            Clock::Resolution => "resolution",
        }
    }

    /// The key of a route plan's `sla`, as in JSON: `first_response`.
    pub const fn plan_key(self) -> &'static str {
        let [first_response, next_response, resolution] = CLOCKS;
        match self {
            Clock::FirstResponse => first_response,
            Clock::NextResponse => next_response,
            Clock::Resolution => resolution,
        }
    }
}

/// How a clock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockState {
    /// Runs or is paused, nothing missed.
    Active,
    /// Runs or is paused, with a miss in this run or an earlier one.
    ActiveWithMisses,
    /// Stopped, never late. Final once the conversation is resolved for good.
    Hit,
    /// Stopped, late at least once. Final once the conversation is resolved
    /// for good; for the first response, once it was given.
    Missed,
}

impl ClockState {
    /// The code, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            ClockState::Active => "active",
            ClockState::ActiveWithMisses => "active-with-misses",
            ClockState::Hit => "hit",
            ClockState::Missed => "missed",
        }
    }
}
