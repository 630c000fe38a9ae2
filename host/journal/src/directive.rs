//! Operator directives: bypass, drain and the like.

use crate::{AuditEntry, CompanyId, Note, Result};

/// An instruction of an operator for a company, in force until it is removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Unique within the company; 1 to 256 bytes.
    pub name: String,
    /// JSON, at most 64 KiB; the journal does not read it.
    pub body: String,
}

/// Stores the directives of companies.
pub trait Directives {
    /// Store a directive, replacing the one of the same name, together with
    /// the feed notes and the audit entry about it. Directives named in `ended`,
    /// which have nothing to say any more, are removed in the same write; unknown
    /// names are no error. All of it is written, or nothing.
    fn put_directive(
        &self,
        company: CompanyId,
        directive: Directive,
        ended: &[String],
        notes: Vec<Note>,
        audit: AuditEntry,
    ) -> Result<()>;

    /// Remove a directive, together with the feed notes and the audit entry
    /// about it (`None` when it expired and no person removed it). Returns
    /// whether it existed; if not, nothing is written.
    fn remove_directive(
        &self,
        company: CompanyId,
        name: &str,
        notes: Vec<Note>,
        audit: Option<AuditEntry>,
    ) -> Result<bool>;

    /// A company's directives, by name.
    fn directives(&self, company: CompanyId) -> Result<Vec<Directive>>;
}
