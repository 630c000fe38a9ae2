//! The roster: the company's agents, their presence and what they hold.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use patchbay_clock::SkippedTime;
use patchbay_events::{AgentPutEvent, AgentRemovedEvent, Event, PresenceChangedEvent};
use patchbay_floor::{AgentView, FloorError, HeldConversation, Offer, RosterChange};
use patchbay_generations::Generation;
use patchbay_generations::activation::ActivateError;
use patchbay_journal::{AuditEntry, CompanyId, Conversation, Journal, JournalError};
use patchbay_model::directory::Presence;
use patchbay_model::identifier::LookAlikes;
use patchbay_pass::{CompanyFloor, queues_of};
use patchbay_records::conversation_reader;
use patchbay_records::history::note;
use patchbay_records::roster::{self, Agent};
use patchbay_records::snapshot::Snapshot;
use thiserror::Error;

use crate::company_state::CompanyState;
use crate::desk_core::DeskCore;
use crate::desk_error::DeskError;

/// Most agents stored in one transaction.
const MOST_ROWS: usize = 1_000;

/// Conversations read at once.
const PAGE: usize = 1_000;

/// An agent at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentStatus {
    /// The agent as the roster has them.
    pub agent: Agent,
    /// Presence and load.
    pub view: AgentView,
    /// Conversations they hold.
    pub holdings: Vec<HeldConversation>,
    /// Offers they have not answered.
    pub offers: Vec<Offer>,
}

/// A queue at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueStatus {
    /// Id of the queue.
    pub id: String,
    /// Conversations that wait in it, without those on offer.
    pub waiting: usize,
    /// When the oldest of them was queued.
    pub oldest: Option<Timestamp>,
}

/// An unresolved conversation.
pub(crate) type OpenConversation = (Conversation, Snapshot);

/// All unresolved conversations, by company.
pub(crate) fn open_conversations(
    journal: &dyn Journal,
) -> Result<HashMap<CompanyId, Vec<OpenConversation>>, JournalError> {
    let mut open: HashMap<CompanyId, Vec<OpenConversation>> = HashMap::new();
    let mut after = None;
    loop {
        let page = journal.unresolved_conversations(after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(open);
        };
        after = Some((last.company, last.id));
        for row in page {
            let snapshot = conversation_reader::read_snapshot(&row)?;
            open.entry(row.company).or_default().push((row, snapshot));
        }
    }
}

/// Why a company's floor could not be loaded.
#[derive(Debug, Error)]
pub(crate) enum FloorLoadError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("{company}: {error}")]
    Floor { company: String, error: FloorError },
}

impl From<FloorLoadError> for DeskError {
    fn from(error: FloorLoadError) -> DeskError {
        match error {
            FloorLoadError::Journal(error) => DeskError::Journal(error),
            FloorLoadError::Floor { company, error } => DeskError::Floor { company, error },
        }
    }
}

impl From<FloorLoadError> for ActivateError {
    fn from(error: FloorLoadError) -> ActivateError {
        match error {
            FloorLoadError::Journal(error) => ActivateError::Journal(error),
            FloorLoadError::Floor { company, error } => ActivateError::Floor { company, error },
        }
    }
}

/// Load a company's floor: its agents and its open conversations.
pub(crate) fn load_floor(
    journal: &dyn Journal,
    company: CompanyId,
    generation: &Generation,
    open: &[OpenConversation],
    offers: (u64, SkippedTime),
    now: Timestamp,
) -> Result<CompanyFloor, FloorLoadError> {
    let stored = roster::load(journal, company)?;
    let file = &generation.surroundings.directory;
    let (roster, changed) = roster::with_file(stored, file, now);
    if !changed.is_empty() {
        journal.put_agents(company, changed, Vec::new(), None)?;
    }
    CompanyFloor::load(generation, roster, open, offers, now).map_err(|error| {
        FloorLoadError::Floor {
            company: generation.company.clone(),
            error,
        }
    })
}

/// The agents and queues of the desk's companies.
pub struct RosterService<'a>(pub(crate) &'a DeskCore);

