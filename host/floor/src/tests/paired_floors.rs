//! The floor under test beside the reference floor.

use super::events::{AGENTS, CHANNELS, Event, QUEUES, agent_profile, terms};
use super::reference_floor::{
    ReferenceAgent, ReferenceConversation, ReferenceFloor, ReferencePlacement,
};
use super::*;

fn settings() -> FloorSettings {
    let mut media = serde_json::to_value(Capacity::default()).expect("plain data");
    media["media"]["call"]["interrupts"] = serde_json::json!(["post"]);
    FloorSettings {
        capacity: serde_json::from_value(media).expect("valid rules"),
        ..FloorSettings::default()
    }
}

/// Applies each event to both floors and compares them.
pub(super) struct PairedFloors {
    floor: Floor,
    reference: ReferenceFloor,
    queues: Vec<Queue>,
    now: Timestamp,
    removed: bool,
}

impl PairedFloors {
    pub(super) fn new() -> PairedFloors {
        let mut billing = queue("billing");
        billing.skills.insert("billing".into(), 2);
        billing.agent_capacity = Some(2);
        let queues = vec![queue("general"), billing];
        let mut floor = Floor::new(settings(), queues.clone()).expect("valid");
        let mut agents = BTreeMap::new();
        for number in 0..AGENTS {
            let record = AgentRecord {
                profile: agent_profile(number, number),
                presence: Presence::Available,
                not_responding: false,
                idle_since: (number % 2 == 0).then(|| at(-(number as i64) * 7)),
                available_since: (number % 3 == 0).then(|| at(-(number as i64) * 5)),
            };
            floor.insert_agent(record.clone()).expect("valid");
            agents.insert(record.profile.id.clone(), ReferenceAgent { record });
        }
        let reference = ReferenceFloor {
            settings: settings(),
            queues: queues.clone(),
            agents,
            conversations: Default::default(),
            next_offer: 1,
        };
        PairedFloors {
            floor,
            reference,
            queues,
            now: at(0),
            removed: false,
        }
    }

    fn offer(&self, id: &str) -> Option<Offer> {
        match self.reference.conversations.get(id).map(|one| &one.at) {
            Some(ReferencePlacement::Offered(offer)) => Some(offer.clone()),
            _ => None,
        }
    }

    fn holder(&self, id: &str) -> Option<(String, Hold)> {
        match self.reference.conversations.get(id).map(|one| &one.at) {
            Some(ReferencePlacement::Held(agent, hold)) => Some((agent.clone(), *hold)),
            _ => None,
        }
    }

    fn restart_idle_time(&mut self, agent: &str) {
        if let Some(agent) = self.reference.agents.get_mut(agent) {
            agent.record.idle_since = Some(self.now);
        }
    }

