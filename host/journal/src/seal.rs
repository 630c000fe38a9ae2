//! Sealing: personal data is readable only while its contact's key exists.

use crate::{CompanyId, ContactId, SealError};

/// Use of sealed bytes. Bytes sealed for one purpose open for no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Purpose {
    /// The body of an arrival.
    Message = 1,
    /// The sealed part of an entry.
    Entry,
    /// The payload of an outbox item.
    Outbox,
    /// An address of the contact.
    Address,
    /// Personal data in a conversation's snapshot.
    Snapshot,
}

/// Seals and opens personal data under the keys of contacts.
pub trait Seal {
    /// Seal bytes under a contact's key. The same bytes for the same contact
    /// and purpose give the same sealed bytes, so that a repeated pass writes
    /// the same.
    fn seal(
        &self,
        company: CompanyId,
        contact: ContactId,
        purpose: Purpose,
        plain: &[u8],
    ) -> Result<Vec<u8>, SealError>;

    /// Open sealed bytes.
    fn open(
        &self,
        company: CompanyId,
        contact: ContactId,
        purpose: Purpose,
        sealed: &[u8],
    ) -> Result<Vec<u8>, SealError>;
}
