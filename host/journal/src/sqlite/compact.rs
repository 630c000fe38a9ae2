//! Compaction: deletion by age, in steps small enough that other writes run
//! between them.

use jiff::Timestamp;
use rusqlite::{Connection, ToSql, params};

use super::{Query, SqliteJournal, UNSENT, WriteTransaction, value};
use crate::{CompactReport, CompanyId, ConversationId, Result};

/// Rows deleted in one step.
const STEP: usize = 256;
/// Free pages returned to the file system in one step.
const PAGES: u32 = 1024;

/// Delete what was last changed before a time.
pub(super) fn compact(journal: &SqliteJournal, before: Timestamp) -> Result<CompactReport> {
    let mut deleted = CompactReport::default();
    let cutoff = before.as_microsecond();

    // By row number, so that each row that stays is passed once.
    let mut after = i64::MIN;
    loop {
        let stale = journal.read(|sql| find_stale(sql, after, cutoff))?;
        let Some((last, _, _)) = stale.last() else {
            break;
        };
        after = *last;
        let step = journal.write(stale.len() * 8, move |work| {
            let mut step = CompactReport::default();
            work.cache.save_newest(work.sql)?;
            for (_, company, id) in &stale {
                delete_conversation(work.sql, *company, *id, cutoff, &mut step)?;
            }
            Ok(step)
        })?;
        deleted.conversations += step.conversations;
        deleted.entries += step.entries;
        deleted.inputs += step.inputs;
        deleted.state += step.state;
    }
    deleted.outbox = repeat(journal, move |sql| {
        sql.run(
            "DELETE FROM outbox WHERE rowid IN (SELECT rowid FROM outbox
               WHERE state = 'done' AND not_before < ?1 LIMIT ?2)",
            params![cutoff, STEP as i64],
        )
    })?;
    deleted.state += repeat(journal, move |sql| {
        sql.run(
            "DELETE FROM state WHERE (company, scope, owner, plugin, version, key) IN
               (SELECT company, scope, owner, plugin, version, key FROM state
                WHERE forget_at < ?1 LIMIT ?2)",
            params![cutoff, STEP as i64],
        )
    })?;
    deleted.entries += repeat(journal, move |sql| delete_notes(sql, cutoff))?;
    repeat(journal, |sql| {
        let free = |sql: &Connection| -> Result<u64> {
            Ok(sql.pragma_query_value(None, "freelist_count", |row| row.get(0))?)
        };
        let before = free(sql)?;
        let mut statement = sql.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
        Ok(before.saturating_sub(free(sql)?))
    })?;
    Ok(deleted)
}

/// Repeat a step until it deletes nothing; the total.
fn repeat(
    journal: &SqliteJournal,
    step: impl Fn(&Connection) -> Result<u64> + Copy + Send + 'static,
) -> Result<u64> {
    let mut total = 0;
    loop {
        match journal.write(STEP, move |work: &mut WriteTransaction<'_>| step(work.sql))? {
            0 => return Ok(total),
            count => total += count,
        }
    }
}

/// Row number, company and id of the next old conversations.
fn find_stale(
    sql: &Connection,
    after: i64,
    cutoff: i64,
) -> Result<Vec<(i64, CompanyId, ConversationId)>> {
    sql.read_all(
        "SELECT rowid, company, id FROM conversation
         WHERE rowid > ?1 AND live = 0 AND touched_at < ?2 ORDER BY rowid LIMIT ?3",
        params![after, cutoff, STEP as i64],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}

fn delete_conversation(
    sql: &Connection,
    company: CompanyId,
    id: ConversationId,
    cutoff: i64,
    deleted: &mut CompactReport,
) -> Result<()> {
    // It may have been reopened since it was found. The outbox may refer to its
    // entries, and an operator who retries an item needs to see them.
    let query = format!(
        "DELETE FROM conversation WHERE company = ?1 AND id = ?2 AND live = 0
           AND touched_at < ?3 AND NOT EXISTS ({UNSENT}) RETURNING number"
    );
    let number: Option<i64> = sql.read_first(&query, params![company, id, cutoff], value)?;
    let Some(number) = number else {
        return Ok(());
    };
    deleted.conversations += 1;
    // Inputs go with their entries: without an entry they would be pending.
    let entries = params![company, number];
    sql.run(
        "DELETE FROM message_state WHERE (company, channel, account, message) IN
           (SELECT company, channel, account, message FROM inbound WHERE ordinal IN
             (SELECT input FROM entry WHERE company = ?1 AND conversation = ?2))",
        entries,
    )?;
    deleted.inputs += sql.run(
        "DELETE FROM inbound WHERE ordinal IN (SELECT input FROM entry
           WHERE company = ?1 AND conversation = ?2)",
        entries,
    )?;
    sql.run(
        "UPDATE company SET feed_oldest = max(feed_oldest, 1 + (SELECT max(feed) FROM entry
           WHERE company = ?1 AND conversation = ?2)) WHERE id = ?1",
        entries,
    )?;
    deleted.entries += sql.run(
        "DELETE FROM entry WHERE company = ?1 AND conversation = ?2",
        entries,
    )?;
    deleted.state += sql.run(
        "DELETE FROM state WHERE company = ?1 AND scope = 'conversation' AND owner = ?2",
        params![company, id],
    )?;
    Ok(())
}

/// Delete some of a company's oldest notes.
fn delete_notes(sql: &Connection, cutoff: i64) -> Result<u64> {
    let company: Option<CompanyId> = sql.read_first(
        "SELECT c.id FROM company c WHERE EXISTS (SELECT 1 FROM entry
           WHERE company = c.id AND conversation IS NULL AND at < ?1) LIMIT 1",
        [cutoff],
        value,
    )?;
    let Some(company) = company else {
        return Ok(0);
    };
    let oldest = "SELECT rowid FROM entry
        WHERE company = ?1 AND conversation IS NULL AND at < ?2 ORDER BY at LIMIT ?3";
    let values: [&dyn ToSql; 3] = [&company, &cutoff, &(STEP as i64)];
    let raise = format!(
        "UPDATE company SET feed_oldest = max(feed_oldest,
           1 + (SELECT max(feed) FROM entry WHERE rowid IN ({oldest}))) WHERE id = ?1"
    );
    sql.run(&raise, &values[..])?;
    let delete = format!("DELETE FROM entry WHERE rowid IN ({oldest})");
    sql.run(&delete, &values[..])
}
