//! Assignment at work: a company's floor behind a lock, what happened on it and
//! is not written down yet, and what policies see of it.
//!
//! The floor is the one truth about who holds what, and changes at once. What
//! happened to a conversation is *news*: the thread that has the conversation's
//! lane takes them up, in order, and writes them with whatever else it writes.
//! Nobody is told anything before it is on disk. After a crash the floor is
//! built from what was written: what was not has never happened.

mod directory;
mod news;
mod opening;
mod overview;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use lru::LruCache;
use patchbay_generations::Generation;
use patchbay_journal::{ConversationId, Slot};
use patchbay_model::desk::DeskRules;
use patchbay_model::directory::Presence;

pub(crate) use directory::Shown;
pub(crate) use news::{Consequence, Departure, News};
pub(crate) use opening::queues_of;
pub use overview::Incident;
pub(crate) use overview::Overview;

use patchbay_floor::{
    AgentProfile, AgentRecord, AgentView, Arrival, Assignment, ConversationRecord, Floor,
    FloorError, FloorSettings, Hold, Holding, Offer, OfferId, Place, QueueView, RosterChange,
};
use crate::roster::Agent;

/// A company's floor at work.
#[derive(Debug)]
pub(crate) struct Assignments {
    room: Mutex<Room>,
    pub(crate) shown: Shown,
}

/// Offers whose conversation is remembered.
const OFFERS: usize = 4_096;

/// A conversation that has news, and the share of threads it is in.
pub(crate) type Newsworthy = (Slot, ConversationId);

#[derive(Debug)]
pub(crate) struct Room {
    floor: Floor,
    /// What is known of agents beyond what assignment needs.
    roster: HashMap<String, Agent>,
    slots: HashMap<ConversationId, Slot>,
    /// Those held that wait for their customer: nobody else needs to answer.
    quiet: HashSet<ConversationId>,
    news: HashMap<ConversationId, Vec<News>>,
    /// Conversations whose first news nobody was told of yet.
    fresh: Vec<Newsworthy>,
    /// When agents who went offline lose what they hold.
    leaving: BTreeSet<(Timestamp, String)>,
    /// Conversations of the newest offers, open or over.
    offered: LruCache<OfferId, Newsworthy>,
    return_after: SignedDuration,
    /// Where conversations go whose queue is not there.
    default_queue: String,
    moved: BTreeMap<String, String>,
    pub(crate) overview: Overview,
    /// Raised with every change policies could see.
    changes: u64,
}

/// What became of an agent's presence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    pub(crate) before: Presence,
    pub(crate) agent: AgentRecord,
}

impl Assignments {
    fn of(floor: Floor, generation: &Generation, roster: HashMap<String, Agent>) -> Assignments {
        Assignments {
            room: Mutex::new(Room {
                floor,
                roster,
                slots: HashMap::new(),
                quiet: HashSet::new(),
                news: HashMap::new(),
                fresh: Vec::new(),
                leaving: BTreeSet::new(),
                offered: LruCache::unbounded(),
                return_after: span(generation.desk.return_after.0),
                default_queue: generation.pipelines.default_queue().to_owned(),
                moved: generation.moved.clone(),
                overview: Overview::default(),
                changes: 1,
            }),
            shown: Shown::default(),
        }
    }

    /// The room, alone.
    pub(crate) fn room(&self) -> MutexGuard<'_, Room> {
        // Each change of it is whole before the next begins, and nothing in it
        // panics half way.
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether other rules and queues could hold.
    ///
    /// # Errors
    /// [`FloorError`] where the new setup does not fit the roster.
    pub(crate) fn would_adopt(
        &self,
        generation: &Generation,
        now: Timestamp,
    ) -> Result<(), FloorError> {
        let (settings, queues) = (settings_of(&generation.desk), queues_of(generation));
        let room = self.room();
        if room.floor.is_set_up_as(&settings, &queues) {
            return Ok(());
        }
        let mut record = room.floor.record();
        drop(room);
        opening::fit(&mut record, &queues, generation);
        Floor::restore(settings, queues, record, now).map(|_| ())
    }

