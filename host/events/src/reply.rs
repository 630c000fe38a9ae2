//! What happens to a reply.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{DecisionSummary, StoppedClock};
use patchbay_model::actor::Actor;
use patchbay_model::codes;
use patchbay_model::final_failure::FinalKind;
use patchbay_model::interaction::WrittenBy;

/// A reply was written. The sealed part of the entry holds its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyDraftedEvent {
    /// The agent's id of the reply.
    pub reply: String,
    /// Who sends it.
    pub by: Actor,
    /// Who wrote it.
    pub written_by: WrittenBy,
    /// Digest of everything a reader would see.
    pub digest: String,
}

/// The tone policies checked a reply, or an approved reply went out. After an
/// approval only `reply`, `digest`, `sends_at` and `checked_again` are set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplyCheckedEvent {
    /// The agent's id of the reply.
    pub reply: String,
    /// Who sends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
    /// Who wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_by: Option<WrittenBy>,
    /// Digest of everything a reader would see.
    pub digest: String,
    /// Whether a person must approve it whatever the verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_required: Option<bool>,
    /// When it is sent, of a published reply that may be taken back until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sends_at: Option<Timestamp>,
    /// Whether it was checked a second time because the generation changed
    /// while it waited for approval.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub checked_again: bool,
    /// The decision; absent where an approved reply is not checked again.
    #[serde(flatten)]
    pub decision: Option<Box<DecisionSummary>>,
}

impl ReplyCheckedEvent {
    /// An approved reply.
    pub fn approved(reply: String, digest: String, checked_again: bool) -> ReplyCheckedEvent {
        ReplyCheckedEvent {
            reply,
            by: None,
            written_by: None,
            digest,
            approval_required: None,
            sends_at: None,
            checked_again,
            decision: None,
        }
    }
}

/// An approver approved a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyApprovedEvent {
    /// The agent's id of the reply.
    pub reply: String,
    /// The approver.
    pub by: Actor,
    /// Steps of the approval that are complete.
    pub step: usize,
    /// Whether that was the last step.
    pub complete: bool,
}

/// An approver rejected a reply. The sealed part of the entry holds the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyRejectedEvent {
    /// The agent's id of the reply.
    pub reply: String,
    /// The approver.
    pub by: Actor,
}

/// A person took a reply back: it is not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyTakenBackEvent {
    /// The agent's id of the reply.
    pub reply: String,
    /// Who took it back: its author, or a supervisor.
    pub by: Actor,
    /// Whether it waited for approval.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held: bool,
}

codes! {
    /// Why a reply that waited for approval is out of date.
    pub enum StaleCause {
        /// The customer wrote again.
        CustomerWrote = "customer-wrote",
        /// The agent wrote another reply.
        Superseded = "superseded",
        /// The agent no longer owns the conversation.
        AgentLeft = "agent-left",
        /// A supervisor queued the conversation again.
        Requeued = "requeued",
        /// The conversation is resolved or being wrapped up.
        Resolved = "resolved",
    }
}

/// A reply is out of date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyStaleEvent {
    /// The agent's id of the reply.
    pub reply: String,
    /// Why.
    pub because: StaleCause,
}

/// The channel accepted a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyDeliveredEvent {
    /// The agent's id of the reply.
    pub reply: String,
    /// Id of the agent.
    pub by: String,
    /// Key of the outbox item.
    pub key: String,
    /// The change of the conversation that the agent chose and that did not
    /// happen: the customer wrote after the draft, and that is unanswered; or
    /// the conversation was put on hold, moved or ended after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<AfterReply>,
    /// The reply clock that it stopped; absent where none ran, and in what was
    /// written before clocks were recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<StoppedClock>,
}

codes! {
    /// Change of the conversation once the channel has accepted the reply.
    #[derive(Default)]
    pub enum AfterReply {
        /// Wait on the customer.
        #[default]
        Wait = "wait",
        /// Stay active with the agent.
        Stay = "stay",
        /// Begin the wrap-up.
        WrapUp = "wrap-up",
        /// Resolve.
        Resolve = "resolve",
    }
}

/// The channel refused a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyUndeliverableEvent {
    /// The agent's id of the reply.
    pub reply: String,
    /// Key of the outbox item.
    pub key: String,
    /// What the channel answered.
    pub problem: String,
    /// Kind of failure; absent in what was written before there were kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<FinalKind>,
}
