//! Enqueueing conversations, and their entries in the indexes.

use std::sync::Arc;

use jiff::Timestamp;

use super::conversation::{Arrival, Hold, PlacementState, RoutingTerms, WaitingEntry};
use super::ids::AgentSlot;
use super::offer::{ClosedOffer, OfferState};
use super::pools::PoolKey;
use super::record::{ConversationRecord, PlacementRecord};
use super::requirement::requirements_at_step;
use super::waiting_groups::{GroupKey, Scope};
use super::{Floor, FloorError};

/// The offer and the holder a conversation was detached from.
#[derive(Default)]
pub(super) struct Detached {
    pub(super) closed: Option<ClosedOffer>,
    pub(super) holder: Option<(AgentSlot, Hold)>,
}

impl Floor {
    /// Adds a conversation; it waits with its age.
    ///
    /// # Errors
    /// [`FloorError::DuplicateConversation`], an unknown queue or awaited
    /// agent, or a value outside its range.
    pub fn enqueue(&mut self, arrival: Arrival, now: Timestamp) -> Result<(), FloorError> {
        self.check_terms(&arrival.terms)?;
        let record = ConversationRecord {
            conversation: arrival.conversation,
            channel: arrival.channel,
            visibility: arrival.visibility,
            since: arrival.since,
            terms: arrival.terms,
            step: 0,
            step_since: now,
            refused: Vec::new(),
            place: PlacementRecord::Waiting,
        };
        self.restore_conversation(record, now)
    }

    /// Sets a conversation's priority, 0 to 100, and moves it in its queue.
    ///
    /// # Errors
    /// [`FloorError::UnknownConversation`], [`FloorError::Priority`].
    pub fn set_priority(
        &mut self,
        conversation: &str,
        priority: u8,
        now: Timestamp,
    ) -> Result<(), FloorError> {
        if priority > 100 {
            return Err(FloorError::Priority(priority));
        }
        let found = self.conversation(conversation)?;
        let id = Arc::clone(&found.id);
        let waits = matches!(found.place, PlacementState::Waiting(_));
        if waits {
            self.remove_waiting(&id);
        }
        if let Some(conversation) = self.conversations.get_mut(&id) {
            conversation.terms.priority = priority;
        }
        if waits {
            self.insert_waiting(&id, now);
        }
        Ok(())
    }

    pub(super) fn check_terms(&self, terms: &RoutingTerms) -> Result<(), FloorError> {
        terms.check()?;
        if !self.queues.contains_key(&terms.queue) {
            return Err(FloorError::UnknownQueue(terms.queue.clone()));
        }
        if let Some(wait) = &terms.wait_for {
            self.slot(&wait.agent)?;
        }
        Ok(())
    }

