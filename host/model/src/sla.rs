//! SLA clocks of a conversation: targets in working time, and what falls due
//! when.

mod clock;
mod clock_event;
mod clock_reading;
mod due;
mod record;
mod run;
mod start;
mod stopwatch;

use serde::{Deserialize, Serialize};

pub use clock::{AtRisk, AtRiskError, Clock, ClockState, Sla, Targets};
pub use clock_event::{ClockError, ClockEvent};
pub use clock_reading::{ClockPhase, ClockReading, ClockResult};
pub use due::{Deadline, Due, DueKind};
pub use start::{START_SKEW_MS, start_of};

use crate::conversation_state::ConversationState;
use crate::hours::{Hours, NEVER_MS};
use record::ClockRecord;
use run::Run;

/// The clocks of one conversation, as its snapshot stores them: of constant
/// size, however long it lasts.
///
/// Times are Unix milliseconds, at most [`NEVER_MS`]. **Host time never runs
/// back**: a call with an earlier time than the latest seen counts as at the
/// latest seen.
///
/// `hours` is the calendar that [`Targets::hours`] names *before* the call;
/// `None`, and a calendar that never opens, is round the clock.
///
/// How often the host calls [`advance`](SlaClocks::advance) makes no
/// difference: each event first lets everything fall due up to its moment. An
/// answer at its deadline is late.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaClocks {
    created_ms: u64,
    latest_ms: u64,
    targets: Targets,
    /// Whether the customer was ever answered: from then on the next-response
    /// clock runs.
    #[serde(default)]
    has_reply: bool,
    #[serde(default)]
    standing: ResolutionPhase,
    #[serde(default)]
    first_response: ClockRecord,
    #[serde(default)]
    next_response: ClockRecord,
    resolution: ClockRecord,
}

/// State of the conversation for the resolution clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ResolutionPhase {
    #[default]
    Open,
    WaitingOnCustomer {
        since_ms: u64,
    },
    OnHold,
    Resolved,
}

impl SlaClocks {
    /// Clocks of a conversation created at a moment, usually [`start_of`] its
    /// first interaction. The resolution clock starts; a reply clock starts
    /// with the first message that expects a reply.
    pub fn new(created_ms: u64, targets: Targets) -> SlaClocks {
        let created_ms = created_ms.min(NEVER_MS);
        let mut resolution = ClockRecord::default();
        resolution.begin(created_ms);
        SlaClocks {
            created_ms,
            latest_ms: created_ms,
            targets,
            has_reply: false,
            standing: ResolutionPhase::Open,
            first_response: ClockRecord::default(),
            next_response: ClockRecord::default(),
            resolution,
        }
    }

    /// Apply an event and return what fell due before it. `hours` are those
    /// before the event, also where the event changes them. What the event
    /// itself makes due, such as a shorter target, is then in the past: call
    /// [`next_event`](SlaClocks::next_event) afterwards. An event without a
    /// change, such as the present state, is accepted.
    ///
    ///
    /// # Errors
    /// [`ClockError`]; the clocks are as they were.
    pub fn apply(
        &mut self,
        at_ms: u64,
        event: ClockEvent,
        hours: Option<&Hours>,
    ) -> Result<Vec<Due>, ClockError> {
        if matches!(&event, ClockEvent::State { state } if *state == ConversationState::WaitingOnCustomer)
            && let Some(since_ms) = self.unanswered_since()
        {
            return Err(ClockError::Unanswered { since_ms });
        }
        let due = self.advance(at_ms, hours);
        let at_ms = self.latest_ms;
        match event {
            ClockEvent::CustomerMessage {
                started_ms,
                expects_reply: true,
            } => self.expect_reply(started_ms.clamp(self.created_ms, at_ms)),
            ClockEvent::CustomerMessage { .. } => {}
            ClockEvent::CustomerReturned { since_ms } => self.end_wait(since_ms.min(at_ms)),
            ClockEvent::ReplyAccepted => {
                self.has_reply = true;
                for clock in [Clock::FirstResponse, Clock::NextResponse] {
                    if self.record(clock).is_running() {
                        self.reach(clock, at_ms, hours);
                    }
                }
            }
            ClockEvent::UnansweredSince { since_ms } => {
                self.move_start(
                    since_ms.map(|ms| ms.clamp(self.created_ms, at_ms)),
                    at_ms,
                    hours,
                );
            }
            ClockEvent::State { state } => self.enter(state, at_ms, hours),
            ClockEvent::Retarget { targets } => {
                self.settle(hours);
                self.targets = targets;
            }
        }
        Ok(due)
    }

