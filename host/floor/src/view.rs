//! What can be read off the floor.

use std::sync::Arc;

use jiff::Timestamp;
use patchbay_model::directory::Presence;

use super::agent::AgentRecord;
use super::conversation::{Conversation, Hold, Place, Whereabouts};
use super::offer::{Offer, OfferId};
use super::slots::Slot;
use super::{Floor, FloorError};

/// An agent at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentView {
    /// Whether they are there.
    pub presence: Presence,
    /// Whether they let an offer time out and are not back yet.
    pub not_responding: bool,
    /// Capacity in use in units, open offers included.
    pub load: u64,
    /// Total capacity in units.
    pub capacity: u32,
    /// When they last finished or took up a conversation; absent where they
    /// have not worked yet.
    pub idle_since: Option<Timestamp>,
    /// Their open offers.
    pub offers: Vec<OfferId>,
}

/// A queue at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueView {
    /// Conversations that wait in it; those on offer do not.
    pub waiting: usize,
    /// Since when the oldest of them waits; absent where none does.
    pub oldest: Option<Timestamp>,
}

/// A conversation an agent holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The conversation.
    pub conversation: String,
    /// Since when it waited: its age.
    pub since: Timestamp,
    /// What the agent does with it.
    pub hold: Hold,
}

impl Floor {
    /// An agent.
    ///
    /// # Errors
    /// Where they are unknown.
    pub fn agent(&self, id: &str) -> Result<AgentView, FloorError> {
        let slot = self.slot(id)?;
        let agent = self
            .agents
            .get(slot as usize)
            .ok_or_else(|| FloorError::UnknownAgent(id.to_owned()))?;
        Ok(AgentView {
            presence: agent.record.presence,
            not_responding: agent.record.not_responding,
            load: agent.load.units(&self.settings.capacity),
            capacity: agent.record.profile.capacity,
            idle_since: agent.record.idle_since,
            offers: agent.offers.iter().copied().collect(),
        })
    }

    /// An agent as plain data.
    ///
    /// # Errors
    /// Where they are unknown.
    pub fn agent_record(&self, id: &str) -> Result<AgentRecord, FloorError> {
        let slot = self.slot(id)?;
        let agent = self.agents.get(slot as usize);
        let record = agent.map(|agent| agent.record.clone());
        record.ok_or_else(|| FloorError::UnknownAgent(id.to_owned()))
    }

    /// A queue.
    ///
    /// # Errors
    /// Where it is unknown.
    pub fn queue(&self, id: &str) -> Result<QueueView, FloorError> {
        let state = self.queues.get(id);
        let state = state.ok_or_else(|| FloorError::UnknownQueue(id.to_owned()))?;
        Ok(QueueView {
            waiting: state.waiting.len(),
            oldest: state.waiting.first().map(|(since, _)| *since),
        })
    }

    /// Where a conversation is.
    ///
    /// # Errors
    /// Where it is unknown.
    pub fn place(&self, conversation: &str) -> Result<Place, FloorError> {
        Ok(self.place_of(self.conversation(conversation)?))
    }

    /// Since when a conversation waits or waited: its age, whatever befell it.
    ///
    /// # Errors
    /// Where it is unknown.
    pub fn since(&self, conversation: &str) -> Result<Timestamp, FloorError> {
        Ok(self.conversation(conversation)?.since)
    }

    /// An open offer; `None` where it is over, or never was.
    pub fn open_offer(&self, id: OfferId) -> Option<&Offer> {
        self.offers.get(&id)
    }

    /// Open offers, oldest first.
    pub fn open_offers(&self) -> impl Iterator<Item = &Offer> {
        self.offers.values()
    }

    /// What an agent holds, by id; what is only on offer to them is not.
    ///
    /// # Errors
    /// Where they are unknown.
    pub fn conversations_of(&self, agent: &str) -> Result<Vec<Holding>, FloorError> {
        let slot = self.slot(agent)?;
        let held = self.agents.get(slot as usize).map(|agent| &agent.held);
        let conversations = held.into_iter().flatten();
        Ok(conversations
            .filter_map(|id| self.conversations.get(id))
            .filter_map(|one| match one.place {
                Whereabouts::Held(_, hold) => Some(Holding {
                    conversation: one.id.to_string(),
                    since: one.since,
                    hold,
                }),
                _ => None,
            })
            .collect())
    }

    pub(super) fn place_of(&self, conversation: &Conversation) -> Place {
        match &conversation.place {
            Whereabouts::Waiting(_) => Place::Waiting,
            Whereabouts::Offered(offer) => Place::Offered(*offer),
            Whereabouts::Held(slot, hold) => Place::Held {
                agent: self.name(*slot).unwrap_or_default(),
                hold: *hold,
            },
        }
    }

    pub(super) fn name(&self, slot: Slot) -> Option<String> {
        let agent = self.agents.get(slot as usize)?;
        Some(Arc::clone(&agent.id).to_string())
    }
}
