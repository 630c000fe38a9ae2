//! Whoever asks, as handlers see them.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;
use patchbay_desk::action::{Actor, Role as DeskRole};
use patchbay_journal::{AuditEntry, Token};
use patchbay_model::access::{Role, Standing};
use serde_json::Value;

use crate::problem::{Kind, Problem};

/// Who makes a request.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// A program on this machine, as long as there are no tokens.
    Local,
    /// Whoever holds this token.
    Token(Arc<Token>),
    /// Whoever somebody vouches for whom the settings trust.
    Vouched(Arc<Vouched>),
}

/// Somebody an issuer or a certificate authority vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vouched {
    /// By what the audit trail knows them.
    pub(crate) id: String,
    /// Under which name they act; an agent's is the agent's id.
    pub(crate) name: String,
    /// For whom they speak.
    pub(crate) standing: Standing,
    /// Until when that is good; absent: as long as their connection.
    pub(crate) until: Option<Timestamp>,
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
            Caller::Vouched(vouched) => vouched.id.clone(),
        }
    }

    /// For whom they speak; nothing where nobody was asked.
    pub(crate) fn standing(&self) -> Option<&Standing> {
        match self {
            Caller::Local => None,
            Caller::Token(token) => Some(&token.standing),
            Caller::Vouched(vouched) => Some(&vouched.standing),
        }
    }

    /// Under which name they act; nothing where a request says it.
    fn own_name(&self) -> Option<&str> {
        match self {
            Caller::Local => None,
            Caller::Token(token) => Some(&token.name),
            Caller::Vouched(vouched) => Some(&vouched.name),
        }
    }

    /// The agent they are, where they are one.
    pub(crate) fn agent(&self) -> Option<&str> {
        self.standing()?.agent.as_deref()
    }

    /// The company they see, where it is one alone.
    pub(crate) fn company(&self) -> Option<&str> {
        self.standing()?.company.as_deref()
    }

    /// Whether they may read what customers wrote, where others see it masked.
    pub(crate) fn may_unseal(&self) -> bool {
        self.standing()
            .is_none_or(|standing| standing.role == Role::Auditor)
    }

    /// Under which name something is done: the token's, which a request may
    /// repeat and not replace. Without tokens a request says it.
    pub(crate) fn name(&self, by: Option<String>) -> Result<String, Problem> {
        match (self.own_name(), by) {
            (None, Some(by)) => Ok(by),
            (None, None) => Err(Problem::of(Kind::InvalidInput)
                .field("by")
                .detail("is missing: who does it?")),
            (Some(own), Some(by)) if by != own => Err(Problem::of(Kind::Forbidden)
                .field("by")
                .detail("names somebody else than the token does; leave it out")),
            (Some(own), _) => Ok(own.to_owned()),
        }
    }

    /// Who acts on a conversation, and as what.
    pub(crate) fn actor(
        &self,
        by: Option<String>,
        role: Option<DeskRole>,
    ) -> Result<Actor, Problem> {
        let id = self.name(by)?;
        let own = match self.standing() {
            None => role.unwrap_or(DeskRole::Agent),
            Some(standing) => match standing.role {
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
