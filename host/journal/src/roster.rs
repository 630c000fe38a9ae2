//! The roster: a company's agents.

use jiff::Timestamp;
use patchbay_model::directory::Presence;

use crate::{AuditEntry, CompanyId, Note, Result};

/// An agent on a company's roster. Agents are employees, not contacts: nothing
/// here is sealed, no erasure of a contact touches it, and none of it may hold
/// what a customer wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentRow {
    /// Unique within the company; 1 to 256 bytes.
    pub id: String,
    /// Skills, queues, name and the like, as JSON; at most 64 KiB. The journal
    /// does not read it.
    pub profile: String,
    /// Presence.
    pub presence: Presence,
    /// When any of this last changed; stored to the microsecond.
    pub changed_at: Timestamp,
    /// The desk's own state of the agent; at most 64 KiB.
    pub state: Vec<u8>,
}

/// Stores the agents of companies.
pub trait Roster {
    /// Put agents, at most 10,000, on a company's roster in one transaction
    /// with the feed notes and the audit entry about it. Each replaces the
    /// agent with its id; of two with one id the later stays. `audit` is
    /// `None` when the desk itself changes them.
    fn put_agents(
        &self,
        company: CompanyId,
        agents: Vec<AgentRow>,
        notes: Vec<Note>,
        audit: Option<AuditEntry>,
    ) -> Result<()>;

    /// Delete an agent, and revoke its tokens, because a later agent may have
    /// the same id. Conversations keep it as their owner. Returns whether the
    /// agent existed; if not, neither notes nor audit entry are written.
    fn remove_agent(
        &self,
        company: CompanyId,
        id: &str,
        notes: Vec<Note>,
        audit: AuditEntry,
    ) -> Result<bool>;

    /// Agents of a company, by id, after an id (empty: from the first).
    fn agents(&self, company: CompanyId, after: &str, limit: usize) -> Result<Vec<AgentRow>>;
}
