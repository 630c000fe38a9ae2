//! Conversations an agent holds: given by hand, parked, wrapped up, handed on,
//! returned and released.

use std::sync::Arc;

use jiff::Timestamp;

use super::conversation::{Hold, Place, Refused, Terms, Whereabouts, later};
use super::offer::{Assignment, ClosedOffer, OfferState};
use super::slots::Slot;
use super::{Floor, FloorError};

/// A conversation that left the floor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// The conversation.
    pub conversation: String,
    /// Where it was.
    pub from: Place,
    /// Since when it waited: its age.
    pub since: Timestamp,
    /// Its open offer, `cancelled`; absent where there was none.
    pub closed: Option<ClosedOffer>,
}

/// A conversation that waits on other terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transferred {
    /// The conversation.
    pub conversation: String,
    /// Where it was.
    pub from: Place,
    /// Since when it waits: its original age.
    pub since: Timestamp,
    /// Its open offer, `rescinded`; absent where there was none.
    pub closed: Option<ClosedOffer>,
}

/// A conversation that went from its agent back to its queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    /// The conversation.
    pub conversation: String,
    /// Since when it waits: its original age.
    pub since: Timestamp,
}

/// What was taken from an agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentCleared {
    /// Conversations that wait in their queue again, by id.
    pub returned: Vec<Returned>,
    /// Conversations that were being wrapped up and left the floor, by id.
    pub ended: Vec<String>,
    /// Their open offers, `rescinded`; those conversations wait again too.
    pub rescinded: Vec<ClosedOffer>,
}

impl Floor {
    /// Gives a conversation to an agent by hand, wherever it is and whether or
    /// not they have room, are there or qualify; the result says so.
    ///
    /// # Errors
    /// Where the conversation or the agent is unknown.
    pub fn assign(
        &mut self,
        conversation: &str,
        agent: &str,
        now: Timestamp,
    ) -> Result<Assignment, FloorError> {
        let slot = self.slot(agent)?;
        let id = Arc::clone(&self.conversation(conversation)?.id);
        let detached = self.detach(&id, OfferState::Rescinded, now);
        if let Some(conversation) = self.conversations.get_mut(&id) {
            conversation.terms.wait_for = None;
            conversation.refused.clear();
        }
        let exceeds_capacity = !self.has_room(&id, slot);
        self.hold(&id, slot, now);
        Ok(Assignment {
            conversation: id.to_string(),
            agent: agent.to_owned(),
            exceeds_capacity,
            present: self.is_present(slot),
            previous: detached.holder.and_then(|(slot, _)| self.name(slot)),
            closed: detached.closed,
        })
    }

    /// The customer is next: the agent keeps the conversation, but it holds no
    /// capacity.
    ///
    /// # Errors
    /// Where the conversation is unknown, or nobody holds it.
    pub fn park(&mut self, conversation: &str, now: Timestamp) -> Result<Assignment, FloorError> {
        self.change_hold(conversation, Hold::Parked, now)
    }

    /// The agent works on a parked or wrapping conversation again. A parked one
    /// may exceed their capacity; the result says so.
    ///
    /// # Errors
    /// Where the conversation is unknown, or nobody holds it.
    pub fn resume(&mut self, conversation: &str, now: Timestamp) -> Result<Assignment, FloorError> {
        self.change_hold(conversation, Hold::Active, now)
    }

    /// The agent is done but for the notes: capacity is held until
    /// [`Floor::release`].
    ///
    /// # Errors
    /// Where the conversation is unknown, or nobody holds it.
    pub fn wrap_up(
        &mut self,
        conversation: &str,
        now: Timestamp,
    ) -> Result<Assignment, FloorError> {
        self.change_hold(conversation, Hold::Wrapping, now)
    }

    /// The conversation leaves the floor: it is resolved, its wrap-up ended, or
    /// nobody needs to answer it any more.
    ///
    /// # Errors
    /// Where it is unknown.
    pub fn release(&mut self, conversation: &str, now: Timestamp) -> Result<Released, FloorError> {
        let found = self.conversation(conversation)?;
        let (id, since) = (Arc::clone(&found.id), found.since);
        let from = self.place_of(found);
        let detached = self.detach(&id, OfferState::Cancelled, now);
        self.finished(detached.holder, now);
        self.conversations.remove(&id);
        Ok(Released {
            conversation: id.to_string(),
            from,
            since,
            closed: detached.closed,
        })
    }

    /// Sends a conversation to a queue, or with [`Terms::wait_for`] to an
    /// agent, or routes it anew. It keeps its age and begins its steps. Whoever
    /// hands it on is not offered it while others fit, like one who declined;
    /// who declined before it was held is remembered only until then.
    ///
    /// # Errors
    /// Where the conversation, the queue or the agent is unknown, or a value is
    /// outside its range.
    pub fn transfer(
        &mut self,
        conversation: &str,
        terms: Terms,
        now: Timestamp,
    ) -> Result<Transferred, FloorError> {
        self.check_terms(&terms)?;
        let found = self.conversation(conversation)?;
        let (id, since) = (Arc::clone(&found.id), found.since);
        let from = self.place_of(found);
        let detached = self.detach(&id, OfferState::Rescinded, now);
        self.finished(detached.holder, now);
        let back_off = self.settings.back_off.after(1);
        let wanted = terms
            .wait_for
            .as_ref()
            .and_then(|wait| self.slot(&wait.agent).ok());
        if let Some(conversation) = self.conversations.get_mut(&id) {
            let refused = std::mem::take(&mut conversation.refused);
            conversation.begin(now);
            match detached.holder {
                None => conversation.refused = refused,
                // To send it to oneself, to come back to it, is no refusal.
                Some((slot, _)) if wanted != Some(slot) => {
                    let again_at = later(now, back_off);
                    conversation
                        .refused
                        .insert(slot, Refused { times: 1, again_at });
                }
                Some(_) => {}
            }
            conversation.terms = terms;
        }
        self.line_up(&id, now);
        Ok(Transferred {
            conversation: id.to_string(),
            from,
            since,
            closed: detached.closed,
        })
    }

