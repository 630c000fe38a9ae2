//! Activation at the running desk: switch a company while its customers write.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use patchbay_generations::Generation;
use patchbay_generations::activation::{ActivateError, Change};
use patchbay_generations::activation_conflicts::LiveReferences;
use patchbay_generations::live_desk::LiveDesk;
use patchbay_generations::rollout::{Rollout, RolloutError, RolloutReport};
use patchbay_journal::{AuditEntry, CompanyId};
use patchbay_model::rollout::RolloutTerms;

use super::orders::Orders;
use super::{Deciding, Desk, DeskError, Here, Inner, people};
use crate::assignment::Assignments;
use crate::roster::Agent;

impl LiveDesk for Desk {
    fn now(&self) -> Timestamp {
        Desk::now(self)
    }

    fn company_id(&self, company: &str) -> Option<CompanyId> {
        self.company(company).ok()
    }

    fn active(&self, company: CompanyId) -> Option<Arc<Generation>> {
        Some(self.inner.at(company)?.generation())
    }

    fn rollout(&self, company: CompanyId) -> Option<Arc<Rollout>> {
        self.tried(company)
    }

    fn live_references(&self, company: CompanyId) -> Option<LiveReferences> {
        self.inner.at(company)?.used()
    }

    fn activate(&self, change: Change) -> Result<(), ActivateError> {
        Desk::activate(self, change)
    }

    fn start_rollout(
        &self,
        candidate: Arc<Generation>,
        terms: RolloutTerms,
        audit: AuditEntry,
    ) -> Result<RolloutReport, RolloutError> {
        self.try_out(candidate, terms, audit)
    }

    fn abort_rollout(
        &self,
        company: &str,
        by: &str,
        reason: Option<&str>,
        audit: AuditEntry,
    ) -> Result<RolloutReport, RolloutError> {
        Desk::abort_rollout(self, company, by, reason, audit)
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
            return Err(ActivateError::Stopping);
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
                return Err(ActivateError::NotACandidate(number));
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
            change.write(used.as_ref(), &*inner.journal, before.as_deref(), now)?;
        if let (Some(here), Some(before)) = (&here, &before) {
            // Passes that began on the one before end on it.
            here.use_also(used.unwrap_or_else(|| LiveReferences::by(before)).and(&next));
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

fn floor_error(next: &Generation, error: patchbay_floor::FloorError) -> ActivateError {
    ActivateError::Floor {
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
    fn welcome(&self, company: CompanyId, next: Arc<Generation>) -> Result<(), ActivateError> {
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
