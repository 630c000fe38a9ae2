//! The people who answer and the queues they work, as one immutable snapshot
//! that is searched by index.

mod bitmap;
mod check;
mod index;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::codes;
pub use check::DirectoryError;
use check::{check_agent, check_queue};
use index::Index;

/// The most agents one search gives.
pub const MOST_AGENTS: usize = 64;
/// The most queues a company may have.
pub const MOST_QUEUES: usize = 256;

codes! {
    /// Whether somebody is there to work. Presence is not capacity.
    #[derive(Default)]
    pub enum Presence {
        /// There, and ready for more.
        #[default]
        Available = "available",
        /// There, and occupied.
        Busy = "busy",
        /// Logged in, but not there; also who let an offer time out and has not
        /// been back since.
        Away = "away",
        /// Logged out.
        Offline = "offline",
    }
}

impl Presence {
    /// Whether the agent is there: available or busy.
    pub const fn is_present(self) -> bool {
        matches!(self, Presence::Available | Presence::Busy)
    }
}

/// Somebody who answers customers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// The company's identifier of the agent, unique; 1 to 256 bytes.
    pub id: String,
    /// Display name; absent where the company keeps none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Skills with their proficiency, 1 (learning) to 5 (expert); at most 64.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skills: BTreeMap<String, u8>,
    /// Languages spoken (BCP 47); at most 64. In a [`Directory`] sorted and
    /// each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Whether the agent is there; `available` where not said.
    #[serde(default)]
    pub presence: Presence,
    /// Capacity in use, in units, open offers included; 0 where not said.
    #[serde(default)]
    pub load: u32,
    /// Total capacity in units; 100 where not said.
    #[serde(default = "full_capacity")]
    pub capacity: u32,
    /// Seconds since the agent last took up or finished a conversation; absent
    /// where the agent has not worked yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle: Option<u32>,
    /// Queues the agent is a member of; at most 64. None: every queue whose
    /// skills the agent meets. In a [`Directory`] sorted and each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<String>,
    /// Teams; at most 64. In a [`Directory`] sorted and each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<String>,
    /// Site; absent where the company keeps none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
}

fn full_capacity() -> u32 {
    100
}

impl Agent {
    /// Whether the agent has each of these skills at least that well.
    pub fn meets(&self, skills: &BTreeMap<String, u8>) -> bool {
        skills
            .iter()
            .all(|(skill, least)| self.skills.get(skill).is_some_and(|has| has >= least))
    }

    /// Whether the agent is a member of a queue: by name, or where they name
    /// none by its skills.
    fn works(&self, queue: &Queue) -> bool {
        match self.queues.is_empty() {
            true => self.meets(&queue.skills),
            false => self.queues.contains(&queue.id),
        }
    }
}

/// A line of conversations that wait for an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// The company's identifier of the queue, unique; 1 to 256 bytes.
    pub id: String,
    /// Whether conversations without a route go here; false where not said.
    #[serde(default, rename = "default")]
    pub is_default: bool,
    /// Least proficiency of its members, 1 to 5; at most 64.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skills: BTreeMap<String, u8>,
    /// Conversations that wait in it, those on offer left out; 0 where not
    /// said.
    #[serde(default)]
    pub waiting: u32,
    /// Seconds the oldest of them has waited; absent where none waits.
    #[serde(default)]
    pub longest_wait: Option<u32>,
    /// Whether it is open at all; true where not said.
    #[serde(default = "open")]
    pub open: bool,
    /// Name of the business hours it keeps; absent: round the clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<String>,
}

fn open() -> bool {
    true
}

/// What agents to look for. All conditions must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Query {
    /// Least proficiency in each of these skills, where 0 is as good as 1;
    /// empty: any.
    pub skills: Vec<(String, u8)>,
    /// A language the agent must speak (BCP 47, in any case); a primary subtag
    /// such as `pt` also matches `pt-BR`. Absent: any.
    pub language: Option<String>,
    /// Only members of this queue; absent: any. Nobody is a member of a queue
    /// that does not exist.
    pub queue: Option<String>,
    /// Only members of this team; absent: any.
    pub team: Option<String>,
    /// Only agents of this site; absent: any.
    pub site: Option<String>,
    /// Only agents who are present, available or busy.
    pub present: bool,
    /// Most agents wanted; capped at [`MOST_AGENTS`].
    pub limit: u32,
}

