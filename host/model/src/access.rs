//! Roles of callers, and the scope of a token.

use std::str::FromStr;

use patchbay_config::duration::Seconds;

use crate::codes;

/// Default lifetime of a token: 90 days.
const DEFAULT_LIFETIME: Seconds = Seconds(90 * DAY);
/// Allowed lifetimes: a minute to ten years.
const LIFETIMES: std::ops::RangeInclusive<Seconds> = Seconds(60)..=Seconds(3_650 * DAY);
const DAY: u32 = 86_400;

/// One row per role: code and meaning.
macro_rules! roles {
    ($( $(#[doc = $doc:literal])+ $case:ident = $name:literal, $meaning:literal; )+) => {
        codes! {
            /// Role of a caller.
            pub enum Role {
                $( $(#[doc = $doc])+ $case = $name, )+
            }
        }

        impl Role {
            /// What the role is for, without a full stop.
            pub const fn meaning(self) -> &'static str {
                match self { $( Role::$case => $meaning, )+ }
            }
        }
    };
}

roles! {
    /// A program of the company: delivers interactions and requests decisions.
    Integrator = "integrator", "a program that delivers interactions, requests decisions and follows the feed";
    /// Runs the host, or a company on it.
    Operator = "operator", "runs the host or a company on it, and may do what a supervisor may";
    /// Answers customers; a token belongs to one agent of the roster.
    Agent = "agent", "answers customers as one agent of the roster";
    /// Supervises queues, approves replies, and manages the roster and
    /// contacts.
    Supervisor = "supervisor", "supervises queues, approves replies, manages the roster and contacts";
    /// Reads, and changes nothing.
    Auditor = "auditor", "reads the history and the audit trail, and changes nothing";
}

impl Role {
    /// Whether the role exists for the whole host.
    pub const fn may_be_host_wide(self) -> bool {
        matches!(self, Role::Operator | Role::Auditor)
    }
}

/// The text is not a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be integrator, operator, agent, supervisor or auditor")]
pub struct RoleError;

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Role, RoleError> {
        Role::from_code(text).ok_or(RoleError)
    }
}

/// The lifetime is out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be from 1m to 3650d, such as 30d")]
pub struct LifetimeError;

/// Default lifetime of a token: 90 days.
///
/// # Errors
/// [`LifetimeError`] for less than a minute or more than ten years.
pub fn lifetime(requested: Option<Seconds>) -> Result<Seconds, LifetimeError> {
    let span = requested.unwrap_or(DEFAULT_LIFETIME);
    LIFETIMES
        .contains(&span)
        .then_some(span)
        .ok_or(LifetimeError)
}

/// What a token gives access to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenScope {
    /// Name of the company; absent: every company, and the host.
    pub company: Option<String>,
    /// Role.
    pub role: Role,
    /// Id of the agent; set for the role agent only.
    pub agent: Option<String>,
}

/// Why a scope is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenScopeError {
    /// No company, and the role needs one.
    #[error("must be named: only an operator or auditor may be one for the whole host")]
    NoCompany,
    /// Role agent without an agent.
    #[error("must be named: a token of the role agent is one agent's")]
    NoAgent,
    /// An agent with another role.
    #[error("is only for the role agent")]
    NotAnAgent,
}

impl TokenScopeError {
    /// Name of the invalid field.
    pub const fn field(self) -> &'static str {
        match self {
            TokenScopeError::NoCompany => "company",
            TokenScopeError::NoAgent | TokenScopeError::NotAnAgent => "agent",
        }
    }
}

impl TokenScope {
    /// Whether the scope is valid.
    ///
    /// # Errors
    /// [`TokenScopeError`].
    pub fn check(&self) -> Result<(), TokenScopeError> {
        if self.company.is_none() && !self.role.may_be_host_wide() {
            return Err(TokenScopeError::NoCompany);
        }
        match (self.role, &self.agent) {
            (Role::Agent, None) => Err(TokenScopeError::NoAgent),
            (Role::Agent, Some(_)) | (_, None) => Ok(()),
            (_, Some(_)) => Err(TokenScopeError::NotAnAgent),
        }
    }

    /// Whether the scope covers a company.
    pub fn reaches(&self, company: &str) -> bool {
        self.company.as_deref().is_none_or(|own| own == company)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(company: Option<&str>, role: Role, agent: Option<&str>) -> TokenScope {
        TokenScope {
            company: company.map(str::to_owned),
            role,
            agent: agent.map(str::to_owned),
        }
    }

    #[test]
    fn only_operators_and_auditors_cover_the_whole_host() {
        for role in Role::ALL {
            let agent = (role == Role::Agent).then_some("ana");
            let host_wide = standing(None, role, agent).check();
            let wanted = matches!(role, Role::Operator | Role::Auditor);
            assert_eq!(host_wide.is_ok(), wanted, "{role:?}");
            assert_eq!(standing(Some("a"), role, agent).check(), Ok(()));
        }
    }

    #[test]
    fn only_the_role_agent_has_an_agent() {
        let unnamed = standing(Some("a"), Role::Agent, None).check();
        assert_eq!(unnamed, Err(TokenScopeError::NoAgent));
        let bound = standing(Some("a"), Role::Supervisor, Some("ana")).check();
        assert_eq!(bound, Err(TokenScopeError::NotAnAgent));
    }

    #[test]
    fn roles_parse_from_their_codes_and_the_error_lists_them() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            assert!(RoleError.to_string().contains(role.as_str()));
        }
        assert_eq!("Operator".parse::<Role>(), Err(RoleError));
    }

    #[test]
    fn a_token_lasts_a_minute_to_ten_years() {
        assert_eq!(lifetime(None), Ok(Seconds(90 * DAY)));
        for span in [60, 3_650 * DAY] {
            assert_eq!(lifetime(Some(Seconds(span))), Ok(Seconds(span)));
        }
        for span in [0, 59, 3_650 * DAY + 1, u32::MAX] {
            assert_eq!(lifetime(Some(Seconds(span))), Err(LifetimeError));
        }
    }

    #[test]
    fn a_scope_covers_its_own_company_only() {
        let one = standing(Some("a"), Role::Operator, None);
        assert!(one.reaches("a") && !one.reaches("b") && !one.reaches("A"));
        assert!(standing(None, Role::Operator, None).reaches("b"));
    }
}
