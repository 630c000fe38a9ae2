//! A copy taken while work goes on.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;

use crate::error::JournalError;
use crate::id::Ordinal;
use crate::maintain::Backup;
use crate::sqlite::schema;
use crate::vault::sync_directory;

/// Backups begun by this process.
static UNFINISHED: AtomicU64 = AtomicU64::new(0);

/// Copy a database into a new file, whole or not at all.
pub(super) fn backup(from: &Path, to: &Path) -> Result<Backup, JournalError> {
    if to.exists() {
        let exists = io::Error::from(io::ErrorKind::AlreadyExists);
        return Err(JournalError::file("cannot write a backup to", to)(exists));
    }
    // A name of its own: nobody else's backup, finished or not, is touched.
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    let number = UNFINISHED.fetch_add(1, Ordering::Relaxed);
    let unfinished = format!(".{name}.{}.{number}.part", std::process::id());
    let unfinished = &to.with_file_name(unfinished);
    let done = copy(from, unfinished).and_then(|newest| {
        let bytes = fs::metadata(unfinished)
            .and_then(|metadata| {
                // Never over a file somebody made meanwhile.
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

fn copy(from: &Path, to: &Path) -> Result<Ordinal, JournalError> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)
        .map_err(JournalError::file("cannot make", to))?;
    let source = schema::reader(from)?;
    let mut copy = Connection::open(to)?;
    // All pages in one step: one state of the database, while the writer goes
    // on in the log.
    rusqlite::backup::Backup::new(&source, &mut copy)?.step(-1)?;
    // One file, to be carried anywhere.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    let verdict: String = copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(JournalError::Corrupt(format!("the backup: {verdict}")));
    }
    let newest = copy.query_row("SELECT coalesce(max(ordinal), 0) FROM inbound", [], |row| {
        row.get(0)
    })?;
    copy.close().map_err(|(_, error)| error)?;
    File::open(to)
        .and_then(|file| file.sync_all())
        .map_err(JournalError::file("cannot sync", to))?;
    Ok(newest)
}
