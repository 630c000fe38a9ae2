//! Long values of a row. SQLite copies a value that is bound to a statement, and again into
//! the row: a mail of 35 MiB would take twice its size beside its own bytes.

use patchbay_journal::Result;
use rusqlite::types::{ToSql, ToSqlOutput};
use rusqlite::{Connection, MAIN_DB};

use crate::database_error;

/// Values of more bytes are written piece by piece.
const PIECE: usize = 256 << 10;

/// A value that may be long, as a parameter of the statement that inserts its row. A long
/// one is a place of its size, which [`LongValue::write`] fills.
pub(super) struct LongValue<'a>(pub(super) &'a [u8]);

impl ToSql for LongValue<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self.0.len() > PIECE {
            true => Ok(ToSqlOutput::ZeroBlob(self.0.len() as u64)),
            false => self.0.to_sql(),
        }
    }
}

impl LongValue<'_> {
    /// Fills its place in the row that was inserted last, in the same transaction.
    pub(super) fn write(&self, sql: &Connection, table: &str, column: &str) -> Result<()> {
        if self.0.len() <= PIECE {
            return Ok(());
        }
        let row = sql.last_insert_rowid();
        let opened = sql.blob_open(MAIN_DB, table, column, row, false);
        let mut place = opened.map_err(database_error)?;
        for (number, piece) in self.0.chunks(PIECE).enumerate() {
            let written = place.write_at(piece, number * PIECE);
            written.map_err(database_error)?;
        }
        place.close().map_err(database_error)
    }
}
