//! What the clocks say.

use super::{Clock, ClockState, ResolutionPhase, SlaClocks, Targets};
use crate::hours::{Hours, NEVER_MS};

impl SlaClocks {
    /// How a clock stands; `None` where it has no target or never ran.
    pub fn state(&self, clock: Clock) -> Option<ClockState> {
        let record = self.record(clock);
        let is_live = match clock {
            Clock::Resolution => self.standing != ResolutionPhase::Resolved,
            Clock::FirstResponse | Clock::NextResponse => record.is_running(),
        };
        record.state(is_live, self.targets.of(clock).is_some())
    }

    /// When a clock's target is due, or was: until the customer is answered,
    /// a deadline that has passed stays. `None` where the clock is paused or
    /// does not run, has no target, or is not due before [`NEVER_MS`].
    pub fn deadline(&self, clock: Clock, hours: Option<&Hours>) -> Option<u64> {
        let target_ms = self.targets.of_ms(clock)?;
        self.record(clock).run()?.deadline(target_ms, hours)
    }

    /// The deadline of the conversation: the nearest of its clocks'.
    pub fn nearest_deadline(&self, hours: Option<&Hours>) -> Option<(Clock, u64)> {
        Clock::ALL
            .into_iter()
            .filter_map(|clock| Some((clock, self.deadline(clock, hours)?)))
            .min_by_key(|(_, deadline)| *deadline)
    }

    /// Working time on a clock up to a moment, in milliseconds, paused time
    /// left out: of a reply clock that does not run, of its last run. `None`
    /// where it never ran; a moment before the latest seen counts as that.
    pub fn elapsed(&self, clock: Clock, now_ms: u64, hours: Option<&Hours>) -> Option<u64> {
        let now_ms = self.latest_ms.max(now_ms.min(NEVER_MS));
        Some(self.record(clock).run()?.elapsed(now_ms, hours))
    }

    /// How often a clock's target was missed: at most once per run.
    pub fn misses(&self, clock: Clock) -> u32 {
        self.record(clock).misses()
    }

    /// When the oldest unanswered customer message started the clock; `None`
    /// where no reply is expected.
    pub fn unanswered_since(&self) -> Option<u64> {
        [&self.first_response, &self.next_response]
            .into_iter()
            .filter(|record| record.is_running())
            .filter_map(|record| Some(record.run()?.began_ms()))
            .min()
    }

    /// Whether the resolution clock is paused, by `waiting-on-customer` or
    /// `on-hold`.
    pub fn is_paused(&self) -> bool {
        matches!(
            self.standing,
            ResolutionPhase::WaitingOnCustomer { .. } | ResolutionPhase::OnHold
        )
    }

    /// The targets the clocks run against.
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// When the conversation was created.
    pub fn created_ms(&self) -> u64 {
        self.created_ms
    }

    /// The latest time seen: nothing happens before it any more.
    pub fn latest_ms(&self) -> u64 {
        self.latest_ms
    }
}
