//! Lines: what one conversation has for one target goes out in the order it was
//! put in.
//!
//! Of a line's items that wait only the first may be sent; the others are
//! `held`. That is kept with the items and not looked up when something falls
//! due, so that a target that takes nothing for a day does not make finding
//! work for the others slower.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::JournalError;
use crate::id::{CompanyId, ConversationId};
use crate::sqlite::row::limit;

pub(super) struct Line {
    pub(super) company: CompanyId,
    pub(super) conversation: ConversationId,
    pub(super) target: String,
}

/// The waiting items of the line ?1, ?2, ?3. It is said twice that they are
/// not done, so that the index of those serves.
const WAITING: &str = "company = ?1 AND conversation = ?2 AND target = ?3
    AND state = 'waiting' AND state <> 'done'";

impl Line {
    /// One of the line waits no more: its first item need not be held.
    pub(super) fn move_up(&self, sql: &Connection) -> Result<(), JournalError> {
        if let Some(first) = self.first(sql)? {
            sql.prepare_cached("UPDATE outbox SET held = 0 WHERE number = ?1 AND held = 1")?
                .execute([first])?;
        }
        Ok(())
    }

    /// One of the line waits again, perhaps before others: all but its first
    /// item are held.
    pub(super) fn line_up(&self, sql: &Connection) -> Result<(), JournalError> {
        self.move_up(sql)?;
        let Some(first) = self.first(sql)? else {
            return Ok(());
        };
        let query =
            format!("UPDATE outbox SET held = 1 WHERE {WAITING} AND held = 0 AND number > ?4");
        sql.prepare_cached(&query)?.execute(params![
            self.company,
            self.conversation,
            self.target,
            first
        ])?;
        Ok(())
    }

    /// The first item that waits.
    pub(super) fn first(&self, sql: &Connection) -> Result<Option<i64>, JournalError> {
        let first = sql
            .prepare_cached(&first())?
            .query_row(
                params![self.company, self.conversation, self.target],
                |row| row.get(0),
            )
            .optional()?;
        Ok(first)
    }
}

/// The query for the first item of a line that waits.
pub(super) fn first() -> String {
    format!("SELECT number FROM outbox WHERE {WAITING} ORDER BY number LIMIT 1")
}

/// Keys of items that are held and should not be, or the other way round; at
/// most so many.
pub(in crate::sqlite) fn astray(
    sql: &Connection,
    most: usize,
) -> Result<Vec<(CompanyId, String)>, JournalError> {
    let mut statement = sql.prepare(
        "SELECT company, key FROM
           (SELECT company, key, held, conversation IS NOT NULL AND state = 'waiting'
              AND lag(number) OVER (PARTITION BY company, conversation, target, state
                ORDER BY number) IS NOT NULL AS should
            FROM outbox WHERE state <> 'done')
         WHERE held <> should LIMIT ?1",
    )?;
    let rows = statement.query_map([limit(most)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
