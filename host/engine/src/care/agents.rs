//! `patchbay:care/agents`: who there is, and what waits.

use std::borrow::Cow;
use std::sync::Arc;

use patchbay_model::directory::{self, Agent, Presence, Queue};
use patchbay_model::hours::Hours;
use serde::{Deserialize, Serialize};
use wasmtime::component::Resource;

use super::HostState;
use super::handles::{Given, Item, number};
use super::types::{another_kind, reads};
use crate::contract::{self, agents};
use crate::stop::Stop;

/// Most queue ids in one answer.
const QUEUE_IDS: usize = 256;

fn query(asked: &agents::Query) -> directory::Query {
    directory::Query {
        skills: asked
            .skills
            .iter()
            .map(|skill| (skill.name.clone(), skill.proficiency))
            .collect(),
        language: asked.language.clone(),
        queue: asked.queue.clone(),
        team: asked.team.clone(),
        site: asked.site.clone(),
        present: asked.present,
        limit: asked.limit,
    }
}

fn skills<'a>(of: impl IntoIterator<Item = (&'a String, &'a u8)>) -> Vec<agents::Skill> {
    of.into_iter()
        .map(|(name, proficiency)| agents::Skill {
            name: name.clone(),
            proficiency: *proficiency,
        })
        .collect()
}

/// Agents as plain data, with how well each masters what was asked for; as a
/// transcript has them: items, total, whether there are more.
#[derive(Serialize, Deserialize)]
struct Summaries(Vec<Summary>, u32, bool);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Summary {
    id: String,
    presence: Cow<'static, str>,
    load: u32,
    capacity: u32,
    idle_seconds: Option<u32>,
    proficiencies: Vec<u8>,
}

impl Summaries {
    fn of(page: directory::Page, query: &directory::Query) -> Summaries {
        let items = page.items.iter().map(|agent| Summary {
            id: agent.id.clone(),
            presence: Cow::Borrowed(agent.presence.as_str()),
            load: agent.load,
            capacity: agent.capacity,
            idle_seconds: agent.idle,
            proficiencies: proficiencies(agent, query),
        });
        Summaries(items.collect(), page.total, page.truncated)
    }

    fn into_contract(self) -> agents::SummaryPage {
        let items = self.0.into_iter().map(|summary| agents::AgentSummary {
            id: summary.id,
            presence: summary.presence.into_owned(),
            load: summary.load,
            capacity: summary.capacity,
            idle_seconds: summary.idle_seconds,
            proficiencies: summary.proficiencies,
        });
        agents::SummaryPage {
            items: items.collect(),
            total: self.1,
            truncated: self.2,
        }
    }
}

fn proficiencies(agent: &Agent, query: &directory::Query) -> Vec<u8> {
    let asked = query.skills.iter();
    asked
        .map(|(skill, _)| agent.skills.get(skill).copied().unwrap_or(0))
        .collect()
}

impl HostState {
    fn may_read_agents(&self) -> Result<(), Stop> {
        self.granted("agents", |grants| grants.agents)
    }

    fn agent_at(&self, this: &Resource<contract::Agent>) -> Result<&Arc<Agent>, Stop> {
        match self.handles.get(this)? {
            Item::Agent(agent) => Ok(agent),
            _ => Err(another_kind()),
        }
    }

    fn queue_at(&self, this: &Resource<contract::Queue>) -> Result<&Arc<Queue>, Stop> {
        match self.handles.get(this)? {
            Item::Queue(queue) => Ok(queue),
            _ => Err(another_kind()),
        }
    }

    /// The calendar of a queue; none where it keeps no hours.
    fn hours_of(&self, queue: &Queue) -> Result<Option<&Hours>, Stop> {
        let known = &self.situation()?.surroundings.hours;
        Ok(queue.hours.as_ref().and_then(|name| known.get(name)))
    }
}

impl agents::Host for HostState {
    fn find(&mut self, asked: agents::Query) -> wasmtime::Result<agents::Page> {
        let query = query(&asked);
        let (items, total, truncated) = self.call("agents.find", &query, |state| {
            state.may_read_agents()?;
            let page = state.situation()?.surroundings.directory.find(&query);
            let items = page
                .items
                .into_iter()
                .map(|agent| state.handles.give(Item::Agent(agent)))
                .collect::<Result<Vec<_>, Stop>>()?;
            Ok((items, page.total, page.truncated))
        })?;
        Ok(agents::Page {
            items: items.into_iter().map(Given::into_handle).collect(),
            total,
            truncated,
        })
    }

    fn find_summaries(&mut self, asked: agents::Query) -> wasmtime::Result<agents::SummaryPage> {
        let query = query(&asked);
        let page = self.call("agents.find-summaries", &query, |state| {
            state.may_read_agents()?;
            let page = state.situation()?.surroundings.directory.find(&query);
            Ok(Summaries::of(page, &query))
        })?;
        Ok(page.into_contract())
    }

    fn count(&mut self, asked: agents::Query) -> wasmtime::Result<u32> {
        let query = query(&asked);
        self.call("agents.count", &query, |state| {
            state.may_read_agents()?;
            Ok(state.situation()?.surroundings.directory.count(&query))
        })
    }