    /// From now on other rules and queues hold; what is held stays held, and
    /// what waited in a queue that is gone waits in the default one.
    ///
    /// # Errors
    /// [`FloorError`] where the new setup does not fit the roster; then the
    /// old one stays.
    pub(crate) fn adopt(&self, generation: &Generation, now: Timestamp) -> Result<(), FloorError> {
        let mut room = self.room();
        let (settings, queues) = (settings_of(&generation.desk), queues_of(generation));
        // Most setups differ in what decides, and the floor, with everybody
        // who waits on it, is as it would be.
        if !room.floor.is_set_up_as(&settings, &queues) {
            let mut record = room.floor.record();
            let moves = opening::fit(&mut record, &queues, generation);
            room.floor = Floor::restore(settings, queues, record, now)?;
            for (conversation, moved) in moves {
                room.tell(&conversation, moved);
            }
        }
        room.return_after = span(generation.desk.return_after.0);
        generation
            .pipelines
            .default_queue()
            .clone_into(&mut room.default_queue);
        room.moved.clone_from(&generation.moved);
        room.changes += 1;
        Ok(())
    }
}

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

impl Room {
    /// Let pass what passes by time alone, and make every offer that can be
    /// made. Answers who has news now, and when to do this again.
    pub(crate) fn settle(&mut self, now: Timestamp) -> (Vec<Newsworthy>, Option<Timestamp>) {
        for refusal in self.floor.time_out(now) {
            let id = refusal.closed.offer.conversation.clone();
            self.tell(&id, News::Refused(refusal));
        }
        while let Some((_, agent)) = self.leaving.first().filter(|(at, _)| *at <= now).cloned() {
            self.leaving.pop_first();
            self.clear(&agent, Departure::Offline, now);
        }
        let round = self.floor.next_offers(now);
        for widened in round.widened {
            let id = widened.conversation.clone();
            self.tell(&id, News::Widened(widened));
        }
        for offer in round.offers {
            let id = offer.conversation.clone();
            if let Ok(known) = id.parse()
                && let Some(slot) = self.slots.get(&known)
            {
                self.offered.put(offer.id, (*slot, known));
                if self.offered.len() > OFFERS {
                    self.offered.pop_lru();
                }
            }
            self.tell(&id, News::Offered(offer));
        }
        let leaving = self.leaving.first().map(|(at, _)| *at);
        let next = self.floor.next_wakeup().into_iter().chain(leaving).min();
        (std::mem::take(&mut self.fresh), next)
    }

    /// Take up what happened to a conversation, in order.
    pub(crate) fn news(&mut self, id: ConversationId) -> Vec<News> {
        self.news.remove(&id).unwrap_or_default()
    }

    /// What was taken up could not be written: it is news again, before what
    /// happened since.
    pub(crate) fn give_back(&mut self, id: ConversationId, mut news: Vec<News>) {
        if news.is_empty() {
            return;
        }
        if let Some(slot) = self.slots.get(&id) {
            self.fresh.push((*slot, id));
        }
        let later = self.news.remove(&id).unwrap_or_default();
        news.extend(later);
        self.news.insert(id, news);
    }

    /// Something must be done about a conversation that cannot be done now.
    pub(crate) fn put_off(&mut self, id: ConversationId, consequence: Consequence) {
        self.tell(&id.to_string(), News::Due(consequence));
    }

    fn tell(&mut self, conversation: &str, news: News) {
        let Ok(id) = conversation.parse::<ConversationId>() else {
            return;
        };
        self.changes += 1;
        let known = self.news.entry(id).or_default();
        if known.is_empty()
            && let Some(slot) = self.slots.get(&id)
        {
            self.fresh.push((*slot, id));
        }
        known.push(news);
    }

    /// A conversation waits on these terms from now on, wherever it was.
    pub(crate) fn queue_up(
        &mut self,
        (slot, id): Newsworthy,
        arrival: Arrival,
        now: Timestamp,
    ) -> Result<(), FloorError> {
        self.changes += 1;
        let name = arrival.conversation.clone();
        if self.floor.place(&name).is_err() {
            self.slots.insert(id, slot);
            return self.floor.enqueue(arrival, now);
        }
        let transferred = self.floor.transfer(&name, arrival.terms, now)?;
        if let Some(closed) = transferred.closed {
            self.tell(&name, News::Withdrawn(closed));
        }
        Ok(())
    }

    /// A conversation leaves the floor, if it is on it.
    pub(crate) fn release(&mut self, id: ConversationId, now: Timestamp) {
        self.changes += 1;
        let name = id.to_string();
        if let Ok(released) = self.floor.release(&name, now) {
            if let Some(closed) = released.closed {
                self.tell(&name, News::Withdrawn(closed));
            }
            self.slots.remove(&id);
        }
        self.quiet.remove(&id);
    }

    /// Note whether a conversation that is held waits for its customer.
    pub(crate) fn set_quiet(&mut self, id: ConversationId, is_quiet: bool) {
        match is_quiet {
            true => self.quiet.insert(id),
            false => self.quiet.remove(&id),
        };
    }

