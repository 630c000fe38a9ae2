//! What transcripts say about agents, queues and state, for a trial of another
//! policy on a recorded decision.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use patchbay_model::decision::stage::Stage;
use patchbay_model::directory::{Agent, Directory, Queue};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::recorded_result::RecordedResult;
use crate::care::recall::{RecordedAnswers, is_volatile};
use crate::care::transcript::HostCall;

/// Facts of a recorded decision that have changed since.
#[derive(Clone, Debug, Default)]
pub struct RecordedFacts {
    pub(crate) answers: BTreeMap<Stage, Arc<RecordedAnswers>>,
    agents: BTreeMap<String, Agent>,
    queues: BTreeMap<String, Queue>,
}

impl RecordedFacts {
    /// Read the transcripts of a decision.
    pub fn of(recorded: &[RecordedResult]) -> RecordedFacts {
        let transcripts = recorded
            .iter()
            .filter_map(|result| Some((result.stage, result.transcript.as_deref()?)));
        RecordedFacts::of_calls(transcripts)
    }

    /// Read host calls, with the stages they were made at.
    pub fn of_calls<'a>(
        transcripts: impl IntoIterator<Item = (Stage, &'a [HostCall])>,
    ) -> RecordedFacts {
        let mut facts = RecordedFacts::default();
        let mut answers: BTreeMap<Stage, RecordedAnswers> = BTreeMap::new();
        for (stage, calls) in transcripts {
            let of_stage = answers.entry(stage).or_default();
            for call in calls.iter().filter(|call| is_volatile(&call.name)) {
                let key = (call.name.clone(), call.args.to_string());
                let answer = call.result.clone().unwrap_or(Value::Null);
                of_stage.entry(key).or_default().push(answer);
            }
            facts.read(calls);
        }
        let answers = answers.into_iter();
        facts.answers = answers
            .map(|(stage, answers)| (stage, Arc::new(answers)))
            .collect();
        facts
    }

