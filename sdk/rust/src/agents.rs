//! The company's agents and queues. Needs the grant `agents`: without it a call ends the decision
//! with the outcome `denied`.
//!
//! Every call of one decision reads the same snapshot: two calls agree.
//!
//! ```
//! use patchbay_sdk::prelude::*;
//! use patchbay_sdk::testing::World;
//!
//! let world = World::new()
//!     .agent(Agent::example("ana").skill("fraud", 4).language("pt-BR"))
//!     .agent(Agent::example("bo").skill("fraud", 2));
//! world.enter(|| {
//!     let experts = agents::find(&Query::new().skill("fraud", 3).language("pt").present());
//!     assert_eq!(experts.items[0].id(), "ana");
//! });
//! ```

use crate::Timestamp;
use crate::codes::Presence;
use crate::handle::handle;
use crate::source::agents as host;

pub use crate::bindings::imports::patchbay::care::agents::{
    AgentSummary, Query, Skill, SummaryPage,
};

/// Agents that match, longest idle first, agents who have not worked yet last; at most 64.
pub fn find(query: &Query) -> Page {
    let page = host::find(query);
    Page {
        items: page.items.into_iter().map(Agent::from).collect(),
        total: page.total,
        truncated: page.truncated,
    }
}

/// The agents of [`find`] as plain data, in one host call. Use it where identifier, presence, load
/// and proficiency are enough: each method of an [`Agent`] is a host call of its own.
///
/// ```
/// use patchbay_sdk::prelude::*;
/// use patchbay_sdk::testing::World;
///
/// let world = World::new().agent(Agent::example("ana").skill("fraud", 4).load(50));
/// world.enter(|| {
///     let found = agents::find_summaries(&Query::new().skill("fraud", 3).present());
///     assert_eq!((found.items[0].load, &found.items[0].proficiencies[..]), (50, &[4][..]));
/// });
/// ```
pub fn find_summaries(query: &Query) -> SummaryPage {
    host::find_summaries(query)
}

/// Number of agents that match; ignores the query's limit.
pub fn count(query: &Query) -> u32 {
    host::count(query)
}

/// The agent with this id; absent where there is none.
pub fn get(id: &str) -> Option<Agent> {
    host::get(id).map(Agent::from)
}

/// The queue with this id; absent where there is none.
pub fn queue(id: &str) -> Option<Queue> {
    host::get_queue(id).map(Queue::from)
}

/// Ids of all queues, sorted; at most 256.
pub fn queue_ids() -> Vec<String> {
    host::queue_ids()
}

/// The first agents of a search, longest idle first.
#[derive(Debug)]
pub struct Page {
    /// At most 64 agents.
    pub items: Vec<Agent>,
    /// Number of agents that match.
    pub total: u32,
    /// Whether more match than `items` holds.
    pub truncated: bool,
}

impl IntoIterator for Page {
    type Item = Agent;
    type IntoIter = std::vec::IntoIter<Agent>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl Query {
    /// Every agent, at most 64. Each method adds a condition; all must hold.
    pub fn new() -> Self {
        Self {
            skills: Vec::new(),
            language: None,
            queue: None,
            team: None,
            site: None,
            present: false,
            limit: 64,
        }
    }

    /// Agents with at least this proficiency in a skill, 1 to 5. May be repeated.
    pub fn skill(mut self, name: impl Into<String>, proficiency: u8) -> Self {
        self.skills.push(Skill::new(name, proficiency));
        self
    }

    /// Agents who speak this language (BCP 47; a primary subtag such as `pt` also matches `pt-BR`).
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.language = Some(language.into());
        self
    }

    /// Members of this queue.
    pub fn queue(mut self, id: impl Into<String>) -> Self {
        self.queue = Some(id.into());
        self
    }

    /// Members of this team.
    pub fn team(mut self, name: impl Into<String>) -> Self {
        self.team = Some(name.into());
        self
    }

    /// Agents of this site.
    pub fn site(mut self, name: impl Into<String>) -> Self {
        self.site = Some(name.into());
        self
    }

    /// Agents who are present (`available` or `busy`).
    pub fn present(mut self) -> Self {
        self.present = true;
        self
    }

    /// Return at most this many agents; capped at 64, the default.
    pub fn limit(mut self, agents: u32) -> Self {
        self.limit = agents;
        self
    }
}

impl Default for Query {
    fn default() -> Self {
        Self::new()
    }
}

impl Skill {
    /// A skill and its proficiency, 1 (learning) to 5 (expert).
    pub fn new(name: impl Into<String>, proficiency: u8) -> Self {
        Self {
            name: name.into(),
            proficiency,
        }
    }
}

handle! {
    /// A person who answers customers.
    Agent of host::Agent {
        /// The company's identifier of the agent.
        get id: String;
        /// Display name; absent where the company stores none.
        maybe name: String;
        /// All skills, sorted by name; at most 64.
        list skills: Skill;
        /// Languages spoken (BCP 47), sorted; at most 64.
        list languages: String;
        /// Whether the agent is at work. Presence is not capacity.
        get presence: Presence;
        /// Capacity in use, open offers included. By default a call takes 100, a chat 25. May
        /// exceed `capacity`.
        get load: u32;
        /// Total capacity, 100 by default.
        get capacity: u32;
        /// Seconds since the agent last accepted or finished a conversation; absent where the agent
        /// has not worked yet.
        maybe idle_seconds: u32;
        /// Queues the agent is a member of, sorted; at most 256.
        list queues: String;
        /// Teams, sorted; at most 64.
        list teams: String;
        /// Site; absent where the company stores none.
        maybe site: String;
    }
}

impl Agent {
    /// Proficiency in one skill, 1 to 5; absent without the skill.
    pub fn proficiency(&self, skill: &str) -> Option<u8> {
        self.host.proficiency(skill)
    }
}

handle! {
    /// A queue of conversations waiting for an agent.
    Queue of host::Queue {
        /// The company's identifier of the queue.
        get id: String;
        /// Whether conversations without a route go here.
        get is_default: bool;
        /// Minimum proficiency of its members, sorted by skill.
        list skills: Skill;
        /// Number of conversations waiting in it; offered ones are not counted.
        get waiting: u32;
        /// Seconds the oldest of them has waited; absent where none waits.
        maybe longest_wait_seconds: u32;
        /// Whether its business hours are open at the time of the decision; true where it has none.
        get is_open: bool;
        /// Name of its business hours, for [`clock`](crate::clock); absent where it has none and
        /// is open round the clock.
        maybe hours: String;
        /// When it opens next; absent while it is open, and where it does not open within 366 days.
        maybe opens_at: Timestamp;
        /// When it closes next; absent while it is closed, and where it does not close within 366
        /// days.
        maybe closes_at: Timestamp;
    }
}
