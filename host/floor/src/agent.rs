//! Agents: profile, state during a shift, and the part the indexes store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use patchbay_model::directory::{Agent, Presence, Queue};
use patchbay_model::offer::OfferId;
use serde::{Deserialize, Serialize};

use super::capacity_rules::{CapacityRules, ClassId, ClassSet};
use super::error::FloorError;
use super::ids::{AgentSlot, GroupId, PoolId};
use super::load::Load;

/// An agent's entry on the roster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AgentProfile {
    /// Unique within the company.
    pub id: String,
    /// Skills with their proficiency, 1 (learning) to 5 (expert).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skills: BTreeMap<String, u8>,
    /// Languages spoken (BCP 47).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Queues the agent is a member of; empty: each queue whose skills the
    /// agent has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<String>,
    /// Total capacity in units; 100 by default.
    #[serde(default = "full_capacity")]
    pub capacity: u32,
    /// Most conversations at once by channel; replaces the company's limit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub channel_capacity: BTreeMap<String, u32>,
    /// Most conversations at once by queue; replaces the queue's limit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub queue_capacity: BTreeMap<String, u32>,
}

fn full_capacity() -> u32 {
    100
}

impl AgentProfile {
    /// Whether the agent has each skill with at least this proficiency.
    pub(super) fn has_skills<'a>(
        &self,
        mut skills: impl Iterator<Item = (&'a String, u8)>,
    ) -> bool {
        skills.all(|(skill, least)| self.skills.get(skill).is_some_and(|has| *has >= least))
    }

    /// Ids of the queues the agent is a member of.
    ///
    /// # Errors
    /// [`FloorError::Proficiency`], [`FloorError::UnknownQueue`].
    pub(super) fn memberships<'a>(
        &self,
        queues: impl Iterator<Item = &'a Queue> + Clone,
    ) -> Result<Vec<String>, FloorError> {
        for (skill, &proficiency) in &self.skills {
            if !(1..=5).contains(&proficiency) {
                return Err(FloorError::Proficiency {
                    agent: self.id.clone(),
                    skill: skill.clone(),
                    proficiency,
                });
            }
        }
        let exists = |id: &&String| queues.clone().any(|queue| queue.id == **id);
        if let Some(unknown) = self.queues.iter().find(|id| !exists(id)) {
            return Err(FloorError::UnknownQueue(unknown.clone()));
        }
        let is_member = |queue: &&Queue| match self.queues.is_empty() {
            true => self.has_skills(queue.skills.iter().map(|(skill, least)| (skill, *least))),
            false => self.queues.contains(&queue.id),
        };
        Ok(queues
            .filter(is_member)
            .map(|queue| queue.id.clone())
            .collect())
    }
}

impl From<&Agent> for AgentProfile {
    fn from(agent: &Agent) -> Self {
        AgentProfile {
            id: agent.id.clone(),
            skills: agent.skills.clone(),
            languages: agent.languages.clone(),
            queues: agent.queues.clone(),
            capacity: agent.capacity,
            channel_capacity: agent.channel_capacity.clone(),
            queue_capacity: agent.queue_capacity.clone(),
        }
    }
}

/// An agent's profile and state during a shift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AgentRecord {
    /// The roster entry.
    pub profile: AgentProfile,
    /// The agent's presence.
    pub presence: Presence,
    /// Whether an offer to the agent timed out since their presence was last
    /// set; they get no offers until it is set again.
    #[serde(default)]
    pub not_responding: bool,
    /// When the agent last finished or took a conversation; absent before the
    /// first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_since: Option<Timestamp>,
    /// When the agent last became available: present and responding. Absent
    /// before the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available_since: Option<Timestamp>,
}

impl AgentRecord {
    /// A directory agent at this time. The directory's load is ignored: a
    /// floor derives the load from the conversations the agent holds.
    pub fn from_directory(agent: &Agent, now: Timestamp) -> AgentRecord {
        let since = |idle: u32| {
            now.checked_sub(SignedDuration::from_secs(idle.into()))
                .unwrap_or(Timestamp::MIN)
        };
        AgentRecord {
            profile: agent.into(),
            presence: agent.presence,
            not_responding: false,
            idle_since: agent.idle.map(since),
            // An idle time counts from before this floor.
            available_since: (agent.presence.is_present() && agent.idle.is_none()).then_some(now),
        }
    }