    pub(super) fn apply(&mut self, event: Event) {
        let now = self.now;
        let conversation = |id: usize| format!("c{id:02}");
        let name = |agent: usize| format!("agent-{agent}");
        match event {
            Event::Arrive {
                id,
                channel,
                queue,
                priority,
                terms: variant,
                agents,
            } => {
                let terms = terms(queue, priority, variant, agents, now);
                let known = self.reference.conversations.contains_key(&conversation(id))
                    || terms
                        .wait_for
                        .as_ref()
                        .is_some_and(|wait| !self.reference.agents.contains_key(&wait.agent));
                let arrival = Arrival {
                    terms,
                    since: now - jiff::SignedDuration::from_secs(channel as i64),
                    ..arrival(&conversation(id), CHANNELS[channel], 0)
                };
                let result = self.floor.enqueue(arrival.clone(), now);
                assert_eq!(result.is_err(), known);
                if !known {
                    let one = ReferenceConversation {
                        arrival,
                        step: 0,
                        step_since: now,
                        refused: Default::default(),
                        at: ReferencePlacement::Waiting,
                    };
                    self.reference.conversations.insert(conversation(id), one);
                }
            }
            Event::Accept(id) => {
                let Some(offer) = self.offer(&conversation(id)) else {
                    return;
                };
                let result = self.floor.accept(offer.id, now);
                assert!(!result.expect("open").exceeds_capacity);
                let one = self
                    .reference
                    .conversations
                    .get_mut(&offer.conversation)
                    .expect("known");
                one.at = ReferencePlacement::Held(offer.agent.clone(), Hold::Active);
                one.refused.clear();
                one.arrival.terms.wait_for = None;
                self.restart_idle_time(&offer.agent);
            }
            Event::Decline(id) => {
                let Some(offer) = self.offer(&conversation(id)) else {
                    return;
                };
                let refusal = self.floor.decline(offer.id, now).expect("open");
                self.reference
                    .refuse(&offer.conversation, &offer.agent, now);
                assert_eq!(
                    refusal.since,
                    self.reference.conversations[&offer.conversation]
                        .arrival
                        .since
                );
                let next = self.reference.candidate(&offer.conversation, now);
                assert_eq!(refusal.alone, next.is_none_or(|(_, again)| again > 0));
            }
            Event::Presence(agent, to) => {
                let presence = *Presence::ALL.get(to).unwrap_or(&Presence::Available);
                let result = self.floor.set_presence(&name(agent), presence, now);
                let Some(agent) = self.reference.agents.get_mut(&name(agent)) else {
                    return assert!(result.is_err());
                };
                let was = agent.record.presence.is_present() && !agent.record.not_responding;
                agent.record.presence = presence;
                agent.record.not_responding = false;
                if !was && presence.is_present() {
                    agent.record.available_since = Some(now);
                }
                if !presence.is_present() {
                    let id = agent.record.profile.id.clone();
                    assert_eq!(result.expect("known").rescinded.len(), self.rescind(&id));
                }
            }
            Event::Profile(agent, variant) => {
                let profile = agent_profile(agent, variant);
                self.floor.put_agent(profile.clone(), now).expect("valid");
                let record = AgentRecord {
                    profile: profile.clone(),
                    presence: Presence::Offline,
                    not_responding: false,
                    idle_since: None,
                    available_since: None,
                };
                self.reference
                    .agents
                    .entry(name(agent))
                    .or_insert(ReferenceAgent { record })
                    .record
                    .profile = profile;
            }
            Event::Remove(agent) => {
                let id = name(agent);
                let works = |one: &ReferenceConversation| match &one.at {
                    ReferencePlacement::Waiting => false,
                    ReferencePlacement::Offered(offer) => offer.agent == id,
                    ReferencePlacement::Held(holder, _) => *holder == id,
                };
                let busy = self.reference.conversations.values().any(works);
                let result = self.floor.remove_agent(&id, now);
                if busy || !self.reference.agents.contains_key(&id) {
                    return assert!(result.is_err());
                }
                result.expect("free");
                self.removed = true;
                self.reference.agents.remove(&id);
                for one in self.reference.conversations.values_mut() {
                    let terms = &mut one.arrival.terms;
                    if terms.wait_for.take_if(|wait| wait.agent == id).is_some() {
                        one.step_since = now;
                    }
                }
            }
            Event::Release(id) => {
                let id = conversation(id);
                let result = self.floor.release(&id, now);
                let holder = self.holder(&id);
                let known = self.reference.conversations.remove(&id);
                assert_eq!(
                    result.map(|one| one.since).ok(),
                    known.map(|one| one.arrival.since)
                );
                if let Some((agent, _)) = holder {
                    self.restart_idle_time(&agent);
                }
            }
            Event::SetHold(id, hold) => self.set_hold(&conversation(id), hold),
            Event::Requeue(id) => {
                let id = conversation(id);
                let result = self.floor.requeue(&id, now);
                assert_eq!(result.is_ok(), self.holder(&id).is_some());
                if result.is_ok() {
                    self.requeue(&id);
                }
            }
            Event::Assign(id, agent) => {
                let (id, agent) = (conversation(id), name(agent));
                let result = self.floor.assign(&id, &agent, now);
                if !self.reference.conversations.contains_key(&id)
                    || !self.reference.agents.contains_key(&agent)
                {
                    return assert!(result.is_err());
                }
                let one = self.reference.conversations.get_mut(&id).expect("known");
                one.at = ReferencePlacement::Waiting;
                one.refused.clear();
                one.arrival.terms.wait_for = None;
                let arrival = one.arrival.clone();
                assert_eq!(
                    result.expect("known").exceeds_capacity,
                    !self.reference.has_capacity_for(&agent, &arrival)
                );
                self.reference.conversations.get_mut(&id).expect("known").at =
                    ReferencePlacement::Held(agent.clone(), Hold::Active);
                self.restart_idle_time(&agent);
            }
            Event::Transfer {
                id,
                queue,
                terms: variant,
                agents,
            } => {
                let id = conversation(id);
                let terms = terms(queue, 1, variant, agents, now);
                let result = self.floor.transfer(&id, terms.clone(), now);
                let wanted = terms.wait_for.as_ref().map(|wait| wait.agent.clone());
                if !self.reference.conversations.contains_key(&id)
                    || wanted
                        .as_ref()
                        .is_some_and(|agent| !self.reference.agents.contains_key(agent))
                {
                    return assert!(result.is_err());
                }
                let holder = self.holder(&id);
                let one = self.reference.conversations.get_mut(&id).expect("known");
                assert_eq!(result.expect("known").since, one.arrival.since);
                (one.step, one.step_since, one.at) = (0, now, ReferencePlacement::Waiting);
                one.arrival.terms = terms;
                if let Some((agent, _)) = holder {
                    one.refused.clear();
                    if wanted.as_ref() != Some(&agent) {
                        one.refused.insert(
                            agent.clone(),
                            (1, now + jiff::SignedDuration::from_secs(30)),
                        );
                    }
                    self.restart_idle_time(&agent);
                }
            }
            Event::Priority(id, priority) => {
                let result = self.floor.set_priority(&conversation(id), priority, now);
                match self.reference.conversations.get_mut(&conversation(id)) {
                    Some(one) => one.arrival.terms.priority = priority,
                    None => assert!(result.is_err()),
                }
            }
            Event::ReleaseAll(agent) => {
                let id = name(agent);
                let Ok(cleared) = self.floor.release_all(&id, now) else {
                    return assert!(!self.reference.agents.contains_key(&id));
                };
                assert_eq!(cleared.rescinded.len(), self.rescind(&id));
                for returned in &cleared.returned {
                    assert_eq!(
                        returned.since,
                        self.reference.conversations[&returned.conversation]
                            .arrival
                            .since
                    );
                    assert!(
                        matches!(self.holder(&returned.conversation), Some((holder, hold)) if holder == id && hold != Hold::Wrapping)
                    );
                    self.requeue(&returned.conversation);
                }
                for ended in &cleared.ended {
                    assert_eq!(self.holder(ended), Some((id.clone(), Hold::Wrapping)));
                    self.reference.conversations.remove(ended);
                    self.restart_idle_time(&id);
                }
                assert!(
                    !self
                        .reference
                        .conversations
                        .keys()
                        .any(|one| self.holder(one).is_some_and(|(holder, _)| holder == id))
                );
            }
            Event::Restore => {
                // A restored floor forgets the refusals of removed agents.
                if !self.removed {
                    let text = serde_json::to_string(&self.floor.record()).expect("plain data");
                    let record = serde_json::from_str(&text).expect("the same data");
                    self.floor = Floor::restore(settings(), self.queues.clone(), record, now)
                        .expect("valid");
                }
            }
            Event::Pass(seconds) => self.now = now + jiff::SignedDuration::from_secs(seconds),
        }
    }