    /// What fell due since the last call up to `now_ms`, in order; each is
    /// returned once.
    pub fn advance(&mut self, now_ms: u64, hours: Option<&Hours>) -> Vec<Due> {
        self.latest_ms = self.latest_ms.max(now_ms.min(NEVER_MS));
        let latest_ms = self.latest_ms;
        let mut due: Vec<Due> = self.dues(hours).collect();
        due.retain(|due| due.at_ms <= latest_ms);
        due.sort();
        for due in &due {
            self.record_mut(due.clock).mark(due);
        }
        due
    }

    /// Count the time up to the latest seen by these hours, whatever hours later
    /// calls have. Walks through the calendar since the last call. No change
    /// while something is due: it fires first, at its own moment.
    pub fn settle(&mut self, hours: Option<&Hours>) {
        let latest_ms = self.latest_ms;
        let next = self.next_event(hours);
        if next.is_some_and(|due| due.at_ms <= latest_ms) {
            return;
        }
        for clock in Clock::ALL {
            self.record_mut(clock).settle(latest_ms, hours);
        }
    }

    /// What falls due next without further events: when to call
    /// [`advance`](SlaClocks::advance). `None`: nothing.
    pub fn next_event(&self, hours: Option<&Hours>) -> Option<Due> {
        self.dues(hours).min()
    }

    /// A customer message waits for a reply. An older unanswered message keeps
    /// its clock: the oldest is the first accepted, whatever the channel dates
    /// it.
    fn expect_reply(&mut self, started_ms: u64) {
        if self.unanswered_since().is_none() {
            let clock = match self.has_reply {
                false => Clock::FirstResponse,
                true => Clock::NextResponse,
            };
            self.record_mut(clock).begin(started_ms);
        }
        self.end_wait(started_ms);
    }

    /// The company is next: the resolution clock goes on from the message.
    fn end_wait(&mut self, started_ms: u64) {
        if let ResolutionPhase::WaitingOnCustomer { since_ms } = self.standing {
            self.standing = ResolutionPhase::Open;
            self.resolution.resume(started_ms.max(since_ms));
        }
    }

    /// The oldest unanswered message is another: the running reply clock goes on
    /// from there. What fired in its run does not fire again.
    fn move_start(&mut self, since_ms: Option<u64>, at_ms: u64, hours: Option<&Hours>) {
        let running = [Clock::FirstResponse, Clock::NextResponse]
            .into_iter()
            .find(|clock| self.record(*clock).is_running());
        match (running, since_ms) {
            (Some(clock), Some(since_ms)) => self.record_mut(clock).move_start(since_ms),
            (Some(clock), None) => self.record_mut(clock).pause(at_ms, hours),
            (None, Some(since_ms)) => self.expect_reply(since_ms),
            (None, None) => {}
        }
    }

    fn enter(&mut self, state: ConversationState, at_ms: u64, hours: Option<&Hours>) {
        match state {
            ConversationState::WaitingOnCustomer => {
                self.resolution.pause(at_ms, hours);
                if !matches!(self.standing, ResolutionPhase::WaitingOnCustomer { .. }) {
                    self.standing = ResolutionPhase::WaitingOnCustomer { since_ms: at_ms };
                }
            }
            ConversationState::OnHold => {
                self.resolution.pause(at_ms, hours);
                self.standing = ResolutionPhase::OnHold;
            }
            ConversationState::Resolved => {
                // Nothing is left to answer: neither hit nor miss.
                self.first_response.pause(at_ms, hours);
                self.next_response.pause(at_ms, hours);
                if self.standing != ResolutionPhase::Resolved {
                    self.reach(Clock::Resolution, at_ms, hours);
                }
                self.standing = ResolutionPhase::Resolved;
            }
            ConversationState::Queued
            | ConversationState::Reserved
            | ConversationState::Active
            | ConversationState::AwaitingApproval
            | ConversationState::Wrapping => {
                self.resolution.resume(at_ms);
                self.standing = ResolutionPhase::Open;
            }
        }
    }

