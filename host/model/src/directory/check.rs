//! Validation of agents and queues.

use std::collections::BTreeMap;
use std::sync::Arc;

use patchbay_config::name_suggestion;

use super::{Agent, Queue};
use crate::capacity::{Capacity, MOST_UNITS, check_limits};
use crate::identifier::{self, LookAlikes};

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
    for (field, limits) in [
        ("channel_capacity", &agent.channel_capacity),
        ("queue_capacity", &agent.queue_capacity),
    ] {
        let checked = check_limits(field, limits);
        checked.map_err(|problem| subject.error(format_args!("{problem}")))?;
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

/// Check that the queues and channels that an agent limits exist; `own` are the
/// channels with a table in the company file. A stored agent keeps the limit of a
/// queue or channel that was removed later.
///
/// # Errors
/// The first queue that does not exist, with the nearest that does, or the first
/// channel whose name is probably misspelt.
pub fn check_new_limits<'a>(
    agent: &Agent,
    queues: &[Queue],
    capacity: &Capacity,
    own: impl IntoIterator<Item = &'a String> + Copy,
) -> Result<(), DirectoryError> {
    let subject = Subject("agent", &agent.id);
    let known = || queues.iter().map(|queue| queue.id.as_str());
    let mut named = agent.queue_capacity.keys();
    if let Some(name) = named.find(|name| !known().any(|id| id == name.as_str())) {
        let nearest = name_suggestion::nearest(name, known());
        let hint = nearest.map(|id| format!("; did you mean {id:?}?"));
        let hint = hint.unwrap_or_default();
        return Err(subject.error(format_args!(
            "queue_capacity names the queue {name:?}, which does not exist{hint}"
        )));
    }
    for channel in agent.channel_capacity.keys() {
        if let Some(meant) = capacity.meant_channel(channel, own) {
            return Err(subject.error(format_args!(
                "channel_capacity names the unknown channel {channel:?}; did you mean {meant:?}? A channel of your own has a table [channel.{channel}] in the company file"
            )));
        }
    }
    Ok(())
}

/// Validate the names of an agent who is new or changes: an agent stored by an
/// earlier version keeps theirs.
///
/// # Errors
/// A name that is no identifier, or an id that a person cannot tell from a known
/// one.
pub fn check_new_names(agent: &Agent, known: &LookAlikes) -> Result<(), DirectoryError> {
    let subject = Subject("agent", &agent.id);
    let ids = std::iter::once(("id", &agent.id));
    let teams = agent.teams.iter().map(|team| ("teams", team));
    let site = agent.site.iter().map(|site| ("site", site));
    let skills = agent.skills.keys().map(|skill| ("skills", skill));
    for (field, name) in ids.chain(teams).chain(site).chain(skills) {
        if let Some(problem) = identifier::problem(name) {
            return Err(subject.error(format_args!("{field} {problem}")));
        }
    }
    let name = agent.name.as_deref().unwrap_or_default();
    if name.chars().any(char::is_control) {
        return Err(subject.error(format_args!("name must not contain control characters")));
    }
    match known.find(&agent.id) {
        Some(known) => Err(subject.error(format_args!(
            "its id, \"{}\", looks like that of the agent {known:?}; choose one that differs visibly",
            agent.id.escape_default()
        ))),
        None => Ok(()),
    }
}

/// Validate a queue.
pub(super) fn check_queue(queue: &Queue) -> Result<(), DirectoryError> {
    let subject = Subject("queue", &queue.id);
    subject.name("id", &queue.id)?;
    match queue.agent_capacity {
        Some(limit) if limit > MOST_UNITS => Err(subject.error(format_args!(
            "agent-capacity is {limit}; the most is {MOST_UNITS}"
        ))),
        _ => subject.skills(&queue.skills),
    }
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
