//! Alerts that a person has seen and takes care of.

use jiff::Timestamp;

use crate::{CompanyId, Entry, EntryPage, Note, Result};

/// Who acknowledged an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// When.
    pub at: Timestamp,
    /// Who, as in the audit trail.
    pub by: String,
}

/// Reads alerts, which are a company's entries of the kinds 48 to 63, and stores who
/// acknowledged them.
pub trait Acknowledgements {
    /// Alerts after a feed number or before it, in the order of the page: the oldest first
    /// after a number, the newest first before one. With `only_open`, those that no person has
    /// acknowledged. Uses an index of these entries alone.
    fn alert_entries(
        &self,
        company: CompanyId,
        page: EntryPage,
        only_open: bool,
        limit: usize,
    ) -> Result<Vec<(Entry, Option<Acknowledgement>)>>;

    /// Acknowledge an alert, together with the feed note about it. Returns the
    /// acknowledgement that counts, which is the first, and whether this call made it;
    /// `None`: the number is none of an alert that is stored.
    fn acknowledge(
        &self,
        company: CompanyId,
        alert: u64,
        acknowledgement: Acknowledgement,
        note: Note,
    ) -> Result<Option<(Acknowledgement, bool)>>;
}
