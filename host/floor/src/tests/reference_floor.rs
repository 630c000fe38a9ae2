//! Reference implementation: scans all agents and conversations, with no
//! index and no cache.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::*;

#[derive(Clone, Debug)]
pub(super) struct ReferenceAgent {
    pub(super) record: AgentRecord,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum ReferencePlacement {
    Waiting,
    Offered(Offer),
    Held(String, Hold),
}

#[derive(Clone, Debug)]
pub(super) struct ReferenceConversation {
    pub(super) arrival: Arrival,
    pub(super) step: usize,
    pub(super) step_since: Timestamp,
    pub(super) refused: BTreeMap<String, (u32, Timestamp)>,
    pub(super) at: ReferencePlacement,
}

/// A floor without indexes.
#[derive(Clone, Debug)]
pub(super) struct ReferenceFloor {
    pub(super) settings: FloorSettings,
    pub(super) queues: Vec<Queue>,
    pub(super) agents: BTreeMap<String, ReferenceAgent>,
    pub(super) conversations: BTreeMap<String, ReferenceConversation>,
    pub(super) next_offer: u64,
}

fn plus(at: Timestamp, seconds: Seconds) -> Timestamp {
    at + jiff::SignedDuration::from_secs(seconds.0.into())
}

impl ReferenceFloor {
    fn medium_rule(&self, arrival: &Arrival) -> (&str, u32, u32, Vec<&str>) {
        let name = self
            .settings
            .capacity
            .medium(&arrival.channel, arrival.visibility);
        // (weight, maximum, interrupts), written out instead of computed.
        match name {
            "call" => (name, 100, 1, vec!["post"]),
            "message" => (name, 25, 4, vec![]),
            _ => (name, 50, 2, vec![]),
        }
    }

    /// Medium and weight of each conversation that uses an agent's capacity.
    fn media_in_use(&self, agent: &str) -> Vec<(&str, u32)> {
        let counted = |one: &&ReferenceConversation| match &one.at {
            ReferencePlacement::Offered(offer) => offer.agent == agent,
            ReferencePlacement::Held(holder, hold) => holder == agent && *hold != Hold::Parked,
            ReferencePlacement::Waiting => false,
        };
        let holding = self.conversations.values().filter(counted);
        holding
            .map(|one| self.medium_rule(&one.arrival))
            .map(|(name, weight, _, _)| (name, weight))
            .collect()
    }

    pub(super) fn load(&self, agent: &str) -> u64 {
        let holds = self.media_in_use(agent);
        holds.iter().map(|(_, weight)| u64::from(*weight)).sum()
    }

    pub(super) fn has_capacity_for(&self, agent: &str, arrival: &Arrival) -> bool {
        let (name, weight, maximum, interrupts) = self.medium_rule(arrival);
        let holds = self.media_in_use(agent);
        let same = holds.iter().filter(|(medium, _)| *medium == name).count();
        let used: u32 = holds
            .iter()
            .filter(|(medium, _)| !interrupts.contains(medium))
            .map(|(_, weight)| weight)
            .sum();
        let total = self
            .agents
            .get(agent)
            .map_or(0, |one| one.record.profile.capacity);
        let limits = self.agents.get(agent).map(|one| &one.record.profile);
        let channels = limits.map(|profile| &profile.channel_capacity);
        let of_channel = self.uses(agent, |one| one.channel == arrival.channel);
        let of_queue = self.uses(agent, |one| one.terms.queue == arrival.terms.queue);
        let fits =
            |limit: Option<&u32>, used: usize| limit.is_none_or(|most| used < *most as usize);
        let queue = self.queues.iter().find(|one| one.id == arrival.terms.queue);
        let queue = queue.and_then(|queue| queue.agent_capacity.as_ref());
        let own = limits.and_then(|profile| profile.queue_capacity.get(&arrival.terms.queue));
        same < maximum as usize
            && used + weight <= total
            && fits(
                channels.and_then(|limits| limits.get(&arrival.channel)),
                of_channel,
            )
            && fits(own.or(queue), of_queue)
    }

