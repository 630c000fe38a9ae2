//! The authenticated sender of a request.

use std::sync::Arc;

use jiff::Timestamp;
use patchbay_journal::{AuditEntry, Token};
use patchbay_model::access::{Role, TokenScope};
use serde_json::Value;

use crate::{AccessError, OpenSession, SignedIn};

/// The authenticated sender of a request.
#[derive(Clone, Debug)]
pub enum Caller {
    /// A program on this machine, while the host has no tokens.
    Local,
    /// The holder of one of the host's tokens.
    Token(Arc<Token>),
    /// A person or program that a trusted issuer or certificate authority
    /// identifies.
    External(Arc<ExternalIdentity>),
    /// A person who is signed in with a browser.
    Session(Arc<OpenSession>),
}

/// A person or program that a trusted issuer or certificate authority
/// identifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalIdentity {
    /// Id in the audit trail.
    pub id: String,
    /// Name under which they act; for the role `agent`, the agent's id.
    pub name: String,
    /// Role, company and agent.
    pub standing: TokenScope,
    /// When the identity expires; absent: with the connection.
    pub until: Option<Timestamp>,
}

impl Caller {
    /// An entry of the audit trail for an action of this caller, with bounded details.
    pub fn entry(&self, act: &str, company: Option<&str>, details: &Value) -> AuditEntry {
        AuditEntry::new(Timestamp::now(), company, self.id(), act, details)
    }

    /// Id in the audit trail; `local` without a token.
    pub fn id(&self) -> String {
        match self {
            Caller::Local => "local".to_owned(),
            Caller::Token(token) => token.id.to_string(),
            Caller::External(identity) => identity.id.clone(),
            Caller::Session(session) => session.holder.id(),
        }
    }

    /// Role, company and agent; absent for [`Caller::Local`].
    pub fn standing(&self) -> Option<&TokenScope> {
        match self {
            Caller::Local => None,
            Caller::Token(token) => Some(&token.standing),
            Caller::External(identity) => Some(&identity.standing),
            Caller::Session(session) => Some(session.holder.standing()),
        }
    }

    /// The agent this caller is, for the role `agent`.
    pub fn agent(&self) -> Option<&str> {
        self.standing()?.agent.as_deref()
    }

    /// The only company this caller may see; absent: every company.
    pub fn company(&self) -> Option<&str> {
        self.standing()?.company.as_deref()
    }

    /// Whether the caller may read customers' words unmasked.
    pub fn may_unseal(&self) -> bool {
        self.standing()
            .is_none_or(|standing| standing.role == Role::Auditor)
    }

    /// The identity by an issuer or a certificate, also behind a session.
    pub fn external(&self) -> Option<&ExternalIdentity> {
        match self {
            Caller::External(identity) => Some(identity),
            Caller::Session(session) => match &session.holder {
                SignedIn::External(identity) => Some(identity),
                SignedIn::Token(_) => None,
            },
            Caller::Local | Caller::Token(_) => None,
        }
    }

    /// When the caller's access ends; absent: not at a known time.
    pub fn expires_at(&self) -> Option<Timestamp> {
        match self {
            Caller::Local => None,
            Caller::Token(token) => token.expires_at,
            Caller::External(identity) => identity.until,
            Caller::Session(session) => Some(session.expires_at),
        }
    }

    /// When the caller's session ends unless its person does something before; absent
    /// without a session.
    pub fn idle_ends_at(&self) -> Option<Timestamp> {
        match self {
            Caller::Session(session) => Some(session.idle_ends_at()),
            Caller::Local | Caller::Token(_) | Caller::External(_) => None,
        }
    }

    /// The name under which the caller acts. With a token it is the token's;
    /// `by` may repeat it. Without tokens `by` is required.
    ///
    /// # Errors
    /// [`AccessError::MissingName`], or [`AccessError::Forbidden`] where `by`
    /// names another person.
    pub fn name(&self, by: Option<String>) -> Result<String, AccessError> {
        let own = match self {
            Caller::Local => return by.ok_or(AccessError::MissingName),
            Caller::Token(token) => token.name.as_str(),
            Caller::External(identity) => &identity.name,
            Caller::Session(session) => session.holder.name(),
        };
        match by {
            Some(by) if by != own => Err(AccessError::Forbidden {
                field: Some("by"),
                detail: "names another person than the token does; leave it out".to_owned(),
            }),
            _ => Ok(own.to_owned()),
        }
    }
}
