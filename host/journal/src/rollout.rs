//! Rollouts: a candidate generation in a shadow run or canary beside the
//! active one.

use crate::{AuditEntry, CompanyId, Entry, Note, Result};

/// A company's rollout. The journal reads the numbers only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolloutRow {
    /// The candidate generation.
    pub generation: u64,
    /// The generation that is active meanwhile.
    pub control: u64,
    /// Mode, share and limits, as JSON of at most 4 KiB.
    pub terms: String,
    /// Results so far, as JSON of at most 64 KiB.
    pub tally: String,
}

/// Stores at most one rollout per company.
pub trait Rollouts {
    /// Start a company's rollout, or replace its terms, together with the feed
    /// notes and the audit entry about it. An activation ends the rollout.
    ///
    /// # Errors
    /// `JournalError::GenerationMoved` when another generation than
    /// `control` is active, `JournalError::NoGeneration`.
    fn put_rollout(
        &self,
        company: CompanyId,
        rollout: RolloutRow,
        notes: Vec<Note>,
        audit: Option<AuditEntry>,
    ) -> Result<()>;

    /// Save the results so far. Returns whether the company still has a
    /// rollout of this generation; if not, nothing is written.
    fn save_rollout_tally(
        &self,
        company: CompanyId,
        generation: u64,
        tally: String,
    ) -> Result<bool>;

    /// End a company's rollout. Returns whether there was one; if not, neither
    /// notes nor audit entry are written.
    fn end_rollout(
        &self,
        company: CompanyId,
        notes: Vec<Note>,
        audit: Option<AuditEntry>,
    ) -> Result<bool>;

    /// A company's entries of the kind 86, which record how rollouts ended, before a feed
    /// number: the newest first. Uses an index of these entries alone.
    fn rollout_ends(&self, company: CompanyId, before: u64, limit: usize) -> Result<Vec<Entry>>;

    // Host-wide.

    /// Rollouts of all companies with the companies' names, by name.
    fn rollouts(&self) -> Result<Vec<(CompanyId, String, RolloutRow)>>;
}
