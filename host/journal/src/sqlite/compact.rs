//! Letting go what is old, in steps small enough that work goes on between
//! them.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use crate::error::JournalError;
use crate::id::{CompanyId, ConversationId};
use crate::maintain::Compacted;
use crate::sqlite::outbox::UNSENT;
use crate::sqlite::readers::Readers;
use crate::sqlite::writer::{Work, Writer};

/// Conversations, items or cells let go in one step.
const STEP: usize = 256;
/// Free pages given back in one step.
const PAGES: u32 = 1024;

/// Let go what was last touched before a time.
pub(super) fn compact(
    readers: &Readers,
    writer: &Writer,
    before: Timestamp,
) -> Result<Compacted, JournalError> {
    let mut gone = Compacted::default();
    let cutoff = before.as_microsecond();

    // A table is walked by row number, so that what is kept is passed once.
    let mut after = i64::MIN;
    loop {
        let stale = readers.read(|sql| stale(sql, after, cutoff))?;
        let Some((last, _, _)) = stale.last() else {
            break;
        };
        after = *last;
        let step = writer.call(stale.len() * 8, move |work| {
            let mut step = Compacted::default();
            work.ledger.remember_newest(work.sql)?;
            for (_, company, id) in &stale {
                drop_conversation(work, *company, *id, cutoff, &mut step)?;
            }
            Ok(step)
        })?;
        gone.conversations += step.conversations;
        gone.entries += step.entries;
        gone.inputs += step.inputs;
        gone.state += step.state;
    }
    gone.outbox = in_steps(writer, move |sql| {
        delete(
            sql,
            "DELETE FROM outbox WHERE rowid IN (SELECT rowid FROM outbox
               WHERE state = 'done' AND not_before < ?1 LIMIT ?2)",
            &[&cutoff, &(STEP as i64)],
        )
    })?;
    gone.state += in_steps(writer, move |sql| {
        delete(
            sql,
            "DELETE FROM state WHERE (company, scope, owner, plugin, version, key) IN
               (SELECT company, scope, owner, plugin, version, key FROM state
                WHERE forget_at < ?1 LIMIT ?2)",
            &[&cutoff, &(STEP as i64)],
        )
    })?;
    gone.entries += in_steps(writer, move |sql| drop_notes(sql, cutoff))?;
    in_steps(writer, |sql| {
        let free = |sql: &Connection| -> Result<u64, JournalError> {
            Ok(sql.pragma_query_value(None, "freelist_count", |row| row.get(0))?)
        };
        let before = free(sql)?;
        let mut statement = sql.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
        Ok(before.saturating_sub(free(sql)?))
    })?;
    Ok(gone)
}

/// Repeat a step until nothing is left for it.
fn in_steps(
    writer: &Writer,
    step: impl Fn(&Connection) -> Result<u64, JournalError> + Copy + Send + 'static,
) -> Result<u64, JournalError> {
    let mut all = 0;
    loop {
        match writer.call(STEP, move |work: &mut Work<'_>| step(work.sql))? {
            0 => return Ok(all),
            some => all += some,
        }
    }
}

type Stale = (i64, CompanyId, ConversationId);

fn stale(sql: &Connection, after: i64, cutoff: i64) -> Result<Vec<Stale>, JournalError> {
    let mut statement = sql.prepare_cached(
        "SELECT rowid, company, id FROM conversation
         WHERE rowid > ?1 AND live = 0 AND touched_at < ?2 ORDER BY rowid LIMIT ?3",
    )?;
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let rows = statement.query_map(params![after, cutoff, STEP as i64], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn drop_conversation(
    work: &mut Work<'_>,
    company: CompanyId,
    id: ConversationId,
    cutoff: i64,
    gone: &mut Compacted,
) -> Result<(), JournalError> {
    let sql = work.sql;
    // It may have been reopened since it was found. What is still to be sent
    // may stand in its entries, and whoever retries it wants to see what it was
    // about.
    let dropped: Option<i64> = sql
        .prepare_cached(&format!(
            "DELETE FROM conversation WHERE company = ?1 AND id = ?2 AND live = 0
               AND touched_at < ?3 AND NOT EXISTS ({UNSENT}) RETURNING number"
        ))?
        .query_row(params![company, id, cutoff], |row| row.get(0))
        .optional()?;
    let Some(number) = dropped else {
        return Ok(());
    };
    gone.conversations += 1;
    // Whole: an input that stayed without its entry would come back as one
    // nobody dealt with.
    let entries: [&dyn ToSql; 2] = [&company, &number];
    gone.inputs += delete(
        sql,
        "DELETE FROM inbound WHERE ordinal IN (SELECT input FROM entry
           WHERE company = ?1 AND conversation = ?2)",
        &entries,
    )?;
    sql.execute(
        "UPDATE company SET feed_oldest = max(feed_oldest, 1 + (SELECT max(feed) FROM entry
           WHERE company = ?1 AND conversation = ?2)) WHERE id = ?1",
        &entries[..],
    )?;
    gone.entries += delete(
        sql,
        "DELETE FROM entry WHERE company = ?1 AND conversation = ?2",
        &entries,
    )?;
    gone.state += delete(
        sql,
        "DELETE FROM state WHERE company = ?1 AND scope = 'conversation' AND owner = ?2",
        &[&company, &id],
    )?;
    Ok(())
}

/// Let go some of a company's oldest notes.
fn drop_notes(sql: &Connection, cutoff: i64) -> Result<u64, JournalError> {
    let company: Option<CompanyId> = sql
        .prepare_cached(
            "SELECT c.id FROM company c WHERE EXISTS (SELECT 1 FROM entry
               WHERE company = c.id AND conversation IS NULL AND at < ?1) LIMIT 1",
        )?
        .query_row([cutoff], |row| row.get(0))
        .optional()?;
    let Some(company) = company else {
        return Ok(0);
    };
    let oldest = "SELECT rowid FROM entry
        WHERE company = ?1 AND conversation IS NULL AND at < ?2 ORDER BY at LIMIT ?3";
    let values: [&dyn ToSql; 3] = [&company, &cutoff, &(STEP as i64)];
    sql.prepare_cached(&format!(
        "UPDATE company SET feed_oldest = max(feed_oldest,
           1 + (SELECT max(feed) FROM entry WHERE rowid IN ({oldest}))) WHERE id = ?1"
    ))?
    .execute(&values[..])?;
    delete(
        sql,
        &format!("DELETE FROM entry WHERE rowid IN ({oldest})"),
        &values,
    )
}

fn delete(sql: &Connection, query: &str, values: &[&dyn ToSql]) -> Result<u64, JournalError> {
    Ok(sql.prepare_cached(query)?.execute(values)? as u64)
}
