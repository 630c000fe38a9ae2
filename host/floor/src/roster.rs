//! The roster: agents, their profiles and presence.

use std::sync::Arc;

use jiff::Timestamp;
use patchbay_model::directory::Presence;

use super::agent::{AgentRecord, AgentState};
use super::agent_profile::AgentProfile;
use super::conversation::{Hold, PlacementState};
use super::ids::AgentSlot;
use super::offer::ClosedOffer;
use super::{Floor, FloorError};

/// Result of [`Floor::put_agent`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RosterChange {
    /// The agent is new, and offline until [`Floor::set_presence`].
    Added,
    /// The agent's profile changed; presence and conversations did not.
    Changed,
}

/// Result of [`Floor::set_presence`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceChange {
    /// The previous presence.
    pub before: Presence,
    /// Whether the agent was not responding until now.
    pub was_not_responding: bool,
    /// Open offers, `rescinded` because the agent left; their conversations
    /// wait again with their age.
    pub rescinded: Vec<ClosedOffer>,
}

impl Floor {
    /// Adds an agent or replaces their profile. Open offers and held
    /// conversations are not affected.
    ///
    /// # Errors
    /// [`FloorError::UnknownQueue`], [`FloorError::Proficiency`],
    /// [`FloorError::LimitedChannels`].
    pub fn put_agent(
        &mut self,
        profile: AgentProfile,
        now: Timestamp,
    ) -> Result<RosterChange, FloorError> {
        let (record, change) = match self.agent_state(&profile.id) {
            Ok(agent) => {
                let record = agent.record.clone();
                (AgentRecord { profile, ..record }, RosterChange::Changed)
            }
            Err(_) => {
                let record = AgentRecord {
                    profile,
                    presence: Presence::Offline,
                    not_responding: false,
                    idle_since: None,
                    available_since: None,
                };
                (record, RosterChange::Added)
            }
        };
        let known = self.rules.knows_channels_of(&record.profile);
        self.insert_agent(record)?;
        if !known {
            self.reclassify(now);
        }
        Ok(change)
    }

