//! Policy memory: cells, changed by the rules of the model.

use jiff::Timestamp;
use patchbay_journal::limits::check_length;
use patchbay_journal::{Commit, CompanyId, Result, StateChange};
use patchbay_model::input;
use patchbay_model::state::{Cell, Change, KEY_BYTES, Memory, Scope, VALUE_BYTES};
use rusqlite::{Connection, Row, params};

use super::{Micros, Query};

pub(super) fn check(changes: &[StateChange]) -> Result<()> {
    for change in changes {
        check_length("plugin", &change.plugin, input::NAME_BYTES)?;
        check_length("owner", &change.owner, input::NAME_BYTES)?;
        check_length("state key", &change.key, KEY_BYTES)?;
        if let Change::Set { value, .. } = &change.change {
            check_length("state value", value, VALUE_BYTES)?;
        }
    }
    Ok(())
}

/// Apply the changes of a commit.
pub(super) fn write(sql: &Connection, commit: &Commit) -> Result<()> {
    for change in &commit.state {
        let scope = change.scope.as_str();
        let key = params![
            commit.conversation.company.0,
            scope,
            change.owner,
            change.plugin,
            change.version,
            change.key
        ];
        let stored = sql.read_first(
            "SELECT value, expires, counter, windowed FROM state WHERE company = ?1
               AND scope = ?2 AND owner = ?3 AND plugin = ?4 AND version = ?5 AND key = ?6",
            key,
            |row| cell(row, 0),
        )?;
        let mut cell = stored.unwrap_or_default();
        cell.apply(&change.change, commit.at);
        put(sql, key, &cell)?;
    }
    Ok(())
}

fn put(sql: &Connection, key: &[&dyn rusqlite::ToSql], cell: &Cell) -> Result<()> {
    if *cell == Cell::default() {
        sql.run(
            "DELETE FROM state WHERE company = ?1 AND scope = ?2 AND owner = ?3
               AND plugin = ?4 AND version = ?5 AND key = ?6",
            key,
        )?;
        return Ok(());
    }
    let (value, expires) = match &cell.value {
        Some((value, expires_at)) => (Some(value), expires_at.map(to_nanos)),
        None => (None, None),
    };
    let windowed: Vec<u8> = cell
        .windowed
        .iter()
        .flat_map(|(at, amount)| [to_nanos(*at), *amount])
        .flat_map(i64::to_le_bytes)
        .collect();
    let forget_at = cell.forgotten_at().map(Micros);
    let values = params![value, expires, cell.counter, windowed, forget_at];
    sql.run(
        "INSERT OR REPLACE INTO state (company, scope, owner, plugin, version, key, value,
           expires, counter, windowed, forget_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        [key, values].concat().as_slice(),
    )?;
    Ok(())
}

/// The memories of several owners, joined.
pub(super) fn read(
    sql: &Connection,
    company: CompanyId,
    plugin: &str,
    version: u32,
    owners: &[(Scope, &[u8])],
) -> Result<Memory> {
    let mut memory = Memory::default();
    for (scope, owner) in owners {
        let cells = sql.read_all(
            "SELECT key, value, expires, counter, windowed FROM state WHERE company = ?1
               AND scope = ?2 AND owner = ?3 AND plugin = ?4 AND version = ?5",
            params![company.0, scope.as_str(), owner, plugin, version],
            |row| Ok((row.get(0)?, cell(row, 1)?)),
        )?;
        for (key, cell) in cells {
            memory.insert(*scope, key, cell);
        }
    }
    Ok(memory)
}

fn cell(row: &Row<'_>, first: usize) -> rusqlite::Result<Cell> {
    let value: Option<Vec<u8>> = row.get(first)?;
    let expires: Option<i64> = row.get(first + 1)?;
    let windowed: Vec<u8> = row.get(first + 3)?;
    let (words, _) = windowed.as_chunks::<8>();
    let (pairs, _) = words.as_chunks::<2>();
    let pair = |[expires, amount]: &[[u8; 8]; 2]| {
        let expires = from_nanos(i64::from_le_bytes(*expires));
        (expires, i64::from_le_bytes(*amount))
    };
    Ok(Cell {
        value: value.map(|value| (value, expires.map(from_nanos))),
        counter: row.get(first + 2)?,
        windowed: pairs.iter().map(pair).collect(),
    })
}

/// A time to the nanosecond; times before 1677 and after 2262 are cut there.
fn to_nanos(at: Timestamp) -> i64 {
    let nanos = at.as_nanosecond();
    i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })
}

fn from_nanos(nanos: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(nanos)).unwrap_or(Timestamp::MAX)
}
