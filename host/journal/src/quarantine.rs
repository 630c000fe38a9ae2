//! The quarantine: verified deliveries that could not be decoded, kept sealed to
//! be run again after a fix.

use jiff::Timestamp;

use crate::{AuditEntry, CompanyId, Result};

/// A delivery that could not be decoded, before it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewQuarantined {
    /// The company.
    pub company: CompanyId,
    /// Code of the channel.
    pub channel: String,
    /// Name of the connection.
    pub account: String,
    /// When it reached the host.
    pub received_at: Timestamp,
    /// Path of the item in the delivery; cut at 1 KiB. No value of the delivery.
    pub place: String,
    /// What is wrong with it; cut at 1 KiB. No value of the delivery.
    pub reason: String,
    /// Digest of the delivery and the place; stored under a key only.
    pub digest: [u8; 32],
    /// The delivery, sealed by
    /// [`seal_company`](crate::Seal::seal_company) for
    /// [`Purpose::Quarantine`](crate::Purpose::Quarantine); at most 64 MiB.
    pub sealed: Vec<u8>,
}

/// Result of storing a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuarantineOutcome {
    /// It is stored.
    Stored {
        /// Its number.
        number: u64,
    },
    /// A delivery of the same channel, account and digest is stored already.
    Known {
        /// Its number.
        number: u64,
    },
    /// The company's quarantine is full; nothing was stored.
    Full {
        /// The limit that it would exceed.
        limit: QuarantineLimit,
    },
}

/// Bound of a company's quarantine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuarantineLimit {
    /// Most deliveries: 1,000.
    Items(u64),
    /// Most sealed bytes: 64 MiB.
    Bytes(u64),
}

/// A delivery in quarantine, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantinedItem {
    /// The company.
    pub company: CompanyId,
    /// Its number in the company: 1, 2, 3 …, never used again.
    pub number: u64,
    /// Code of the channel.
    pub channel: String,
    /// Name of the connection.
    pub account: String,
    /// When it reached the host.
    pub received_at: Timestamp,
    /// Path of the item in the delivery.
    pub place: String,
    /// What is wrong with it.
    pub reason: String,
    /// Number of sealed bytes.
    pub bytes: u64,
}

/// Stores deliveries that could not be decoded.
///
/// They are sealed under a key of the company, since their contacts are unknown:
/// the erasure of a contact does not reach them.
/// [`delete_expired`](crate::Maintenance::delete_expired) deletes them after 30
/// days.
pub trait Quarantine {
    /// Store a delivery.
    ///
    /// # Errors
    /// `JournalError::CompanyFull` if the company stores as much as it may.
    fn quarantine(&self, new: NewQuarantined) -> Result<QuarantineOutcome>;

    /// A company's items after a number, by number.
    fn quarantined(
        &self,
        company: CompanyId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<QuarantinedItem>>;

    /// An item and its sealed bytes.
    fn quarantined_item(
        &self,
        company: CompanyId,
        number: u64,
    ) -> Result<Option<(QuarantinedItem, Vec<u8>)>>;

    /// Remove an item, together with the audit entry about it. Returns whether
    /// there was one; if not, nothing is written.
    fn remove_quarantined(
        &self,
        company: CompanyId,
        number: u64,
        audit: AuditEntry,
    ) -> Result<bool>;

    // Host-wide.

    /// Number of items of each company that has some.
    fn quarantine_counts(&self) -> Result<Vec<(CompanyId, u64)>>;
}
