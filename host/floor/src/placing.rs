//! Where a waiting conversation stands in the indexes, and how it comes there
//! and leaves.

use std::sync::Arc;

use jiff::Timestamp;

use super::conversation::{Arrival, Conversation, Hold, Spot, Terms, Whereabouts};
use super::lines::{LineKey, Scope};
use super::offer::{ClosedOffer, OfferState};
use super::pools::PoolKey;
use super::requirement::qualifying;
use super::slots::Slot;
use super::{Floor, FloorError};

/// What a conversation was taken from.
pub(super) struct Detached {
    pub(super) closed: Option<ClosedOffer>,
    pub(super) holder: Option<(Slot, Hold)>,
}

impl Floor {
    /// A conversation comes to the floor and waits, from its age on.
    ///
    /// # Errors
    /// Where it is on the floor already, its queue or the agent it waits for
    /// is unknown, or a value is outside its range.
    pub fn enqueue(&mut self, arrival: Arrival, now: Timestamp) -> Result<(), FloorError> {
        self.check_terms(&arrival.terms)?;
        let id: Arc<str> = arrival.conversation.as_str().into();
        if self.conversations.contains_key(&id) {
            return Err(FloorError::DuplicateConversation(arrival.conversation));
        }
        let capacity = &self.settings.capacity;
        let conversation = Conversation {
            id: Arc::clone(&id),
            medium: capacity.index_of(&arrival.channel, arrival.visibility),
            channel: arrival.channel,
            visibility: arrival.visibility,
            since: arrival.since,
            terms: arrival.terms,
            step: 0,
            step_since: now,
            refused: Default::default(),
            // Replaced before anybody can see it.
            place: Whereabouts::Offered(Default::default()),
        };
        self.conversations.insert(Arc::clone(&id), conversation);
        self.line_up(&id, now);
        Ok(())
    }

