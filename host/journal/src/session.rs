//! Sessions of people who are signed in with a browser, stored without their secrets.

use jiff::Timestamp;
use patchbay_model::access::TokenScope;

use crate::token::SecretHash;
use crate::vault::random;
use crate::{AuditEntry, JournalError, Result, SessionId, TokenId};

/// A session. Times are stored to the microsecond.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id, which the audit trail names. It is not secret.
    pub id: SessionId,
    /// Hash of its secret.
    pub hash: SecretHash,
    /// Who signed in.
    pub holder: SessionHolder,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

/// Who signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionHolder {
    /// The holder of a token: the session is valid while the token is.
    Token(TokenId),
    /// A person whom an issuer identified.
    External {
        /// Id in the audit trail; at most 256 bytes.
        actor: String,
        /// Name under which they act; at most 256 bytes.
        name: String,
        /// Role, company and agent.
        standing: TokenScope,
    },
}

impl SessionId {
    /// A new random id.
    ///
    /// # Errors
    /// [`JournalError::Disk`] when the system provides no random bytes.
    pub fn generate() -> Result<SessionId> {
        let bytes = random().map_err(|error| JournalError::Disk(error.to_string()))?;
        Ok(SessionId(bytes))
    }
}

/// Stores the sessions of the host and of all companies.
pub trait Sessions {
    /// Store a session, together with the audit entry about it.
    fn start_session(&self, session: Session, audit: AuditEntry) -> Result<()>;

    // Host-wide.

    /// All sessions, in order of their start. May hold expired ones.
    fn sessions(&self) -> Result<Vec<Session>>;

    /// Delete sessions, together with the audit entry about it if there is one. Ids that
    /// are unknown are left out.
    fn end_sessions(&self, ids: Vec<SessionId>, audit: Option<AuditEntry>) -> Result<()>;
}
