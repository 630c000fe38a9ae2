//! A company's floor behind a lock, its unwritten events, and what policies see
//! of it.
//!
//! The floor decides who holds what, and changes at once. What happens to a
//! conversation is a *floor event*: the next pass over the conversation applies
//! its events in order and writes them with its commit. No caller learns of an
//! event before it is durable. After a crash the floor is loaded from what was
//! written: an unwritten event never happened.

mod directory_view;
mod floor_event;
mod loader;
mod overview;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use lru::LruCache;
use parking_lot::{Mutex, MutexGuard};
use patchbay_events::Departure;
use patchbay_floor::{
    AgentProfile, AgentRecord, AgentView, Arrival, Assignment, ConversationRecord, Floor,
    FloorError, FloorSettings, HeldConversation, Hold, Offer, OfferId, Placement, QueueView,
    RosterChange,
};
use patchbay_generations::Generation;
use patchbay_journal::{ConversationId, Slot};
use patchbay_model::desk::DeskRules;
use patchbay_model::directory::Presence;
use patchbay_records::snapshot::Snapshot;

pub use floor_event::{FloorEvent, FollowUp};
pub use loader::queues_of;
pub use overview::Incident;
pub use overview::IncidentPlace;
pub use overview::Overview;
pub use overview::WaitingApproval;

use directory_view::DirectoryView;
use patchbay_clock::SkippedTime;
use patchbay_records::roster::Agent;

/// A company's floor.
#[derive(Debug)]
pub struct CompanyFloor {
    state: Mutex<FloorState>,
    /// Time that did not pass although the clock moved.
    skipped: SkippedTime,
    directory_view: DirectoryView,
}

/// Offers whose conversation is remembered.
const MAX_OFFERS: usize = 4_096;

/// A conversation and the slot of its lane.
pub type ConversationPlace = (Slot, ConversationId);

#[derive(Debug)]
/// The agents, offers and queues of a company in memory, and the events of conversations
/// that no commit has written yet.
pub struct FloorState {
    floor: Floor,
    /// The agents as the roster stores them.
    roster: HashMap<String, Agent>,
    slots: HashMap<ConversationId, Slot>,
    /// Held conversations that wait on the customer.
    waiting_on_customer: HashSet<ConversationId>,
    events: HashMap<ConversationId, Vec<FloorEvent>>,
    /// Conversations with first events since the last [`flush`](Self::flush).
    changed: Vec<ConversationPlace>,
    /// When agents who went offline lose their conversations.
    leaving: BTreeSet<(Timestamp, String)>,
    /// Conversations of the newest offers, open or closed.
    offered: LruCache<OfferId, ConversationPlace>,
    return_after: SignedDuration,
    /// Takes conversations whose queue does not exist.
    default_queue: String,
    moved: BTreeMap<String, String>,
    /// Incidents and drafts that wait, of all conversations.
    pub overview: Overview,
    /// Counts the changes that policies can see.
    changes: u64,
    /// Skipped time that the floor has left out of its intervals.
    skipped: SignedDuration,
}

/// A change of an agent's presence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceUpdate {
    /// What it was.
    pub before: Presence,
    /// The agent's row, to store.
    pub agent: AgentRecord,
}

impl CompanyFloor {
    fn new(
        floor: Floor,
        generation: &Generation,
        roster: HashMap<String, Agent>,
        skipped: SkippedTime,
    ) -> CompanyFloor {
        CompanyFloor {
            state: Mutex::new(FloorState {
                floor,
                roster,
                slots: HashMap::new(),
                waiting_on_customer: HashSet::new(),
                events: HashMap::new(),
                changed: Vec::new(),
                leaving: BTreeSet::new(),
                offered: LruCache::unbounded(),
                return_after: span(generation.desk.return_after.0),
                default_queue: generation.pipelines.default_queue().to_owned(),
                moved: generation.moved.clone(),
                overview: Overview::default(),
                changes: 1,
                skipped: skipped.get(),
            }),
            skipped,
            directory_view: DirectoryView::default(),
        }
    }