    /// Changes the priority of a conversation, 0 to 100; where it waits, its
    /// place in line follows.
    ///
    /// # Errors
    /// Where it is unknown, or the priority is over 100.
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
        let (id, waits) = (
            Arc::clone(&found.id),
            matches!(found.place, Whereabouts::Waiting(_)),
        );
        if waits {
            self.take_out(&id);
        }
        if let Some(conversation) = self.conversations.get_mut(&id) {
            conversation.terms.priority = priority;
        }
        if waits {
            self.line_up(&id, now);
        }
        Ok(())
    }

    pub(super) fn check_terms(&self, terms: &Terms) -> Result<(), FloorError> {
        terms.check()?;
        if !self.queues.contains_key(&terms.queue) {
            return Err(FloorError::UnknownQueue(terms.queue.clone()));
        }
        if let Some(wait) = &terms.wait_for {
            self.slot(&wait.agent)?;
        }
        Ok(())
    }

    /// Enters a conversation that is in no index among the waiting.
    pub(super) fn line_up(&mut self, id: &Arc<str>, now: Timestamp) {
        let waits_for = self
            .conversations
            .get(id)
            .and_then(|one| one.terms.wait_for.as_ref())
            .and_then(|wait| self.slot(&wait.agent).ok());
        let Some(conversation) = self.conversations.get_mut(id) else {
            return;
        };
        let (medium, turn) = (conversation.medium, conversation.turn());
        let mut key = LineKey {
            scope: Scope::Pool(0),
            medium,
            barred: Vec::new(),
            last_resort: Vec::new(),
        };
        let mut spot = Spot {
            line: 0,
            pool: None,
            minimum: None,
            timer: None,
        };
        if let Some(slot) = waits_for {
            key.scope = Scope::Agent(slot);
            spot.timer = conversation.terms.wait_for.as_ref().map(|wait| wait.until);
        } else {
            // Whom it waited for left the roster meanwhile.
            conversation.stop_waiting_for(now);
            let steps = &conversation.terms.steps;
            let pool_key = PoolKey {
                queue: conversation.terms.queue.clone(),
                wanted: qualifying(steps, conversation.step),
            };
            let (pool, visited) = self
                .pools
                .obtain(pool_key, &mut self.agents, &self.postings);
            self.effort.built += visited + self.pools.order(pool, medium, &self.agents);
            key.scope = Scope::Pool(pool);
            spot.pool = Some(pool);
            spot.minimum = steps
                .get(conversation.step)
                .map(|step| step.minimum_agents.unwrap_or(1));
            spot.timer = conversation.step_ends();
            let excluded = conversation.terms.excluded.iter();
            let excluded = excluded.filter_map(|agent| self.slots.get(agent.as_str()));
            key.barred.extend(excluded);
            for (&slot, refused) in &conversation.refused {
                if key.barred.contains(&slot) {
                    continue;
                }
                if refused.again_at > now {
                    key.barred.push(slot);
                    let timer = spot.timer.unwrap_or(Timestamp::MAX);
                    spot.timer = Some(timer.min(refused.again_at));
                } else {
                    key.last_resort.push(slot);
                }
            }
        }
        // Looked through by halves.
        key.barred.sort_unstable();
        key.barred.dedup();
        let (line, new) = self.lines.join(key, turn.clone());
        spot.line = line;
        if let Some(agent) = waits_for.and_then(|slot| self.agents.get_mut(slot as usize))
            && new
        {
            agent.lines.insert(line);
        }
        if let Some(pool) = spot.pool {
            self.pools.join(pool, medium, line, spot.minimum, id);
            let available = self.pools.get(pool).map_or(0, |pool| pool.available());
            if spot.minimum.is_some_and(|minimum| available < minimum) {
                self.short.insert(turn);
            }
        }
        if let Some(timer) = spot.timer {
            self.timers.insert((timer, Arc::clone(id)));
        }
        if let Some(queue) = self.queues.get_mut(&conversation.terms.queue) {
            queue.waiting.insert((conversation.since, Arc::clone(id)));
        }
        conversation.place = Whereabouts::Waiting(spot);
    }

    /// Takes a waiting conversation out of every index; the caller says at once
    /// where it is instead.
    pub(super) fn take_out(&mut self, id: &Arc<str>) {
        let Some(conversation) = self.conversations.get(id) else {
            return;
        };
        let Whereabouts::Waiting(spot) = &conversation.place else {
            return;
        };
        let turn = conversation.turn();
        if let Some(key) = self.lines.leave(spot.line, &turn) {
            match key.scope {
                Scope::Pool(pool) => self.pools.drop_line(pool, key.medium, spot.line),
                Scope::Agent(slot) => {
                    if let Some(agent) = self.agents.get_mut(slot as usize) {
                        agent.lines.remove(&spot.line);
                    }
                }
            }
        }
        if let Some(pool) = spot.pool {
            self.pools.leave(pool, spot.minimum, id);
        }
        if let Some(timer) = spot.timer {
            self.timers.remove(&(timer, Arc::clone(id)));
        }
        self.short.remove(&turn);
        if let Some(queue) = self.queues.get_mut(&conversation.terms.queue) {
            queue.waiting.remove(&(conversation.since, Arc::clone(id)));
        }
    }

    /// Takes a conversation from wherever it is; an open offer ends in this
    /// state. The caller says at once where it is instead.
    pub(super) fn detach(&mut self, id: &Arc<str>, state: OfferState, now: Timestamp) -> Detached {
        let mut detached = Detached {
            closed: None,
            holder: None,
        };
        let Some(conversation) = self.conversations.get(id) else {
            return detached;
        };
        match conversation.place {
            Whereabouts::Waiting(_) => self.take_out(id),
            Whereabouts::Offered(offer) => {
                detached.closed = self.close(offer).map(|(offer, slot)| {
                    self.restand(slot);
                    ClosedOffer {
                        offer,
                        state,
                        at: now,
                    }
                });
            }
            Whereabouts::Held(slot, hold) => {
                let medium = conversation.medium;
                if let Some(agent) = self.agents.get_mut(slot as usize) {
                    agent.held.remove(id);
                    if hold != Hold::Parked {
                        agent.load.subtract(medium);
                    }
                }
                self.restand(slot);
                detached.holder = Some((slot, hold));
            }
        }
        detached
    }
}
