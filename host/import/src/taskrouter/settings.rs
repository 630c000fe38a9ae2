//! Settings of the pack beside the workflow.

use std::collections::{BTreeMap, BTreeSet};

use taskrouter_document::{Facts, Workflow, code_of};

use crate::{Construct, Import};

use super::export::Worker;

/// Highest priority of Patchbay.
const HIGHEST: u32 = 100;

/// The settings, and the same as facts.
pub(super) struct Settings {
    pub(super) queues: BTreeMap<String, String>,
    pub(super) workers: BTreeMap<String, String>,
    pub(super) languages: BTreeMap<String, String>,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) priorities: BTreeMap<u32, u32>,
    pub(super) accept: BTreeSet<&'static str>,
    pub(super) facts: Facts,
}

impl Settings {
    /// With an agent for each worker.
    pub(super) fn new(workers: &[Worker]) -> Settings {
        let mut settings = Settings {
            queues: BTreeMap::new(),
            workers: BTreeMap::new(),
            languages: BTreeMap::new(),
            attributes: BTreeMap::new(),
            priorities: BTreeMap::new(),
            accept: BTreeSet::new(),
            facts: Facts::usual(),
        };
        let mut taken = BTreeSet::new();
        for worker in workers {
            let id = unique(code_of(&worker.name), &mut taken);
            settings.add_worker(&worker.sid, &id);
            settings.add_worker(&worker.name, &id);
        }
        settings
    }

    /// A name of a worker; the first worker of a name keeps it.
    pub(super) fn add_worker(&mut self, name: &str, agent: &str) {
        if !self.workers.contains_key(name) {
            self.workers.insert(name.to_owned(), agent.to_owned());
            self.facts.add_worker(name, agent);
        }
    }

    pub(super) fn add_language(&mut self, name: &str, tag: &str) {
        self.languages.insert(name.to_owned(), tag.to_owned());
        self.facts.add_language(name, tag);
    }

    pub(super) fn add_attribute(&mut self, attribute: &str, code: &str) {
        if self.facts.add(attribute, code).is_ok() {
            self.attributes
                .insert(attribute.to_owned(), code.to_owned());
        }
    }

    /// Maps priorities into 0 to 100, in their order, where one is higher. A lower one after a higher one
    /// has no effect, which is named.
    pub(super) fn set_priorities(&mut self, path: &str, workflow: &Workflow, import: &mut Import) {
        for filter in &workflow.filters {
            let mut highest = 0;
            for target in &filter.targets {
                let priority = target.priority.unwrap_or(highest);
                if priority < highest {
                    let path = format!("{path}{}/priority", target.path);
                    let message = "Patchbay keeps the higher priority of an earlier target";
                    import.unsupported.push(Construct::new(path, message));
                    self.accept.insert("lower-priority");
                }
                highest = highest.max(priority);
            }
        }
        // A task without a priority has 0.
        let given = workflow.targets().filter_map(|(_, target)| target.priority);
        let all: BTreeSet<u32> = given.chain([0]).collect();
        if all.last().is_none_or(|highest| *highest <= HIGHEST) {
            return;
        }
        let last = u32::try_from(all.len().saturating_sub(1))
            .unwrap_or(HIGHEST)
            .max(1);
        for (rank, priority) in (0_u32..).zip(&all) {
            self.priorities.insert(*priority, rank * HIGHEST / last);
        }
        let message =
            "priorities above 100 are mapped into 0 to 100, in their order; see `priorities`";
        import.notes.push(message.to_owned());
    }
}

/// The code, with a number where it is taken.
pub(super) fn unique(code: String, taken: &mut BTreeSet<String>) -> String {
    let mut number = 1;
    let mut unique = code.clone();
    while !taken.insert(unique.clone()) {
        number += 1;
        unique = format!("{code}-{number}");
    }
    unique
}
