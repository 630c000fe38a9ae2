//! What happens to a conversation between a route and an answer.

use std::collections::BTreeMap;

use jiff::Timestamp;
use patchbay_config::duration::Seconds;
use patchbay_model::actor::Actor;
use patchbay_model::codes;
use patchbay_model::conversation::{RouteCause, Trigger};
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::decision::route::Target;
use patchbay_model::offer::{OfferId, OfferState};
use patchbay_model::sla::{Clock, ClockResult};
use serde::{Deserialize, Serialize};

use super::DecisionSummary;

/// A trigger of escalation fired.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TriggeredEvent {
    /// The trigger.
    pub trigger: Trigger,
    /// The decision; absent where no policy was called.
    #[serde(flatten)]
    pub decision: Option<Box<DecisionSummary>>,
}

/// The conversation was routed again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoutedEvent {
    /// Why.
    pub cause: RouteCause,
    /// The decision.
    #[serde(flatten)]
    pub decision: Option<Box<DecisionSummary>>,
}

/// The conversation was offered to an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedEvent {
    /// Number of the offer.
    pub offer: OfferId,
    /// The agent.
    pub agent: String,
    /// When it times out.
    pub deadline: Timestamp,
    /// Step of the route plan, from 0; absent after the last step, and where
    /// the conversation waits for this agent alone.
    pub step: Option<u32>,
    /// How often this agent refused or returned this conversation before.
    pub again: u32,
}

/// An agent owns the conversation now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignedEvent {
    /// The agent.
    pub agent: String,
    /// The offer this ended; absent where none was open.
    pub offer: Option<OfferId>,
    /// Whether the agent now exceeds their capacity.
    pub exceeds_capacity: bool,
    /// The owner before.
    pub previous: Option<String>,
    /// Who assigned it; absent for an accepted offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
}

/// An agent declined an offer or let it time out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedEvent {
    /// Number of the offer.
    pub offer: OfferId,
    /// The agent.
    pub agent: String,
    /// When the conversation may be offered to this agent again.
    pub again_at: Timestamp,
    /// Whether no other agent fits.
    pub alone: bool,
}

/// An offer was withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithdrawnEvent {
    /// Number of the offer.
    pub offer: OfferId,
    /// The agent.
    pub agent: String,
    /// Final state of the offer.
    pub state: OfferState,
}

/// The next step of the route plan began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WidenedEvent {
    /// Step, from 0; absent after the last: every member of the queue
    /// qualifies.
    pub step: Option<u32>,
    /// Whether the step before was skipped because too few agents were
    /// available; otherwise it expired.
    pub skipped: bool,
}

codes! {
    /// Why an agent no longer owns a conversation.
    pub enum Departure {
        /// The agent went offline.
        Offline = "offline",
        /// The agent was removed from the roster.
        Removed = "removed",
        /// The customer wrote again and the agent has no capacity.
        NoCapacity = "no-room",
        /// The agent returned it, or it was taken from the agent.
        GivenBack = "given-back",
    }
}

/// The conversation is queued again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnedEvent {
    /// The owner before.
    pub agent: String,
    /// Why.
    pub because: Departure,
    /// State of the conversation, where the floor returned it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<ConversationState>,
    /// Who returned it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
}

codes! {
    /// Why the host moved a conversation to another queue.
    pub enum QueueMoveCause {
        /// The generation moved the queue.
        Moved = "moved",
    }
}

/// The conversation went elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum TransferredEvent {
    /// The queue was moved.
    Queue {
        /// The new queue.
        queue: String,
        /// The old queue.
        from: String,
        /// Why.
        because: QueueMoveCause,
    },
    /// A person transferred it.
    Person {
        /// New queue or agent.
        to: Target,
        /// The owner before.
        from: Option<String>,
        /// Who transferred it.
        by: Actor,
    },
}

impl TransferredEvent {
    /// The generation moved `from`, the queue of the conversation, to `queue`.
    pub fn queue(queue: String, from: String) -> TransferredEvent {
        let because = QueueMoveCause::Moved;
        TransferredEvent::Queue {
            queue,
            from,
            because,
        }
    }
}

/// A clock that a reply or the end of a conversation stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoppedClock {
    /// Which clock.
    pub clock: Clock,
    /// Working time of the run, in milliseconds.
    pub elapsed_ms: u64,
    /// Its target, in working time; absent: it had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Seconds>,
    /// Whether the run missed the target.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missed: bool,
}

impl From<ClockResult> for StoppedClock {
    fn from(result: ClockResult) -> StoppedClock {
        StoppedClock {
            clock: result.clock,
            elapsed_ms: result.elapsed_ms,
            target: result.target,
            missed: result.is_missed,
        }
    }
}

/// The conversation entered a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateChangedEvent {
    /// State before.
    pub from: ConversationState,
    /// State now.
    pub to: ConversationState,
    /// Who changed it; absent: the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
    /// The resolution clock, where the state is `resolved`; absent in what was
    /// written before clocks were recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<StoppedClock>,
}

/// The conversation holds no capacity any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedEvent {}

/// Business hours or SLA targets changed under running clocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClocksChangedEvent {
    /// The targets now, by clock, as in a route plan.
    pub sla: BTreeMap<String, Seconds>,
    /// The business hours they are counted in; absent: round the clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<String>,
    /// The nearest deadline now; absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
}

/// A supervisor queued the conversation again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequeuedEvent {
    /// State before.
    pub from: ConversationState,
    /// Owner before.
    pub agent: Option<String>,
    /// Queue.
    pub queue: Option<String>,
    /// Who did it.
    pub by: Actor,
}
