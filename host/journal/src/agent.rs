//! Who works for a company, as the store keeps them.

use jiff::Timestamp;
use patchbay_model::directory::Presence;

/// An agent on a company's roster. Agents are employees, not contacts: nothing
/// here is sealed, no erasure of a contact touches it, and none of it may hold
/// what a customer wrote. Who leaves is
/// [removed](crate::Journal::remove_agent).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentRow {
    /// Unique within the company; 1 to 256 bytes.
    pub id: String,
    /// Skills, queues, name and the like, as JSON; at most 64 KiB. Not read
    /// here.
    pub profile: String,
    /// Presence.
    pub presence: Presence,
    /// When any of this last changed; kept to the microsecond.
    pub changed_at: Timestamp,
    /// What the desk keeps of the agent besides; at most 64 KiB. Not read here.
    pub state: Vec<u8>,
}
