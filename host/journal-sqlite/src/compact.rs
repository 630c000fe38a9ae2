//! Compaction: deletion by age, in steps small enough that other writes run
//! between them.

use jiff::{SignedDuration, Timestamp};
use patchbay_journal::{
    CompactReport, CompanyId, ConversationId, ExpiryReport, Result, UploadId, limits,
};
use rusqlite::{Connection, ToSql, params};

use super::{
    Query, SqliteJournal, UNSENT, WriteTransaction, files, id, only_id, originals, quarantine,
    receipts, seen_marks, value, word_lists,
};
use crate::database_error;

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
        let (step, files) = delete_stale(journal, stale, cutoff)?;
        // No other writes wait for it, only steps.
        journal.delete_pieces(files, usize::MAX)?;
        deleted.files += step.files;
        deleted.conversations += step.conversations;
        deleted.entries += step.entries;
        deleted.inputs += step.inputs;
        deleted.state += step.state;
        deleted.receipts += step.receipts;
        deleted.originals += step.originals;
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
        sql.run(
            "DELETE FROM acknowledgement WHERE (company, feed) IN
               (SELECT a.company, a.feed FROM acknowledgement a
                WHERE NOT EXISTS (SELECT 1 FROM entry e
                                  WHERE e.company = a.company AND e.feed = a.feed) LIMIT ?1)",
            [STEP as i64],
        )
    })?;
    deleted.receipts += repeat(journal, move |sql| {
        sql.run(
            "DELETE FROM receipt WHERE number IN (SELECT number FROM receipt
               WHERE conversation IS NULL AND accepted_at < ?1 LIMIT ?2)",
            params![cutoff, STEP as i64],
        )
    })?;
    deleted.quarantined = delete_quarantined(journal, before)?;
    delete_early_states(journal, before)?;
    return_pages(journal)?;
    Ok(deleted)
}

/// Delete those of some conversations that are still old, and remove their files in the same
/// transaction; the pieces of these files are left.
fn delete_stale(
    journal: &SqliteJournal,
    stale: Vec<(i64, CompanyId, ConversationId)>,
    cutoff: i64,
) -> Result<(CompactReport, Vec<UploadId>)> {
    journal.write(stale.len() * 8, move |work| {
        let (mut step, mut files) = (CompactReport::default(), Vec::new());
        work.cache.save_newest(work.sql)?;
        for (_, company, id) in &stale {
            let removed = delete_conversation(work.sql, *company, *id, cutoff, &mut step)?;
            files.extend(removed);
        }
        step.files = files.len() as u64;
        Ok((step, files))
    })
}

/// Delete what is kept for a fixed time.
pub(super) fn delete_expired(journal: &SqliteJournal, now: Timestamp) -> Result<ExpiryReport> {
    let before = |age: SignedDuration| now.checked_sub(age).unwrap_or(Timestamp::MIN);
    let states = before(limits::EARLY_STATE_AGE);
    let deliveries = before(limits::QUARANTINE_AGE);
    let originals = before(limits::ORIGINAL_AGE);
    // Mostly there is none: leave the writer alone.
    let query = "SELECT 1 FROM early_state WHERE received_at < ?1
         UNION ALL SELECT 1 FROM quarantine WHERE received_at < ?2
         UNION ALL SELECT 1 FROM original WHERE received_at < ?3
         UNION ALL SELECT 1 FROM file WHERE expires_at < ?4
         UNION ALL SELECT 1 FROM file WHERE state = 'removed'";
    let cutoffs = [states, deliveries, originals, now].map(Timestamp::as_microsecond);
    if !journal.read(|sql| sql.has_row(query, cutoffs))? {
        return Ok(ExpiryReport::default());
    }
    let deleted = ExpiryReport {
        early_states: delete_early_states(journal, states)?,
        quarantined: delete_quarantined(journal, deliveries)?,
        originals: delete_originals(journal, originals)?,
        files: delete_files(journal, now)?,
    };
    return_pages(journal)?;
    Ok(deleted)
}

fn delete_early_states(journal: &SqliteJournal, before: Timestamp) -> Result<u64> {
    let cutoff = before.as_microsecond();
    repeat(journal, move |sql| {
        receipts::delete_older(sql, cutoff, STEP as i64)
    })
}

