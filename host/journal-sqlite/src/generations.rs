//! Generations, and which one is active.

use std::collections::BTreeMap;

use jiff::Timestamp;
use patchbay_journal::limits::{self, check_count, check_length};
use patchbay_journal::{
    Activation, ActiveGeneration, AuditEntry, CompanyId, GenerationRow, GenerationUsage,
    Generations, JournalError, NewGeneration, Result, StateCopy,
};
use rusqlite::{Connection, Row, params};

use super::{
    ChangeRecord, Micros, Query, SqliteJournal, clamp_i64, id, optional_time, time, value,
};

impl Generations for SqliteJournal {
    fn put_generation(
        &self,
        company: CompanyId,
        new: Option<NewGeneration>,
        activation: Option<Activation>,
        at: Timestamp,
        audit: Option<AuditEntry>,
    ) -> Result<()> {
        new.iter().try_for_each(check_new)?;
        activation.iter().try_for_each(check_activation)?;
        let notes = activation.iter().flat_map(|it| it.notes.clone()).collect();
        let record = ChangeRecord::new(company, notes, audit)?;
        self.write(1, move |work| {
            let (new, activation) = (new.as_ref(), activation.as_ref());
            check_numbers(work.sql, company, new, activation)?;
            if let Some(new) = new {
                insert(work.sql, company, new)?;
            }
            if let Some(activation) = activation {
                activate(work.sql, company, activation, at)?;
            }
            record.append(work)
        })
    }

    fn delete_generation(
        &self,
        company: CompanyId,
        number: u64,
        audit: Option<AuditEntry>,
    ) -> Result<u64> {
        let record = ChangeRecord::new(company, Vec::new(), audit)?;
        self.write(2, move |work| {
            let freed = delete(work.sql, company, number)?;
            record.append(work)?;
            Ok(freed)
        })
    }

    fn generation_usage(&self, company: CompanyId) -> Result<GenerationUsage> {
        let query = "SELECT count(*), coalesce(sum(length(source)), 0)
               + (SELECT coalesce(sum(length(bytes)), 0) FROM generation_part WHERE digest IN
                   (SELECT digest FROM generation_use WHERE company = ?1)),
               (SELECT newest_generation FROM company WHERE id = ?1)
             FROM generation WHERE company = ?1";
        let usage = self.read(|sql| {
            sql.read_first(query, [company.0], |row| {
                Ok(GenerationUsage {
                    count: row.get(0)?,
                    bytes: row.get(1)?,
                    newest: row.get::<_, Option<u64>>(2)?.unwrap_or(0),
                })
            })
        })?;
        Ok(usage.unwrap_or_default())
    }

    fn active_generation(&self, company: CompanyId) -> Result<Option<u64>> {
        self.read(|sql| active(sql, company))
    }

    fn generations(
        &self,
        company: CompanyId,
        before: u64,
        limit: usize,
    ) -> Result<Vec<GenerationRow>> {
        let query = "SELECT number, digest, by_, at, activated_at, moved FROM generation
             WHERE company = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3";
        let params = params![company.0, clamp_i64(before), clamp_i64(limit)];
        self.read(|sql| sql.read_all(query, params, generation))
    }

    fn generation(
        &self,
        company: CompanyId,
        number: u64,
    ) -> Result<Option<(GenerationRow, Vec<u8>)>> {
        let query = "SELECT number, digest, by_, at, activated_at, moved, source FROM generation
             WHERE company = ?1 AND number = ?2";
        self.read(|sql| {
            sql.read_first(query, params![company.0, clamp_i64(number)], |row| {
                Ok((generation(row)?, row.get(6)?))
            })
        })
    }

    fn generation_part(&self, digest: [u8; 32]) -> Result<Option<Vec<u8>>> {
        let query = "SELECT bytes FROM generation_part WHERE digest = ?1";
        self.read(|sql| sql.read_first(query, [digest], value))
    }

