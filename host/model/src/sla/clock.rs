//! The clocks, and how one stands.


use crate::codes;
use crate::decision::route::CLOCKS;

codes! {
    /// An SLA clock.
    pub enum Clock {
        /// From creation to the first reply to the customer. Where no reply was
        /// expected at first, from the first message that expects one.
        FirstResponse = "first-response",
        /// From the oldest unanswered customer message after the first reply to
        /// the next reply: one *run* for each.
        NextResponse = "next-response",
        /// From creation to resolved, without the time in `waiting-on-customer`,
        /// `on-hold` and `resolved`. One run, however often it is reopened.
        Resolution = "resolution",
    }
}

impl Clock {
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

codes! {
    /// How a clock stands.
    pub enum ClockState {
        /// Runs or is paused, nothing missed.
        Active = "active",
        /// Runs or is paused, with a miss in this run or an earlier one.
        ActiveWithMisses = "active-with-misses",
        /// Stopped, never late. Final once the conversation is resolved for good.
        Hit = "hit",
        /// Stopped, late at least once. Final once the conversation is resolved
        /// for good; for the first response, once it was given.
        Missed = "missed",
    }
}