    /// Present and responding.
    pub(super) fn is_available(&self) -> bool {
        self.presence.is_present() && !self.not_responding
    }

    /// Since when the agent is idle: since they became available, or last
    /// finished or took a conversation. The earliest time where neither
    /// happened.
    pub(super) fn idle_from(&self) -> Timestamp {
        let from = self.idle_since.max(self.available_since);
        from.unwrap_or(Timestamp::MIN)
    }
}

/// Sort key of candidates: longest idle first, then by id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct IdleRank {
    since: Timestamp,
    id: Arc<str>,
    pub(super) slot: AgentSlot,
}

/// The part of an agent's state that pools store; they are updated by the
/// difference of two values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Availability {
    /// Present and responding, whatever the load.
    pub(super) available: bool,
    /// Classes of which the agent can be offered one more.
    pub(super) free: ClassSet,
    /// Queues of which the agent can be offered none, sorted.
    pub(super) full: Vec<String>,
    pub(super) idle: IdleRank,
}

impl Availability {
    /// Classes of which the agent can be offered one more from a queue.
    pub(super) fn free_for(&self, queue: &str) -> ClassSet {
        match self.full.iter().any(|full| full == queue) {
            true => 0,
            false => self.free,
        }
    }
}

/// An agent on the floor.
#[derive(Clone, Debug)]
pub(super) struct AgentState {
    pub(super) record: AgentRecord,
    pub(super) id: Arc<str>,
    pub(super) slot: AgentSlot,
    /// Removed from the roster; the slot stays reserved for the id.
    pub(super) removed: bool,
    /// Queues the agent is a member of.
    pub(super) queues: Vec<String>,
    pub(super) load: Load,
    /// Held conversations, parked ones included.
    pub(super) held: BTreeSet<Arc<str>>,
    /// Open offers.
    pub(super) offers: BTreeSet<OfferId>,
    /// Pools the agent is in.
    pub(super) pools: Vec<PoolId>,
    /// Groups that wait for this agent alone.
    pub(super) groups: BTreeSet<GroupId>,
    /// As last entered in the indexes.
    pub(super) availability: Availability,
}

impl AgentState {
    /// An agent with no conversations, in no index.
    pub(super) fn new(record: AgentRecord, slot: AgentSlot, rules: &CapacityRules) -> AgentState {
        let id: Arc<str> = record.profile.id.as_str().into();
        let idle = IdleRank {
            since: Timestamp::MIN,
            id: Arc::clone(&id),
            slot,
        };
        let mut agent = AgentState {
            record,
            id,
            slot,
            removed: false,
            queues: Vec::new(),
            load: Load::default(),
            held: BTreeSet::new(),
            offers: BTreeSet::new(),
            pools: Vec::new(),
            groups: BTreeSet::new(),
            availability: Availability {
                available: false,
                free: 0,
                full: Vec::new(),
                idle,
            },
        };
        agent.availability = agent.current_availability(rules);
        agent
    }

    /// The availability the indexes should have.
    pub(super) fn current_availability(&self, rules: &CapacityRules) -> Availability {
        let record = &self.record;
        let available = !self.removed && record.is_available();
        let (free, full) = match available {
            true => (
                self.load.free(rules, &record.profile),
                self.load.full_queues(rules, &record.profile),
            ),
            false => (0, Vec::new()),
        };
        Availability {
            available,
            free,
            full,
            idle: IdleRank {
                since: record.idle_from(),
                id: Arc::clone(&self.id),
                slot: self.slot,
            },
        }
    }

    /// Whether the agent can be offered one more conversation of a class from a
    /// queue.
    pub(super) fn can_take(&self, class: ClassId, queue: &str) -> bool {
        self.availability.free_for(queue) & (1 << class) != 0
    }
}
