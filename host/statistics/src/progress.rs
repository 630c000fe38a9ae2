//! What happened to a conversation so far, and what its next entry counts for.
//!
//! Everything follows from the conversation's entries in order: a conversation whose
//! progress is not in memory is read again from its first entry.

use jiff::Timestamp;
use patchbay_events::{
    DecisionSummary, Event, InputEvent, ReplyCheckedEvent, StoppedClock, TransferredEvent,
};
use patchbay_journal::{Counts, Entry};
use patchbay_model::conversation::{Trigger, TriggerCode};
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::decision::escalation::ActionKind;
use patchbay_model::decision::route::{Target, TargetKind};
use patchbay_model::sla::{Clock, start_of};

use crate::measure::{ClockMeasure, DurationMeasure, FALLBACKS, Measure, outcome_number};
use crate::tally::{Subject, Tally};

/// What happened to a conversation so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// When its first message of a customer started its clocks; `None`: no customer has
    /// written in person.
    opened_at: Option<Timestamp>,
    /// Whether the customer was ever answered.
    is_answered: bool,
    is_resolved: bool,
    waits_on_customer: bool,
    channel: Option<String>,
    queue: Option<String>,
    /// The agent who owns it.
    work: Option<Work>,
    /// The agent to whom it is offered.
    offered_to: Option<String>,
    /// Who wrote the newest draft.
    drafted_by: Option<String>,
}

/// The time that an agent has worked on it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Work {
    agent: String,
    /// Since when; `None` while it waits on its customer.
    since: Option<Timestamp>,
    /// Before that, in milliseconds.
    ms: u64,
}

impl Progress {
    /// Whether it is resolved.
    pub fn is_resolved(&self) -> bool {
        self.is_resolved
    }

    /// The agent who owns it.
    pub fn owner(&self) -> Option<&str> {
        self.work.as_ref().map(|work| work.agent.as_str())
    }

    /// Queue it waits in or came from.
    pub fn queue(&self) -> Option<&str> {
        self.queue.as_deref()
    }

    /// Take in the next entry, and add what it counts for.
    pub(crate) fn apply(&mut self, entry: &Entry, event: &Event, tally: &mut Tally) {
        let mut step = Step {
            progress: self,
            at: entry.at,
            tally,
        };
        step.find_queue(entry, event);
        step.apply(event);
    }
}

/// Add what a decision counts for, whatever it is about.
pub(crate) fn count_stages(at: Timestamp, decision: &DecisionSummary, tally: &mut Tally) {
    for plugin in &decision.stamp.plugins {
        tally.add_stage(at, plugin.stage, outcome_number(plugin.outcome));
    }
    for fallback in &decision.fallbacks {
        tally.add_stage(at, fallback.stage, FALLBACKS);
    }
}

/// The decision that an event records.
pub(crate) fn decision_of(event: &Event) -> Option<&DecisionSummary> {
    match event {
        Event::Received(event)
        | Event::Edited(event)
        | Event::Deleted(event)
        | Event::Reacted(event)
        | Event::Echoed(event)
        | Event::CountersUpdated(event) => event.decision.as_deref(),
        Event::ClockRang(event) | Event::WokeUp(event) | Event::Triggered(event) => {
            event.decision.as_deref()
        }
        Event::Routed(event) => event.decision.as_deref(),
        Event::ReplyPublished(event)
        | Event::ReplyRevise(event)
        | Event::ReplyHeld(event)
        | Event::ReplyBlocked(event) => event.decision.as_deref(),
        _ => None,
    }
}

/// One entry of a conversation.
struct Step<'a> {
    progress: &'a mut Progress,
    at: Timestamp,
    tally: &'a mut Tally,
}

