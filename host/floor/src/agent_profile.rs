//! What the roster says of an agent.

use std::collections::BTreeMap;

use patchbay_model::directory::{Agent, Queue};
use serde::{Deserialize, Serialize};

use super::error::FloorError;

/// An agent's entry on the roster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AgentProfile {
    /// Unique within the company.
    pub id: String,
    /// Skills with their proficiency, 1 (learning) to 5 (expert).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skills: BTreeMap<String, u8>,
    /// Languages spoken (BCP 47).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Queues the agent is a member of; empty: each queue whose skills the
    /// agent has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<String>,
    /// Total capacity in units; 100 by default.
    #[serde(default = "full_capacity")]
    pub capacity: u32,
    /// Most conversations at once by channel; replaces the company's limit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub channel_capacity: BTreeMap<String, u32>,
    /// Most conversations at once by queue; replaces the queue's limit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub queue_capacity: BTreeMap<String, u32>,
}

fn full_capacity() -> u32 {
    100
}

impl AgentProfile {
    /// Whether the agent has each skill with at least this proficiency.
    pub(super) fn has_skills<'a>(
        &self,
        mut skills: impl Iterator<Item = (&'a String, u8)>,
    ) -> bool {
        skills.all(|(skill, least)| self.skills.get(skill).is_some_and(|has| *has >= least))
    }

    /// Ids of the queues the agent is a member of.
    ///
    /// # Errors
    /// [`FloorError::Proficiency`], [`FloorError::UnknownQueue`].
    pub(super) fn memberships<'a>(
        &self,
        queues: impl Iterator<Item = &'a Queue> + Clone,
    ) -> Result<Vec<String>, FloorError> {
        for (skill, &proficiency) in &self.skills {
            if !(1..=5).contains(&proficiency) {
                return Err(FloorError::Proficiency {
                    agent: self.id.clone(),
                    skill: skill.clone(),
                    proficiency,
                });
            }
        }
        let exists = |id: &&String| queues.clone().any(|queue| queue.id == **id);
        if let Some(unknown) = self.queues.iter().find(|id| !exists(id)) {
            return Err(FloorError::UnknownQueue(unknown.clone()));
        }
        let is_member = |queue: &&Queue| match self.queues.is_empty() {
            true => self.has_skills(queue.skills.iter().map(|(skill, least)| (skill, *least))),
            false => self.queues.contains(&queue.id),
        };
        Ok(queues
            .filter(is_member)
            .map(|queue| queue.id.clone())
            .collect())
    }
}

impl From<&Agent> for AgentProfile {
    fn from(agent: &Agent) -> Self {
        AgentProfile {
            id: agent.id.clone(),
            skills: agent.skills.clone(),
            languages: agent.languages.clone(),
            queues: agent.queues.clone(),
            capacity: agent.capacity,
            channel_capacity: agent.channel_capacity.clone(),
            queue_capacity: agent.queue_capacity.clone(),
        }
    }
}
