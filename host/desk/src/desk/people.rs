//! The roster: who works for a company, whether they are there, and what they
//! hold; and the people on the other side, as far as the desk must know that
//! they changed.

use std::collections::HashMap;
use std::sync::PoisonError;

use jiff::Timestamp;
use patchbay_generations::Generation;
use patchbay_generations::activation::ActivateError;
use patchbay_journal::{
    AuditEntry, CompanyId, ContactId, Conversation, Erased, Journal, JournalError, Note,
};
use patchbay_model::conversation::ConversationState;
use patchbay_model::directory::Presence;
use serde_json::{Value, json};

use super::{Desk, DeskError, Here, Inner};
use crate::action::{Action, Actor, Role};
use crate::assignment::{Assignments, queues_of};
use patchbay_floor::{AgentView, FloorError, Holding, Offer, RosterChange};
use patchbay_records::history::EntryKind;
use patchbay_records::reading;
use crate::roster::{self, Agent};
use patchbay_records::snapshot::Snapshot;

/// Conversations read back at once.
const PAGE: usize = 1_000;
/// Most conversations of a person that are closed with their erasure.
const CONVERSATIONS: usize = 10_000;

/// An agent and what they do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentStatus {
    /// What the roster says.
    pub agent: Agent,
    /// Where they are, and how much they hold.
    pub view: AgentView,
    /// What they hold.
    pub holdings: Vec<Holding>,
    /// What is set before them.
    pub offers: Vec<Offer>,
}

/// A queue at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueStatus {
    /// Its id.
    pub id: String,
    /// Conversations that wait in it; those on offer do not.
    pub waiting: usize,
    /// Since when the oldest of them waits.
    pub oldest: Option<Timestamp>,
}

/// A conversation and what the desk keeps of it.
type Open = (Conversation, Snapshot);

/// Conversations that are not resolved, by company.
pub(super) fn unresolved(
    journal: &dyn Journal,
) -> Result<HashMap<CompanyId, Vec<Open>>, JournalError> {
    let mut open: HashMap<CompanyId, Vec<Open>> = HashMap::new();
    let mut after = None;
    loop {
        let page = journal.unresolved(after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(open);
        };
        after = Some((last.company, last.id));
        for row in page {
            let snapshot = reading::snapshot(&row)?;
            open.entry(row.company).or_default().push((row, snapshot));
        }
    }
}

/// A company's floor with everybody and everything on it.
pub(super) fn open(
    journal: &dyn Journal,
    company: CompanyId,
    generation: &Generation,
    open: &[Open],
    now: Timestamp,
) -> Result<Assignments, FloorLoadError> {
    let known = roster::read_back(journal, company)?;
    let file = &generation.surroundings.directory;
    let (roster, changed) = roster::with_file(known, file, now);
    if !changed.is_empty() {
        journal.put_agents(company, changed, Vec::new(), None)?;
    }
    Assignments::open(generation, roster, open, now).map_err(|error| FloorLoadError::Floor {
        company: generation.company.clone(),
        error,
    })
}

/// Why a company's floor could not be loaded.
#[derive(Debug)]
pub(super) enum FloorLoadError {
    Journal(JournalError),
    Floor { company: String, error: FloorError },
}

impl From<JournalError> for FloorLoadError {
    fn from(error: JournalError) -> FloorLoadError {
        FloorLoadError::Journal(error)
    }
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

impl Desk {
    /// Agents by id, at most `limit`, after one (empty: from the first).
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn agents(
        &self,
        company: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<(Agent, AgentView)>, DeskError> {
        let here = self.inner.here(self.company(company)?)?;
        Ok(here.assignments.room().agents(after, limit))
    }

    /// An agent and what they do.
    ///
    /// # Errors
    /// [`DeskError::UnknownAgent`].
    pub fn agent(&self, company: &str, agent: &str) -> Result<AgentStatus, DeskError> {
        let here = self.inner.here(self.company(company)?)?;
        let room = here.assignments.room();
        let found = room.agent(agent);
        let (known, view) = found.ok_or_else(|| DeskError::UnknownAgent(agent.to_owned()))?;
        Ok(AgentStatus {
            agent: known,
            view,
            holdings: room.holdings(agent),
            offers: room.offers(Some(agent)),
        })
    }

    /// Whether an agent is on the roster.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn has_agent(&self, company: &str, agent: &str) -> Result<bool, DeskError> {
        let here = self.inner.here(self.company(company)?)?;
        Ok(here.assignments.room().has_agent(agent))
    }

