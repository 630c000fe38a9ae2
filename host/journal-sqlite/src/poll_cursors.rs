//! How far the host has read at providers that it must ask.

use patchbay_journal::limits::{self, check_length};
use patchbay_journal::{CompanyId, PollCursor, PollCursors, Result};
use patchbay_model::input;
use rusqlite::params;

use super::{Micros, Query, SqliteJournal, id, time};

impl PollCursors for SqliteJournal {
    fn store_poll_cursor(&self, cursor: PollCursor) -> Result<()> {
        check_length("channel", &cursor.channel, input::CODE_BYTES)?;
        check_length("connection", &cursor.connection, input::NAME_BYTES)?;
        check_length("sealed cursor", &cursor.sealed, limits::POLL_CURSOR)?;
        // Not refused where the company is full: it says what is stored already.
        self.write(1, move |work| {
            let PollCursor {
                company,
                channel,
                connection,
                stored_at,
                sealed,
            } = &cursor;
            work.sql.run(
                "INSERT INTO poll_cursor (company, channel, connection, stored_at, sealed)
                 VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET stored_at = ?4, sealed = ?5",
                params![company.0, channel, connection, Micros(*stored_at), sealed],
            )?;
            work.sql.run(
                "DELETE FROM poll_cursor WHERE company = ?1 AND (channel, connection) IN (
                   SELECT channel, connection FROM poll_cursor WHERE company = ?1
                   ORDER BY stored_at DESC, channel, connection LIMIT -1 OFFSET ?2)",
                params![company.0, limits::POLL_CURSORS],
            )?;
            Ok(())
        })
    }

    fn poll_cursor(
        &self,
        company: CompanyId,
        channel: &str,
        connection: &str,
    ) -> Result<Option<PollCursor>> {
        let query = "SELECT company, channel, connection, stored_at, sealed FROM poll_cursor
             WHERE company = ?1 AND channel = ?2 AND connection = ?3";
        self.read(|sql| {
            sql.read_first(query, params![company.0, channel, connection], |row| {
                Ok(PollCursor {
                    company: id(row, 0)?,
                    channel: row.get(1)?,
                    connection: row.get(2)?,
                    stored_at: time(row, 3)?,
                    sealed: row.get(4)?,
                })
            })
        })
    }
}