    fn get(&mut self, id: String) -> wasmtime::Result<Option<Resource<contract::Agent>>> {
        self.call_maybe_giving("agents.get", &id, |state| {
            state.may_read_agents()?;
            let directory = &state.situation()?.surroundings.directory;
            Ok(directory.agent(&id).cloned().map(Item::Agent))
        })
    }

    fn get_queue(&mut self, id: String) -> wasmtime::Result<Option<Resource<contract::Queue>>> {
        self.call_maybe_giving("agents.get-queue", &id, |state| {
            state.may_read_agents()?;
            let directory = &state.situation()?.surroundings.directory;
            Ok(directory.queue(&id).cloned().map(Item::Queue))
        })
    }

    fn queue_ids(&mut self) -> wasmtime::Result<Vec<String>> {
        self.call("agents.queue-ids", (), |state| {
            state.may_read_agents()?;
            let directory = &state.situation()?.surroundings.directory;
            Ok(directory
                .queue_ids()
                .take(QUEUE_IDS)
                .map(str::to_owned)
                .collect())
        })
    }
}

impl agents::HostAgent for HostState {
    reads! { contract::Agent, agent_at:
        id -> String, "agents.agent.id", |it| it.id.clone();
        name -> Option<String>, "agents.agent.name", |it| it.name.clone();
        languages -> Vec<String>, "agents.agent.languages", |it| it.languages.clone();
        presence -> String, "agents.agent.presence", |it| Presence::as_str(it.presence).to_owned();
        load -> u32, "agents.agent.load", |it| it.load;
        capacity -> u32, "agents.agent.capacity", |it| it.capacity;
        idle_seconds -> Option<u32>, "agents.agent.idle-seconds", |it| it.idle;
        teams -> Vec<String>, "agents.agent.teams", |it| it.teams.clone();
        site -> Option<String>, "agents.agent.site", |it| it.site.clone();
    }

    fn queues(&mut self, this: Resource<contract::Agent>) -> wasmtime::Result<Vec<String>> {
        self.call("agents.agent.queues", number(&this), |state| {
            let agent = state.agent_at(&this)?;
            let directory = &state.situation()?.surroundings.directory;
            Ok(directory.queues_of(agent).map(str::to_owned).collect())
        })
    }

    fn skills(&mut self, this: Resource<contract::Agent>) -> wasmtime::Result<Vec<agents::Skill>> {
        let held = self.call("agents.agent.skills", number(&this), |state| {
            Ok(state.agent_at(&this)?.skills.clone())
        })?;
        Ok(skills(&held))
    }

    fn proficiency(
        &mut self,
        this: Resource<contract::Agent>,
        skill: String,
    ) -> wasmtime::Result<Option<u8>> {
        self.call(
            "agents.agent.proficiency",
            (number(&this), &skill),
            |state| Ok(state.agent_at(&this)?.skills.get(&skill).copied()),
        )
    }

    fn drop(&mut self, this: Resource<contract::Agent>) -> wasmtime::Result<()> {
        self.handles.dropped(this.rep());
        Ok(())
    }
}

impl agents::HostQueue for HostState {
    reads! { contract::Queue, queue_at:
        id -> String, "agents.queue.id", |it| it.id.clone();
        is_default -> bool, "agents.queue.is-default", |it| it.is_default;
        waiting -> u32, "agents.queue.waiting", |it| it.waiting;
        longest_wait_seconds -> Option<u32>, "agents.queue.longest-wait-seconds", |it| it.longest_wait;
        hours -> Option<String>, "agents.queue.hours", |it| it.hours.clone();
    }

    fn skills(&mut self, this: Resource<contract::Queue>) -> wasmtime::Result<Vec<agents::Skill>> {
        let wanted = self.call("agents.queue.skills", number(&this), |state| {
            Ok(state.queue_at(&this)?.skills.clone())
        })?;
        Ok(skills(&wanted))
    }

    fn is_open(&mut self, this: Resource<contract::Queue>) -> wasmtime::Result<bool> {
        self.call("agents.queue.is-open", number(&this), |state| {
            let queue = state.queue_at(&this)?;
            let hours = state.hours_of(queue)?;
            Ok(queue.open && hours.is_none_or(|hours| hours.is_open(state.now_ms())))
        })
    }

    fn opens_at(&mut self, this: Resource<contract::Queue>) -> wasmtime::Result<Option<u64>> {
        self.call("agents.queue.opens-at", number(&this), |state| {
            let queue = state.queue_at(&this)?;
            let hours = state.hours_of(queue)?.filter(|_| queue.open);
            Ok(hours.and_then(|hours| hours.opens_at(state.now_ms())))
        })
    }

    fn closes_at(&mut self, this: Resource<contract::Queue>) -> wasmtime::Result<Option<u64>> {
        self.call("agents.queue.closes-at", number(&this), |state| {
            let queue = state.queue_at(&this)?;
            let hours = state.hours_of(queue)?.filter(|_| queue.open);
            Ok(hours.and_then(|hours| hours.closes_at(state.now_ms())))
        })
    }

    fn drop(&mut self, this: Resource<contract::Queue>) -> wasmtime::Result<()> {
        self.handles.dropped(this.rep());
        Ok(())
    }
}