    /// A company's queues, by id.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn queues(&self, company: &str) -> Result<Vec<QueueStatus>, DeskError> {
        let here = self.inner.here(self.company(company)?)?;
        let generation = here.generation();
        let directory = &generation.surroundings.directory;
        let room = here.assignments.room();
        let queues = directory.queue_ids().map(|id| {
            let view = room.queue(id);
            QueueStatus {
                id: id.to_owned(),
                waiting: view.map_or(0, |view| view.waiting),
                oldest: view.and_then(|view| view.oldest),
            }
        });
        Ok(queues.collect())
    }

    /// Add agents, or change what the roster says of them: all, or none where
    /// one is not right. Whoever is new is offline.
    ///
    /// # Errors
    /// [`DeskError::Agent`] with the first thing at fault.
    pub fn put_agents(
        &self,
        company: &str,
        agents: Vec<Agent>,
        audit: AuditEntry,
    ) -> Result<Vec<RosterChange>, DeskError> {
        let id = self.company(company)?;
        let inner = &self.inner;
        let here = inner.here(id)?;
        let queues = queues_of(&here.generation());
        for (at, agent) in agents.iter().enumerate() {
            let checked = agent.check(queues.clone());
            checked.map_err(|error| DeskError::Agent { at, error })?;
        }
        inner.put_listed(id, &here, agents, Some(audit))
    }

    /// Take an agent off the roster; what they hold returns to its queue.
    ///
    /// # Errors
    /// [`DeskError::UnknownAgent`].
    pub fn remove_agent(
        &self,
        company: &str,
        agent: &str,
        audit: AuditEntry,
    ) -> Result<(), DeskError> {
        let id = self.company(company)?;
        let inner = &self.inner;
        let here = inner.here(id)?;
        let _alone = here.roster.lock().unwrap_or_else(PoisonError::into_inner);
        if !here.assignments.room().has_agent(agent) {
            return Err(DeskError::UnknownAgent(agent.to_owned()));
        }
        let now = inner.now();
        let head = json!({"agent": agent});
        let notes = vec![note(EntryKind::AgentRemoved, &head, now)];
        inner.journal.remove_agent(id, agent, notes, audit)?;
        inner.tell_of(id, false);
        let removed = here.assignments.room().remove_agent(agent, now);
        removed.map_err(|error| floor_error(company, error))?;
        inner.settle(id);
        Ok(())
    }

    /// Set an agent's presence; what it was. Whoever goes offline keeps what
    /// they hold for a while.
    ///
    /// # Errors
    /// [`DeskError::UnknownAgent`].
    pub fn set_presence(
        &self,
        company: &str,
        agent: &str,
        presence: Presence,
    ) -> Result<Presence, DeskError> {
        let id = self.company(company)?;
        let inner = &self.inner;
        let here = inner.here(id)?;
        let _alone = here.roster.lock().unwrap_or_else(PoisonError::into_inner);
        let now = inner.now();
        let mut room = here.assignments.room();
        let signed = room.set_presence(agent, presence, now);
        let signed = signed.map_err(|error| floor_error(company, error))?;
        let known = room.agent(agent).map(|(agent, _)| agent);
        drop(room);
        if let Some(known) = known {
            let row = roster::row(&known, &signed.agent, now);
            let head = json!({"agent": agent, "from": signed.before, "to": presence});
            let notes = match signed.before == presence {
                true => Vec::new(),
                false => vec![note(EntryKind::PresenceChanged, &head, now)],
            };
            if let Err(error) = inner.journal.put_agents(id, vec![row], notes, None) {
                // What cannot be kept has not happened.
                let mut room = here.assignments.room();
                let _ = room.set_presence(agent, signed.before, now);
                return Err(error.into());
            }
            inner.tell_of(id, false);
        }
        inner.settle(id);
        Ok(signed.before)
    }

    /// Make two contacts one person; the number of the change.
    ///
    /// # Errors
    /// What [`Journal::merge`] answers.
    pub fn merge(
        &self,
        company: &str,
        contact: ContactId,
        into: ContactId,
        by: &str,
        audit: AuditEntry,
    ) -> Result<u64, DeskError> {
        let id = self.company(company)?;
        let now = self.inner.now();
        let change = self
            .inner
            .journal
            .merge(id, contact, into, by, now, audit)?;
        self.inner.at_hand.forget_all();
        Ok(change)
    }

    /// Part a contact from the one it was merged into; the number of the
    /// change.
    ///
    /// # Errors
    /// What [`Journal::split`] answers.
    pub fn split(
        &self,
        company: &str,
        contact: ContactId,
        by: &str,
        audit: AuditEntry,
    ) -> Result<u64, DeskError> {
        let id = self.company(company)?;
        let now = self.inner.now();
        let change = self.inner.journal.split(id, contact, by, now, audit)?;
        self.inner.at_hand.forget_all();
        Ok(change)
    }