    fn has_generation_part(&self, company: CompanyId, digest: [u8; 32]) -> Result<bool> {
        let query = "SELECT 1 FROM generation_use WHERE company = ?1 AND digest = ?2 LIMIT 1";
        self.read(|sql| sql.has_row(query, params![company.0, digest]))
    }

    fn active_generations(&self) -> Result<Vec<ActiveGeneration>> {
        let query = "SELECT id, name, generation, since FROM company WHERE generation IS NOT NULL
             ORDER BY name";
        self.read(|sql| {
            sql.read_all(query, [], |row| {
                Ok(ActiveGeneration {
                    company: id(row, 0)?,
                    name: row.get(1)?,
                    number: row.get(2)?,
                    since: optional_time(row, 3)?,
                })
            })
        })
    }
}

fn check_new(new: &NewGeneration) -> Result<()> {
    check_length("source", &new.source, limits::GENERATION_SOURCE)?;
    check_length("by", &new.by, limits::GENERATION_NAME)?;
    for part in new.parts.values() {
        check_length("part", part, limits::GENERATION_PART)?;
    }
    Ok(())
}

fn check_activation(activation: &Activation) -> Result<()> {
    for copy in &activation.copies {
        check_length("plugin", &copy.plugin, limits::GENERATION_NAME)?;
    }
    for (from, to) in &activation.moved {
        check_length("queue", from, limits::GENERATION_NAME)?;
        check_length("queue", to, limits::GENERATION_NAME)?;
    }
    check_count(
        "number of queues moved",
        activation.moved.len(),
        limits::QUEUES_MOVED,
    )
}

/// Compare the numbers with the database, before anything is written.
fn check_numbers(
    sql: &Connection,
    company: CompanyId,
    new: Option<&NewGeneration>,
    activation: Option<&Activation>,
) -> Result<()> {
    if let Some(new) = new {
        let query = "SELECT newest_generation FROM company WHERE id = ?1";
        let newest = sql.read_first(query, [company.0], value::<u64>)?;
        let newest = newest.unwrap_or(0);
        if new.number != newest + 1 {
            return Err(JournalError::GenerationTaken { newest });
        }
    }
    if let Some(activation) = activation {
        let active = active(sql, company)?;
        if active != activation.expected {
            return Err(JournalError::GenerationMoved { active });
        }
        if new.is_none_or(|new| new.number != activation.number) {
            check_exists(sql, company, activation.number)?;
        }
    }
    Ok(())
}

/// Refuse a generation that does not exist.
pub(super) fn check_exists(sql: &Connection, company: CompanyId, number: u64) -> Result<()> {
    let query = "SELECT 1 FROM generation WHERE company = ?1 AND number = ?2";
    match sql.has_row(query, params![company.0, clamp_i64(number)])? {
        true => Ok(()),
        false => Err(JournalError::NoGeneration(number)),
    }
}

fn insert(sql: &Connection, company: CompanyId, new: &NewGeneration) -> Result<()> {
    let number = clamp_i64(new.number);
    for (digest, bytes) in &new.parts {
        sql.run(
            "INSERT INTO generation_part (digest, bytes) VALUES (?1, ?2)
             ON CONFLICT (digest) DO NOTHING",
            params![digest, bytes],
        )?;
        sql.run(
            "INSERT INTO generation_use (company, number, digest) VALUES (?1, ?2, ?3)",
            params![company.0, number, digest],
        )?;
    }
    sql.run(
        "UPDATE company SET newest_generation = ?2 WHERE id = ?1",
        params![company.0, number],
    )?;
    sql.run(
        "INSERT INTO generation (company, number, digest, source, by_, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            company.0,
            clamp_i64(new.number),
            new.digest,
            new.source,
            new.by,
            Micros(new.at)
        ],
    )?;
    Ok(())
}

