//! The lock file, and the names of the files beside a database.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use patchbay_journal::{JournalError, Result};

/// A lock that is held is retried for half a second.
const TRIES: u32 = 25;
const PAUSE: Duration = Duration::from_millis(20);

/// The path with a suffix after its whole name.
pub(super) fn append_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// Lock the journal at `path` for as long as the returned file is open. The
/// file holds the process id, for the error of a second process.
pub(super) fn lock(path: &Path) -> Result<File> {
    let path = &append_suffix(path, ".lock");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(JournalError::file("cannot open", path))?;
    match retry_lock(&file) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            return Err(JournalError::InUse {
                path: path.to_owned(),
                holder: holder.trim().parse().ok(),
            });
        }
        Err(TryLockError::Error(error)) => {
            return Err(JournalError::file("cannot lock", path)(error));
        }
    }
    // The lock holds even if these fail.
    let _ = file.set_len(0);
    let _ = writeln!(file, "{}", std::process::id());
    Ok(file)
}

/// Take the lock, also from a process that is ending, or from a child it
/// started, which has the file open until its own program runs.
fn retry_lock(file: &File) -> Result<(), TryLockError> {
    for _ in 0..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            result => return result,
        }
    }
    file.try_lock()
}
