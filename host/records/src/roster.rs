//! Agents as the roster stores them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use patchbay_floor::{AgentProfile, AgentRecord};
use patchbay_journal::{AgentRow, CompanyId, Journal, JournalError};
use patchbay_model::capacity::Capacity;
use patchbay_model::directory::{self, Directory, DirectoryError, Presence, Queue};
use patchbay_model::identifier::LookAlikes;
use patchbay_model::input::InputError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Agents read at once.
const PAGE: usize = 1_000;

/// An agent, as the roster stores them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// The company's identifier of the agent, unique; 1 to 256 bytes.
    pub id: String,
    /// Display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Skills with their proficiency, 1 (learning) to 5 (expert).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skills: BTreeMap<String, u8>,
    /// Languages spoken (BCP 47).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Queues the agent is a member of; empty: every queue whose skills the
    /// agent meets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<String>,
    /// Teams.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<String>,
    /// Site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// Total capacity in units. Default 100.
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

impl Agent {
    /// Parse an agent.
    ///
    /// # Errors
    /// [`InputError`] with the field at fault.
    pub fn from_value(value: Value) -> Result<Agent, InputError> {
        serde_json::from_value(value).map_err(|error| InputError::Invalid {
            field: "agent".to_owned(),
            problem: error.to_string(),
        })
    }

    /// Whether a generation's queues and channels take them.
    ///
    /// # Errors
    /// [`DirectoryError`] with the first thing at fault.
    pub fn check(
        &self,
        queues: Vec<Queue>,
        capacity: &Capacity,
        channels: &BTreeSet<String>,
    ) -> Result<(), DirectoryError> {
        directory::check_new_limits(&self.listed(), &queues, capacity, channels)?;
        Directory::new(vec![self.listed()], queues).map(|_| ())
    }

    /// Whether their names may be new on a roster with these ids.
    ///
    /// # Errors
    /// [`DirectoryError`] with the first name at fault.
    pub fn check_new_names(&self, known: &LookAlikes) -> Result<(), DirectoryError> {
        directory::check_new_names(&self.listed(), known)
    }

    fn listed(&self) -> directory::Agent {
        directory::Agent {
            id: self.id.clone(),
            name: self.name.clone(),
            skills: self.skills.clone(),
            languages: self.languages.clone(),
            presence: Presence::Offline,
            load: 0,
            capacity: self.capacity,
            channel_capacity: self.channel_capacity.clone(),
            queue_capacity: self.queue_capacity.clone(),
            idle: None,
            queues: self.queues.clone(),
            teams: self.teams.clone(),
            site: self.site.clone(),
        }
    }
}

impl From<&directory::Agent> for Agent {
    fn from(listed: &directory::Agent) -> Agent {
        Agent {
            id: listed.id.clone(),
            name: listed.name.clone(),
            skills: listed.skills.clone(),
            languages: listed.languages.clone(),
            queues: listed.queues.clone(),
            teams: listed.teams.clone(),
            site: listed.site.clone(),
            capacity: listed.capacity,
            channel_capacity: listed.channel_capacity.clone(),
            queue_capacity: listed.queue_capacity.clone(),
        }
    }
}

impl From<&Agent> for AgentProfile {
    fn from(agent: &Agent) -> AgentProfile {
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

/// What the journal stores of an agent beside the profile.
#[derive(Debug, Default, Serialize, Deserialize)]
struct StoredState {
    #[serde(default)]
    not_responding: bool,
    #[serde(default)]
    idle_since: Option<Timestamp>,
    #[serde(default)]
    available_since: Option<Timestamp>,
}

/// The row of an agent.
pub fn row(agent: &Agent, record: &AgentRecord, at: Timestamp) -> AgentRow {
    let state = StoredState {
        not_responding: record.not_responding,
        idle_since: record.idle_since,
        available_since: record.available_since,
    };
    AgentRow {
        id: agent.id.clone(),
        // Structs of plain values: serialization cannot fail.
        profile: serde_json::to_string(agent).unwrap_or_default(),
        presence: record.presence,
        changed_at: at,
        state: serde_json::to_vec(&state).unwrap_or_default(),
    }
}

/// The roster of a company.
pub fn load(
    journal: &dyn Journal,
    company: CompanyId,
) -> Result<Vec<(Agent, AgentRecord)>, JournalError> {
    let mut roster = Vec::new();
    let mut after = String::new();
    loop {
        let page = journal.agents(company, &after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(roster);
        };
        after.clone_from(&last.id);
        for row in page {
            let corrupt = |error: serde_json::Error| {
                JournalError::Corrupt(format!("agent {:?}: {error}", row.id))
            };
            let agent: Agent = serde_json::from_str(&row.profile).map_err(corrupt)?;
            let state: StoredState = serde_json::from_slice(&row.state).map_err(corrupt)?;
            let record = AgentRecord {
                profile: AgentProfile::from(&agent),
                presence: row.presence,
                not_responding: state.not_responding,
                idle_since: state.idle_since,
                available_since: state.available_since,
            };
            roster.push((agent, record));
        }
    }
}

/// The roster at a start: the stored agents, and those agents of the company
/// file that are not stored yet. The roster is live data: what the file says of
/// a stored agent counts only when the file is applied.
pub fn with_file(
    mut known: Vec<(Agent, AgentRecord)>,
    file: &Directory,
    now: Timestamp,
) -> (Vec<(Agent, AgentRecord)>, Vec<AgentRow>) {
    let mut changed = Vec::new();
    for listed in file.agents() {
        let agent = Agent::from(&**listed);
        if !known.iter().any(|(known, _)| known.id == agent.id) {
            let record = AgentRecord::from_directory(listed, now);
            changed.push(row(&agent, &record, now));
            known.push((agent, record));
        }
    }
    (known, changed)
}
