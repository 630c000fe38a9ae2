//! Validation of agents and queues.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Agent, Queue};

/// Most skills, languages, teams and queues of an agent.
const MOST_ENTRIES: usize = 64;
/// Longest identifier, name or code, in bytes.
const LONGEST_NAME: usize = 256;

/// Why a directory is invalid, with the agent or queue and the field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DirectoryError(pub(super) String);

pub(super) fn duplicate_id(kind: &str, id: &str) -> DirectoryError {
    DirectoryError(format!(
        "two {kind}s have the id {id:?}; give one of them another"
    ))
}

/// Validate an agent against its limits and the queues.
pub(super) fn check_agent(
    agent: &Agent,
    queues: &BTreeMap<String, Arc<Queue>>,
) -> Result<(), DirectoryError> {
    let subject = Subject("agent", &agent.id);
    subject.name("id", &agent.id)?;
    subject.skills(&agent.skills)?;
    for (field, list) in [
        ("languages", &agent.languages),
        ("queues", &agent.queues),
        ("teams", &agent.teams),
    ] {
        subject.entries(field, list.len())?;
        list.iter()
            .try_for_each(|entry| subject.name(field, entry))?;
    }
    for (field, value) in [("name", &agent.name), ("site", &agent.site)] {
        value
            .iter()
            .try_for_each(|value| subject.name(field, value))?;
    }
    let mut named = agent.queues.iter();
    match named.find(|queue| !queues.contains_key(*queue)) {
        Some(queue) => Err(DirectoryError(format!(
            "agent {:?} is a member of the queue {queue:?}, which does not exist",
            agent.id
        ))),
        None => Ok(()),
    }
}

/// Validate a queue.
pub(super) fn check_queue(queue: &Queue) -> Result<(), DirectoryError> {
    let subject = Subject("queue", &queue.id);
    subject.name("id", &queue.id)?;
    subject.skills(&queue.skills)
}

/// Kind and id of what is validated, as errors name it.
struct Subject<'a>(&'static str, &'a str);

impl Subject<'_> {
    fn error(&self, problem: std::fmt::Arguments<'_>) -> DirectoryError {
        let id: String = self.1.chars().take(64).collect();
        DirectoryError(format!("{} {id:?}: {problem}", self.0))
    }

    fn name(&self, field: &str, value: &str) -> Result<(), DirectoryError> {
        let bytes = value.len();
        match bytes {
            1..=LONGEST_NAME => Ok(()),
            _ => Err(self.error(format_args!(
                "{field} has {bytes} bytes; it must have 1 to {LONGEST_NAME}"
            ))),
        }
    }

    fn entries(&self, field: &str, entries: usize) -> Result<(), DirectoryError> {
        match entries {
            ..=MOST_ENTRIES => Ok(()),
            _ => Err(self.error(format_args!(
                "{field} has {entries} entries; the most is {MOST_ENTRIES}"
            ))),
        }
    }

    fn skills(&self, skills: &BTreeMap<String, u8>) -> Result<(), DirectoryError> {
        self.entries("skills", skills.len())?;
        for (skill, &proficiency) in skills {
            self.name("skills", skill)?;
            if !(1..=5).contains(&proficiency) {
                return Err(self.error(format_args!(
                    "the proficiency of {skill:?} is {proficiency}; it must be 1 (learning) to 5 (expert)"
                )));
            }
        }
        Ok(())
    }
}
