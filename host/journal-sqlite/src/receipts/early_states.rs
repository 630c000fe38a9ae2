//! States of messages whose receipt has not been recorded yet.

use patchbay_journal::{CompanyId, DeliveryReport, Result};
use patchbay_model::delivery_state::DeliveryState;
use rusqlite::{Connection, Row, params};

use super::changes;
use crate::{Micros, Query, code, optional_time, time, value};

fn report(row: &Row<'_>) -> rusqlite::Result<DeliveryReport> {
    Ok(DeliveryReport {
        state: code(row, 0, DeliveryState::from_code)?,
        at: optional_time(row, 1)?,
        reason: row.get(2)?,
        received_at: time(row, 3)?,
    })
}

/// Take the state of a message out.
pub(super) fn take(
    sql: &Connection,
    company: CompanyId,
    channel: &str,
    message: &str,
) -> Result<Option<DeliveryReport>> {
    sql.read_first(
        "DELETE FROM early_state WHERE company = ?1 AND channel = ?2 AND message = ?3
         RETURNING state, state_at, reason, received_at",
        params![company.0, channel, message],
        report,
    )
}

/// Keep a report, merged with earlier ones of its message, for at most so many
/// messages of the company.
pub(super) fn put(
    sql: &Connection,
    company: CompanyId,
    channel: &str,
    message: &str,
    new: &DeliveryReport,
    most: u64,
) -> Result<()> {
    let stored: Option<(i64, DeliveryState)> = sql.read_first(
        "SELECT number, state FROM early_state
         WHERE company = ?1 AND channel = ?2 AND message = ?3",
        params![company.0, channel, message],
        |row| Ok((row.get(0)?, code(row, 1, DeliveryState::from_code)?)),
    )?;
    let state = new.state.as_str();
    let at = new.at.map(Micros);
    match stored {
        Some((_, state)) if !changes(Some(state), new.state) => {}
        Some((number, _)) => {
            sql.run(
                "UPDATE early_state SET state = ?2, state_at = ?3, reason = ?4 WHERE number = ?1",
                params![number, state, at, new.reason],
            )?;
        }
        None => {
            make_room(sql, company, most)?;
            sql.run(
                "INSERT INTO early_state (company, channel, message, state, state_at, reason,
                   received_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    company.0,
                    channel,
                    message,
                    state,
                    at,
                    new.reason,
                    Micros(new.received_at)
                ],
            )?;
        }
    }
    Ok(())
}

/// Delete a company's oldest, so that one more is within the limit.
fn make_room(sql: &Connection, company: CompanyId, most: u64) -> Result<()> {
    let count: Option<u64> = sql.read_first(COUNT, [company.0], value)?;
    let excess = (count.unwrap_or(0) + 1).saturating_sub(most);
    if excess > 0 {
        sql.run(
            "DELETE FROM early_state WHERE number IN (SELECT number FROM early_state
               WHERE company = ?1 ORDER BY number LIMIT ?2)",
            params![company.0, excess],
        )?;
    }
    Ok(())
}

pub(super) const COUNT: &str = "SELECT count(*) FROM early_state WHERE company = ?1";

/// Delete some of those that were first reported before a time.
pub(crate) fn delete_older(sql: &Connection, cutoff: i64, most: i64) -> Result<u64> {
    sql.run(
        "DELETE FROM early_state WHERE number IN (SELECT number FROM early_state
           WHERE received_at < ?1 LIMIT ?2)",
        params![cutoff, most],
    )
}