    /// Locks the state. Held for a few microseconds at a time: never during a decision or a
    /// write.
    pub fn lock(&self) -> MutexGuard<'_, FloorState> {
        let mut state = self.state.lock();
        let skipped = self.skipped.get();
        if skipped > state.skipped {
            state.skip(skipped);
        }
        state
    }

    /// Check that a generation's rules and queues fit the roster.
    pub fn check(&self, generation: &Generation, now: Timestamp) -> Result<(), FloorError> {
        let (settings, queues) = (settings_of(&generation.desk), queues_of(generation));
        let state = self.lock();
        if state.floor.is_configured_as(&settings, &queues) {
            return Ok(());
        }
        let mut record = state.floor.record();
        drop(state);
        loader::fit(&mut record, &queues, generation);
        Floor::restore(settings, queues, record, now).map(|_| ())
    }

    /// Switch to a generation's rules and queues. Owners keep their
    /// conversations; those queued in a removed queue move. On an error the old
    /// rules stay.
    pub fn adopt(&self, generation: &Generation, now: Timestamp) -> Result<(), FloorError> {
        let mut state = self.lock();
        let (settings, queues) = (settings_of(&generation.desk), queues_of(generation));
        // Most generations differ only in their policies: the floor, with
        // everything that waits on it, stays.
        if !state.floor.is_configured_as(&settings, &queues) {
            let mut record = state.floor.record();
            let moves = loader::fit(&mut record, &queues, generation);
            let mut floor = Floor::restore(settings, queues, record, now)?;
            floor.return_worked(state.floor.take_worked());
            state.floor = floor;
            for (conversation, moved) in moves {
                state.push_event(&conversation, moved);
            }
        }
        state.return_after = span(generation.desk.return_after.0);
        generation
            .pipelines
            .default_queue()
            .clone_into(&mut state.default_queue);
        state.moved.clone_from(&generation.moved);
        state.changes += 1;
        Ok(())
    }
}

/// The settings of a floor.
pub(crate) fn settings_of(rules: &DeskRules) -> FloorSettings {
    FloorSettings {
        capacity: rules.capacity.clone(),
        offer_timeout: rules.offer_timeout,
        back_off: rules.back_off,
    }
}

fn span(seconds: u32) -> SignedDuration {
    SignedDuration::from_secs(seconds.into())
}

impl FloorState {
    /// Leave skipped time out of the running intervals: offers, back-offs,
    /// steps, and the time until an absent agent's conversations return.
    fn skip(&mut self, skipped: SignedDuration) {
        let by = skipped - self.skipped;
        self.skipped = skipped;
        self.floor.postpone_intervals(by);
        let later = |at: Timestamp| at.checked_add(by).unwrap_or(Timestamp::MAX);
        let leaving = std::mem::take(&mut self.leaving).into_iter();
        self.leaving = leaving.map(|(at, agent)| (later(at), agent)).collect();
    }

    /// Time out what is due, and make every offer that can be made. Returns the
    /// conversations with events, and when to call this again.
    pub fn flush(&mut self, now: Timestamp) -> (Vec<ConversationPlace>, Option<Timestamp>) {
        for refusal in self.floor.time_out(now) {
            let id = refusal.closed.offer.conversation.clone();
            self.push_event(&id, FloorEvent::Refused(refusal));
        }
        while let Some((_, agent)) = self.leaving.first().filter(|(at, _)| *at <= now).cloned() {
            self.leaving.pop_first();
            self.return_all(&agent, Departure::Offline, now);
        }
        let round = self.floor.next_offers(now);
        for widened in round.widened {
            let id = widened.conversation.clone();
            self.push_event(&id, FloorEvent::Widened(widened));
        }
        for offer in round.offers {
            let id = offer.conversation.clone();
            if let Ok(known) = id.parse()
                && let Some(slot) = self.slots.get(&known)
            {
                self.offered.put(offer.id, (*slot, known));
                if self.offered.len() > MAX_OFFERS {
                    self.offered.pop_lru();
                }
            }
            self.push_event(&id, FloorEvent::Offered(offer));
        }
        let leaving = self.leaving.first().map(|(at, _)| *at);
        let next = self.floor.next_wakeup().into_iter().chain(leaving).min();
        (std::mem::take(&mut self.changed), next)
    }

