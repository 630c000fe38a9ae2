//! Tokens, by their ids and the hashes of their secrets.

use jiff::Timestamp;
use patchbay_model::access::{Role, TokenScope};
use patchbay_model::input;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::audit::AuditEntry;
use crate::error::JournalError;
use crate::id::{CompanyId, TokenId};
use crate::sqlite::audit;
use crate::sqlite::row::{At, Coded, within};
use crate::token::{SecretHash, Token};

/// Hold a token to its limits.
pub(super) fn check(token: &Token) -> Result<(), JournalError> {
    if let Err(error) = token.standing.check() {
        return Err(JournalError::invalid(error.field(), error.to_string()));
    }
    let name = &token.name;
    within("name", name.len(), input::ID_BYTES)?;
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        let problem = "must not be empty, nor hold control characters";
        return Err(JournalError::invalid("name", problem));
    }
    // The name is what is written down of whoever acts.
    match &token.standing.agent {
        Some(agent) if agent != name => Err(JournalError::invalid(
            "name",
            "of an agent's token is the agent's id; leave it out",
        )),
        _ => Ok(()),
    }
}

/// Keep a token.
pub(super) fn put(
    sql: &Connection,
    company: Option<CompanyId>,
    token: &Token,
    entry: &AuditEntry,
) -> Result<(), JournalError> {
    if let (Some(company), Some(agent)) = (company, &token.standing.agent) {
        let there = sql
            .prepare_cached("SELECT 1 FROM agent WHERE company = ?1 AND id = ?2")?
            .exists(params![company, agent])?;
        if !there {
            return Err(JournalError::NoAgent(agent.clone()));
        }
    }
    sql.prepare_cached(
        "INSERT INTO token (id, hash, name, company, role, agent, created_at, created_by,
           expires_at, revoked_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        token.id,
        token.hash,
        token.name,
        company,
        token.standing.role.as_str(),
        token.standing.agent,
        At(token.created_at),
        token.created_by,
        token.expires_at.map(At),
        token.revoked_at.map(At),
    ])?;
    audit::append(sql, entry)?;
    Ok(())
}

/// Take a token back. Answers whether that changed anything.
pub(super) fn revoke(
    sql: &Connection,
    id: TokenId,
    at: Timestamp,
    entry: &AuditEntry,
) -> Result<bool, JournalError> {
    let revoked: Option<bool> = sql
        .prepare_cached("SELECT revoked_at IS NOT NULL FROM token WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    match revoked {
        None => return Err(JournalError::NoToken(id)),
        Some(true) => return Ok(false),
        Some(false) => {}
    }
    sql.prepare_cached("UPDATE token SET revoked_at = ?2 WHERE id = ?1")?
        .execute(params![id, At(at)])?;
    audit::append(sql, entry)?;
    Ok(true)
}

/// Take the tokens of an agent back who leaves: another may come under the
/// same id. `entry` says who saw to it.
pub(super) fn revoke_of_agent(
    sql: &Connection,
    company: CompanyId,
    agent: &str,
    entry: &AuditEntry,
) -> Result<(), JournalError> {
    let mut statement = sql.prepare_cached(
        "UPDATE token SET revoked_at = ?3
         WHERE company = ?1 AND agent = ?2 AND revoked_at IS NULL RETURNING id",
    )?;
    let revoked = statement.query_map(params![company, agent, At(entry.at)], |row| row.get(0))?;
    let mut revoked: Vec<TokenId> = revoked.collect::<Result<_, _>>()?;
    revoked.sort();
    for id in revoked {
        let entry = AuditEntry {
            act: "token.revoked".to_owned(),
            // An id is digits only.
            details: format!(r#"{{"token":"{id}","because":"agent.removed"}}"#),
            ..entry.clone()
        };
        audit::append(sql, &entry)?;
    }
    Ok(())
}

/// Every token there ever was, in the order in which they were made.
pub(super) fn list(sql: &Connection) -> Result<Vec<Token>, JournalError> {
    let mut statement = sql.prepare_cached(
        "SELECT t.id, t.hash, t.name, c.name, t.role, t.agent, t.created_at, t.created_by,
           t.expires_at, t.revoked_at
         FROM token t LEFT JOIN company c ON c.id = t.company ORDER BY t.number",
    )?;
    let rows = statement.query_map([], token)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn token(row: &Row<'_>) -> rusqlite::Result<Token> {
    let time = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<At>>(column)?.map(|at| at.0));
    Ok(Token {
        id: row.get(0)?,
        hash: row.get::<_, SecretHash>(1)?,
        name: row.get(2)?,
        standing: TokenScope {
            company: row.get(3)?,
            role: row.get::<_, Coded<Role>>(4)?.0,
            agent: row.get(5)?,
        },
        created_at: row.get::<_, At>(6)?.0,
        created_by: row.get(7)?,
        expires_at: time(8)?,
        revoked_at: time(9)?,
    })
}
