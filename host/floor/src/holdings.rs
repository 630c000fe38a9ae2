//! Conversations that agents hold: assign, set the hold state, transfer,
//! requeue and release.

use std::sync::Arc;

use jiff::Timestamp;

use super::conversation::{
    Hold, Placement, PlacementState, PriorRefusals, RoutingTerms, add_seconds,
};
use super::ids::AgentSlot;
use super::offer::{Assignment, ClosedOffer, OfferState};
use super::{Floor, FloorError};

/// Result of [`Floor::release`], [`Floor::transfer`] and [`Floor::requeue`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetachReport {
    /// Id of the conversation.
    pub conversation: String,
    /// Where it was.
    pub from: Placement,
    /// Its original age.
    pub since: Timestamp,
    /// Its open offer, if any: `cancelled` by a release, otherwise `rescinded`.
    pub closed: Option<ClosedOffer>,
}

/// Result of [`Floor::release_all`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleaseAllReport {
    /// Conversations that wait in their queue again, by id.
    pub returned: Vec<DetachReport>,
    /// Ids of conversations in wrap-up, now released.
    pub ended: Vec<String>,
    /// Open offers, now `rescinded`; their conversations wait again.
    pub rescinded: Vec<ClosedOffer>,
}

/// A detached conversation: its id, its holder, and the report.
type TakenConversation = (Arc<str>, Option<(AgentSlot, Hold)>, DetachReport);

impl Floor {
    /// Assigns a conversation to an agent manually, wherever it is. Capacity,
    /// presence and skills do not prevent it; the result reports the first two.
    pub fn assign(
        &mut self,
        conversation: &str,
        agent: &str,
        now: Timestamp,
    ) -> Result<Assignment, FloorError> {
        let slot = self.slot(agent)?;
        let id = Arc::clone(&self.conversation(conversation)?.id);
        let detached = self.detach(&id, OfferState::Rescinded, now);
        let exceeds_capacity = !self.has_capacity_for(&id, slot);
        self.start_work(&id, slot, now);
        Ok(Assignment {
            exceeds_capacity,
            previous: detached.holder.map(|(slot, _)| self.agent_id(slot)),
            closed: detached.closed,
            ..self.assignment(&id, slot)
        })
    }

    /// Sets the state of a held conversation. Parking frees its capacity; a
    /// parked one that is resumed may exceed the agent's capacity, and the
    /// result reports it.
    ///
    /// # Errors
    /// [`FloorError::UnknownConversation`], [`FloorError::NotHeld`].
    pub fn set_hold(
        &mut self,
        conversation: &str,
        to: Hold,
        now: Timestamp,
    ) -> Result<Assignment, FloorError> {
        let found = self.conversation(conversation)?;
        let PlacementState::Held(slot, from) = found.place else {
            return Err(FloorError::NotHeld(conversation.to_owned()));
        };
        let (id, class) = (Arc::clone(&found.id), found.class);
        let queue = found.terms.queue.clone();
        let takes_capacity = from == Hold::Parked && to != Hold::Parked;
        let exceeds_capacity = takes_capacity && !self.has_capacity_for(&id, slot);
        if let Some(agent) = self.agents.get_mut(slot) {
            if takes_capacity {
                agent.load.add(class, &queue);
                agent.record.idle_since = Some(now);
                self.worked.insert(Arc::clone(&agent.id));
            } else if from != Hold::Parked && to == Hold::Parked {
                agent.load.subtract(class, &queue);
            }
        }
        if let Some(conversation) = self.conversations.get_mut(&id) {
            conversation.place = PlacementState::Held(slot, to);
        }
        self.update_availability(slot);
        Ok(Assignment {
            exceeds_capacity,
            ..self.assignment(&id, slot)
        })
    }

    /// Removes a conversation from the floor: it is resolved, its wrap-up has
    /// ended, or it needs no answer.
    pub fn release(
        &mut self,
        conversation: &str,
        now: Timestamp,
    ) -> Result<DetachReport, FloorError> {
        let (id, holder, report) = self.take(conversation, OfferState::Cancelled, now)?;
        self.record_idle_start(holder, now);
        self.conversations.remove(&id);
        Ok(report)
    }