impl RosterService<'_> {
    /// Agents by id: at most `limit`, after one (empty: from the first).
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn agents(
        &self,
        company: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<(Agent, AgentView)>, DeskError> {
        let (_, state) = self.0.company(company)?;
        Ok(state.floor.lock().agents(after, limit))
    }

    /// When the agents who went offline lose their conversations.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn departures(&self, company: &str) -> Result<BTreeMap<String, Timestamp>, DeskError> {
        let (_, state) = self.0.company(company)?;
        Ok(state.floor.lock().departures())
    }

    /// One agent with their conversations and offers.
    ///
    /// # Errors
    /// [`DeskError::UnknownAgent`].
    pub fn agent(&self, company: &str, agent: &str) -> Result<AgentStatus, DeskError> {
        let (_, state) = self.0.company(company)?;
        let floor = state.floor.lock();
        let found = floor.agent(agent);
        let (known, view) = found.ok_or_else(|| DeskError::UnknownAgent(agent.to_owned()))?;
        Ok(AgentStatus {
            agent: known,
            view,
            holdings: floor.holdings(agent),
            offers: floor.offers(Some(agent)),
        })
    }

    /// Whether an agent is on the roster.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn has_agent(&self, company: &str, agent: &str) -> Result<bool, DeskError> {
        let (_, state) = self.0.company(company)?;
        Ok(state.floor.lock().has_agent(agent))
    }

    /// The queues of a company, by id.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn queues(&self, company: &str) -> Result<Vec<QueueStatus>, DeskError> {
        let (_, state) = self.0.company(company)?;
        let generation = state.generation();
        let directory = &generation.surroundings.directory;
        let floor = state.floor.lock();
        let queues = directory.queue_ids().map(|id| {
            let view = floor.queue(id);
            QueueStatus {
                id: id.to_owned(),
                waiting: view.map_or(0, |view| view.waiting),
                oldest: view.and_then(|view| view.oldest),
            }
        });
        Ok(queues.collect())
    }

    /// Add or change agents: all, or none where one is invalid. A new agent is
    /// offline.
    ///
    /// # Errors
    /// [`DeskError::Agent`] with the first fault.
    pub fn put(
        &self,
        company: &str,
        agents: Vec<Agent>,
        audit: AuditEntry,
    ) -> Result<Vec<RosterChange>, DeskError> {
        let (id, state) = self.0.company(company)?;
        let generation = state.generation();
        let queues = queues_of(&generation);
        let capacity = &generation.desk.capacity;
        let listed = state.floor.lock().agents("", usize::MAX);
        let mut known = LookAlikes::of(listed.iter().map(|(agent, _)| agent.id.as_str()));
        for (at, agent) in agents.iter().enumerate() {
            let checked = agent.check(queues.clone(), capacity, &generation.channels);
            let checked = checked.and_then(|()| agent.check_new_names(&known));
            checked.map_err(|error| DeskError::Agent { at, error })?;
            known.add(&agent.id);
        }
        self.0.put_agents(id, &state, agents, Some(audit))
    }

    /// Remove an agent. Their conversations return to the queue.
    ///
    /// # Errors
    /// [`DeskError::UnknownAgent`].
    pub fn remove(&self, company: &str, agent: &str, audit: AuditEntry) -> Result<(), DeskError> {
        let (id, state) = self.0.company(company)?;
        let _changing = state.roster.lock();
        if !state.floor.lock().has_agent(agent) {
            return Err(DeskError::UnknownAgent(agent.to_owned()));
        }
        let now = self.0.now();
        let removed = Event::AgentRemoved(AgentRemovedEvent {
            agent: agent.to_owned(),
        });
        let notes = vec![note(&removed, now)];
        self.0.journal.remove_agent(id, agent, notes, audit)?;
        self.0.notify_listeners(id, false);
        let removed = state.floor.lock().remove_agent(agent, now);
        removed.map_err(|error| floor_error(company, error))?;
        self.0.flush_floor(id);
        Ok(())
    }

    /// Set an agent's presence and return the one before. An agent who goes
    /// offline keeps their conversations for the company's `return-after`.
    ///
    /// # Errors
    /// [`DeskError::UnknownAgent`], and `JournalError::CompanyFull` if the company's
    /// reserve is used up.
    pub fn set_presence(
        &self,
        company: &str,
        agent: &str,
        presence: Presence,
    ) -> Result<Presence, DeskError> {
        let (id, state) = self.0.company(company)?;
        self.0.check_reserve(id)?;
        let _changing = state.roster.lock();
        let now = self.0.now();
        let mut floor = state.floor.lock();
        let update = floor.set_presence(agent, presence, now);
        let update = update.map_err(|error| floor_error(company, error))?;
        let known = floor.agent(agent).map(|(agent, _)| agent);
        drop(floor);
        if let Some(known) = known {
            let row = roster::row(&known, &update.agent, now);
            let changed = Event::PresenceChanged(PresenceChangedEvent {
                agent: agent.to_owned(),
                from: update.before,
                to: presence,
            });
            let notes = match update.before == presence {
                true => Vec::new(),
                false => vec![note(&changed, now)],
            };
            if let Err(error) = self.0.journal.put_agents(id, vec![row], notes, None) {
                // Not stored: undo it on the floor.
                let _ = state.floor.lock().set_presence(agent, update.before, now);
                return Err(error.into());
            }
            self.0.notify_listeners(id, false);
        }
        self.0.flush_floor(id);
        Ok(update.before)
    }
}

