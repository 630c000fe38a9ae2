//! A trial as the journal keeps it, so that it goes on after a restart.

use std::sync::Arc;

use jiff::Timestamp;
use patchbay_generation::Generation;
use patchbay_journal::{CompanyId, Journal, JournalError, RolloutRow};
use patchbay_model::rollout::RolloutTerms;

use super::{Ending, Rollout, Tally, Trial, ended};

/// What was tried when the host stopped, ready to go on.
#[derive(Debug)]
pub struct Resumed {
    pub(crate) company: CompanyId,
    pub(crate) control: u64,
    pub(crate) candidate: Arc<Generation>,
    pub(crate) terms: RolloutTerms,
    pub(crate) tally: Tally,
}

impl Resumed {
    /// Go on against the generation the company decides by, if that is the one
    /// it was tried against.
    pub(crate) fn against(self, control: Arc<Generation>) -> Option<Rollout> {
        let Resumed {
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
pub(crate) fn read(row: &RolloutRow) -> Option<(RolloutTerms, Tally)> {
    let terms = serde_json::from_str(&row.terms).ok()?;
    Some((terms, serde_json::from_str(&row.tally).ok()?))
}

/// What is kept of one.
pub(crate) fn row(rollout: &Rollout) -> RolloutRow {
    RolloutRow {
        generation: rollout.candidate.number,
        control: rollout.control.number,
        // Their own types write them: that cannot fail.
        terms: serde_json::to_string(&rollout.terms).unwrap_or_default(),
        tally: rollout.tally().kept(),
    }
}

/// What was tried when the host stopped and cannot be tried any more is ended.
pub(crate) fn end_unbuildable(
    journal: &dyn Journal,
    company: CompanyId,
    row: &RolloutRow,
    why: &str,
    now: Timestamp,
) -> Result<(), JournalError> {
    let trial = Trial::kept(row, None);
    let notes = ended(&trial, &Ending::Unbuildable(why), now);
    journal.end_rollout(company, notes, None)?;
    Ok(())
}
