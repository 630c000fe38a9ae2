//! Which conversations are offered to whom, now.

use std::cell::Cell;
use std::cmp::Reverse;
use std::sync::Arc;

use jiff::Timestamp;

use super::Floor;
use super::agent::AgentState;
use super::conversation::{Conversation, Whereabouts, later};
use super::lines::{LineKey, Scope};
use super::offer::{Offer, OfferId};
use super::pools::{Pool, PoolId};
use super::slots::Slot;

/// What one call of [`Floor::next_offers`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Offers made, in the order of waiting.
    pub offers: Vec<Offer>,
    /// Conversations that went on to their next step.
    pub widened: Vec<Widened>,
}

/// A conversation for which more people qualify than before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Widened {
    /// The conversation.
    pub conversation: String,
    /// Position of the step it is in now; absent: the last has passed, and any
    /// member of the queue qualifies.
    pub step: Option<u32>,
    /// When.
    pub at: Timestamp,
    /// Whether the step before was skipped because too few were available;
    /// else it expired.
    pub skipped: bool,
}

/// What has been looked at since the floor was made; for tests and metrics of
/// growth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// Agents looked at as candidates.
    pub candidates: u64,
    /// Times somebody was looked for, whether or not one was found.
    pub searches: u64,
    /// Agents looked at to make pools for requirements that were new.
    pub built: u64,
}

/// Who is to be offered a conversation.
pub(super) struct Choice {
    pub(super) slot: Slot,
    score: Option<u8>,
    pub(super) again: u32,
}

impl Floor {
    /// Makes every offer that can be made now, highest priority first, then
    /// oldest. Steps, waits and back-offs that are over have passed first,
    /// each at its own moment. Offers whose time has run out stay open: call
    /// [`Floor::time_out`] before.
    pub fn next_offers(&mut self, now: Timestamp) -> Round {
        let mut round = Round::default();
        self.pass_time(now, &mut round);
        self.find_short();
        loop {
            // A line stands for all in it; a conversation whose step has too
            // few agents is looked at by itself, in its turn.
            let short = self.short.first();
            let (id, line) = match self.lines.first() {
                Some((turn, line)) if short.is_none_or(|short| turn < short) => {
                    (Arc::clone(&turn.2), Some(*line))
                }
                _ => match self.short.pop_first() {
                    Some(turn) => (turn.2, None),
                    None => break,
                },
            };
            if let Some(choice) = self.choose(&id) {
                round.offers.extend(self.offer(&id, choice, now));
            } else if let Some(line) = line {
                self.lines.sleep(line);
            } else if self.is_short(&id) {
                self.skip(&id, now, &mut round);
            }
        }
        round
    }