impl Step<'_> {
    /// An entry counts for the queue that the conversation has after its commit. Entries of
    /// earlier versions do not name it: there it follows from routes and transfers.
    fn find_queue(&mut self, entry: &Entry, event: &Event) {
        let stamped = entry.scope.as_ref().and_then(|scope| scope.queues.last());
        let queue = stamped.cloned().or_else(|| match event {
            Event::Transferred(TransferredEvent::Queue { queue, .. }) => Some(queue.clone()),
            Event::Transferred(TransferredEvent::Person { to, .. }) => queue_of(to),
            Event::Requeued(event) => event.queue.clone(),
            other => {
                let decision = decision_of(other)?;
                redirect(decision).or_else(|| queue_of(&decision.route.as_ref()?.target))
            }
        });
        if queue.is_some() {
            self.progress.queue = queue;
        }
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::Received(event) => self.received(event, true),
            Event::Edited(event) => self.received(event, false),
            Event::Echoed(event) => self.echoed(event),
            Event::Quarantined(event) => {
                self.progress.channel = Some(event.channel.clone());
                let is_message = event.kind == patchbay_events::InputKind::Message;
                self.customer_wrote(event.received_at, is_message);
            }
            Event::ClockRang(event) => {
                self.clock_rang(&event.trigger);
                self.follow_route(event.decision.as_deref());
            }
            Event::WokeUp(event) | Event::Triggered(event) => {
                self.follow_route(event.decision.as_deref());
            }
            Event::Routed(event) => self.follow_route(event.decision.as_deref()),
            Event::Offered(event) => {
                self.count(Some(&event.agent), Measure::OffersMade);
                self.progress.offered_to = Some(event.agent.clone());
            }
            Event::Accepted(event) => {
                self.progress.offered_to = None;
                self.begin_work(&event.agent);
                self.count(Some(&event.agent), Measure::OffersAccepted);
            }
            Event::Assigned(event) => {
                // An assignment by hand ends an open offer without an entry of its own.
                let offered_to = self.progress.offered_to.take();
                if event.offer.is_some() {
                    self.count(offered_to.as_deref(), Measure::OffersWithdrawn);
                }
                self.begin_work(&event.agent);
            }
            Event::Declined(event) => {
                self.progress.offered_to = None;
                self.count(Some(&event.agent), Measure::OffersDeclined);
            }
            Event::TimedOut(event) => {
                self.progress.offered_to = None;
                self.count(Some(&event.agent), Measure::OffersTimedOut);
            }
            Event::Withdrawn(event) => {
                self.progress.offered_to = None;
                self.count(Some(&event.agent), Measure::OffersWithdrawn);
            }
            Event::Returned(_) | Event::Transferred(TransferredEvent::Person { .. }) => {
                self.end_work();
            }
            Event::Requeued(_) => {
                self.end_work();
                self.progress.waits_on_customer = false;
            }
            Event::StateChanged(event) => {
                if event.to == ConversationState::Resolved {
                    if event.from != ConversationState::Resolved {
                        self.resolved(event.clock.as_ref());
                    }
                } else {
                    self.progress.is_resolved = false;
                    self.wait(event.to == ConversationState::WaitingOnCustomer);
                }
            }
            Event::ReplyDrafted(event) => self.progress.drafted_by = Some(event.by.id.clone()),
            Event::ReplyPublished(event) => self.checked(event, Measure::RepliesPublished),
            Event::ReplyHeld(event) => self.checked(event, Measure::RepliesHeld),
            Event::ReplyRevise(event) => self.checked(event, Measure::RepliesRevised),
            Event::ReplyBlocked(event) => self.checked(event, Measure::RepliesBlocked),
            Event::ReplyDelivered(event) => {
                self.count(Some(&event.by), Measure::RepliesDelivered);
                self.answered(Some(&event.by), event.clock.as_ref());
            }
            Event::ReplyUndeliverable(_) => {
                let agent = self.progress.owner().map(str::to_owned);
                self.count(agent.as_deref(), Measure::RepliesUndeliverable);
            }
            _ => {}
        }
    }

    fn received(&mut self, event: &InputEvent, is_message: bool) {
        self.progress.channel = Some(event.channel.clone());
        if event.decision.is_some() {
            self.customer_wrote(event.received_at, is_message);
            self.follow_route(event.decision.as_deref());
        } else if is_message && !event.automatic {
            let agent = self.progress.owner().map(str::to_owned);
            self.count(agent.as_deref(), Measure::Interactions);
        }
    }

    /// A customer wrote in person, or reworded a message: the conversation goes on.
    fn customer_wrote(&mut self, received_at: Timestamp, is_message: bool) {
        let mut counts = Counts::default();
        if self.progress.opened_at.is_none() {
            self.progress.opened_at = Some(start(received_at, self.at));
            counts.add(Measure::Opened.number(), 1);
        } else if self.progress.is_resolved {
            counts.add(Measure::Reopened.number(), 1);
        }
        if is_message {
            counts.add(Measure::Interactions.number(), 1);
        }
        self.progress.is_resolved = false;
        self.wait(false);
        let agent = self.progress.owner().map(str::to_owned);
        self.add(agent.as_deref(), &counts);
    }

    fn echoed(&mut self, event: &InputEvent) {
        self.progress.channel = Some(event.channel.clone());
        if event.clock.is_some() {
            let agent = self.progress.owner().map(str::to_owned);
            self.answered(agent.as_deref(), event.clock.as_ref());
        }
        // The company wrote first: its customer is next.
        if self.progress.opened_at.is_none() && !event.automatic {
            self.wait(true);
        }
    }

    /// The channel has a reply.
    fn answered(&mut self, agent: Option<&str>, clock: Option<&StoppedClock>) {
        let mut counts = Counts::default();
        if let Some(opened_at) = self.progress.opened_at
            && !self.progress.is_answered
        {
            self.progress.is_answered = true;
            DurationMeasure::FirstResponse.record(&mut counts, ms_between(opened_at, self.at));
        }
        count_clock(&mut counts, clock);
        self.add(agent, &counts);
    }

    /// A route plan may resolve the conversation.
    fn follow_route(&mut self, decision: Option<&DecisionSummary>) {
        let Some(decision) = decision else {
            return;
        };
        let closes = decision
            .route
            .as_ref()
            .is_some_and(|route| route.target.kind == TargetKind::Close);
        if closes && redirect(decision).is_none() {
            self.resolved(None);
        }
    }

    fn resolved(&mut self, clock: Option<&StoppedClock>) {
        let agent = self.progress.owner().map(str::to_owned);
        let mut counts = Counts::default();
        if let Some(opened_at) = self.progress.opened_at {
            counts.add(Measure::Resolved.number(), 1);
            DurationMeasure::Resolution.record(&mut counts, ms_between(opened_at, self.at));
            count_clock(&mut counts, clock);
        }
        self.add(agent.as_deref(), &counts);
        self.end_work();
        self.progress.waits_on_customer = false;
        self.progress.is_resolved = true;
    }

    fn clock_rang(&mut self, trigger: &Trigger) {
        let measure = match trigger.code {
            TriggerCode::SlaAtRisk => ClockMeasure::AtRisk,
            TriggerCode::SlaBreached => ClockMeasure::Missed,
            _ => return,
        };
        let Some(clock) = trigger.clock.as_deref().and_then(Clock::from_code) else {
            return;
        };
        let mut counts = Counts::default();
        counts.add(measure.number(clock), 1);
        let agent = self.progress.owner().map(str::to_owned);
        self.add(agent.as_deref(), &counts);
    }

    /// The tone policies checked a reply, or it went out after an approval, which does not
    /// name its author again.
    fn checked(&mut self, event: &ReplyCheckedEvent, measure: Measure) {
        let by = event.by.as_ref().map(|by| by.id.clone());
        let agent = by.or_else(|| self.progress.drafted_by.clone());
        self.count(agent.as_deref(), measure);
    }

    /// An agent owns the conversation from now on.
    fn begin_work(&mut self, agent: &str) {
        self.end_work();
        self.progress.waits_on_customer = false;
        self.progress.work = Some(Work {
            agent: agent.to_owned(),
            since: Some(self.at),
            ms: 0,
        });
    }

    /// Its agent no longer owns it.
    fn end_work(&mut self) {
        self.wait(true);
        if let Some(work) = self.progress.work.take() {
            let mut counts = Counts::default();
            DurationMeasure::Handle.record(&mut counts, work.ms);
            self.add(Some(&work.agent), &counts);
        }
        self.wait(false);
    }

    /// It waits on its customer, or no longer does: its agent does not work on it meanwhile.
    fn wait(&mut self, waits: bool) {
        self.progress.waits_on_customer = waits;
        let at = self.at;
        if let Some(work) = &mut self.progress.work {
            match (waits, work.since) {
                (true, Some(since)) => {
                    work.ms = work.ms.saturating_add(ms_between(since, at));
                    work.since = None;
                }
                (false, None) => work.since = Some(at),
                _ => {}
            }
        }
    }

    fn count(&mut self, agent: Option<&str>, measure: Measure) {
        let mut counts = Counts::default();
        counts.add(measure.number(), 1);
        self.add(agent, &counts);
    }

    fn add(&mut self, agent: Option<&str>, counts: &Counts) {
        let subject = Subject {
            queue: self.progress.queue.as_deref(),
            channel: self.progress.channel.as_deref(),
            agent,
        };
        self.tally.add(self.at, subject, counts);
    }
}

