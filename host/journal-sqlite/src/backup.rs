//! Backup while the journal is in use.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use patchbay_journal::vault::sync_directory;
use patchbay_journal::{Backup, JournalError, Ordinal, Result};
use rusqlite::Connection;

use super::{NEWEST_INPUT, only_id, schema};
use crate::database_error;

/// Number of backups started by this process.
static STARTED: AtomicU64 = AtomicU64::new(0);

/// Copy a database into a new file, whole or not at all.
pub(super) fn backup(from: &Path, to: &Path) -> Result<Backup> {
    if to.exists() {
        let exists = io::Error::from(io::ErrorKind::AlreadyExists);
        return Err(JournalError::file("cannot write a backup to", to)(exists));
    }
    // A unique name: another backup is never overwritten.
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    let number = STARTED.fetch_add(1, Ordering::Relaxed);
    let unfinished = format!(".{name}.{}.{number}.part", std::process::id());
    let unfinished = &to.with_file_name(unfinished);
    let done = copy(from, unfinished).and_then(|newest| {
        let bytes = fs::metadata(unfinished)
            .and_then(|metadata| {
                // Fails if the file was created meanwhile.
                fs::hard_link(unfinished, to)?;
                sync_directory(to)?;
                Ok(metadata.len())
            })
            .map_err(JournalError::file("cannot write a backup to", to))?;
        Ok(Backup {
            path: to.to_owned(),
            bytes,
            newest,
        })
    });
    let _ = fs::remove_file(unfinished);
    done
}

fn copy(from: &Path, to: &Path) -> Result<Ordinal> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)
        .map_err(JournalError::file("cannot create", to))?;
    let source = schema::open_reader(from)?;
    let mut copy = Connection::open(to).map_err(database_error)?;
    // All pages in one step: one snapshot of the database, while the writer
    // continues in the log.
    rusqlite::backup::Backup::new(&source, &mut copy)
        .map_err(database_error)?
        .step(-1)
        .map_err(database_error)?;
    // One file without a log, which can be moved.
    copy.pragma_update(None, "journal_mode", "DELETE")
        .map_err(database_error)?;
    let verdict: String = copy
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(database_error)?;
    if verdict != "ok" {
        return Err(JournalError::Corrupt(format!("the backup: {verdict}")));
    }
    let newest = copy
        .query_row(NEWEST_INPUT, [], only_id)
        .map_err(database_error)?;
    copy.close()
        .map_err(|(_, error)| error)
        .map_err(database_error)?;
    File::open(to)
        .and_then(|file| file.sync_all())
        .map_err(JournalError::file("cannot sync", to))?;
    Ok(newest)
}
