//! What customers said about messages to them, the latest of each kind.

use patchbay_journal::limits::check_length;
use patchbay_journal::{CompanyId, ContactId, OptOut, OptOuts, Result};
use patchbay_model::input;
use rusqlite::{Connection, Row, params};

use super::{Micros, Query, SqliteJournal, id, time};

impl OptOuts for SqliteJournal {
    fn record_opt_out(&self, new: OptOut) -> Result<bool> {
        for (what, code) in [
            ("channel", &new.channel),
            ("purpose", &new.purpose),
            ("source", &new.source),
        ] {
            check_length(what, code, input::CODE_BYTES)?;
        }
        check_length("account", &new.account, input::NAME_BYTES)?;
        // Most words that opt in are answers of people who never opted out.
        let stored = self.opt_outs(new.company, new.contact)?;
        let is_same = |old: &&OptOut| {
            (&old.channel, &old.account, &old.purpose) == (&new.channel, &new.account, &new.purpose)
        };
        if !stored.iter().any(|old| is_same(&old)) && !new.is_opted_out {
            return Ok(false);
        }
        self.write(1, move |work| {
            work.bytes.check(new.company)?;
            record(work.sql, &new)
        })
    }

    fn opt_outs(&self, company: CompanyId, contact: ContactId) -> Result<Vec<OptOut>> {
        let query = "SELECT company, contact, channel, account, purpose, is_opted_out, source, at
             FROM opt_out WHERE company = ?1 AND contact = ?2 ORDER BY channel, account, purpose";
        self.read(|sql| sql.read_all(query, params![company.0, contact.0], opt_out))
    }
}

fn opt_out(row: &Row<'_>) -> rusqlite::Result<OptOut> {
    Ok(OptOut {
        company: id(row, 0)?,
        contact: id(row, 1)?,
        channel: row.get(2)?,
        account: row.get(3)?,
        purpose: row.get(4)?,
        is_opted_out: row.get(5)?,
        source: row.get(6)?,
        at: time(row, 7)?,
    })
}

/// Stores what is newer than the stored. Of two at one time, the opt-out counts.
fn record(sql: &Connection, new: &OptOut) -> Result<bool> {
    let changed = sql.run(
        "INSERT INTO opt_out (company, contact, channel, account, purpose, is_opted_out, source, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE SET is_opted_out = ?6, source = ?7, at = ?8
         WHERE ?8 > at OR (?8 = at AND ?6 > is_opted_out)",
        params![
            new.company.0,
            new.contact.0,
            new.channel,
            new.account,
            new.purpose,
            new.is_opted_out,
            new.source,
            Micros(new.at),
        ],
    )?;
    Ok(changed > 0)
}

/// Deletes what a contact said.
pub(super) fn delete_of_contact(
    sql: &Connection,
    company: CompanyId,
    contact: ContactId,
) -> Result<()> {
    let query = "DELETE FROM opt_out WHERE company = ?1 AND contact = ?2";
    sql.run(query, params![company.0, contact.0])?;
    Ok(())
}
