//! Opening the database: checks, settings and migrations.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use patchbay_journal::{JournalError, Result};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::byte_counter::recount;
use crate::database_error;

/// Migration from each version to the next; released ones never change.
const STEPS: &[&str] = &[
    include_str!("schema.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    include_str!("schema_6.sql"),
    include_str!("schema_7.sql"),
    include_str!("schema_8.sql"),
    include_str!("schema_9.sql"),
    include_str!("schema_10.sql"),
    include_str!("schema_11.sql"),
    include_str!("schema_12.sql"),
    include_str!("schema_13.sql"),
    include_str!("schema_14.sql"),
    include_str!("schema_15.sql"),
    include_str!("schema_16.sql"),
    include_str!("schema_17.sql"),
    include_str!("schema_18.sql"),
    include_str!("schema_19.sql"),
    include_str!("schema_20.sql"),
];
/// The newest schema version.
const VERSION: u32 = STEPS.len() as u32;
/// Marks the file as ours: "PBJ" and a format number.
const APPLICATION_ID: u32 = 0x5042_4a01;
/// Wait for a lock. Only tools of others hold one.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
/// Pages in the write-ahead log at which it is copied into the database: 32
/// MiB. Fewer, larger copies write a page that changes often less often.
const CHECKPOINT_PAGES: u32 = 8192;
/// Page cache of the writer.
const WRITER_CACHE_KIB: i64 = 64 * 1024;
/// Page cache of each reader.
const READER_CACHE_KIB: i64 = 8 * 1024;

/// Schema version of a file; 0 if it is absent or empty. Does not change it.
pub(super) fn read_version(path: &Path) -> Result<u32> {
    let empty = std::fs::metadata(path).map_or(true, |metadata| metadata.len() == 0);
    if empty {
        return Ok(0);
    }
    let not_a_journal = || JournalError::NotAJournal {
        path: path.to_owned(),
    };
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(database_error)?;
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
    let application =
        number("application_id").map_err(|error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => not_a_journal(),
            _ => database_error(error),
        })?;
    let version = number("user_version").map_err(database_error)?;
    let objects: u32 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(database_error)?;
    match application {
        APPLICATION_ID if version > VERSION => Err(JournalError::NewerSchema {
            path: path.to_owned(),
            found: version,
            known: VERSION,
        }),
        APPLICATION_ID => Ok(version),
        0 if version == 0 && objects == 0 => Ok(0),
        _ => Err(not_a_journal()),
    }
}

/// Open the connection that writes, and migrate the schema.
pub(super) fn open_writer(path: &Path, key_check: &[u8; 16]) -> Result<Connection> {
    // SQLite creates its log and index with the mode of the database.
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(JournalError::file("cannot open", path))?;
    let mut connection = Connection::open(path).map_err(database_error)?;
    configure(&connection, 128)?;
    // Both take effect only before the first table is created.
    connection
        .pragma_update(None, "auto_vacuum", "INCREMENTAL")
        .map_err(database_error)?;
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .map_err(database_error)?;
    connection
        .pragma_update(None, "synchronous", "FULL")
        .map_err(database_error)?;
    connection
        .pragma_update(None, "secure_delete", "ON")
        .map_err(database_error)?;
    connection
        .pragma_update(None, "foreign_keys", "OFF")
        .map_err(database_error)?;
    // Triggers see the rows that REPLACE deletes.
    connection
        .pragma_update(None, "recursive_triggers", "ON")
        .map_err(database_error)?;
    connection
        .pragma_update(None, "cache_size", -WRITER_CACHE_KIB)
        .map_err(database_error)?;
    connection
        .pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)
        .map_err(database_error)?;
    connection
        .pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)
        .map_err(database_error)?;
    migrate(&mut connection, key_check)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection, key_check: &[u8; 16]) -> Result<()> {
    let version: u32 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(database_error)?;
    if version == VERSION {
        return Ok(());
    }
    let transaction = connection.transaction().map_err(database_error)?;
    for step in &STEPS[version as usize..] {
        transaction.execute_batch(step).map_err(database_error)?;
    }
    if version == 0 {
        transaction
            .execute(
                "INSERT INTO meta (name, value) VALUES ('key_check', ?1)",
                [key_check.as_slice()],
            )
            .map_err(database_error)?;
    }
    // What a row counts as follows from its columns.
    recount(&transaction)?;
    transaction
        .pragma_update(None, "application_id", APPLICATION_ID)
        .map_err(database_error)?;
    transaction
        .pragma_update(None, "user_version", VERSION)
        .map_err(database_error)?;
    transaction.commit().map_err(database_error)?;
    Ok(())
}

