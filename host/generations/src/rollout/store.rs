//! A rollout as the journal stores it, to resume it after a restart.

use std::sync::Arc;

use jiff::Timestamp;
use patchbay_journal::{CompanyId, Journal, JournalError, Note, RolloutRow};
use patchbay_model::rollout::RolloutTerms;

use super::feed::end_notes;
use super::{Ending, Rollout, Tally};
use crate::Generation;

/// A rollout that ran when the host stopped.
#[derive(Debug)]
pub struct ResumedRollout {
    /// Id of the company.
    pub company: CompanyId,
    /// The generation that was active.
    pub(crate) control: u64,
    pub(crate) candidate: Arc<Generation>,
    pub(crate) terms: RolloutTerms,
    pub(crate) tally: Tally,
}

impl ResumedRollout {
    /// Resume, if `active` is the generation that was the control.
    pub fn resume(self, active: Arc<Generation>) -> Option<Rollout> {
        (active.number == self.control)
            .then(|| Rollout::new(self.company, self.terms, active, self.candidate, self.tally))
    }
}

/// Terms and counts of a row; `None` where they cannot be read.
pub(crate) fn read(row: &RolloutRow) -> Option<(RolloutTerms, Tally)> {
    let terms = serde_json::from_str(&row.terms).ok()?;
    Some((terms, serde_json::from_str(&row.tally).ok()?))
}

/// The row of a rollout.
pub fn row(rollout: &Rollout) -> RolloutRow {
    RolloutRow {
        generation: rollout.candidate.number,
        control: rollout.control.number,
        // Cannot fail: the types derive it.
        terms: serde_json::to_string(&rollout.terms).unwrap_or_default(),
        tally: rollout.tally().to_json(),
    }
}

/// End a stored rollout that cannot resume.
pub(crate) fn end_unbuildable(
    journal: &dyn Journal,
    company: CompanyId,
    row: &RolloutRow,
    problem: &str,
    now: Timestamp,
) -> Result<(), JournalError> {
    let ending = Ending::Unbuildable(problem);
    let notes = end_notes(row.generation, row.control, None, &ending, now);
    journal.end_rollout(company, notes, None)?;
    Ok(())
}

/// Feed notes for the rollout that an activation of `next` ends.
pub(crate) fn end_by_activation(
    journal: &dyn Journal,
    company: CompanyId,
    next: u64,
    by: &str,
    now: Timestamp,
) -> Result<Vec<Note>, JournalError> {
    let mut all = journal.rollouts()?.into_iter();
    let Some((_, _, row)) = all.find(|(of, _, _)| *of == company) else {
        return Ok(Vec::new());
    };
    let details = read(&row);
    let details = details.as_ref().map(|(terms, tally)| (terms, tally));
    let ending = match row.generation == next {
        true => Ending::Promoted(by),
        false => Ending::Superseded(by),
    };
    Ok(end_notes(
        row.generation,
        row.control,
        details,
        &ending,
        now,
    ))
}
