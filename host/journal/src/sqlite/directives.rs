//! What operators ordered for a company.

use patchbay_model::input;
use rusqlite::{Connection, params};

use crate::directive::Directive;
use crate::error::JournalError;
use crate::id::CompanyId;
use crate::sqlite::row::within;

/// Most bytes of a body.
const BODY_BYTES: usize = 64 * 1024;

/// Hold a directive to its limits.
pub(super) fn check(directive: &Directive) -> Result<(), JournalError> {
    if directive.name.is_empty() {
        return Err(JournalError::invalid("directive", "must have a name"));
    }
    within("directive", directive.name.len(), input::ID_BYTES)?;
    within("directive body", directive.body.len(), BODY_BYTES)
}

/// Keep one, in place of the one of its name.
pub(super) fn put(
    sql: &Connection,
    company: CompanyId,
    directive: &Directive,
) -> Result<(), JournalError> {
    sql.prepare_cached(
        "INSERT INTO directive (company, name, body) VALUES (?1, ?2, ?3)
         ON CONFLICT (company, name) DO UPDATE SET body = excluded.body",
    )?
    .execute(params![company, directive.name, directive.body])?;
    Ok(())
}

/// Take one back. Answers whether there was one.
pub(super) fn lift(sql: &Connection, company: CompanyId, name: &str) -> Result<bool, JournalError> {
    let gone = sql
        .prepare_cached("DELETE FROM directive WHERE company = ?1 AND name = ?2")?
        .execute(params![company, name])?;
    Ok(gone > 0)
}

/// A company's, by name.
pub(super) fn list(sql: &Connection, company: CompanyId) -> Result<Vec<Directive>, JournalError> {
    let mut statement =
        sql.prepare_cached("SELECT name, body FROM directive WHERE company = ?1 ORDER BY name")?;
    let rows = statement.query_map([company], |row| {
        Ok(Directive {
            name: row.get(0)?,
            body: row.get(1)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
