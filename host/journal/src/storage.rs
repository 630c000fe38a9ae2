//! Whether the store can write.

use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;

use crate::{JournalError, Result};

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

/// Files that may still be created on a file system with `total` inodes. One that
/// makes inodes as it needs them, as btrfs does, has 0 in total.
pub(crate) fn free_files(total: u64, available: u64) -> Option<u64> {
    (total > 0).then_some(available)
}

/// Remembers how the last write ended. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct StorageMonitor(Arc<Mutex<Option<StorageFailure>>>);

impl StorageMonitor {
    /// Record how a write ended. An error that is not the store's changes
    /// nothing.
    pub(crate) fn record<T>(&self, result: &Result<T>) {
        let mut failure = self.0.lock();
        match result {
            Ok(_) => *failure = None,
            Err(error) if error.is_failure() => {
                let since = failure.as_ref().map(|failure| failure.since);
                *failure = Some(StorageFailure {
                    since: since.unwrap_or_else(Timestamp::now),
                    error: error.to_string(),
                    is_disk_full: error.is_disk_full(),
                });
            }
            Err(_) => {}
        }
    }

    pub(crate) fn failure(&self) -> Option<StorageFailure> {
        self.0.lock().clone()
    }
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
    fn a_failure_lasts_from_the_first_failed_write_to_the_next_that_succeeds() {
        let monitor = StorageMonitor::default();
        monitor.record(&Err::<(), _>(JournalError::DiskFull));
        let first = monitor.failure().expect("it failed");
        assert!(first.is_disk_full);
        monitor.record(&Err::<(), _>(JournalError::Disk("broken".to_owned())));
        let second = monitor.failure().expect("it still fails");
        assert_eq!(second.since, first.since);
        assert!(second.error.contains("broken") && !second.is_disk_full);
        monitor.record(&Err::<(), _>(JournalError::NoGeneration(1)));
        assert_eq!(monitor.failure(), Some(second), "not an error of the store");
        monitor.record(&Ok(()));
        assert_eq!(monitor.failure(), None);
    }

    #[test]
    fn a_full_disk_shows_in_errors_of_files_too() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = JournalError::file("cannot write", std::path::Path::new("a"))(full);
        assert!(error.is_disk_full());
        assert!(!JournalError::Disk("broken".to_owned()).is_disk_full());
    }

    #[test]
    fn a_file_system_without_a_number_of_inodes_has_no_free_ones_to_count() {
        assert_eq!(free_files(0, 0), None, "btrfs");
        assert_eq!(free_files(1_000, 0), Some(0), "none is left");
        assert_eq!(free_files(1_000, 7), Some(7));
    }
}
