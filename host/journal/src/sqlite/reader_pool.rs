//! Pool of connections that read.

use std::path::Path;

use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;

use super::{Query, schema};
use crate::{JournalError, Result};

pub(super) struct ReaderPool {
    idle: Mutex<Vec<Connection>>,
    returned: Condvar,
}

impl ReaderPool {
    pub(super) fn open(path: &Path, count: usize) -> Result<ReaderPool> {
        let idle = (0..count.max(1)).map(|_| schema::open_reader(path));
        Ok(ReaderPool {
            idle: Mutex::new(idle.collect::<Result<_, _>>()?),
            returned: Condvar::new(),
        })
    }

    /// Read from one snapshot of the database: what is committed now. Waits
    /// for an idle connection.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let guard = self.take();
        let sql = guard.connection.as_ref().ok_or(JournalError::Closed)?;
        // Cached statements: parsing these two costs as much as a small read.
        sql.run("BEGIN", [])?;
        let result = read(sql)?;
        sql.run("COMMIT", [])?;
        Ok(result)
    }

    fn take(&self) -> ReaderGuard<'_> {
        let mut idle = self.idle.lock();
        loop {
            let connection = idle.pop();
            if connection.is_some() {
                return ReaderGuard {
                    connection,
                    pool: self,
                };
            }
            self.returned.wait(&mut idle);
        }
    }
}

/// Returns its connection to the pool when dropped.
struct ReaderGuard<'a> {
    connection: Option<Connection>,
    pool: &'a ReaderPool,
}

impl Drop for ReaderGuard<'_> {
    fn drop(&mut self) {
        let connection = self.connection.take();
        if let Some(sql) = &connection
            && !sql.is_autocommit()
        {
            // The read failed or panicked.
            let _ = sql.execute_batch("ROLLBACK");
        }
        self.pool.idle.lock().extend(connection);
        self.pool.returned.notify_one();
    }
}