    /// Give a conversation to an agent by hand. One that is not on the floor
    /// comes to it.
    pub(crate) fn assign(
        &mut self,
        whose: Newsworthy,
        arrival: Arrival,
        agent: &str,
        now: Timestamp,
    ) -> Result<(), FloorError> {
        self.floor.agent(agent)?;
        let name = arrival.conversation.clone();
        if self.floor.place(&name).is_err() {
            self.queue_up(whose, arrival, now)?;
        }
        let assignment = self.floor.assign(&name, agent, now)?;
        self.tell(&name, News::Taken(assignment));
        Ok(())
    }

    /// An agent takes what was offered to them.
    pub(crate) fn accept(&mut self, offer: OfferId, now: Timestamp) -> Result<(), FloorError> {
        let assignment = self.floor.accept(offer, now)?;
        let name = assignment.conversation.clone();
        self.tell(&name, News::Taken(assignment));
        Ok(())
    }

    /// An agent will not take what was offered to them.
    pub(crate) fn decline(&mut self, offer: OfferId, now: Timestamp) -> Result<(), FloorError> {
        let refusal = self.floor.decline(offer, now)?;
        let name = refusal.closed.offer.conversation.clone();
        self.tell(&name, News::Refused(refusal));
        Ok(())
    }

    /// Take a conversation from the agent who holds it: it waits again, with
    /// its age.
    pub(crate) fn take_back(
        &mut self,
        id: ConversationId,
        because: Departure,
        now: Timestamp,
    ) -> Result<(), FloorError> {
        let name = id.to_string();
        let Place::Held { agent, .. } = self.floor.place(&name)? else {
            return Err(FloorError::NotHeld(name));
        };
        self.floor.requeue(&name, now)?;
        self.tell(&name, News::Left { agent, because });
        Ok(())
    }

    /// What an agent does with a conversation they hold from now on. Whether
    /// that exceeds their capacity.
    pub(crate) fn hold(
        &mut self,
        id: ConversationId,
        hold: Hold,
        now: Timestamp,
    ) -> Result<Assignment, FloorError> {
        self.changes += 1;
        let name = id.to_string();
        match hold {
            Hold::Active => self.floor.resume(&name, now),
            Hold::Parked => self.floor.park(&name, now),
            Hold::Wrapping => self.floor.wrap_up(&name, now),
        }
    }

    pub(crate) fn set_priority(&mut self, id: ConversationId, priority: u8, now: Timestamp) {
        // One that is not on the floor waits for nobody.
        let _ = self.floor.set_priority(&id.to_string(), priority, now);
    }

    /// Add an agent, or change what the roster says of one.
    pub(crate) fn put_agent(&mut self, agent: Agent) -> Result<RosterChange, FloorError> {
        let change = self.floor.put_agent(AgentProfile::from(&agent))?;
        self.roster.insert(agent.id.clone(), agent);
        self.changes += 1;
        Ok(change)
    }

    /// Take an agent off the roster, with everything they hold.
    pub(crate) fn remove_agent(&mut self, agent: &str, now: Timestamp) -> Result<(), FloorError> {
        self.floor.agent(agent)?;
        self.clear(agent, Departure::Removed, now);
        self.floor.remove_agent(agent, now)?;
        self.roster.remove(agent);
        self.leaving.retain(|(_, leaving)| leaving != agent);
        self.changes += 1;
        Ok(())
    }

    /// Set an agent's presence.
    pub(crate) fn set_presence(
        &mut self,
        agent: &str,
        presence: Presence,
        now: Timestamp,
    ) -> Result<Signed, FloorError> {
        let change = self.floor.set_presence(agent, presence, now)?;
        self.changes += 1;
        for closed in change.rescinded {
            let id = closed.offer.conversation.clone();
            self.tell(&id, News::Withdrawn(closed));
        }
        if presence != Presence::Offline {
            self.leaving.retain(|(_, leaving)| leaving != agent);
        } else if change.before != Presence::Offline {
            self.leave_later(agent, now);
        }
        Ok(Signed {
            before: change.before,
            agent: self.floor.agent_record(agent)?,
        })
    }

    fn leave_later(&mut self, agent: &str, now: Timestamp) {
        let at = now.checked_add(self.return_after).unwrap_or(Timestamp::MAX);
        self.leaving.insert((at, agent.to_owned()));
    }