/// Delete a generation, and parts that only it refers to; the bytes.
fn delete(sql: &Connection, company: CompanyId, number: u64) -> Result<u64> {
    check_exists(sql, company, number)?;
    let key = params![company.0, clamp_i64(number)];
    let is_candidate = "SELECT 1 FROM rollout WHERE company = ?1 AND generation = ?2";
    if active(sql, company)? == Some(number) || sql.has_row(is_candidate, key)? {
        return Err(JournalError::GenerationInUse(number));
    }
    let source = "SELECT length(source) FROM generation WHERE company = ?1 AND number = ?2";
    let source = sql.read_first(source, key, value::<u64>)?.unwrap_or(0);
    let used = "SELECT digest FROM generation_use WHERE company = ?1 AND number = ?2";
    let used: Vec<[u8; 32]> = sql.read_all(used, key, value)?;
    sql.run(
        "DELETE FROM generation_use WHERE company = ?1 AND number = ?2",
        key,
    )?;
    sql.run(
        "DELETE FROM generation WHERE company = ?1 AND number = ?2",
        key,
    )?;
    let mut freed = source;
    for digest in used {
        if sql.has_row("SELECT 1 FROM generation_use WHERE digest = ?1", [digest])? {
            continue;
        }
        let length = "SELECT length(bytes) FROM generation_part WHERE digest = ?1";
        freed += sql.read_first(length, [digest], value::<u64>)?.unwrap_or(0);
        sql.run("DELETE FROM generation_part WHERE digest = ?1", [digest])?;
    }
    Ok(freed)
}

fn activate(
    sql: &Connection,
    company: CompanyId,
    activation: &Activation,
    at: Timestamp,
) -> Result<()> {
    // A map of texts always serializes.
    let moved = serde_json::to_string(&activation.moved).unwrap_or_default();
    let number = clamp_i64(activation.number);
    sql.run(
        "UPDATE generation SET activated_at = ?3, moved = ?4 WHERE company = ?1 AND number = ?2",
        params![company.0, number, Micros(at), moved],
    )?;
    sql.run(
        "UPDATE company SET generation = ?2, since = ?3 WHERE id = ?1",
        params![company.0, number, Micros(at)],
    )?;
    for copy in &activation.copies {
        copy_state(sql, company, copy)?;
    }
    // A rollout compares with the generation that was active.
    delete_rollout(sql, company).map(drop)
}

/// Delete a company's rollout; whether there was one.
pub(super) fn delete_rollout(sql: &Connection, company: CompanyId) -> Result<bool> {
    Ok(sql.run("DELETE FROM rollout WHERE company = ?1", [company.0])? > 0)
}

fn copy_state(sql: &Connection, company: CompanyId, copy: &StateCopy) -> Result<()> {
    let query = "SELECT 1 FROM state WHERE company = ?1 AND plugin = ?2 AND version = ?3 LIMIT 1";
    if sql.has_row(query, params![company.0, copy.plugin, copy.to])? {
        return Ok(());
    }
    sql.run(
        "INSERT INTO state (company, scope, owner, plugin, version, key, value, expires, counter,
           windowed, forget_at)
         SELECT company, scope, owner, plugin, ?4, key, value, expires, counter, windowed, forget_at
         FROM state WHERE company = ?1 AND plugin = ?2 AND version = ?3",
        params![company.0, copy.plugin, copy.from, copy.to],
    )?;
    Ok(())
}

/// Number of a company's active generation.
pub(super) fn active(sql: &Connection, company: CompanyId) -> Result<Option<u64>> {
    let query = "SELECT generation FROM company WHERE id = ?1";
    let active = sql.read_first(query, [company.0], value::<Option<u64>>)?;
    Ok(active.flatten())
}

fn generation(row: &Row<'_>) -> rusqlite::Result<GenerationRow> {
    let moved: Option<String> = row.get(5)?;
    let moved = moved.and_then(|moved| serde_json::from_str::<BTreeMap<_, _>>(&moved).ok());
    Ok(GenerationRow {
        number: row.get(0)?,
        digest: row.get(1)?,
        by: row.get(2)?,
        at: time(row, 3)?,
        activated_at: optional_time(row, 4)?,
        moved: moved.unwrap_or_default(),
    })
}
