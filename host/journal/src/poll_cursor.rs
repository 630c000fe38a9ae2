//! Cursors: how far the host has read at providers that it must ask.

use jiff::Timestamp;

use crate::{CompanyId, Result};

/// The cursor of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollCursor {
    /// The company.
    pub company: CompanyId,
    /// Name of the connection's adapter.
    pub channel: String,
    /// Name of the connection.
    pub connection: String,
    /// When it was stored.
    pub stored_at: Timestamp,
    /// The cursor, sealed by [`seal_company`](crate::Seal::seal_company) for
    /// [`Purpose::PollCursor`](crate::Purpose::PollCursor); at most 16 KiB.
    pub sealed: Vec<u8>,
}

/// Stores how far the host has read. A cursor is stored after what was read up to it,
/// never before.
pub trait PollCursors {
    /// Store the cursor of a connection, instead of the one before. Of a company with
    /// more than 1,000, the one that was stored first is deleted: connections that were
    /// removed leave theirs behind.
    fn store_poll_cursor(&self, cursor: PollCursor) -> Result<()>;

    /// The cursor of a connection.
    fn poll_cursor(
        &self,
        company: CompanyId,
        channel: &str,
        connection: &str,
    ) -> Result<Option<PollCursor>>;
}
