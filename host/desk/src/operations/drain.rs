//! Drains: a company stops accepting interactions and finishes what is in
//! progress.

use patchbay_events::{DrainEvent, Event};
use patchbay_journal::{AuditEntry, CompanyId, Directive, JournalError, OutboxState};
use patchbay_records::history::note;

use super::directives::{DRAIN, Drain};
use crate::desk_core::DeskCore;
use crate::desk_error::DeskError;

/// Outbox items read at once.
const PAGE: usize = 1_000;

/// What a company or the host still has to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RemainingWork {
    /// Inputs, timers and requests that wait for a decision or are in one.
    pub undecided: u64,
    /// Items that wait in the outbox.
    pub outbox: u64,
}

/// The drains of the desk's companies.
pub struct DrainService<'a>(pub(crate) &'a DeskCore);

impl DrainService<'_> {
    /// Stop accepting interactions of a company, also after a restart.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn start(&self, company: &str, drain: Drain, audit: AuditEntry) -> Result<(), DeskError> {
        let (id, state) = self.0.company(company)?;
        let _changing = state.directives.changing.lock();
        let directive = Directive {
            name: DRAIN.to_owned(),
            // A struct of strings: serialization cannot fail.
            body: serde_json::to_string(&drain).unwrap_or_default(),
        };
        let by = drain.by.clone();
        let notes = vec![note(&Event::DrainBegan(DrainEvent { by }), self.0.now())];
        self.0
            .journal
            .put_directive(id, directive, &[], notes, audit)?;
        state.directives.set_drain(Some(drain));
        self.0.notify_listeners(id, false);
        Ok(())
    }

    /// Accept interactions again. Returns whether the company was drained.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn end(&self, company: &str, by: &str, audit: AuditEntry) -> Result<bool, DeskError> {
        let (id, state) = self.0.company(company)?;
        let _changing = state.directives.changing.lock();
        let by = by.to_owned();
        let notes = vec![note(&Event::DrainEnded(DrainEvent { by }), self.0.now())];
        let changed = self
            .0
            .journal
            .remove_directive(id, DRAIN, notes, Some(audit))?;
        state.directives.set_drain(None);
        self.0.notify_listeners(id, false);
        Ok(changed)
    }

    /// The drain of a company, if it is drained.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn of(&self, company: &str) -> Result<Option<Drain>, DeskError> {
        let (_, state) = self.0.company(company)?;
        Ok(state.directives.drain())
    }

    /// The drained companies, by name.
    pub fn all(&self) -> Vec<(String, Drain)> {
        let companies: Vec<_> = self.0.companies.read().values().cloned().collect();
        let drained = companies.iter().filter_map(|state| {
            Some((
                state.generation().company.clone(),
                state.directives.drain()?,
            ))
        });
        let mut drained: Vec<_> = drained.collect();
        drained.sort_by(|one, other| one.0.cmp(&other.0));
        drained
    }

    /// What a company, or the whole host, still has to do.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn remaining(&self, company: Option<&str>) -> Result<RemainingWork, DeskError> {
        let work = &self.0.work;
        let Some(company) = company else {
            return Ok(RemainingWork {
                undecided: work.undecided() as u64,
                outbox: self.0.journal.status()?.outbox_waiting,
            });
        };
        let id = self.0.company_id(company)?;
        Ok(RemainingWork {
            undecided: work.undecided_of(id) as u64,
            outbox: self.waiting_items(id)?,
        })
    }

    fn waiting_items(&self, company: CompanyId) -> Result<u64, JournalError> {
        let mut count = 0;
        let mut after = String::new();
        loop {
            let journal = &self.0.journal;
            let page = journal.outbox_items(company, OutboxState::Waiting, &after, PAGE)?;
            let Some(last) = page.last() else {
                return Ok(count);
            };
            after.clone_from(&last.key);
            count += page.len() as u64;
        }
    }
}
