//! Agents: what is known of one, and what the index has of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use patchbay_model::capacity::Capacity;
use patchbay_model::directory::{Agent, Presence, Queue};
use serde::{Deserialize, Serialize};

use super::error::FloorError;
use super::lines::LineId;
use super::load::Load;
use super::offer::OfferId;
use super::pools::PoolId;
use super::slots::Slot;

/// What the roster says of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AgentProfile {
    /// The company's identifier of the agent, unique.
    pub id: String,
    /// Skills with their proficiency, 1 (learning) to 5 (expert).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skills: BTreeMap<String, u8>,
    /// Languages spoken (BCP 47).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Queues the agent is a member of. None: every queue whose skills the
    /// agent meets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<String>,
    /// Total capacity in units; 100 where not said.
    #[serde(default = "full_capacity")]
    pub capacity: u32,
}

fn full_capacity() -> u32 {
    100
}

impl From<&Agent> for AgentProfile {
    fn from(agent: &Agent) -> Self {
        AgentProfile {
            id: agent.id.clone(),
            skills: agent.skills.clone(),
            languages: agent.languages.clone(),
            queues: agent.queues.clone(),
            capacity: agent.capacity,
        }
    }
}

/// An agent with what changes during a shift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AgentRecord {
    /// What the roster says.
    pub profile: AgentProfile,
    /// Whether the agent is there.
    pub presence: Presence,
    /// Whether the agent let an offer time out and has not set a presence
    /// since: no more offers until then. False where not said.
    #[serde(default)]
    pub not_responding: bool,
    /// When the agent last finished or took up a conversation; absent where
    /// they have not worked yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_since: Option<Timestamp>,
}

impl AgentRecord {
    /// An agent of the directory at this moment. Their load is left out: on
    /// the floor it is what they hold.
    pub fn at(agent: &Agent, now: Timestamp) -> AgentRecord {
        let since = |idle: u32| {
            now.checked_sub(SignedDuration::from_secs(idle.into()))
                .unwrap_or(Timestamp::MIN)
        };
        AgentRecord {
            profile: agent.into(),
            presence: agent.presence,
            not_responding: false,
            idle_since: agent.idle.map(since),
        }
    }
}

/// Place of an agent among candidates: longest idle first, then who has not
/// worked yet, then by id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Idle {
    never: bool,
    since: Timestamp,
    id: Arc<str>,
    pub(super) slot: Slot,
}

/// What the index has of an agent; a change is a difference of two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// Present and responding, whatever they hold.
    pub(super) available: bool,
    /// Media of which they can be offered one more, as bits.
    pub(super) free: u32,
    pub(super) idle: Idle,
}

/// An agent on the floor.
#[derive(Clone, Debug)]
pub(super) struct AgentState {
    pub(super) record: AgentRecord,
    pub(super) id: Arc<str>,
    pub(super) slot: Slot,
    /// Taken off the roster: the slot stays theirs.
    pub(super) gone: bool,
    /// Queues they are a member of, named or by skills.
    pub(super) queues: Vec<String>,
    pub(super) load: Load,
    pub(super) held: BTreeSet<Arc<str>>,
    pub(super) offers: BTreeSet<OfferId>,
    /// Pools they are in.
    pub(super) pools: Vec<PoolId>,
    /// Lines of conversations that wait for nobody but them.
    pub(super) lines: BTreeSet<LineId>,
    pub(super) standing: Standing,
}

impl AgentState {
    /// An agent who holds nothing yet, not entered in any index.
    pub(super) fn new(record: AgentRecord, slot: Slot, capacity: &Capacity) -> AgentState {
        let id: Arc<str> = record.profile.id.as_str().into();
        let idle = Idle {
            never: true,
            since: Timestamp::MIN,
            id: Arc::clone(&id),
            slot,
        };
        let mut agent = AgentState {
            record,
            id,
            slot,
            gone: false,
            queues: Vec::new(),
            load: Load::default(),
            held: BTreeSet::new(),
            offers: BTreeSet::new(),
            pools: Vec::new(),
            lines: BTreeSet::new(),
            standing: Standing {
                available: false,
                free: 0,
                idle,
            },
        };
        agent.standing = agent.now_standing(capacity);
        agent
    }

    /// What the index should have.
    pub(super) fn now_standing(&self, capacity: &Capacity) -> Standing {
        let available =
            !self.gone && self.record.presence.is_present() && !self.record.not_responding;
        Standing {
            available,
            free: if available {
                self.load.free(capacity, self.record.profile.capacity)
            } else {
                0
            },
            idle: Idle {
                never: self.record.idle_since.is_none(),
                since: self.record.idle_since.unwrap_or(Timestamp::MIN),
                id: Arc::clone(&self.id),
                slot: self.slot,
            },
        }
    }

    pub(super) fn can_take(&self, medium: usize) -> bool {
        self.standing.free & (1 << medium) != 0
    }
}

/// The queues an agent is a member of: those they name, or where they name
/// none those whose skills they meet.
pub(super) fn membership<'a>(
    agent: &AgentProfile,
    queues: impl Iterator<Item = &'a Queue> + Clone,
) -> Result<Vec<String>, FloorError> {
    for (skill, &proficiency) in &agent.skills {
        if !(1..=5).contains(&proficiency) {
            return Err(FloorError::Proficiency {
                agent: agent.id.clone(),
                skill: skill.clone(),
                proficiency,
            });
        }
    }
    if let Some(unknown) = agent
        .queues
        .iter()
        .find(|id| !queues.clone().any(|queue| queue.id == **id))
    {
        return Err(FloorError::UnknownQueue(unknown.clone()));
    }
    let able = |queue: &Queue| {
        let mut least = queue.skills.iter();
        least.all(|(skill, least)| agent.skills.get(skill).is_some_and(|has| has >= least))
    };
    Ok(queues
        .filter(|queue| {
            if agent.queues.is_empty() {
                able(queue)
            } else {
                agent.queues.contains(&queue.id)
            }
        })
        .map(|queue| queue.id.clone())
        .collect())
}
