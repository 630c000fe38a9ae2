//! Reads the settings, and names what cannot run with its path.

use std::collections::{BTreeMap, BTreeSet};

use patchbay_sdk::prelude::*;
use serde_json::Value;
use taskrouter_document::{Fact, Facts, Target, Workflow, escape_pointer};

use crate::TaskRouter;
use crate::settings::{Difference, Settings};

/// Highest priority of Patchbay.
const HIGHEST: u32 = 100;

/// The policy, if its workflow can run.
pub(crate) fn prepare(settings: Settings) -> Result<TaskRouter, Problems> {
    let mut problems = Problems::new();
    let facts = facts(&settings, &mut problems);
    let priorities = priorities(&settings, &mut problems);
    let document = document(settings.workflow.clone())?;
    let workflow = match Workflow::read(&document, "/workflow") {
        Ok(workflow) => workflow,
        Err(faults) => {
            for fault in faults {
                problems.add(fault.path, fault.message);
            }
            return Err(problems);
        }
    };
    let queues = settings.queues.iter();
    let policy = TaskRouter {
        fingerprint: fingerprint(&document.to_string()),
        queues: queues
            .map(|(name, queue)| (name.clone(), queue.into()))
            .collect(),
        after_last_target: settings.after_last_target,
        workflow,
        facts,
        priorities,
    };
    let mut unknown_queues = BTreeSet::new();
    for (_, target) in policy.workflow.targets() {
        if !policy.queues.contains_key(&target.queue) && unknown_queues.insert(&target.queue) {
            let name = &target.queue;
            problems.add(
                format!("{}/queue", target.path),
                format!("no queue is set for `{name}`; add \"{name}\" = \"…\" to `queues`"),
            );
        }
        check_workers(&policy, target, &mut problems);
        if let Some(priority) = target.priority.filter(|it| policy.priority(*it).is_none()) {
            problems.add(
                format!("{}/priority", target.path),
                format!(
                    "{priority} is above {HIGHEST}; say which priority of 0 to {HIGHEST} it is: \
                     \"{priority}\" = … in `priorities`"
                ),
            );
        }
    }
    if !settings.accept.contains(&Difference::LowerPriority) {
        check_order_of_priorities(&policy, &mut problems);
    }
    problems.into_result(policy)
}

impl TaskRouter {
    /// The priority of Patchbay; `None` where nothing says which one it is.
    pub(crate) fn priority(&self, priority: u32) -> Option<u8> {
        let own = self.priorities.get(&priority).copied();
        own.or_else(|| {
            u8::try_from(priority)
                .ok()
                .filter(|it| u32::from(*it) <= HIGHEST)
        })
    }
}

/// The workflow as an object, also where it is the text of one.
fn document(workflow: Value) -> Result<Value, Problems> {
    let Value::String(text) = workflow else {
        return Ok(workflow);
    };
    serde_json::from_str(&text)
        .map_err(|error| Problems::at("/workflow", format!("the text is not JSON: {error}")))
}

fn facts(settings: &Settings, problems: &mut Problems) -> Facts {
    let mut facts = Facts::usual();
    for (attribute, code) in &settings.worker_attributes {
        if let Err(message) = facts.add(attribute, code) {
            let path = format!("/worker-attributes/{}", escape_pointer(attribute));
            problems.add(path, message);
        }
    }
    for (name, skill) in &settings.skills {
        facts.add_skill(name, skill);
    }
    for (name, tag) in &settings.languages {
        facts.add_language(name, tag);
    }
    for (name, agent) in &settings.workers {
        facts.add_worker(name, agent);
    }
    facts
}

fn priorities(settings: &Settings, problems: &mut Problems) -> BTreeMap<u32, u8> {
    let mut priorities = BTreeMap::new();
    for (from, to) in &settings.priorities {
        let path = format!("/priorities/{}", escape_pointer(from));
        match from.parse() {
            _ if u32::from(*to) > HIGHEST => {
                problems.add(path, format!("a priority is 0 to {HIGHEST}"));
            }
            Ok(from) => {
                priorities.insert(from, *to);
            }
            Err(_) => problems.add(
                path,
                "the name of an entry is a priority of the workflow, a number",
            ),
        }
    }
    let is_falling = |pair: &(&u8, &u8)| pair.0 > pair.1;
    if priorities
        .values()
        .zip(priorities.values().skip(1))
        .any(|pair| is_falling(&pair))
    {
        problems.add(
            "/priorities",
            "a higher priority of the workflow has a lower one here",
        );
    }
    priorities
}

/// Names conditions and orders of workers that agents do not have.
fn check_workers(policy: &TaskRouter, target: &Target, problems: &mut Problems) {
    if let Some(expression) = &target.expression {
        for (column, message) in policy.facts.problems(expression) {
            let path = format!("{}/expression", target.path);
            problems.add(path, format!("column {column}: {message}"));
        }
    }
    for clause in &target.order_by {
        let (attribute, column) = (clause.attribute.dotted(), clause.attribute.column);
        let path = format!("{}/order_by", target.path);
        match policy.facts.of(&clause.attribute) {
            Some(Fact::Level { .. }) => {}
            Some(_) => problems.add(
                path,
                format!("column {column}: `worker.{attribute}` is no number; TaskRouter ignores such an order, remove it"),
            ),
            None => problems.add(
                path,
                format!(
                    "column {column}: `worker.{attribute}` has no counterpart; say which skill it is: \
                     \"{attribute}\" = \"level:…\" in `worker-attributes`"
                ),
            ),
        }
    }
}

/// A conversation keeps the highest priority that it had.
fn check_order_of_priorities(policy: &TaskRouter, problems: &mut Problems) {
    for filter in &policy.workflow.filters {
        let mut highest = 0;
        for target in &filter.targets {
            let priority = target
                .priority
                .and_then(|it| policy.priority(it))
                .unwrap_or(highest);
            if priority < highest {
                problems.add(
                    format!("{}/priority", target.path),
                    format!(
                        "the priority {priority} comes after {highest}, and Patchbay keeps the higher one; \
                         remove it, or accept that with accept = [\"lower-priority\"]"
                    ),
                );
            }
            highest = highest.max(priority);
        }
    }
}

/// FNV-1a.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}
