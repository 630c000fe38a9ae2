//! Changes to contacts that the desk's caches must follow.

use patchbay_contact_file::Row;
use patchbay_engine::CancelSignal;
use patchbay_journal::{AuditEntry, ContactId, Erasure, JournalError, OptOutImport, RecordImport};
use patchbay_model::contact_record::ContactRecord;
use patchbay_model::opt_out_entry::OptOutEntry;
use patchbay_records::contact_import::{self, ImportSummary};
use patchbay_records::history::erasure_notes;
use patchbay_records::opt_out_import::{self, OptOutSummary};

use crate::desk_core::DeskCore;
use crate::desk_error::DeskError;
use crate::operations::erasure::{ErasedPerson, PersonErasure};

/// How records of the CRM are imported.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImportOptions {
    /// Say what would happen, and change nothing.
    pub dry_run: bool,
    /// Take records of people who were erased.
    pub restores_erased: bool,
}

/// How a list of opt-outs is imported.
#[derive(Clone, Copy, Debug, Default)]
pub struct OptOutOptions {
    /// Say what would happen, and change nothing.
    pub dry_run: bool,
    /// Take back what customers said themselves.
    pub overrides: bool,
}

/// The contacts of the desk's companies.
pub struct ContactService<'a>(pub(crate) &'a DeskCore);

impl ContactService<'_> {
    /// Merge a contact into another. Returns the number of the change.
    ///
    /// # Errors
    /// As the journal's merge.
    pub fn merge(
        &self,
        company: &str,
        contact: ContactId,
        into: ContactId,
        by: &str,
        audit: AuditEntry,
    ) -> Result<u64, DeskError> {
        let (id, now) = (self.0.company_id(company)?, self.0.now());
        let change = self
            .0
            .journal
            .merge_contacts(id, contact, into, by, now, audit)?;
        self.0.cache.clear();
        Ok(change)
    }

    /// Split a contact from the one it was merged into. Returns the number of
    /// the change.
    ///
    /// # Errors
    /// As the journal's split.
    pub fn split(
        &self,
        company: &str,
        contact: ContactId,
        by: &str,
        audit: AuditEntry,
    ) -> Result<u64, DeskError> {
        let (id, now) = (self.0.company_id(company)?, self.0.now());
        let change = self.0.journal.split_contact(id, contact, by, now, audit)?;
        self.0.cache.clear();
        Ok(change)
    }

    /// Undo a merge or a split. Returns the number of the new change.
    ///
    /// # Errors
    /// As the journal's undo.
    pub fn undo(
        &self,
        company: &str,
        change: u64,
        by: &str,
        audit: AuditEntry,
    ) -> Result<u64, DeskError> {
        let (id, now) = (self.0.company_id(company)?, self.0.now());
        let change = self
            .0
            .journal
            .undo_contact_change(id, change, by, now, audit)?;
        self.0.cache.clear();
        Ok(change)
    }

    /// Import records of the company's CRM. `audit` becomes an entry for each
    /// transaction that changed something, with numbers for details.
    ///
    /// # Errors
    /// As [`contact_import::import`].
    pub fn import(
        &self,
        company: &str,
        rows: Vec<Row<ContactRecord>>,
        options: ImportOptions,
        by: &str,
        audit: AuditEntry,
    ) -> Result<ImportSummary, DeskError> {
        let import = RecordImport {
            company: self.0.company_id(company)?,
            by: by.to_owned(),
            at: self.0.now(),
            dry_run: options.dry_run,
            restores_erased: options.restores_erased,
            audit,
        };
        let cache = &self.0.cache;
        let imported = contact_import::import(&*self.0.journal, rows, &import, |effects| {
            match effects.moves_history {
                true => cache.clear(),
                false => cache.forget_contacts(import.company, &effects.contacts),
            }
        });
        Ok(imported?)
    }

    /// Import a list of opt-outs. `audit` becomes an entry for each transaction that
    /// changed something, with numbers for details.
    ///
    /// # Errors
    /// As [`opt_out_import::import`].
    pub fn import_opt_outs(
        &self,
        company: &str,
        rows: Vec<Row<OptOutEntry>>,
        options: OptOutOptions,
        audit: AuditEntry,
    ) -> Result<OptOutSummary, DeskError> {
        let import = OptOutImport {
            company: self.0.company_id(company)?,
            at: self.0.now(),
            dry_run: options.dry_run,
            overrides: options.overrides,
            audit,
        };
        Ok(opt_out_import::import(&*self.0.journal, rows, &import)?)
    }

    /// Erase the person behind a contact: destroy the key of their texts, and
    /// resolve all their conversations. If some stay open, a second erasure resolves them.
    ///
    /// # Errors
    /// As the journal's erase.
    pub fn erase(
        &self,
        company: &str,
        contact: ContactId,
        audit: AuditEntry,
    ) -> Result<PersonErasure, DeskError> {
        self.erase_until(company, contact, audit, &CancelSignal::default())
    }

    /// [`erase`](Self::erase) that leaves conversations open when it is cancelled. The key
    /// is destroyed nevertheless.
    ///
    /// # Errors
    /// As the journal's erase.
    pub fn erase_until(
        &self,
        company: &str,
        contact: ContactId,
        audit: AuditEntry,
        cancel: &CancelSignal,
    ) -> Result<PersonErasure, DeskError> {
        let id = self.0.company_id(company)?;
        let now = self.0.now();
        let notes = erasure_notes(contact, now);
        let journal = &self.0.journal;
        let erased = journal.erase_person_with(id, contact, now, audit, notes);
        self.0.cache.clear();
        let is_changed = match &erased {
            Ok(erased) => {
                self.0.words.forget_contacts(id, &erased.contacts);
                !erased.contacts.is_empty()
            }
            Err(JournalError::NoContact(_)) => false,
            // The failure may come after the erasure, and does not say whom it erased. A
            // second erasure finds no contact to erase.
            Err(_) => {
                self.0.words.forget_company(id);
                true
            }
        };
        if is_changed {
            self.0.notify_listeners(id, false);
        }
        let Erasure { contacts, scrubbed } = erased?;
        let person = ErasedPerson {
            desk: self.0,
            company: (company, id),
            contact,
            cancel,
        };
        Ok(PersonErasure {
            contacts,
            scrubbed,
            open_conversations: person.resolve_conversations(),
        })
    }
}
