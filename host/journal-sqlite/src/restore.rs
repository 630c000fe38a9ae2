//! Restore of a backup.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use patchbay_journal::vault::{
    MasterKey, Vault, create_private_file, ensure_private_directory, sync_directory,
};
use patchbay_journal::{JournalError, Ordinal, RestoreReport, Result};
use rusqlite::Connection;

use super::{NEWEST_INPUT, Options, append_suffix, check, check_key, lock, only_id, schema};
use crate::database_error;

/// Suffixes of SQLite's files beside a database. SQLite would replay what is
/// left of another database into one of the same name.
const SIDE_FILES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Put a backup in the place of a journal. The backup is copied and checked
/// first, then renamed in one step. A journal that exists already is renamed to
/// `NAME.before-restore-TIME`, never overwritten.
///
/// # Errors
/// [`JournalError::InUse`] while a process has the journal open;
/// [`JournalError::Exists`] if a journal or the log of one exists and `replace`
/// is not set; [`JournalError::Invalid`] for a backup with a log of its own;
/// [`JournalError::NotAJournal`], [`JournalError::NewerSchema`],
/// [`JournalError::WrongKey`] and [`JournalError::Corrupt`] for other backups
/// that cannot be used. After each of them the journal is unchanged.
pub fn restore(options: &Options, backup: &Path, replace: bool) -> Result<RestoreReport> {
    let to = &options.path;
    if let Some(parent) = to.parent() {
        ensure_private_directory(parent)?;
    }
    let _lock = lock(to)?;
    if !replace && let Some(path) = find_existing(to) {
        return Err(JournalError::Exists { path });
    }
    check_no_log(backup)?;
    let part = append_suffix(to, &format!(".{}.part", std::process::id()));
    let restored = replace_with_copy(options, backup, &part);
    let _ = fs::remove_file(&part);
    for suffix in SIDE_FILES {
        let _ = fs::remove_file(append_suffix(&part, suffix));
    }
    restored
}

fn replace_with_copy(options: &Options, backup: &Path, part: &Path) -> Result<RestoreReport> {
    let to = &options.path;
    let bytes = copy(backup, part)?;
    let newest = check_copy(options, part).map_err(about(backup))?;
    let set_aside = set_aside(to)?;
    // Inputs in flight in the old journal are not in flight in this one.
    remove(&append_suffix(to, ".lanes"))?;
    // No old log may come back beside the backup after a power cut.
    sync_directory(to)
        .and_then(|()| fs::rename(part, to))
        .and_then(|()| sync_directory(to))
        .map_err(JournalError::file("cannot restore", to))?;
    Ok(RestoreReport {
        bytes,
        newest,
        set_aside,
    })
}

/// What the restore would overwrite: a database, or the log of one that is
/// gone.
fn find_existing(path: &Path) -> Option<PathBuf> {
    if path.exists() {
        return Some(path.to_owned());
    }
    let log = append_suffix(path, "-wal");
    has_content(&log).then_some(log)
}

/// Refuse a backup with a log beside it, whose content would be lost.
fn check_no_log(backup: &Path) -> Result<()> {
    let log = append_suffix(backup, "-wal");
    if !has_content(&log) {
        return Ok(());
    }
    let problem = format!(
        "must be one file, but part of it is in {}; set its path under [journal] and run `patchbay journal check`, which merges the two, or restore a file that `patchbay journal backup` wrote",
        log.display()
    );
    Err(JournalError::invalid("the backup", problem))
}

fn has_content(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|about| about.len() > 0)
}

fn copy(from: &Path, to: &Path) -> Result<u64> {
    let mut source = File::open(from).map_err(JournalError::file("cannot open", from))?;
    let mut copy = create_private_file(to).map_err(JournalError::file("cannot create", to))?;
    io::copy(&mut source, &mut copy)
        .and_then(|bytes| copy.sync_all().map(|()| bytes))
        .map_err(JournalError::file("cannot write", to))
}

/// Check a copy as a journal; returns its newest input.
fn check_copy(options: &Options, copy: &Path) -> Result<Ordinal> {
    if schema::read_version(copy)? == 0 {
        return Err(JournalError::NotAJournal {
            path: copy.to_owned(),
        });
    }
    let vault = Vault::new(&MasterKey::read(&options.key_file)?);
    check_key(copy, &options.key_file, &vault)?;
    let sql = schema::open_reader(copy)?;
    let report = check::check(&sql, &vault)?;
    if !report.is_sound() {
        let first = report.findings.first().map(ToString::to_string);
        let first =
            first.unwrap_or_else(|| format!("{} sealed values do not open", report.unopenable));
        return Err(JournalError::Corrupt(format!("the backup: {first}")));
    }
    sql.query_row(NEWEST_INPUT, [], only_id)
        .map_err(database_error)
}

/// Rename a journal and the files beside it. Returns its new path, or that of
/// its log if only that was left; `None` if there was nothing.
fn set_aside(path: &Path) -> Result<Option<PathBuf>> {
    let aside = name_aside(path);
    let renamed = find_existing(path).map(|found| match found == path {
        true => aside.clone(),
        false => append_suffix(&aside, "-wal"),
    });
    if path.exists() {
        merge_log(path);
        fs::hard_link(path, &aside).map_err(JournalError::file("cannot create", &aside))?;
    }
    for suffix in SIDE_FILES {
        let from = append_suffix(path, suffix);
        if from.exists() {
            fs::rename(&from, append_suffix(&aside, suffix))
                .map_err(JournalError::file("cannot rename", &from))?;
        }
    }
    Ok(renamed)
}

fn name_aside(path: &Path) -> PathBuf {
    let at = Timestamp::now().strftime("%Y%m%dT%H%M%S%.fZ");
    append_suffix(path, &format!(".before-restore-{at}"))
}

/// Merge the log into the database. The log of a damaged database stays beside
/// it, as does that of an empty one, which SQLite would delete.
fn merge_log(path: &Path) {
    if has_content(path)
        && let Ok(sql) = Connection::open(path)
    {
        let _ = sql.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        let _ = sql.close();
    }
}

/// Let an error about the copy name the backup.
fn about(backup: &Path) -> impl FnOnce(JournalError) -> JournalError {
    let path = backup.to_owned();
    move |error| match error {
        JournalError::NotAJournal { .. } => JournalError::NotAJournal { path },
        JournalError::NewerSchema { found, known, .. } => {
            JournalError::NewerSchema { path, found, known }
        }
        JournalError::WrongKey { key, .. } => JournalError::WrongKey { key, path },
        error => error,
    }
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(JournalError::file("cannot remove", path)(error))
        }
        _ => Ok(()),
    }
}
