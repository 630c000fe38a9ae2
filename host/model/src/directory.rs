//! Agents and queues of a company, as one immutable snapshot with a search
//! index.

mod bitmap;
mod check;
mod index;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::codes;
pub use check::{DirectoryError, check_new_limits, check_new_names};
use check::{check_agent, check_queue, duplicate_id};
use index::Index;

/// Most agents a search returns.
pub const MOST_AGENTS: usize = 64;
/// Most queues of a company.
pub const MOST_QUEUES: usize = 256;

codes! {
    /// Whether an agent is at work. Presence is not capacity.
    #[derive(Default)]
    pub enum Presence {
        /// At work and ready for more.
        #[default]
        Available = "available",
        /// At work and occupied.
        Busy = "busy",
        /// Logged in but absent; also an agent who let an offer time out and
        /// has not returned.
        Away = "away",
        /// Logged out.
        Offline = "offline",
    }
}

impl Presence {
    /// Whether the agent is available or busy.
    pub const fn is_present(self) -> bool {
        matches!(self, Presence::Available | Presence::Busy)
    }
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// Identifier, unique; 1 to 256 bytes.
    pub id: String,
    /// Display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Skills with their proficiency, 1 (learning) to 5 (expert); at most 64.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skills: BTreeMap<String, u8>,
    /// Languages spoken (BCP 47); at most 64. In a [`Directory`] sorted and
    /// unique.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Presence; `available` by default.
    #[serde(default)]
    pub presence: Presence,
    /// Capacity in use, in units, open offers included; 0 by default.
    #[serde(default)]
    pub load: u32,
    /// Total capacity in units; 100 by default.
    #[serde(default = "full_capacity")]
    pub capacity: u32,
    /// Most conversations at once by channel; at most 64 channels. Replaces the
    /// company's limit, which is absent by default.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub channel_capacity: BTreeMap<String, u32>,
    /// Most conversations at once by queue; at most 64 queues. Replaces the
    /// queue's limit, which is absent by default.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub queue_capacity: BTreeMap<String, u32>,
    /// Seconds since the agent last accepted or finished a conversation;
    /// absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle: Option<u32>,
    /// Queues of the agent; at most 64. Empty: every queue whose skills the
    /// agent meets. In a [`Directory`] sorted and unique.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<String>,
    /// Teams; at most 64. In a [`Directory`] sorted and unique.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<String>,
    /// Site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
}

fn full_capacity() -> u32 {
    100
}

impl Agent {
    /// Whether the agent meets each proficiency.
    pub fn meets(&self, skills: &BTreeMap<String, u8>) -> bool {
        skills
            .iter()
            .all(|(skill, least)| self.skills.get(skill).is_some_and(|has| has >= least))
    }

    /// Whether the agent serves a queue: by name, or by skills where the agent
    /// names no queue.
    fn works(&self, queue: &Queue) -> bool {
        match self.queues.is_empty() {
            true => self.meets(&queue.skills),
            false => self.queues.contains(&queue.id),
        }
    }
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// Identifier, unique; 1 to 256 bytes.
    pub id: String,
    /// Whether it is the default queue; false by default.
    #[serde(default, rename = "default")]
    pub is_default: bool,
    /// Least proficiency of its members, 1 to 5; at most 64.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skills: BTreeMap<String, u8>,
    /// Waiting conversations, without those on offer; 0 by default.
    #[serde(default)]
    pub waiting: u32,
    /// Seconds the oldest of them has waited.
    #[serde(default)]
    pub longest_wait: Option<u32>,
    /// Whether it is open; true by default.
    #[serde(default = "open")]
    pub open: bool,
    /// Name of its business hours; absent: round the clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<String>,
    /// Most of its conversations that one agent holds at once; absent: as many
    /// as fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_capacity: Option<u32>,
}

fn open() -> bool {
    true
}

/// Conditions of a search. All must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Query {
    /// Least proficiency per skill, 0 counts as 1; empty: any.
    pub skills: Vec<(String, u8)>,
    /// A language the agent must speak (BCP 47, in any case); a primary subtag
    /// such as `pt` also matches `pt-BR`. Absent: any.
    pub language: Option<String>,
    /// Only members of this queue; absent: any.
    pub queue: Option<String>,
    /// Only members of this team; absent: any.
    pub team: Option<String>,
    /// Only agents of this site; absent: any.
    pub site: Option<String>,
    /// Only agents who are present, available or busy.
    pub present: bool,
    /// Most agents to return; at most [`MOST_AGENTS`].
    pub limit: u32,
}

/// A page of a search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// At most [`MOST_AGENTS`], longest idle first.
    pub items: Vec<Arc<Agent>>,
    /// How many agents match.
    pub total: u32,
    /// Whether more agents match than were returned.
    pub truncated: bool,
}

/// Agents and queues at one moment. Immutable, so that two reads agree.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// Longest idle first; the index refers to positions.
    agents: Vec<Arc<Agent>>,
    by_id: HashMap<String, usize>,
    queues: BTreeMap<String, Arc<Queue>>,
    default_queue: Option<Arc<Queue>>,
    index: Index,
}

impl Directory {
    /// Validate and index agents and queues.
    ///
    /// # Errors
    ///
    /// A duplicate identifier, an unknown queue, a second default queue, or a
    /// value out of range.
    pub fn new(mut agents: Vec<Agent>, queues: Vec<Queue>) -> Result<Self, DirectoryError> {
        let mut directory = Directory::default();
        if queues.len() > MOST_QUEUES {
            let count = queues.len();
            return Err(DirectoryError(format!(
                "there are {count} queues; the most is {MOST_QUEUES}"
            )));
        }
        for queue in queues.into_iter().map(Arc::new) {
            check_queue(&queue)?;
            if queue.is_default
                && let Some(first) = directory.default_queue.replace(Arc::clone(&queue))
            {
                let (first, second) = (&first.id, &queue.id);
                return Err(DirectoryError(format!(
                    "the queues {first:?} and {second:?} are both the default; there can be one"
                )));
            }
            if let Some(queue) = directory.queues.insert(queue.id.clone(), queue) {
                return Err(duplicate_id("queue", &queue.id));
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
                return Err(duplicate_id("agent", &agent.id));
            }
            directory.agents.push(Arc::new(agent));
        }
        directory.index = Index::new(&directory.agents, directory.queues.values());
        Ok(directory)
    }

    /// Matching agents, longest idle first, then by id; agents who have not
    /// worked yet come last.
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

    /// How many agents match, whatever the limit.
    pub fn count(&self, query: &Query) -> u32 {
        self.index.matching(query, 0, |_| {})
    }

    /// The agent with an id.
    pub fn agent(&self, id: &str) -> Option<&Arc<Agent>> {
        self.agents.get(*self.by_id.get(id)?)
    }

    /// The queue with an id.
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

    /// The default queue.
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