    /// The agents that policies read; fields they did not read have defaults.
    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        self.agents.values()
    }

    /// The queues that policies read; fields they did not read have defaults.
    pub fn queues(&self) -> impl Iterator<Item = &Queue> {
        self.queues.values()
    }

    /// A directory in which the recorded agents and queues are as recorded, and
    /// all others as in `own`. `None` where the two do not fit together.
    pub fn directory(&self, own: &Directory) -> Option<Directory> {
        let own_agents = own.agents().iter().map(|agent| Agent::clone(agent));
        let mut agents: BTreeMap<String, Agent> =
            own_agents.map(|agent| (agent.id.clone(), agent)).collect();
        agents.extend(self.agents.clone());
        let queues = own.queue_ids().filter_map(|id| own.queue(id));
        let queues = queues.map(|queue| {
            let mut queue = Queue::clone(queue);
            if let Some(recorded) = self.queues.get(&queue.id) {
                queue.waiting = recorded.waiting;
                queue.longest_wait = recorded.longest_wait;
                queue.open = recorded.open;
            }
            queue
        });
        let queues: Vec<Queue> = queues.collect();
        let agents = agents.into_values().map(|mut agent| {
            let exists = |id: &String| queues.iter().any(|queue| queue.id == *id);
            agent.queues.retain(exists);
            agent
        });
        Directory::new(agents.collect(), queues.clone()).ok()
    }

    fn read(&mut self, calls: &[HostCall]) {
        let mut handles: HashMap<u64, Handle> = HashMap::new();
        for (index, call) in calls.iter().enumerate() {
            let Some(result) = &call.result else {
                continue;
            };
            match call.name.as_str() {
                "agents.get" => {
                    if let (Some(id), Some(handle)) = (call.args.as_str(), result.as_u64()) {
                        self.agent(id);
                        handles.insert(handle, Handle::Agent(id.to_owned()));
                    }
                }
                "agents.get-queue" => {
                    if let (Some(id), Some(handle)) = (call.args.as_str(), result.as_u64()) {
                        self.queue(id);
                        handles.insert(handle, Handle::Queue(id.to_owned()));
                    }
                }
                "agents.queue-ids" => {
                    for id in items(result).filter_map(Value::as_str) {
                        self.queue(id);
                    }
                }
                "agents.find" => {
                    for handle in items(&result[0]).filter_map(Value::as_u64) {
                        // The id is known only if the policy read it.
                        let mut later = calls.iter().skip(index + 1);
                        let read_id = later.find(|other| {
                            other.name == "agents.agent.id" && other.args.as_u64() == Some(handle)
                        });
                        if let Some(id) = read_id.and_then(|call| call.result.as_ref()?.as_str()) {
                            self.found(id, &call.args);
                            handles.insert(handle, Handle::Agent(id.to_owned()));
                        }
                    }
                }
                "agents.find-summaries" => self.found_summaries(&call.args, result),
                name => {
                    let handle = call.args.as_u64().or_else(|| call.args.get(0)?.as_u64());
                    match handle.and_then(|handle| handles.get(&handle)) {
                        Some(Handle::Agent(id)) => self.read_agent(id, name, &call.args, result),
                        Some(Handle::Queue(id)) => self.read_queue(id, name, result),
                        None => {}
                    }
                }
            }
        }
    }

    fn agent(&mut self, id: &str) {
        if !self.agents.contains_key(id)
            && let Some(agent) = parse(json!({"id": id, "presence": "available"}))
        {
            self.agents.insert(id.to_owned(), agent);
        }
    }

    fn queue(&mut self, id: &str) {
        if !self.queues.contains_key(id)
            && let Some(queue) = parse(json!({"id": id}))
        {
            self.queues.insert(id.to_owned(), queue);
        }
    }

    /// An agent that a query found has what the query requires.
    fn found(&mut self, id: &str, query: &Value) {
        self.agent(id);
        let Some(agent) = self.agents.get_mut(id) else {
            return;
        };
        for skill in items(&query["skills"]) {
            if let (Some(name), Some(least)) = (skill[0].as_str(), skill[1].as_u64()) {
                let least = u8::try_from(least).unwrap_or(u8::MAX);
                let held = agent.skills.entry(name.to_owned()).or_insert(least);
                *held = least.max(*held);
            }
        }
        for (list, field) in [
            (&mut agent.languages, "language"),
            (&mut agent.queues, "queue"),
            (&mut agent.teams, "team"),
        ] {
            if let Some(required) = query[field].as_str()
                && !list.iter().any(|held| held == required)
            {
                list.push(required.to_owned());
            }
        }
        if let Some(site) = query["site"].as_str() {
            agent.site = Some(site.to_owned());
        }
    }

    fn found_summaries(&mut self, query: &Value, result: &Value) {
        for item in items(&result[0]) {
            let Some(id) = item["id"].as_str() else {
                continue;
            };
            self.found(id, query);
            if let Some(agent) = self.agents.get_mut(id) {
                set(&mut agent.presence, &item["presence"]);
                set(&mut agent.load, &item["load"]);
                set(&mut agent.capacity, &item["capacity"]);
                set(&mut agent.idle, &item["idle-seconds"]);
            }
        }
    }

    fn read_agent(&mut self, id: &str, name: &str, args: &Value, result: &Value) {
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

    fn read_queue(&mut self, id: &str, name: &str, result: &Value) {
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

/// What a handle of a transcript refers to.
enum Handle {
    Agent(String),
    Queue(String),
}

/// The items of a JSON array; none of anything else.
fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn parse<T: DeserializeOwned>(value: Value) -> Option<T> {
    serde_json::from_value(value).ok()
}

fn set<T: DeserializeOwned>(field: &mut T, value: &Value) {
    if let Some(value) = parse(value.clone()) {
        *field = value;
    }
}
