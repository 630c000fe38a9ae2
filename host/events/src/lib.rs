//! Events of a company's history. An entry in the journal stores an event as
//! a kind number and a head: a JSON object without personal data.

mod alert;
mod conversation;
mod decision;
mod file;
mod input;
mod note;
mod operation;
mod reply;

use serde::Serialize;

pub use alert::AlertEvent;
pub use conversation::{
    AssignedEvent, ClocksChangedEvent, Departure, OfferedEvent, ParkedEvent, RefusedEvent,
    RequeuedEvent, ReturnedEvent, RoutedEvent, StateChangedEvent, StoppedClock, TransferredEvent,
    TriggeredEvent, WidenedEvent, WithdrawnEvent,
};
pub use decision::{
    ActionSummary, ClassificationSummary, DecisionSummary, EscalationSummary, FallbackSummary,
    FindingSummary, GenerationStamp, PhaseTimes, PluginStamp, RouteSummary, ToneSummary,
    TranscriptStatus,
};
pub use file::FileRemovedEvent;
pub use input::{InputEvent, InputKind, QuarantinedEvent};
pub use note::NotedEvent;
pub use operation::{
    ActivationCause, AgentPutEvent, AgentRemovedEvent, AlertAcknowledgedEvent, BreakerClosedEvent,
    BreakerOpenedEvent, BypassEnd, BypassEndedEvent, BypassedEvent, ContactErasedEvent, DrainEvent,
    GenerationActivatedEvent, IncidentChangedEvent, IncidentState, PresenceChangedEvent,
    RolloutCounts, RolloutEnd, RolloutEndedEvent, RolloutEvent,
};
pub use reply::{
    AfterReply, ReplyApprovedEvent, ReplyCheckedEvent, ReplyDeliveredEvent, ReplyDraftedEvent,
    ReplyRejectedEvent, ReplyStaleEvent, ReplyTakenBackEvent, ReplyUndeliverableEvent, StaleCause,
};

