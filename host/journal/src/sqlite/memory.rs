//! What policies remember: read, changed by the rules of the model, written.

use jiff::Timestamp;
use patchbay_model::input;
use patchbay_model::state::{Cell, Change, KEY_BYTES, Memory, Scope, VALUE_BYTES};
use rusqlite::{Connection, OptionalExtension, params};

use crate::commit::{Commit, StateChange};
use crate::error::JournalError;
use crate::id::CompanyId;
use crate::sqlite::row::{At, within};

/// Hold state writes to their limits.
pub(super) fn check(writes: &[StateChange]) -> Result<(), JournalError> {
    for write in writes {
        within("plugin", write.plugin.len(), input::NAME_BYTES)?;
        within("owner", write.owner.len(), input::NAME_BYTES)?;
        within("state key", write.key.len(), KEY_BYTES)?;
        if let Change::Set { value, .. } = &write.change {
            within("state value", value.len(), VALUE_BYTES)?;
        }
    }
    Ok(())
}

/// Make the changes of a commit.
pub(super) fn write(sql: &Connection, commit: &Commit) -> Result<(), JournalError> {
    for write in &commit.state {
        let mut cell = read(sql, commit.conversation.company, write)?.unwrap_or_default();
        cell.apply(&write.change, commit.at);
        put(sql, commit.conversation.company, write, &cell)?;
    }
    Ok(())
}

fn read(
    sql: &Connection,
    company: CompanyId,
    write: &StateChange,
) -> Result<Option<Cell>, JournalError> {
    let found = sql
        .prepare_cached(
            "SELECT value, expires, counter, windowed FROM state WHERE company = ?1
               AND scope = ?2 AND owner = ?3 AND plugin = ?4 AND version = ?5 AND key = ?6",
        )?
        .query_row(
            params![
                company,
                write.scope.as_str(),
                write.owner,
                write.plugin,
                write.version,
                write.key
            ],
            |row| cell(row, 0),
        )
        .optional()?;
    Ok(found)
}

fn put(
    sql: &Connection,
    company: CompanyId,
    write: &StateChange,
    cell: &Cell,
) -> Result<(), JournalError> {
    let key = params![
        company,
        write.scope.as_str(),
        write.owner,
        write.plugin,
        write.version,
        write.key
    ];
    if *cell == Cell::default() {
        sql.prepare_cached(
            "DELETE FROM state WHERE company = ?1 AND scope = ?2 AND owner = ?3
               AND plugin = ?4 AND version = ?5 AND key = ?6",
        )?
        .execute(key)?;
        return Ok(());
    }
    let (value, expires) = match &cell.value {
        Some((value, expires_at)) => (Some(value), expires_at.map(nanos)),
        None => (None, None),
    };
    let windowed: Vec<u8> = cell
        .windowed
        .iter()
        .flat_map(|(at, amount)| [nanos(*at), *amount])
        .flat_map(i64::to_le_bytes)
        .collect();
    let rest = params![
        value,
        expires,
        cell.counter,
        windowed,
        cell.forgotten_at().map(At)
    ];
    let all: Vec<_> = key.iter().chain(rest).copied().collect();
    sql.prepare_cached(
        "INSERT OR REPLACE INTO state (company, scope, owner, plugin, version, key, value,
           expires, counter, windowed, forget_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(all.as_slice())?;
    Ok(())
}

/// The memories of owners as one.
pub(super) fn memory(
    sql: &Connection,
    company: CompanyId,
    plugin: &str,
    version: u32,
    owners: &[(Scope, &[u8])],
) -> Result<Memory, JournalError> {
    let mut memory = Memory::default();
    let mut statement = sql.prepare_cached(
        "SELECT key, value, expires, counter, windowed FROM state WHERE company = ?1
           AND scope = ?2 AND owner = ?3 AND plugin = ?4 AND version = ?5",
    )?;
    for (scope, owner) in owners {
        let key = params![company, scope.as_str(), owner, plugin, version];
        let rows = statement.query_map(key, |row| Ok((row.get(0)?, cell(row, 1)?)))?;
        for row in rows {
            let (key, cell) = row?;
            memory.insert(*scope, key, cell);
        }
    }
    Ok(memory)
}

fn cell(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Cell> {
    let value: Option<Vec<u8>> = row.get(first)?;
    let expires: Option<i64> = row.get(first + 1)?;
    let windowed: Vec<u8> = row.get(first + 3)?;
    let (words, _) = windowed.as_chunks::<8>();
    let (pairs, _) = words.as_chunks::<2>();
    Ok(Cell {
        value: value.map(|value| (value, expires.map(at))),
        counter: row.get(first + 2)?,
        windowed: pairs
            .iter()
            .map(|[expires, amount]| {
                (
                    at(i64::from_le_bytes(*expires)),
                    i64::from_le_bytes(*amount),
                )
            })
            .collect(),
    })
}

/// A time as a policy gave it, exactly; from 1677 to 2262, and what lies
/// beyond is as good as the end.
fn nanos(at: Timestamp) -> i64 {
    let nanos = at.as_nanosecond();
    i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })
}

fn at(nanos: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(nanos)).unwrap_or(Timestamp::MAX)
}
