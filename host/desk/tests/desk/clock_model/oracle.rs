//! What the clocks of one conversation have to do, found minute by minute from
//! the documented rules. It shares no code with the desk.

use std::rc::Rc;

use super::calendar::Calendar;

/// A clock starts at most so many minutes before its message was accepted.
pub(super) const MAX_BACKDATING: i64 = 5;

/// Targets in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Targets {
    pub(super) first_response: Option<i64>,
    pub(super) next_response: Option<i64>,
    pub(super) resolution: Option<i64>,
}

/// Terms of a queue: its targets, and the hours they count in.
#[derive(Clone)]
pub(super) struct Terms {
    pub(super) targets: Targets,
    /// `None`: every minute counts.
    pub(super) calendar: Option<Rc<Calendar>>,
}

/// The part of a conversation's state that clocks depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Open,
    Waiting,
    OnHold,
    Resolved,
}

/// Effect of a reply after its delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    Stay,
    Wait,
    Resolve,
}

/// One event that the desk has to tell: clock, code of the trigger.
pub(super) type Ring = (&'static str, &'static str);

/// A wording that the channel has no reply to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wording {
    message: String,
    number: u32,
    /// Start of its clock.
    since: i64,
    /// As the channel dates it.
    written: i64,
}

/// What was told of a clock.
#[derive(Debug, Clone, Copy, Default)]
struct Told {
    at_risk: bool,
    breached: bool,
}

impl Told {
    fn tell(&mut self, clock: &'static str, worked: i64, target: Option<i64>) -> Vec<Ring> {
        let mut rings = Vec::new();
        let Some(target) = target else {
            return rings;
        };
        if worked * 100 >= target * 80 && !self.at_risk && !self.breached {
            self.at_risk = true;
            rings.push((clock, "sla-at-risk"));
        }
        if worked >= target && !self.breached {
            self.breached = true;
            rings.push((clock, "sla-breached"));
        }
        rings
    }
}

/// Wordings that a reply answers, fixed when it was drafted.
#[derive(Debug, Clone)]
pub(super) struct Draft(Vec<(String, u32)>);

#[derive(Clone)]
pub(super) struct Oracle {
    created: i64,
    now: i64,
    terms: Terms,
    pub(super) phase: Phase,
    /// Start of the present wait on the customer.
    waiting_since: i64,
    pub(super) resolved_at: Option<i64>,
    /// In order of `since`.
    unanswered: Vec<Wording>,
    wordings: u32,
    is_responded: bool,
    /// Working minutes since the oldest unanswered wording.
    reply_worked: i64,
    /// About the present unanswered run.
    reply_told: Told,
    resolution_worked: i64,
    resolution_told: Told,
    rings: Vec<Ring>,
}

impl Oracle {
    /// A conversation that begins now, in minutes since 1970.
    pub(super) fn new(now: i64, terms: Terms) -> Self {
        Self {
            created: now,
            now,
            terms,
            phase: Phase::Open,
            waiting_since: now,
            resolved_at: None,
            unanswered: Vec::new(),
            wordings: 0,
            is_responded: false,
            reply_worked: 0,
            reply_told: Told::default(),
            resolution_worked: 0,
            resolution_told: Told::default(),
            rings: Vec::new(),
        }
    }

    /// Let time pass.
    pub(super) fn advance(&mut self, to: i64) {
        if self.phase == Phase::Resolved {
            self.now = to;
        }
        while self.now < to {
            self.pass_minute();
        }
    }

    fn pass_minute(&mut self) {
        let worked = self.count_open(self.now, self.now + 1);
        if !self.unanswered.is_empty() {
            self.reply_worked += worked;
        }
        if self.phase == Phase::Open {
            self.resolution_worked += worked;
        }
        self.now += 1;
        self.ring();
    }

    /// Count the minutes of a span in which clocks run.
    fn count_open(&self, from: i64, to: i64) -> i64 {
        let calendar = self.terms.calendar.as_ref();
        calendar.map_or(to - from, |calendar| calendar.count_open(from, to))
    }

    /// The oldest unanswered wording is another. It counts by the present hours.
    fn recount(&mut self) {
        let since = self.unanswered_since().unwrap_or(self.now);
        self.reply_worked = self.count_open(since, self.now);
    }

    /// Tell what is due now. Each event first tells what was due before it.
    fn ring(&mut self) {
        if self.phase == Phase::Resolved {
            return;
        }
        let targets = self.terms.targets;
        if !self.unanswered.is_empty() {
            let (clock, target) = if self.is_responded {
                ("next-response", targets.next_response)
            } else {
                ("first-response", targets.first_response)
            };
            let rings = self.reply_told.tell(clock, self.reply_worked, target);
            self.rings.extend(rings);
        }
        if self.phase == Phase::Open {
            let worked = self.resolution_worked;
            let target = targets.resolution;
            let rings = self.resolution_told.tell("resolution", worked, target);
            self.rings.extend(rings);
        }
    }

    /// What fell due since the last call, also by what happened just now.
    pub(super) fn take_rings(&mut self) -> Vec<Ring> {
        self.ring();
        std::mem::take(&mut self.rings)
    }

    /// The minute at which the next clock rings if nothing happens, within so
    /// many minutes.
    pub(super) fn next_due(&self, within: i64) -> Option<i64> {
        if self.phase == Phase::Resolved {
            return None;
        }
        let targets = self.terms.targets;
        let reply = match self.is_responded {
            true => targets.next_response,
            false => targets.first_response,
        };
        let reply = reply.filter(|_| !self.unanswered.is_empty());
        let resolution = targets.resolution.filter(|_| self.phase == Phase::Open);
        let clocks = [
            (reply, self.reply_told, self.reply_worked),
            (resolution, self.resolution_told, self.resolution_worked),
        ];
        let due = clocks.into_iter().filter_map(|(target, told, worked)| {
            let next = match (told.at_risk, told.breached) {
                (_, true) => return None,
                (true, _) => target?,
                (false, _) => target? * 80 / 100,
            };
            self.pass(next - worked, self.now + within)
        });
        due.min()
    }

