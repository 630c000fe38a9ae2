//! What the host has to remember of a connection between runs.

use jiff::Timestamp;
use patchbay_model::codes;

use crate::{CompanyId, Purpose, Result};

codes! {
    /// What is remembered of a connection.
    pub enum ConnectionRecordKind {
        /// How far the host has read at the provider.
        PollCursor = "poll-cursor",
        /// What renews its access token, instead of the secret that the company file names.
        Token = "token",
    }
}

impl ConnectionRecordKind {
    /// What its bytes are sealed for.
    pub fn purpose(self) -> Purpose {
        match self {
            ConnectionRecordKind::PollCursor => Purpose::PollCursor,
            ConnectionRecordKind::Token => Purpose::ConnectionToken,
        }
    }
}

/// A connection, as its records name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionName {
    /// The company.
    pub company: CompanyId,
    /// Name of the connection's adapter.
    pub channel: String,
    /// Name of the connection.
    pub connection: String,
}

/// What is remembered of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionRecord {
    /// When it was stored.
    pub stored_at: Timestamp,
    /// Sealed by [`seal_company`](crate::Seal::seal_company) for
    /// [`ConnectionRecordKind::purpose`]; at most 16 KiB.
    pub sealed: Vec<u8>,
}

/// Remembers how far providers were read, and what renews access to them. A cursor is
/// stored after what was read up to it, never before.
pub trait ConnectionRecords {
    /// Store a record of a connection, instead of the one before. Of a company with
    /// more than 1,000 of a kind, the one that was stored first is deleted: connections
    /// that were removed leave theirs behind.
    fn store_connection_record(
        &self,
        name: ConnectionName,
        kind: ConnectionRecordKind,
        record: ConnectionRecord,
    ) -> Result<()>;

    /// A record of a connection.
    fn connection_record(
        &self,
        name: &ConnectionName,
        kind: ConnectionRecordKind,
    ) -> Result<Option<ConnectionRecord>>;

    /// Delete a record of a connection, if there is one.
    fn delete_connection_record(
        &self,
        name: ConnectionName,
        kind: ConnectionRecordKind,
    ) -> Result<()>;
}