    fn clear(&mut self, agent: &str, because: Departure, now: Timestamp) {
        let Ok(cleared) = self.floor.release_all(agent, now) else {
            return;
        };
        for closed in cleared.rescinded {
            let id = closed.offer.conversation.clone();
            self.tell(&id, News::Withdrawn(closed));
        }
        for returned in cleared.returned {
            let agent = agent.to_owned();
            let name = returned.conversation;
            self.tell(&name, News::Left { agent, because });
            // Nobody has anything to answer: it waits for its customer, off
            // the floor, and is routed when they write.
            if let Ok(id) = name.parse()
                && self.quiet.contains(&id)
            {
                self.release(id, now);
            }
        }
        for ended in cleared.ended {
            self.tell(&ended, News::Ended);
        }
    }

    /// A conversation as it is on the floor; none where it is not.
    pub(crate) fn record_of(&self, id: ConversationId) -> Option<ConversationRecord> {
        self.floor.record_of(&id.to_string())
    }

    /// Whether an agent is on the roster and not logged out.
    pub(crate) fn is_signed_in(&self, agent: &str) -> bool {
        let agent = self.floor.agent(agent);
        agent.is_ok_and(|agent| agent.presence != Presence::Offline)
    }

    /// Whether an agent is there, whatever they hold.
    pub(crate) fn is_present(&self, agent: &str) -> bool {
        let agent = self.floor.agent(agent);
        agent.is_ok_and(|agent| agent.presence.is_present() && !agent.not_responding)
    }

    /// Whether an agent is there and holds less than they could.
    pub(crate) fn has_room(&self, agent: &str) -> bool {
        let view = self.floor.agent(agent);
        self.is_present(agent) && view.is_ok_and(|view| view.load < view.capacity.into())
    }

    /// Ids of a team's agents, sorted.
    pub(crate) fn team(&self, team: &str) -> Vec<String> {
        let in_team = |agent: &&Agent| agent.teams.iter().any(|name| name == team);
        let members = self.roster.values().filter(in_team);
        let mut members: Vec<String> = members.map(|agent| agent.id.clone()).collect();
        members.sort();
        members
    }

    pub(crate) fn has_agent(&self, agent: &str) -> bool {
        self.roster.contains_key(agent)
    }

    /// The queue itself, or else where what would wait in it waits: a pass may
    /// have decided by a setup that is not the present one any more.
    pub(crate) fn queue_for(&self, queue: &str) -> String {
        if self.has_queue(queue) {
            return queue.to_owned();
        }
        let moved = self.moved.get(queue).filter(|to| self.has_queue(to));
        moved.unwrap_or(&self.default_queue).clone()
    }

    pub(crate) fn has_queue(&self, queue: &str) -> bool {
        self.floor.queue(queue).is_ok()
    }

    /// The conversation of an open offer and its share of threads.
    pub(crate) fn offered(&self, offer: OfferId) -> Option<(Newsworthy, Offer)> {
        let offer = self.floor.open_offer(offer)?;
        let id = offer.conversation.parse().ok()?;
        Some(((*self.slots.get(&id)?, id), offer.clone()))
    }

    /// The conversation of an offer that is open or was not long ago.
    pub(crate) fn conversation_of(&self, offer: OfferId) -> Option<Newsworthy> {
        let known = self.offered.peek(&offer).copied();
        known.or_else(|| self.offered(offer).map(|(whose, _)| whose))
    }

    /// Agents by id with what they do, at most `limit`, after one.
    pub(crate) fn agents(&self, after: &str, limit: usize) -> Vec<(Agent, AgentView)> {
        let mut ids: Vec<&String> = self
            .roster
            .keys()
            .filter(|id| id.as_str() > after)
            .collect();
        ids.sort();
        ids.truncate(limit);
        ids.into_iter().filter_map(|id| self.agent(id)).collect()
    }

    pub(crate) fn agent(&self, id: &str) -> Option<(Agent, AgentView)> {
        let agent = self.roster.get(id)?.clone();
        Some((agent, self.floor.agent(id).ok()?))
    }

    pub(crate) fn agent_record(&self, id: &str) -> Result<AgentRecord, FloorError> {
        self.floor.agent_record(id)
    }

    pub(crate) fn holdings(&self, agent: &str) -> Vec<Holding> {
        self.floor.conversations_of(agent).unwrap_or_default()
    }

    /// Open offers, oldest first; those of one agent, or all.
    pub(crate) fn offers(&self, agent: Option<&str>) -> Vec<Offer> {
        let open = self.floor.open_offers();
        open.filter(|offer| agent.is_none_or(|agent| offer.agent == agent))
            .cloned()
            .collect()
    }

    pub(crate) fn queue(&self, id: &str) -> Option<QueueView> {
        self.floor.queue(id).ok()
    }
}
