//! What companies try beside what they decide by.

use rusqlite::{Connection, params};

use crate::error::JournalError;
use crate::id::CompanyId;
use crate::rollout::RolloutRow;
use crate::sqlite::generations;
use crate::sqlite::row::{place, within};
use crate::sqlite::writer::Work;

/// Most bytes of how it is tried.
const TERMS_BYTES: usize = 4 << 10;
/// Most bytes of what came of it.
const TALLY_BYTES: usize = 64 << 10;

/// Hold one to its limits.
pub(super) fn check(row: &RolloutRow) -> Result<(), JournalError> {
    within("terms", row.terms.len(), TERMS_BYTES)?;
    check_tally(&row.tally)
}

/// Hold what came of one to its limit.
pub(super) fn check_tally(tally: &str) -> Result<(), JournalError> {
    within("tally", tally.len(), TALLY_BYTES)
}

/// Begin one, or go on by other terms. What is refused is refused before
/// anything is written.
pub(super) fn put(
    work: &mut Work<'_>,
    company: CompanyId,
    row: &RolloutRow,
) -> Result<(), JournalError> {
    let active = generations::active(work.sql, company)?;
    if active != Some(row.control) {
        return Err(JournalError::GenerationMoved { active });
    }
    if generations::one(work.sql, company, row.generation)?.is_none() {
        return Err(JournalError::NoGeneration(row.generation));
    }
    work.sql
        .prepare_cached(
            "INSERT INTO rollout (company, generation, control, terms, tally)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (company) DO UPDATE SET generation = excluded.generation,
               control = excluded.control, terms = excluded.terms, tally = excluded.tally",
        )?
        .execute(params![
            company,
            place(row.generation),
            place(row.control),
            row.terms,
            row.tally
        ])?;
    Ok(())
}

/// Say what came of one so far; whether it is still there.
pub(super) fn tally(
    sql: &Connection,
    company: CompanyId,
    generation: u64,
    tally: &str,
) -> Result<bool, JournalError> {
    let changed = sql
        .prepare_cached("UPDATE rollout SET tally = ?3 WHERE company = ?1 AND generation = ?2")?
        .execute(params![company, place(generation), tally])?;
    Ok(changed > 0)
}

/// End the one of a company; whether there was one.
pub(super) fn end(sql: &Connection, company: CompanyId) -> Result<bool, JournalError> {
    let ended = sql
        .prepare_cached("DELETE FROM rollout WHERE company = ?1")?
        .execute([company])?;
    Ok(ended > 0)
}

/// Those of all companies, with the companies' names.
pub(super) fn all(sql: &Connection) -> Result<Vec<(CompanyId, String, RolloutRow)>, JournalError> {
    let mut statement = sql.prepare_cached(
        "SELECT r.company, c.name, r.generation, r.control, r.terms, r.tally
         FROM rollout r JOIN company c ON c.id = r.company ORDER BY c.name",
    )?;
    let rows = statement.query_map([], |row| {
        let found = RolloutRow {
            generation: row.get(2)?,
            control: row.get(3)?,
            terms: row.get(4)?,
            tally: row.get(5)?,
        };
        Ok((row.get(0)?, row.get(1)?, found))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
