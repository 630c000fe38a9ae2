//! What a transcript knows of things that change by themselves: agents, queues,
//! what policies remember. For trying another policy on a recorded decision.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use patchbay_model::decision::stage::Stage;
use patchbay_model::directory::{Agent, Directory, Queue};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::RecordedPart;
use crate::care::recorder::HostCall;
use crate::care::{Answers, changes_by_itself};

/// What was recorded of things that have changed since.
#[derive(Clone, Debug, Default)]
pub struct Recalled {
    pub(crate) answers: BTreeMap<Stage, Arc<Answers>>,
    agents: BTreeMap<String, Agent>,
    queues: BTreeMap<String, Queue>,
}

impl Recalled {
    /// What the parts of a decision learned.
    pub fn of(parts: &[RecordedPart]) -> Recalled {
        let transcripts = parts
            .iter()
            .filter_map(|part| Some((part.stage, part.transcript.as_deref()?)));
        Recalled::of_calls(transcripts)
    }

    /// What these calls learned.
    pub fn of_calls<'a>(
        transcripts: impl IntoIterator<Item = (Stage, &'a [HostCall])>,
    ) -> Recalled {
        let mut recalled = Recalled::default();
        let mut answers: BTreeMap<Stage, Answers> = BTreeMap::new();
        for (stage, calls) in transcripts {
            let of_stage = answers.entry(stage).or_default();
            for call in calls.iter().filter(|call| changes_by_itself(&call.name)) {
                let question = (call.name.clone(), call.args.to_string());
                let answer = call.result.clone().unwrap_or(Value::Null);
                of_stage.entry(question).or_default().push(answer);
            }
            recalled.learn(calls);
        }
        let answers = answers.into_iter();
        recalled.answers = answers
            .map(|(stage, answers)| (stage, Arc::new(answers)))
            .collect();
        recalled
    }

