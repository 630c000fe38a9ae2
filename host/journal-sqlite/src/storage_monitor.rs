//! How the last write to the disk ended.

use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use patchbay_journal::{Result, StorageFailure};

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

#[cfg(test)]
mod tests {
    use patchbay_journal::JournalError;

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
    fn a_file_system_without_a_number_of_inodes_has_no_free_ones_to_count() {
        assert_eq!(free_files(0, 0), None, "btrfs");
        assert_eq!(free_files(1_000, 0), Some(0), "none is left");
        assert_eq!(free_files(1_000, 7), Some(7));
    }
}
