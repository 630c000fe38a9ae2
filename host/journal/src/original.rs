//! Originals: deliveries whose files come within them, kept as they came.

use jiff::Timestamp;

use crate::{CompanyId, ContactId, Result};

/// A delivery, before it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOriginal {
    /// The company.
    pub company: CompanyId,
    /// Code of the channel.
    pub channel: String,
    /// The company's account on the channel; may be empty.
    pub account: String,
    /// The id of its message, as an arrival has it.
    pub message: String,
    /// Its author, whose key sealed it.
    pub contact: ContactId,
    /// When it reached the host.
    pub received_at: Timestamp,
    /// The delivery, sealed for [`Purpose::Original`](crate::Purpose::Original); at most
    /// 64 MiB.
    pub sealed: Vec<u8>,
}

/// A stored delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// Its author, whose key sealed it.
    pub contact: ContactId,
    /// The sealed delivery.
    pub sealed: Vec<u8>,
}

/// Stores deliveries as they came, beside the inputs that intake made of them.
///
/// A company's newest are kept, up to a number of bytes: an older one makes room.
/// [`delete_expired`](crate::Maintenance::delete_expired) deletes them after 90 days,
/// [`compact`](crate::Maintenance::compact) with their conversation, and the erasure of
/// a contact deletes those of the contact.
pub trait Originals {
    /// Store a delivery, unless one of the same message is stored. `most_bytes` bounds
    /// the sealed bytes that the company keeps: the oldest are deleted. A delivery that
    /// is longer alone is not stored.
    fn store_original(&self, new: NewOriginal, most_bytes: u64) -> Result<()>;

    /// The delivery of a message.
    fn original(
        &self,
        company: CompanyId,
        channel: &str,
        account: &str,
        message: &str,
    ) -> Result<Option<Original>>;
}