/// A bounded part of the directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// At most [`MOST_AGENTS`], longest idle first.
    pub items: Vec<Arc<Agent>>,
    /// How many agents match altogether.
    pub total: u32,
    /// Whether there were more than were returned.
    pub truncated: bool,
}

/// Agents and queues at one moment: immutable, so that two reads agree.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// Longest idle first; positions in the index refer to it.
    agents: Vec<Arc<Agent>>,
    by_id: HashMap<String, usize>,
    queues: BTreeMap<String, Arc<Queue>>,
    default_queue: Option<Arc<Queue>>,
    index: Index,
}

impl Directory {
    /// Checks and indexes agents and queues.
    ///
    /// # Errors
    ///
    /// Where an identifier is used twice, an agent names a queue that does not
    /// exist, two queues are the default, or a value is outside its limits.
    pub fn new(mut agents: Vec<Agent>, queues: Vec<Queue>) -> Result<Self, DirectoryError> {
        let mut directory = Directory::default();
        if queues.len() > MOST_QUEUES {
            return Err(DirectoryError::TooManyQueues {
                queues: queues.len(),
            });
        }
        for queue in queues.into_iter().map(Arc::new) {
            check_queue(&queue)?;
            if queue.is_default
                && let Some(first) = directory.default_queue.replace(Arc::clone(&queue))
            {
                let (first, second) = (first.id.clone(), queue.id.clone());
                return Err(DirectoryError::TwoDefaults { first, second });
            }
            if let Some(queue) = directory.queues.insert(queue.id.clone(), queue) {
                return Err(DirectoryError::DuplicateId {
                    kind: "queue",
                    id: queue.id.clone(),
                });
            }
        }
        // `None` is less than any idle time, so it comes last.
        agents.sort_unstable_by(|left, right| {
            right
                .idle
                .cmp(&left.idle)
                .then_with(|| left.id.cmp(&right.id))
        });
        for mut agent in agents {
            check_agent(&agent, &directory.queues)?;
            for list in [&mut agent.languages, &mut agent.queues, &mut agent.teams] {
                list.sort();
                list.dedup();
            }
            let position = directory.agents.len();
            if directory.by_id.insert(agent.id.clone(), position).is_some() {
                return Err(DirectoryError::DuplicateId {
                    kind: "agent",
                    id: agent.id,
                });
            }
            directory.agents.push(Arc::new(agent));
        }
        directory.index = Index::new(&directory.agents, directory.queues.values());
        Ok(directory)
    }

    /// Agents that match, longest idle first; who has not worked yet comes
    /// last, and ties go by id.
    pub fn find(&self, query: &Query) -> Page {
        let limit = usize::try_from(query.limit)
            .unwrap_or(MOST_AGENTS)
            .min(MOST_AGENTS);
        let mut items = Vec::new();
        let total = self.index.matching(query, limit, |position| {
            items.extend(self.agents.get(position).cloned())
        });
        let truncated = items.len() < total as usize;
        Page {
            items,
            total,
            truncated,
        }
    }

    /// How many agents match; the limit is ignored.
    pub fn count(&self, query: &Query) -> u32 {
        self.index.matching(query, 0, |_| {})
    }

    /// One agent; `None` where there is none of that id.
    pub fn agent(&self, id: &str) -> Option<&Arc<Agent>> {
        self.agents.get(*self.by_id.get(id)?)
    }

    /// One queue; `None` where there is none of that id.
    pub fn queue(&self, id: &str) -> Option<&Arc<Queue>> {
        self.queues.get(id)
    }

    /// Ids of the queues an agent is a member of, sorted.
    pub fn queues_of<'a>(&'a self, agent: &'a Agent) -> impl Iterator<Item = &'a str> {
        self.queues
            .values()
            .filter(|queue| agent.works(queue))
            .map(|queue| queue.id.as_str())
    }

    /// The queue for conversations without a route; `None` where none is the
    /// default.
    pub fn default_queue(&self) -> Option<&Arc<Queue>> {
        self.default_queue.as_ref()
    }

    /// Ids of all queues, sorted; at most [`MOST_QUEUES`].
    pub fn queue_ids(&self) -> impl Iterator<Item = &str> {
        self.queues.keys().map(String::as_str)
    }

    /// All agents, longest idle first.
    pub fn agents(&self) -> &[Arc<Agent>] {
        &self.agents
    }
}

#[cfg(test)]
mod tests;
