//! Selection: which conversation is offered to which agent.

use std::cell::Cell;
use std::cmp::Reverse;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::Floor;
use super::agent::AgentState;
use super::capacity_rules::ClassId;
use super::conversation::{Conversation, PlacementState, add_seconds};
use super::ids::{AgentSlot, PoolId};
use super::offer::{Offer, OfferId};
use super::pools::Pool;
use super::waiting_groups::{GroupKey, Scope};

/// Result of [`Floor::next_offers`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfferRound {
    /// New offers, in the order of waiting.
    pub offers: Vec<Offer>,
    /// Conversations that moved to their next step.
    pub widened: Vec<StepChange>,
}

impl OfferRound {
    fn push_step(&mut self, id: &str, step: usize, steps: usize, at: Timestamp, skipped: bool) {
        self.widened.push(StepChange {
            conversation: id.to_owned(),
            step: (step < steps).then_some(step as u32),
            at,
            skipped,
        });
    }
}

/// A conversation's move to its next step, which widens its candidates.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StepChange {
    /// The conversation.
    pub conversation: String,
    /// Index of the new step; absent past the last: any member of the queue
    /// qualifies.
    pub step: Option<u32>,
    /// When the step began.
    pub at: Timestamp,
    /// Whether the previous step was skipped because too few agents were
    /// available; otherwise it expired.
    pub skipped: bool,
}

/// Work done since the floor was created; for tests of its growth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SearchStats {
    /// Agents considered as candidates.
    pub candidates: u64,
    /// Searches for a candidate, successful or not.
    pub searches: u64,
    /// Agents visited to build pools.
    pub scanned: u64,
}

/// The agent to offer a conversation to.
pub(super) struct Candidate {
    pub(super) slot: AgentSlot,
    score: Option<u8>,
    pub(super) again: u32,
}

impl Floor {
    /// Makes each offer that can be made now, highest priority first, then
    /// oldest. Waits, steps and back-offs that are over end first, each at its
    /// own time. Does not close offers past their deadline: call
    /// [`Floor::time_out`] before.
    pub fn next_offers(&mut self, now: Timestamp) -> OfferRound {
        let mut round = OfferRound::default();
        self.apply_timers(now, &mut round);
        self.collect_understaffed();
        loop {
            // One search answers for a whole group, except that a conversation
            // whose step is understaffed may move on alone, at its turn.
            let alone = self.understaffed.first();
            let (id, group) = match self.groups.first() {
                Some((order, group)) if alone.is_none_or(|alone| order < alone) => {
                    (Arc::clone(&order.2), Some(*group))
                }
                _ => match self.understaffed.pop_first() {
                    Some(order) => (order.2, None),
                    None => break,
                },
            };
            if let Some(candidate) = self.find_candidate(&id) {
                round.offers.extend(self.offer(&id, candidate, now));
            } else if let Some(group) = group {
                self.groups.sleep(group);
            } else if self.is_understaffed(&id) {
                self.skip_step(&id, now, &mut round);
            }
        }
        round
    }