    /// Enters a detached conversation in the indexes of waiting ones.
    pub(super) fn insert_waiting(&mut self, id: &Arc<str>, now: Timestamp) {
        let waits_for = self
            .conversations
            .get(id)
            .and_then(|one| one.terms.wait_for.as_ref())
            .and_then(|wait| self.slot(&wait.agent).ok());
        let Some(conversation) = self.conversations.get_mut(id) else {
            return;
        };
        let (class, order) = (conversation.class, conversation.wait_order());
        let mut key = GroupKey {
            scope: Scope::Pool(0),
            class,
            queue: None,
            excluded: Vec::new(),
            last_resort: Vec::new(),
        };
        let mut entry = WaitingEntry {
            group: 0,
            pool: None,
            minimum: None,
            timer: None,
        };
        if let Some(slot) = waits_for {
            key.scope = Scope::Agent(slot);
            key.queue = Some(conversation.terms.queue.clone());
            entry.timer = conversation.terms.wait_for.as_ref().map(|wait| wait.until);
        } else {
            // The awaited agent may have left the roster.
            conversation.end_wait(now);
            let steps = &conversation.terms.steps;
            let pool_key = PoolKey {
                queue: conversation.terms.queue.clone(),
                requirements: requirements_at_step(steps, conversation.step),
            };
            let (pool, visited) =
                self.pools
                    .get_or_build(pool_key, &mut self.agents, &self.properties);
            self.stats.scanned += visited;
            self.stats.scanned += self.pools.build_idle_order(pool, class, &self.agents);
            key.scope = Scope::Pool(pool);
            entry.pool = Some(pool);
            entry.minimum = steps
                .get(conversation.step)
                .map(|step| step.minimum_agents.unwrap_or(1));
            entry.timer = conversation.step_ends();
            let excluded = conversation.terms.excluded.iter();
            let excluded = excluded.filter_map(|agent| self.slots.get(agent.as_str()));
            key.excluded.extend(excluded);
            for (&slot, refused) in &conversation.refused {
                if key.excluded.contains(&slot) {
                    continue;
                }
                if refused.again_at > now {
                    key.excluded.push(slot);
                    let timer = entry.timer.unwrap_or(Timestamp::MAX);
                    entry.timer = Some(timer.min(refused.again_at));
                } else {
                    key.last_resort.push(slot);
                }
            }
        }
        // Sorted for binary search.
        key.excluded.sort_unstable();
        key.excluded.dedup();
        let (group, new) = self.groups.join(key, order.clone());
        entry.group = group;
        if let Some(agent) = waits_for.and_then(|slot| self.agents.get_mut(slot))
            && new
        {
            agent.groups.insert(group);
        }
        if let Some(pool) = entry.pool {
            self.pools.join(pool, class, group, entry.minimum, id);
            let available = self.pools.get(pool).map_or(0, |pool| pool.available());
            if entry.minimum.is_some_and(|minimum| available < minimum) {
                self.understaffed.insert(order);
            }
        }
        if let Some(timer) = entry.timer {
            self.timers.insert((timer, Arc::clone(id)));
        }
        if let Some(queue) = self.queues.get_mut(&conversation.terms.queue) {
            queue.waiting.insert((conversation.since, Arc::clone(id)));
        }
        conversation.place = PlacementState::Waiting(entry);
    }

    /// Removes a waiting conversation from each index. The caller places it at
    /// once: until then its `place` is stale.
    pub(super) fn remove_waiting(&mut self, id: &Arc<str>) {
        let Some(conversation) = self.conversations.get(id) else {
            return;
        };
        let PlacementState::Waiting(entry) = &conversation.place else {
            return;
        };
        let order = conversation.wait_order();
        if let Some(key) = self.groups.leave(entry.group, &order) {
            match key.scope {
                Scope::Pool(pool) => self.pools.remove_group(pool, key.class, entry.group),
                Scope::Agent(slot) => {
                    if let Some(agent) = self.agents.get_mut(slot) {
                        agent.groups.remove(&entry.group);
                    }
                }
            }
        }
        if let Some(pool) = entry.pool {
            self.pools.leave(pool, entry.minimum, id);
        }
        if let Some(timer) = entry.timer {
            self.timers.remove(&(timer, Arc::clone(id)));
        }
        self.understaffed.remove(&order);
        if let Some(queue) = self.queues.get_mut(&conversation.terms.queue) {
            queue.waiting.remove(&(conversation.since, Arc::clone(id)));
        }
    }

    /// Removes a conversation from its queue, offer or holder; an open offer
    /// ends in this state. The caller places it at once.
    pub(super) fn detach(&mut self, id: &Arc<str>, state: OfferState, now: Timestamp) -> Detached {
        let mut detached = Detached::default();
        let Some(conversation) = self.conversations.get(id) else {
            return detached;
        };
        match conversation.place {
            PlacementState::Waiting(_) => self.remove_waiting(id),
            PlacementState::Offered(offer) => {
                if let Some((offer, slot)) = self.close_offer(offer) {
                    self.update_availability(slot);
                    let at = now;
                    detached.closed = Some(ClosedOffer { offer, state, at });
                }
            }
            PlacementState::Held(slot, hold) => {
                let class = conversation.class;
                if let Some(agent) = self.agents.get_mut(slot) {
                    agent.held.remove(id);
                    if hold != Hold::Parked {
                        agent.load.subtract(class, &conversation.terms.queue);
                    }
                }
                self.update_availability(slot);
                detached.holder = Some((slot, hold));
            }
        }
        detached
    }
}
