//! What must go out: found by when it is due, changed by key.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use crate::error::JournalError;
use crate::id::CompanyId;
use crate::outbox::{NewOutbox, OutboxItem, OutboxState};
use crate::sqlite::row::{At, Coded, limit};

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
            "SELECT target = ?3 AND payload = ?4 FROM outbox WHERE company = ?1 AND key = ?2",
        )?
        .query_row(
            params![company, item.key, item.target, item.payload],
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
    sql.prepare_cached(
        "INSERT INTO outbox (company, key, target, payload, not_before)
         VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (company, key) DO NOTHING",
    )?
    .execute(params![
        company,
        item.key,
        item.target,
        item.payload,
        At(item.not_before)
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
    let (query, at, problem) = match step {
        Step::Done => (
            "UPDATE outbox SET state = 'done' WHERE company = ?1 AND key = ?2",
            None,
            None,
        ),
        Step::Later(at, problem) => (
            "UPDATE outbox SET not_before = ?3, problem = ?4, attempts = attempts + 1
             WHERE company = ?1 AND key = ?2 AND state = 'waiting'",
            Some(At(*at)),
            Some(cut(problem)),
        ),
        Step::Dead(problem) => (
            "UPDATE outbox SET state = 'dead', problem = ?3, attempts = attempts + 1
             WHERE company = ?1 AND key = ?2 AND state = 'waiting'",
            None,
            Some(cut(problem)),
        ),
        Step::Retry(at) => (
            "UPDATE outbox SET state = 'waiting', not_before = ?3, attempts = 0
             WHERE company = ?1 AND key = ?2 AND state <> 'done'",
            Some(At(*at)),
            None,
        ),
    };
    let mut values: Vec<&dyn ToSql> = vec![&company, &key];
    values.extend(at.as_ref().map(|at| at as &dyn ToSql));
    values.extend(problem.as_ref().map(|problem| problem as &dyn ToSql));
    match sql.prepare_cached(query)?.execute(values.as_slice())? {
        0 => Err(JournalError::NoItem(key.to_owned())),
        _ => Ok(()),
    }
}

const COLUMNS: &str = "company, key, target, payload, not_before, attempts, state, problem";

fn item(row: &Row<'_>) -> rusqlite::Result<OutboxItem> {
    Ok(OutboxItem {
        company: row.get(0)?,
        key: row.get(1)?,
        target: row.get(2)?,
        payload: row.get(3)?,
        not_before: row.get::<_, At>(4)?.0,
        attempts: row.get(5)?,
        state: row.get::<_, Coded<OutboxState>>(6)?.0,
        problem: row.get(7)?,
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
    let query = format!(
        "SELECT {COLUMNS} FROM outbox WHERE state = 'waiting' AND not_before <= ?1
           AND (not_before, company, key) > (?2, ?3, ?4)
         ORDER BY not_before, company, key LIMIT ?5"
    );
    all(sql, &query, params![At(now), at, company, key, limit(most)])
}

/// When the first item that waits is to be sent.
pub(super) fn next(sql: &Connection) -> Result<Option<Timestamp>, JournalError> {
    let next: Option<At> = sql
        .prepare_cached("SELECT min(not_before) FROM outbox WHERE state = 'waiting'")?
        .query_row([], |row| row.get(0))?;
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
    // The state is written out, so that the index of those given up serves.
    let query = format!(
        "SELECT {COLUMNS} FROM outbox WHERE company = ?1 AND key > ?2 AND state = '{}'
         ORDER BY key LIMIT ?3",
        state.as_str()
    );
    all(sql, &query, params![company, after, limit(most)])
}