/// The queue of a route target.
fn queue_of(target: &Target) -> Option<String> {
    match target.kind {
        TargetKind::Queue => target.id.clone(),
        _ => target.queue.clone(),
    }
}

/// The queue to which escalation moves the conversation, after any route.
fn redirect(decision: &DecisionSummary) -> Option<String> {
    let actions = &decision.escalation.as_ref()?.actions;
    let mut re_routes = actions
        .iter()
        .rev()
        .filter(|action| action.kind == ActionKind::ReRoute);
    re_routes.next()?.target.clone()
}

fn count_clock(counts: &mut Counts, clock: Option<&StoppedClock>) {
    if let Some(clock) = clock
        && clock.target.is_some()
    {
        let measure = match clock.missed {
            true => ClockMeasure::Late,
            false => ClockMeasure::Met,
        };
        counts.add(measure.number(clock.clock), 1);
    }
}

/// Start of the clocks of a message.
fn start(received_at: Timestamp, at: Timestamp) -> Timestamp {
    let ms = |at: Timestamp| u64::try_from(at.as_millisecond()).unwrap_or(0);
    let start = start_of(Some(ms(received_at)), ms(at));
    Timestamp::from_millisecond(start.cast_signed()).unwrap_or(at)
}

fn ms_between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_millis()).unwrap_or(0)
}
