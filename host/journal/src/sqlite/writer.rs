//! The one thread that writes, and its group commit.
//!
//! Operations of many threads are collected while the disk is busy with the
//! last group, run in one transaction, and answered once that is durable. An
//! operation checks everything before it writes anything; one that is refused
//! leaves the others alone. When the store itself fails, the group is rolled
//! back and each operation gets a transaction of its own, so that one too
//! large for the disk does not take the others with it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use rusqlite::Connection;

use crate::error::JournalError;
use crate::maintain::Writes;
use crate::sqlite::ledger::Ledger;

/// Operations that may wait; whoever comes then waits to be let in.
const WAITING: usize = 1024;
/// Weight at which a group is closed: about as many rows.
const GROUP_WEIGHT: usize = 4096;

/// What an operation works on: the open transaction, and the ledger.
pub(super) struct Work<'a> {
    pub(super) sql: &'a Connection,
    pub(super) ledger: &'a mut Ledger,
    pub(super) counts: Counts,
}

/// What the writer did since it began.
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) commits: u64,
    pub(super) operations: u64,
}

trait Task: Send {
    /// Do it; an error means the transaction has to be rolled back.
    fn run(&mut self, work: &mut Work<'_>) -> Result<(), JournalError>;
    /// Tell the caller.
    fn answer(&mut self, failure: Option<JournalError>);
    fn weight(&self) -> usize;
}

struct Call<T, F, G> {
    /// Let go before the caller is told, so that what the two share is the
    /// caller's alone again.
    operation: Option<F>,
    weight: usize,
    /// Called where it came to something, before the caller is told and in the
    /// order in which operations were done.
    in_order: Option<G>,
    result: Option<Result<T, JournalError>>,
    reply: SyncSender<Result<T, JournalError>>,
}

impl<T, F, G> Task for Call<T, F, G>
where
    T: Send,
    F: FnMut(&mut Work<'_>) -> Result<T, JournalError> + Send,
    G: FnOnce(&T) + Send,
{
    fn run(&mut self, work: &mut Work<'_>) -> Result<(), JournalError> {
        let Some(operation) = &mut self.operation else {
            return Err(JournalError::Closed);
        };
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
        let in_order = self.in_order.take();
        if let (Ok(value), Some(in_order)) = (&result, in_order) {
            in_order(value);
        }
        // A caller that went away needs no answer.
        let _ = self.reply.send(result);
    }

    fn weight(&self) -> usize {
        self.weight
    }
}

/// Where operations are handed in.
pub(super) struct Writer {
    door: Option<SyncSender<Box<dyn Task>>>,
    thread: Option<JoinHandle<()>>,
    writes: Arc<Writes>,
}

impl Writer {
    pub(super) fn start(connection: Connection, ledger: Ledger) -> std::io::Result<Writer> {
        let (door, tasks) = sync_channel(WAITING);
        let writes = Arc::new(Writes::default());
        let counted = Arc::clone(&writes);
        let thread = thread::Builder::new()
            .name("journal-writer".to_owned())
            .spawn(move || {
                Desk {
                    connection,
                    ledger,
                    counts: Counts::default(),
                    writes: counted,
                }
                .serve(&tasks);
            })?;
        Ok(Writer {
            door: Some(door),
            thread: Some(thread),
            writes,
        })
    }

    /// How long writing took, and how much went together.
    pub(super) fn writes(&self) -> &Writes {
        &self.writes
    }

    /// Run an operation and wait until its effect is durable. It may be run
    /// more than once, each time after everything it did was rolled back.
    pub(super) fn call<T: Send + 'static>(
        &self,
        weight: usize,
        operation: impl FnMut(&mut Work<'_>) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        self.call_in_order(weight, operation, |_| {})
    }

    /// The same; and what it came to is given to `in_order` before this
    /// returns, one operation after the other as they were done.
    pub(super) fn call_in_order<T: Send + 'static>(
        &self,
        weight: usize,
        operation: impl FnMut(&mut Work<'_>) -> Result<T, JournalError> + Send + 'static,
        in_order: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, JournalError> {
        let (reply, answer) = sync_channel(1);
        let call = Call {
            operation: Some(operation),
            weight,
            in_order: Some(in_order),
            result: None,
            reply,
        };
        let door = self.door.as_ref().ok_or(JournalError::Closed)?;
        door.send(Box::new(call))
            .map_err(|_| JournalError::Closed)?;
        answer.recv().map_err(|_| JournalError::Closed)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.door.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Desk {
    connection: Connection,
    ledger: Ledger,
    counts: Counts,
    writes: Arc<Writes>,
}

impl Desk {
    fn serve(mut self, tasks: &Receiver<Box<dyn Task>>) {
        let mut group = Vec::new();
        while let Ok(first) = tasks.recv() {
            let mut weight = first.weight();
            group.push(first);
            while weight < GROUP_WEIGHT {
                let Ok(next) = tasks.try_recv() else { break };
                weight += next.weight();
                group.push(next);
            }
            self.settle(&mut group);
            group.clear();
        }
        // Spares the next start a search; not worth a word if it fails.
        let _ = self
            .begin()
            .and_then(|()| self.ledger.mark(&self.connection, true))
            .and_then(|()| self.end());
        let _ = self.connection.close();
    }

    fn settle(&mut self, group: &mut [Box<dyn Task>]) {
        match self.attempt(group) {
            Ok(()) => group.iter_mut().for_each(|task| task.answer(None)),
            Err(error) if group.len() == 1 => group[0].answer(Some(error)),
            Err(_) => {
                for alone in group.chunks_mut(1) {
                    let failure = self.attempt(alone).err();
                    alone[0].answer(failure);
                }
            }
        }
    }

    /// Run a group in one transaction, to the end or not at all.
    fn attempt(&mut self, group: &mut [Box<dyn Task>]) -> Result<(), JournalError> {
        let began = Instant::now();
        let done = self.begin().and_then(|()| {
            let mut work = Work {
                sql: &self.connection,
                ledger: &mut self.ledger,
                counts: self.counts,
            };
            group.iter_mut().try_for_each(|task| task.run(&mut work))?;
            self.ledger.mark(&self.connection, false)?;
            self.end()
        });
        match done {
            Ok(()) => {
                self.ledger.keep();
                self.counts.commits += 1;
                self.counts.operations += group.len() as u64;
                let micros = began.elapsed().as_micros();
                self.writes
                    .micros
                    .record(u64::try_from(micros).unwrap_or(u64::MAX));
                self.writes.operations.record(group.len() as u64);
            }
            Err(_) => {
                self.ledger.roll_back();
                // After some failures the database has rolled back by itself.
                if !self.connection.is_autocommit() {
                    let _ = self.connection.execute_batch("ROLLBACK");
                }
            }
        }
        done
    }

    fn begin(&self) -> Result<(), JournalError> {
        self.connection
            .prepare_cached("BEGIN IMMEDIATE")?
            .execute([])?;
        Ok(())
    }

    fn end(&self) -> Result<(), JournalError> {
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }
}
