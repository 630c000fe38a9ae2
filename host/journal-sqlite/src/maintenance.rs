//! Metrics and upkeep.

use std::path::Path;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use patchbay_journal::{
    Backup, CheckReport, CompactReport, ExpiryReport, Maintenance, OutboxState, RemovalListener,
    Result, Status, StorageState, WriteStats,
};
use rusqlite::params;

use super::{Query, SqliteJournal, append_suffix, backup, check, compact, outbox, schema, value};
use crate::database_error;
use crate::storage_monitor::free_files;

/// Name in `meta` of what a probe writes.
const PROBE: &str = "probe";
/// Size of that, in bytes.
const PROBE_BYTES: u32 = 64 << 10;

impl Maintenance for SqliteJournal {
    fn write_stats(&self) -> &WriteStats {
        self.writer.stats()
    }

    fn bytes(&self) -> u64 {
        ["", "-wal", "-shm"]
            .iter()
            .filter_map(|suffix| std::fs::metadata(append_suffix(&self.path, suffix)).ok())
            .map(|metadata| metadata.len())
            .sum()
    }

    fn storage(&self) -> StorageState {
        let directory = self
            .path
            .parent()
            .filter(|path| !path.as_os_str().is_empty());
        let disk = rustix::fs::statvfs(directory.unwrap_or(Path::new("."))).ok();
        StorageState {
            failure: self.writer.storage().failure(),
            free: disk
                .as_ref()
                .map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)),
            free_files: disk.and_then(|disk| free_files(disk.f_files, disk.f_favail)),
        }
    }

    fn probe(&self) -> Result<()> {
        self.write(1, |work| {
            // Needs new pages, as most writes do.
            let fill = "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, zeroblob(?2))";
            work.sql.run(fill, params![PROBE, PROBE_BYTES])?;
            Ok(())
        })?;
        self.write(1, |work| {
            work.sql.run("DELETE FROM meta WHERE name = ?1", [PROBE])?;
            Ok(())
        })
    }

    fn status(&self) -> Result<Status> {
        if self.unscrubbed.load(Ordering::SeqCst) {
            self.scrub()?;
        }
        let status = self.write(0, |work| {
            Ok(Status {
                newest: work.cache.newest(),
                pending: work.cache.pending(),
                pending_by_company: work.cache.pending_by_company(),
                commits: work.counts.commits,
                operations: work.counts.operations,
                ..Status::default()
            })
        })?;
        let unresolved = "SELECT count(*) FROM conversation WHERE live = 1 AND state <> 'resolved'";
        let outdated_words = "SELECT count(*) FROM outdated_words";
        self.read(|sql| {
            Ok(Status {
                outdated_words: sql.read_first(outdated_words, [], value)?.unwrap_or(0),
                unresolved: sql.read_first(unresolved, [], value)?.unwrap_or(0),
                outbox_waiting: outbox::count(sql, OutboxState::Waiting)?,
                outbox_dead: outbox::count(sql, OutboxState::Dead)?,
                bytes: self.bytes(),
                ..status
            })
        })
    }

    fn backup(&self, to: &Path) -> Result<Backup> {
        backup::backup(&self.path, to)
    }

    fn check(&self) -> Result<CheckReport> {
        let connection = schema::open_reader(&self.path)?;
        let transaction = connection.unchecked_transaction().map_err(database_error)?;
        check::check(&transaction, &self.vault)
    }

    fn compact(&self, before: Timestamp) -> Result<CompactReport> {
        compact::compact(self, before)
    }

    fn delete_expired(&self, now: Timestamp) -> Result<ExpiryReport> {
        compact::delete_expired(self, now)
    }

    fn delete_removed_files(&self) -> Result<bool> {
        self.delete_next_removed()
    }

    fn on_removed_files(&self, listener: RemovalListener) {
        self.removal.listen(listener);
    }
}

impl SqliteJournal {
    /// Remove traces of destroyed keys from the log. Returns whether none are
    /// left.
    pub(super) fn scrub(&self) -> Result<bool> {
        self.unscrubbed.store(true, Ordering::SeqCst);
        let scrubbed = schema::scrub(&self.path)?;
        self.unscrubbed.store(!scrubbed, Ordering::SeqCst);
        Ok(scrubbed)
    }
}
