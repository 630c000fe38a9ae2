//! RolloutAssignment a generation on live traffic: begun, changed, ended.

use std::sync::Arc;

use patchbay_generations::Generation;
use patchbay_journal::{AuditEntry, CompanyId, ConversationId, JournalError};
use patchbay_model::rollout::{RolloutKind, RolloutTerms};

use super::{Deciding, Desk, DeskError, Here, Inner};
use patchbay_records::history::EntryKind;
use patchbay_generations::rollout::{
    Ending, ResumedRollout, Rollout, RolloutAssignment, RolloutError, RolloutReport, Tally, Trial, began, ended, store,
};

impl Desk {
    /// Try a generation beside the one the company decides by; or, where that
    /// is tried already, go on by these terms: a shadow may become a canary,
    /// which is counted anew. Kept across restarts.
    ///
    /// # Errors
    /// [`RolloutError`]; then nothing changed.
    pub fn try_out(
        &self,
        candidate: Arc<Generation>,
        terms: RolloutTerms,
        audit: AuditEntry,
    ) -> Result<RolloutReport, RolloutError> {
        let inner = &self.inner;
        let _alone = inner.changing.lock();
        if inner.work.is_closed() {
            return Err(RolloutError::Stopping);
        }
        let unknown = || RolloutError::UnknownCompany(candidate.company.clone());
        let company = self.company(&candidate.company).map_err(|_| unknown())?;
        let here = inner.at(company).ok_or_else(unknown)?;
        let deciding = here.deciding();
        let control = Arc::clone(&deciding.generation);
        if control.number == candidate.number {
            return Err(RolloutError::Active(candidate.number));
        }
        let now = inner.now();
        let mut notes = Vec::new();
        let (rollout, kind) = match &deciding.rollout {
            Some(tried) if tried.candidate.number != candidate.number => {
                return Err(RolloutError::Tried(tried.candidate.number));
            }
            Some(tried) if tried.terms.kind == terms.kind => {
                (tried.on(terms), EntryKind::RolloutChanged)
            }
            before => {
                if let Some(tried) = before {
                    let ending = Ending::Superseded { by: &terms.by };
                    notes.extend(ended(&Trial::of(tried, &tried.tally()), &ending, now));
                }
                let tally = Tally::default();
                let begun = Rollout::new(company, terms, control, candidate, tally);
                (begun, EntryKind::RolloutBegan)
            }
        };
        notes.push(began(kind, &rollout, now));
        let row = store::row(&rollout);
        inner
            .journal
            .put_rollout(company, row, notes, Some(audit))?;
        // Other terms are not broken by what was before them.
        rollout.tally().judge_anew();
        let report = rollout.report();
        inner.try_beside(&here, rollout);
        inner.tell_of(company, false);
        Ok(report)
    }

    /// What a company tries.
    pub(crate) fn tried(&self, company: CompanyId) -> Option<Arc<Rollout>> {
        self.inner.at(company)?.deciding().rollout
    }

    /// How what a company tries stands; none: it tries nothing.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn rollout(&self, company: &str) -> Result<Option<RolloutReport>, DeskError> {
        let tried = self.tried(self.company(company)?);
        Ok(tried.map(|rollout| rollout.report()))
    }

    /// Try it no more; answers how it stood.
    ///
    /// # Errors
    /// [`RolloutError`]; then nothing changed.
    pub fn abort_rollout(
        &self,
        company: &str,
        by: &str,
        reason: Option<&str>,
        audit: AuditEntry,
    ) -> Result<RolloutReport, RolloutError> {
        let inner = &self.inner;
        let _alone = inner.changing.lock();
        let unknown = || RolloutError::UnknownCompany(company.to_owned());
        let id = self.company(company).map_err(|_| unknown())?;
        let here = inner.at(id).ok_or_else(unknown)?;
        let tried = here.deciding().rollout;
        let tried = tried.ok_or(RolloutError::NothingTried)?;
        let report = tried.report();
        inner.end(&here, &tried, &Ending::Aborted { by, reason }, Some(audit))?;
        Ok(report)
    }
}

impl Inner {
    /// Go on with what was tried when the host stopped. What was tried against
    /// another generation is not.
    pub(super) fn resume(&self, resumed: ResumedRollout) {
        if let Some(here) = self.at(resumed.company)
            && let Some(rollout) = resumed.against(here.generation())
        {
            self.try_beside(&here, rollout);
        }
    }

    fn try_beside(&self, here: &Here, rollout: Rollout) {
        if rollout.terms.kind == RolloutKind::Canary {
            // What it leaves alone concerns customers.
            self.listen(rollout.company, &rollout.candidate);
        }
        here.decide_by(Deciding {
            generation: Arc::clone(&rollout.control),
            rollout: Some(Arc::new(rollout)),
        });
    }

    /// How what a company tries concerns a thread, which is looked up only
    /// where something is tried; none: not at all.
    pub(super) fn trying<'a>(
        &'a self,
        deciding: &'a Deciding,
        has_time: bool,
        thread: impl FnOnce() -> Result<Option<Vec<u8>>, JournalError>,
    ) -> Result<Option<RolloutAssignment<'a>>, JournalError> {
        let Some(rollout) = &deciding.rollout else {
            return Ok(None);
        };
        let thread = thread()?;
        Ok(thread.and_then(|thread| RolloutAssignment::of(rollout, &thread, &self.beside, has_time)))
    }

    /// A conversation's thread.
    pub(super) fn thread_of(
        &self,
        company: CompanyId,
        conversation: ConversationId,
    ) -> Result<Option<Vec<u8>>, JournalError> {
        let row = self.journal.conversation(company, conversation)?;
        Ok(row.map(|row| row.thread))
    }

    /// Try it no more. Whoever calls this holds `changing`.
    pub(super) fn end(
        &self,
        here: &Here,
        tried: &Rollout,
        ending: &Ending<'_>,
        audit: Option<AuditEntry>,
    ) -> Result<(), JournalError> {
        let notes = ended(&Trial::of(tried, &tried.tally()), ending, self.now());
        self.journal.end_rollout(tried.company, notes, audit)?;
        here.decide_by(Deciding {
            generation: here.generation(),
            rollout: None,
        });
        self.tell_of(tried.company, false);
        Ok(())
    }
}
