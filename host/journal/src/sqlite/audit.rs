//! The audit trail, each act chained to the one before it.

use patchbay_model::input;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::audit::{AuditBreak, AuditChain, AuditEntry, AuditFlaw, AuditHash, Audited};
use crate::error::JournalError;
use crate::sqlite::row::{At, limit, place, within};

/// Most bytes of an act's code.
const ACT_BYTES: usize = 64;
/// Most bytes of its details.
const DETAILS_BYTES: usize = 64 * 1024;

/// Hold an act to its limits.
pub(super) fn check(entry: &AuditEntry) -> Result<(), JournalError> {
    let company = entry.company.as_deref();
    if company.is_some_and(str::is_empty) {
        return Err(JournalError::invalid("company", "must not be empty"));
    }
    within("company", company.map_or(0, str::len), input::ID_BYTES)?;
    within("actor", entry.actor.len(), input::ID_BYTES)?;
    within("act", entry.act.len(), ACT_BYTES)?;
    within("details", entry.details.len(), DETAILS_BYTES)
}

/// Write an act down; answers its number.
pub(super) fn append(sql: &Connection, entry: &AuditEntry) -> Result<u64, JournalError> {
    let last: Option<(u64, AuditHash)> = sql
        .prepare_cached("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (number, previous) = last.unwrap_or_default();
    let entry = AuditEntry {
        at: At(entry.at).kept(),
        ..entry.clone()
    };
    let Audited {
        number,
        entry,
        previous,
        hash,
    } = Audited::next(number, previous, entry);
    sql.prepare_cached(
        "INSERT INTO audit (number, at, company, actor, act, details, previous, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        place(number),
        At(entry.at),
        entry.company,
        entry.actor,
        entry.act,
        entry.details,
        previous,
        hash,
    ])?;
    Ok(number)
}

const ROW: &str = "number, at, company, actor, act, details, previous, hash";

fn row(row: &Row<'_>) -> rusqlite::Result<Audited> {
    Ok(Audited {
        number: row.get(0)?,
        entry: AuditEntry {
            at: row.get::<_, At>(1)?.0,
            company: row.get(2)?,
            actor: row.get(3)?,
            act: row.get(4)?,
            details: row.get(5)?,
        },
        previous: row.get(6)?,
        hash: row.get(7)?,
    })
}

/// Acts after a number, of one company or of everybody.
pub(super) fn list(
    sql: &Connection,
    company: Option<&str>,
    after: u64,
    most: usize,
) -> Result<Vec<Audited>, JournalError> {
    let whose = match company {
        Some(_) => "company = ?1",
        None => "?1 IS NULL",
    };
    let query =
        format!("SELECT {ROW} FROM audit WHERE {whose} AND number > ?2 ORDER BY number LIMIT ?3");
    let mut statement = sql.prepare_cached(&query)?;
    let rows = statement.query_map(params![company, place(after), limit(most)], row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Walk along the trail from its beginning to the first act that is not right.
pub(super) fn verify(
    sql: &Connection,
    expected: Option<AuditHash>,
) -> Result<AuditChain, JournalError> {
    let mut chain = AuditChain::default();
    if expected == Some(chain.head) {
        chain.expected = Some(0);
    }
    let mut statement = sql.prepare_cached(&format!("SELECT {ROW} FROM audit ORDER BY number"))?;
    let mut rows = statement.query([])?;
    while let Some(found) = rows.next()? {
        let next = chain.entries + 1;
        // A value that does not read back was changed as well.
        let flaw = match row(found) {
            Ok(found) => flaw(&found, next, chain.head).map_or(Ok(found.hash), Err),
            Err(_) => Err(AuditFlaw::Changed),
        };
        match flaw {
            Ok(hash) => {
                chain.entries = next;
                chain.head = hash;
                if expected == Some(hash) {
                    chain.expected = Some(next);
                }
            }
            Err(why) => {
                chain.broken = Some(AuditBreak { number: next, why });
                break;
            }
        }
    }
    Ok(chain)
}

fn flaw(found: &Audited, number: u64, previous: AuditHash) -> Option<AuditFlaw> {
    if found.number != number {
        return Some(AuditFlaw::Missing);
    }
    if found.hashed() != found.hash {
        return Some(AuditFlaw::Changed);
    }
    (found.previous != previous).then_some(AuditFlaw::Unchained)
}