macro_rules! events {
    ($( $(#[doc = $doc:literal])+ $case:ident($head:ty) = $number:literal, $code:literal; )+) => {
        /// What an entry records. The journal stores the number, the feed and
        /// the API the code; neither ever changes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum EventKind {
            $( $(#[doc = $doc])+ $case = $number, )+
        }

        impl EventKind {
            /// Every kind, in the order of the numbers.
            pub const ALL: &'static [EventKind] = &[$( EventKind::$case, )+];

            /// The code, as in JSON and in the type of an event in the feed.
            pub const fn as_str(self) -> &'static str {
                match self { $( EventKind::$case => $code, )+ }
            }

            /// The kind of a number in the journal; `None` for a number that
            /// this version does not know.
            pub const fn from_number(number: u16) -> Option<EventKind> {
                match number { $( $number => Some(EventKind::$case), )+ _ => None }
            }

            /// The kind of a code; `None` for an unknown code.
            pub fn from_code(code: &str) -> Option<EventKind> {
                match code { $( $code => Some(EventKind::$case), )+ _ => None }
            }
        }

        /// An entry of a company's history, without its sealed part.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(untagged)]
        pub enum Event {
            $( $(#[doc = $doc])+ $case($head), )+
        }

        impl Event {
            /// The kind.
            pub const fn kind(&self) -> EventKind {
                match self { $( Event::$case(_) => EventKind::$case, )+ }
            }

            /// Read the head of an entry. Fields that the kind does not have
            /// are ignored.
            ///
            /// # Errors
            /// The first field that is missing or has another type.
            pub fn from_head(kind: EventKind, head: &str) -> serde_json::Result<Event> {
                Ok(match kind {
                    $( EventKind::$case => Event::$case(serde_json::from_str(head)?), )+
                })
            }
        }
    };
}

events! {
    /// A customer wrote; with the decision about the message.
    Received(InputEvent) = 1, "received";
    /// The customer reworded a message; with the decision about the new text.
    Edited(InputEvent) = 2, "edited";
    /// The customer deleted a message.
    Deleted(InputEvent) = 3, "deleted";
    /// The customer reacted to a message.
    Reacted(InputEvent) = 4, "reacted";
    /// The channel delivered its copy of what the company sent.
    Echoed(InputEvent) = 5, "echoed";
    /// The channel delivered a message again with the same words and other
    /// attributes, such as reach or counts. No policy is called.
    CountersUpdated(InputEvent) = 6, "counters-updated";
    /// An SLA clock is at risk or breached; with the escalation's decision.
    ClockRang(TriggeredEvent) = 32, "clock-rang";
    /// A wake-up that a policy requested is due; with the escalation's
    /// decision.
    WokeUp(TriggeredEvent) = 33, "woke-up";
    /// Another trigger fired; with the escalation's decision.
    Triggered(TriggeredEvent) = 34, "triggered";
    /// The conversation was routed again; with the decision.
    Routed(RoutedEvent) = 35, "routed";
    /// Business hours or SLA targets changed under its running clocks.
    ClocksChanged(ClocksChangedEvent) = 36, "clocks-changed";
    /// The input was in progress at three crashes in a row. No policy is
    /// called about it again.
    Quarantined(QuarantinedEvent) = 48, "quarantined";
    /// An operator or supervisor should look.
    Alerted(AlertEvent) = 49, "alerted";
    /// A circuit breaker opened.
    BreakerOpened(BreakerOpenedEvent) = 50, "breaker-opened";
    /// An operator bypassed a stage or a plugin.
    Bypassed(BypassedEvent) = 56, "bypassed";
    /// The conversation was offered to an agent.
    Offered(OfferedEvent) = 64, "offered";
    /// The agent accepted the offer.
    Accepted(AssignedEvent) = 65, "accepted";
    /// The agent declined the offer.
    Declined(RefusedEvent) = 66, "declined";
    /// The agent let the offer time out.
    TimedOut(RefusedEvent) = 67, "timed-out";
    /// The offer was cancelled or rescinded.
    Withdrawn(WithdrawnEvent) = 68, "withdrawn";
    /// The next step of the route plan began: more agents qualify.
    Widened(WidenedEvent) = 69, "widened";
    /// A person assigned the conversation to an agent.
    Assigned(AssignedEvent) = 70, "assigned";
    /// The agent left or returned the conversation. It is queued again and
    /// keeps its age.
    Returned(ReturnedEvent) = 71, "returned";
    /// The conversation went to another queue or agent.
    Transferred(TransferredEvent) = 72, "transferred";
    /// The conversation entered a state.
    StateChanged(StateChangedEvent) = 73, "state-changed";
    /// The customer has not answered for a while: the conversation holds no
    /// capacity any more.
    Parked(ParkedEvent) = 74, "parked";
    /// A supervisor queued the conversation again.
    Requeued(RequeuedEvent) = 76, "requeued";
    /// An agent's presence changed.
    PresenceChanged(PresenceChangedEvent) = 80, "presence-changed";
    /// An agent was added to the roster or changed.
    AgentPut(AgentPutEvent) = 81, "agent-put";
    /// An agent was removed from the roster.
    AgentRemoved(AgentRemovedEvent) = 82, "agent-removed";
    /// Another generation became active.
    GenerationActivated(GenerationActivatedEvent) = 83, "generation-activated";
    /// A shadow run or canary started.
    RolloutBegan(RolloutEvent) = 84, "rollout-began";
    /// The terms of the shadow run or canary changed.
    RolloutChanged(RolloutEvent) = 85, "rollout-changed";
    /// The shadow run or canary ended.
    RolloutEnded(RolloutEndedEvent) = 86, "rollout-ended";
    /// A circuit breaker closed.
    BreakerClosed(BreakerClosedEvent) = 87, "breaker-closed";
    /// A bypass ended.
    BypassEnded(BypassEndedEvent) = 90, "bypass-ended";
    /// The company stopped accepting interactions.
    DrainBegan(DrainEvent) = 91, "drain-began";
    /// The company accepts interactions again.
    DrainEnded(DrainEvent) = 92, "drain-ended";
    /// A person was erased: what was known of them must be forgotten.
    ContactErased(ContactErasedEvent) = 93, "contact-erased";
    /// An agent or a policy wrote a reply.
    ReplyDrafted(ReplyDraftedEvent) = 95, "reply-drafted";
    /// A reply went to the outbox.
    ReplyPublished(ReplyCheckedEvent) = 96, "reply-published";
    /// A reply went back to its agent for changes.
    ReplyRevise(ReplyCheckedEvent) = 97, "reply-revise";
    /// A reply waits for approval.
    ReplyHeld(ReplyCheckedEvent) = 98, "reply-held";
    /// A reply may not be sent.
    ReplyBlocked(ReplyCheckedEvent) = 99, "reply-blocked";
    /// An approver approved a reply.
    ReplyApproved(ReplyApprovedEvent) = 100, "reply-approved";
    /// An approver rejected a reply.
    ReplyRejected(ReplyRejectedEvent) = 101, "reply-rejected";
    /// A reply became out of date before it was approved.
    ReplyStale(ReplyStaleEvent) = 102, "reply-stale";
    /// The channel accepted a reply.
    ReplyDelivered(ReplyDeliveredEvent) = 103, "reply-delivered";
    /// The channel refused a reply.
    ReplyUndeliverable(ReplyUndeliverableEvent) = 104, "reply-undeliverable";
    /// A person took a reply back before it was sent.
    ReplyTakenBack(ReplyTakenBackEvent) = 105, "reply-taken-back";
    /// A person wrote an internal note.
    Noted(NotedEvent) = 112, "noted";
    /// A supervisor removed a file that a reply has.
    FileRemoved(FileRemovedEvent) = 113, "file-removed";
    /// A person acknowledged an alert.
    AlertAcknowledged(AlertAcknowledgedEvent) = 120, "alert-acknowledged";
    /// A supervisor named, closed or reopened an incident.
    IncidentChanged(IncidentChangedEvent) = 121, "incident-changed";
}

impl Event {
    /// The head, as the journal stores it.
    pub fn head_json(&self) -> String {
        // Heads have string keys and no other failing parts.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The event of an input; `event` has no decision where no policy was
    /// called.
    pub fn of_input(event: InputEvent) -> Event {
        match event.kind {
            InputKind::Message => Event::Received(event),
            InputKind::Edit => Event::Edited(event),
            InputKind::Delete => Event::Deleted(event),
            InputKind::Reaction => Event::Reacted(event),
            InputKind::Echo => Event::Echoed(event),
            InputKind::Counters => Event::CountersUpdated(event),
        }
    }

    /// Add the decision of the policies that were called because of this
    /// event. Kinds that record no decision ignore it.
    pub fn set_decision(&mut self, decision: DecisionSummary) {
        let place = match self {
            Event::Received(event)
            | Event::Edited(event)
            | Event::Deleted(event)
            | Event::Reacted(event)
            | Event::Echoed(event) => &mut event.decision,
            Event::ClockRang(event) | Event::WokeUp(event) | Event::Triggered(event) => {
                &mut event.decision
            }
            Event::Routed(event) => &mut event.decision,
            Event::ReplyPublished(event)
            | Event::ReplyRevise(event)
            | Event::ReplyHeld(event)
            | Event::ReplyBlocked(event) => &mut event.decision,
            _ => return,
        };
        *place = Some(Box::new(decision));
    }
}

#[cfg(test)]
mod tests;
