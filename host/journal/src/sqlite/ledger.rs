//! What the writer knows by heart: the next numbers, and which inputs nobody
//! has dealt with. It always equals what the database holds, or would hold if
//! the transaction under way commits; a rolled back transaction is undone here
//! too.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, OptionalExtension};

use crate::error::JournalError;
use crate::id::{CompanyId, Ordinal};

/// Ordinals the mark below which all is done may lag behind. It only spares the
/// next start a search, so it is written now and then.
const MARK_LAG: u64 = 4096;
const DONE_BELOW: &str = "done_below";
const NEWEST: &str = "newest";

#[derive(Default)]
pub(super) struct Ledger {
    last: u64,
    pending: BTreeMap<u64, CompanyId>,
    by_company: HashMap<CompanyId, u64>,
    feeds: HashMap<CompanyId, u64>,
    marked: u64,
    undo: Vec<Undo>,
}

enum Undo {
    Took(u64),
    Did(u64, CompanyId),
    Fed(CompanyId, u64),
}

impl Ledger {
    /// Read it from the database.
    pub(super) fn load(connection: &Connection) -> Result<Ledger, JournalError> {
        let marked = done_below(connection)?;
        let newest: Option<u64> =
            connection.query_row("SELECT max(ordinal) FROM inbound", [], |row| row.get(0))?;
        let mut ledger = Ledger {
            last: newest.unwrap_or(0).max(number(connection, NEWEST)?),
            marked,
            ..Ledger::default()
        };
        let mut statement = connection.prepare(
            "SELECT i.ordinal, i.company FROM inbound i WHERE i.ordinal > ?1 AND NOT EXISTS
               (SELECT 1 FROM entry e WHERE e.company = i.company AND e.input = i.ordinal)",
        )?;
        let mut rows = statement.query([marked])?;
        while let Some(row) = rows.next()? {
            ledger.put(row.get(0)?, CompanyId(row.get(1)?));
        }
        Ok(ledger)
    }

    pub(super) fn newest(&self) -> Ordinal {
        Ordinal(self.last)
    }

    pub(super) fn pending(&self) -> u64 {
        self.pending.len() as u64
    }

    pub(super) fn pending_of(&self, company: CompanyId) -> u64 {
        self.by_company.get(&company).copied().unwrap_or(0)
    }

    pub(super) fn pending_by_company(&self) -> Vec<(CompanyId, u64)> {
        let counts = self.by_company.iter().filter(|(_, count)| **count > 0);
        let mut counts: Vec<_> = counts.map(|(company, count)| (*company, *count)).collect();
        counts.sort_unstable();
        counts
    }

    /// Whose pending input an ordinal is.
    pub(super) fn pending_at(&self, ordinal: Ordinal) -> Option<CompanyId> {
        self.pending.get(&ordinal.0).copied()
    }

    /// Give the next ordinal to a new input.
    pub(super) fn take(&mut self, company: CompanyId) -> Ordinal {
        self.last += 1;
        self.put(self.last, company);
        self.undo.push(Undo::Took(self.last));
        Ordinal(self.last)
    }

    /// An input is dealt with.
    pub(super) fn done(&mut self, ordinal: Ordinal) {
        if let Some(company) = self.drop(ordinal.0) {
            self.undo.push(Undo::Did(ordinal.0, company));
        }
    }

    /// Give a company's feed so many numbers; answers the first.
    pub(super) fn feed(
        &mut self,
        connection: &Connection,
        company: CompanyId,
        count: u64,
    ) -> Result<u64, JournalError> {
        let last = match self.feeds.get(&company) {
            Some(last) => *last,
            None => newest_feed(connection, company)?,
        };
        self.feeds.insert(company, last + count);
        self.undo.push(Undo::Fed(company, last));
        Ok(last + 1)
    }

    /// Every ordinal up to this one is done.
    pub(super) fn done_below(&self) -> u64 {
        match self.pending.first_key_value() {
            Some((first, _)) => first - 1,
            None => self.last,
        }
    }

    /// Write the mark, within the transaction under way, if it lags far behind
    /// or `now`.
    pub(super) fn mark(&mut self, connection: &Connection, now: bool) -> Result<(), JournalError> {
        let below = self.done_below();
        if below >= self.marked + MARK_LAG || (now && below > self.marked) {
            set_number(connection, DONE_BELOW, below)?;
            // If this transaction fails, the mark is written later: no matter.
            self.marked = below;
        }
        Ok(())
    }

    /// Write the newest ordinal, within the transaction under way: its row is
    /// about to go, and its number must not be given again.
    pub(super) fn remember_newest(&self, connection: &Connection) -> Result<(), JournalError> {
        set_number(connection, NEWEST, self.last)
    }

    /// The transaction under way is durable.
    pub(super) fn keep(&mut self) {
        self.undo.clear();
    }

    /// The transaction under way was rolled back.
    pub(super) fn roll_back(&mut self) {
        while let Some(undo) = self.undo.pop() {
            match undo {
                Undo::Took(ordinal) => {
                    self.drop(ordinal);
                    self.last = ordinal - 1;
                }
                Undo::Did(ordinal, company) => self.put(ordinal, company),
                Undo::Fed(company, last) => {
                    self.feeds.insert(company, last);
                }
            }
        }
    }

    fn put(&mut self, ordinal: u64, company: CompanyId) {
        self.pending.insert(ordinal, company);
        *self.by_company.entry(company).or_default() += 1;
    }

    fn drop(&mut self, ordinal: u64) -> Option<CompanyId> {
        let company = self.pending.remove(&ordinal)?;
        if let Some(count) = self.by_company.get_mut(&company) {
            *count -= 1;
        }
        Some(company)
    }
}

/// The mark below which every input is done, as last written.
pub(super) fn done_below(connection: &Connection) -> Result<u64, JournalError> {
    number(connection, DONE_BELOW)
}

/// A number kept under a name; 0 until it is written.
fn number(connection: &Connection, name: &str) -> Result<u64, JournalError> {
    let kept: Option<[u8; 8]> = connection
        .prepare_cached("SELECT value FROM meta WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    Ok(kept.map_or(0, u64::from_le_bytes))
}

fn set_number(connection: &Connection, name: &str, number: u64) -> Result<(), JournalError> {
    connection
        .prepare_cached(
            "INSERT INTO meta (name, value) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )?
        .execute(rusqlite::params![name, number.to_le_bytes()])?;
    Ok(())
}

/// Highest number of a company's feed; 0 before the first entry.
pub(super) fn newest_feed(
    connection: &Connection,
    company: CompanyId,
) -> Result<u64, JournalError> {
    let newest: Option<u64> = connection
        .prepare_cached("SELECT max(feed) FROM entry WHERE company = ?1")?
        .query_row([company.0], |row| row.get(0))?;
    let oldest: Option<u64> = connection
        .prepare_cached("SELECT feed_oldest FROM company WHERE id = ?1")?
        .query_row([company.0], |row| row.get(0))
        .optional()?;
    Ok(newest.unwrap_or(0).max(oldest.unwrap_or(1) - 1))
}
