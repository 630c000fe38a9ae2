//! A company's setup changes while its customers write.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use patchbay_generation::Generation;
use patchbay_journal::{
    Activation, AuditEntry, CompanyId, ConversationId, Journal, JournalError, NewGeneration, Note,
    OutboxState, StateCopy,
};
use serde_json::json;
use thiserror::Error;

use super::orders::Orders;
use super::{Deciding, Desk, DeskError, Here, Inner, people, rolling};
use crate::assignment::Assignments;
use crate::history::EntryKind;
use crate::roster::Agent;

/// Conversations and outbox items read at once.
const PAGE: usize = 1_000;

/// A setup a company is to decide by.
#[derive(Debug)]
pub struct Change {
    /// The setup.
    pub generation: Arc<Generation>,
    /// How it is kept; absent: it is kept already.
    pub new: Option<NewGeneration>,
    /// The generation the company decides by so far, as far as whoever asks
    /// for the change knows; absent: none.
    pub expected: Option<u64>,
    /// Who asks for it.
    pub by: String,
    /// Why, in a code: `applied`, `activated`, `rolled-back`, `promoted`.
    pub because: &'static str,
    /// Where conversations of queues that are gone go, beside what the setup's
    /// document says.
    pub moved: BTreeMap<String, String>,
    /// Whether that is only for what the company tries, and within its bounds.
    pub promotes: bool,
    /// What the audit trail says of it; absent: the host did it by itself.
    pub audit: Option<AuditEntry>,
}

/// Work at hand that a setup has no room for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// Conversations wait in a queue that is gone, or came from it.
    Queue {
        /// The queue.
        queue: String,
        /// How many.
        conversations: u64,
    },
    /// Something waits to be sent to a target that is gone, or was given up.
    Target {
        /// The target.
        target: String,
        /// How much.
        items: u64,
    },
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Obstacle::Queue {
                queue,
                conversations,
            } => write!(
                f,
                "{conversations} open conversations are in queue {queue:?}, which is gone; say where they go with [queue.{queue}] moved-to = \"…\""
            ),
            Obstacle::Target { target, items } => write!(
                f,
                "{items} items in the outbox are for target {target:?}, which is gone; let them go out first, or keep the target"
            ),
        }
    }
}

/// Why a setup does not decide.
#[derive(Debug, Error)]
pub enum ActivateError {
    /// Work at hand has no room in it.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Obstacles(Vec<Obstacle>),
    /// The journal would not, or could not.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The desk cannot work with it.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// It is not tried any more, or does worse than it may.
    #[error("generation {0} is not on trial any more, or beyond a bound")]
    NotOnTrial(u64),
}

/// Queues a company has conversations in, or from, and how many.
///
/// # Errors
/// When the journal cannot be read.
pub(crate) fn queues_at_hand(
    journal: &dyn Journal,
    company: CompanyId,
) -> Result<BTreeMap<String, u64>, JournalError> {
    let mut queues: BTreeMap<String, u64> = BTreeMap::new();
    let mut after = Some((company, ConversationId([0; 16])));
    loop {
        let page = journal.unresolved(after, PAGE)?;
        let full = page.len() == PAGE;
        after = page.last().map(|last| (last.company, last.id));
        let ours = page.into_iter().take_while(|row| row.company == company);
        for queue in ours.filter_map(|row| row.queue) {
            *queues.entry(queue).or_default() += 1;
        }
        if !full || after.is_none_or(|(whose, _)| whose != company) {
            return Ok(queues);
        }
    }
}

/// Everything a company has at hand that a setup has no room for. What is at
/// hand had room in the setup before: where that has nothing the next has not,
/// nothing is looked through.
///
/// # Errors
/// When the journal cannot be read.
pub(crate) fn obstacles(
    journal: &dyn Journal,
    company: CompanyId,
    before: Option<&Generation>,
    next: &Generation,
) -> Result<Vec<Obstacle>, JournalError> {
    let has_queue =
        |queue: &String| next.queues.contains_key(queue) || next.moved.contains_key(queue);
    let keeps_queues = before.is_some_and(|before| {
        // What moved may still be on its way.
        let mut all = before.queues.keys().chain(before.moved.keys());
        all.all(has_queue)
    });
    let has_target = |target: &String| next.targets.contains_key(target);
    let keeps_targets = before.is_some_and(|before| before.targets.keys().all(has_target));
    let queues = match keeps_queues {
        true => BTreeMap::new(),
        false => {
            let mut queues = queues_at_hand(journal, company)?;
            queues.retain(|queue, _| !has_queue(queue));
            queues
        }
    };
    let targets = match keeps_targets {
        true => BTreeMap::new(),
        false => undeliverable(journal, company, has_target)?,
    };
    let queues = queues
        .into_iter()
        .map(|(queue, conversations)| Obstacle::Queue {
            queue,
            conversations,
        });
    let targets = targets
        .into_iter()
        .map(|(target, items)| Obstacle::Target { target, items });
    Ok(queues.chain(targets).collect())
}

/// What is on its way, or was given up, by its target, where that is not there.
fn undeliverable(
    journal: &dyn Journal,
    company: CompanyId,
    has_target: impl Fn(&String) -> bool,
) -> Result<BTreeMap<String, u64>, JournalError> {
    let mut targets = BTreeMap::new();
    for state in [OutboxState::Waiting, OutboxState::Dead] {
        let mut after = String::new();
        loop {
            let page = journal.outbox_list(company, state, &after, PAGE)?;
            let Some(last) = page.last() else {
                break;
            };
            after.clone_from(&last.key);
            for item in page {
                if !has_target(&item.target) {
                    *targets.entry(item.target).or_default() += 1;
                }
            }
        }
    }
    Ok(targets)
}

