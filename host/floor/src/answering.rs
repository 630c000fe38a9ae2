//! What becomes of an offer.

use std::sync::Arc;

use jiff::Timestamp;

use super::conversation::{Hold, Refused, Whereabouts, later};
use super::offer::{Assignment, ClosedOffer, Offer, OfferId, OfferState, Refusal};
use super::slots::Slot;
use super::{Floor, FloorError};

impl Floor {
    /// The agent takes the conversation.
    ///
    /// # Errors
    /// Where the offer is not open, or its time has run out.
    pub fn accept(&mut self, offer: OfferId, now: Timestamp) -> Result<Assignment, FloorError> {
        self.check_open(offer, now)?;
        let (offer, slot) = self.close(offer).ok_or(FloorError::UnknownOffer(offer))?;
        let id: Arc<str> = offer.conversation.as_str().into();
        if let Some(conversation) = self.conversations.get_mut(&id) {
            conversation.terms.wait_for = None;
            conversation.refused.clear();
        }
        self.hold(&id, slot, now);
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

    /// The agent will not take the conversation: it waits again, with its age.
    ///
    /// # Errors
    /// Where the offer is not open, or its time has run out.
    pub fn decline(&mut self, offer: OfferId, now: Timestamp) -> Result<Refusal, FloorError> {
        self.check_open(offer, now)?;
        let mut refusal = self
            .refuse(offer, OfferState::Declined, now, now)
            .ok_or(FloorError::UnknownOffer(offer))?;
        refusal.alone = self.is_alone(&refusal);
        Ok(refusal)
    }

    /// Closes the offers whose time has run out, each at its deadline. Their
    /// conversations wait again, with their age; their agents are not
    /// responding until their presence is set again.
    pub fn time_out(&mut self, now: Timestamp) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        while let Some(&(deadline, offer)) = self.deadlines.first().filter(|(at, _)| *at <= now) {
            refusals.extend(self.refuse(offer, OfferState::TimedOut, deadline, now));
        }
        for index in 0..refusals.len() {
            // Only now: who timed out at the same time is no help.
            if let Some(alone) = refusals.get(index).map(|refusal| self.is_alone(refusal))
                && let Some(refusal) = refusals.get_mut(index)
            {
                refusal.alone = alone;
            }
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
        let (offer, slot) = self.close(offer)?;
        if state == OfferState::TimedOut
            && let Some(agent) = self.agents.get_mut(slot as usize)
        {
            agent.record.not_responding = true;
        }
        self.restand(slot);
        let id: Arc<str> = offer.conversation.as_str().into();
        let conversation = self.conversations.get_mut(&id)?;
        conversation.stop_waiting_for(at);
        let before = conversation
            .refused
            .get(&slot)
            .map_or(0, |refused| refused.times);
        let times = before.saturating_add(1);
        let again_at = later(at, self.settings.back_off.after(times));
        conversation
            .refused
            .insert(slot, Refused { times, again_at });
        let since = conversation.since;
        self.line_up(&id, now);
        Some(Refusal {
            closed: ClosedOffer { offer, state, at },
            since,
            again_at,
            alone: false,
        })
    }

    fn is_alone(&mut self, refusal: &Refusal) -> bool {
        self.choose(&refusal.closed.offer.conversation)
            .is_none_or(|choice| choice.again > 0)
    }

    /// Closes an open offer and frees what it held. The caller has the indexes
    /// follow, and says where the conversation is instead.
    pub(super) fn close(&mut self, id: OfferId) -> Option<(Offer, Slot)> {
        let offer = self.offers.remove(&id)?;
        self.deadlines.remove(&(offer.deadline, id));
        let slot = *self.slots.get(offer.agent.as_str())?;
        let medium = self.conversations.get(offer.conversation.as_str())?.medium;
        let agent = self.agents.get_mut(slot as usize)?;
        agent.offers.remove(&id);
        agent.load.subtract(medium);
        Some((offer, slot))
    }

    /// Gives a conversation that is in no index to an agent, who works on it.
    pub(super) fn hold(&mut self, id: &Arc<str>, slot: Slot, now: Timestamp) {
        if let Some(conversation) = self.conversations.get_mut(id)
            && let Some(agent) = self.agents.get_mut(slot as usize)
        {
            conversation.place = Whereabouts::Held(slot, Hold::Active);
            agent.held.insert(Arc::clone(id));
            agent.load.add(conversation.medium);
            agent.record.idle_since = Some(now);
        }
        self.restand(slot);
    }
}
