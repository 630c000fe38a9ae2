//! The clocks once more, by counting minutes: slow and plain.

use super::WorldCalendar;
use crate::conversation_state::ConversationState;
use crate::sla::{Clock, ClockEvent, ClockState, DueKind, Targets};

const MINUTE_MS: u64 = 60_000;

/// The clocks it counts. A further clock has its tests in `tests/cases/clocks`.
pub(super) const COUNTED: [Clock; 3] =
    [Clock::FirstResponse, Clock::NextResponse, Clock::Resolution];

/// Place of a clock in `COUNTED`.
fn index(clock: Clock) -> usize {
    let place = COUNTED.iter().position(|counted| *counted == clock);
    place.expect("a clock the oracle counts")
}

pub(super) struct Oracle {
    now_ms: u64,
    targets: Targets,
    state: ConversationState,
    was_replied_to: bool,
    clocks: [Counted; 3],
    fired: Vec<(u64, (Clock, u32, DueKind))>,
}

#[derive(Default)]
struct Counted {
    run: u32,
    began_ms: u64,
    is_counting: bool,
    minutes: u64,
    was_at_risk: bool,
    was_breached: bool,
    is_missed: bool,
    hits: u32,
    misses: u32,
}

impl Counted {
    fn begin(&mut self, at_ms: u64) {
        *self = Counted {
            run: self.run + 1,
            began_ms: at_ms,
            is_counting: true,
            hits: self.hits,
            misses: self.misses,
            ..Counted::default()
        };
    }

    fn miss(&mut self) {
        self.misses += u32::from(!self.is_missed);
        self.is_missed = true;
    }

    fn reach(&mut self, target: Option<u64>) {
        self.is_counting = false;
        match target {
            Some(target) if self.minutes >= target => self.miss(),
            Some(_) => self.hits += u32::from(!self.is_missed),
            None => {}
        }
    }
}

impl Oracle {
    pub(super) fn new(created_ms: u64, targets: Targets) -> Oracle {
        let mut clocks = <[Counted; 3]>::default();
        clocks[2].begin(created_ms);
        Oracle {
            now_ms: created_ms,
            targets,
            state: ConversationState::Queued,
            was_replied_to: false,
            clocks,
            fired: Vec::new(),
        }
    }

    /// Counts minute by minute.
    pub(super) fn count_until(&mut self, at_ms: u64, calendar: &WorldCalendar) {
        self.fire(self.now_ms);
        while self.now_ms < at_ms {
            let is_counting = self.clocks.iter().any(|clock| clock.is_counting);
            if is_counting && calendar.is_open(self.now_ms) {
                for clock in self.clocks.iter_mut().filter(|clock| clock.is_counting) {
                    clock.minutes += 1;
                }
            }
            self.now_ms += MINUTE_MS;
            self.fire(self.now_ms);
        }
    }

    pub(super) fn fire(&mut self, at_ms: u64) {
        for clock in COUNTED {
            let Some(target) = self.target(clock) else {
                continue;
            };
            let percent = u64::from(self.targets.at_risk.percent());
            let counted = &mut self.clocks[index(clock)];
            if !counted.is_counting {
                continue;
            }
            if counted.minutes * 100 >= target * percent && !counted.was_at_risk {
                counted.was_at_risk = true;
                self.fired
                    .push((at_ms, (clock, counted.run, DueKind::AtRisk)));
            }
            if counted.minutes >= target && !counted.was_breached {
                counted.was_breached = true;
                counted.miss();
                self.fired
                    .push((at_ms, (clock, counted.run, DueKind::Breached)));
            }
        }
    }

    /// Whether the clocks accept the event.
    pub(super) fn take(&mut self, event: ClockEvent) -> bool {
        let resolution_target = self.target(Clock::Resolution);
        match event {
            ClockEvent::CustomerMessage { expects_reply, .. } => {
                if expects_reply && self.unanswered_since().is_none() {
                    self.clocks[usize::from(self.was_replied_to)].begin(self.now_ms);
                }
                if expects_reply && self.state == ConversationState::WaitingOnCustomer {
                    self.state = ConversationState::Active;
                    self.clocks[2].is_counting = true;
                }
            }
            ClockEvent::ReplyAccepted => {
                self.was_replied_to = true;
                for clock in [Clock::FirstResponse, Clock::NextResponse] {
                    let target = self.target(clock);
                    if self.clocks[index(clock)].is_counting {
                        self.clocks[index(clock)].reach(target);
                    }
                }
            }
            // The random conversations take nothing back, and a message of theirs
            // that expects no reply ends no wait.
            ClockEvent::UnansweredSince { .. } | ClockEvent::CustomerReturned { .. } => {}
            ClockEvent::State { state } => {
                let [first, next, resolution] = &mut self.clocks;
                match state {
                    ConversationState::WaitingOnCustomer
                        if first.is_counting || next.is_counting =>
                    {
                        return false;
                    }
                    ConversationState::Resolved => {
                        first.is_counting = false;
                        next.is_counting = false;
                        if self.state != ConversationState::Resolved {
                            resolution.reach(resolution_target);
                        }
                    }
                    ConversationState::WaitingOnCustomer | ConversationState::OnHold => {
                        resolution.is_counting = false;
                    }
                    _ => resolution.is_counting = true,
                }
                self.state = state;
            }
            ClockEvent::Retarget { targets } => self.targets = targets,
        }
        true
    }

    pub(super) fn elapsed(&self, clock: Clock) -> Option<u64> {
        let counted = &self.clocks[index(clock)];
        (counted.run > 0).then_some(counted.minutes * MINUTE_MS)
    }

    pub(super) fn state(&self, clock: Clock) -> Option<ClockState> {
        let counted = &self.clocks[index(clock)];
        let is_live = match clock {
            Clock::Resolution => self.state != ConversationState::Resolved,
            _ => counted.is_counting,
        };
        if counted.misses > 0 {
            return Some(if is_live {
                ClockState::ActiveWithMisses
            } else {
                ClockState::Missed
            });
        }
        if is_live {
            return self.target(clock).map(|_| ClockState::Active);
        }
        (counted.hits > 0).then_some(ClockState::Hit)
    }

    pub(super) fn misses(&self, clock: Clock) -> u32 {
        self.clocks[index(clock)].misses
    }

    pub(super) fn is_paused(&self) -> bool {
        matches!(
            self.state,
            ConversationState::WaitingOnCustomer | ConversationState::OnHold
        )
    }

    pub(super) fn unanswered_since(&self) -> Option<u64> {
        let replies = self.clocks[..2].iter().find(|clock| clock.is_counting);
        replies.map(|clock| clock.began_ms)
    }

    pub(super) fn fired(&self) -> Vec<(u64, (Clock, u32, DueKind))> {
        self.fired.clone()
    }

    /// A target, in minutes.
    fn target(&self, clock: Clock) -> Option<u64> {
        Some(u64::from(self.targets.of(clock)?.0) / 60)
    }
}
