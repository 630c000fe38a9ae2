//! Figures of the desk for monitoring.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use patchbay_journal::CompanyId;
use patchbay_word_cache::CacheFigures;

use crate::desk_core::DeskCore;
use crate::desk_error::DeskError;

/// Figures of the desk and its companies, since it was opened.
pub struct StatusService<'a>(pub(crate) &'a DeskCore);

impl StatusService<'_> {
    /// Inputs, timers and requests that wait for a decision or are in one.
    pub fn undecided(&self) -> usize {
        self.0.work.undecided()
    }

    /// The same by name of the company, without those that have none.
    pub fn undecided_by_company(&self) -> HashMap<String, usize> {
        let mut by_company = self.0.work.undecided_by_company();
        let names = self.0.names.read();
        let named = names.iter();
        named
            .filter_map(|(name, company)| Some((name.clone(), by_company.remove(company)?)))
            .collect()
    }

    /// The words of conversations in memory.
    pub fn word_figures(&self) -> CacheFigures {
        self.0.words.figures()
    }

    /// Conversations and companies with a timer.
    pub fn timers(&self) -> usize {
        self.0.timers.len()
    }

    /// Decisions of a company whose transcript was wanted and not stored:
    /// longer than the limit, or no key to seal it with.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn unrecorded(&self, company: &str) -> Result<u64, DeskError> {
        let (_, state) = self.0.company(company)?;
        Ok(state.unrecorded.load(Ordering::Relaxed))
    }

    /// The same for all companies.
    pub fn all_unrecorded(&self) -> u64 {
        let companies = self.0.companies.read();
        let counters = companies.values().map(|state| &state.unrecorded);
        counters
            .map(|counter| counter.load(Ordering::Relaxed))
            .sum()
    }

    /// The name of a company that the desk serves.
    pub fn name_of(&self, company: CompanyId) -> Option<String> {
        Some(self.0.company_state(company)?.generation().company.clone())
    }

    /// Open offers of a company.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn open_offers(&self, company: &str) -> Result<usize, DeskError> {
        let (_, state) = self.0.company(company)?;
        Ok(state.floor.lock().offers(None).len())
    }
}