    fn set_hold(&mut self, id: &str, to: Hold) {
        let now = self.now;
        let result = self.floor.set_hold(id, to, now);
        let Some((agent, from)) = self.holder(id) else {
            return assert!(result.is_err());
        };
        let takes_capacity = from == Hold::Parked && to != Hold::Parked;
        let arrival = self.reference.conversations[id].arrival.clone();
        assert_eq!(
            result.expect("held").exceeds_capacity,
            takes_capacity && !self.reference.has_capacity_for(&agent, &arrival)
        );
        if takes_capacity {
            self.restart_idle_time(&agent);
        }
        self.reference.conversations.get_mut(id).expect("held").at =
            ReferencePlacement::Held(agent, to);
    }

    fn requeue(&mut self, id: &str) {
        let now = self.now;
        let one = self.reference.conversations.get_mut(id).expect("known");
        (one.step, one.step_since, one.at) = (0, now, ReferencePlacement::Waiting);
        one.refused.clear();
    }

    fn rescind(&mut self, agent: &str) -> usize {
        let mut rescinded = 0;
        for one in self.reference.conversations.values_mut() {
            if matches!(&one.at, ReferencePlacement::Offered(offer) if offer.agent == agent) {
                one.at = ReferencePlacement::Waiting;
                rescinded += 1;
            }
        }
        rescinded
    }

