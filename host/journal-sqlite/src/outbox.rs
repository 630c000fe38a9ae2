//! The outbox: found by due time, changed by key.

mod target_queue;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use rusqlite::{Connection, Row, ToSql, params};

use super::{
    Micros, Query, SqliteJournal, append_audit, check_audit, clamp_i64, code, id, optional_id,
    time, value,
};
use patchbay_journal::limits;
use patchbay_journal::{
    AuditEntry, CompanyId, FailedDelivery, JournalError, NewOutbox, Outbox, OutboxBacklog,
    OutboxCount, OutboxItem, OutboxState, Result,
};

use target_queue::TargetQueue;
pub(super) use target_queue::find_misplaced;

const COLUMNS: &str = "company, key, target, conversation, payload, not_before, attempts, state,
    problem, begun_part, can_take_back";

fn item(row: &Row<'_>) -> rusqlite::Result<OutboxItem> {
    Ok(OutboxItem {
        company: id(row, 0)?,
        key: row.get(1)?,
        target: row.get(2)?,
        conversation: optional_id(row, 3)?,
        payload: row.get(4)?,
        not_before: time(row, 5)?,
        attempts: row.get(6)?,
        state: code(row, 7, OutboxState::from_code)?,
        problem: row.get(8)?,
        begun_part: row.get(9)?,
        can_take_back: row.get(10)?,
    })
}

impl Outbox for SqliteJournal {
    fn outbox_item(&self, company: CompanyId, key: &str) -> Result<Option<OutboxItem>> {
        let query = format!("SELECT {COLUMNS} FROM outbox WHERE company = ?1 AND key = ?2");
        self.read(|sql| sql.read_first(&query, params![company.0, key], item))
    }

    fn outbox_items(
        &self,
        company: CompanyId,
        state: OutboxState,
        after: &str,
        limit: usize,
    ) -> Result<Vec<OutboxItem>> {
        let params = params![company.0, after, clamp_i64(limit)];
        self.read(|sql| sql.read_all(&list_query(state), params, item))
    }

    fn mark_outbox_done(&self, company: CompanyId, key: &str) -> Result<()> {
        self.step_outbox(company, key, Step::Done)
    }

    fn reschedule_outbox(
        &self,
        company: CompanyId,
        key: &str,
        not_before: Timestamp,
        problem: &str,
    ) -> Result<()> {
        let step = Step::Reschedule(not_before, problem.to_owned());
        self.step_outbox(company, key, step)
    }

    fn begin_outbox_item(&self, company: CompanyId, key: &str) -> Result<()> {
        let key = key.to_owned();
        self.write(1, move |work| {
            let changed = work.sql.run(
                "UPDATE outbox SET can_take_back = 0
                 WHERE company = ?1 AND key = ?2 AND state = 'waiting'",
                params![company.0, key],
            )?;
            match changed {
                0 => Err(JournalError::NoOutboxItem(key.clone())),
                _ => Ok(()),
            }
        })
    }

    fn begin_outbox_part(&self, company: CompanyId, key: &str, part: u32) -> Result<()> {
        let key = key.to_owned();
        self.write(1, move |work| {
            let changed = work.sql.run(
                "UPDATE outbox SET begun_part = ?3
                 WHERE company = ?1 AND key = ?2 AND state = 'waiting'",
                params![company.0, key, part],
            )?;
            match changed {
                0 => Err(JournalError::NoOutboxItem(key.clone())),
                _ => Ok(()),
            }
        })
    }

    fn end_outbox_part(&self, company: CompanyId, key: &str, part: u32) -> Result<()> {
        let key = key.to_owned();
        self.write(1, move |work| {
            let query = "UPDATE outbox SET begun_part = NULL
                 WHERE company = ?1 AND key = ?2 AND begun_part = ?3";
            work.sql.run(query, params![company.0, key, part]).map(drop)
        })
    }

    fn hold_outbox(
        &self,
        company: CompanyId,
        key: &str,
        not_before: Timestamp,
        problem: &str,
    ) -> Result<()> {
        let step = Step::Hold(not_before, problem.to_owned());
        self.step_outbox(company, key, step)
    }

    fn mark_outbox_dead(&self, company: CompanyId, key: &str, problem: &str) -> Result<()> {
        self.step_outbox(company, key, Step::Dead(problem.to_owned()))
    }

    fn retry_outbox(
        &self,
        company: CompanyId,
        key: &str,
        not_before: Timestamp,
        audit: AuditEntry,
    ) -> Result<()> {
        check_audit(&audit)?;
        let key = key.to_owned();
        self.write(2, move |work| {
            step(work.sql, company, &key, &Step::Retry(not_before))?;
            append_audit(work.sql, &audit).map(drop)
        })
    }