    /// The moment at which so many more minutes have passed on a clock that runs.
    fn pass(&self, minutes: i64, limit: i64) -> Option<i64> {
        match &self.terms.calendar {
            Some(calendar) => calendar.pass(self.now, minutes, limit),
            None => Some(self.now + minutes).filter(|at| *at < limit),
        }
    }

    /// Start of the oldest unanswered message.
    pub(super) fn unanswered_since(&self) -> Option<i64> {
        self.unanswered.first().map(|wording| wording.since)
    }

    /// The messages that are unanswered, each once, in order of their ids.
    pub(super) fn unanswered(&self) -> Vec<String> {
        let mut ids: Vec<String> = self
            .unanswered
            .iter()
            .map(|wording| wording.message.clone())
            .collect();
        ids.sort();
        ids.dedup();
        ids
    }

    /// The customer writes, or edits what they wrote; `written` as the channel
    /// dates it. Its clock starts then, but at most five minutes ago.
    pub(super) fn write(&mut self, message: &str, written: i64) {
        self.ring();
        let since = written.clamp(self.now - MAX_BACKDATING, self.now);
        let since = since.max(self.created);
        if self.phase == Phase::Waiting {
            let from = since.max(self.waiting_since);
            self.resolution_worked += self.count_open(from, self.now);
        }
        if matches!(self.phase, Phase::Resolved | Phase::Waiting) {
            self.phase = Phase::Open;
        }
        self.wordings += 1;
        self.unanswered.push(Wording {
            message: message.to_owned(),
            number: self.wordings,
            since,
            written,
        });
        if self.unanswered.len() == 1 {
            self.recount();
        }
    }

    /// The customer deletes a message. An owner who answered before keeps the
    /// conversation.
    pub(super) fn delete(&mut self, message: &str, has_owner: bool) {
        self.ring();
        let before = self.unanswered_since();
        self.unanswered.retain(|wording| wording.message != message);
        let stays = has_owner && self.is_responded;
        if before.is_some() && self.unanswered.is_empty() {
            // The run ends.
            self.reply_told = Told::default();
            if !stays {
                self.resolve();
            }
        }
        if self.unanswered_since() != before {
            self.recount();
        }
    }

    /// What a reply that is written now answers.
    pub(super) fn draft(&self) -> Draft {
        let wordings = self.unanswered.iter();
        Draft(
            wordings
                .map(|wording| (wording.message.clone(), wording.number))
                .collect(),
        )
    }

    /// The channel has the reply.
    pub(super) fn accept_reply(&mut self, draft: &Draft) {
        self.receive_answer(|wording| {
            let key = (wording.message.clone(), wording.number);
            draft.0.contains(&key)
        });
    }

    /// What follows the delivery of a reply.
    pub(super) fn follow(&mut self, then: Then) {
        if self.unanswered.is_empty() && self.phase != Phase::Resolved {
            match then {
                Then::Stay => {}
                Then::Wait => self.start_wait(),
                Then::Resolve => self.resolve(),
            }
        }
    }

    /// The channel's copy of an answer that the desk does not know, sent at this
    /// minute.
    pub(super) fn echo(&mut self, sent: i64) {
        self.receive_answer(|wording| wording.written < sent);
    }

    /// An answer counts if it answers something, or if nobody asks.
    fn receive_answer(&mut self, is_answered: impl Fn(&Wording) -> bool) {
        self.ring();
        let is_asked = !self.unanswered.is_empty();
        if self.answer(is_answered) || !is_asked {
            if !self.is_responded {
                // What is left waits for the next response.
                self.reply_told = Told::default();
                self.recount();
            }
            self.is_responded = true;
        }
    }

    /// Take out what is answered. A run ends when its oldest wording is answered.
    fn answer(&mut self, is_answered: impl Fn(&Wording) -> bool) -> bool {
        let oldest = self.unanswered.first().map(|wording| wording.number);
        let before = self.unanswered.len();
        self.unanswered.retain(|wording| !is_answered(wording));
        if self.unanswered.first().map(|wording| wording.number) != oldest {
            self.reply_told = Told::default();
            self.recount();
        }
        self.unanswered.len() < before
    }

    /// An agent sets the conversation on hold, or resumes it.
    pub(super) fn set_hold(&mut self, is_on_hold: bool) {
        self.ring();
        self.phase = if is_on_hold {
            Phase::OnHold
        } else {
            Phase::Open
        };
    }

    /// An agent lets the conversation wait on the customer. Returns false if that
    /// is refused.
    pub(super) fn wait(&mut self) -> bool {
        self.ring();
        let is_allowed = self.unanswered.is_empty();
        if is_allowed {
            self.start_wait();
        }
        is_allowed
    }

    fn start_wait(&mut self) {
        if self.phase != Phase::Waiting {
            self.waiting_since = self.now;
        }
        self.phase = Phase::Waiting;
    }

    pub(super) fn resolve(&mut self) {
        self.ring();
        if self.phase != Phase::Resolved {
            self.resolved_at = Some(self.now);
        }
        self.phase = Phase::Resolved;
        self.unanswered.clear();
        self.reply_told = Told::default();
    }

    /// Targets or hours change.
    pub(super) fn retarget(&mut self, terms: Terms) {
        self.ring();
        self.terms = terms;
    }
}
