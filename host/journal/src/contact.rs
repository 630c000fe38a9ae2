//! Contacts: addresses, and which contacts are one person.

use jiff::Timestamp;

use crate::{AuditEntry, CompanyId, ContactId, Note, Result};

/// The contact of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContactMatch {
    /// The contact of this very address. Its messages are sealed and filed
    /// under it, so that a merge can be undone.
    pub contact: ContactId,
    /// The contact that stands for the person: `contact` itself, unless it was
    /// merged into another.
    pub person: ContactId,
}

patchbay_model::codes! {
    /// Kind of a contact change.
    pub enum ContactChangeKind {
        /// It was merged into another.
        Merged = "merged",
        /// It was split from the one it had been merged into.
        Split = "split",
    }
}

/// A recorded merge or split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactChange {
    /// Its number within the company: 1, 2, 3 …
    pub number: u64,
    /// Merge or split.
    pub kind: ContactChangeKind,
    /// The contact that changed.
    pub contact: ContactId,
    /// The contact it was merged into or split from.
    pub into: ContactId,
    /// Name of the agent, policy or token that changed it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Number of the change it undid, if any.
    pub undoes: Option<u64>,
}

/// The contact of an address, and whether it was created for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundContact {
    /// The contact.
    pub contact: ContactMatch,
    /// Whether the address was new. The contact has no history then.
    pub is_new: bool,
}

/// What the journal knows of an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AddressRecord {
    /// Its contact; `None` for an address that is new, or was erased.
    pub contact: Option<ContactMatch>,
    /// When a contact of the address was last erased.
    pub erased_at: Option<Timestamp>,
}

/// Result of an erasure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// The contacts whose keys were destroyed: all of the person, in order.
    /// Empty if they were erased before.
    pub contacts: Vec<ContactId>,
    /// Whether the store's files hold no trace of the keys any more. `false`
    /// when a long read was in the way; the next
    /// [`status`](crate::Maintenance::status) or start removes the rest.
    pub scrubbed: bool,
}

/// The notes about an erasure of these contacts.
pub type ErasureNotes = Box<dyn Fn(&[ContactId]) -> Vec<Note> + Send>;

/// Stores contacts, their addresses, and merges of contacts.
pub trait Contacts {
    /// The contact of an address; creates it for a new address.
    fn find_or_create_contact(
        &self,
        company: CompanyId,
        channel: &str,
        address: &str,
        at: Timestamp,
    ) -> Result<ContactMatch>;

    /// What is known of an address. Writes nothing.
    fn address_record(
        &self,
        company: CompanyId,
        channel: &str,
        address: &str,
    ) -> Result<AddressRecord>;

    /// The contacts of channels and addresses, in their order; creates those of
    /// new addresses. Reads and writes at most once, however many there are.
    ///
    /// # Errors
    /// `JournalError::CompanyFull` if one is new and the company stores as much as
    /// it may.
    fn find_or_create_contacts(
        &self,
        company: CompanyId,
        addresses: &[(String, String)],
        at: Timestamp,
    ) -> Result<Vec<FoundContact>>;

    /// Give a contact one more address.
    ///
    /// # Errors
    /// `JournalError::AddressTaken` when it belongs to another contact,
    /// `JournalError::NoContact`, `JournalError::Erased`.
    fn add_address(
        &self,
        company: CompanyId,
        contact: ContactId,
        channel: &str,
        address: &str,
    ) -> Result<()>;

    /// Channels and addresses of the person behind a contact, sorted.
    fn addresses(&self, company: CompanyId, contact: ContactId) -> Result<Vec<(String, String)>>;

    /// The contact that stands for the person behind a contact, and all
    /// contacts of that person in order.
    fn person_contacts(
        &self,
        company: CompanyId,
        contact: ContactId,
    ) -> Result<(ContactId, Vec<ContactId>)>;

    /// Record that two contacts are one person; each keeps its own history.
    /// Returns the number of the change.
    ///
    /// # Errors
    /// `JournalError::SamePerson`, `JournalError::NoContact`,
    /// `JournalError::Erased`.
    fn merge_contacts(
        &self,
        company: CompanyId,
        contact: ContactId,
        into: ContactId,
        by: &str,
        at: Timestamp,
        audit: AuditEntry,
    ) -> Result<u64>;

    /// Split a contact from the one it was merged into. Returns the number of
    /// the change.
    ///
    /// # Errors
    /// `JournalError::NotMerged`, `JournalError::NoContact`.
    fn split_contact(
        &self,
        company: CompanyId,
        contact: ContactId,
        by: &str,
        at: Timestamp,
        audit: AuditEntry,
    ) -> Result<u64>;

    /// Undo a merge or a split by a change of its own, which can be undone in
    /// turn. Returns the number of the new change.
    ///
    /// # Errors
    /// `JournalError::NotUndoable`.
    fn undo_contact_change(
        &self,
        company: CompanyId,
        change: u64,
        by: &str,
        at: Timestamp,
        audit: AuditEntry,
    ) -> Result<u64>;

    /// Merges and splits that touched a contact of the person, oldest first.
    fn contact_changes(&self, company: CompanyId, contact: ContactId)
    -> Result<Vec<ContactChange>>;

    /// Destroy the keys and addresses of the person behind a contact, and the
    /// policy memory of them and their conversations. What was sealed for them
    /// can never be opened again, here or in a later backup; earlier backups
    /// still hold the keys and must be discarded.
    ///
    /// # Errors
    /// `JournalError::NoContact`.
    fn erase_person(
        &self,
        company: CompanyId,
        contact: ContactId,
        at: Timestamp,
        audit: AuditEntry,
    ) -> Result<Erasure> {
        self.erase_person_with(company, contact, at, audit, Box::new(|_| Vec::new()))
    }

    /// Like [`erase_person`](Contacts::erase_person), and append notes to the company's
    /// feed in the same transaction. None are appended where every contact is erased already.
    fn erase_person_with(
        &self,
        company: CompanyId,
        contact: ContactId,
        at: Timestamp,
        audit: AuditEntry,
        notes: ErasureNotes,
    ) -> Result<Erasure>;
}
