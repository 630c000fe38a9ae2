//! Numbers of the journal itself, in the table `meta`.

use patchbay_journal::Result;
use rusqlite::{Connection, params};

use super::{Query, value};

/// A number by its name; 0 until it is written.
pub(super) fn read_number(sql: &Connection, name: &str) -> Result<u64> {
    let query = "SELECT value FROM meta WHERE name = ?1";
    let stored = sql.read_first(query, [name], value::<[u8; 8]>)?;
    Ok(stored.map_or(0, u64::from_le_bytes))
}

pub(super) fn write_number(sql: &Connection, name: &str, number: u64) -> Result<()> {
    sql.run(
        "INSERT INTO meta (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        params![name, number.to_le_bytes()],
    )?;
    Ok(())
}
