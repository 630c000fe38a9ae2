//! Decoding a delivery in quarantine again.

use patchbay_adapter::{Undecodable, VerifiedRequest};
use patchbay_desk::DeskError;
use patchbay_journal::AuditEntry;

use crate::batch::Batch;
use crate::gateway::Gateway;
use crate::quarantined_request::QuarantinedRequest;

/// Result of decoding a delivery in quarantine again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rerun {
    /// All of it was accepted, and it left the quarantine.
    Accepted,
    /// An item still cannot be decoded. What could be was accepted.
    Undecodable {
        /// Path of the item.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no delivery of that number.
    NotFound,
    /// The company has no such connection now, or it is not open.
    NoConnection,
    /// A bound turned an item away.
    Busy,
}

impl Gateway {
    /// Decodes a delivery in quarantine with the present adapter. What was accepted
    /// before is a duplicate. Blocks.
    ///
    /// # Errors
    /// [`DeskError`]: the delivery stays.
    pub fn rerun(&self, company: &str, number: u64, audit: AuditEntry) -> Result<Rerun, DeskError> {
        let channels = self.desk.channels();
        let Some((item, bytes)) = channels.open_quarantined(company, number)? else {
            return Ok(Rerun::NotFound);
        };
        let connection = self.connection(company, &item.channel, &item.account)?;
        let Some(connection) = connection else {
            return Ok(Rerun::NoConnection);
        };
        let Ok(adapter) = &connection.adapter else {
            return Ok(Rerun::NoConnection);
        };
        let Some(stored) = QuarantinedRequest::from_bytes(&bytes) else {
            return Ok(Rerun::NotFound);
        };
        let request = stored.request();
        let items = adapter.decode(&VerifiedRequest::verified_before(&request));
        let mut batch = Batch::of(&connection, request.body, items, None);
        let undecodable = batch.undecodable.take();
        if !self.accept(company, &connection, batch)? {
            return Ok(Rerun::Busy);
        }
        if let Some(Undecodable { place, reason }) = undecodable {
            return Ok(Rerun::Undecodable { place, reason });
        }
        channels.remove_quarantined(company, number, audit)?;
        Ok(Rerun::Accepted)
    }
}
