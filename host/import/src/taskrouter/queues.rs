//! Task queues as queues of the company.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use taskrouter_document::{Reference, Requirement, Value, Workflow, code_of};

use crate::{Construct, Import};

use super::attributes::Used;
use super::export::Export;
use super::settings::{Settings, unique};
use super::workers::{Agent, Skills};

/// A queue of the company file.
pub(super) struct Queue {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) skills: Skills,
    pub(super) is_default: bool,
}

/// The queues, and the agents' memberships where skills do not express them.
pub(super) fn queues(
    export: &Export,
    workflow: &Workflow,
    used: &Used,
    agents: &mut Vec<Agent>,
    settings: &mut Settings,
    import: &mut Import,
) -> Vec<Queue> {
    let mut queues = Vec::new();
    let mut taken = BTreeSet::new();
    let mut by_name: BTreeMap<String, Requirement> = BTreeMap::new();
    let mut all: BTreeMap<String, Requirement> = BTreeMap::new();
    for (index, queue) in export.queues.iter().flatten().enumerate() {
        let id = unique(code_of(&queue.name), &mut taken);
        for name in [&queue.sid, &queue.name] {
            settings
                .queues
                .entry(name.clone())
                .or_insert_with(|| id.clone());
        }
        let mut requirement = Requirement::default();
        if let Some(expression) = used.queues.get(&index) {
            let problems = settings.facts.problems(expression);
            let path = format!("{}/target_workers", queue.path);
            for (column, message) in &problems {
                let message = format!("column {column}: {message}");
                import.unsupported.push(Construct::new(&path, message));
            }
            if problems.is_empty() {
                let task = |_: &Reference| Cow::Owned(Value::Null);
                requirement = Requirement::of(expression, &settings.facts, &task);
            }
            if !is_of_skills(&requirement) {
                if export.workers.is_empty() {
                    let message = "no set of skills expresses this; with `workers` in the export, the members \
                                   are listed by name";
                    import.unsupported.push(Construct::new(&path, message));
                } else {
                    by_name.insert(queue.name.clone(), requirement.clone());
                }
            }
        }
        queues.push(Queue {
            skills: match is_of_skills(&requirement) {
                true => requirement.skills.clone(),
                false => Skills::new(),
            },
            name: queue.name.clone(),
            is_default: false,
            id: id.clone(),
        });
        all.insert(id, requirement);
    }
    add_missing(export, workflow, &mut queues, &mut taken, settings, import);
    if !by_name.is_empty() {
        name_members(&all, agents, settings, import);
        let names: Vec<&str> = by_name.keys().map(String::as_str).collect();
        import.notes.push(format!(
            "no set of skills expresses the members of {}: the agents in agents.jsonl name their queues, as of \
             this export",
            names.join(", ")
        ));
    }
    let default = workflow
        .default_filter
        .as_ref()
        .and_then(|target| settings.queues.get(&target.queue));
    let position = queues
        .iter()
        .position(|queue| Some(&queue.id) == default)
        .unwrap_or(0);
    if let Some(queue) = queues.get_mut(position) {
        queue.is_default = true;
    }
    queues
}

fn is_of_skills(requirement: &Requirement) -> bool {
    requirement.conditions.is_empty()
        && requirement.languages.is_empty()
        && requirement.agent.is_none()
        && !requirement.is_impossible
}

/// Queues that the workflow names and the export does not describe.
fn add_missing(
    export: &Export,
    workflow: &Workflow,
    queues: &mut Vec<Queue>,
    taken: &mut BTreeSet<String>,
    settings: &mut Settings,
    import: &mut Import,
) {
    let mut missing = Vec::new();
    for (_, target) in workflow.targets() {
        if settings.queues.contains_key(&target.queue) {
            continue;
        }
        let id = unique(code_of(&target.queue), taken);
        settings.queues.insert(target.queue.clone(), id.clone());
        if export.queues.is_some() {
            let path = format!("{}{}/queue", export.path, target.path);
            let message = format!(
                "{} is not among the task queues of the export",
                target.queue
            );
            import.unsupported.push(Construct::new(path, message));
        }
        missing.push(target.queue.clone());
        queues.push(Queue {
            id,
            name: target.queue.clone(),
            skills: Skills::new(),
            is_default: false,
        });
    }
    if !missing.is_empty() && export.queues.is_none() {
        import.notes.push(format!(
            "the export has no task queues: {} become queues that every agent serves; rename them, and give \
             them skills",
            missing.join(", ")
        ));
    }
    if queues.is_empty() {
        queues.push(Queue {
            id: "general".to_owned(),
            name: "general".to_owned(),
            skills: Skills::new(),
            is_default: true,
        });
    }
}

/// Writes each agent's queues. An agent of none is left out: without a name, they would serve every
/// queue whose skills they have.
fn name_members(
    queues: &BTreeMap<String, Requirement>,
    agents: &mut Vec<Agent>,
    settings: &Settings,
    import: &mut Import,
) {
    for agent in agents.iter_mut() {
        let member = |(_, requirement): &(&String, &Requirement)| {
            requirement.is_met_by(&agent.profile, &settings.facts)
        };
        agent.queues = queues
            .iter()
            .filter(member)
            .map(|(id, _)| id.clone())
            .collect();
    }
    agents.retain(|agent| {
        let serves = !agent.queues.is_empty();
        if !serves {
            let message = "the worker is in no task queue and is left out";
            import
                .unsupported
                .push(Construct::new(&agent.path, message));
        }
        serves
    });
}
