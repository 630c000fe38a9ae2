//! What a change writes about itself: feed notes and an audit entry.

use patchbay_journal::{AuditEntry, CompanyId, Note, Result};

use super::{WriteTransaction, append_audit, append_notes, check_audit, check_notes};

pub(super) struct ChangeRecord {
    company: CompanyId,
    notes: Vec<Note>,
    audit: Option<AuditEntry>,
}

impl ChangeRecord {
    /// Check the notes and the audit entry against their limits.
    pub(super) fn new(
        company: CompanyId,
        notes: Vec<Note>,
        audit: impl Into<Option<AuditEntry>>,
    ) -> Result<ChangeRecord> {
        let audit = audit.into();
        check_notes(&notes)?;
        audit.iter().try_for_each(check_audit)?;
        Ok(ChangeRecord {
            company,
            notes,
            audit,
        })
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.notes.len() + usize::from(self.audit.is_some())
    }

    /// Write them in the transaction of the change.
    pub(super) fn append(&self, work: &mut WriteTransaction<'_>) -> Result<()> {
        if !self.notes.is_empty() {
            append_notes(work, self.company, &self.notes)?;
        }
        if let Some(audit) = &self.audit {
            append_audit(work.sql, audit)?;
        }
        Ok(())
    }
}
