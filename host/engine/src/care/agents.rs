//! `patchbay:care/agents`: agents, queues and their load.

use std::borrow::Cow;

use patchbay_model::directory::{self, Agent, Directory, Presence, Queue};
use patchbay_model::hours::Hours;
use serde::{Deserialize, Serialize};
use wasmtime::component::Resource;

use super::HostState;
use super::handles::{HostObject, NewHandle};
use super::host_calls::{functions, resource};
use super::host_result::HostResult;
use crate::contract::{self, agents};
use crate::limits::stop::Stop;

/// Most queue ids in one answer.
const QUEUE_IDS: usize = 256;

impl agents::Host for HostState {
    fn find(&mut self, query: agents::Query) -> wasmtime::Result<agents::Page> {
        let query = directory_query(query);
        self.call("agents.find", &query, |state| {
            let page = state.directory()?.find(&query);
            let agents = page.items.into_iter().map(HostObject::Agent);
            Ok((
                state.handles.insert_all(agents)?,
                page.total,
                page.truncated,
            ))
        })
    }

    fn find_summaries(&mut self, query: agents::Query) -> wasmtime::Result<agents::SummaryPage> {
        let query = directory_query(query);
        self.call("agents.find-summaries", &query, |state| {
            let page = state.directory()?.find(&query);
            Ok(SummaryPage::new(page, &query))
        })
    }

    fn count(&mut self, query: agents::Query) -> wasmtime::Result<u32> {
        let query = directory_query(query);
        self.call("agents.count", &query, |state| {
            Ok(state.directory()?.count(&query))
        })
    }

    functions! { "agents":
        get(id: String) -> Option<Resource<contract::Agent>>, "get", |state| {
            let agent = state.directory()?.agent(&id).cloned().map(HostObject::Agent);
            agent.map(|it| state.handles.insert(it)).transpose()
        };
        get_queue(id: String) -> Option<Resource<contract::Queue>>, "get-queue", |state| {
            let queue = state.directory()?.queue(&id).cloned().map(HostObject::Queue);
            queue.map(|it| state.handles.insert(it)).transpose()
        };
        queue_ids() -> Vec<String>, "queue-ids", |state| {
            let ids = state.directory()?.queue_ids().take(QUEUE_IDS);
            Ok(ids.map(str::to_owned).collect::<Vec<_>>())
        };
    }
}

impl agents::HostAgent for HostState {
    resource! { contract::Agent, "agents.agent", agent_at:
        id -> String, "id", |it| it.id.clone();
        name -> Option<String>, "name", |it| it.name.clone();
        languages -> Vec<String>, "languages", |it| it.languages.clone();
        presence -> String, "presence", |it| Presence::as_str(it.presence).to_owned();
        load -> u32, "load", |it| it.load;
        capacity -> u32, "capacity", |it| it.capacity;
        idle_seconds -> Option<u32>, "idle-seconds", |it| it.idle;
        teams -> Vec<String>, "teams", |it| it.teams.clone();
        site -> Option<String>, "site", |it| it.site.clone();
        queues -> Vec<String>, "queues", |state, this| {
            let agent = state.agent_at(this)?;
            let directory = &state.situation()?.surroundings.directory;
            Ok(directory.queues_of(agent).map(str::to_owned).collect::<Vec<_>>())
        };
        skills -> Vec<agents::Skill>, "skills", |state, this| Ok(state.agent_at(this)?.skills.clone());
        proficiency(skill: String) -> Option<u8>, "proficiency", |state, this| {
            Ok(state.agent_at(this)?.skills.get(&skill).copied())
        };
    }
}

impl agents::HostQueue for HostState {
    resource! { contract::Queue, "agents.queue", queue_at:
        id -> String, "id", |it| it.id.clone();
        is_default -> bool, "is-default", |it| it.is_default;
        waiting -> u32, "waiting", |it| it.waiting;
        longest_wait_seconds -> Option<u32>, "longest-wait-seconds", |it| it.longest_wait;
        hours -> Option<String>, "hours", |it| it.hours.clone();
        skills -> Vec<agents::Skill>, "skills", |state, this| Ok(state.queue_at(this)?.skills.clone());
        is_open -> bool, "is-open", |state, this| {
            let queue = state.queue_at(this)?;
            let hours = state.hours_of(queue)?;
            Ok(queue.open && hours.is_none_or(|hours| hours.is_open(state.now_ms())))
        };
        opens_at -> Option<u64>, "opens-at", |state, this| {
            let queue = state.queue_at(this)?;
            let hours = state.hours_of(queue)?.filter(|_| queue.open);
            Ok(hours.and_then(|hours| hours.opens_at(state.now_ms())))
        };
        closes_at -> Option<u64>, "closes-at", |state, this| {
            let queue = state.queue_at(this)?;
            let hours = state.hours_of(queue)?.filter(|_| queue.open);
            Ok(hours.and_then(|hours| hours.closes_at(state.now_ms())))
        };
    }
}

impl HostState {
    /// The directory, for plugins with the grant.
    fn directory(&self) -> Result<&Directory, Stop> {
        self.require("agents", |grants| grants.agents)?;
        Ok(&self.situation()?.surroundings.directory)
    }

    /// Business hours of a queue; `None` for a queue that is always open.
    fn hours_of(&self, queue: &Queue) -> Result<Option<&Hours>, Stop> {
        match &queue.hours {
            Some(name) => self.hours(name),
            None => Ok(None),
        }
    }
}

/// Agents as plain data, as a transcript stores them: items, total, truncated.
#[derive(Serialize, Deserialize)]
struct SummaryPage(Vec<Summary>, u32, bool);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Summary {
    id: String,
    presence: Cow<'static, str>,
    load: u32,
    capacity: u32,
    idle_seconds: Option<u32>,
    /// One for each skill of the query; 0 where the agent lacks it.
    proficiencies: Vec<u8>,
}

impl SummaryPage {
    fn new(page: directory::Page, query: &directory::Query) -> SummaryPage {
        let proficiencies = |agent: &Agent| {
            let wanted = query.skills.iter();
            let held = wanted.map(|(skill, _)| agent.skills.get(skill).copied().unwrap_or(0));
            held.collect()
        };
        let items = page.items.iter().map(|agent| Summary {
            id: agent.id.clone(),
            presence: Cow::Borrowed(agent.presence.as_str()),
            load: agent.load,
            capacity: agent.capacity,
            idle_seconds: agent.idle,
            proficiencies: proficiencies(agent),
        });
        SummaryPage(items.collect(), page.total, page.truncated)
    }
}

impl HostResult<agents::SummaryPage> for SummaryPage {
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

impl HostResult<agents::Page> for (Vec<NewHandle>, u32, bool) {
    fn into_contract(self) -> agents::Page {
        agents::Page {
            items: self.0.into_contract(),
            total: self.1,
            truncated: self.2,
        }
    }
}

impl HostResult<Vec<agents::Skill>> for std::collections::BTreeMap<String, u8> {
    fn into_contract(self) -> Vec<agents::Skill> {
        self.into_iter()
            .map(|(name, proficiency)| agents::Skill { name, proficiency })
            .collect()
    }
}

fn directory_query(query: agents::Query) -> directory::Query {
    let skills = query.skills.into_iter();
    directory::Query {
        skills: skills
            .map(|skill| (skill.name, skill.proficiency))
            .collect(),
        language: query.language,
        queue: query.queue,
        team: query.team,
        site: query.site,
        present: query.present,
        limit: query.limit,
    }
}
