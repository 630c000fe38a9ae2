//! SLA clocks of a conversation: how long a customer may wait, in working
//! time, and what falls due when.

mod clock;
mod due;
mod event;
mod reading;
mod record;
mod run;
mod start;
mod stopwatch;
mod targets;

use serde::{Deserialize, Serialize};

pub use clock::{Clock, ClockState};
pub use due::{Due, DueKind};
pub use event::{ClockError, ClockEvent};
pub use start::{START_SKEW_MS, start_of};
pub use targets::{AtRisk, AtRiskError, Targets};

use crate::conversation::ConversationState;
use crate::hours::{Hours, NEVER_MS};
use record::ClockRecord;
use run::Run;

/// The three clocks of one conversation, as its durable snapshot keeps them:
/// of constant size, however long the conversation lasts.
///
/// Times are Unix milliseconds; a moment after [`NEVER_MS`] counts as that.
/// **Host time never runs back**: a call with an earlier time than the latest
/// seen is taken to happen at the latest seen.
///
/// `hours` is the calendar the targets are counted in: the one
/// [`Targets::hours`] names *before* the call; `None` is round the clock, and
/// so is a calendar that never opens. It comes in with each call so that a
/// snapshot holds a name and not a calendar.
///
/// How often the host calls [`advance`](SlaClocks::advance) makes no
/// difference to what falls due, or to what is a hit: each event first lets
/// everything fall due up to its moment. An answer at the very moment of its
/// deadline is therefore late.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaClocks {
    created_ms: u64,
    latest_ms: u64,
    targets: Targets,
    /// Whether the customer was ever replied to: from then on it is the
    /// next-response clock that runs.
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

/// A state of the conversation, as far as the resolution clock tells them
/// apart.
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
    /// Clocks of a conversation created at a moment, best that of
    /// [`start_of`] its first interaction. The resolution clock starts; a
    /// reply clock waits for the first customer message that expects a reply.
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

    /// Takes what happened, and answers what fell due up to then: `hours` are
    /// those before the event, also where it changes them. What the event
    /// itself makes due, such as a shorter target, is then in the past: go by
    /// [`next_event`](SlaClocks::next_event) afterwards.
    ///
    /// An event that changes nothing, such as a state the conversation is in
    /// already, is taken and changes nothing.
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
            ClockEvent::ReplyAccepted => {
                self.has_reply = true;
                for clock in [Clock::FirstResponse, Clock::NextResponse] {
                    if self.record(clock).is_running() {
                        self.reach(clock, at_ms, hours);
                    }
                }
            }
            ClockEvent::State { state } => self.enter(state, at_ms, hours),
            ClockEvent::Retarget { targets } => {
                for clock in Clock::ALL {
                    self.record_mut(clock).settle(at_ms, hours);
                }
                self.targets = targets;
            }
        }
        Ok(due)
    }

    /// What fell due since the last call, up to a moment, ordered by when it
    /// did; nothing is answered twice. Any leap in time is fine.
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

    /// What falls due next if nothing happens: when to call
    /// [`advance`](SlaClocks::advance). Where that moment is in the past, now.
    /// `None`: nothing will fall due by itself.
    pub fn next_event(&self, hours: Option<&Hours>) -> Option<Due> {
        self.dues(hours).min()
    }

    /// A customer message waits for a reply. One that waits already keeps its
    /// clock: accepted first is oldest, whatever the channel says it received.
    fn expect_reply(&mut self, started_ms: u64) {
        if self.unanswered_since().is_none() {
            let clock = match self.has_reply {
                false => Clock::FirstResponse,
                true => Clock::NextResponse,
            };
            self.record_mut(clock).begin(started_ms);
        }
        // The customer is not the one waited for any more.
        if let ResolutionPhase::WaitingOnCustomer { since_ms } = self.standing {
            self.standing = ResolutionPhase::Open;
            self.resolution.resume(started_ms.max(since_ms));
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
                // Nothing is left to answer: neither a hit nor a miss.
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

    fn reach(&mut self, clock: Clock, at_ms: u64, hours: Option<&Hours>) {
        let target_ms = self.targets.of_ms(clock);
        self.record_mut(clock).reach(at_ms, target_ms, hours);
    }

    /// What each running clock still has to fire, in no order.
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
