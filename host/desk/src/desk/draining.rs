//! Having a company take nothing in, while what is at hand is finished.

use std::sync::PoisonError;

use patchbay_journal::{AuditEntry, CompanyId, Directive, JournalError, Note, OutboxState};
use serde_json::json;

use super::orders::DRAIN;
use super::{Desk, DeskError, Drain};
use patchbay_records::history::EntryKind;

/// Items of the outbox counted at once.
const PAGE: usize = 1_000;

/// What a company or the host has left to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Inputs, clocks and requests that wait to be decided about or are being
    /// decided.
    pub undecided: u64,
    /// Items of the outbox that wait to go out.
    pub outbox: u64,
}

impl Desk {
    /// Take nothing in for a company any more. It holds across restarts, until
    /// it is undone.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn drain(&self, company: &str, drain: Drain, audit: AuditEntry) -> Result<(), DeskError> {
        let id = self.company(company)?;
        let inner = &self.inner;
        let here = inner.here(id)?;
        let _alone = here.orders.changing.lock();
        let directive = Directive {
            name: DRAIN.to_owned(),
            // Its own type writes it: that cannot fail.
            body: serde_json::to_string(&drain).unwrap_or_default(),
        };
        let said = Note {
            kind: EntryKind::DrainBegan as u16,
            at: inner.now(),
            head: json!({"by": drain.by}).to_string(),
        };
        inner
            .journal
            .put_directive(id, directive, vec![said], audit)?;
        here.orders.set_drain(Some(drain));
        inner.tell_of(id, false);
        Ok(())
    }

    /// Take in again; whether that changed anything.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn undo_drain(
        &self,
        company: &str,
        by: &str,
        audit: AuditEntry,
    ) -> Result<bool, DeskError> {
        let id = self.company(company)?;
        let inner = &self.inner;
        let here = inner.here(id)?;
        let _alone = here.orders.changing.lock();
        let said = Note {
            kind: EntryKind::DrainEnded as u16,
            at: inner.now(),
            head: json!({"by": by}).to_string(),
        };
        let changed = inner
            .journal
            .lift_directive(id, DRAIN, vec![said], Some(audit))?;
        here.orders.set_drain(None);
        inner.tell_of(id, false);
        Ok(changed)
    }

    /// Whether a company takes nothing in, by whom and why.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn draining(&self, company: &str) -> Result<Option<Drain>, DeskError> {
        let here = self.inner.here(self.company(company)?)?;
        Ok(here.orders.drain())
    }

    /// The companies that take nothing in, by name.
    pub fn drained(&self) -> Vec<(String, Drain)> {
        let companies = self.inner.companies.read();
        let companies = companies.unwrap_or_else(PoisonError::into_inner);
        let companies: Vec<_> = companies.values().cloned().collect();
        let drained = companies
            .iter()
            .filter_map(|here| Some((here.generation().company.clone(), here.orders.drain()?)));
        let mut drained: Vec<_> = drained.collect();
        drained.sort_by(|one, other| one.0.cmp(&other.0));
        drained
    }

    /// What is left to do: of a company, or of all.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn left(&self, company: Option<&str>) -> Result<Left, DeskError> {
        let work = &self.inner.work;
        let Some(company) = company else {
            return Ok(Left {
                undecided: work.undecided() as u64,
                outbox: self.inner.journal.status()?.outbox_waiting,
            });
        };
        let id = self.company(company)?;
        Ok(Left {
            undecided: work.undecided_of(id) as u64,
            outbox: self.outbox_of(id)?,
        })
    }

    fn outbox_of(&self, company: CompanyId) -> Result<u64, JournalError> {
        let mut count = 0;
        let mut after = String::new();
        loop {
            let journal = &self.inner.journal;
            let page = journal.outbox_list(company, OutboxState::Waiting, &after, PAGE)?;
            let Some(last) = page.last() else {
                return Ok(count);
            };
            after.clone_from(&last.key);
            count += page.len() as u64;
        }
    }

    pub(super) fn takes_in(&self, company: &str, id: CompanyId) -> Result<(), DeskError> {
        let draining = self.inner.at(id).and_then(|here| here.orders.drain());
        match draining {
            Some(_) => Err(DeskError::Draining(company.to_owned())),
            None => Ok(()),
        }
    }
}
