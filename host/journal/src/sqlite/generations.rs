//! Generations of a company's setup, and by which it decides.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::JournalError;
use crate::generation::{Activation, ActiveGeneration, GenerationRow, NewGeneration, StateCopy};
use crate::id::CompanyId;
use crate::sqlite::row::{At, limit, place, within};
use crate::sqlite::writer::Work;
use crate::sqlite::{notes, rollouts};

/// Most bytes of what a generation is built from.
const SOURCE_BYTES: usize = 16 << 20;
/// Most bytes of one of its parts.
const PART_BYTES: usize = 64 << 20;
/// Most queues moved at once.
const MOVES: usize = 1_000;
/// Most bytes of a name.
const NAME_BYTES: usize = 256;

/// Hold a generation to its limits.
pub(super) fn check(new: &NewGeneration) -> Result<(), JournalError> {
    within("source", new.source.len(), SOURCE_BYTES)?;
    within("by", new.by.len(), NAME_BYTES)?;
    for part in new.parts.values() {
        within("part", part.len(), PART_BYTES)?;
    }
    Ok(())
}

/// Hold an activation to its limits.
pub(super) fn check_activation(activation: &Activation) -> Result<(), JournalError> {
    for copy in &activation.copies {
        within("plugin", copy.plugin.len(), NAME_BYTES)?;
    }
    for (from, to) in &activation.moved {
        within("queue", from.len().max(to.len()), NAME_BYTES)?;
    }
    if activation.moved.len() > MOVES {
        let problem = format!("must be at most {MOVES}");
        return Err(JournalError::invalid("number of queues moved", problem));
    }
    notes::check(&activation.notes)
}

/// Keep a generation, have a company decide by one, or both. What is refused is
/// refused before anything is written.
pub(super) fn change(
    work: &mut Work<'_>,
    company: CompanyId,
    new: Option<&NewGeneration>,
    activation: Option<&Activation>,
    at: Timestamp,
) -> Result<(), JournalError> {
    if let Some(new) = new {
        let newest: Option<u64> = work
            .sql
            .prepare_cached("SELECT max(number) FROM generation WHERE company = ?1")?
            .query_row([company], |row| row.get(0))?;
        let newest = newest.unwrap_or(0);
        if new.number != newest + 1 {
            return Err(JournalError::GenerationTaken { newest });
        }
    }
    if let Some(activation) = activation {
        let active = active(work.sql, company)?;
        if active != activation.expected {
            return Err(JournalError::GenerationMoved { active });
        }
        let comes = new.is_some_and(|new| new.number == activation.number);
        if !comes && one(work.sql, company, activation.number)?.is_none() {
            return Err(JournalError::NoGeneration(activation.number));
        }
    }
    if let Some(new) = new {
        put(work.sql, company, new)?;
    }
    match activation {
        Some(activation) => activate(work, company, activation, at),
        None => Ok(()),
    }
}

fn put(sql: &Connection, company: CompanyId, new: &NewGeneration) -> Result<(), JournalError> {
    let mut keep = sql.prepare_cached(
        "INSERT INTO generation_part (digest, bytes) VALUES (?1, ?2)
         ON CONFLICT (digest) DO NOTHING",
    )?;
    for (digest, bytes) in &new.parts {
        keep.execute(params![digest, bytes])?;
    }
    sql.prepare_cached(
        "INSERT INTO generation (company, number, digest, source, by_, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        company,
        place(new.number),
        new.digest,
        new.source,
        new.by,
        At(new.at)
    ])?;
    Ok(())
}

fn activate(
    work: &mut Work<'_>,
    company: CompanyId,
    activation: &Activation,
    at: Timestamp,
) -> Result<(), JournalError> {
    // A map of texts: that cannot fail.
    let moved = serde_json::to_string(&activation.moved).unwrap_or_default();
    work.sql
        .prepare_cached(
            "UPDATE generation SET activated_at = ?3, moved = ?4 WHERE company = ?1 AND number = ?2",
        )?
        .execute(params![company, place(activation.number), At(at), moved])?;
    work.sql
        .prepare_cached("UPDATE company SET generation = ?2, since = ?3 WHERE id = ?1")?
        .execute(params![company, place(activation.number), At(at)])?;
    for copy in &activation.copies {
        copy_state(work.sql, company, copy)?;
    }
    // What was tried was tried against the one before.
    rollouts::end(work.sql, company)?;
    notes::append(work, company, &activation.notes)?;
    Ok(())
}

