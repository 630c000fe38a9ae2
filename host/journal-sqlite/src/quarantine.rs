//! Deliveries that could not be decoded, numbered in each company.

#[cfg(test)]
mod tests;

use patchbay_model::input;
use rusqlite::{Connection, Row, params};

use super::long_value::LongValue;
use super::{Micros, Query, SqliteJournal, append_audit, check_audit, clamp_i64, id, time, value};
use patchbay_journal::limits::{self, check_length};
use patchbay_journal::{
    AuditEntry, CompanyId, JournalError, NewQuarantined, Quarantine, QuarantineLimit,
    QuarantineOutcome, QuarantinedItem, Result,
};

/// Class of the digests of deliveries in quarantine; intake has those below.
const DIGEST: u8 = 7;

const COLUMNS: &str = "company, number, channel, account, received_at, place, reason, bytes";

fn item(row: &Row<'_>) -> rusqlite::Result<QuarantinedItem> {
    Ok(QuarantinedItem {
        company: id(row, 0)?,
        number: row.get(1)?,
        channel: row.get(2)?,
        account: row.get(3)?,
        received_at: time(row, 4)?,
        place: row.get(5)?,
        reason: row.get(6)?,
        bytes: row.get(7)?,
    })
}

impl Quarantine for SqliteJournal {
    fn quarantine(&self, mut new: NewQuarantined) -> Result<QuarantineOutcome> {
        check_length("channel", &new.channel, input::CODE_BYTES)?;
        check_length("account", &new.account, input::NAME_BYTES)?;
        let bounds = Bounds::default();
        check_length("sealed delivery", &new.sealed, bounds.bytes as usize)?;
        for text in [&mut new.place, &mut new.reason] {
            text.truncate(text.floor_char_boundary(limits::QUARANTINE_TEXT));
        }
        new.digest = self.vault.digest(DIGEST, &new.digest);
        self.write(1, move |work| match find_refusal(work.sql, &new, bounds)? {
            Some(outcome) => Ok(outcome),
            None => {
                work.bytes.check(new.company)?;
                let number = insert(work.sql, &new)?;
                Ok(QuarantineOutcome::Stored { number })
            }
        })
    }

    fn quarantined(
        &self,
        company: CompanyId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<QuarantinedItem>> {
        let query = format!(
            "SELECT {COLUMNS} FROM quarantine WHERE company = ?1 AND number > ?2
             ORDER BY number LIMIT ?3"
        );
        let params = params![company.0, clamp_i64(after), clamp_i64(limit)];
        self.read(|sql| sql.read_all(&query, params, item))
    }

    fn quarantined_item(
        &self,
        company: CompanyId,
        number: u64,
    ) -> Result<Option<(QuarantinedItem, Vec<u8>)>> {
        let query =
            format!("SELECT {COLUMNS}, sealed FROM quarantine WHERE company = ?1 AND number = ?2");
        self.read(|sql| {
            sql.read_first(&query, params![company.0, clamp_i64(number)], |row| {
                Ok((item(row)?, row.get(8)?))
            })
        })
    }

    fn remove_quarantined(
        &self,
        company: CompanyId,
        number: u64,
        audit: AuditEntry,
    ) -> Result<bool> {
        check_audit(&audit)?;
        self.write(2, move |work| {
            let removed = remove(work.sql, company, number)?;
            if removed {
                append_audit(work.sql, &audit)?;
            }
            Ok(removed)
        })
    }

    fn quarantine_counts(&self) -> Result<Vec<(CompanyId, u64)>> {
        let query = "SELECT company, count(*) FROM quarantine GROUP BY company";
        self.read(|sql| sql.read_all(query, [], |row| Ok((id(row, 0)?, row.get(1)?))))
    }
}

/// Most items and sealed bytes of one company.
#[derive(Clone, Copy)]
struct Bounds {
    items: u64,
    bytes: u64,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            items: limits::QUARANTINE_ITEMS,
            bytes: limits::QUARANTINE_BYTES,
        }
    }
}

/// Why a delivery is not stored, if it is not.
fn find_refusal(
    sql: &Connection,
    new: &NewQuarantined,
    bounds: Bounds,
) -> Result<Option<QuarantineOutcome>> {
    let known = sql.read_first(
        "SELECT number FROM quarantine
         WHERE company = ?1 AND channel = ?2 AND account = ?3 AND digest = ?4",
        params![new.company.0, new.channel, new.account, new.digest],
        value,
    )?;
    if let Some(number) = known {
        return Ok(Some(QuarantineOutcome::Known { number }));
    }
    let (items, bytes): (u64, u64) = sql
        .read_first(SIZE, [new.company.0], |row| Ok((row.get(0)?, row.get(1)?)))?
        .unwrap_or_default();
    let limit = if items >= bounds.items {
        QuarantineLimit::Items(bounds.items)
    } else if bytes.saturating_add(new.sealed.len() as u64) > bounds.bytes {
        QuarantineLimit::Bytes(bounds.bytes)
    } else {
        return Ok(None);
    };
    Ok(Some(QuarantineOutcome::Full { limit }))
}

const SIZE: &str = "SELECT count(*), ifnull(sum(bytes), 0) FROM quarantine WHERE company = ?1";

/// Store a delivery; returns its number.
fn insert(sql: &Connection, new: &NewQuarantined) -> Result<u64> {
    let number: Option<u64> = sql.read_first(
        "UPDATE company SET newest_quarantined = newest_quarantined + 1 WHERE id = ?1
         RETURNING newest_quarantined",
        [new.company.0],
        value,
    )?;
    let number = number.ok_or_else(|| JournalError::invalid("company", "does not exist"))?;
    let sealed = LongValue(&new.sealed);
    sql.run(
        "INSERT INTO quarantine (company, number, channel, account, received_at, place, reason,
           digest, bytes, sealed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            new.company.0,
            number,
            new.channel,
            new.account,
            Micros(new.received_at),
            new.place,
            new.reason,
            new.digest,
            new.sealed.len() as u64,
            sealed,
        ],
    )?;
    sealed.write(sql, "quarantine", "sealed")?;
    Ok(number)
}

/// Remove an item; whether there was one.
fn remove(sql: &Connection, company: CompanyId, number: u64) -> Result<bool> {
    let query = "DELETE FROM quarantine WHERE company = ?1 AND number = ?2";
    Ok(sql.run(query, params![company.0, clamp_i64(number)])? > 0)
}

/// Delete some of those that reached the host before a time.
pub(super) fn delete_older(sql: &Connection, cutoff: i64, most: i64) -> Result<u64> {
    sql.run(
        "DELETE FROM quarantine WHERE rowid IN (SELECT rowid FROM quarantine
           WHERE received_at < ?1 LIMIT ?2)",
        params![cutoff, most],
    )
}
