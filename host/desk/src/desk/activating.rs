//! A company's setup changes while its customers write.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use patchbay_generation::Generation;
use patchbay_journal::{
    Activation, AuditEntry, CompanyId, Journal, JournalError, NewGeneration, Note, StateCopy,
};
use serde_json::json;
use thiserror::Error;

use super::obstacles::{Obstacle, Used, obstacles};
use super::orders::Orders;
use super::{Deciding, Desk, DeskError, Here, Inner, people, rolling};
use crate::assignment::Assignments;
use crate::history::EntryKind;
use crate::roster::Agent;

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
        self.write_knowing(None, journal, before, now)
    }

    /// The same, where it may be known what work at hand is in or for.
    fn write_knowing(
        self,
        used: Option<&Used>,
        journal: &dyn Journal,
        before: Option<&Generation>,
        now: Timestamp,
    ) -> Result<(CompanyId, Arc<Generation>), ActivateError> {
        let next = self.generation;
        let company = journal.company(&next.company)?;
        let in_the_way = obstacles(journal, company, used, &next)?;
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
        let used = here.as_ref().and_then(|here| here.used());
        let (company, next) =
            change.write_knowing(used.as_ref(), &*inner.journal, before.as_deref(), now)?;
        if let (Some(here), Some(before)) = (&here, &before) {
            // Passes that began on the one before end on it.
            here.use_also(used.unwrap_or_else(|| Used::by(before)).and(&next));
        }
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