fn copy_state(sql: &Connection, company: CompanyId, copy: &StateCopy) -> Result<(), JournalError> {
    let begun = sql
        .prepare_cached(
            "SELECT 1 FROM state WHERE company = ?1 AND plugin = ?2 AND version = ?3 LIMIT 1",
        )?
        .exists(params![company, copy.plugin, copy.to])?;
    if begun {
        return Ok(());
    }
    sql.prepare_cached(
        "INSERT INTO state (company, scope, owner, plugin, version, key, value, expires, counter,
           windowed, forget_at)
         SELECT company, scope, owner, plugin, ?4, key, value, expires, counter, windowed, forget_at
         FROM state WHERE company = ?1 AND plugin = ?2 AND version = ?3",
    )?
    .execute(params![company, copy.plugin, copy.from, copy.to])?;
    Ok(())
}

/// The generation a company decides by.
pub(super) fn active(sql: &Connection, company: CompanyId) -> Result<Option<u64>, JournalError> {
    let found: Option<Option<u64>> = sql
        .prepare_cached("SELECT generation FROM company WHERE id = ?1")?
        .query_row([company], |row| row.get(0))
        .optional()?;
    Ok(found.flatten())
}

/// Companies that decide by a generation, by name.
pub(super) fn all_active(sql: &Connection) -> Result<Vec<ActiveGeneration>, JournalError> {
    let mut statement = sql.prepare_cached(
        "SELECT id, name, generation, since FROM company WHERE generation IS NOT NULL
         ORDER BY name",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(ActiveGeneration {
            company: row.get(0)?,
            name: row.get(1)?,
            number: row.get(2)?,
            since: row.get::<_, Option<At>>(3)?.map(|at| at.0),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn row(row: &Row<'_>) -> rusqlite::Result<GenerationRow> {
    Ok(GenerationRow {
        number: row.get(0)?,
        digest: row.get(1)?,
        by: row.get(2)?,
        at: row.get::<_, At>(3)?.0,
        activated_at: row.get::<_, Option<At>>(4)?.map(|at| at.0),
        moved: row
            .get::<_, Option<String>>(5)?
            .and_then(|moved| serde_json::from_str(&moved).ok())
            .unwrap_or_default(),
    })
}

/// A company's generations, newest first, before a number.
pub(super) fn list(
    sql: &Connection,
    company: CompanyId,
    before: u64,
    most: usize,
) -> Result<Vec<GenerationRow>, JournalError> {
    let mut statement = sql.prepare_cached(
        "SELECT number, digest, by_, at, activated_at, moved FROM generation
         WHERE company = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3",
    )?;
    let rows = statement.query_map(params![company, place(before), limit(most)], row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A generation, with what it is built from.
pub(super) fn one(
    sql: &Connection,
    company: CompanyId,
    number: u64,
) -> Result<Option<(GenerationRow, Vec<u8>)>, JournalError> {
    let found = sql
        .prepare_cached(
            "SELECT number, digest, by_, at, activated_at, moved, source FROM generation
             WHERE company = ?1 AND number = ?2",
        )?
        .query_row(params![company, place(number)], |found| {
            Ok((row(found)?, found.get(6)?))
        })
        .optional()?;
    Ok(found)
}

/// A part generations refer to.
pub(super) fn part(sql: &Connection, digest: [u8; 32]) -> Result<Option<Vec<u8>>, JournalError> {
    let found = sql
        .prepare_cached("SELECT bytes FROM generation_part WHERE digest = ?1")?
        .query_row([digest], |row| row.get(0))
        .optional()?;
    Ok(found)
}
