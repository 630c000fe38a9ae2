//! Whether a journal has tokens, read without opening it as a journal: the file, its schema and
//! its directory stay as they are.

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use patchbay_journal::{JournalError, Result};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::database_error;

/// Whether the journal of a file has had a token: callers must then authenticate. `None` if that
/// cannot be told without writing beside the file: a server that was killed, or a copy, has left
/// a write-ahead log (`-wal`) whose index (`-shm`) is missing or cannot be used.
///
/// # Errors
/// Where the file cannot be read or is no journal.
pub fn has_tokens(path: &Path) -> Result<Option<bool>> {
    let length = |path: &Path| std::fs::metadata(path).map(|file| file.len()).ok();
    let log = length(&beside(path, "-wal"));
    if log.is_some() && beside(path, "-shm").exists() {
        // A connection that only reads uses both files and removes neither.
        let opened = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
        return match opened.and_then(find_token) {
            Ok(found) => Ok(Some(found)),
            Err(error) if is_out_of_reach(&error) => Ok(None),
            Err(error) => Err(database_error(error)),
        };
    }
    if log.is_some_and(|length| length > 0) {
        return Ok(None);
    }
    // An empty file gets its tables at the first start.
    if length(path) == Some(0) {
        return Ok(Some(false));
    }
    // The file has everything, and no server has it open. SQLite makes no files beside one that
    // it takes for immutable.
    let absolute = std::path::absolute(path);
    let absolute = absolute.map_err(JournalError::file("cannot find", path))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let opened = Connection::open_with_flags(immutable_uri(&absolute), flags);
    opened
        .and_then(find_token)
        .map(Some)
        .map_err(database_error)
}

fn find_token(sql: Connection) -> rusqlite::Result<bool> {
    let query = "SELECT EXISTS (SELECT 1 FROM token)";
    sql.query_row(query, [], |row| row.get(0))
}

/// Whether the files are there and this process may not use them: they are another account's.
fn is_out_of_reach(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied)
    )
}

/// The file whose name is that of the database and a suffix.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The address of a file that SQLite is to take for immutable ("Uniform Resource Identifiers",
/// sqlite.org/uri.html).
fn immutable_uri(absolute: &Path) -> String {
    let mut uri = "file://".to_owned();
    for byte in absolute.as_os_str().as_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' => uri.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(*byte)),
            // Writing to a String cannot fail.
            byte => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri + "?mode=ro&immutable=1"
}