    /// Take the events of a conversation, in order.
    pub fn take_events(&mut self, id: ConversationId) -> Vec<FloorEvent> {
        self.events.remove(&id).unwrap_or_default()
    }

    /// Put events back that could not be written, before those since.
    pub fn return_events(&mut self, id: ConversationId, mut events: Vec<FloorEvent>) {
        if events.is_empty() {
            return;
        }
        if let Some(slot) = self.slots.get(&id) {
            self.changed.push((*slot, id));
        }
        let later = self.events.remove(&id).unwrap_or_default();
        events.extend(later);
        self.events.insert(id, events);
    }

    /// Leave a follow-up to the next pass.
    pub fn postpone(&mut self, id: ConversationId, follow_up: FollowUp) {
        self.push_event(&id.to_string(), FloorEvent::Due(follow_up));
    }

    fn push_event(&mut self, conversation: &str, event: FloorEvent) {
        let Ok(id) = conversation.parse::<ConversationId>() else {
            return;
        };
        self.changes += 1;
        let events = self.events.entry(id).or_default();
        if events.is_empty()
            && let Some(slot) = self.slots.get(&id)
        {
            self.changed.push((*slot, id));
        }
        events.push(event);
    }

    /// Queue a conversation on these terms, wherever it is.
    pub fn enqueue(
        &mut self,
        (slot, id): ConversationPlace,
        arrival: Arrival,
        now: Timestamp,
    ) -> Result<(), FloorError> {
        self.changes += 1;
        let name = arrival.conversation.clone();
        if self.floor.placement(&name).is_err() {
            self.slots.insert(id, slot);
            return self.floor.enqueue(arrival, now);
        }
        let transferred = self.floor.transfer(&name, arrival.terms, now)?;
        if let Some(closed) = transferred.closed {
            self.push_event(&name, FloorEvent::Withdrawn(closed));
        }
        Ok(())
    }

    /// Remove a conversation from the floor, if it is on it.
    pub fn release(&mut self, id: ConversationId, now: Timestamp) {
        self.changes += 1;
        let name = id.to_string();
        if let Ok(released) = self.floor.release(&name, now) {
            if let Some(closed) = released.closed {
                self.push_event(&name, FloorEvent::Withdrawn(closed));
            }
            self.slots.remove(&id);
        }
        self.waiting_on_customer.remove(&id);
    }

    /// Set whether a held conversation waits on the customer.
    pub fn set_waits_on_customer(&mut self, id: ConversationId, waits: bool) {
        match waits {
            true => self.waiting_on_customer.insert(id),
            false => self.waiting_on_customer.remove(&id),
        };
    }

    /// Assign a conversation to an agent, on the floor or not.
    pub fn assign(
        &mut self,
        whose: ConversationPlace,
        arrival: Arrival,
        agent: &str,
        now: Timestamp,
    ) -> Result<(), FloorError> {
        self.floor.agent(agent)?;
        let name = arrival.conversation.clone();
        if self.floor.placement(&name).is_err() {
            self.enqueue(whose, arrival, now)?;
        }
        let assignment = self.floor.assign(&name, agent, now)?;
        self.push_event(&name, FloorEvent::Taken(assignment));
        Ok(())
    }

    /// The agent takes an offer.
    ///
    /// # Errors
    /// The offer is not open.
    pub fn accept(&mut self, offer: OfferId, now: Timestamp) -> Result<(), FloorError> {
        let assignment = self.floor.accept(offer, now)?;
        let name = assignment.conversation.clone();
        self.push_event(&name, FloorEvent::Taken(assignment));
        Ok(())
    }

    /// The agent declines an offer.
    ///
    /// # Errors
    /// The offer is not open.
    pub fn decline(&mut self, offer: OfferId, now: Timestamp) -> Result<(), FloorError> {
        let refusal = self.floor.decline(offer, now)?;
        let name = refusal.closed.offer.conversation.clone();
        self.push_event(&name, FloorEvent::Refused(refusal));
        Ok(())
    }

    /// Return a held conversation to its queue, with its age.
    pub fn take_back(
        &mut self,
        id: ConversationId,
        because: Departure,
        now: Timestamp,
    ) -> Result<(), FloorError> {
        let name = id.to_string();
        let Placement::Held { agent, .. } = self.floor.placement(&name)? else {
            return Err(FloorError::NotHeld(name));
        };
        self.floor.requeue(&name, now)?;
        self.push_event(&name, FloorEvent::Returned { agent, because });
        Ok(())
    }

