//! A few connections that read, handed out one at a time.

use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};

use rusqlite::Connection;

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
        read: impl FnOnce(&Connection) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        let lent = self.lend();
        let connection = lent.connection.as_ref().ok_or(JournalError::Closed)?;
        // Kept as statements: parsing these two each time would cost as much as
        // a small read.
        connection.prepare_cached("BEGIN")?.execute([])?;
        let answer = read(connection)?;
        connection.prepare_cached("COMMIT")?.execute([])?;
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
        let connection = self.connection.take();
        if let Some(connection) = &connection
            && !connection.is_autocommit()
        {
            // The read failed or panicked.
            let _ = connection.execute_batch("ROLLBACK");
        }
        let mut idle = self
            .from
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        idle.extend(connection);
        drop(idle);
        self.from.returned.notify_one();
    }
}
