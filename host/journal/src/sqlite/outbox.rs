//! What must go out: found by when it is due, changed by key.

mod line;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use crate::error::JournalError;
use crate::id::CompanyId;
use crate::outbox::{NewOutbox, OutboxCount, OutboxItem, OutboxState};
use crate::sqlite::row::{At, Coded, limit};

use line::Line;
pub(super) use line::astray;

/// Most bytes kept of what went wrong.
const PROBLEM_BYTES: usize = 4096;

/// Whether another item has the key.
pub(super) fn differs(
    sql: &Connection,
    company: CompanyId,
    item: &NewOutbox,
) -> Result<bool, JournalError> {
    let same: Option<bool> = sql
        .prepare_cached(
            "SELECT target = ?3 AND conversation IS ?4 AND payload = ?5 FROM outbox
             WHERE company = ?1 AND key = ?2",
        )?
        .query_row(
            params![
                company,
                item.key,
                item.target,
                item.conversation,
                item.payload
            ],
            |row| row.get(0),
        )
        .optional()?;
    Ok(same == Some(false))
}

/// Put an item in, unless it is there.
pub(super) fn insert(
    sql: &Connection,
    company: CompanyId,
    item: &NewOutbox,
) -> Result<(), JournalError> {
    let held = match item.conversation {
        Some(conversation) => Line {
            company,
            conversation,
            target: item.target.clone(),
        }
        .first(sql)?
        .is_some(),
        None => false,
    };
    sql.prepare_cached(
        "INSERT INTO outbox (company, key, target, conversation, payload, not_before, held)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (company, key) DO NOTHING",
    )?
    .execute(params![
        company,
        item.key,
        item.target,
        item.conversation,
        item.payload,
        At(item.not_before),
        held,
    ])?;
    Ok(())
}

/// The target has it, if there is such an item.
pub(super) fn sent(sql: &Connection, company: CompanyId, key: &str) -> Result<(), JournalError> {
    match step(sql, company, key, &Step::Done) {
        Err(JournalError::NoItem(_)) => Ok(()),
        other => other,
    }
}

/// Finds whether a conversation, ?2 of company ?1, has anything that is not
/// done.
pub(super) const UNSENT: &str =
    "SELECT 1 FROM outbox WHERE company = ?1 AND conversation = ?2 AND state <> 'done'";

/// What happens to an item.
pub(super) enum Step {
    Done,
    Later(Timestamp, String),
    Dead(String),
    Retry(Timestamp),
}