    /// Undo a merge or a split; the number of the change that does.
    ///
    /// # Errors
    /// What [`Journal::undo`] answers.
    pub fn undo(
        &self,
        company: &str,
        change: u64,
        by: &str,
        audit: AuditEntry,
    ) -> Result<u64, DeskError> {
        let id = self.company(company)?;
        let now = self.inner.now();
        let change = self.inner.journal.undo(id, change, by, now, audit)?;
        self.inner.at_hand.forget_all();
        Ok(change)
    }

    /// Erase the person behind a contact: nothing of what they said can be
    /// read any more, and nobody has to answer them.
    ///
    /// # Errors
    /// What [`Journal::erase`] answers.
    pub fn erase(
        &self,
        company: &str,
        contact: ContactId,
        audit: AuditEntry,
    ) -> Result<Erased, DeskError> {
        let id = self.company(company)?;
        let inner = &self.inner;
        let rows = inner
            .journal
            .conversations_with(id, contact, CONVERSATIONS)?;
        let erased = inner.journal.erase(id, contact, inner.now(), audit)?;
        inner.at_hand.forget_all();
        let actor = Actor {
            id: "erasure".to_owned(),
            role: Role::Supervisor,
        };
        for row in rows {
            if row.state != ConversationState::Resolved {
                let done = self.act(company, row.id, actor.clone(), Action::Resolve)?;
                if let Err(error) = done {
                    tracing::warn!(company, conversation = %row.id, %error, "the conversation of somebody who was erased is still open");
                }
            }
        }
        Ok(erased)
    }
}

fn note(kind: EntryKind, head: &Value, at: Timestamp) -> Note {
    Note {
        kind: kind as u16,
        at,
        head: head.to_string(),
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

/// Make the floor's roster what it was; the last change first, for one agent
/// may have been put twice.
fn take_back(here: &Here, before: Vec<(String, Option<Agent>)>, now: Timestamp) {
    let mut room = here.assignments.room();
    for (id, known) in before.into_iter().rev() {
        let undone = match known {
            Some(known) => room.put_agent(known).map(|_| ()),
            None if room.has_agent(&id) => room.remove_agent(&id, now),
            None => Ok(()),
        };
        if let Err(error) = undone {
            tracing::error!(agent = id, %error, "the floor keeps what the journal does not have until the next start");
        }
    }
}

impl Inner {
    /// Put agents on a company's roster who fit its queues.
    pub(super) fn put_listed(
        &self,
        company: CompanyId,
        here: &Here,
        agents: Vec<Agent>,
        audit: Option<AuditEntry>,
    ) -> Result<Vec<RosterChange>, DeskError> {
        if agents.is_empty() && audit.is_none() {
            return Ok(Vec::new());
        }
        let name = here.generation().company.clone();
        let _alone = here.roster.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        let mut changes = Vec::with_capacity(agents.len());
        let mut rows = Vec::with_capacity(agents.len());
        let mut notes = Vec::with_capacity(agents.len());
        let mut before = Vec::with_capacity(agents.len());
        let put = || {
            for agent in agents {
                let mut room = here.assignments.room();
                let id = agent.id.clone();
                before.push((id.clone(), room.agent(&id).map(|(known, _)| known)));
                // Checked before: what is left is what the floor itself refuses.
                let change = room.put_agent(agent.clone());
                changes.push(change.map_err(|error| floor_error(&name, error))?);
                let record = room.agent_record(&id);
                let record = record.map_err(|error| floor_error(&name, error))?;
                rows.push(roster::row(&agent, &record, now));
                let head = json!({"agent": id, "skills": agent.skills, "queues": agent.queues});
                notes.push(note(EntryKind::AgentPut, &head, now));
            }
            Ok(self.journal.put_agents(company, rows, notes, audit)?)
        };
        if let Err(error) = put() {
            // What cannot be kept has not happened.
            take_back(here, before, now);
            return Err(error);
        }
        self.tell_of(company, false);
        self.settle(company);
        Ok(changes)
    }

    /// Have the journal follow what changed about agents on the floor.
    pub(super) fn save_agents(&self, company: CompanyId, agents: &[String]) {
        let Some(here) = self.at(company) else {
            return;
        };
        let _alone = here.roster.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        let rows: Vec<_> = {
            let room = here.assignments.room();
            let known = agents.iter().filter_map(|id| {
                let (agent, _) = room.agent(id)?;
                Some(roster::row(&agent, &room.agent_record(id).ok()?, now))
            });
            known.collect()
        };
        if let Err(error) = self.journal.put_agents(company, rows, Vec::new(), None) {
            tracing::warn!(%error, "that an agent does not respond is not kept");
        }
    }
}
