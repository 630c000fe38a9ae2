//! Pool of connections that read.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};
use patchbay_journal::{JournalError, Result};
use patchbay_journal::{read_for, requester};
use rusqlite::Connection;

use super::{Query, schema};

/// Connections that read. No company's requests occupy all of them.
pub(super) struct ReaderPool {
    connections: Mutex<Connections>,
    returned: Condvar,
    per_company: usize,
}

struct Connections {
    idle: Vec<Connection>,
    /// Connections that each company's requests use now.
    used: HashMap<Arc<str>, usize>,
}

impl ReaderPool {
    pub(super) fn open(path: &Path, count: usize, per_company: usize) -> Result<ReaderPool> {
        let idle = (0..count.max(1)).map(|_| schema::open_reader(path));
        Ok(ReaderPool {
            connections: Mutex::new(Connections {
                idle: idle.collect::<Result<_, _>>()?,
                used: HashMap::new(),
            }),
            returned: Condvar::new(),
            per_company: per_company.max(1),
        })
    }

    /// Read from one snapshot of the database: what is committed now. Waits
    /// for an idle connection, and where the company's requests use as many as
    /// they may.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let company = requester();
        let guard = self.take(company);
        let sql = guard.connection.as_ref().ok_or(JournalError::Closed)?;
        // A read within this one must not wait for its own company.
        read_for(None, || {
            // Cached statements: parsing these two costs as much as a small read.
            sql.run("BEGIN", [])?;
            let result = read(sql)?;
            sql.run("COMMIT", [])?;
            Ok(result)
        })
    }

    fn take(&self, company: Option<Arc<str>>) -> ReaderGuard<'_> {
        let mut connections = self.connections.lock();
        loop {
            let used = company
                .as_ref()
                .and_then(|company| connections.used.get(company));
            let is_allowed = used.is_none_or(|used| *used < self.per_company);
            if is_allowed && let Some(connection) = connections.idle.pop() {
                if let Some(company) = &company {
                    *connections.used.entry(Arc::clone(company)).or_default() += 1;
                }
                return ReaderGuard {
                    connection: Some(connection),
                    company,
                    pool: self,
                };
            }
            self.returned.wait(&mut connections);
        }
    }
}

/// Returns its connection to the pool when dropped.
struct ReaderGuard<'a> {
    connection: Option<Connection>,
    company: Option<Arc<str>>,
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
        let mut connections = self.pool.connections.lock();
        connections.idle.extend(connection);
        if let Some(company) = &self.company
            && let Some(used) = connections.used.get_mut(company)
        {
            *used -= 1;
            if *used == 0 {
                connections.used.remove(company);
            }
        }
        drop(connections);
        // Whoever is woken may be of a company that uses as many as it may.
        self.pool.returned.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn reads_of_one_company_leave_connections_to_others() {
        let place = tempfile::tempdir().expect("a place");
        let path = place.path().join("journal.db");
        drop(schema::open_writer(&path, &[0; 16]).expect("a database"));
        let pool = ReaderPool::open(&path, 3, 2).expect("a pool");
        let loud = || Some(Arc::<str>::from("loud"));
        let (done, finished) = mpsc::channel();
        thread::scope(|scope| {
            let held = [pool.take(loud()), pool.take(loud())];
            for _ in 0..20 {
                let (pool, done) = (&pool, done.clone());
                scope.spawn(move || {
                    let read = read_for(loud(), || pool.read(|_| Ok(())));
                    let _ = done.send(read.is_ok());
                });
            }
            for _ in 0..100 {
                for company in [Some("quiet".into()), None] {
                    read_for(company, || pool.read(|_| Ok(()))).expect("a free connection");
                }
            }
            assert!(finished.try_recv().is_err(), "they still wait");
            drop(held);
        });
        assert_eq!(finished.iter().take(20).filter(|read| *read).count(), 20);
        assert!(pool.connections.lock().used.is_empty());
        assert_eq!(pool.connections.lock().idle.len(), 3);
    }
}