    /// Agents the policies looked at, as far as they looked.
    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        self.agents.values()
    }

    /// Queues the policies looked at, as far as they looked.
    pub fn queues(&self) -> impl Iterator<Item = &Queue> {
        self.queues.values()
    }

    /// A directory with what is known of it: whoever was seen is as they were
    /// seen.
    pub fn directory(&self, own: &Directory) -> Option<Directory> {
        let mut agents: BTreeMap<String, Agent> = own
            .agents()
            .iter()
            .map(|agent| (agent.id.clone(), Agent::clone(agent)))
            .collect();
        for seen in self.agents.values() {
            agents.insert(seen.id.clone(), seen.clone());
        }
        let queues = own.queue_ids().filter_map(|id| own.queue(id));
        let queues = queues.map(|queue| {
            let mut queue = Queue::clone(queue);
            if let Some(seen) = self.queues.get(&queue.id) {
                queue.waiting = seen.waiting;
                queue.longest_wait = seen.longest_wait;
                queue.open = seen.open;
            }
            queue
        });
        let queues: Vec<Queue> = queues.collect();
        let known: Vec<&str> = queues.iter().map(|queue| queue.id.as_str()).collect();
        let agents = agents.into_values().map(|mut agent| {
            agent.queues.retain(|id| known.contains(&id.as_str()));
            agent
        });
        Directory::new(agents.collect(), queues.clone()).ok()
    }

    fn learn(&mut self, calls: &[HostCall]) {
        let mut handles: HashMap<u64, Seen> = HashMap::new();
        for (index, call) in calls.iter().enumerate() {
            let Some(result) = &call.result else {
                continue;
            };
            match call.name.as_str() {
                "agents.get" => {
                    if let (Some(id), Some(handle)) = (call.args.as_str(), result.as_u64()) {
                        self.agent(id);
                        handles.insert(handle, Seen::Agent(id.to_owned()));
                    }
                }
                "agents.get-queue" => {
                    if let (Some(id), Some(handle)) = (call.args.as_str(), result.as_u64()) {
                        self.queue(id);
                        handles.insert(handle, Seen::Queue(id.to_owned()));
                    }
                }
                "agents.queue-ids" => {
                    let ids = result.as_array().into_iter().flatten();
                    ids.filter_map(Value::as_str).for_each(|id| self.queue(id));
                }
                "agents.find" => {
                    let found = result
                        .get(0)
                        .and_then(Value::as_array)
                        .into_iter()
                        .flatten();
                    for handle in found.filter_map(Value::as_u64) {
                        // Who it is, if the policy asked.
                        let mut later = calls.iter().skip(index + 1);
                        let asked = later.find(|other| {
                            other.name == "agents.agent.id" && other.args.as_u64() == Some(handle)
                        });
                        let id = asked.and_then(|asked| asked.result.as_ref()?.as_str());
                        if let Some(id) = id {
                            self.agent(id);
                            self.fits(id, &call.args);
                            handles.insert(handle, Seen::Agent(id.to_owned()));
                        }
                    }
                }
                "agents.find-summaries" => self.summaries(&call.args, result),
                name => {
                    let handle = call.args.as_u64().or_else(|| call.args.get(0)?.as_u64());
                    match handle.and_then(|handle| handles.get(&handle)) {
                        Some(Seen::Agent(id)) => {
                            let id = id.clone();
                            self.of_agent(&id, name, &call.args, result);
                        }
                        Some(Seen::Queue(id)) => {
                            let id = id.clone();
                            self.of_queue(&id, name, result);
                        }
                        None => {}
                    }
                }
            }
        }
    }

    fn agent(&mut self, id: &str) {
        if !self.agents.contains_key(id)
            && let Some(agent) = read(json!({"id": id, "presence": "available"}))
        {
            self.agents.insert(id.to_owned(), agent);
        }
    }

    fn queue(&mut self, id: &str) {
        if !self.queues.contains_key(id)
            && let Some(queue) = read(json!({"id": id}))
        {
            self.queues.insert(id.to_owned(), queue);
        }
    }

    /// Whoever is found is as was asked for.
    fn fits(&mut self, id: &str, query: &Value) {
        let Some(agent) = self.agents.get_mut(id) else {
            return;
        };
        let skills = query["skills"].as_array().into_iter().flatten();
        for skill in skills {
            if let (Some(name), Some(least)) = (skill[0].as_str(), skill[1].as_u64()) {
                let least = u8::try_from(least).unwrap_or(u8::MAX);
                let known = agent.skills.entry(name.to_owned()).or_insert(least);
                *known = least.max(*known);
            }
        }
        for (list, field) in [
            (&mut agent.languages, "language"),
            (&mut agent.queues, "queue"),
            (&mut agent.teams, "team"),
        ] {
            if let Some(asked) = query[field].as_str()
                && !list.iter().any(|known| known == asked)
            {
                list.push(asked.to_owned());
            }
        }
        if let Some(site) = query["site"].as_str() {
            agent.site = Some(site.to_owned());
        }
    }

    fn summaries(&mut self, query: &Value, result: &Value) {
        let items = result.get(0).and_then(Value::as_array);
        for item in items.into_iter().flatten() {
            let Some(id) = item["id"].as_str() else {
                continue;
            };
            self.agent(id);
            self.fits(id, query);
            if let Some(agent) = self.agents.get_mut(id) {
                set(&mut agent.presence, &item["presence"]);
                set(&mut agent.load, &item["load"]);
                set(&mut agent.capacity, &item["capacity"]);
                set(&mut agent.idle, &item["idle-seconds"]);
            }
        }
    }

    fn of_agent(&mut self, id: &str, name: &str, args: &Value, result: &Value) {
        let Some(agent) = self.agents.get_mut(id) else {
            return;
        };
        match name {
            "agents.agent.name" => set(&mut agent.name, result),
            "agents.agent.languages" => set(&mut agent.languages, result),
            "agents.agent.presence" => set(&mut agent.presence, result),
            "agents.agent.load" => set(&mut agent.load, result),
            "agents.agent.capacity" => set(&mut agent.capacity, result),
            "agents.agent.idle-seconds" => set(&mut agent.idle, result),
            "agents.agent.teams" => set(&mut agent.teams, result),
            "agents.agent.site" => set(&mut agent.site, result),
            "agents.agent.queues" => set(&mut agent.queues, result),
            "agents.agent.skills" => set(&mut agent.skills, result),
            "agents.agent.proficiency" => {
                if let (Some(skill), Some(held)) = (args[1].as_str(), result.as_u64()) {
                    let held = u8::try_from(held).unwrap_or(u8::MAX);
                    agent.skills.insert(skill.to_owned(), held);
                }
            }
            _ => {}
        }
    }

    fn of_queue(&mut self, id: &str, name: &str, result: &Value) {
        let Some(queue) = self.queues.get_mut(id) else {
            return;
        };
        match name {
            "agents.queue.is-default" => set(&mut queue.is_default, result),
            "agents.queue.waiting" => set(&mut queue.waiting, result),
            "agents.queue.longest-wait-seconds" => set(&mut queue.longest_wait, result),
            "agents.queue.skills" => set(&mut queue.skills, result),
            "agents.queue.is-open" => set(&mut queue.open, result),
            _ => {}
        }
    }
}

/// What a handle of a transcript stands for.
enum Seen {
    Agent(String),
    Queue(String),
}

fn read<T: DeserializeOwned>(value: Value) -> Option<T> {
    serde_json::from_value(value).ok()
}

fn set<T: DeserializeOwned>(field: &mut T, value: &Value) {
    if let Some(value) = read(value.clone()) {
        *field = value;
    }
}
