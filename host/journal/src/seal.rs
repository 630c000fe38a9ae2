//! Sealing: personal data is readable only while its contact's key exists.

use zeroize::Zeroizing;

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
    /// The provider's id and the recipient in a receipt.
    Receipt,
    /// A delivery in quarantine.
    Quarantine,
    /// A delivery as it came.
    Original,
    /// What the CRM says about the contact.
    ContactRecord,
    /// The cursor of a connection.
    PollCursor,
    /// What renews the access token of a connection.
    ConnectionToken,
    /// A list of words by which a conversation is found.
    Words,
    /// A piece of an uploaded file, or its description.
    File,
}

/// Seals and opens personal data under the keys of contacts, and what belongs to
/// no contact under a key of the company.
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

    /// Seal bytes under the company's key, which derives from the master key. No
    /// erasure makes them unreadable: what holds personal data must be deleted.
    /// They are sealed in their own memory: no second copy is made. The same bytes for the same company and purpose give the same sealed
    /// bytes.
    fn seal_company(
        &self,
        company: CompanyId,
        purpose: Purpose,
        plain: Vec<u8>,
    ) -> Result<Vec<u8>, SealError>;

    /// Open bytes sealed under the company's key.
    fn open_company(
        &self,
        company: CompanyId,
        purpose: Purpose,
        sealed: &[u8],
    ) -> Result<Vec<u8>, SealError>;

    /// A secret key for a use that `context` names, such as a keyed hash of ids.
    /// It derives from the master key and the company's number: the same each
    /// time, also after a restore, and another for each company and context.
    fn derive_company_key(&self, company: CompanyId, context: &str) -> Zeroizing<[u8; 32]>;
}
