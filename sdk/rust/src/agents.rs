//! The people who answer, and the queues they work. Needs the grant `agents`.
//!
//! Everything read here is one immutable snapshot per decision: two reads in
//! one decision agree.
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
use crate::source::agents as host;

pub use crate::bindings::imports::patchbay::care::agents::{
    AgentSummary, Query, Skill, SummaryPage,
};

/// Agents that match, longest idle first; an agent who has not worked yet
/// comes last.
pub fn find(query: &Query) -> Page {
    let page = host::find(query);
    Page {
        items: page.items.into_iter().map(Agent::new).collect(),
        total: page.total,
        truncated: page.truncated,
    }
}

/// The agents [`find`] gives as plain data, all of them in one call: the
/// cheaper one wherever an agent's identifier, presence, load and proficiency
/// are enough.
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

/// How many agents match; the query's limit is ignored.
pub fn count(query: &Query) -> u32 {
    host::count(query)
}

/// One agent; absent where there is none of that id.
pub fn get(id: &str) -> Option<Agent> {
    host::get(id).map(Agent::new)
}

/// One queue; absent where there is none of that id.
pub fn queue(id: &str) -> Option<Queue> {
    host::get_queue(id).map(Queue::new)
}

/// Ids of all queues, sorted; at most 256.
pub fn queue_ids() -> Vec<String> {
    host::queue_ids()
}

/// A bounded part of the directory, longest idle first.
#[derive(Debug)]
pub struct Page {
    /// At most 64 agents.
    pub items: Vec<Agent>,
    /// How many agents match altogether.
    pub total: u32,
    /// Whether there were more than were returned.
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
    /// Anybody, at most 64.
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

    /// Only who has this skill at least so well, 1 to 5. May be repeated; all
    /// must hold.
    pub fn skill(mut self, name: impl Into<String>, proficiency: u8) -> Self {
        self.skills.push(Skill::new(name, proficiency));
        self
    }

    /// Only who speaks this language (BCP 47; a primary subtag such as `pt`
    /// also matches `pt-BR`).
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.language = Some(language.into());
        self
    }

    /// Only members of this queue.
    pub fn queue(mut self, id: impl Into<String>) -> Self {
        self.queue = Some(id.into());
        self
    }

    /// Only members of this team.
    pub fn team(mut self, name: impl Into<String>) -> Self {
        self.team = Some(name.into());
        self
    }

    /// Only agents of this site.
    pub fn site(mut self, name: impl Into<String>) -> Self {
        self.site = Some(name.into());
        self
    }

    /// Only who is present (`available` or `busy`).
    pub fn present(mut self) -> Self {
        self.present = true;
        self
    }

    /// At most so many; capped at 64.
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

/// Somebody who answers customers.
#[derive(Debug)]
pub struct Agent {
    pub(crate) host: host::Agent,
}

impl Agent {
    pub(crate) fn new(host: host::Agent) -> Self {
        Self { host }
    }

    /// The company's identifier of the agent.
    pub fn id(&self) -> String {
        self.host.id()
    }

    /// Display name; absent where the company keeps none.
    pub fn name(&self) -> Option<String> {
        self.host.name()
    }

    /// All skills, sorted by name; at most 64.
    pub fn skills(&self) -> Vec<Skill> {
        self.host.skills()
    }

    /// Proficiency in one skill, 1 to 5; absent without the skill.
    pub fn proficiency(&self, skill: &str) -> Option<u8> {
        self.host.proficiency(skill)
    }

    /// Languages spoken (BCP 47), sorted; at most 64.
    pub fn languages(&self) -> Vec<String> {
        self.host.languages()
    }

    /// `available`, `busy`, `away` or `offline`. Presence is not capacity.
    /// Who let an offer time out and has not been back since is `away`.
    pub fn presence(&self) -> String {
        self.host.presence()
    }

    /// Capacity in use, in units, open offers included; a call weighs 100, a
    /// chat 25 by default. May exceed `capacity`.
    pub fn load(&self) -> u32 {
        self.host.load()
    }

    /// Total capacity in units, 100 by default.
    pub fn capacity(&self) -> u32 {
        self.host.capacity()
    }

    /// Seconds since the agent last took up or finished a conversation;
    /// absent where the agent has not worked yet.
    pub fn idle_seconds(&self) -> Option<u32> {
        self.host.idle_seconds()
    }

    /// Queues the agent is a member of, sorted; at most 256.
    pub fn queues(&self) -> Vec<String> {
        self.host.queues()
    }

    /// Teams, sorted; at most 64.
    pub fn teams(&self) -> Vec<String> {
        self.host.teams()
    }

    /// Site; absent where the company keeps none.
    pub fn site(&self) -> Option<String> {
        self.host.site()
    }
}

/// A line of conversations that wait for an agent.
#[derive(Debug)]
pub struct Queue {
    pub(crate) host: host::Queue,
}

impl Queue {
    pub(crate) fn new(host: host::Queue) -> Self {
        Self { host }
    }

    /// The company's identifier of the queue.
    pub fn id(&self) -> String {
        self.host.id()
    }

    /// Whether conversations without a route go here.
    pub fn is_default(&self) -> bool {
        self.host.is_default()
    }

    /// Least proficiency its members have, sorted by name.
    pub fn skills(&self) -> Vec<Skill> {
        self.host.skills()
    }

    /// Conversations that wait in it now; those on offer do not.
    pub fn waiting(&self) -> u32 {
        self.host.waiting()
    }

    /// Seconds the oldest of them has waited; absent where none waits.
    pub fn longest_wait_seconds(&self) -> Option<u32> {
        self.host.longest_wait_seconds()
    }

    /// Whether its business hours are open at the moment of the decision;
    /// true where it has none.
    pub fn is_open(&self) -> bool {
        self.host.is_open()
    }

    /// Name of its business hours, for [`clock`](crate::clock); absent where
    /// it has none and is open round the clock.
    pub fn hours(&self) -> Option<String> {
        self.host.hours()
    }

    /// When it opens next; absent while it is open, and where it does not
    /// open within 366 days.
    pub fn opens_at(&self) -> Option<Timestamp> {
        self.host.opens_at()
    }

    /// When it closes next; absent while it is closed, and where it does not
    /// close within 366 days.
    pub fn closes_at(&self) -> Option<Timestamp> {
        self.host.closes_at()
    }
}
