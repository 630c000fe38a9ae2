//! Deliveries as they came, the newest of each company.

use patchbay_journal::limits::{self, check_length};
use patchbay_journal::{CompanyId, ContactId, NewOriginal, Original, Originals, Result};
use patchbay_model::input;
use rusqlite::{Connection, params};

use super::long_value::LongValue;
use super::{Micros, Query, SqliteJournal, id, value};

impl Originals for SqliteJournal {
    fn store_original(&self, new: NewOriginal, most_bytes: u64) -> Result<()> {
        check_length("channel", &new.channel, input::CODE_BYTES)?;
        check_length("account", &new.account, input::NAME_BYTES)?;
        check_length("message id", &new.message, input::ID_BYTES)?;
        check_length("sealed delivery", &new.sealed, limits::ORIGINAL)?;
        if new.sealed.len() as u64 > most_bytes {
            return Ok(());
        }
        self.write(1, move |work| {
            if is_stored(work.sql, &new)? {
                return Ok(());
            }
            let start = end(work.sql, new.company)?;
            let kept = most_bytes - new.sealed.len() as u64;
            delete_before(work.sql, new.company, start.saturating_sub(kept))?;
            // What was deleted is room in what the company may store in all.
            work.bytes.check(new.company)?;
            insert(work.sql, &new, start)
        })
    }

    fn original(
        &self,
        company: CompanyId,
        channel: &str,
        account: &str,
        message: &str,
    ) -> Result<Option<Original>> {
        let query = "SELECT contact, sealed FROM original
             WHERE company = ?1 AND channel = ?2 AND account = ?3 AND message = ?4";
        self.read(|sql| {
            sql.read_first(
                query,
                params![company.0, channel, account, message],
                |row| {
                    Ok(Original {
                        contact: id(row, 0)?,
                        sealed: row.get(1)?,
                    })
                },
            )
        })
    }
}

fn is_stored(sql: &Connection, new: &NewOriginal) -> Result<bool> {
    let query = "SELECT 1 FROM original
         WHERE company = ?1 AND channel = ?2 AND account = ?3 AND message = ?4";
    let key = params![new.company.0, new.channel, new.account, new.message];
    sql.has_row(query, key)
}

/// The place after a company's newest.
fn end(sql: &Connection, company: CompanyId) -> Result<u64> {
    let query = "SELECT start + octet_length(sealed) FROM original WHERE company = ?1
         ORDER BY start DESC LIMIT 1";
    Ok(sql
        .read_first(query, [company.0], value)?
        .unwrap_or_default())
}

/// Deletes those that begin before a place.
fn delete_before(sql: &Connection, company: CompanyId, place: u64) -> Result<()> {
    let query = "DELETE FROM original WHERE company = ?1 AND start < ?2";
    sql.run(query, params![company.0, place])?;
    Ok(())
}

fn insert(sql: &Connection, new: &NewOriginal, start: u64) -> Result<()> {
    let sealed = LongValue(&new.sealed);
    sql.run(
        "INSERT INTO original (company, start, channel, account, message, contact, received_at,
           sealed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            new.company.0,
            start,
            new.channel,
            new.account,
            new.message,
            new.contact.0,
            Micros(new.received_at),
            sealed,
        ],
    )?;
    sealed.write(sql, "original", "sealed")
}

/// Deletes those of a contact.
pub(super) fn delete_of_contact(
    sql: &Connection,
    company: CompanyId,
    contact: ContactId,
) -> Result<()> {
    let query = "DELETE FROM original WHERE company = ?1 AND contact = ?2";
    sql.run(query, params![company.0, contact.0])?;
    Ok(())
}

/// Deletes some of those that reached the host before a time.
pub(super) fn delete_older(sql: &Connection, cutoff: i64, most: i64) -> Result<u64> {
    sql.run(
        "DELETE FROM original WHERE rowid IN (SELECT rowid FROM original
           WHERE received_at < ?1 LIMIT ?2)",
        params![cutoff, most],
    )
}
