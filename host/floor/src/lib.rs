//! The floor of one company, in memory: agents, what they hold, what waits
//! and what is offered to whom.
//!
//! No I/O, no clock and no threads: each call carries the time and returns
//! what it changed. After each call, call [`Floor::next_offers`]; at
//! [`Floor::next_wakeup`], call [`Floor::time_out`] and then
//! [`Floor::next_offers`].
//!
//! The cost of a decision does not grow with the number of agents or waiting
//! conversations. Agents who qualify for the same requirement form a pool,
//! sorted by idle time. Conversations with the same candidates form a group;
//! only its first is looked at, and only after a candidate became free.

mod agent;
mod agent_profile;
mod capacity_rules;
mod conversation;
mod error;
mod holdings;
mod ids;
mod load;
mod offer;
mod offer_answers;
mod placement;
mod pools;
mod property_index;
mod record;
mod requirement;
mod roster;
mod selection;
mod settings;
mod view;
mod waiting_groups;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_model::directory::Queue;

pub use agent::AgentRecord;
pub use agent_profile::AgentProfile;
pub use capacity_rules::MOST_LIMITED_CHANNELS;
pub use conversation::{AgentWait, Arrival, Hold, Placement, RoutingTerms};
pub use error::FloorError;
pub use holdings::{DetachReport, ReleaseAllReport};
pub use offer::{Assignment, ClosedOffer, Offer, OfferId, OfferState, Refusal};
pub use patchbay_model::capacity::{Capacity, CapacityError, MOST_MEDIA, MOST_UNITS, Medium};
pub use patchbay_model::desk::{BackOff, LONGEST_OFFER};
pub use record::{ConversationRecord, FloorRecord, PlacementRecord, RefusalRecord};
pub use roster::{PresenceChange, RosterChange};
pub use selection::{OfferRound, SearchStats, StepChange};
pub use settings::FloorSettings;
pub use view::{AgentView, HeldConversation, QueueView};

use agent::AgentState;
use capacity_rules::CapacityRules;
use conversation::Conversation;
use ids::{AgentSlot, WaitOrder};
use pools::Pools;
use property_index::PropertyIndex;
use waiting_groups::WaitingGroups;

/// A queue and its waiting conversations, oldest first.
#[derive(Clone, Debug)]
struct QueueState {
    queue: Queue,
    waiting: BTreeSet<(Timestamp, Arc<str>)>,
}

/// The assignment state of one company.
#[derive(Clone, Debug)]
pub struct Floor {
    settings: FloorSettings,
    rules: CapacityRules,
    queues: BTreeMap<String, QueueState>,
    agents: Vec<AgentState>,
    slots: HashMap<Arc<str>, AgentSlot>,
    properties: PropertyIndex,
    pools: Pools,
    groups: WaitingGroups,
    conversations: HashMap<Arc<str>, Conversation>,
    offers: BTreeMap<OfferId, Offer>,
    /// Deadlines of open offers.
    deadlines: BTreeSet<(Timestamp, OfferId)>,
    /// When a wait, step or back-off of a waiting conversation ends.
    timers: BTreeSet<(Timestamp, Arc<str>)>,
    /// Waiting conversations whose step may have too few available agents.
    understaffed: BTreeSet<WaitOrder>,
    next_offer: u64,
    /// Agents who took or finished a conversation since [`Floor::take_worked`].
    worked: BTreeSet<Arc<str>>,
    stats: SearchStats,
}

impl Floor {
    /// An empty floor with these queues.
    ///
    /// # Errors
    /// [`FloorError::DuplicateId`], [`FloorError::OfferTimeout`].
    pub fn new(
        settings: FloorSettings,
        queues: impl IntoIterator<Item = Queue>,
    ) -> Result<Floor, FloorError> {
        settings::check_timeout(settings.offer_timeout)?;
        let queues: Vec<Queue> = queues.into_iter().collect();
        let mut floor = Floor {
            rules: CapacityRules::new(&settings.capacity, queues.iter()),
            settings,
            queues: BTreeMap::new(),
            agents: Vec::new(),
            slots: HashMap::new(),
            properties: PropertyIndex::default(),
            pools: Pools::default(),
            groups: WaitingGroups::default(),
            conversations: HashMap::new(),
            offers: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            timers: BTreeSet::new(),
            understaffed: BTreeSet::new(),
            next_offer: 1,
            worked: BTreeSet::new(),
            stats: SearchStats::default(),
        };
        for queue in queues {
            let id = queue.id.clone();
            let waiting = BTreeSet::new();
            let state = QueueState { queue, waiting };
            if floor.queues.insert(id.clone(), state).is_some() {
                return Err(FloorError::DuplicateId { kind: "queue", id });
            }
        }
        Ok(floor)
    }

    /// Whether the floor has exactly these settings and queues; otherwise
    /// [`Floor::restore`] it with them.
    pub fn is_configured_as(&self, settings: &FloorSettings, queues: &[Queue]) -> bool {
        let has = |queue: &Queue| {
            let known = self.queues.get(&queue.id);
            known.is_some_and(|known| known.queue == *queue)
        };
        self.settings == *settings && self.queues.len() == queues.len() && queues.iter().all(has)
    }

    /// The floor's settings.
    pub fn settings(&self) -> &FloorSettings {
        &self.settings
    }

    /// Slot of an agent who is on the roster.
    fn slot(&self, agent: &str) -> Result<AgentSlot, FloorError> {
        Ok(self.agent_state(agent)?.slot)
    }

    fn agent_state(&self, id: &str) -> Result<&AgentState, FloorError> {
        let slot = self.slots.get(id);
        slot.and_then(|&slot| self.agents.get(slot))
            .filter(|agent| !agent.removed)
            .ok_or_else(|| FloorError::UnknownAgent(id.to_owned()))
    }

    fn conversation(&self, id: &str) -> Result<&Conversation, FloorError> {
        self.conversations
            .get(id)
            .ok_or_else(|| FloorError::UnknownConversation(id.to_owned()))
    }

    /// Updates the indexes after a change of an agent's presence, load or idle
    /// time.
    fn update_availability(&mut self, slot: AgentSlot) {
        let Some(agent) = self.agents.get_mut(slot) else {
            return;
        };
        let after = agent.current_availability(&self.rules);
        if after == agent.availability {
            return;
        }
        let mut woken = Vec::new();
        self.pools.update_availability(agent, &after, &mut woken);
        let before = &agent.availability;
        if after.free & !before.free != 0 || after.full != before.full {
            woken.extend(&agent.groups);
        }
        agent.availability = after;
        for group in woken {
            self.groups.wake(group);
        }
    }
}

#[cfg(test)]
mod tests;
