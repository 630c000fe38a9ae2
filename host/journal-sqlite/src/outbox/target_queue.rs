//! Delivery order of what one conversation has for one target.
//!
//! Of the waiting items of such a queue only the first may be delivered; the
//! others are `held`. The flag is stored with the items, not computed when
//! something is due, so that a target that is down for a day does not slow the
//! search for other items.

use patchbay_journal::{CompanyId, ConversationId, Result};
use rusqlite::{Connection, params};

use crate::{Query, clamp_i64, id, value};

pub(super) struct TargetQueue {
    pub(super) company: CompanyId,
    pub(super) conversation: ConversationId,
    pub(super) target: String,
}

/// The waiting items of the queue ?1, ?2, ?3. The second condition on the state
/// lets the index of items that are not done serve.
const WAITING: &str = "company = ?1 AND conversation = ?2 AND target = ?3
    AND state = 'waiting' AND state <> 'done'";

impl TargetQueue {
    /// An item left the queue: release the new first item.
    pub(super) fn release_first(&self, sql: &Connection) -> Result<()> {
        if let Some(first) = self.find_first(sql)? {
            let query = "UPDATE outbox SET held = 0 WHERE number = ?1 AND held = 1";
            sql.run(query, [first])?;
        }
        Ok(())
    }

    /// An item came back, perhaps before others: hold all but the first.
    pub(super) fn hold_others(&self, sql: &Connection) -> Result<()> {
        self.release_first(sql)?;
        let Some(first) = self.find_first(sql)? else {
            return Ok(());
        };
        let query =
            format!("UPDATE outbox SET held = 1 WHERE {WAITING} AND held = 0 AND number > ?4");
        sql.run(
            &query,
            params![self.company.0, self.conversation.0, self.target, first],
        )?;
        Ok(())
    }

    /// Number of the first waiting item.
    pub(super) fn find_first(&self, sql: &Connection) -> Result<Option<i64>> {
        let key = params![self.company.0, self.conversation.0, self.target];
        sql.read_first(&first_query(), key, value)
    }
}

pub(super) fn first_query() -> String {
    format!("SELECT number FROM outbox WHERE {WAITING} ORDER BY number LIMIT 1")
}

/// Keys of at most `limit` items whose `held` flag is wrong.
pub(crate) fn find_misplaced(sql: &Connection, limit: usize) -> Result<Vec<(CompanyId, String)>> {
    sql.read_all(
        "SELECT company, key FROM
           (SELECT company, key, held, conversation IS NOT NULL AND state = 'waiting'
              AND lag(number) OVER (PARTITION BY company, conversation, target, state
                ORDER BY number) IS NOT NULL AS should
            FROM outbox WHERE state <> 'done')
         WHERE held <> should LIMIT ?1",
        [clamp_i64(limit)],
        |row| Ok((id(row, 0)?, row.get(1)?)),
    )
}
