//! Who is on the floor, and whether they are there.

use std::sync::Arc;

use jiff::Timestamp;
use patchbay_model::directory::Presence;

use super::agent::{AgentProfile, AgentRecord, AgentState, membership};
use super::offer::ClosedOffer;
use super::slots::Slot;
use super::{Floor, FloorError};

/// What became of a roster entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RosterChange {
    /// The agent is new, and offline until their presence is set.
    Added,
    /// The agent was there; presence and what they hold stay.
    Changed,
}

/// What setting a presence did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceChange {
    /// The presence before.
    pub before: Presence,
    /// Whether the agent was not responding, and is back now.
    pub was_not_responding: bool,
    /// Their open offers, `rescinded` because they left; the conversations
    /// wait again with their age.
    pub rescinded: Vec<ClosedOffer>,
}

impl Floor {
    /// Adds an agent, or changes what the roster says of one. Open offers
    /// stand, and what they hold they keep.
    ///
    /// # Errors
    /// Where they name an unknown queue, or a proficiency is not 1 to 5.
    pub fn put_agent(&mut self, profile: AgentProfile) -> Result<RosterChange, FloorError> {
        let record = |presence, idle_since, not_responding, profile| AgentRecord {
            profile,
            presence,
            not_responding,
            idle_since,
        };
        let Ok(slot) = self.slot(&profile.id) else {
            self.enter(record(Presence::Offline, None, false, profile))?;
            return Ok(RosterChange::Added);
        };
        let known = self.agents.get(slot as usize).map(|agent| &agent.record);
        if let Some(known) = known {
            let known = (known.presence, known.idle_since, known.not_responding);
            self.enter(record(known.0, known.1, known.2, profile))?;
        }
        Ok(RosterChange::Changed)
    }

    /// Takes an agent off the roster. Conversations that waited for nobody but
    /// them wait for anybody.
    ///
    /// # Errors
    /// Where they are unknown, hold conversations or have open offers.
    pub fn remove_agent(&mut self, agent: &str, now: Timestamp) -> Result<(), FloorError> {
        let slot = self.slot(agent)?;
        let Some(state) = self.agents.get_mut(slot as usize) else {
            return Err(FloorError::UnknownAgent(agent.to_owned()));
        };
        let conversations = state.held.len() + state.offers.len();
        if conversations > 0 {
            let agent = agent.to_owned();
            return Err(FloorError::AgentHasWork {
                agent,
                conversations,
            });
        }
        state.gone = true;
        let waited = state.lines.clone();
        self.restand(slot);
        self.readmit(slot, Vec::new());
        for line in waited {
            for id in self.lines.waiting(line) {
                self.take_out(&id);
                self.line_up(&id, now);
            }
        }
        Ok(())
    }

    /// Sets an agent's presence; whoever was not responding is back. Going away
    /// or offline takes back their open offers; what they hold they keep until
    /// [`Floor::release_all`].
    ///
    /// # Errors
    /// Where they are unknown.
    pub fn set_presence(
        &mut self,
        agent: &str,
        presence: Presence,
        now: Timestamp,
    ) -> Result<PresenceChange, FloorError> {
        let slot = self.slot(agent)?;
        let Some(state) = self.agents.get_mut(slot as usize) else {
            return Err(FloorError::UnknownAgent(agent.to_owned()));
        };
        let before = std::mem::replace(&mut state.record.presence, presence);
        let was_not_responding = std::mem::take(&mut state.record.not_responding);
        self.restand(slot);
        let rescinded = if presence.is_present() {
            Vec::new()
        } else {
            let rescinded = self.rescind_all(slot, now);
            self.stop_waiting(slot, now);
            rescinded
        };
        Ok(PresenceChange {
            before,
            was_not_responding,
            rescinded,
        })
    }

    /// What waits for an agent only while they are there waits for anybody.
    fn stop_waiting(&mut self, slot: Slot, now: Timestamp) {
        let lines = self.agents.get(slot as usize);
        let lines = lines.map(|agent| agent.lines.clone());
        for line in lines.into_iter().flatten() {
            for id in self.lines.waiting(line) {
                let lapses = self
                    .conversations
                    .get(&id)
                    .and_then(|one| one.terms.wait_for.as_ref())
                    .is_some_and(|wait| !wait.while_away);
                if !lapses {
                    continue;
                }
                self.take_out(&id);
                if let Some(conversation) = self.conversations.get_mut(&id) {
                    conversation.stop_waiting_for(now);
                }
                self.line_up(&id, now);
            }
        }
    }

    /// Puts an agent on the floor as recorded, keeping the slot of one of the
    /// same id.
    pub(super) fn enter(&mut self, record: AgentRecord) -> Result<Slot, FloorError> {
        let queues = membership(
            &record.profile,
            self.queues.values().map(|state| &state.queue),
        )?;
        let known = self.slots.get(record.profile.id.as_str()).copied();
        let slot = known.unwrap_or(self.agents.len() as Slot);
        if let Some(agent) = known.and_then(|slot| self.agents.get_mut(slot as usize)) {
            self.postings
                .remove(slot, &agent.record.profile, &agent.queues);
            agent.record = record;
            agent.gone = false;
        } else {
            let agent = AgentState::new(record, slot, &self.settings.capacity);
            self.slots.insert(Arc::clone(&agent.id), slot);
            self.agents.push(agent);
        }
        self.restand(slot);
        self.readmit(slot, queues);
        Ok(slot)
    }

    /// Has the indexes follow an agent's profile and queues. Their properties
    /// are not entered any more at this point, unless they are new.
    fn readmit(&mut self, slot: Slot, queues: Vec<String>) {
        let Some(agent) = self.agents.get_mut(slot as usize) else {
            return;
        };
        if agent.gone {
            self.postings
                .remove(slot, &agent.record.profile, &agent.queues);
        }
        agent.queues = queues;
        if !agent.gone {
            self.postings
                .insert(slot, &agent.record.profile, &agent.queues);
        }
        let mut woken = Vec::new();
        self.pools.readmit(agent, &mut woken);
        for line in woken {
            self.lines.wake(line);
        }
    }
}