/// Settings of every connection.
fn configure(connection: &Connection, statements: usize) -> Result<()> {
    connection
        .busy_timeout(LOCK_TIMEOUT)
        .map_err(database_error)?;
    connection.set_prepared_statement_cache_capacity(statements);
    // A prepared statement keeps its plan. Otherwise the planner inspects the
    // bound values and plans some statements anew each time, which costs more
    // than running them (SQLite, "The Query Planner Stability Guarantee").
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(database_error)?;
    connection
        .pragma_update(None, "temp_store", "MEMORY")
        .map_err(database_error)?;
    Ok(())
}

/// Open a connection that only reads.
pub(super) fn open_reader(path: &Path) -> Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(database_error)?;
    configure(&connection, 64)?;
    connection
        .pragma_update(None, "cache_size", -READER_CACHE_KIB)
        .map_err(database_error)?;
    Ok(connection)
}

/// Empty the write-ahead log, so that it holds no overwritten data. Returns
/// whether that was possible: a long read may be in the way.
pub(super) fn scrub(path: &Path) -> Result<bool> {
    let connection = Connection::open(path).map_err(database_error)?;
    connection
        .busy_timeout(LOCK_TIMEOUT)
        .map_err(database_error)?;
    connection
        .pragma_update(None, "synchronous", "FULL")
        .map_err(database_error)?;
    let blocked: bool = connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .map_err(database_error)?;
    Ok(!blocked)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use patchbay_journal::vault::{MasterKey, Vault};
    use patchbay_journal::{
        CompanyId, ContactId, ConversationId, Maintenance, NewQuarantined, NewReceipt, Outbox,
        Purpose, Quarantine, QuarantineOutcome, Receipts, Seal,
    };

    use crate::{Options, SqliteJournal};

    #[test]
    fn a_migration_removes_the_cases_of_stored_generations() {
        let connection = Connection::open_in_memory().expect("a database");
        let pragma = connection.pragma_update(None, "foreign_keys", "OFF");
        pragma.expect("as of a writer");
        for step in &STEPS[..2] {
            connection.execute_batch(step).expect("a step");
        }
        // As large as a stored generation: SQLite keeps large texts another way.
        let schema = "settings ".repeat(10_000);
        let digest = "5a".repeat(32);
        let source = format!(
            r#"{{"document":"company = 1","packs":{{"care@*":{{"name":"care","schema":"{schema}","component":"sha256:{digest}","cases":{{"a.json":"my card 4111"}}}},"b":{{"name":"b"}}}}}}"#
        );
        for (number, source) in [
            (1, source.as_str()),
            (2, "not JSON"),
            (3, r#"{"document":""}"#),
        ] {
            connection
                .execute(
                    "INSERT INTO generation (company, number, digest, source, by_, at)
                     VALUES (1, ?1, x'00', ?2, 'ana', 0)",
                    (number, source.as_bytes()),
                )
                .expect("a row");
        }
        for step in &STEPS[2..] {
            connection.execute_batch(step).expect("a step");
        }
        let read = |number: i64| -> Vec<u8> {
            let query = "SELECT source FROM generation WHERE number = ?1";
            connection
                .query_row(query, [number], |row| row.get(0))
                .expect("a source")
        };
        let without = source.replace(r#","cases":{"a.json":"my card 4111"}"#, "");
        assert!(
            String::from_utf8(read(1)).expect("text") == without,
            "other than the source without its cases"
        );
        assert_eq!(read(2), b"not JSON");
        assert_eq!(read(3), br#"{"document":""}"#);
        let query = "SELECT number, digest FROM generation_use";
        let used = connection.query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?)));
        let used: (i64, Vec<u8>) = used.expect("the component of the first generation");
        assert_eq!(used, (1, vec![0x5a; 32]));
    }

    /// A database as the first five steps make it, with a resolved conversation
    /// and a contact of a company.
    fn create_version_5(options: &Options) {
        let master = MasterKey::read_or_create(&options.key_file).expect("created");
        let sql = Connection::open(&options.path).expect("a database");
        sql.pragma_update(None, "auto_vacuum", "INCREMENTAL")
            .expect("set");
        for step in &STEPS[..5] {
            sql.execute_batch(step).expect("a step");
        }
        sql.execute(
            "INSERT INTO meta (name, value) VALUES ('key_check', ?1)",
            [Vault::new(&master).check().as_slice()],
        )
        .expect("a row");
        sql.execute_batch(
            "INSERT INTO company (id, name) VALUES (1, 'acme');
             INSERT INTO contact (company, id, created_at) VALUES (1, zeroblob(16), 0);
             INSERT INTO conversation (company, id, sequence, state, touched_at, snapshot,
               thread, opened_at, live)
             VALUES (1, zeroblob(16), 1, 'resolved', 0, x'01', x'02', 0, 0);
             INSERT INTO entry (company, feed, conversation, sequence, kind, at, head, sealed)
             VALUES (1, 1, 1, 1, 1, 0, '{}', x'');
             INSERT INTO outbox (company, key, target, payload, not_before)
             VALUES (1, 'reply', 'crm', x'', 0);",
        )
        .expect("rows");
        recount(&sql).expect("counted");
        sql.pragma_update(None, "application_id", APPLICATION_ID)
            .expect("set");
        sql.pragma_update(None, "user_version", 5).expect("set");
    }

    #[test]
    fn a_database_of_version_5_gets_receipts_and_a_quarantine() {
        let directory = tempfile::tempdir().expect("a directory");
        let at = directory.path();
        let options = Options::new(at.join("journal.db"), at.join("keys/master"));
        create_version_5(&options);
        // A backup of version 5 is checked as it is.
        let backup = at.join("backup.db");
        std::fs::copy(&options.path, &backup).expect("copied");
        crate::restore(&options, &backup, true).expect("sound");
        assert_eq!(read_version(&options.path).expect("read"), 5);

        let journal = SqliteJournal::open(&options).expect("migrated");
        assert_eq!(read_version(&options.path).expect("read"), VERSION);
        let company = CompanyId(1);
        let item = journal.outbox_item(company, "reply").expect("read");
        assert_eq!(item.map(|item| item.target), Some("crm".to_owned()));
        let conversation = ConversationId([0; 16]);
        let receipt = journal.record_receipt(NewReceipt {
            company,
            channel: "sms".to_owned(),
            message: "m".to_owned(),
            key: "reply".to_owned(),
            part: 1,
            parts: 1,
            conversation: Some(conversation),
            contact: ContactId([0; 16]),
            account: String::new(),
            sealed: Vec::new(),
            accepted_at: Timestamp::UNIX_EPOCH,
        });
        let receipt = receipt.expect("recorded");
        assert_eq!(receipt.conversation, Some(conversation));
        let sealed = journal.seal_company(company, Purpose::Quarantine, b"a".to_vec());
        let stored = journal.quarantine(NewQuarantined {
            company,
            channel: "sms".to_owned(),
            account: String::new(),
            received_at: Timestamp::UNIX_EPOCH,
            place: String::new(),
            reason: String::new(),
            digest: [0; 32],
            sealed: sealed.expect("short"),
        });
        let stored = stored.expect("stored");
        assert_eq!(stored, QuarantineOutcome::Stored { number: 1 });
        let report = journal.check().expect("checked");
        assert_eq!(report.findings, []);
        let later = Timestamp::from_second(9).expect("in range");
        let deleted = journal.compact(later).expect("compacted");
        assert_eq!((deleted.conversations, deleted.receipts), (1, 1));
    }
}