    fn release_outbox(
        &self,
        company: CompanyId,
        targets: Vec<String>,
        not_before: Timestamp,
        audit: AuditEntry,
    ) -> Result<u64> {
        check_audit(&audit)?;
        self.write(2, move |work| {
            let mut released = 0;
            for target in &targets {
                released += work.sql.run(
                    "UPDATE outbox SET not_before = ?3
                     WHERE company = ?1 AND target = ?2 AND state = 'waiting' AND not_before > ?3
                       AND can_take_back = 0",
                    params![company.0, target, Micros(not_before)],
                )?;
            }
            append_audit(work.sql, &audit)?;
            Ok(released)
        })
    }

    fn due_outbox(
        &self,
        now: Timestamp,
        after: Option<(Timestamp, CompanyId, String)>,
        limit: usize,
    ) -> Result<Vec<OutboxItem>> {
        self.read(|sql| due(sql, now, after.as_ref(), limit))
    }

    fn next_outbox_due(&self) -> Result<Option<Timestamp>> {
        let next = self.read(|sql| sql.read_first(NEXT, [], value::<Option<Micros>>))?;
        Ok(next.flatten().map(|at| at.0))
    }

    fn outbox_backlogs(&self, due_before: Timestamp, attempts: u32) -> Result<Vec<OutboxBacklog>> {
        let query = "SELECT company, target, count(*), min(not_before), max(attempts) FROM outbox
             WHERE state = 'waiting' AND held = 0 AND (not_before < ?1 OR attempts >= ?2)
             GROUP BY company, target ORDER BY company, target";
        self.read(|sql| {
            sql.read_all(query, params![Micros(due_before), attempts], |row| {
                Ok(OutboxBacklog {
                    company: id(row, 0)?,
                    target: row.get(1)?,
                    items: row.get(2)?,
                    due: time(row, 3)?,
                    attempts: row.get(4)?,
                })
            })
        })
    }

    fn outbox_counts(&self) -> Result<Vec<OutboxCount>> {
        let query = "SELECT company, sum(state = 'waiting'), sum(state = 'dead') FROM outbox
             WHERE state <> 'done' GROUP BY company";
        self.read(|sql| {
            sql.read_all(query, [], |row| {
                Ok(OutboxCount {
                    company: id(row, 0)?,
                    waiting: row.get(1)?,
                    dead: row.get(2)?,
                })
            })
        })
    }
}

impl SqliteJournal {
    fn step_outbox(&self, company: CompanyId, key: &str, to: Step) -> Result<()> {
        let key = key.to_owned();
        self.write(1, move |work| step(work.sql, company, &key, &to))
    }
}

/// Whether two items with one key are the same item.
pub(super) fn is_same(a: &NewOutbox, b: &NewOutbox) -> bool {
    (&a.target, &a.conversation, &a.payload) == (&b.target, &b.conversation, &b.payload)
}

/// Whether the outbox has another item with this key.
pub(super) fn differs(sql: &Connection, company: CompanyId, item: &NewOutbox) -> Result<bool> {
    let same = sql.read_first(
        "SELECT target = ?3 AND conversation IS ?4 AND payload = ?5 FROM outbox
         WHERE company = ?1 AND key = ?2",
        params![
            company.0,
            item.key,
            item.target,
            item.conversation.map(|it| it.0),
            item.payload
        ],
        value,
    )?;
    Ok(same == Some(false))
}

/// Put an item in, unless it is there.
pub(super) fn insert(sql: &Connection, company: CompanyId, item: &NewOutbox) -> Result<()> {
    let held = match item.conversation {
        Some(conversation) => {
            let queue = TargetQueue {
                company,
                conversation,
                target: item.target.clone(),
            };
            queue.find_first(sql)?.is_some()
        }
        None => false,
    };
    sql.run(
        "INSERT INTO outbox (company, key, target, conversation, payload, not_before, held,
           can_take_back)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (company, key) DO NOTHING",
        params![
            company.0,
            item.key,
            item.target,
            item.conversation.map(|it| it.0),
            item.payload,
            Micros(item.not_before),
            held,
            item.can_take_back,
        ],
    )?;
    Ok(())
}

/// Whether an item waits and may be taken back.
pub(super) fn can_take_back(sql: &Connection, company: CompanyId, key: &str) -> Result<bool> {
    let query = "SELECT 1 FROM outbox
         WHERE company = ?1 AND key = ?2 AND state = 'waiting' AND can_take_back = 1";
    sql.has_row(query, params![company.0, key])
}

/// Delete an item that was taken back; the next of its conversation may go.
pub(super) fn take_back(sql: &Connection, company: CompanyId, key: &str) -> Result<()> {
    let left = sql.read_first(
        "DELETE FROM outbox WHERE company = ?1 AND key = ?2 RETURNING conversation, target",
        params![company.0, key],
        |row| Ok((optional_id(row, 0)?, row.get(1)?)),
    )?;
    match left {
        Some((Some(conversation), target)) => TargetQueue {
            company,
            conversation,
            target,
        }
        .release_first(sql),
        _ => Ok(()),
    }
}

/// The target has the item, if there is such an item.
pub(super) fn mark_sent(sql: &Connection, company: CompanyId, key: &str) -> Result<()> {
    unless_gone(step(sql, company, key, &Step::Done))
}