fn floor_error(company: &str, error: FloorError) -> DeskError {
    match error {
        FloorError::UnknownAgent(agent) => DeskError::UnknownAgent(agent),
        error => DeskError::Floor {
            company: company.to_owned(),
            error,
        },
    }
}

/// Restore the agents on the floor, last change first: a request can name an
/// agent twice.
fn restore(state: &CompanyState, before: Vec<(String, Option<Agent>)>, now: Timestamp) {
    let mut floor = state.floor.lock();
    for (id, known) in before.into_iter().rev() {
        let restored = match known {
            Some(known) => floor.put_agent(known, now).map(|_| ()),
            None if floor.has_agent(&id) => floor.remove_agent(&id, now),
            None => Ok(()),
        };
        if let Err(error) = restored {
            tracing::error!(agent = id, %error, "the floor differs from the journal until the next start");
        }
    }
}

impl DeskCore {
    /// Add or change agents that fit the company's queues.
    pub(super) fn put_agents(
        &self,
        company: CompanyId,
        state: &CompanyState,
        agents: Vec<Agent>,
        audit: Option<AuditEntry>,
    ) -> Result<Vec<RosterChange>, DeskError> {
        if agents.is_empty() && audit.is_none() {
            return Ok(Vec::new());
        }
        let name = state.generation().company.clone();
        let _changing = state.roster.lock();
        let now = self.now();
        let mut changes = Vec::with_capacity(agents.len());
        let mut rows = Vec::with_capacity(agents.len());
        let mut notes = Vec::with_capacity(agents.len());
        let mut before = Vec::with_capacity(agents.len());
        let put = || {
            for agent in agents {
                let mut floor = state.floor.lock();
                let id = agent.id.clone();
                before.push((id.clone(), floor.agent(&id).map(|(known, _)| known)));
                // The caller checked the agents: the floor refuses only what
                // no single agent shows.
                let change = floor.put_agent(agent.clone(), now);
                changes.push(change.map_err(|error| floor_error(&name, error))?);
                let record = floor.agent_record(&id);
                let record = record.map_err(|error| floor_error(&name, error))?;
                rows.push(roster::row(&agent, &record, now));
                let event = Event::AgentPut(AgentPutEvent {
                    agent: id,
                    skills: agent.skills,
                    queues: agent.queues,
                });
                notes.push(note(&event, now));
            }
            Ok(self.journal.put_agents(company, rows, notes, audit)?)
        };
        if let Err(error) = put() {
            restore(state, before, now);
            return Err(error);
        }
        self.notify_listeners(company, false);
        self.flush_floor(company);
        Ok(changes)
    }

    /// Write since when the agents who worked are idle, so that a restart does not
    /// prefer them to others. Agents that cannot be stored are tried the next time.
    pub(crate) fn save_idle_times(&self) {
        for company in self.company_ids() {
            let state = self.company_state(company);
            let Some(state) = state else { continue };
            let worked = state.floor.lock().take_worked();
            for agents in worked.chunks(MOST_ROWS) {
                if !self.save_agents(company, agents) {
                    state.floor.lock().return_worked(agents.to_vec());
                }
            }
        }
    }

    /// Write the rows of agents whose state on the floor changed; whether they are
    /// stored.
    pub(crate) fn save_agents(&self, company: CompanyId, agents: &[String]) -> bool {
        let Some(state) = self.company_state(company) else {
            return false;
        };
        let _changing = state.roster.lock();
        let now = self.now();
        let rows: Vec<_> = {
            let floor = state.floor.lock();
            let known = agents.iter().filter_map(|id| {
                let (agent, _) = floor.agent(id)?;
                Some(roster::row(&agent, &floor.agent_record(id).ok()?, now))
            });
            known.collect()
        };
        let stored = self.journal.put_agents(company, rows, Vec::new(), None);
        if let Err(error) = &stored {
            tracing::warn!(%error, "cannot store whether agents respond and since when they are idle");
        }
        stored.is_ok()
    }
}
