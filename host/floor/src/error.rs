//! Why the floor refuses.

use jiff::Timestamp;

use super::offer::OfferId;
use super::settings::LONGEST_OFFER;

/// Why something cannot be done. Nothing has changed where one is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FloorError {
    /// No agent of that id is on the floor.
    #[error("there is no agent {0:?}")]
    UnknownAgent(String),
    /// There is no queue of that id.
    #[error("there is no queue {0:?}")]
    UnknownQueue(String),
    /// No conversation of that id is on the floor.
    #[error("conversation {0:?} neither waits, nor is it offered or held")]
    UnknownConversation(String),
    /// No open offer has that id: it never was, or it is over.
    #[error("offer {0} is not open")]
    UnknownOffer(OfferId),
    /// The offer's time has run out, though nobody has closed it yet.
    #[error("offer {offer} timed out at {deadline}")]
    OfferTooLate {
        /// The offer.
        offer: OfferId,
        /// When its time ran out.
        deadline: Timestamp,
    },
    /// A conversation of that id is on the floor already.
    #[error("conversation {0:?} is on the floor already")]
    DuplicateConversation(String),
    /// Two agents or two queues have the same id.
    #[error("two {kind}s have the id {id:?}")]
    DuplicateId {
        /// `agent`, `queue` or `offer`.
        kind: &'static str,
        /// The id.
        id: String,
    },
    /// Only a conversation that an agent holds can do this.
    #[error("no agent holds conversation {0:?}")]
    NotHeld(String),
    /// The agent still holds conversations or has open offers.
    #[error("agent {agent:?} still has {conversations} conversations; release them first")]
    AgentHasWork {
        /// The agent.
        agent: String,
        /// How many, offered ones included.
        conversations: usize,
    },
    /// A priority is over 100.
    #[error("the priority is {0}; it must be 0 to 100")]
    Priority(u8),
    /// The score of a preference is over 100.
    #[error("the preference for agent {agent:?} has the score {score}; it must be 0 to 100")]
    Score {
        /// The preferred agent.
        agent: String,
        /// What was given.
        score: u8,
    },
    /// An offer would stand for no time, or for too long.
    #[error("offers would time out after {seconds} s; it must be 1 to {} s", LONGEST_OFFER.0)]
    OfferTimeout {
        /// What was given.
        seconds: u32,
    },
    /// A proficiency is not from 1 to 5.
    #[error("the proficiency of agent {agent:?} in {skill:?} is {proficiency}; it must be 1 to 5")]
    Proficiency {
        /// The agent.
        agent: String,
        /// The skill.
        skill: String,
        /// What was given.
        proficiency: u8,
    },
}
