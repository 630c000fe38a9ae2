//! Actions of agents, supervisors and the host on a conversation, and why they
//! fail.

use std::time::Duration;

use jiff::Timestamp;
use patchbay_company::TemplateError;
use patchbay_files::FileRefusal;
use patchbay_floor::{FloorError, OfferId};
use patchbay_journal::{Entry, JournalError};
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::decision::tone::Review;
use patchbay_model::final_failure::FinalFailure;
use patchbay_model::input::ID_BYTES;
use patchbay_records::notes::NewNote;
use patchbay_records::reply::{Reply, ReplyResult};
use thiserror::Error;

/// An action on a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentAction {
    /// Accept an offer.
    Accept(OfferId),
    /// Decline an offer.
    Decline(OfferId),
    /// Assign it to an agent, also beyond their capacity. An agent can assign
    /// themselves a conversation without an owner.
    Assign {
        /// The agent.
        agent: String,
    },
    /// Transfer it to a queue, or have it wait for an agent.
    Transfer(Destination),
    /// Return it to its queue; it is routed again.
    Return,
    /// Route it again with its age, whether it is owned, offered or queued.
    /// Supervisors only.
    Requeue,
    /// Put it on hold: pauses the resolution clock.
    Hold,
    /// Make it active again.
    Resume,
    /// Wait on the customer.
    Wait,
    /// Start wrap-up.
    WrapUp,
    /// Resolve it.
    Resolve,
    /// Reply to the customer.
    Reply(Reply),
    /// Approve the pending reply.
    Approve {
        /// Id of the reply the approver saw.
        reply: String,
    },
    /// Reject the pending reply.
    Reject {
        /// Id of the reply.
        reply: String,
        /// Reason for the agent.
        why: String,
    },
    /// Take a reply back that is not sent yet, or waits for approval.
    TakeBack {
        /// Id of the reply.
        reply: String,
    },
    /// Add an internal note.
    Note(NewNote),
    /// Remove an uploaded file, also one that a reply has. Supervisors only.
    RemoveFile {
        /// Id of the file.
        file: String,
    },
    /// The channel accepted a reply.
    Delivered {
        /// Key of the outbox item.
        key: String,
    },
    /// The channel accepted a reply and reported later that it did not arrive.
    Undelivered {
        /// Key of the outbox item.
        key: String,
        /// Kind of failure, and what the channel reported.
        failure: FinalFailure,
    },
    /// Delivery of a reply failed for good.
    Undeliverable {
        /// Key of the outbox item.
        key: String,
        /// Kind of failure, and what the channel answered.
        failure: FinalFailure,
    },
}

/// Where a person transfers a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Id of a queue.
    Queue(String),
    /// Id of an agent.
    Agent(String),
}

/// The conversation after an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionResult {
    /// Its state.
    pub state: ConversationState,
    /// Its owner.
    pub owner: Option<String>,
    /// Whether the owner exceeds their capacity.
    pub exceeds_capacity: bool,
    /// What became of the reply, for a reply or approval.
    pub reply: Option<ReplyResult>,
    /// Number of its last entry.
    pub sequence: u64,
}

