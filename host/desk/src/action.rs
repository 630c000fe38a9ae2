//! What people do about a conversation, who may, and why not.

use std::time::Duration;

use jiff::Timestamp;
use patchbay_journal::JournalError;
use patchbay_model::conversation::ConversationState;
use patchbay_model::decision::tone::Review;
use serde::Serialize;
use thiserror::Error;

use patchbay_floor::{FloorError, OfferId};
use patchbay_records::reply::{Reply, Sent};

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Works on what they hold.
    Agent,
    /// Works on everything, and approves.
    Supervisor,
}

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Actor {
    /// Who.
    pub id: String,
    /// As what.
    pub role: Role,
}

/// Longest id of somebody who does something, in bytes.
const ID_BYTES: usize = 256;

impl Actor {
    /// Whether it names somebody: what they do is written down under it.
    pub(crate) fn check(&self) -> Result<(), ActError> {
        match (1..=ID_BYTES).contains(&self.id.len()) {
            true => Ok(()),
            false => Err(ActError::Nobody),
        }
    }
}

/// What is done about a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Take what was offered.
    Accept(OfferId),
    /// Not take what was offered.
    Decline(OfferId),
    /// Give it to an agent, whether or not they have room. Agents may take
    /// for themselves what nobody owns.
    Assign {
        /// Who gets it.
        agent: String,
    },
    /// Send it to a queue, or have it wait for an agent.
    Transfer(Destination),
    /// Give it back to its queue; it is routed again.
    Return,
    /// Have it routed anew, wherever it is, with its age: held by an agent who
    /// is gone, offered, or waiting.
    Requeue,
    /// Leave it lying: the resolution clock stands still.
    Hold,
    /// Go on with it.
    Resume,
    /// The customer is next.
    Wait,
    /// Only the notes are left.
    WrapUp,
    /// It is done.
    Resolve,
    /// Answer the customer.
    Reply(Reply),
    /// Approve the reply that waits.
    Approve {
        /// Its id; whoever approves must have seen this one.
        reply: String,
    },
    /// Not approve the reply that waits.
    Reject {
        /// Its id.
        reply: String,
        /// What its agent is told.
        why: String,
    },
    /// The channel has a reply.
    Delivered {
        /// Its key in the outbox.
        key: String,
    },
    /// The channel would not take a reply.
    Undeliverable {
        /// Its key in the outbox.
        key: String,
        /// What it said.
        problem: String,
    },
}

/// Where a conversation is sent by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A queue.
    Queue(String),
    /// An agent.
    Agent(String),
}

/// What came of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Where the conversation stands now.
    pub state: ConversationState,
    /// Who owns it now.
    pub owner: Option<String>,
    /// Whether its owner has more than they can hold.
    pub exceeds_capacity: bool,
    /// What became of the reply, where it was one.
    pub reply: Option<Sent>,
}

/// Why something is not done. Nothing has changed.
#[derive(Clone, Debug, Error)]
pub enum ActError {
    /// Nobody is said to do it, or somebody with too long a name.
    #[error("must name who does it, in 1 to {ID_BYTES} bytes")]
    Nobody,
    /// The company has no such conversation.
    #[error("there is no such conversation")]
    UnknownConversation,
    /// The offer is over, or never was.
    #[error("offer {0} is not open")]
    OfferOver(OfferId),
    /// It is another agent's.
    #[error("it is not yours: {}", .owner.as_deref().map_or_else(|| "nobody owns it".to_owned(), |owner| format!("{owner:?} owns it")))]
    NotYours {
        /// Whose it is.
        owner: Option<String>,
    },
    /// Agents may not.
    #[error("only a supervisor may do that")]
    SupervisorsOnly,
    /// Its state does not allow it.
    #[error("a conversation that is {} cannot do that", .state.as_str())]
    NotNow {
        /// Where it stands.
        state: ConversationState,
    },
    /// The customer waits for an answer.
    #[error("a customer's message is not answered yet; reply first, or put it on hold")]
    Unanswered {
        /// Since when.
        since: Timestamp,
    },
    /// The company has no such agent.
    #[error("there is no agent {0:?}")]
    UnknownAgent(String),
    /// The company has no such queue.
    #[error("there is no queue {0:?}")]
    UnknownQueue(String),
    /// Nothing sends replies on this channel.
    #[error(
        "no target is configured that publishes on channel {channel:?}; set publish in the company file"
    )]
    NoPublisher {
        /// The channel.
        channel: String,
    },
    /// The channel takes less.
    #[error("the reply is {length} long; channel {channel:?} takes {limit}")]
    TooLong {
        /// The channel.
        channel: String,
        /// Its length, in the channel's unit.
        length: u32,
        /// The most the channel takes.
        limit: u32,
    },
    /// Another reply has the same id.
    #[error("another reply was sent under the id {id:?}; give this one an id of its own")]
    ReplyIdTaken {
        /// The id.
        id: String,
    },
    /// No reply of that id waits for approval.
    #[error("no reply {id:?} waits for approval")]
    NothingPending {
        /// The id.
        id: String,
    },
    /// Somebody else must approve.
    #[error("a reply is not approved by whoever wrote it")]
    OwnReply,
    /// The approval's present step names others.
    #[error("the approval is with {}", .approvers.join(", "))]
    NotAnApprover {
        /// Whose approval counts now.
        approvers: Vec<String>,
    },
    /// The customer was erased, or never said anything.
    #[error("there is nobody to answer: the customer was erased or is unknown")]
    NobodyToAnswer,
    /// The policies' turn did not come in time; or the host stops.
    #[error("too much is being done at once; try again")]
    Busy {
        /// When.
        retry_after: Duration,
    },
    /// The floor would not.
    #[error(transparent)]
    Floor(FloorError),
    /// The journal could not.
    #[error("{0}")]
    Journal(String),
}

impl From<FloorError> for ActError {
    fn from(error: FloorError) -> ActError {
        match error {
            FloorError::UnknownAgent(agent) => ActError::UnknownAgent(agent),
            FloorError::UnknownQueue(queue) => ActError::UnknownQueue(queue),
            FloorError::UnknownOffer(offer) | FloorError::OfferTooLate { offer, .. } => {
                ActError::OfferOver(offer)
            }
            other => ActError::Floor(other),
        }
    }
}

impl From<JournalError> for ActError {
    fn from(error: JournalError) -> ActError {
        ActError::Journal(error.to_string())
    }
}

/// What the policies say of a draft that is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// What they say; absent where none has an opinion.
    pub review: Option<Review>,
    /// Its length, in the channel's unit.
    pub length: u32,
    /// The most the channel takes; absent: no limit.
    pub limit: Option<u32>,
}
