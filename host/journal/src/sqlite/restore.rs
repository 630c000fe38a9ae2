//! Putting a backup where a journal was, or is to be.

use std::ffi::OsString;
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

/// Put a backup where a journal is to be. It is copied and looked through
/// first; the copy takes the journal's place in one step, and a journal that is
/// there already is set aside, never overwritten.
///
/// # Errors
/// [`JournalError::InUse`] while anybody has the journal open,
/// [`JournalError::Exists`] where there is one and `replace` is not set,
/// [`JournalError::Foreign`], [`JournalError::Newer`],
/// [`JournalError::WrongKey`] and [`JournalError::Corrupt`] for a backup that
/// is none, or does not fit. After each of them the journal is as it was.
pub fn restore(options: &Options, backup: &Path, replace: bool) -> Result<Restored, JournalError> {
    let to = &options.path;
    if let Some(parent) = to.parent() {
        make_private(parent)?;
    }
    let _alone = lock(&beside(to, ".lock"))?;
    if to.exists() && !replace {
        return Err(JournalError::Exists { path: to.clone() });
    }
    let part = beside(to, &format!(".{}.part", std::process::id()));
    let restored = copy(backup, &part)
        .and_then(|bytes| {
            let newest = looked_through(options, &part).map_err(of(backup))?;
            Ok((bytes, newest))
        })
        .and_then(|(bytes, newest)| {
            let set_aside = match to.exists() {
                true => Some(set_aside(to)?),
                false => None,
            };
            // What was in flight then is not in flight now.
            remove(&beside(to, ".lanes"))?;
            fs::rename(&part, to)
                .and_then(|()| sync_directory(to))
                .map_err(JournalError::file("cannot restore", to))?;
            Ok(Restored {
                bytes,
                newest,
                set_aside,
            })
        });
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let _ = fs::remove_file(beside(&part, suffix));
    }
    restored
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

/// Give a journal another name, with what is in its log.
fn set_aside(path: &Path) -> Result<PathBuf, JournalError> {
    // Into the database with what is still in the log; of a damaged one it
    // stays beside it.
    if let Ok(sql) = Connection::open(path) {
        let _ = sql.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        let _ = sql.close();
    }
    let mut name = OsString::from(path);
    let at = Timestamp::now().strftime("%Y%m%dT%H%M%S%.fZ");
    name.push(format!(".before-restore-{at}"));
    let aside = PathBuf::from(name);
    fs::hard_link(path, &aside).map_err(JournalError::file("cannot make", &aside))?;
    for suffix in ["-wal", "-shm"] {
        let from = beside(path, suffix);
        if from.exists() {
            fs::rename(&from, beside(&aside, suffix))
                .map_err(JournalError::file("cannot set aside", &from))?;
        }
    }
    Ok(aside)
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