/// Why an action failed. Nothing changed.
#[derive(Clone, Debug, Error)]
pub enum ActionError {
    /// The actor's id is empty or too long.
    #[error("the id of the actor must have 1 to {ID_BYTES} bytes")]
    InvalidActor,
    /// The company has no such conversation.
    #[error("there is no such conversation")]
    UnknownConversation,
    /// The offer ended, or there never was one of that number.
    #[error("offer {0} is not open")]
    OfferOver(OfferId),
    /// Another agent owns the conversation.
    #[error("the conversation is not yours: {}", .owner.as_deref().map_or_else(|| "it has no owner".to_owned(), |owner| format!("{owner:?} owns it")))]
    NotYours {
        /// The owner.
        owner: Option<String>,
    },
    /// The action needs a supervisor.
    #[error("only a supervisor may do that")]
    SupervisorsOnly,
    /// The state of the conversation does not allow it.
    #[error("the conversation is {}; this action is not possible in that state", .state.as_str())]
    NotNow {
        /// The state.
        state: ConversationState,
    },
    /// A customer message is unanswered.
    #[error("a customer message is unanswered; reply first, or put the conversation on hold")]
    Unanswered {
        /// When the oldest unanswered message was received.
        since: Timestamp,
    },
    /// The company has no such agent.
    #[error("there is no agent {0:?}")]
    UnknownAgent(String),
    /// The company has no such queue.
    #[error("there is no queue {0:?}")]
    UnknownQueue(String),
    /// No target publishes on the channel.
    #[error(
        "no target is configured that publishes on channel {channel:?}; set publish in the company file"
    )]
    NoPublisher {
        /// The channel.
        channel: String,
    },
    /// The channel's connection sends no files.
    #[error(
        "channel {channel:?} is published by a connection, which sends no files; send the text alone"
    )]
    TextOnly {
        /// The channel.
        channel: String,
    },
    /// The channel takes uploaded files only.
    #[error(
        "channel {channel:?} sends files that were uploaded to the conversation; upload this one, and name it by `file`"
    )]
    NotUploaded {
        /// The channel.
        channel: String,
        /// Position of the file, from 0.
        index: usize,
    },
    /// The channel does not take the files.
    #[error("channel {channel:?}: {refusal}")]
    Files {
        /// The channel.
        channel: String,
        /// Why.
        refusal: FileRefusal,
    },
    /// The file was uploaded while the conversation's replies went to another customer.
    #[error(
        "the uploaded file {id:?} was for another customer of the conversation; upload it again, with a new id"
    )]
    FileOfAnother {
        /// Position of the file, from 0.
        index: usize,
        /// The id.
        id: String,
    },
    /// The conversation has no such uploaded file.
    #[error(
        "the conversation has no uploaded file {id:?}; unused files are deleted after a day: upload it again"
    )]
    UnknownFile {
        /// Position of the file, from 0.
        index: usize,
        /// The id.
        id: String,
    },
    /// A file of the reply to approve was removed.
    #[error("file {} of the reply was removed, so the reply cannot be sent; reject it", .index + 1)]
    RemovedFile {
        /// Position in the attachments.
        index: usize,
    },
    /// The conversation has no such file to remove.
    #[error("the conversation has no such file")]
    NoSuchFile,
    /// The company file has no such template.
    #[error("channel {channel:?} has no template {id:?} in the company file")]
    UnknownTemplate {
        /// The channel.
        channel: String,
        /// The id.
        id: String,
    },
    /// The template cannot be filled in.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The reply is too long for the channel.
    #[error("the reply has length {length}; channel {channel:?} allows {limit}")]
    TooLong {
        /// The channel.
        channel: String,
        /// Length in the channel's unit.
        length: u32,
        /// The channel's limit.
        limit: u32,
    },
    /// Something that its author must know of came after what they saw.
    #[error("the conversation has changed since entry {}; read what is newer", .newer.first().map_or(*.sequence, |entry| entry.sequence - 1))]
    Moved {
        /// Number of its last entry.
        sequence: u64,
        /// What came and matters, oldest first, without sealed parts; the newest of many.
        newer: Vec<Entry>,
    },
    /// The author names an entry that does not exist.
    #[error("the conversation has {sequence} entries; name the last one that its author saw")]
    NotYetThere {
        /// Number of its last entry.
        sequence: u64,
    },
    /// Another reply has the same id.
    #[error(
        "another reply has the id {id:?}: read what became of it at replies/{id}, and send other words with a new id"
    )]
    ReplyIdTaken {
        /// The id.
        id: String,
    },
    /// Another note has the same id.
    #[error("another note has the id {id:?}; use a new id")]
    NoteIdTaken {
        /// The id.
        id: String,
    },
    /// The conversation has no customer under whose key a note could be sealed.
    #[error(
        "the conversation's customer was erased, or is not known yet: a note is kept with its customer"
    )]
    NoCustomer,
    /// No reply of that id waits for approval.
    #[error("no reply {id:?} waits for approval")]
    NothingPending {
        /// The id.
        id: String,
    },
    /// No reply of that id waits to be sent or for approval.
    #[error("no reply {id:?} waits to be sent or for approval")]
    NothingToTakeBack {
        /// The id.
        id: String,
    },
    /// The reply was sent, or its sending has begun.
    #[error("the reply {id:?} was sent, or is being sent: it cannot be taken back any more")]
    AlreadySent {
        /// The id.
        id: String,
    },
    /// Another person wrote the reply.
    #[error("{by:?} wrote the reply; only its author and supervisors may take it back")]
    NotTheAuthor {
        /// Its author.
        by: String,
    },
    /// The approver wrote the reply.
    #[error("the author of a reply cannot approve it")]
    OwnReply,
    /// The current approval step names other approvers.
    #[error("the current approval step is for {}", .approvers.join(", "))]
    NotAnApprover {
        /// The approvers of the current step.
        approvers: Vec<String>,
    },
    /// The customer was erased.
    #[error("the customer was erased, and the address with the customer")]
    CustomerErased,
    /// No address of the customer is stored.
    #[error(
        "the customer's address is not known: no message of the customer is stored in this conversation"
    )]
    AddressUnknown,
    /// The host is overloaded or stopping.
    #[error("the host is overloaded; try again")]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// The floor refused it.
    #[error(transparent)]
    Floor(FloorError),
    /// The journal failed.
    #[error("{0}")]
    Journal(String),
}

impl From<FloorError> for ActionError {
    fn from(error: FloorError) -> ActionError {
        match error {
            FloorError::UnknownAgent(agent) => ActionError::UnknownAgent(agent),
            FloorError::UnknownQueue(queue) => ActionError::UnknownQueue(queue),
            FloorError::UnknownOffer(offer) | FloorError::OfferTooLate { offer, .. } => {
                ActionError::OfferOver(offer)
            }
            other => ActionError::Floor(other),
        }
    }
}

impl From<JournalError> for ActionError {
    fn from(error: JournalError) -> ActionError {
        ActionError::Journal(error.to_string())
    }
}

/// The check of a draft while it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftCheck {
    /// The review; absent where no policy has an opinion.
    pub review: Option<Review>,
    /// Length in the channel's unit.
    pub length: u32,
    /// The channel's limit; absent: none.
    pub limit: Option<u32>,
}