    /// Change how an agent holds a conversation.
    pub fn hold(
        &mut self,
        id: ConversationId,
        hold: Hold,
        now: Timestamp,
    ) -> Result<Assignment, FloorError> {
        self.changes += 1;
        let name = id.to_string();
        self.floor.set_hold(&name, hold, now)
    }

    /// Changes the priority of a conversation that waits.
    pub fn set_priority(&mut self, id: ConversationId, priority: u8, now: Timestamp) {
        // Fails where it is not on the floor: nothing to set.
        let _ = self.floor.set_priority(&id.to_string(), priority, now);
    }

    /// Add or change an agent.
    pub fn put_agent(&mut self, agent: Agent, now: Timestamp) -> Result<RosterChange, FloorError> {
        let change = self.floor.put_agent(AgentProfile::from(&agent), now)?;
        self.roster.insert(agent.id.clone(), agent);
        self.changes += 1;
        Ok(change)
    }

    /// Remove an agent and return their conversations.
    pub fn remove_agent(&mut self, agent: &str, now: Timestamp) -> Result<(), FloorError> {
        self.floor.agent(agent)?;
        self.return_all(agent, Departure::Removed, now);
        self.floor.remove_agent(agent, now)?;
        self.roster.remove(agent);
        self.leaving.retain(|(_, leaving)| leaving != agent);
        self.changes += 1;
        Ok(())
    }

    /// Changes an agent's presence.
    ///
    /// # Errors
    /// The agent is not on the roster.
    pub fn set_presence(
        &mut self,
        agent: &str,
        presence: Presence,
        now: Timestamp,
    ) -> Result<PresenceUpdate, FloorError> {
        let change = self.floor.set_presence(agent, presence, now)?;
        self.changes += 1;
        for closed in change.rescinded {
            let id = closed.offer.conversation.clone();
            self.push_event(&id, FloorEvent::Withdrawn(closed));
        }
        if presence != Presence::Offline {
            self.leaving.retain(|(_, leaving)| leaving != agent);
        } else if change.before != Presence::Offline {
            self.schedule_return(agent, now);
        }
        Ok(PresenceUpdate {
            before: change.before,
            agent: self.floor.agent_record(agent)?,
        })
    }

    /// When the agents who went offline lose their conversations.
    pub fn departures(&self) -> BTreeMap<String, Timestamp> {
        let leaving = self.leaving.iter();
        leaving.map(|(at, agent)| (agent.clone(), *at)).collect()
    }

    fn schedule_return(&mut self, agent: &str, now: Timestamp) {
        let at = now.checked_add(self.return_after).unwrap_or(Timestamp::MAX);
        self.leaving.insert((at, agent.to_owned()));
    }

    fn return_all(&mut self, agent: &str, because: Departure, now: Timestamp) {
        let Ok(cleared) = self.floor.release_all(agent, now) else {
            return;
        };
        for closed in cleared.rescinded {
            let id = closed.offer.conversation.clone();
            self.push_event(&id, FloorEvent::Withdrawn(closed));
        }
        for returned in cleared.returned {
            let agent = agent.to_owned();
            let name = returned.conversation;
            self.push_event(&name, FloorEvent::Returned { agent, because });
            // It waits on its customer off the floor, and is routed when they
            // write.
            if let Ok(id) = name.parse()
                && self.waiting_on_customer.contains(&id)
            {
                self.release(id, now);
            }
        }
        for ended in cleared.ended {
            self.push_event(&ended, FloorEvent::Ended);
        }
    }

    /// A conversation on the floor.
    pub fn record_of(&self, id: ConversationId) -> Option<ConversationRecord> {
        self.floor.record_of(&id.to_string())
    }

    /// Whether an agent is on the roster and not offline.
    pub fn is_signed_in(&self, agent: &str) -> bool {
        let agent = self.floor.agent(agent);
        agent.is_ok_and(|agent| agent.presence != Presence::Offline)
    }

