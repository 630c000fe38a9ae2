//! Agents: state during a shift, and the part the indexes store.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use patchbay_model::directory::{Agent, Presence};
use patchbay_model::offer::OfferId;
use serde::{Deserialize, Serialize};

use super::agent_profile::AgentProfile;
use super::capacity_rules::{CapacityRules, ClassId, ClassSet};
use super::ids::{AgentSlot, GroupId, PoolId};
use super::load::Load;

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