    /// When to call [`Floor::time_out`] and [`Floor::next_offers`] again if
    /// nothing else happens; `None`: not at all. It may be in the past.
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        let deadline = self.deadlines.first().map(|(at, _)| *at);
        let timer = self.timers.first().map(|(at, _)| *at);
        deadline.into_iter().chain(timer).min()
    }

    /// What it cost so far.
    pub fn effort(&self) -> Effort {
        self.effort
    }

    fn pass_time(&mut self, now: Timestamp, round: &mut Round) {
        while let Some((_, id)) = self.timers.first().filter(|(at, _)| *at <= now).cloned() {
            self.take_out(&id);
            self.settle(&id, now, round);
            self.line_up(&id, now);
        }
    }

    fn settle(&mut self, id: &Arc<str>, now: Timestamp, round: &mut Round) {
        if let Some(conversation) = self.conversations.get_mut(id) {
            let steps = conversation.terms.steps.len();
            conversation.settle(now, |step, at| {
                round.widened.push(widened(id, step, steps, at, false));
            });
        }
    }

    /// Skips a step nobody is waited for in, for good: steps only widen.
    fn skip(&mut self, id: &Arc<str>, now: Timestamp, round: &mut Round) {
        self.take_out(id);
        if let Some(conversation) = self.conversations.get_mut(id) {
            conversation.step += 1;
            conversation.step_since = now;
            let steps = conversation.terms.steps.len();
            let step = conversation.step;
            round.widened.push(widened(id, step, steps, now, true));
        }
        self.settle(id, now, round);
        self.line_up(id, now);
    }

    fn find_short(&mut self) {
        for pool in self.pools.take_shrunk() {
            let waiting = self.pools.get(pool).into_iter().flat_map(Pool::short);
            let found = waiting.filter_map(|id| self.conversations.get(id));
            self.short.extend(found.map(Conversation::turn));
        }
    }

    fn is_short(&self, id: &str) -> bool {
        let Some(Whereabouts::Waiting(spot)) = self.conversations.get(id).map(|one| &one.place)
        else {
            return false;
        };
        let available = spot
            .pool
            .and_then(|pool| self.pools.get(pool))
            .map(Pool::available);
        available
            .zip(spot.minimum)
            .is_some_and(|(available, minimum)| available < minimum)
    }

    /// Who would be offered a waiting conversation now.
    pub(super) fn choose(&mut self, id: &str) -> Option<Choice> {
        let conversation = self.conversations.get(id)?;
        let Whereabouts::Waiting(spot) = &conversation.place else {
            return None;
        };
        let key = self.lines.key(spot.line)?;
        self.effort.searches += 1;
        let looked_at = Cell::new(0);
        let slot = match key.scope {
            Scope::Agent(slot) => {
                looked_at.set(1);
                let agent = self.agents.get(slot as usize)?;
                agent.can_take(key.medium).then_some(slot)
            }
            Scope::Pool(pool) => self.choose_in(pool, key, conversation, &looked_at),
        };
        self.effort.candidates += looked_at.get();
        let slot = slot?;
        let agent = self.agents.get(slot as usize)?;
        Some(Choice {
            slot,
            score: score(conversation, agent),
            again: conversation
                .refused
                .get(&slot)
                .map_or(0, |refused| refused.times),
        })
    }

    fn choose_in(
        &self,
        pool: PoolId,
        key: &LineKey,
        conversation: &Conversation,
        looked_at: &Cell<u64>,
    ) -> Option<Slot> {
        let pool = self.pools.get(pool)?;
        let refused = |slot: &Slot| {
            key.barred.binary_search(slot).is_ok() || key.last_resort.binary_search(slot).is_ok()
        };
        let candidate = |slot: Slot| {
            looked_at.set(looked_at.get() + 1);
            let agent = self.agents.get(slot as usize)?;
            (agent.can_take(key.medium) && pool.contains(slot)).then_some(agent)
        };
        let preferred = conversation
            .terms
            .preferences
            .iter()
            .filter_map(|preference| {
                let slot = *self.slots.get(preference.agent.as_str())?;
                let agent = candidate(slot).filter(|_| !refused(&slot))?;
                Some((Reverse(preference.score), &agent.standing.idle))
            })
            .min();
        if let Some((_, idle)) = preferred {
            return Some(idle.slot);
        }
        let longest_idle = pool
            .free(key.medium)
            .inspect(|_| looked_at.set(looked_at.get() + 1))
            .find(|idle| !refused(&idle.slot));
        if let Some(idle) = longest_idle {
            return Some(idle.slot);
        }
        key.last_resort
            .iter()
            .filter_map(|&slot| candidate(slot))
            .min_by_key(|agent| {
                let score = score(conversation, agent);
                (score.is_none(), Reverse(score), &agent.standing.idle)
            })
            .map(|agent| agent.slot)
    }

    fn offer(&mut self, id: &Arc<str>, choice: Choice, now: Timestamp) -> Option<Offer> {
        self.take_out(id);
        let conversation = self.conversations.get_mut(id)?;
        let agent = self.agents.get_mut(choice.slot as usize)?;
        let terms = &conversation.terms;
        let timeout = terms.offer_timeout.unwrap_or(self.settings.offer_timeout);
        let in_step = terms.wait_for.is_none() && conversation.step < terms.steps.len();
        let offer = Offer {
            id: OfferId(self.next_offer),
            conversation: id.to_string(),
            agent: agent.id.to_string(),
            made_at: now,
            deadline: later(now, timeout),
            step: in_step.then_some(conversation.step as u32),
            score: choice.score,
            again: choice.again,
        };
        self.next_offer += 1;
        conversation.place = Whereabouts::Offered(offer.id);
        agent.offers.insert(offer.id);
        agent.load.add(conversation.medium);
        self.deadlines.insert((offer.deadline, offer.id));
        self.offers.insert(offer.id, offer.clone());
        self.restand(choice.slot);
        Some(offer)
    }
}

/// How much the policy prefers an agent; the best where it says so twice.
fn score(conversation: &Conversation, agent: &AgentState) -> Option<u8> {
    let preferences = conversation.terms.preferences.iter();
    preferences
        .filter(|preference| *preference.agent == *agent.id)
        .map(|preference| preference.score)
        .max()
}

fn widened(id: &str, step: usize, steps: usize, at: Timestamp, skipped: bool) -> Widened {
    Widened {
        conversation: id.to_owned(),
        step: (step < steps).then_some(step as u32),
        at,
        skipped,
    }
}