    /// Whether an agent is present and responding, whatever their load.
    pub fn is_present(&self, agent: &str) -> bool {
        let agent = self.floor.agent(agent);
        agent.is_ok_and(|agent| agent.presence.is_present() && !agent.not_responding)
    }

    /// Whether an agent is present and has capacity for a conversation that comes
    /// to this queue.
    pub fn can_take(&self, agent: &str, snapshot: &Snapshot, queue: &str) -> bool {
        let (channel, visibility) = (&snapshot.channel, snapshot.visibility);
        let has_capacity = self.floor.has_capacity(agent, channel, visibility, queue);
        self.is_present(agent) && has_capacity == Ok(true)
    }

    /// Ids of the agents of a team, sorted.
    pub fn team(&self, team: &str) -> Vec<String> {
        let in_team = |agent: &&Agent| agent.teams.iter().any(|name| name == team);
        let members = self.roster.values().filter(in_team);
        let mut members: Vec<String> = members.map(|agent| agent.id.clone()).collect();
        members.sort();
        members
    }

    /// Whether the agent is on the roster.
    pub fn has_agent(&self, agent: &str) -> bool {
        self.roster.contains_key(agent)
    }

    /// The queue, or the one that took its conversations: a pass may have decided
    /// with an earlier generation.
    pub fn queue_for(&self, queue: &str) -> String {
        if self.has_queue(queue) {
            return queue.to_owned();
        }
        let moved = self.moved.get(queue).filter(|to| self.has_queue(to));
        moved.unwrap_or(&self.default_queue).clone()
    }

    /// Whether the active generation has the queue.
    pub fn has_queue(&self, queue: &str) -> bool {
        self.floor.queue(queue).is_ok()
    }

    /// An open offer and its conversation.
    pub fn open_offer(&self, offer: OfferId) -> Option<(ConversationPlace, Offer)> {
        let offer = self.floor.open_offer(offer)?;
        let id = offer.conversation.parse().ok()?;
        Some(((*self.slots.get(&id)?, id), offer.clone()))
    }

    /// The conversation of an open or recent offer.
    pub fn conversation_of(&self, offer: OfferId) -> Option<ConversationPlace> {
        let known = self.offered.peek(&offer).copied();
        known.or_else(|| self.open_offer(offer).map(|(place, _)| place))
    }

    /// Agents by id, at most `limit`, after one.
    pub fn agents(&self, after: &str, limit: usize) -> Vec<(Agent, AgentView)> {
        let mut ids: Vec<&String> = self
            .roster
            .keys()
            .filter(|id| id.as_str() > after)
            .collect();
        ids.sort();
        ids.truncate(limit);
        ids.into_iter().filter_map(|id| self.agent(id)).collect()
    }

    /// An agent of the roster, with what it holds.
    pub fn agent(&self, id: &str) -> Option<(Agent, AgentView)> {
        let agent = self.roster.get(id)?.clone();
        Some((agent, self.floor.agent(id).ok()?))
    }

    /// Agents who took or finished a conversation and whose row is not stored yet.
    pub fn take_worked(&mut self) -> Vec<String> {
        self.floor.take_worked()
    }

    /// Agents of [`take_worked`](Self::take_worked) that could not be stored.
    pub fn return_worked(&mut self, agents: Vec<String>) {
        self.floor.return_worked(agents);
    }

    /// An agent's row, to store.
    ///
    /// # Errors
    /// The agent is not on the roster.
    pub fn agent_record(&self, id: &str) -> Result<AgentRecord, FloorError> {
        self.floor.agent_record(id)
    }

    /// The conversations that an agent has.
    pub fn holdings(&self, agent: &str) -> Vec<HeldConversation> {
        self.floor.conversations_of(agent).unwrap_or_default()
    }

    /// Open offers, oldest first: of one agent, or of all.
    pub fn offers(&self, agent: Option<&str>) -> Vec<Offer> {
        let open = self.floor.open_offers();
        open.filter(|offer| agent.is_none_or(|agent| offer.agent == agent))
            .cloned()
            .collect()
    }

    /// A queue, with what waits in it.
    pub fn queue(&self, id: &str) -> Option<QueueView> {
        self.floor.queue(id).ok()
    }
}
