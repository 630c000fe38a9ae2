//! The roster: a company's agents by id.

use patchbay_journal::limits::{self, check_count, check_length};
use patchbay_journal::{AgentRow, AuditEntry, CompanyId, JournalError, Note, Result, Roster};
use patchbay_model::directory::Presence;
use patchbay_model::input;
use rusqlite::{Row, params};

use super::{ChangeRecord, Micros, Query, SqliteJournal, clamp_i64, code, time, tokens};

impl Roster for SqliteJournal {
    fn put_agents(
        &self,
        company: CompanyId,
        agents: Vec<AgentRow>,
        notes: Vec<Note>,
        audit: Option<AuditEntry>,
    ) -> Result<()> {
        check(&agents)?;
        let record = ChangeRecord::new(company, notes, audit)?;
        let rows = agents.len() + record.len();
        if rows == 0 {
            return Ok(());
        }
        self.write(rows, move |work| {
            for agent in &agents {
                work.sql.run(
                    "INSERT INTO agent (company, id, profile, presence, changed_at, state)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT (company, id) DO UPDATE SET profile = excluded.profile,
                       presence = excluded.presence, changed_at = excluded.changed_at,
                       state = excluded.state",
                    params![
                        company.0,
                        agent.id,
                        agent.profile,
                        agent.presence.as_str(),
                        Micros(agent.changed_at),
                        agent.state,
                    ],
                )?;
            }
            record.append(work)
        })
    }

    fn remove_agent(
        &self,
        company: CompanyId,
        id: &str,
        notes: Vec<Note>,
        audit: AuditEntry,
    ) -> Result<bool> {
        let record = ChangeRecord::new(company, notes, audit.clone())?;
        let id = id.to_owned();
        self.write(record.len(), move |work| {
            let query = "DELETE FROM agent WHERE company = ?1 AND id = ?2";
            let existed = work.sql.run(query, params![company.0, id])? > 0;
            if existed {
                record.append(work)?;
                tokens::revoke_of_agent(work.sql, company, &id, &audit)?;
            }
            Ok(existed)
        })
    }

    fn agents(&self, company: CompanyId, after: &str, limit: usize) -> Result<Vec<AgentRow>> {
        let query = "SELECT id, profile, presence, changed_at, state FROM agent
             WHERE company = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
        self.read(|sql| sql.read_all(query, params![company.0, after, clamp_i64(limit)], agent))
    }
}

fn check(agents: &[AgentRow]) -> Result<()> {
    check_count("number of agents", agents.len(), limits::AGENTS)?;
    for agent in agents {
        if agent.id.is_empty() {
            return Err(JournalError::invalid("agent id", "must not be empty"));
        }
        check_length("agent id", &agent.id, input::ID_BYTES)?;
        check_length("profile", &agent.profile, limits::AGENT_PART)?;
        check_length("agent state", &agent.state, limits::AGENT_PART)?;
    }
    Ok(())
}

fn agent(row: &Row<'_>) -> rusqlite::Result<AgentRow> {
    Ok(AgentRow {
        id: row.get(0)?,
        profile: row.get(1)?,
        presence: code(row, 2, Presence::from_code)?,
        changed_at: time(row, 3)?,
        state: row.get(4)?,
    })
}
