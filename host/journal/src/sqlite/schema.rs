//! Opening the database: what it must be, and bringing it up to date.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::JournalError;

/// Steps from each version to the next; released ones never change.
const STEPS: &[&str] = &[include_str!("schema.sql")];
/// The newest version known.
pub(super) const VERSION: u32 = STEPS.len() as u32;
/// Marks the file as ours: "PBJ" and a format number.
const APPLICATION_ID: u32 = 0x5042_4a01;
/// How long a lock is waited for. Nobody but a stranger's tool holds one.
const PATIENCE: Duration = Duration::from_secs(5);
/// Pages in the write-ahead log before it is copied into the database: 32 MiB.
/// Fewer and larger copies write a page that is touched often less often.
const CHECKPOINT_PAGES: u32 = 8192;
/// KiB of pages the writer keeps in memory.
const WRITER_CACHE_KIB: i64 = 64 * 1024;
/// The same for each reader.
const READER_CACHE_KIB: i64 = 8 * 1024;

/// Look at a file without touching it: its schema version, 0 if there is
/// nothing yet.
pub(super) fn version_of(path: &Path) -> Result<u32, JournalError> {
    let empty = std::fs::metadata(path).map_or(true, |metadata| metadata.len() == 0);
    if empty {
        return Ok(0);
    }
    let foreign = || JournalError::Foreign {
        path: path.to_owned(),
    };
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
    let application =
        number("application_id").map_err(|error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => foreign(),
            _ => error.into(),
        })?;
    let version = number("user_version")?;
    let objects: u32 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match application {
        APPLICATION_ID if version > VERSION => Err(JournalError::Newer {
            path: path.to_owned(),
            found: version,
            known: VERSION,
        }),
        APPLICATION_ID => Ok(version),
        0 if version == 0 && objects == 0 => Ok(0),
        _ => Err(foreign()),
    }
}

/// The connection that writes, with the schema up to date.
pub(super) fn writer(path: &Path, key_check: &[u8; 16]) -> Result<Connection, JournalError> {
    // SQLite gives its log and index the mode of the database.
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(JournalError::file("cannot open", path))?;
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(128);
    keep_plans(&connection)?;
    // Both only take effect before the first table is made.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "foreign_keys", "OFF")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    migrate(&mut connection, key_check)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection, key_check: &[u8; 16]) -> Result<(), JournalError> {
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == VERSION {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    for step in &STEPS[version as usize..] {
        transaction.execute_batch(step)?;
    }
    if version == 0 {
        transaction.execute(
            "INSERT INTO meta (name, value) VALUES ('key_check', ?1)",
            [key_check.as_slice()],
        )?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(())
}

/// A prepared statement keeps its plan. Otherwise the planner looks at the
/// values bound to some of ours and plans anew each time, which costs more than
/// running them (SQLite, "The Query Planner Stability Guarantee").
fn keep_plans(connection: &Connection) -> Result<(), JournalError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// A connection that only reads.
pub(super) fn reader(path: &Path) -> Result<Connection, JournalError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(64);
    keep_plans(&connection)?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

/// Empty the write-ahead log, so that nothing that was overwritten is left in
/// it. Answers whether that was possible: a long read may be in the way.
pub(super) fn scrub(path: &Path) -> Result<bool, JournalError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let blocked: bool =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(!blocked)
}
