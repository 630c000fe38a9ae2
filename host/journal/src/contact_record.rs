//! Records of people: what the company's CRM says about a contact.

use jiff::Timestamp;
use patchbay_model::contact_record::{ContactRecord, RecordContent};

use crate::{AuditEntry, CompanyId, ContactId, Result};

/// How records are imported.
#[derive(Clone, Debug)]
pub struct RecordImport {
    /// The company.
    pub company: CompanyId,
    /// Name of the agent, program or token that imports them.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Whether to say what would happen, and change nothing.
    pub dry_run: bool,
    /// Whether a record brings back an address whose contact was erased. Else it
    /// is refused.
    pub restores_erased: bool,
    /// Entry of the audit trail, appended if a record changed anything. Its
    /// details are replaced by the numbers of records.
    pub audit: AuditEntry,
}

patchbay_model::codes! {
    /// What became of a record.
    pub enum RecordStatus {
        /// It is new.
        Created = "created",
        /// It replaced the stored one of its id.
        Updated = "updated",
        /// The stored one says the same.
        Unchanged = "unchanged",
        /// The stored one was deleted.
        Deleted = "deleted",
        /// It was to be deleted, and there is none.
        Absent = "absent",
    }
}

/// Why a record was refused. Nothing of it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordRefusal {
    /// An earlier record of the same import has its id.
    IdTwice,
    /// Its addresses belong to several people, and it does not say that it is
    /// verified. The contacts that stand for them.
    DifferentPeople(Vec<ContactId>),
    /// One of its addresses belongs to a person with another record: that
    /// person's contact.
    OtherRecord(ContactId),
    /// One of its addresses belongs to another record of the same import.
    AddressTwice,
    /// The contact of one of its addresses was erased then.
    Erased(Timestamp),
}

/// What became of a record of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordOutcome {
    /// Its status, or why it was refused.
    pub result: Result<RecordStatus, RecordRefusal>,
    /// Numbers of the changes that made contacts of its addresses one person;
    /// each can be undone. Empty in a dry run.
    pub linked: Vec<u64>,
    /// Numbers of the changes that undid links of addresses that it no longer
    /// names.
    pub unlinked: Vec<u64>,
    /// Addresses that an earlier version of it linked, that a person split since
    /// then, and that stay apart.
    pub left_apart: usize,
    /// Whether contacts that had a history became one person, or were split.
    pub moves_history: bool,
    /// The contacts of its person, if it changed.
    pub contacts: Vec<ContactId>,
}

impl RecordOutcome {
    /// A record with this status, before its effects are known.
    pub fn of(status: RecordStatus) -> RecordOutcome {
        RecordOutcome {
            result: Ok(status),
            linked: Vec::new(),
            unlinked: Vec::new(),
            left_apart: 0,
            moves_history: false,
            contacts: Vec::new(),
        }
    }

    /// A refused record.
    pub fn refused(refusal: RecordRefusal) -> RecordOutcome {
        RecordOutcome {
            result: Err(refusal),
            ..RecordOutcome::of(RecordStatus::Absent)
        }
    }

    /// Whether anything was written.
    pub fn is_change(&self) -> bool {
        use RecordStatus::{Created, Deleted, Updated};
        matches!(self.result, Ok(Created | Updated | Deleted))
    }
}

/// A stored record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// The contact under whose key it is sealed.
    pub contact: ContactId,
    /// The CRM's id.
    pub id: String,
    /// What it says.
    pub content: RecordContent,
    /// When it was stored.
    pub updated_at: Timestamp,
}

/// Stores records of people, each sealed under the key of one of its contacts.
/// The erasure of a person deletes theirs.
pub trait ContactRecords {
    /// Import records in order, in one transaction; at most 1000. The outcomes are
    /// in their order.
    ///
    /// A record belongs to the contact of its first address, or of the first that
    /// is known. It makes that contact and those of its other addresses one
    /// person, by merges that can be undone: contacts that existed before only if
    /// it is verified, those of new addresses always. What a person split since
    /// then, it does not merge again. Addresses that it names no longer are split
    /// off, as are all if it is deleted; contacts and their history stay.
    ///
    /// A dry run compares each record with the journal as it is before the first.
    ///
    /// # Errors
    /// `JournalError::CompanyFull` unless all are deletions.
    fn import_contact_records(
        &self,
        records: Vec<ContactRecord>,
        import: RecordImport,
    ) -> Result<Vec<RecordOutcome>>;

    /// Records of the person behind a contact: first that of the contact itself,
    /// then the newest first. More than one only where contacts with records were
    /// merged by hand.
    fn contact_records(&self, company: CompanyId, contact: ContactId) -> Result<Vec<StoredRecord>>;
}
