//! Whether the store can write.

use jiff::Timestamp;

use crate::JournalError;

/// A store that cannot write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageFailure {
    /// When the first of the failed writes failed.
    pub since: Timestamp,
    /// The error of the last one. Names files.
    pub error: String,
    /// Whether the disk is full.
    pub is_disk_full: bool,
}

/// The state of the store's disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StorageState {
    /// Set while the last write failed because of the disk or the database.
    pub failure: Option<StorageFailure>,
    /// Bytes that this process may still write to the disk; absent where the
    /// system does not say.
    pub free: Option<u64>,
    /// Files that this process may still create on it (free inodes); absent where the
    /// system does not say, and where the file system has no fixed number of them.
    pub free_files: Option<u64>,
}

impl JournalError {
    /// Whether the disk is full, or a quota is used up: the call succeeds once
    /// there is space.
    pub fn is_disk_full(&self) -> bool {
        match self {
            JournalError::DiskFull => true,
            JournalError::File { error, .. } => matches!(
                error.kind(),
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded
            ),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_shows_in_errors_of_files_too() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = JournalError::file("cannot write", std::path::Path::new("a"))(full);
        assert!(error.is_disk_full());
        assert!(!JournalError::Disk("broken".to_owned()).is_disk_full());
    }
}
