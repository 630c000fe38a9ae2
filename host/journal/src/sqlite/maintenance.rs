//! Metrics and upkeep.

use std::path::Path;
use std::sync::atomic::Ordering;

use jiff::Timestamp;

use super::{Query, SqliteJournal, append_suffix, backup, check, compact, outbox, schema, value};
use crate::{
    Backup, CheckReport, CompactReport, Maintenance, OutboxState, Result, Status, WriteStats,
};

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
        self.read(|sql| {
            Ok(Status {
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
        let transaction = connection.unchecked_transaction()?;
        check::check(&transaction, &self.vault)
    }

    fn compact(&self, before: Timestamp) -> Result<CompactReport> {
        compact::compact(self, before)
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
