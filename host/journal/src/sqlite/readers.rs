//! A few connections that read, handed out one at a time.

use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};

use rusqlite::{Connection, Transaction};

use crate::error::JournalError;
use crate::sqlite::schema;

pub(super) struct Readers {
    idle: Mutex<Vec<Connection>>,
    returned: Condvar,
}

impl Readers {
    pub(super) fn open(path: &Path, count: usize) -> Result<Readers, JournalError> {
        let idle = (0..count.max(1))
            .map(|_| schema::reader(path))
            .collect::<Result<_, _>>()?;
        Ok(Readers {
            idle: Mutex::new(idle),
            returned: Condvar::new(),
        })
    }

    /// Read from one state of the database: what is committed now, and nothing
    /// that is committed meanwhile.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Transaction<'_>) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        let mut lent = self.lend();
        let connection = lent.connection.as_mut().ok_or(JournalError::Closed)?;
        let transaction = connection.transaction()?;
        let answer = read(&transaction)?;
        transaction.finish()?;
        Ok(answer)
    }

    fn lend(&self) -> Lent<'_> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(connection) = idle.pop() {
                return Lent {
                    connection: Some(connection),
                    from: self,
                };
            }
            idle = self
                .returned
                .wait(idle)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

struct Lent<'a> {
    connection: Option<Connection>,
    from: &'a Readers,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut idle = self
            .from
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        idle.extend(self.connection.take());
        drop(idle);
        self.from.returned.notify_one();
    }
}
