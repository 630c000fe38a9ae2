//! Sessions, by the hashes of their secrets.

use patchbay_journal::limits::check_length;
use patchbay_journal::{
    AuditEntry, Companies, JournalError, Result, Session, SessionHolder, SessionId, Sessions,
};
use patchbay_model::access::TokenScope;
use patchbay_model::input;
use rusqlite::{Row, params};

use super::{Micros, Query, SqliteJournal, append_audit, check_audit, code, id, optional_id, time};

impl Sessions for SqliteJournal {
    fn start_session(&self, session: Session, audit: AuditEntry) -> Result<()> {
        check_audit(&audit)?;
        let mut company = None;
        if let SessionHolder::External {
            actor,
            name,
            standing,
        } = &session.holder
        {
            check_length("actor", actor, input::ID_BYTES)?;
            check_length("name", name, input::ID_BYTES)?;
            if let Err(error) = standing.check() {
                return Err(JournalError::invalid(error.field(), error.to_string()));
            }
            let named = standing.company.as_deref();
            company = named.map(|name| self.company(name)).transpose()?;
        }
        self.write(2, move |work| {
            let (token, external) = match &session.holder {
                SessionHolder::Token(token) => (Some(token.0), None),
                SessionHolder::External {
                    actor,
                    name,
                    standing,
                } => (None, Some((actor, name, standing))),
            };
            work.sql.run(
                "INSERT INTO session (id, hash, token, actor, name, company, role, agent,
                   started_at, expires_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                params![
                    session.id.0,
                    session.hash.0,
                    token,
                    external.map(|(actor, _, _)| actor),
                    external.map(|(_, name, _)| name),
                    company.map(|it| it.0),
                    external.map(|(_, _, standing)| standing.role.as_str()),
                    external.and_then(|(_, _, standing)| standing.agent.as_deref()),
                    Micros(session.started_at),
                    Micros(session.expires_at),
                ],
            )?;
            append_audit(work.sql, &audit).map(drop)
        })
    }

    fn sessions(&self) -> Result<Vec<Session>> {
        let query = "SELECT s.id, s.hash, s.token, s.actor, s.name, c.name, s.role, s.agent,
               s.started_at, s.expires_at
             FROM session s LEFT JOIN company c ON c.id = s.company ORDER BY s.number";
        self.read(|sql| sql.read_all(query, [], session))
    }

    fn end_sessions(&self, ids: Vec<SessionId>, audit: Option<AuditEntry>) -> Result<()> {
        audit.as_ref().map_or(Ok(()), check_audit)?;
        self.write(2, move |work| {
            for id in &ids {
                work.sql.run("DELETE FROM session WHERE id = ?1", [id.0])?;
            }
            match &audit {
                Some(audit) => append_audit(work.sql, audit).map(drop),
                None => Ok(()),
            }
        })
    }
}

fn session(row: &Row<'_>) -> rusqlite::Result<Session> {
    let holder = match optional_id(row, 2)? {
        Some(token) => SessionHolder::Token(token),
        None => SessionHolder::External {
            actor: row.get(3)?,
            name: row.get(4)?,
            standing: TokenScope {
                company: row.get(5)?,
                role: code(row, 6, |role| role.parse().ok())?,
                agent: row.get(7)?,
            },
        },
    };
    Ok(Session {
        id: id(row, 0)?,
        hash: id(row, 1)?,
        holder,
        started_at: time(row, 8)?,
        expires_at: time(row, 9)?,
    })
}
