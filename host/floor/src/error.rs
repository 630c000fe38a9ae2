//! Errors of the floor.

use jiff::Timestamp;
use patchbay_model::desk::LONGEST_OFFER;
use patchbay_model::offer::OfferId;

/// Why a call is rejected; the floor is unchanged. A method that takes an id
/// returns the matching `Unknown…` error if the floor does not have it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FloorError {
    /// The roster has no agent with this id.
    #[error("there is no agent {0:?}")]
    UnknownAgent(String),
    /// The company has no queue with this id.
    #[error("there is no queue {0:?}")]
    UnknownQueue(String),
    /// The conversation was never enqueued, or has been released.
    #[error("conversation {0:?} is not on the floor: not waiting, offered or held")]
    UnknownConversation(String),
    /// The offer never existed, or has ended.
    #[error("offer {0} is not open")]
    UnknownOffer(OfferId),
    /// The offer's deadline has passed, and [`Floor::time_out`] has not closed
    /// it yet.
    ///
    /// [`Floor::time_out`]: super::Floor::time_out
    #[error("offer {offer} timed out at {deadline}")]
    OfferTooLate {
        /// The offer.
        offer: OfferId,
        /// When it timed out.
        deadline: Timestamp,
    },
    /// The conversation is on the floor already.
    #[error("conversation {0:?} is on the floor already")]
    DuplicateConversation(String),
    /// Two agents, queues or offers have the same id.
    #[error("two {kind}s have the id {id:?}")]
    DuplicateId {
        /// `agent`, `queue` or `offer`.
        kind: &'static str,
        /// The id.
        id: String,
    },
    /// The call needs a conversation that an agent holds.
    #[error("no agent holds conversation {0:?}")]
    NotHeld(String),
    /// The agent to remove holds conversations or has open offers.
    #[error("agent {agent:?} still has {conversations} conversations; release them first")]
    AgentHasWork {
        /// The agent.
        agent: String,
        /// Number of held and offered conversations.
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
        /// The invalid score.
        score: u8,
    },
    /// An offer timeout is 0 or over [`LONGEST_OFFER`].
    #[error("the offer timeout is {seconds} s; it must be 1 to {} s", LONGEST_OFFER.0)]
    OfferTimeout {
        /// The invalid timeout.
        seconds: u32,
    },
    /// The agents of the company limit more channels than the floor can tell
    /// apart.
    #[error(
        "agent {agent:?} limits a further channel; the agents and [desk.capacity] of a company limit at most {most} channels together"
    )]
    LimitedChannels {
        /// The agent.
        agent: String,
        /// The most channels.
        most: usize,
    },
    /// A proficiency is not 1 to 5.
    #[error("the proficiency of agent {agent:?} in {skill:?} is {proficiency}; it must be 1 to 5")]
    Proficiency {
        /// The agent.
        agent: String,
        /// The skill.
        skill: String,
        /// The invalid proficiency.
        proficiency: u8,
    },
}
