//! Tokens, by their ids and the hashes of their secrets.

use jiff::Timestamp;
use patchbay_journal::limits::check_length;
use patchbay_journal::{
    AuditEntry, Companies, CompanyId, JournalError, Result, Token, TokenId, Tokens,
};
use patchbay_model::access::TokenScope;
use patchbay_model::input;
use rusqlite::{Connection, Row, params};
use serde_json::json;

use super::{
    Micros, Query, SqliteJournal, append_audit, check_audit, code, id, only_id, optional_time,
    time, value,
};

impl Tokens for SqliteJournal {
    fn put_token(&self, token: Token, audit: AuditEntry) -> Result<()> {
        check(&token)?;
        check_audit(&audit)?;
        let company = token.standing.company.as_deref();
        let company = company.map(|name| self.company(name)).transpose()?;
        self.write(2, move |work| {
            insert(work.sql, company, &token)?;
            append_audit(work.sql, &audit).map(drop)
        })
    }

    fn tokens(&self) -> Result<Vec<Token>> {
        let query = "SELECT t.id, t.hash, t.name, c.name, t.role, t.agent, t.created_at,
               t.created_by, t.expires_at, t.revoked_at
             FROM token t LEFT JOIN company c ON c.id = t.company ORDER BY t.number";
        self.read(|sql| sql.read_all(query, [], token))
    }

    fn revoke_token(&self, id: TokenId, at: Timestamp, audit: AuditEntry) -> Result<bool> {
        check_audit(&audit)?;
        self.write(2, move |work| {
            let query = "SELECT revoked_at IS NOT NULL FROM token WHERE id = ?1";
            match work.sql.read_first(query, [id.0], value)? {
                None => return Err(JournalError::NoToken(id)),
                Some(true) => return Ok(false),
                Some(false) => {}
            }
            let query = "UPDATE token SET revoked_at = ?2 WHERE id = ?1";
            work.sql.run(query, params![id.0, Micros(at)])?;
            append_audit(work.sql, &audit)?;
            Ok(true)
        })
    }
}

fn check(token: &Token) -> Result<()> {
    if let Err(error) = token.standing.check() {
        return Err(JournalError::invalid(error.field(), error.to_string()));
    }
    let name = &token.name;
    check_length("name", name, input::ID_BYTES)?;
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        let problem = "must not be empty, nor contain control characters";
        return Err(JournalError::invalid("name", problem));
    }
    // The record of an action names the agent by it.
    match &token.standing.agent {
        Some(agent) if agent != name => Err(JournalError::invalid(
            "name",
            "of an agent's token is the agent's id; leave it out",
        )),
        _ => Ok(()),
    }
}

fn insert(sql: &Connection, company: Option<CompanyId>, token: &Token) -> Result<()> {
    if let (Some(company), Some(agent)) = (company, &token.standing.agent) {
        let query = "SELECT 1 FROM agent WHERE company = ?1 AND id = ?2";
        if !sql.has_row(query, params![company.0, agent])? {
            return Err(JournalError::NoAgent(agent.clone()));
        }
    }
    sql.run(
        "INSERT INTO token (id, hash, name, company, role, agent, created_at, created_by,
           expires_at, revoked_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            token.id.0,
            token.hash.0,
            token.name,
            company.map(|it| it.0),
            token.standing.role.as_str(),
            token.standing.agent,
            Micros(token.created_at),
            token.created_by,
            token.expires_at.map(Micros),
            token.revoked_at.map(Micros),
        ],
    )?;
    Ok(())
}

/// Revoke the tokens of an agent who is removed, with an audit entry for each;
/// `removal` is the one of the removal.
pub(super) fn revoke_of_agent(
    sql: &Connection,
    company: CompanyId,
    agent: &str,
    removal: &AuditEntry,
) -> Result<()> {
    let mut revoked: Vec<TokenId> = sql.read_all(
        "UPDATE token SET revoked_at = ?3
         WHERE company = ?1 AND agent = ?2 AND revoked_at IS NULL RETURNING id",
        params![company.0, agent, Micros(removal.at)],
        only_id,
    )?;
    revoked.sort();
    for id in revoked {
        let entry = AuditEntry::new(
            removal.at,
            removal.company.as_deref(),
            removal.actor.clone(),
            "token.revoked",
            &json!({"token": id.to_string(), "because": "agent.removed"}),
        );
        append_audit(sql, &entry)?;
    }
    Ok(())
}

fn token(row: &Row<'_>) -> rusqlite::Result<Token> {
    Ok(Token {
        id: id(row, 0)?,
        hash: id(row, 1)?,
        name: row.get(2)?,
        standing: TokenScope {
            company: row.get(3)?,
            role: code(row, 4, |role| role.parse().ok())?,
            agent: row.get(5)?,
        },
        created_at: time(row, 6)?,
        created_by: row.get(7)?,
        expires_at: optional_time(row, 8)?,
        revoked_at: optional_time(row, 9)?,
    })
}