    /// Returns a conversation to waiting on new terms, from the first step and
    /// with its age: a transfer to a queue or, with
    /// [`RoutingTerms::wait_for`], to an agent, or a new route. An agent who
    /// held it counts as having refused it once, except in a transfer to
    /// themselves; that replaces earlier refusals.
    ///
    /// # Errors
    /// An unknown conversation, queue or awaited agent, or a value outside its
    /// range.
    pub fn transfer(
        &mut self,
        conversation: &str,
        terms: RoutingTerms,
        now: Timestamp,
    ) -> Result<DetachReport, FloorError> {
        self.check_terms(&terms)?;
        let (id, holder, report) = self.take(conversation, OfferState::Rescinded, now)?;
        self.record_idle_start(holder, now);
        let again_at = add_seconds(now, self.settings.back_off.after(1));
        let target = terms
            .wait_for
            .as_ref()
            .and_then(|wait| self.slot(&wait.agent).ok());
        if let Some(conversation) = self.conversations.get_mut(&id) {
            let refused = std::mem::take(&mut conversation.refused);
            conversation.restart_steps(now);
            match holder {
                None => conversation.refused = refused,
                Some((slot, _)) if target != Some(slot) => {
                    let refusal = PriorRefusals { times: 1, again_at };
                    conversation.refused.insert(slot, refusal);
                }
                Some(_) => {}
            }
            conversation.terms = terms;
        }
        self.insert_waiting(&id, now);
        Ok(report)
    }

    /// Returns a held conversation to its queue, with its age and from the
    /// first step.
    ///
    /// # Errors
    /// [`FloorError::UnknownConversation`], [`FloorError::NotHeld`].
    pub fn requeue(
        &mut self,
        conversation: &str,
        now: Timestamp,
    ) -> Result<DetachReport, FloorError> {
        let found = self.conversation(conversation)?;
        if !matches!(found.place, PlacementState::Held(..)) {
            return Err(FloorError::NotHeld(conversation.to_owned()));
        }
        let (id, _, report) = self.take(conversation, OfferState::Rescinded, now)?;
        if let Some(conversation) = self.conversations.get_mut(&id) {
            conversation.restart_steps(now);
        }
        self.insert_waiting(&id, now);
        Ok(report)
    }

    /// Takes all conversations from an agent, as when they go offline: rescinds
    /// open offers, releases conversations in wrap-up and requeues the others.
    pub fn release_all(
        &mut self,
        agent: &str,
        now: Timestamp,
    ) -> Result<ReleaseAllReport, FloorError> {
        let slot = self.slot(agent)?;
        let mut report = ReleaseAllReport {
            rescinded: self.rescind_all(slot, now),
            ..ReleaseAllReport::default()
        };
        for held in self.conversations_of(agent)? {
            if held.hold == Hold::Wrapping {
                let released = self.release(&held.conversation, now)?;
                report.ended.push(released.conversation);
            } else {
                let requeued = self.requeue(&held.conversation, now)?;
                report.returned.push(requeued);
            }
        }
        Ok(report)
    }

    /// Rescinds an agent's open offers; their conversations wait again.
    pub(super) fn rescind_all(&mut self, slot: AgentSlot, now: Timestamp) -> Vec<ClosedOffer> {
        let offers = self.agents.get(slot).map(|agent| agent.offers.clone());
        let mut rescinded = Vec::new();
        for offer in offers.into_iter().flatten() {
            let Some(offer) = self.offers.get(&offer) else {
                continue;
            };
            let id: Arc<str> = offer.conversation.as_str().into();
            let detached = self.detach(&id, OfferState::Rescinded, now);
            rescinded.extend(detached.closed);
            self.insert_waiting(&id, now);
        }
        rescinded
    }

    /// Detaches a conversation; also returns its holder.
    fn take(
        &mut self,
        conversation: &str,
        state: OfferState,
        now: Timestamp,
    ) -> Result<TakenConversation, FloorError> {
        let found = self.conversation(conversation)?;
        let id = Arc::clone(&found.id);
        let (from, since) = (self.placement_of(found), found.since);
        let detached = self.detach(&id, state, now);
        let report = DetachReport {
            conversation: id.to_string(),
            from,
            since,
            closed: detached.closed,
        };
        Ok((id, detached.holder, report))
    }

    fn assignment(&self, id: &str, slot: AgentSlot) -> Assignment {
        let agent = self.agents.get(slot);
        Assignment {
            conversation: id.to_owned(),
            agent: self.agent_id(slot),
            exceeds_capacity: false,
            present: agent.is_some_and(|agent| agent.record.presence.is_present()),
            previous: None,
            closed: None,
        }
    }

    /// Restarts the idle time of an agent whose conversation was taken.
    fn record_idle_start(&mut self, holder: Option<(AgentSlot, Hold)>, now: Timestamp) {
        if let Some((slot, _)) = holder {
            if let Some(agent) = self.agents.get_mut(slot) {
                agent.record.idle_since = Some(now);
                self.worked.insert(Arc::clone(&agent.id));
            }
            self.update_availability(slot);
        }
    }

    fn has_capacity_for(&self, id: &str, slot: AgentSlot) -> bool {
        let conversation = self.conversations.get(id);
        let agent = self.agents.get(slot);
        conversation.zip(agent).is_some_and(|(one, agent)| {
            let (rules, profile) = (&self.rules, &agent.record.profile);
            agent.load.fits(rules, profile, one.class)
                && !agent.load.is_full(rules, profile, &one.terms.queue)
        })
    }
}
