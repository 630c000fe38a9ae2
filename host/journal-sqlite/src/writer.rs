//! The writer thread, and its group commit.
//!
//! While the disk is busy with one group, the operations of other threads
//! queue up and form the next. A group runs in one transaction and is answered
//! once that is durable. An operation checks everything before it writes
//! anything; one that is refused leaves the others alone. When the store fails,
//! the group is rolled back and each operation runs in a transaction of its
//! own, so that one that is too large for the disk fails alone.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use patchbay_journal::{JournalError, Result, WriteStats};
use rusqlite::Connection;

use super::{ByteCounter, Query, WriterCache};
use crate::storage_monitor::StorageMonitor;

/// Operations that may queue; further callers block.
const QUEUE: usize = 1024;
/// Weight at which a group is closed: about as many rows.
const GROUP_WEIGHT: usize = 4096;

/// The open transaction that an operation works on.
pub(super) struct WriteTransaction<'a> {
    pub(super) sql: &'a Connection,
    pub(super) cache: &'a mut WriterCache,
    pub(super) bytes: &'a ByteCounter,
    pub(super) counts: WriteCounts,
}

/// Totals since the writer was started.
#[derive(Clone, Copy, Default)]
pub(super) struct WriteCounts {
    pub(super) commits: u64,
    pub(super) operations: u64,
}

