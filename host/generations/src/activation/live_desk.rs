//! The running desk, as far as changing generations concerns it.

use std::sync::Arc;

use jiff::Timestamp;
use patchbay_journal::{AuditEntry, CompanyId};
use patchbay_model::rollout::RolloutTerms;

use super::{ActivateError, Change, LiveReferences};
use crate::Generation;
use crate::rollout::{Rollout, RolloutError, RolloutReport};

/// The running desk. [`GenerationService`](crate::service::GenerationService)
/// changes generations through it, so that this crate does not depend on the
/// desk.
pub trait LiveDesk: Send + Sync {
    /// The desk's time: never runs back.
    fn now(&self) -> Timestamp;

    /// The journal's id of a company the desk serves; `None` when it serves
    /// none of that name.
    fn company_id(&self, company: &str) -> Option<CompanyId>;

    /// The active generation of a company.
    fn active(&self, company: CompanyId) -> Option<Arc<Generation>>;

    /// The running rollout of a company.
    fn rollout(&self, company: CompanyId) -> Option<Arc<Rollout>>;

    /// Queues and targets that open work of a company may refer to; `None`
    /// when nothing has looked since the start.
    fn live_references(&self, company: CompanyId) -> Option<LiveReferences>;

    /// Write the change, then switch to the generation. A pass that has begun
    /// ends on the generation it began with.
    fn activate(&self, change: Change) -> Result<(), ActivateError>;

    /// Start a shadow run or canary, or change its terms where the same
    /// candidate runs already.
    fn start_rollout(
        &self,
        candidate: Arc<Generation>,
        terms: RolloutTerms,
        audit: AuditEntry,
    ) -> Result<RolloutReport, RolloutError>;

    /// End the running rollout and return its final report.
    fn abort_rollout(
        &self,
        company: &str,
        by: &str,
        reason: Option<&str>,
        audit: AuditEntry,
    ) -> Result<RolloutReport, RolloutError>;
}
