//! Writer-thread cache of next ids and pending inputs; rolled back with the
//! transaction.

use std::collections::{BTreeMap, HashMap};

use patchbay_journal::{CompanyId, Ordinal, Result};
use rusqlite::Connection;

use super::{Query, id, read_number, value, write_number};
use crate::database_error;

/// How far the stored mark may lag behind. It only saves the next start a
/// search, so it is written rarely.
const MARK_LAG: u64 = 4096;
/// Number in `meta`: every input up to this ordinal is decided.
const DECIDED: &str = "done_below";
/// Number in `meta`: the newest ordinal, once compaction deletes inputs.
const NEWEST: &str = "newest";

/// Always equals the database as it is after the current transaction.
#[derive(Default)]
pub(super) struct WriterCache {
    last: u64,
    pending: BTreeMap<u64, CompanyId>,
    by_company: HashMap<CompanyId, u64>,
    feeds: HashMap<CompanyId, u64>,
    marked: u64,
    undo: Vec<Undo>,
}

enum Undo {
    Accept(u64),
    Decide(u64, CompanyId),
    Feed(CompanyId, u64),
}

impl WriterCache {
    pub(super) fn load(sql: &Connection) -> Result<WriterCache> {
        let marked = decided_mark(sql)?;
        let newest: Option<u64> = sql
            .query_row("SELECT max(ordinal) FROM inbound", [], |row| row.get(0))
            .map_err(database_error)?;
        let mut cache = WriterCache {
            last: newest.unwrap_or(0).max(read_number(sql, NEWEST)?),
            marked,
            ..WriterCache::default()
        };
        let pending = sql.read_all(
            "SELECT i.ordinal, i.company FROM inbound i WHERE i.ordinal > ?1 AND NOT EXISTS
               (SELECT 1 FROM entry e WHERE e.company = i.company AND e.input = i.ordinal)",
            [marked],
            |row| Ok((row.get(0)?, id(row, 1)?)),
        )?;
        for (ordinal, company) in pending {
            cache.add_pending(ordinal, company);
        }
        Ok(cache)
    }

    pub(super) fn newest(&self) -> Ordinal {
        Ordinal(self.last)
    }

    /// Number of pending inputs.
    pub(super) fn pending(&self) -> u64 {
        self.pending.len() as u64
    }

    /// Number of a company's pending inputs.
    pub(super) fn pending_of(&self, company: CompanyId) -> u64 {
        self.by_company.get(&company).copied().unwrap_or(0)
    }

    pub(super) fn pending_by_company(&self) -> Vec<(CompanyId, u64)> {
        let counts = self.by_company.iter().filter(|(_, count)| **count > 0);
        let mut counts: Vec<_> = counts.map(|(company, count)| (*company, *count)).collect();
        counts.sort_unstable();
        counts
    }

    /// The company of a pending input.
    pub(super) fn company_of(&self, pending: Ordinal) -> Option<CompanyId> {
        self.pending.get(&pending.0).copied()
    }

    /// Assign the next ordinal to a new input.
    pub(super) fn assign_ordinal(&mut self, company: CompanyId) -> Ordinal {
        self.last += 1;
        self.add_pending(self.last, company);
        self.undo.push(Undo::Accept(self.last));
        Ordinal(self.last)
    }

    /// Record that an input is decided.
    pub(super) fn decide(&mut self, input: Ordinal) {
        if let Some(company) = self.remove_pending(input.0) {
            self.undo.push(Undo::Decide(input.0, company));
        }
    }

    /// Assign `count` numbers of a company's feed; returns the first.
    pub(super) fn assign_feed(
        &mut self,
        sql: &Connection,
        company: CompanyId,
        count: u64,
    ) -> Result<u64> {
        let last = match self.feeds.get(&company) {
            Some(last) => *last,
            None => newest_feed(sql, company)?,
        };
        self.feeds.insert(company, last + count);
        self.undo.push(Undo::Feed(company, last));
        Ok(last + 1)
    }

    /// Store the mark below which all inputs are decided, within the current
    /// transaction, if it lags far behind or `now`.
    pub(super) fn save_mark(&mut self, sql: &Connection, now: bool) -> Result<()> {
        let decided = match self.pending.first_key_value() {
            Some((first, _)) => first - 1,
            None => self.last,
        };
        if decided >= self.marked + MARK_LAG || (now && decided > self.marked) {
            write_number(sql, DECIDED, decided)?;
            // If the transaction fails, a later one stores the mark.
            self.marked = decided;
        }
        Ok(())
    }

    /// Store the newest ordinal, within the current transaction: its row is
    /// about to be deleted, and it must not be assigned again.
    pub(super) fn save_newest(&self, sql: &Connection) -> Result<()> {
        write_number(sql, NEWEST, self.last)
    }

    /// The current transaction was committed.
    pub(super) fn commit(&mut self) {
        self.undo.clear();
    }

    /// The current transaction was rolled back.
    pub(super) fn roll_back(&mut self) {
        while let Some(undo) = self.undo.pop() {
            match undo {
                Undo::Accept(ordinal) => {
                    self.remove_pending(ordinal);
                    self.last = ordinal - 1;
                }
                Undo::Decide(ordinal, company) => self.add_pending(ordinal, company),
                Undo::Feed(company, last) => {
                    self.feeds.insert(company, last);
                }
            }
        }
    }

    fn add_pending(&mut self, ordinal: u64, company: CompanyId) {
        self.pending.insert(ordinal, company);
        *self.by_company.entry(company).or_default() += 1;
    }

    fn remove_pending(&mut self, ordinal: u64) -> Option<CompanyId> {
        let company = self.pending.remove(&ordinal)?;
        if let Some(count) = self.by_company.get_mut(&company) {
            *count -= 1;
        }
        Some(company)
    }
}

/// The stored mark: every input up to this ordinal is decided.
pub(super) fn decided_mark(sql: &Connection) -> Result<u64> {
    read_number(sql, DECIDED)
}

/// Highest number of a company's feed; 0 before the first entry.
pub(super) fn newest_feed(sql: &Connection, company: CompanyId) -> Result<u64> {
    let newest = sql.read_first(
        "SELECT max(feed) FROM entry WHERE company = ?1",
        [company.0],
        value::<Option<u64>>,
    )?;
    Ok(newest
        .flatten()
        .unwrap_or(0)
        .max(oldest_feed(sql, company)? - 1))
}

/// Lowest number of a company's feed that is still stored.
pub(super) fn oldest_feed(sql: &Connection, company: CompanyId) -> Result<u64> {
    let query = "SELECT feed_oldest FROM company WHERE id = ?1";
    let oldest = sql.read_first(query, [company.0], value::<u64>)?;
    Ok(oldest.unwrap_or(1))
}