trait Task: Send {
    /// Run the operation; an error rolls the transaction back.
    fn run(&mut self, work: &mut WriteTransaction<'_>) -> Result<()>;
    /// Send the result, or the failure of the transaction, to the caller.
    fn answer(&mut self, failure: Option<JournalError>);
}

/// A task, and about how many rows it writes.
type WeightedTask = (usize, Box<dyn Task>);

struct Call<T, F, G> {
    /// Dropped before the caller is answered, so that the caller alone owns
    /// what the two share.
    operation: Option<F>,
    /// Called with a successful result, before the caller is answered, in the
    /// order of the operations.
    hook: Option<G>,
    result: Option<Result<T>>,
    reply: SyncSender<Result<T>>,
}

impl<T, F, G> Task for Call<T, F, G>
where
    T: Send,
    F: FnMut(&mut WriteTransaction<'_>) -> Result<T> + Send,
    G: FnOnce(&T) + Send,
{
    fn run(&mut self, work: &mut WriteTransaction<'_>) -> Result<()> {
        let operation = self.operation.as_mut().ok_or(JournalError::Closed)?;
        match operation(work) {
            Err(error) if error.is_failure() => Err(error),
            result => {
                self.result = Some(result);
                Ok(())
            }
        }
    }

    fn answer(&mut self, failure: Option<JournalError>) {
        let result = match failure {
            Some(error) => Err(error),
            None => self.result.take().unwrap_or(Err(JournalError::Closed)),
        };
        drop(self.operation.take());
        if let (Ok(value), Some(hook)) = (&result, self.hook.take()) {
            hook(value);
        }
        // The caller may be gone.
        let _ = self.reply.send(result);
    }
}

/// Handle of the writer thread. Dropping it finishes the queue.
pub(super) struct Writer {
    queue: Option<SyncSender<WeightedTask>>,
    thread: Option<JoinHandle<()>>,
    stats: Arc<WriteStats>,
    storage: StorageMonitor,
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        cache: WriterCache,
        bytes: ByteCounter,
    ) -> std::io::Result<Writer> {
        let (queue, tasks) = sync_channel(QUEUE);
        let stats = Arc::new(WriteStats::default());
        let storage = StorageMonitor::default();
        let thread = WriterThread {
            connection,
            cache,
            bytes,
            counts: WriteCounts::default(),
            stats: Arc::clone(&stats),
            storage: storage.clone(),
        };
        let thread = thread::Builder::new()
            .name("journal-writer".to_owned())
            .spawn(move || thread.run(&tasks))?;
        Ok(Writer {
            queue: Some(queue),
            thread: Some(thread),
            stats,
            storage,
        })
    }

    pub(super) fn stats(&self) -> &WriteStats {
        &self.stats
    }

    pub(super) fn storage(&self) -> &StorageMonitor {
        &self.storage
    }

    /// Run an operation and wait until its effect is durable. It may run more
    /// than once, each time after a rollback of everything it did. `hook` gets
    /// a successful result before this returns; hooks run one after the other
    /// in the order of the operations.
    pub(super) fn call<T: Send + 'static>(
        &self,
        weight: usize,
        operation: impl FnMut(&mut WriteTransaction<'_>) -> Result<T> + Send + 'static,
        hook: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = sync_channel(1);
        let call = Call {
            operation: Some(operation),
            hook: Some(hook),
            result: None,
            reply,
        };
        let queue = self.queue.as_ref().ok_or(JournalError::Closed)?;
        queue
            .send((weight, Box::new(call)))
            .map_err(|_| JournalError::Closed)?;
        answer.recv().map_err(|_| JournalError::Closed)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct WriterThread {
    connection: Connection,
    cache: WriterCache,
    bytes: ByteCounter,
    counts: WriteCounts,
    stats: Arc<WriteStats>,
    storage: StorageMonitor,
}

impl WriterThread {
    fn run(mut self, tasks: &Receiver<WeightedTask>) {
        let mut group = Vec::new();
        while let Ok((mut weight, task)) = tasks.recv() {
            group.push(task);
            while weight < GROUP_WEIGHT {
                let Ok((more, task)) = tasks.try_recv() else {
                    break;
                };
                weight += more;
                group.push(task);
            }
            self.run_group(&mut group);
            group.clear();
        }
        // Saves the next start a search; a failure does no harm.
        let _ = self
            .begin()
            .and_then(|()| self.cache.save_mark(&self.connection, true))
            .and_then(|()| self.end());
        let _ = self.connection.close();
    }

    fn run_group(&mut self, group: &mut [Box<dyn Task>]) {
        match self.run_transaction(group) {
            Ok(()) => group.iter_mut().for_each(|task| task.answer(None)),
            Err(error) if group.len() == 1 => group[0].answer(Some(error)),
            Err(_) => {
                for alone in group.chunks_mut(1) {
                    let failure = self.run_transaction(alone).err();
                    alone[0].answer(failure);
                }
            }
        }
    }

    fn run_transaction(&mut self, group: &mut [Box<dyn Task>]) -> Result<()> {
        let start = Instant::now();
        let changes = self.connection.total_changes();
        let result = self.begin().and_then(|()| {
            let mut work = WriteTransaction {
                sql: &self.connection,
                cache: &mut self.cache,
                bytes: &self.bytes,
                counts: self.counts,
            };
            group.iter_mut().try_for_each(|task| task.run(&mut work))?;
            self.cache.save_mark(&self.connection, false)?;
            self.bytes.save(&self.connection)?;
            self.end()
        });
        // A transaction that wrote nothing does not show that the disk works.
        if result.is_err() || self.connection.total_changes() > changes {
            self.storage.record(&result);
        }
        match result {
            Ok(()) => {
                let operations = group.len() as u64;
                self.cache.commit();
                self.bytes.commit();
                self.counts.commits += 1;
                self.counts.operations += operations;
                let micros = start.elapsed().as_micros();
                self.stats
                    .micros
                    .record(micros.try_into().unwrap_or(u64::MAX));
                self.stats.operations.record(operations);
            }
            Err(_) => {
                self.cache.roll_back();
                self.bytes.roll_back();
                // After some failures the database rolls back on its own.
                if !self.connection.is_autocommit() {
                    let _ = self.connection.execute_batch("ROLLBACK");
                }
            }
        }
        result
    }

    fn begin(&self) -> Result<()> {
        self.connection.run("BEGIN IMMEDIATE", []).map(drop)
    }

    fn end(&self) -> Result<()> {
        self.connection.run("COMMIT", []).map(drop)
    }
}
