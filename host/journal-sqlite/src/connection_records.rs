//! What the host has to remember of connections between runs.

use patchbay_journal::limits::{self, check_length};
use patchbay_journal::{
    ConnectionName, ConnectionRecord, ConnectionRecordKind, ConnectionRecords, Result,
};
use patchbay_model::input;
use rusqlite::params;

use super::{Micros, Query, SqliteJournal, time};

impl ConnectionRecords for SqliteJournal {
    fn store_connection_record(
        &self,
        name: ConnectionName,
        kind: ConnectionRecordKind,
        record: ConnectionRecord,
    ) -> Result<()> {
        check_length("channel", &name.channel, input::CODE_BYTES)?;
        check_length("connection", &name.connection, input::NAME_BYTES)?;
        check_length("sealed record", &record.sealed, limits::CONNECTION_RECORD)?;
        // Not refused where the company is full: it says what is stored already, and what
        // is not stored is lost.
        self.write(1, move |work| {
            let ConnectionName {
                company,
                channel,
                connection,
            } = &name;
            let ConnectionRecord { stored_at, sealed } = &record;
            let kind = kind.as_str();
            work.sql.run(
                "INSERT INTO connection_record (company, channel, connection, kind, stored_at, sealed)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT DO UPDATE SET stored_at = ?5, sealed = ?6",
                params![company.0, channel, connection, kind, Micros(*stored_at), sealed],
            )?;
            work.sql.run(
                "DELETE FROM connection_record
                 WHERE company = ?1 AND kind = ?2 AND (channel, connection) IN (
                   SELECT channel, connection FROM connection_record
                   WHERE company = ?1 AND kind = ?2
                   ORDER BY stored_at DESC, channel, connection LIMIT -1 OFFSET ?3)",
                params![company.0, kind, limits::CONNECTION_RECORDS],
            )?;
            Ok(())
        })
    }

    fn connection_record(
        &self,
        name: &ConnectionName,
        kind: ConnectionRecordKind,
    ) -> Result<Option<ConnectionRecord>> {
        let query = "SELECT stored_at, sealed FROM connection_record
             WHERE company = ?1 AND channel = ?2 AND connection = ?3 AND kind = ?4";
        let ConnectionName {
            company,
            channel,
            connection,
        } = name;
        let of = params![company.0, channel, connection, kind.as_str()];
        self.read(|sql| {
            sql.read_first(query, of, |row| {
                Ok(ConnectionRecord {
                    stored_at: time(row, 0)?,
                    sealed: row.get(1)?,
                })
            })
        })
    }

    fn delete_connection_record(
        &self,
        name: ConnectionName,
        kind: ConnectionRecordKind,
    ) -> Result<()> {
        self.write(1, move |work| {
            let ConnectionName {
                company,
                channel,
                connection,
            } = &name;
            work.sql.run(
                "DELETE FROM connection_record
                 WHERE company = ?1 AND channel = ?2 AND connection = ?3 AND kind = ?4",
                params![company.0, channel, connection, kind.as_str()],
            )?;
            Ok(())
        })
    }
}
