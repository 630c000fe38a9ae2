//! A trial as the journal keeps it, so that it goes on after a restart.

use std::sync::Arc;

use jiff::Timestamp;
use crate::Generation;
use patchbay_journal::{CompanyId, Journal, JournalError, Note, RolloutRow};
use patchbay_model::rollout::RolloutTerms;

use super::{Ending, Rollout, RolloutView, Tally, end_notes};

/// What was tried when the host stopped, ready to go on.
#[derive(Debug)]
pub struct ResumedRollout {
    pub company: CompanyId,
    pub control: u64,
    pub candidate: Arc<Generation>,
    pub terms: RolloutTerms,
    pub tally: Tally,
}

impl ResumedRollout {
    /// Go on against the generation the company decides by, if that is the one
    /// it was tried against.
    pub fn against(self, control: Arc<Generation>) -> Option<Rollout> {
        let ResumedRollout {
            company,
            candidate,
            terms,
            tally,
            ..
        } = self;
        let is_same = control.number == self.control;
        is_same.then(|| Rollout::new(company, terms, control, candidate, tally))
    }
}

/// What a row says.
pub fn read(row: &RolloutRow) -> Option<(RolloutTerms, Tally)> {
    let terms = serde_json::from_str(&row.terms).ok()?;
    Some((terms, serde_json::from_str(&row.tally).ok()?))
}

/// What is kept of one.
pub fn row(rollout: &Rollout) -> RolloutRow {
    RolloutRow {
        generation: rollout.candidate.number,
        control: rollout.control.number,
        // Their own types write them: that cannot fail.
        terms: serde_json::to_string(&rollout.terms).unwrap_or_default(),
        tally: rollout.tally().kept(),
    }
}

/// What was tried when the host stopped and cannot be tried any more is ended.
pub fn end_unbuildable(
    journal: &dyn Journal,
    company: CompanyId,
    row: &RolloutRow,
    why: &str,
    now: Timestamp,
) -> Result<(), JournalError> {
    let trial = RolloutView::stored(row, None);
    let notes = end_notes(&trial, &Ending::Unbuildable(why), now);
    journal.end_rollout(company, notes, None)?;
    Ok(())
}

/// Feed notes for the rollout that an activation of `next` ends.
///
/// # Errors
/// When the journal cannot be read.
pub fn end_by_activation(
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
    let known = read(&row);
    let known = known.as_ref().map(|(terms, tally)| (terms, tally));
    let ending = match row.generation == next {
        true => Ending::Promoted { by },
        false => Ending::Superseded { by },
    };
    Ok(end_notes(&RolloutView::stored(&row, known), &ending, now))
}
