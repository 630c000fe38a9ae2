//! Errors of SQLite as those of a journal.

use patchbay_journal::JournalError;
use rusqlite::ErrorCode;

/// The error of the journal that an error of SQLite is.
pub fn database_error(error: rusqlite::Error) -> JournalError {
    let text = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => JournalError::DiskFull,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => JournalError::Locked,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => JournalError::Corrupt(text),
        Some(
            ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied,
        ) => JournalError::Disk(text),
        Some(_) => JournalError::Database(text),
        None if matches!(error, rusqlite::Error::ToSqlConversionFailure(_)) => {
            JournalError::Database(text)
        }
        // Only a damaged value fails to convert back.
        None => JournalError::Corrupt(text),
    }
}
