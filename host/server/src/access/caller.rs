//! Whoever asks, as handlers see them.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;
use patchbay_desk::action::{Actor, Role as DeskRole};
use patchbay_journal::{AuditEntry, Token};
use patchbay_model::access::Role;
use serde_json::Value;

use crate::problem::{Kind, Problem};

/// Who makes a request.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// A program on this machine, as long as there are no tokens.
    Local,
    /// Whoever holds this token.
    Token(Arc<Token>),
}

impl Caller {
    /// What the audit trail says of an act of theirs.
    pub(crate) fn entry(&self, act: &str, company: Option<&str>, details: &Value) -> AuditEntry {
        AuditEntry {
            at: Timestamp::now(),
            company: company.map(str::to_owned),
            actor: self.id(),
            act: act.to_owned(),
            details: details.to_string(),
        }
    }

    /// By what the audit trail knows them.
    pub(crate) fn id(&self) -> String {
        match self {
            Caller::Local => "local".to_owned(),
            Caller::Token(token) => token.id.to_string(),
        }
    }

    /// The agent they are, where they are one.
    pub(crate) fn agent(&self) -> Option<&str> {
        match self {
            Caller::Local => None,
            Caller::Token(token) => token.standing.agent.as_deref(),
        }
    }

    /// The company they see, where it is one alone.
    pub(crate) fn company(&self) -> Option<&str> {
        match self {
            Caller::Local => None,
            Caller::Token(token) => token.standing.company.as_deref(),
        }
    }

    /// Whether they may read what customers wrote, where others see it masked.
    pub(crate) fn may_unseal(&self) -> bool {
        match self {
            Caller::Local => true,
            Caller::Token(token) => token.standing.role == Role::Auditor,
        }
    }

    /// Under which name something is done: the token's, which a request may
    /// repeat and not replace. Without tokens a request says it.
    pub(crate) fn name(&self, by: Option<String>) -> Result<String, Problem> {
        match (self, by) {
            (Caller::Local, Some(by)) => Ok(by),
            (Caller::Local, None) => Err(Problem::of(Kind::InvalidInput)
                .field("by")
                .detail("is missing: who does it?")),
            (Caller::Token(token), by) => match by {
                Some(by) if by != token.name => Err(Problem::of(Kind::Forbidden)
                    .field("by")
                    .detail("names somebody else than the token does; leave it out")),
                _ => Ok(token.name.clone()),
            },
        }
    }

    /// Who acts on a conversation, and as what.
    pub(crate) fn actor(
        &self,
        by: Option<String>,
        role: Option<DeskRole>,
    ) -> Result<Actor, Problem> {
        let id = self.name(by)?;
        let own = match self {
            Caller::Local => role.unwrap_or(DeskRole::Agent),
            Caller::Token(token) => match token.standing.role {
                Role::Agent => DeskRole::Agent,
                Role::Supervisor | Role::Operator => DeskRole::Supervisor,
                Role::Integrator | Role::Auditor => {
                    return Err(Problem::of(Kind::Forbidden)
                        .detail("this token's holder does not work on conversations"));
                }
            },
        };
        match role {
            Some(role) if role != own => Err(Problem::of(Kind::Forbidden)
                .field("role")
                .detail("names another role than the token has; leave it out")),
            _ => Ok(Actor { id, role: own }),
        }
    }
}

/// The guard puts a caller beside every request it lets through.
impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, Problem> {
        let caller = parts.extensions.get::<Caller>().cloned();
        caller.ok_or_else(|| Problem::of(Kind::Internal))
    }
}