/// The target refused the item for good, if it still waits.
pub(super) fn mark_failed(
    sql: &Connection,
    company: CompanyId,
    failed: &FailedDelivery,
) -> Result<()> {
    let dead = Step::Dead(failed.problem.clone());
    unless_gone(step(sql, company, &failed.key, &dead))
}

fn unless_gone(stepped: Result<()>) -> Result<()> {
    match stepped {
        Err(JournalError::NoOutboxItem(_)) => Ok(()),
        other => other,
    }
}

/// Finds whether conversation ?2 of company ?1 has items that are not done.
pub(super) const UNSENT: &str =
    "SELECT 1 FROM outbox WHERE company = ?1 AND conversation = ?2 AND state <> 'done'";

/// Change of an item's state.
enum Step {
    Done,
    Reschedule(Timestamp, String),
    Hold(Timestamp, String),
    Dead(String),
    Retry(Timestamp),
}

fn step(sql: &Connection, company: CompanyId, key: &str, step: &Step) -> Result<()> {
    let cut =
        |problem: &str| problem[..problem.floor_char_boundary(limits::OUTBOX_PROBLEM)].to_owned();
    let (set, condition, at, problem) = match step {
        Step::Done => (
            "state = 'done', held = 0, can_take_back = 0, begun_part = NULL",
            "",
            None,
            None,
        ),
        Step::Reschedule(at, problem) => (
            "not_before = ?3, problem = ?4, attempts = attempts + 1, can_take_back = 0",
            "AND state = 'waiting'",
            Some(Micros(*at)),
            Some(cut(problem)),
        ),
        Step::Hold(at, problem) => (
            "not_before = ?3, problem = ?4, can_take_back = 0",
            "AND state = 'waiting'",
            Some(Micros(*at)),
            Some(cut(problem)),
        ),
        Step::Dead(problem) => (
            "state = 'dead', held = 0, problem = ?3, attempts = attempts + 1, can_take_back = 0,
             begun_part = NULL",
            "AND state = 'waiting'",
            None,
            Some(cut(problem)),
        ),
        Step::Retry(at) => (
            "state = 'waiting', not_before = ?3, attempts = 0",
            "AND state <> 'done'",
            Some(Micros(*at)),
            None,
        ),
    };
    let mut values: Vec<&dyn ToSql> = vec![&company.0, &key];
    values.extend(at.as_ref().map(|at| at as &dyn ToSql));
    values.extend(problem.as_ref().map(|problem| problem as &dyn ToSql));
    let query = format!(
        "UPDATE outbox SET {set}
         WHERE company = ?1 AND key = ?2 {condition}
         RETURNING conversation, target"
    );
    let (conversation, target) = sql
        .read_first(&query, values.as_slice(), |row| {
            Ok((optional_id(row, 0)?, row.get(1)?))
        })?
        .ok_or_else(|| JournalError::NoOutboxItem(key.to_owned()))?;
    let Some(conversation) = conversation else {
        return Ok(());
    };
    let queue = TargetQueue {
        company,
        conversation,
        target,
    };
    match step {
        Step::Done | Step::Dead(_) => queue.release_first(sql),
        Step::Reschedule(..) | Step::Hold(..) => Ok(()),
        Step::Retry(_) => queue.hold_others(sql),
    }
}

fn due(
    sql: &Connection,
    now: Timestamp,
    after: Option<&(Timestamp, CompanyId, String)>,
    limit: usize,
) -> Result<Vec<OutboxItem>> {
    let (at, company, key) = match after {
        Some((at, company, key)) => (at.as_microsecond(), i64::from(company.0), key.as_str()),
        None => (i64::MIN, -1, ""),
    };
    let params = params![Micros(now), at, company, key, clamp_i64(limit)];
    sql.read_all(&due_query(), params, item)
}

fn due_query() -> String {
    format!(
        "SELECT {COLUMNS} FROM outbox WHERE state = 'waiting' AND held = 0 AND not_before <= ?1
           AND (not_before, company, key) > (?2, ?3, ?4)
         ORDER BY not_before, company, key LIMIT ?5"
    )
}

const NEXT: &str = "SELECT min(not_before) FROM outbox WHERE state = 'waiting' AND held = 0";

fn list_query(state: OutboxState) -> String {
    // As literals, so that the index of items that are not done serves.
    let condition = match state {
        OutboxState::Done => "state = 'done'".to_owned(),
        open => format!("state = '{}' AND state <> 'done'", open.as_str()),
    };
    format!(
        "SELECT {COLUMNS} FROM outbox WHERE company = ?1 AND key > ?2 AND {condition}
         ORDER BY key LIMIT ?3"
    )
}

/// How many items of all companies are waiting or dead.
pub(super) fn count(sql: &Connection, state: OutboxState) -> Result<u64> {
    let count = sql.read_first(COUNT, [state.as_str()], value)?;
    Ok(count.unwrap_or(0))
}

const COUNT: &str = "SELECT count(*) FROM outbox WHERE state = ?1 AND state <> 'done'";