    /// Makes offers on both floors and compares all state.
    pub(super) fn offer_and_compare(&mut self) {
        let timed_out: Vec<String> = self
            .floor
            .time_out(self.now)
            .into_iter()
            .map(|one| one.closed.offer.conversation)
            .collect();
        assert_eq!(timed_out, self.reference.time_out(self.now));
        let silent: Vec<String> = self
            .reference
            .agents
            .values()
            .filter(|one| one.record.not_responding)
            .map(|one| one.record.profile.id.clone())
            .collect();
        let before = self.reference.clone();
        let offers = self.floor.next_offers(self.now).offers;
        let made: Vec<_> = offers
            .iter()
            .map(|one| {
                (
                    one.conversation.clone(),
                    one.agent.clone(),
                    one.again,
                    one.step,
                )
            })
            .collect();
        assert_eq!(made, self.reference.next_offers(self.now), "{before:#?}");
        for offer in &offers {
            assert!(
                !silent.contains(&offer.agent),
                "an agent who does not respond got an offer"
            );
            assert_eq!(self.floor.open_offer(offer.id), Some(offer));
        }
        assert!(
            self.floor
                .next_wakeup()
                .is_none_or(|wakeup| wakeup > self.now)
        );
        assert!(
            self.floor.next_offers(self.now).offers.is_empty(),
            "one call makes all offers"
        );
        self.assert_equal();
    }

    fn assert_equal(&self) {
        assert_eq!(
            self.floor.conversations.len(),
            self.reference.conversations.len()
        );
        let mut waiting = 0;
        for (id, one) in &self.reference.conversations {
            let place = match &one.at {
                ReferencePlacement::Waiting => Placement::Waiting,
                ReferencePlacement::Offered(offer) => Placement::Offered(offer.id),
                ReferencePlacement::Held(agent, hold) => Placement::Held {
                    agent: agent.clone(),
                    hold: *hold,
                },
            };
            waiting += usize::from(place == Placement::Waiting);
            assert_eq!(self.floor.placement(id), Ok(place));
            assert_eq!(self.floor.since(id), Ok(one.arrival.since));
        }
        let queued = QUEUES.map(|queue| self.floor.queue(queue).expect("known").waiting);
        assert_eq!(queued.iter().sum::<usize>(), waiting);
        assert_eq!(
            self.floor.open_offers().count()
                + waiting
                + self
                    .reference
                    .agents
                    .keys()
                    .map(|id| self.floor.conversations_of(id).expect("known").len())
                    .sum::<usize>(),
            self.reference.conversations.len()
        );
        for id in self.reference.agents.keys() {
            let load = self.floor.agent(id).expect("known").load;
            assert_eq!(load, self.reference.load(id), "{id}");
        }
        let record = self.floor.record();
        let agents: Vec<_> = self
            .reference
            .agents
            .values()
            .map(|one| one.record.clone())
            .collect();
        assert_eq!(record.agents, agents);
    }
}