    /// Removes an agent. Conversations that waited for them alone begin their
    /// steps.
    ///
    /// # Errors
    /// [`FloorError::UnknownAgent`]; [`FloorError::AgentHasWork`] while they
    /// hold conversations or have open offers.
    pub fn remove_agent(&mut self, agent: &str, now: Timestamp) -> Result<(), FloorError> {
        let slot = self.slot(agent)?;
        let Some(state) = self.agents.get_mut(slot) else {
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
        state.removed = true;
        let groups = state.groups.clone();
        self.update_availability(slot);
        self.update_membership(slot, Vec::new());
        for group in groups {
            for id in self.groups.waiting(group) {
                self.remove_waiting(&id);
                self.insert_waiting(&id, now);
            }
        }
        Ok(())
    }

    /// Sets an agent's presence and makes them responding again. Away and
    /// offline rescind their open offers; held conversations stay theirs until
    /// [`Floor::release_all`].
    pub fn set_presence(
        &mut self,
        agent: &str,
        presence: Presence,
        now: Timestamp,
    ) -> Result<PresenceChange, FloorError> {
        let slot = self.slot(agent)?;
        let Some(state) = self.agents.get_mut(slot) else {
            return Err(FloorError::UnknownAgent(agent.to_owned()));
        };
        let was_available = state.record.is_available();
        let before = std::mem::replace(&mut state.record.presence, presence);
        let was_not_responding = std::mem::take(&mut state.record.not_responding);
        if !was_available && state.record.is_available() {
            state.record.available_since = Some(now);
        }
        self.update_availability(slot);
        let mut rescinded = Vec::new();
        if !presence.is_present() {
            rescinded = self.rescind_all(slot, now);
            self.end_presence_waits(slot, now);
        }
        Ok(PresenceChange {
            before,
            was_not_responding,
            rescinded,
        })
    }

    /// Ends the waits for an agent who left, except those with
    /// [`while_away`](super::AgentWait::while_away).
    fn end_presence_waits(&mut self, slot: AgentSlot, now: Timestamp) {
        let groups = self.agents.get(slot).map(|agent| agent.groups.clone());
        for group in groups.into_iter().flatten() {
            for id in self.groups.waiting(group) {
                let wait = self.conversations.get(&id);
                let wait = wait.and_then(|one| one.terms.wait_for.as_ref());
                if wait.is_none_or(|wait| wait.while_away) {
                    continue;
                }
                self.remove_waiting(&id);
                if let Some(conversation) = self.conversations.get_mut(&id) {
                    conversation.end_wait(now);
                }
                self.insert_waiting(&id, now);
            }
        }
    }

    /// Adds an agent or replaces their record; an id keeps its slot.
    pub(super) fn insert_agent(&mut self, record: AgentRecord) -> Result<(), FloorError> {
        let queues = self.queues.values().map(|state| &state.queue);
        let queues = record.profile.memberships(queues)?;
        if !self.rules.knows_channels_of(&record.profile) {
            self.rules.add_channels_of(&record.profile)?;
            for slot in 0..self.agents.len() {
                self.update_availability(slot);
            }
        }
        let known = self.slots.get(record.profile.id.as_str()).copied();
        let slot = known.unwrap_or(self.agents.len());
        if let Some(agent) = self.agents.get_mut(slot) {
            self.properties
                .remove(slot, &agent.record.profile, &agent.queues);
            agent.record = record;
            agent.removed = false;
        } else {
            let agent = AgentState::new(record, slot, &self.rules);
            self.slots.insert(Arc::clone(&agent.id), slot);
            self.agents.push(agent);
        }
        self.update_availability(slot);
        self.update_membership(slot, queues);
        Ok(())
    }

    /// Moves conversations to the class of their channel after a further channel
    /// got a limit.
    fn reclassify(&mut self, now: Timestamp) {
        let mut waiting = Vec::new();
        for (id, one) in &self.conversations {
            let class = self.rules.class_of(&one.channel, one.visibility);
            if class == one.class {
                continue;
            }
            let slot = match &one.place {
                PlacementState::Waiting(_) => {
                    waiting.push((Arc::clone(id), class));
                    continue;
                }
                PlacementState::Held(_, Hold::Parked) => None,
                PlacementState::Held(slot, _) => Some(*slot),
                PlacementState::Offered(offer) => {
                    let offer = self.offers.get(offer);
                    offer.and_then(|offer| self.slots.get(offer.agent.as_str()).copied())
                }
            };
            if let Some(agent) = slot.and_then(|slot| self.agents.get_mut(slot)) {
                let queue = &one.terms.queue;
                agent.load.subtract(one.class, queue);
                agent.load.add(class, queue);
            }
        }
        for one in self.conversations.values_mut() {
            if !matches!(one.place, PlacementState::Waiting(_)) {
                one.class = self.rules.class_of(&one.channel, one.visibility);
            }
        }
        // Loads moved: before the groups of the new classes search for an agent.
        for slot in 0..self.agents.len() {
            self.update_availability(slot);
        }
        for (id, class) in waiting {
            self.remove_waiting(&id);
            if let Some(one) = self.conversations.get_mut(&id) {
                one.class = class;
            }
            self.insert_waiting(&id, now);
        }
    }

    /// Updates the indexes after a change of an agent's profile or queues. The
    /// property index has no entry of the agent, unless they were removed.
    fn update_membership(&mut self, slot: AgentSlot, queues: Vec<String>) {
        let Some(agent) = self.agents.get_mut(slot) else {
            return;
        };
        let profile = &agent.record.profile;
        if agent.removed {
            self.properties.remove(slot, profile, &agent.queues);
        } else {
            self.properties.insert(slot, profile, &queues);
        }
        agent.queues = queues;
        let mut woken = Vec::new();
        self.pools.update_membership(agent, &mut woken);
        for group in woken {
            self.groups.wake(group);
        }
    }
}