    /// When to call [`Floor::time_out`] and [`Floor::next_offers`] unless
    /// another call changes the floor first; may be in the past. `None`: no
    /// timer is set.
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        let deadline = self.deadlines.first().map(|(at, _)| *at);
        let timer = self.timers.first().map(|(at, _)| *at);
        deadline.into_iter().chain(timer).min()
    }

    /// Postpones what runs by intervals: deadlines of offers, back-offs and
    /// steps. The clock skipped this much time. Waits for an agent keep their
    /// end, which is a time of day.
    pub fn postpone_intervals(&mut self, by: SignedDuration) {
        let later = |at: Timestamp| at.checked_add(by).unwrap_or(Timestamp::MAX);
        self.deadlines.clear();
        for offer in self.offers.values_mut() {
            offer.deadline = later(offer.deadline);
            self.deadlines.insert((offer.deadline, offer.id));
        }
        self.timers.clear();
        for (id, conversation) in &mut self.conversations {
            conversation.step_since = later(conversation.step_since);
            for refused in conversation.refused.values_mut() {
                refused.again_at = later(refused.again_at);
            }
            let waits = conversation.terms.wait_for.is_some();
            if let PlacementState::Waiting(entry) = &mut conversation.place
                && let Some(timer) = &mut entry.timer
            {
                if !waits {
                    *timer = later(*timer);
                }
                self.timers.insert((*timer, Arc::clone(id)));
            }
        }
    }

    /// Work done since the floor was created.
    pub fn search_stats(&self) -> SearchStats {
        self.stats
    }

    fn apply_timers(&mut self, now: Timestamp, round: &mut OfferRound) {
        while let Some((_, id)) = self.timers.first().filter(|(at, _)| *at <= now).cloned() {
            self.remove_waiting(&id);
            self.advance(&id, now, round);
            self.insert_waiting(&id, now);
        }
    }

    fn advance(&mut self, id: &Arc<str>, now: Timestamp, round: &mut OfferRound) {
        if let Some(conversation) = self.conversations.get_mut(id) {
            let steps = conversation.terms.steps.len();
            conversation.advance_to(now, |step, at| {
                let skipped = false;
                round.push_step(id, step, steps, at, skipped);
            });
        }
    }

    /// Moves an understaffed conversation to its next step. It never returns:
    /// steps only widen.
    fn skip_step(&mut self, id: &Arc<str>, now: Timestamp, round: &mut OfferRound) {
        self.remove_waiting(id);
        if let Some(conversation) = self.conversations.get_mut(id) {
            conversation.step += 1;
            conversation.step_since = now;
            let (step, steps) = (conversation.step, conversation.terms.steps.len());
            let skipped = true;
            round.push_step(id, step, steps, now, skipped);
        }
        self.advance(id, now, round);
        self.insert_waiting(id, now);
    }

    fn collect_understaffed(&mut self) {
        for pool in self.pools.take_shrunk() {
            let pool = self.pools.get(pool).into_iter();
            let found = pool
                .flat_map(Pool::understaffed)
                .filter_map(|id| self.conversations.get(id));
            self.understaffed
                .extend(found.map(Conversation::wait_order));
        }
    }

    fn is_understaffed(&self, id: &str) -> bool {
        let place = self.conversations.get(id).map(|one| &one.place);
        let Some(PlacementState::Waiting(entry)) = place else {
            return false;
        };
        let pool = entry.pool.and_then(|pool| self.pools.get(pool));
        pool.zip(entry.minimum)
            .is_some_and(|(pool, minimum)| pool.available() < minimum)
    }

    /// The agent a waiting conversation would be offered to now.
    pub(super) fn find_candidate(&mut self, id: &str) -> Option<Candidate> {
        let conversation = self.conversations.get(id)?;
        let PlacementState::Waiting(entry) = &conversation.place else {
            return None;
        };
        let key = self.groups.key(entry.group)?;
        self.stats.searches += 1;
        let considered = Cell::new(0);
        let slot = match key.scope {
            Scope::Agent(slot) => {
                considered.set(1);
                let agent = self.agents.get(slot)?;
                let queue = &conversation.terms.queue;
                agent.can_take(key.class, queue).then_some(slot)
            }
            Scope::Pool(pool) => self.find_in_pool(pool, key, conversation, &considered),
        };
        self.stats.candidates += considered.get();
        let slot = slot?;
        let refused = conversation.refused.get(&slot);
        Some(Candidate {
            slot,
            score: score(conversation, self.agents.get(slot)?),
            again: refused.map_or(0, |refused| refused.times),
        })
    }

    fn find_in_pool(
        &self,
        pool: PoolId,
        key: &GroupKey,
        conversation: &Conversation,
        considered: &Cell<u64>,
    ) -> Option<AgentSlot> {
        let pool = self.pools.get(pool)?;
        let refused = |slot: &AgentSlot| {
            key.excluded.binary_search(slot).is_ok() || key.last_resort.binary_search(slot).is_ok()
        };
        let candidate = |slot: AgentSlot| {
            considered.set(considered.get() + 1);
            let agent = self.agents.get(slot)?;
            let queue = &conversation.terms.queue;
            (agent.can_take(key.class, queue) && pool.contains(slot)).then_some(agent)
        };
        let preferred = conversation
            .terms
            .preferences
            .iter()
            .filter_map(|preference| {
                let slot = *self.slots.get(preference.agent.as_str())?;
                let agent = candidate(slot).filter(|_| !refused(&slot))?;
                Some((Reverse(preference.score), &agent.availability.idle))
            })
            .min();
        if let Some((_, idle)) = preferred {
            return Some(idle.slot);
        }
        let longest_idle = pool
            .free(key.class)
            .inspect(|_| considered.set(considered.get() + 1))
            .find(|idle| !refused(&idle.slot));
        if let Some(idle) = longest_idle {
            return Some(idle.slot);
        }
        key.last_resort
            .iter()
            .filter_map(|&slot| candidate(slot))
            .min_by_key(|agent| {
                let score = score(conversation, agent);
                (score.is_none(), Reverse(score), &agent.availability.idle)
            })
            .map(|agent| agent.slot)
    }

    fn offer(&mut self, id: &Arc<str>, candidate: Candidate, now: Timestamp) -> Option<Offer> {
        self.remove_waiting(id);
        let conversation = self.conversations.get_mut(id)?;
        let (class, queue) = (conversation.class, conversation.terms.queue.clone());
        let agent = self.agents.get(candidate.slot)?;
        let terms = &conversation.terms;
        let timeout = terms.offer_timeout.unwrap_or(self.settings.offer_timeout);
        let in_step = terms.wait_for.is_none() && conversation.step < terms.steps.len();
        let offer = Offer {
            id: OfferId(self.next_offer),
            conversation: id.to_string(),
            agent: agent.id.to_string(),
            made_at: now,
            deadline: add_seconds(now, timeout),
            step: in_step.then_some(conversation.step as u32),
            score: candidate.score,
            again: candidate.again,
        };
        self.next_offer += 1;
        conversation.place = PlacementState::Offered(offer.id);
        self.insert_offer(offer.clone(), candidate.slot, class, &queue);
        self.update_availability(candidate.slot);
        Some(offer)
    }

    /// Enters an open offer, which uses the agent's capacity. The caller
    /// updates the agent's availability.
    pub(super) fn insert_offer(
        &mut self,
        offer: Offer,
        slot: AgentSlot,
        class: ClassId,
        queue: &str,
    ) {
        if let Some(agent) = self.agents.get_mut(slot) {
            agent.offers.insert(offer.id);
            agent.load.add(class, queue);
        }
        self.deadlines.insert((offer.deadline, offer.id));
        self.offers.insert(offer.id, offer);
    }
}

/// The policy's preference for an agent: the best if it names them twice.
fn score(conversation: &Conversation, agent: &AgentState) -> Option<u8> {
    let preferences = conversation.terms.preferences.iter();
    preferences
        .filter(|preference| *preference.agent == *agent.id)
        .map(|preference| preference.score)
        .max()
}