    /// Takes a conversation from its agent; it waits in its queue again, with
    /// its age, and begins its steps.
    ///
    /// # Errors
    /// Where it is unknown, or nobody holds it.
    pub fn requeue(&mut self, conversation: &str, now: Timestamp) -> Result<Returned, FloorError> {
        let found = self.conversation(conversation)?;
        if !matches!(found.place, Whereabouts::Held(..)) {
            return Err(FloorError::NotHeld(conversation.to_owned()));
        }
        let (id, since) = (Arc::clone(&found.id), found.since);
        self.detach(&id, OfferState::Rescinded, now);
        if let Some(conversation) = self.conversations.get_mut(&id) {
            conversation.begin(now);
        }
        self.line_up(&id, now);
        Ok(Returned {
            conversation: id.to_string(),
            since,
        })
    }

    /// Takes everything from an agent, as when they went offline: what they
    /// hold waits in its queue again with its age, what they wrapped up is
    /// done, and what was on offer is taken back.
    ///
    /// # Errors
    /// Where the agent is unknown.
    pub fn release_all(&mut self, agent: &str, now: Timestamp) -> Result<AgentCleared, FloorError> {
        let slot = self.slot(agent)?;
        let mut cleared = AgentCleared {
            rescinded: self.rescind_all(slot, now),
            ..AgentCleared::default()
        };
        for holding in self.conversations_of(agent)? {
            if holding.hold == Hold::Wrapping {
                let released = self.release(&holding.conversation, now)?;
                cleared.ended.push(released.conversation);
            } else {
                let returned = self.requeue(&holding.conversation, now)?;
                cleared.returned.push(returned);
            }
        }
        Ok(cleared)
    }

    /// Takes back what is on offer to an agent.
    pub(super) fn rescind_all(&mut self, slot: Slot, now: Timestamp) -> Vec<ClosedOffer> {
        let offers = self
            .agents
            .get(slot as usize)
            .map(|agent| agent.offers.clone());
        let mut rescinded = Vec::new();
        for offer in offers.into_iter().flatten() {
            let Some(offer) = self.offers.get(&offer) else {
                continue;
            };
            let id: Arc<str> = offer.conversation.as_str().into();
            let detached = self.detach(&id, OfferState::Rescinded, now);
            rescinded.extend(detached.closed);
            self.line_up(&id, now);
        }
        rescinded
    }

    fn change_hold(
        &mut self,
        conversation: &str,
        to: Hold,
        now: Timestamp,
    ) -> Result<Assignment, FloorError> {
        let found = self.conversation(conversation)?;
        let Whereabouts::Held(slot, from) = found.place else {
            return Err(FloorError::NotHeld(conversation.to_owned()));
        };
        let (id, medium) = (Arc::clone(&found.id), found.medium);
        let takes_room = from == Hold::Parked && to != Hold::Parked;
        let exceeds_capacity = takes_room && !self.has_room(&id, slot);
        if let Some(agent) = self.agents.get_mut(slot as usize) {
            if takes_room {
                agent.load.add(medium);
                agent.record.idle_since = Some(now);
            } else if from != Hold::Parked && to == Hold::Parked {
                agent.load.subtract(medium);
            }
        }
        if let Some(conversation) = self.conversations.get_mut(&id) {
            conversation.place = Whereabouts::Held(slot, to);
        }
        self.restand(slot);
        Ok(Assignment {
            conversation: id.to_string(),
            agent: self.name(slot).unwrap_or_default(),
            exceeds_capacity,
            present: self.is_present(slot),
            previous: None,
            closed: None,
        })
    }

    fn finished(&mut self, holder: Option<(Slot, Hold)>, now: Timestamp) {
        if let Some((slot, _)) = holder {
            if let Some(agent) = self.agents.get_mut(slot as usize) {
                agent.record.idle_since = Some(now);
            }
            self.restand(slot);
        }
    }

    fn has_room(&self, id: &str, slot: Slot) -> bool {
        let medium = self.conversations.get(id).map(|one| one.medium);
        let agent = self.agents.get(slot as usize);
        medium.zip(agent).is_some_and(|(medium, agent)| {
            let total = agent.record.profile.capacity;
            agent.load.fits(&self.settings.capacity, total, medium)
        })
    }

    fn is_present(&self, slot: Slot) -> bool {
        let agent = self.agents.get(slot as usize);
        agent.is_some_and(|agent| agent.record.presence.is_present())
    }
}