    /// Number of conversations of a kind that use an agent's capacity.
    fn uses(&self, agent: &str, is_kind: impl Fn(&Arrival) -> bool) -> usize {
        let used = self.conversations.values().filter(|one| match &one.at {
            ReferencePlacement::Offered(offer) => offer.agent == agent,
            ReferencePlacement::Held(holder, hold) => holder == agent && *hold != Hold::Parked,
            ReferencePlacement::Waiting => false,
        });
        used.filter(|one| is_kind(&one.arrival)).count()
    }

    fn is_available(&self, agent: &str) -> bool {
        self.agents
            .get(agent)
            .is_some_and(|one| one.record.presence.is_present() && !one.record.not_responding)
    }

    fn qualifies(&self, agent: &str, one: &ReferenceConversation) -> bool {
        let Some(agent) = self.agents.get(agent) else {
            return false;
        };
        let profile = &agent.record.profile;
        let meets = |skills: &BTreeMap<String, u8>| {
            skills
                .iter()
                .all(|(skill, least)| profile.skills.get(skill).is_some_and(|has| has >= least))
        };
        let terms = &one.arrival.terms;
        let queue = self.queues.iter().find(|queue| queue.id == terms.queue);
        let member = if profile.queues.is_empty() {
            queue.is_some_and(|queue| meets(&queue.skills))
        } else {
            profile.queues.contains(&terms.queue)
        };
        let speaks = |step: &Step| {
            step.languages.is_empty()
                || step.languages.iter().any(|wanted| {
                    let subtag = format!("{wanted}-");
                    profile
                        .languages
                        .iter()
                        .any(|tag| tag == wanted || tag.starts_with(&subtag))
                })
        };
        member
            && (one.step >= terms.steps.len()
                || terms.steps[..=one.step]
                    .iter()
                    .any(|step| meets(&step.skills) && speaks(step)))
    }

    /// The agent a waiting conversation would be offered to, with their number
    /// of refusals.
    pub(super) fn candidate(&self, id: &str, now: Timestamp) -> Option<(String, u32)> {
        let one = self.conversations.get(id)?;
        let terms = &one.arrival.terms;
        let times = |agent: &str| one.refused.get(agent).map_or(0, |(times, _)| *times);
        if let Some(wait) = &terms.wait_for {
            let fits =
                self.is_available(&wait.agent) && self.has_capacity_for(&wait.agent, &one.arrival);
            return fits.then(|| (wait.agent.clone(), times(&wait.agent)));
        }
        let fits = |agent: &&String| {
            self.is_available(agent)
                && self.has_capacity_for(agent, &one.arrival)
                && self.qualifies(agent, one)
        };
        let all: Vec<&String> = self.agents.keys().filter(fits).collect();
        let fresh: Vec<&String> = all
            .iter()
            .copied()
            .filter(|agent| !one.refused.contains_key(*agent))
            .collect();
        let last: Vec<&String> = all
            .into_iter()
            .filter(|agent| {
                one.refused
                    .get(*agent)
                    .is_some_and(|(_, again_at)| *again_at <= now)
            })
            .collect();
        let order = |agent: &&String| {
            let preferences = terms.preferences.iter();
            let score = preferences
                .filter(|one| one.agent == **agent)
                .map(|one| one.score)
                .max();
            let record = self.agents.get(*agent).map(|one| &one.record);
            let idle = record.map(|record| {
                let times = [record.idle_since, record.available_since];
                times.into_iter().flatten().max()
            });
            (
                score.is_none(),
                Reverse(score),
                idle.flatten(),
                (*agent).clone(),
            )
        };
        let among = if fresh.is_empty() { last } else { fresh };
        among
            .into_iter()
            .min_by_key(order)
            .map(|agent| (agent.clone(), times(agent)))
    }

