//! Counts the bytes that each company stores.
//!
//! Triggers of the writer's connection report each change of a row. Their sum is
//! written before a transaction ends, once for each company that it changed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use parking_lot::Mutex;
use patchbay_journal::{CompanyId, JournalError, Result, StoredBytes, Usage};
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use super::counted_table::{self, CountedTable};
use super::{Query, SqliteJournal, id};
use crate::database_error;

/// Name of the function that the triggers call.
const COUNT: &str = "count_stored_bytes";

impl Usage for SqliteJournal {
    fn stored_bytes(&self, company: CompanyId) -> StoredBytes {
        self.bytes.committed(company)
    }
}

/// How much companies may store.
#[derive(Clone, Debug)]
pub(super) struct StorageLimits {
    pub(super) of_each: u64,
    /// Limits of companies that differ, by name.
    pub(super) of: BTreeMap<String, u64>,
    pub(super) reserve: u64,
}

/// The counts. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct ByteCounter {
    limits: Arc<StorageLimits>,
    counts: Arc<Mutex<Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    /// As the database has it.
    committed: HashMap<CompanyId, i64>,
    /// Changes by the open transaction.
    changed: HashMap<CompanyId, i64>,
    /// Limits of companies that differ.
    limits: HashMap<CompanyId, u64>,
}

impl ByteCounter {
    /// Count the changes of the connection that writes from now on.
    pub(super) fn install(sql: &Connection, limits: StorageLimits) -> Result<ByteCounter> {
        let counts = Arc::new(Mutex::new(Counts::default()));
        let changed = Arc::clone(&counts);
        sql.create_scalar_function(COUNT, 2, FunctionFlags::SQLITE_UTF8, move |call| {
            let company: Option<u32> = call.get(0)?;
            let change: Option<i64> = call.get(1)?;
            if let (Some(company), Some(change)) = (company, change) {
                *changed
                    .lock()
                    .changed
                    .entry(CompanyId(company))
                    .or_default() += change;
            }
            Ok(0)
        })
        .map_err(database_error)?;
        let tables = CountedTable::all(sql)?;
        let mut triggers: String = tables.iter().map(|table| table.triggers(COUNT)).collect();
        triggers += &counted_table::special_triggers(COUNT, &tables);
        sql.execute_batch(&triggers).map_err(database_error)?;
        let counter = ByteCounter {
            limits: Arc::new(limits),
            counts,
        };
        let names = sql.read_all("SELECT id, name FROM company", [], |row| {
            Ok((id(row, 0)?, row.get::<_, String>(1)?))
        })?;
        for (company, name) in names {
            counter.set_name(company, &name);
        }
        counter.counts.lock().committed = read(sql)?;
        Ok(counter)
    }

    /// A company has this name: use its limit.
    pub(super) fn set_name(&self, company: CompanyId, name: &str) {
        if let Some(limit) = self.limits.of.get(name) {
            self.counts.lock().limits.insert(company, *limit);
        }
    }

    /// What a company stores as of the last commit.
    pub(super) fn committed(&self, company: CompanyId) -> StoredBytes {
        let counts = self.counts.lock();
        let used = counts.committed.get(&company).copied().unwrap_or(0);
        self.stored(&counts, company, used)
    }

    /// What a company stores in the open transaction.
    pub(super) fn current(&self, company: CompanyId) -> StoredBytes {
        let counts = self.counts.lock();
        let of = |counts: &HashMap<_, _>| counts.get(&company).copied().unwrap_or(0);
        let used = of(&counts.committed) + of(&counts.changed);
        self.stored(&counts, company, used)
    }

    /// Refuse a company that stores as much as it may.
    pub(super) fn check(&self, company: CompanyId) -> Result<()> {
        let stored = self.current(company);
        match stored.is_full() {
            true => Err(JournalError::CompanyFull {
                limit: stored.limit,
            }),
            false => Ok(()),
        }
    }

    fn stored(&self, counts: &Counts, company: CompanyId, used: i64) -> StoredBytes {
        let limit = counts.limits.get(&company);
        StoredBytes {
            used: u64::try_from(used).unwrap_or(0),
            limit: limit.copied().unwrap_or(self.limits.of_each),
            reserve: self.limits.reserve,
        }
    }

    /// Write the changes, within the transaction that made them.
    pub(super) fn save(&self, sql: &Connection) -> Result<()> {
        let counts = self.counts.lock();
        for (company, change) in counts.changed.iter().filter(|(_, change)| **change != 0) {
            add(sql, *company, *change)?;
        }
        Ok(())
    }

    /// The transaction was committed.
    pub(super) fn commit(&self) {
        let mut counts = self.counts.lock();
        let Counts {
            committed, changed, ..
        } = &mut *counts;
        for (company, change) in changed.drain() {
            *committed.entry(company).or_default() += change;
        }
    }

    /// The transaction was rolled back.
    pub(super) fn roll_back(&self) {
        self.counts.lock().changed.clear();
    }
}

fn add(sql: &Connection, company: CompanyId, change: i64) -> Result<()> {
    sql.run(
        "INSERT INTO stored_bytes (company, bytes) VALUES (?1, ?2)
         ON CONFLICT (company) DO UPDATE SET bytes = bytes + excluded.bytes",
        (company.0, change),
    )?;
    Ok(())
}

fn read(sql: &Connection) -> Result<HashMap<CompanyId, i64>> {
    let counts = sql.read_all("SELECT company, bytes FROM stored_bytes", [], |row| {
        Ok((id(row, 0)?, row.get(1)?))
    })?;
    Ok(counts.into_iter().collect())
}

/// Count everything anew: the schema has changed.
pub(super) fn recount(sql: &Connection) -> Result<()> {
    sql.run("DELETE FROM stored_bytes", [])?;
    for (company, bytes) in counted_table::count_all(sql)? {
        add(sql, company, bytes)?;
    }
    Ok(())
}

/// Companies whose stored count differs from what their rows amount to: the count
/// and that amount.
pub(super) fn find_differences(sql: &Connection) -> Result<Vec<(CompanyId, i64, i64)>> {
    let (stored, counted) = (read(sql)?, counted_table::count_all(sql)?);
    let mut companies: Vec<_> = stored.keys().chain(counted.keys()).copied().collect();
    companies.sort_unstable();
    companies.dedup();
    let of = |counts: &HashMap<_, _>, company| counts.get(&company).copied().unwrap_or(0);
    let both = |company| (company, of(&stored, company), of(&counted, company));
    let all = companies.into_iter().map(both);
    Ok(all
        .filter(|(_, stored, counted)| stored != counted)
        .collect())
}