fn delete_quarantined(journal: &SqliteJournal, before: Timestamp) -> Result<u64> {
    let cutoff = before.as_microsecond();
    // One may have 64 MiB.
    repeat(journal, move |sql| quarantine::delete_older(sql, cutoff, 1))
}

fn delete_originals(journal: &SqliteJournal, before: Timestamp) -> Result<u64> {
    let cutoff = before.as_microsecond();
    // One may have 64 MiB.
    repeat(journal, move |sql| originals::delete_older(sql, cutoff, 1))
}

fn delete_files(journal: &SqliteJournal, now: Timestamp) -> Result<u64> {
    let now = now.as_microsecond();
    let removed = repeat(journal, move |sql| {
        let removed = files::remove_expired(sql, now, STEP as i64)?;
        Ok(removed.len() as u64)
    })?;
    while journal.delete_next_removed()? {}
    Ok(removed)
}

/// Return free pages to the file system.
fn return_pages(journal: &SqliteJournal) -> Result<()> {
    repeat(journal, |sql| {
        let free = |sql: &Connection| -> Result<u64> {
            sql.pragma_query_value(None, "freelist_count", |row| row.get(0))
                .map_err(database_error)
        };
        let before = free(sql)?;
        let mut statement = sql
            .prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))
            .map_err(database_error)?;
        let mut rows = statement.query([]).map_err(database_error)?;
        while rows.next().map_err(database_error)?.is_some() {}
        Ok(before.saturating_sub(free(sql)?))
    })?;
    Ok(())
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
        |row| Ok((row.get(0)?, id(row, 1)?, id(row, 2)?)),
    )
}

fn delete_conversation(
    sql: &Connection,
    company: CompanyId,
    id: ConversationId,
    cutoff: i64,
    deleted: &mut CompactReport,
) -> Result<Vec<UploadId>> {
    // It may have been reopened since it was found. The outbox may refer to its
    // entries, and an operator who retries an item needs to see them.
    let query = format!(
        "DELETE FROM conversation WHERE company = ?1 AND id = ?2 AND live = 0
           AND touched_at < ?3 AND NOT EXISTS ({UNSENT}) RETURNING number"
    );
    let number: Option<i64> = sql.read_first(&query, params![company.0, id.0, cutoff], value)?;
    let Some(number) = number else {
        return Ok(Vec::new());
    };
    deleted.conversations += 1;
    word_lists::delete_of_conversation(sql, number)?;
    seen_marks::delete_of_conversation(sql, company, number)?;
    let files = files::remove_of_conversation(sql, number)?;
    deleted.receipts += sql.run(
        "DELETE FROM receipt WHERE company = ?1 AND conversation = ?2",
        params![company.0, id.0],
    )?;
    // Inputs go with their entries: without an entry they would be pending.
    let entries = params![company.0, number];
    sql.run(
        "DELETE FROM message_state WHERE (company, channel, account, message) IN
           (SELECT company, channel, account, message FROM inbound WHERE ordinal IN
             (SELECT input FROM entry WHERE company = ?1 AND conversation = ?2))",
        entries,
    )?;
    deleted.originals += sql.run(
        "DELETE FROM original WHERE (company, channel, account, message) IN
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
        params![company.0, id.0],
    )?;
    Ok(files)
}

/// Delete some of a company's oldest notes.
fn delete_notes(sql: &Connection, cutoff: i64) -> Result<u64> {
    let company: Option<CompanyId> = sql.read_first(
        "SELECT c.id FROM company c WHERE EXISTS (SELECT 1 FROM entry
           WHERE company = c.id AND conversation IS NULL AND at < ?1) LIMIT 1",
        [cutoff],
        only_id,
    )?;
    let Some(company) = company else {
        return Ok(0);
    };
    let oldest = "SELECT rowid FROM entry
        WHERE company = ?1 AND conversation IS NULL AND at < ?2 ORDER BY at LIMIT ?3";
    let values: [&dyn ToSql; 3] = [&company.0, &cutoff, &(STEP as i64)];
    let raise = format!(
        "UPDATE company SET feed_oldest = max(feed_oldest,
           1 + (SELECT max(feed) FROM entry WHERE rowid IN ({oldest}))) WHERE id = ?1"
    );
    sql.run(&raise, &values[..])?;
    let delete = format!("DELETE FROM entry WHERE rowid IN ({oldest})");
    sql.run(&delete, &values[..])
}

#[cfg(test)]
mod tests;