    pub(super) fn time_out(&mut self, now: Timestamp) -> Vec<String> {
        let mut due: Vec<Offer> = self
            .conversations
            .values()
            .filter_map(|one| match &one.at {
                ReferencePlacement::Offered(offer) if offer.deadline <= now => Some(offer.clone()),
                _ => None,
            })
            .collect();
        due.sort_by_key(|offer| (offer.deadline, offer.id));
        for offer in &due {
            if let Some(agent) = self.agents.get_mut(&offer.agent) {
                agent.record.not_responding = true;
            }
            self.refuse(&offer.conversation, &offer.agent, offer.deadline);
        }
        due.into_iter().map(|offer| offer.conversation).collect()
    }

    pub(super) fn refuse(&mut self, conversation: &str, agent: &str, at: Timestamp) {
        let back_off = self.settings.back_off;
        let Some(one) = self.conversations.get_mut(conversation) else {
            return;
        };
        one.at = ReferencePlacement::Waiting;
        if one.arrival.terms.wait_for.take().is_some() {
            one.step_since = at;
        }
        let refused = one.refused.entry(agent.to_owned()).or_insert((0, at));
        refused.0 += 1;
        refused.1 = plus(at, back_off.after(refused.0));
    }

    /// Ends the wait and the steps that are over.
    fn advance(&mut self, id: &str, now: Timestamp) {
        let Some(one) = self.conversations.get_mut(id) else {
            return;
        };
        let terms = &mut one.arrival.terms;
        if let Some(wait) = &terms.wait_for {
            if wait.until > now {
                return;
            }
            one.step_since = one.step_since.max(wait.until);
            terms.wait_for = None;
        }
        while let Some(step) = terms.steps.get(one.step)
            && let Some(expires) = step.expires
            && plus(one.step_since, expires) <= now
        {
            one.step_since = plus(one.step_since, expires);
            one.step += 1;
        }
    }

    pub(super) fn next_offers(
        &mut self,
        now: Timestamp,
    ) -> Vec<(String, String, u32, Option<u32>)> {
        let waiting = |one: &&ReferenceConversation| one.at == ReferencePlacement::Waiting;
        let mut turns: Vec<_> = self
            .conversations
            .values()
            .filter(waiting)
            .map(|one| {
                let arrival = &one.arrival;
                (
                    Reverse(arrival.terms.priority),
                    arrival.since,
                    arrival.conversation.clone(),
                )
            })
            .collect();
        turns.sort();
        let mut made = Vec::new();
        for (_, _, id) in turns {
            self.advance(&id, now);
            loop {
                if let Some((agent, again)) = self.candidate(&id, now) {
                    made.push(self.offer(&id, &agent, again, now));
                    break;
                }
                let one = &self.conversations[&id];
                let Some(step) = one.arrival.terms.steps.get(one.step) else {
                    break;
                };
                let available = self
                    .agents
                    .keys()
                    .filter(|agent| self.is_available(agent) && self.qualifies(agent, one))
                    .count();
                if one.arrival.terms.wait_for.is_some()
                    || available >= step.minimum_agents.unwrap_or(1) as usize
                {
                    break;
                }
                if let Some(one) = self.conversations.get_mut(&id) {
                    one.step += 1;
                    one.step_since = now;
                }
            }
        }
        made
    }

    fn offer(
        &mut self,
        id: &str,
        agent: &str,
        again: u32,
        now: Timestamp,
    ) -> (String, String, u32, Option<u32>) {
        let timeout = self.settings.offer_timeout;
        let one = self.conversations.get_mut(id).expect("waiting");
        let terms = &one.arrival.terms;
        let step =
            (terms.wait_for.is_none() && one.step < terms.steps.len()).then_some(one.step as u32);
        one.at = ReferencePlacement::Offered(Offer {
            id: OfferId(self.next_offer),
            conversation: id.to_owned(),
            agent: agent.to_owned(),
            made_at: now,
            deadline: plus(now, terms.offer_timeout.unwrap_or(timeout)),
            step,
            score: None,
            again,
        });
        self.next_offer += 1;
        (id.to_owned(), agent.to_owned(), again, step)
    }
}
