//! How the desk stands at this moment, for whoever watches over it.

use std::collections::HashMap;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use patchbay_journal::CompanyId;

use super::{Desk, DeskError};

impl Desk {
    /// Inputs and clocks that wait to be decided about or are being decided.
    pub fn undecided(&self) -> usize {
        self.inner.work.undecided()
    }

    /// The same by company, those without any left out.
    pub fn undecided_by_company(&self) -> HashMap<String, usize> {
        let mut by_company = self.inner.work.undecided_by_company();
        let names = self.inner.names.read();
        let names = names.unwrap_or_else(PoisonError::into_inner);
        let named = names.iter();
        named
            .filter_map(|(name, company)| Some((name.clone(), by_company.remove(company)?)))
            .collect()
    }

    /// Conversations with a clock that will ring.
    pub fn clocks(&self) -> usize {
        self.inner.timers.len()
    }

    /// Decisions of a company whose transcript was wanted and not kept, since
    /// the desk was opened: it was too long, or nobody has a key to seal it.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn unrecorded(&self, company: &str) -> Result<u64, DeskError> {
        let here = self.inner.here(self.company(company)?)?;
        Ok(here.unrecorded.load(Ordering::Relaxed))
    }

    /// The same, of all companies.
    pub fn all_unrecorded(&self) -> u64 {
        let companies = self.inner.companies.read();
        let companies = companies.unwrap_or_else(PoisonError::into_inner);
        let counters = companies.values().map(|here| &here.unrecorded);
        counters
            .map(|counter| counter.load(Ordering::Relaxed))
            .sum()
    }

    /// The name of a company that is here.
    pub fn name_of(&self, company: CompanyId) -> Option<String> {
        let here = self.inner.at(company)?;
        Some(here.generation().company.clone())
    }

    /// How many offers are open.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn open_offers(&self, company: &str) -> Result<usize, DeskError> {
        Ok(self.offers(company, None)?.len())
    }
}