/// Move an item on.
pub(super) fn step(
    sql: &Connection,
    company: CompanyId,
    key: &str,
    step: &Step,
) -> Result<(), JournalError> {
    let cut = |problem: &str| problem[..problem.floor_char_boundary(PROBLEM_BYTES)].to_owned();
    let (set, when, at, problem) = match step {
        Step::Done => ("state = 'done', held = 0", "", None, None),
        Step::Later(at, problem) => (
            "not_before = ?3, problem = ?4, attempts = attempts + 1",
            "AND state = 'waiting'",
            Some(At(*at)),
            Some(cut(problem)),
        ),
        Step::Dead(problem) => (
            "state = 'dead', held = 0, problem = ?3, attempts = attempts + 1",
            "AND state = 'waiting'",
            None,
            Some(cut(problem)),
        ),
        Step::Retry(at) => (
            "state = 'waiting', not_before = ?3, attempts = 0",
            "AND state <> 'done'",
            Some(At(*at)),
            None,
        ),
    };
    let mut values: Vec<&dyn ToSql> = vec![&company, &key];
    values.extend(at.as_ref().map(|at| at as &dyn ToSql));
    values.extend(problem.as_ref().map(|problem| problem as &dyn ToSql));
    let query = format!(
        "UPDATE outbox SET {set} WHERE company = ?1 AND key = ?2 {when}
         RETURNING conversation, target"
    );
    let (conversation, target) = sql
        .prepare_cached(&query)?
        .query_row(values.as_slice(), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .ok_or_else(|| JournalError::NoItem(key.to_owned()))?;
    let Some(conversation) = conversation else {
        return Ok(());
    };
    let line = Line {
        company,
        conversation,
        target,
    };
    match step {
        Step::Done | Step::Dead(_) => line.move_up(sql),
        Step::Later(..) => Ok(()),
        Step::Retry(_) => line.line_up(sql),
    }
}

const COLUMNS: &str = "company, key, target, conversation, payload, not_before, attempts, state,
    problem";

fn item(row: &Row<'_>) -> rusqlite::Result<OutboxItem> {
    Ok(OutboxItem {
        company: row.get(0)?,
        key: row.get(1)?,
        target: row.get(2)?,
        conversation: row.get(3)?,
        payload: row.get(4)?,
        not_before: row.get::<_, At>(5)?.0,
        attempts: row.get(6)?,
        state: row.get::<_, Coded<OutboxState>>(7)?.0,
        problem: row.get(8)?,
    })
}

fn all(
    sql: &Connection,
    query: &str,
    values: &[&dyn ToSql],
) -> Result<Vec<OutboxItem>, JournalError> {
    let mut statement = sql.prepare_cached(query)?;
    let rows = statement.query_map(values, item)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What is to be sent by now.
pub(super) fn due(
    sql: &Connection,
    now: Timestamp,
    after: Option<&(Timestamp, CompanyId, String)>,
    most: usize,
) -> Result<Vec<OutboxItem>, JournalError> {
    let (at, company, key) = match after {
        Some((at, company, key)) => (at.as_microsecond(), i64::from(company.0), key.as_str()),
        None => (i64::MIN, -1, ""),
    };
    let params = params![At(now), at, company, key, limit(most)];
    all(sql, &due_query(), params)
}

fn due_query() -> String {
    format!(
        "SELECT {COLUMNS} FROM outbox WHERE state = 'waiting' AND held = 0 AND not_before <= ?1
           AND (not_before, company, key) > (?2, ?3, ?4)
         ORDER BY not_before, company, key LIMIT ?5"
    )
}

const NEXT: &str = "SELECT min(not_before) FROM outbox WHERE state = 'waiting' AND held = 0";

/// When the first item that may go out by itself is to be sent.
pub(super) fn next(sql: &Connection) -> Result<Option<Timestamp>, JournalError> {
    let next: Option<At> = sql.prepare_cached(NEXT)?.query_row([], |row| row.get(0))?;
    Ok(next.map(|at| at.0))
}

/// An item by its key.
pub(super) fn by_key(
    sql: &Connection,
    company: CompanyId,
    key: &str,
) -> Result<Option<OutboxItem>, JournalError> {
    let query = format!("SELECT {COLUMNS} FROM outbox WHERE company = ?1 AND key = ?2");
    Ok(all(sql, &query, params![company, key])?.pop())
}

/// A company's items in a state.
pub(super) fn list(
    sql: &Connection,
    company: CompanyId,
    state: OutboxState,
    after: &str,
    most: usize,
) -> Result<Vec<OutboxItem>, JournalError> {
    all(
        sql,
        &list_query(state),
        params![company, after, limit(most)],
    )
}

fn list_query(state: OutboxState) -> String {
    // The state is written out, so that the index of what is not done serves.
    let state = match state {
        OutboxState::Done => "state = 'done'".to_owned(),
        open => format!("state = '{}' AND state <> 'done'", open.as_str()),
    };
    format!(
        "SELECT {COLUMNS} FROM outbox WHERE company = ?1 AND key > ?2 AND {state}
         ORDER BY key LIMIT ?3"
    )
}

/// How many items of all companies are in a state, other than done.
pub(super) fn count(sql: &Connection, state: OutboxState) -> Result<u64, JournalError> {
    let count = sql
        .prepare_cached(COUNT)?
        .query_row([state.as_str()], |row| row.get(0))?;
    Ok(count)
}

/// Items that wait and that were given up, by company.
pub(super) fn counts(sql: &Connection) -> Result<Vec<OutboxCount>, JournalError> {
    let mut statement = sql.prepare_cached(COUNTS)?;
    let rows = statement.query_map([], |row| {
        Ok(OutboxCount {
            company: row.get(0)?,
            waiting: row.get(1)?,
            dead: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

const COUNTS: &str = "SELECT company, sum(state = 'waiting'), sum(state = 'dead') FROM outbox
     WHERE state <> 'done' GROUP BY company";
const COUNT: &str = "SELECT count(*) FROM outbox WHERE state = ?1 AND state <> 'done'";
