//! Putting a backup where a journal was, or is to be.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::Connection;

use super::{Options, beside, check, lock, refuse_wrong_key, schema};
use crate::error::JournalError;
use crate::maintain::Restored;
use crate::vault::{MasterKey, Vault, make_private, sync_directory};

/// What SQLite keeps beside a database. What is left of another one it would
/// play into whatever has the name.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Put a backup where a journal is to be. It is copied and looked through
/// first; the copy takes the journal's place in one step, and a journal that is
/// there already is set aside, never overwritten.
///
/// # Errors
/// [`JournalError::InUse`] while anybody has the journal open,
/// [`JournalError::Exists`] where there is one, or the log of one, and
/// `replace` is not set, [`JournalError::Invalid`] for a backup with a log of
/// its own, [`JournalError::Foreign`], [`JournalError::Newer`],
/// [`JournalError::WrongKey`] and [`JournalError::Corrupt`] for a backup that
/// is none, or does not fit. After each of them the journal is as it was.
pub fn restore(options: &Options, backup: &Path, replace: bool) -> Result<Restored, JournalError> {
    let to = &options.path;
    if let Some(parent) = to.parent() {
        make_private(parent)?;
    }
    let _alone = lock(&beside(to, ".lock"))?;
    if !replace && let Some(path) = in_the_way(to) {
        return Err(JournalError::Exists { path });
    }
    refuse_log(backup)?;
    let part = beside(to, &format!(".{}.part", std::process::id()));
    let restored = copy(backup, &part)
        .and_then(|bytes| {
            let newest = looked_through(options, &part).map_err(of(backup))?;
            Ok((bytes, newest))
        })
        .and_then(|(bytes, newest)| {
            let set_aside = set_aside(to)?;
            // What was in flight then is not in flight now.
            remove(&beside(to, ".lanes"))?;
            // No old log may come back beside the backup after a power cut.
            sync_directory(to)
                .and_then(|()| fs::rename(&part, to))
                .and_then(|()| sync_directory(to))
                .map_err(JournalError::file("cannot restore", to))?;
            Ok(Restored {
                bytes,
                newest,
                set_aside,
            })
        });
    let _ = fs::remove_file(&part);
    for suffix in BESIDE {
        let _ = fs::remove_file(beside(&part, suffix));
    }
    restored
}

/// What would be lost by putting a database there: another one, or the log of
/// one that is gone.
fn in_the_way(path: &Path) -> Option<PathBuf> {
    if path.exists() {
        return Some(path.to_owned());
    }
    let log = beside(path, "-wal");
    has_content(&log).then_some(log)
}

/// A backup is one file: what is in a log beside it would not come along.
fn refuse_log(backup: &Path) -> Result<(), JournalError> {
    let log = beside(backup, "-wal");
    if !has_content(&log) {
        return Ok(());
    }
    let problem = format!(
        "must be one file, and part of it is in {}; open and close it with `patchbay journal check`, its path under [journal], or restore what `patchbay journal backup` made",
        log.display()
    );
    Err(JournalError::invalid("the backup", problem))
}

fn has_content(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|about| about.len() > 0)
}

fn copy(from: &Path, to: &Path) -> Result<u64, JournalError> {
    let mut source = File::open(from).map_err(JournalError::file("cannot open", from))?;
    let mut made = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(to)
        .map_err(JournalError::file("cannot make", to))?;
    io::copy(&mut source, &mut made)
        .and_then(|bytes| made.sync_all().map(|()| bytes))
        .map_err(JournalError::file("cannot write", to))
}

/// Hold a copy to everything a journal must be; the newest arrival it holds.
fn looked_through(options: &Options, copy: &Path) -> Result<crate::id::Ordinal, JournalError> {
    if schema::version_of(copy)? == 0 {
        return Err(JournalError::Foreign {
            path: copy.to_owned(),
        });
    }
    let vault = Vault::new(&MasterKey::read(&options.key_file)?);
    let of_copy = Options {
        path: copy.to_owned(),
        ..options.clone()
    };
    refuse_wrong_key(&of_copy, &vault)?;
    let sql = schema::reader(copy)?;
    let report = check::check(&sql, &vault)?;
    if !report.sound() {
        let first = report.findings.first().map(ToString::to_string);
        let first =
            first.unwrap_or_else(|| format!("{} sealed values do not open", report.unopenable));
        return Err(JournalError::Corrupt(format!("the backup: {first}")));
    }
    let newest = "SELECT coalesce(max(ordinal), 0) FROM inbound";
    Ok(sql.query_row(newest, [], |row| row.get(0))?)
}

/// Give a journal another name, with what is beside it. Answers the name: of
/// the log, where nothing else is left of the journal; none where nothing is.
fn set_aside(path: &Path) -> Result<Option<PathBuf>, JournalError> {
    let aside = name_aside(path);
    let kept = in_the_way(path).map(|found| match found == path {
        true => aside.clone(),
        false => beside(&aside, "-wal"),
    });
    if path.exists() {
        fold_log(path);
        fs::hard_link(path, &aside).map_err(JournalError::file("cannot make", &aside))?;
    }
    for suffix in BESIDE {
        let from = beside(path, suffix);
        if from.exists() {
            fs::rename(&from, beside(&aside, suffix))
                .map_err(JournalError::file("cannot set aside", &from))?;
        }
    }
    Ok(kept)
}

fn name_aside(path: &Path) -> PathBuf {
    let at = Timestamp::now().strftime("%Y%m%dT%H%M%S%.fZ");
    beside(path, &format!(".before-restore-{at}"))
}

/// Put what is in the log into the database. The log of a damaged one stays
/// beside it, and so does that of an empty one, which SQLite would delete.
fn fold_log(path: &Path) {
    if has_content(path)
        && let Ok(sql) = Connection::open(path)
    {
        let _ = sql.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        let _ = sql.close();
    }
}

/// An error about the copy, said of what it is a copy of.
fn of(backup: &Path) -> impl FnOnce(JournalError) -> JournalError {
    let path = backup.to_owned();
    move |error| match error {
        JournalError::Foreign { .. } => JournalError::Foreign { path },
        JournalError::Newer { found, known, .. } => JournalError::Newer { path, found, known },
        JournalError::WrongKey { key, .. } => JournalError::WrongKey { key, path },
        error => error,
    }
}

fn remove(path: &Path) -> Result<(), JournalError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(JournalError::file("cannot remove", path)(error))
        }
        _ => Ok(()),
    }
}
