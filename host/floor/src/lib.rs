//! The floor: who is there, what they hold, what waits and what is on offer,
//! for one company, in memory.
//!
//! It is driven by calls that carry the time and answers with what changed; it
//! keeps nothing on disk and starts nothing by itself. After every call, ask
//! [`Floor::next_offers`]; at [`Floor::next_wakeup`], call
//! [`Floor::time_out`] and then [`Floor::next_offers`].
//!
//! No decision searches the agents or the waiting. Agents who qualify for the
//! same requirement form a pool, kept in idle order; conversations with the
//! same candidates form a line, of which only the first is looked at, and only
//! after somebody became free for it.

mod agent;
mod answering;
mod conversation;
mod error;
mod holding;
mod lines;
mod load;
mod offer;
mod placing;
mod pools;
mod postings;
mod record;
mod requirement;
mod roster;
mod selection;
mod settings;
mod slots;
mod view;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_model::directory::Queue;

pub use agent::{AgentProfile, AgentRecord};
pub use conversation::{Arrival, Hold, Place, Terms, WaitFor};
pub use error::FloorError;
pub use holding::{AgentCleared, Released, Returned, Transferred};
pub use offer::{Assignment, ClosedOffer, Offer, OfferId, OfferState, Refusal};
pub use patchbay_model::capacity::{Capacity, CapacityError, MOST_MEDIA, MOST_UNITS, Medium};
pub use patchbay_model::desk::BackOff;
pub use record::{ConversationRecord, FloorRecord, PlaceRecord, RefusalRecord};
pub use roster::{PresenceChange, RosterChange};
pub use selection::{Effort, Round, Widened};
pub use settings::{FloorSettings, LONGEST_OFFER};
pub use view::{AgentView, Holding, QueueView};

use agent::AgentState;
use conversation::{Conversation, Turn};
use lines::Lines;
use pools::Pools;
use postings::Postings;
use slots::Slot;

/// A queue with those who wait in it, oldest first.
#[derive(Clone, Debug)]
struct QueueState {
    queue: Queue,
    waiting: BTreeSet<(Timestamp, Arc<str>)>,
}

/// The assignment state of one company.
#[derive(Clone, Debug)]
pub struct Floor {
    settings: FloorSettings,
    queues: BTreeMap<String, QueueState>,
    agents: Vec<AgentState>,
    slots: HashMap<Arc<str>, Slot>,
    postings: Postings,
    pools: Pools,
    lines: Lines,
    conversations: HashMap<Arc<str>, Conversation>,
    offers: BTreeMap<OfferId, Offer>,
    /// When open offers time out.
    deadlines: BTreeSet<(Timestamp, OfferId)>,
    /// When waiting conversations change by time alone.
    timers: BTreeSet<(Timestamp, Arc<str>)>,
    /// Waiting conversations whose step may have too few agents available.
    short: BTreeSet<Turn>,
    next_offer: u64,
    effort: Effort,
}

impl Floor {
    /// A floor with queues, and nobody on it yet.
    ///
    /// # Errors
    /// Where two queues have the same id, or a setting is outside its range.
    pub fn new(
        settings: FloorSettings,
        queues: impl IntoIterator<Item = Queue>,
    ) -> Result<Floor, FloorError> {
        settings.check()?;
        let mut floor = Floor {
            settings,
            queues: BTreeMap::new(),
            agents: Vec::new(),
            slots: HashMap::new(),
            postings: Postings::default(),
            pools: Pools::default(),
            lines: Lines::default(),
            conversations: HashMap::new(),
            offers: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            timers: BTreeSet::new(),
            short: BTreeSet::new(),
            next_offer: 1,
            effort: Effort::default(),
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

    /// Whether it has just these settings and queues.
    pub fn is_set_up_as(&self, settings: &FloorSettings, queues: &[Queue]) -> bool {
        let has = |queue: &Queue| {
            let known = self.queues.get(&queue.id);
            known.is_some_and(|known| known.queue == *queue)
        };
        self.settings == *settings && self.queues.len() == queues.len() && queues.iter().all(has)
    }

    /// What was set.
    pub fn settings(&self) -> &FloorSettings {
        &self.settings
    }

    /// Slot of an agent who is on the roster.
    fn slot(&self, agent: &str) -> Result<Slot, FloorError> {
        self.slots
            .get(agent)
            .copied()
            .filter(|&slot| self.agents.get(slot as usize).is_some_and(|one| !one.gone))
            .ok_or_else(|| FloorError::UnknownAgent(agent.to_owned()))
    }

    fn conversation(&self, id: &str) -> Result<&Conversation, FloorError> {
        self.conversations
            .get(id)
            .ok_or_else(|| FloorError::UnknownConversation(id.to_owned()))
    }

    /// Has the indexes follow what became of an agent.
    fn restand(&mut self, slot: Slot) {
        let Some(agent) = self.agents.get_mut(slot as usize) else {
            return;
        };
        let after = agent.now_standing(&self.settings.capacity);
        if after == agent.standing {
            return;
        }
        let mut woken = Vec::new();
        self.pools.restand(agent, &after, &mut woken);
        if after.free & !agent.standing.free != 0 {
            woken.extend(&agent.lines);
        }
        agent.standing = after;
        for line in woken {
            self.lines.wake(line);
        }
    }
}

#[cfg(test)]
mod tests;