    /// State of a clock; `None` where it has no target or never ran.
    pub fn state(&self, clock: Clock) -> Option<ClockState> {
        let record = self.record(clock);
        let is_live = match clock {
            Clock::Resolution => self.standing != ResolutionPhase::Resolved,
            Clock::FirstResponse | Clock::NextResponse => record.is_running(),
        };
        record.state(is_live, self.targets.of(clock).is_some())
    }

    /// When a clock's target is or was due: a missed deadline stays until the
    /// customer is answered. `None` where the clock is stopped, has no target,
    /// or is not due before [`NEVER_MS`].
    pub fn deadline(&self, clock: Clock, hours: Option<&Hours>) -> Option<u64> {
        let target_ms = self.targets.of_ms(clock)?;
        self.record(clock).run()?.deadline(target_ms, hours)
    }

    /// The nearest deadline of the clocks; of equal ones that of the first clock.
    pub fn nearest_deadline(&self, hours: Option<&Hours>) -> Option<Deadline> {
        let deadlines = Clock::ALL.into_iter().filter_map(|clock| {
            let at_ms = self.deadline(clock, hours)?;
            Some((at_ms, clock))
        });
        let (at_ms, clock) = deadlines.min_by_key(|(at_ms, _)| *at_ms)?;
        let run = self.record(clock).run()?;
        let target_ms = self.targets.of_ms(clock)?;
        Some(Deadline {
            clock,
            at_ms,
            at_risk_ms: run.at_risk_at(target_ms, self.targets.at_risk, hours),
        })
    }

    /// Working time on a clock up to a moment, in milliseconds; of a stopped
    /// reply clock, that of its last run. `None` where it never ran.
    pub fn elapsed(&self, clock: Clock, now_ms: u64, hours: Option<&Hours>) -> Option<u64> {
        let now_ms = self.latest_ms.max(now_ms.min(NEVER_MS));
        Some(self.record(clock).run()?.elapsed(now_ms, hours))
    }

    /// How often a target was missed: at most once per run.
    pub fn misses(&self, clock: Clock) -> u32 {
        self.record(clock).misses()
    }

    /// When the oldest unanswered message started the clock; `None` where no
    /// reply is expected.
    pub fn unanswered_since(&self) -> Option<u64> {
        [&self.first_response, &self.next_response]
            .into_iter()
            .filter(|record| record.is_running())
            .filter_map(|record| Some(record.run()?.began_ms()))
            .min()
    }

    /// Whether the resolution clock is paused by `waiting-on-customer` or
    /// `on-hold`.
    pub fn is_paused(&self) -> bool {
        matches!(
            self.standing,
            ResolutionPhase::WaitingOnCustomer { .. } | ResolutionPhase::OnHold
        )
    }

    /// Whether the customer was ever answered.
    pub fn was_answered(&self) -> bool {
        self.has_reply
    }

    /// Targets in force.
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// When the conversation was created, in Unix milliseconds.
    pub fn created_ms(&self) -> u64 {
        self.created_ms
    }

    /// Latest time seen, in Unix milliseconds.
    pub fn latest_ms(&self) -> u64 {
        self.latest_ms
    }

    fn reach(&mut self, clock: Clock, at_ms: u64, hours: Option<&Hours>) {
        let target_ms = self.targets.of_ms(clock);
        self.record_mut(clock).reach(at_ms, target_ms, hours);
    }

    /// What each running clock still has to fire, unordered.
    fn dues(&self, hours: Option<&Hours>) -> impl Iterator<Item = Due> {
        Clock::ALL.into_iter().flat_map(move |clock| {
            let run = self.record(clock).run();
            let target_ms = self.targets.of_ms(clock);
            let dues = |(run, target_ms): (&Run, u64)| {
                run.dues(clock, target_ms, self.targets.at_risk, hours)
            };
            run.zip(target_ms).map(dues).into_iter().flatten().flatten()
        })
    }

    fn record(&self, clock: Clock) -> &ClockRecord {
        match clock {
            Clock::FirstResponse => &self.first_response,
            Clock::NextResponse => &self.next_response,
            Clock::Resolution => &self.resolution,
        }
    }

    fn record_mut(&mut self, clock: Clock) -> &mut ClockRecord {
        match clock {
            Clock::FirstResponse => &mut self.first_response,
            Clock::NextResponse => &mut self.next_response,
            Clock::Resolution => &mut self.resolution,
        }
    }
}

#[cfg(test)]
mod tests;