/// State that goes on under a newer version of a plugin.
fn copies(before: Option<&Generation>, next: &Generation) -> Vec<StateCopy> {
    let changed = next.state_from.iter().filter_map(|(plugin, reads)| {
        let (from, to) = (before?.state_version(plugin)?, next.state_version(plugin)?);
        (from != to && reads.contains(&from)).then(|| StateCopy {
            plugin: plugin.clone(),
            from,
            to,
        })
    });
    changed.collect()
}

impl Change {
    /// Write the change down, whole or not at all: what a company decides by
    /// after the next start.
    ///
    /// # Errors
    /// [`ActivateError`]; then nothing was written.
    pub fn write(
        self,
        journal: &dyn Journal,
        before: Option<&Generation>,
        now: Timestamp,
    ) -> Result<(CompanyId, Arc<Generation>), ActivateError> {
        let next = self.generation;
        let company = journal.company(&next.company)?;
        let in_the_way = obstacles(journal, company, before, &next)?;
        if !in_the_way.is_empty() {
            return Err(ActivateError::Obstacles(in_the_way));
        }
        let mut notes = rolling::ended_by(journal, company, next.number, &self.by, now)?;
        let head = json!({
            "generation": next.number,
            "before": self.expected,
            "by": self.by,
            "because": self.because,
        });
        notes.push(Note {
            kind: EntryKind::GenerationActivated as u16,
            at: now,
            head: head.to_string(),
        });
        let activation = Activation {
            number: next.number,
            expected: self.expected,
            copies: copies(before, &next),
            moved: self.moved,
            notes,
        };
        journal.put_generation(company, self.new, Some(activation), now, self.audit)?;
        Ok((company, next))
    }
}

impl Desk {
    /// From now on a company decides by another setup, and keeps that across
    /// restarts; a company that is not here yet comes with it. A pass that has
    /// begun ends on the setup it began with. Running clocks keep their
    /// targets.
    ///
    /// # Errors
    /// [`ActivateError`]; then the setup before stays.
    pub fn activate(&self, change: Change) -> Result<(), ActivateError> {
        let inner = &self.inner;
        let _alone = inner.changing.lock();
        if inner.work.is_closed() {
            return Err(DeskError::Stopping.into());
        }
        let company = inner.journal.company(&change.generation.company)?;
        let now = inner.now();
        let here = inner.at(company);
        let before = here.as_ref().map(|here| here.generation());
        if change.promotes {
            let number = change.generation.number;
            let tried = here.as_ref().and_then(|here| here.deciding().rollout);
            let tried = tried.filter(|tried| tried.candidate.number == number);
            if tried.is_none_or(|tried| tried.breach().is_some()) {
                return Err(ActivateError::NotOnTrial(number));
            }
        }
        if let Some(here) = &here {
            // Refused before anything is written.
            here.assignments
                .would_adopt(&change.generation, now)
                .map_err(|error| floor_error(&change.generation, error))?;
        }
        inner.save_tally(company);
        let (company, next) = change.write(&*inner.journal, before.as_deref(), now)?;
        // It is written: whatever cannot follow now follows at the next start,
        // and what decides is what is written.
        match here {
            Some(here) => inner.adopt(company, &here, before.as_deref(), next),
            None => inner.welcome(company, next)?,
        }
        inner.tell_of(company, false);
        Ok(())
    }

    /// The setup a company decides by.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn generation(&self, company: &str) -> Result<Arc<Generation>, DeskError> {
        let here = self.inner.here(self.company(company)?)?;
        Ok(here.generation())
    }
}

fn floor_error(next: &Generation, error: crate::floor::FloorError) -> DeskError {
    DeskError::Floor {
        company: next.company.clone(),
        error,
    }
}

impl Inner {
    /// Decide by another setup from now on.
    fn adopt(
        &self,
        company: CompanyId,
        here: &Here,
        before: Option<&Generation>,
        next: Arc<Generation>,
    ) {
        if let Err(error) = here.assignments.adopt(&next, self.now()) {
            tracing::error!(company = next.company, generation = next.number, %error,
                "the floor keeps the queues and rules from before until the next start");
        }
        let roster = newly_listed(before, &next);
        self.listen(company, &next);
        here.decide_by(Deciding {
            generation: next,
            rollout: None,
        });
        if let Err(error) = self.put_listed(company, here, roster, None) {
            tracing::error!(%error, "agents the setup lists are not on the roster; import them");
        }
        self.settle(company);
    }

    /// A company that was not here.
    fn welcome(&self, company: CompanyId, next: Arc<Generation>) -> Result<(), DeskError> {
        let open = people::unresolved(&*self.journal)?
            .remove(&company)
            .unwrap_or_default();
        let assignments: Assignments =
            people::open(&*self.journal, company, &next, &open, self.now())?;
        let name = next.company.clone();
        let orders = Orders::read_back(&*self.journal, company)?;
        self.listen(company, &next);
        let here = Arc::new(Here::of(next, assignments, orders));
        self.companies
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(company, here);
        self.names
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name, company);
        self.take_up(Some(company))?;
        self.settle(company);
        Ok(())
    }
}

/// Agents a setup lists otherwise than the one before, or anew: the roster is
/// live, and what else is known of them there stays.
fn newly_listed(before: Option<&Generation>, next: &Generation) -> Vec<Agent> {
    let known: BTreeSet<String> = before
        .into_iter()
        .flat_map(|before| before.surroundings.directory.agents())
        .filter_map(|agent| serde_json::to_string(&Agent::from(&**agent)).ok())
        .collect();
    let listed = next.surroundings.directory.agents().iter();
    listed
        .map(|agent| Agent::from(&**agent))
        .filter(|agent| serde_json::to_string(agent).is_ok_and(|text| !known.contains(&text)))
        .collect()
}
