//! Reads of agents, queues, conversations and offers.

use std::sync::Arc;

use jiff::Timestamp;
use patchbay_model::channel::Visibility;
use patchbay_model::directory::Presence;

use super::agent::AgentRecord;
use super::conversation::{Conversation, Hold, Placement, PlacementState};
use super::ids::AgentSlot;
use super::offer::{Offer, OfferId};
use super::{Floor, FloorError};

/// An agent's presence, load and offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentView {
    /// The agent's presence.
    pub presence: Presence,
    /// Whether an offer timed out since the presence was last set.
    pub not_responding: bool,
    /// Capacity in use in units, open offers included.
    pub load: u64,
    /// Total capacity in units.
    pub capacity: u32,
    /// Whether the agent holds more than `capacity`, or more of a medium, channel
    /// or queue than its limit.
    pub exceeds_capacity: bool,
    /// When the agent last finished or took a conversation; absent before the
    /// first.
    pub idle_since: Option<Timestamp>,
    /// When the agent last became available; absent before the first time.
    pub available_since: Option<Timestamp>,
    /// The agent's open offers.
    pub offers: Vec<OfferId>,
}

/// A queue's length and age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueView {
    /// Number of waiting conversations, without offered ones.
    pub waiting: usize,
    /// Age of the oldest waiting conversation, if any.
    pub oldest: Option<Timestamp>,
}

/// A conversation that an agent holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldConversation {
    /// Id of the conversation.
    pub conversation: String,
    /// Its age.
    pub since: Timestamp,
    /// Its state.
    pub hold: Hold,
}

impl Floor {
    /// An agent's presence, load and offers.
    pub fn agent(&self, id: &str) -> Result<AgentView, FloorError> {
        let agent = self.agent_state(id)?;
        Ok(AgentView {
            presence: agent.record.presence,
            not_responding: agent.record.not_responding,
            load: agent.load.units(&self.rules, 0),
            capacity: agent.record.profile.capacity,
            exceeds_capacity: agent.load.exceeds(&self.rules, &agent.record.profile),
            idle_since: agent.record.idle_since,
            available_since: agent.record.available_since,
            offers: agent.offers.iter().copied().collect(),
        })
    }

    /// Whether an agent, present or not, has capacity for one more conversation of
    /// this channel in this queue.
    pub fn has_capacity(
        &self,
        agent: &str,
        channel: &str,
        visibility: Option<Visibility>,
        queue: &str,
    ) -> Result<bool, FloorError> {
        let agent = self.agent_state(agent)?;
        let (rules, profile) = (&self.rules, &agent.record.profile);
        let class = rules.class_of(channel, visibility);
        Ok(agent.load.fits(rules, profile, class) && !agent.load.is_full(rules, profile, queue))
    }

    /// The agents who took or finished a conversation since the last call: their
    /// records differ from those stored before.
    pub fn take_worked(&mut self) -> Vec<String> {
        let worked = std::mem::take(&mut self.worked).into_iter();
        worked.map(|id| id.to_string()).collect()
    }

    /// Returns agents of [`Floor::take_worked`] whose records were not stored.
    pub fn return_worked(&mut self, agents: Vec<String>) {
        self.worked.extend(agents.into_iter().map(Arc::from));
    }

    /// An agent's profile and shift state, as in [`Floor::record`].
    pub fn agent_record(&self, id: &str) -> Result<AgentRecord, FloorError> {
        Ok(self.agent_state(id)?.record.clone())
    }

    /// A queue's length and age.
    pub fn queue(&self, id: &str) -> Result<QueueView, FloorError> {
        let state = self.queues.get(id);
        let state = state.ok_or_else(|| FloorError::UnknownQueue(id.to_owned()))?;
        Ok(QueueView {
            waiting: state.waiting.len(),
            oldest: state.waiting.first().map(|(since, _)| *since),
        })
    }

    /// Where a conversation is.
    pub fn placement(&self, conversation: &str) -> Result<Placement, FloorError> {
        Ok(self.placement_of(self.conversation(conversation)?))
    }

    /// A conversation's age: since when it waits, or waited before it was
    /// offered and held.
    pub fn since(&self, conversation: &str) -> Result<Timestamp, FloorError> {
        Ok(self.conversation(conversation)?.since)
    }

    /// An offer, if it is open.
    pub fn open_offer(&self, id: OfferId) -> Option<&Offer> {
        self.offers.get(&id)
    }

    /// Open offers, oldest first.
    pub fn open_offers(&self) -> impl Iterator<Item = &Offer> {
        self.offers.values()
    }

    /// Conversations an agent holds, by id; without those offered to them.
    pub fn conversations_of(&self, agent: &str) -> Result<Vec<HeldConversation>, FloorError> {
        let held = self.agent_state(agent)?.held.iter();
        let held = held.filter_map(|id| self.conversations.get(id));
        let held = held.filter_map(|one| match one.place {
            PlacementState::Held(_, hold) => Some(HeldConversation {
                conversation: one.id.to_string(),
                since: one.since,
                hold,
            }),
            _ => None,
        });
        Ok(held.collect())
    }

    pub(super) fn placement_of(&self, conversation: &Conversation) -> Placement {
        match &conversation.place {
            PlacementState::Waiting(_) => Placement::Waiting,
            PlacementState::Offered(offer) => Placement::Offered(*offer),
            PlacementState::Held(slot, hold) => Placement::Held {
                agent: self.agent_id(*slot),
                hold: *hold,
            },
        }
    }

    pub(super) fn agent_id(&self, slot: AgentSlot) -> String {
        let agent = self.agents.get(slot);
        agent.map(|agent| agent.id.to_string()).unwrap_or_default()
    }
}
