//! The roster: a company's agents by id.

use patchbay_model::directory::Presence;
use patchbay_model::input;
use rusqlite::{Connection, Row, params};

use crate::agent::AgentRow;
use crate::error::JournalError;
use crate::id::CompanyId;
use crate::sqlite::row::{At, Coded, limit, within};

/// Most agents put in one call.
const AGENTS: usize = 10_000;
/// Most bytes of a profile, or of the desk's state.
const PART_BYTES: usize = 64 * 1024;

/// Hold agents to their limits.
pub(super) fn check(agents: &[AgentRow]) -> Result<(), JournalError> {
    if agents.len() > AGENTS {
        let problem = format!("must be at most {AGENTS}");
        return Err(JournalError::invalid("number of agents", problem));
    }
    for agent in agents {
        if agent.id.is_empty() {
            return Err(JournalError::invalid("agent id", "must not be empty"));
        }
        within("agent id", agent.id.len(), input::ID_BYTES)?;
        within("profile", agent.profile.len(), PART_BYTES)?;
        within("agent state", agent.state.len(), PART_BYTES)?;
    }
    Ok(())
}

/// Put agents on the roster, in place of those with their ids.
pub(super) fn put(
    sql: &Connection,
    company: CompanyId,
    agents: &[AgentRow],
) -> Result<(), JournalError> {
    let mut statement = sql.prepare_cached(
        "INSERT INTO agent (company, id, profile, presence, changed_at, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (company, id) DO UPDATE SET profile = excluded.profile,
           presence = excluded.presence, changed_at = excluded.changed_at,
           state = excluded.state",
    )?;
    for agent in agents {
        statement.execute(params![
            company,
            agent.id,
            agent.profile,
            agent.presence.as_str(),
            At(agent.changed_at),
            agent.state,
        ])?;
    }
    Ok(())
}

/// Take an agent off the roster. Answers whether there was one.
pub(super) fn remove(sql: &Connection, company: CompanyId, id: &str) -> Result<bool, JournalError> {
    let gone = sql
        .prepare_cached("DELETE FROM agent WHERE company = ?1 AND id = ?2")?
        .execute(params![company, id])?;
    Ok(gone > 0)
}

fn agent(row: &Row<'_>) -> rusqlite::Result<AgentRow> {
    Ok(AgentRow {
        id: row.get(0)?,
        profile: row.get(1)?,
        presence: row.get::<_, Coded<Presence>>(2)?.0,
        changed_at: row.get::<_, At>(3)?.0,
        state: row.get(4)?,
    })
}

/// Agents by id.
pub(super) fn list(
    sql: &Connection,
    company: CompanyId,
    after: &str,
    most: usize,
) -> Result<Vec<AgentRow>, JournalError> {
    let mut statement = sql.prepare_cached(
        "SELECT id, profile, presence, changed_at, state FROM agent
         WHERE company = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
    )?;
    let rows = statement.query_map(params![company, after, limit(most)], agent)?;
    Ok(rows.collect::<Result<_, _>>()?)
}
