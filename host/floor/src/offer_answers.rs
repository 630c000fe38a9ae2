//! Answers to offers: accepted, declined, timed out.

use std::sync::Arc;

use jiff::Timestamp;

use super::conversation::{Hold, PlacementState, PriorRefusals, add_seconds};
use super::ids::AgentSlot;
use super::offer::{Assignment, ClosedOffer, Offer, OfferId, OfferState, Refusal};
use super::{Floor, FloorError};

impl Floor {
    /// Accepts an offer: the agent holds the conversation.
    ///
    /// # Errors
    /// [`FloorError::UnknownOffer`], [`FloorError::OfferTooLate`].
    pub fn accept(&mut self, offer: OfferId, now: Timestamp) -> Result<Assignment, FloorError> {
        self.check_open(offer, now)?;
        let (offer, slot) = self
            .close_offer(offer)
            .ok_or(FloorError::UnknownOffer(offer))?;
        let id: Arc<str> = offer.conversation.as_str().into();
        self.start_work(&id, slot, now);
        Ok(Assignment {
            conversation: offer.conversation.clone(),
            agent: offer.agent.clone(),
            exceeds_capacity: false,
            present: true,
            previous: None,
            closed: Some(ClosedOffer {
                offer,
                state: OfferState::Accepted,
                at: now,
            }),
        })
    }

    /// Declines an offer: the conversation waits again, with its age.
    ///
    /// # Errors
    /// [`FloorError::UnknownOffer`], [`FloorError::OfferTooLate`].
    pub fn decline(&mut self, offer: OfferId, now: Timestamp) -> Result<Refusal, FloorError> {
        self.check_open(offer, now)?;
        let mut refusal = self
            .refuse(offer, OfferState::Declined, now, now)
            .ok_or(FloorError::UnknownOffer(offer))?;
        refusal.alone = self.is_alone(&refusal);
        Ok(refusal)
    }

    /// Closes the offers whose deadline has passed, each at its deadline. Their
    /// conversations wait again, with their age; their agents are not
    /// responding until their presence is set again.
    pub fn time_out(&mut self, now: Timestamp) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        while let Some(&(deadline, offer)) = self.deadlines.first().filter(|(at, _)| *at <= now) {
            refusals.extend(self.refuse(offer, OfferState::TimedOut, deadline, now));
        }
        // Last: agents who timed out at the same time are no candidates.
        for refusal in &mut refusals {
            refusal.alone = self.is_alone(refusal);
        }
        refusals
    }

    fn check_open(&self, id: OfferId, now: Timestamp) -> Result<(), FloorError> {
        let offer = self.offers.get(&id).ok_or(FloorError::UnknownOffer(id))?;
        if offer.deadline <= now {
            return Err(FloorError::OfferTooLate {
                offer: id,
                deadline: offer.deadline,
            });
        }
        Ok(())
    }

    fn refuse(
        &mut self,
        offer: OfferId,
        state: OfferState,
        at: Timestamp,
        now: Timestamp,
    ) -> Option<Refusal> {
        let (offer, slot) = self.close_offer(offer)?;
        if state == OfferState::TimedOut
            && let Some(agent) = self.agents.get_mut(slot)
        {
            agent.record.not_responding = true;
        }
        self.update_availability(slot);
        let id: Arc<str> = offer.conversation.as_str().into();
        let conversation = self.conversations.get_mut(&id)?;
        conversation.end_wait(at);
        let refused = conversation.refused.get(&slot);
        let times = refused.map_or(1, |refused| refused.times.saturating_add(1));
        let again_at = add_seconds(at, self.settings.back_off.after(times));
        let refused = PriorRefusals { times, again_at };
        conversation.refused.insert(slot, refused);
        let since = conversation.since;
        self.insert_waiting(&id, now);
        Some(Refusal {
            closed: ClosedOffer { offer, state, at },
            since,
            again_at,
            alone: false,
        })
    }

    fn is_alone(&mut self, refusal: &Refusal) -> bool {
        self.find_candidate(&refusal.closed.offer.conversation)
            .is_none_or(|candidate| candidate.again > 0)
    }

    /// Closes an open offer and frees its capacity. The caller updates the
    /// agent's availability and places the conversation.
    pub(super) fn close_offer(&mut self, id: OfferId) -> Option<(Offer, AgentSlot)> {
        let offer = self.offers.remove(&id)?;
        self.deadlines.remove(&(offer.deadline, id));
        let slot = *self.slots.get(offer.agent.as_str())?;
        let conversation = self.conversations.get(offer.conversation.as_str())?;
        let agent = self.agents.get_mut(slot)?;
        agent.offers.remove(&id);
        let queue = &conversation.terms.queue;
        agent.load.subtract(conversation.class, queue);
        Some((offer, slot))
    }

    /// Assigns a detached conversation to an agent, as active; ends its wait
    /// and forgets refusals.
    pub(super) fn start_work(&mut self, id: &Arc<str>, slot: AgentSlot, now: Timestamp) {
        if let Some(conversation) = self.conversations.get_mut(id)
            && let Some(agent) = self.agents.get_mut(slot)
        {
            conversation.terms.wait_for = None;
            conversation.refused.clear();
            conversation.place = PlacementState::Held(slot, Hold::Active);
            agent.held.insert(Arc::clone(id));
            agent
                .load
                .add(conversation.class, &conversation.terms.queue);
            agent.record.idle_since = Some(now);
            self.worked.insert(Arc::clone(&agent.id));
        }
        self.update_availability(slot);
    }
}
