//! Validation of agents and queues.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Agent, MOST_QUEUES, Queue};

/// Most skills, languages, teams and queues of an agent.
const MOST_ENTRIES: usize = 64;
/// Longest identifier, name or code, in bytes.
const LONGEST_NAME: usize = 256;

/// Why a directory is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// Two agents or two queues have the same identifier.
    #[error("two {kind}s have the id {id:?}; give one of them another")]
    DuplicateId {
        /// `agent` or `queue`.
        kind: &'static str,
        /// The identifier.
        id: String,
    },
    /// A proficiency is not from 1 to 5.
    #[error(
        "{kind} {id:?}: the proficiency of {skill:?} is {proficiency}; it must be 1 (learning) to 5 (expert)"
    )]
    Proficiency {
        /// `agent` or `queue`.
        kind: &'static str,
        /// Its identifier.
        id: String,
        /// The skill.
        skill: String,
        /// What was given.
        proficiency: u8,
    },
    /// An agent is a member of a queue that does not exist.
    #[error("agent {agent:?} is a member of the queue {queue:?}, which does not exist")]
    UnknownQueue {
        /// Identifier of the agent.
        agent: String,
        /// Identifier of the queue.
        queue: String,
    },
    /// More than one queue is the default.
    #[error("the queues {first:?} and {second:?} are both the default; there can be one")]
    TwoDefaults {
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// There are too many queues.
    #[error("there are {queues} queues; the most is {MOST_QUEUES}")]
    TooManyQueues {
        /// How many there are.
        queues: usize,
    },
    /// A list has too many entries.
    #[error("{kind} {id:?}: {field} has {entries} entries; the most is {MOST_ENTRIES}")]
    TooManyEntries {
        /// `agent` or `queue`.
        kind: &'static str,
        /// Its identifier.
        id: String,
        /// Name of the list.
        field: &'static str,
        /// Entries it has.
        entries: usize,
    },
    /// An identifier, name or code is empty or too long.
    #[error("{kind} {id:?}: {field} has {bytes} bytes; it must have 1 to {LONGEST_NAME}")]
    NameLength {
        /// `agent` or `queue`.
        kind: &'static str,
        /// Its identifier, at most 64 characters of it.
        id: String,
        /// Name of the field.
        field: &'static str,
        /// Bytes it has.
        bytes: usize,
    },
}

/// Validate an agent against its limits and the queues.
pub(super) fn check_agent(
    agent: &Agent,
    queues: &BTreeMap<String, Arc<Queue>>,
) -> Result<(), DirectoryError> {
    let subject = Subject {
        kind: "agent",
        id: &agent.id,
    };
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
    match agent
        .queues
        .iter()
        .find(|queue| !queues.contains_key(*queue))
    {
        Some(queue) => Err(DirectoryError::UnknownQueue {
            agent: agent.id.clone(),
            queue: queue.clone(),
        }),
        None => Ok(()),
    }
}

/// Validate a queue.
pub(super) fn check_queue(queue: &Queue) -> Result<(), DirectoryError> {
    let subject = Subject {
        kind: "queue",
        id: &queue.id,
    };
    subject.name("id", &queue.id)?;
    subject.skills(&queue.skills)
}

/// Subject of a validation, as errors name it.
struct Subject<'a> {
    kind: &'static str,
    id: &'a str,
}

impl Subject<'_> {
    fn name(&self, field: &'static str, value: &str) -> Result<(), DirectoryError> {
        if (1..=LONGEST_NAME).contains(&value.len()) {
            return Ok(());
        }
        let (id, bytes) = (self.id.chars().take(64).collect(), value.len());
        Err(DirectoryError::NameLength {
            kind: self.kind,
            id,
            field,
            bytes,
        })
    }

    fn entries(&self, field: &'static str, entries: usize) -> Result<(), DirectoryError> {
        if entries <= MOST_ENTRIES {
            return Ok(());
        }
        Err(DirectoryError::TooManyEntries {
            kind: self.kind,
            id: self.id.to_owned(),
            field,
            entries,
        })
    }

    fn skills(&self, skills: &BTreeMap<String, u8>) -> Result<(), DirectoryError> {
        self.entries("skills", skills.len())?;
        for (skill, &proficiency) in skills {
            self.name("skills", skill)?;
            if !(1..=5).contains(&proficiency) {
                let (id, skill) = (self.id.to_owned(), skill.clone());
                return Err(DirectoryError::Proficiency {
                    kind: self.kind,
                    id,
                    skill,
                    proficiency,
                });
            }
        }
        Ok(())
    }
}
