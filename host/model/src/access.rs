//! What somebody is to the host, and for whom: the standing a token gives.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::duration::Seconds;

/// How long a token is good unless said: 90 days.
const USUALLY: Seconds = Seconds(90 * DAY);
/// The shortest and the longest: a minute and ten years.
const LIFETIMES: std::ops::RangeInclusive<Seconds> = Seconds(60)..=Seconds(3_650 * DAY);
const DAY: u32 = 86_400;

/// Declares [`Role`], so that a role's name and meaning exist in one place.
macro_rules! roles {
    ($( $(#[doc = $doc:literal])+ $case:ident = $name:literal, $meaning:literal; )+) => {
        /// What somebody is to the host.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum Role {
            $( $(#[doc = $doc])+ $case, )+
        }

        impl Role {
            /// Every role, in the order of their declaration.
            pub const ALL: [Role; [$( $name ),+].len()] = [ $( Role::$case, )+ ];

            /// The name: in JSON, on the command line and in messages.
            pub const fn as_str(self) -> &'static str {
                match self { $( Role::$case => $name, )+ }
            }

            /// Who that is, in a sentence without a full stop.
            pub const fn meaning(self) -> &'static str {
                match self { $( Role::$case => $meaning, )+ }
            }
        }
    };
}

roles! {
    /// A program of the company's: delivers interactions, asks for decisions.
    Integrator = "integrator", "a program that delivers interactions, asks for decisions and follows the feed";
    /// Runs the host, or a company on it.
    Operator = "operator", "runs the host or a company on it, and may do what a supervisor may";
    /// Answers customers, as one agent of the roster.
    Agent = "agent", "answers customers, as one agent of the roster and nobody else";
    /// Sees to it that customers are answered, and approves.
    Supervisor = "supervisor", "sees to it that customers are answered, approves, looks after the roster and contacts";
    /// Looks, and changes nothing.
    Auditor = "auditor", "looks at what was done and by whom, and changes nothing";
}

impl Role {
    /// Whether somebody may be that for every company of the host.
    pub const fn may_be_host_wide(self) -> bool {
        matches!(self, Role::Operator | Role::Auditor)
    }
}

/// A text is no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be integrator, operator, agent, supervisor or auditor")]
pub struct NotARole;

impl FromStr for Role {
    type Err = NotARole;

    fn from_str(text: &str) -> Result<Role, NotARole> {
        let mut all = Role::ALL.into_iter();
        all.find(|role| role.as_str() == text).ok_or(NotARole)
    }
}

/// A token cannot be good for so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be from 1m to 3650d, such as 30d")]
pub struct LifetimeError;

/// How long a token is good: what was asked for, or else 90 days.
///
/// # Errors
/// [`LifetimeError`] for less than a minute or more than ten years.
pub fn lifetime(asked: Option<Seconds>) -> Result<Seconds, LifetimeError> {
    let span = asked.unwrap_or(USUALLY);
    LIFETIMES
        .contains(&span)
        .then_some(span)
        .ok_or(LifetimeError)
}

/// For whom a token speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Name of the company; absent: every company of the host, and the host.
    pub company: Option<String>,
    /// As what.
    pub role: Role,
    /// Id of the one agent whose token it is; of the role agent only.
    pub agent: Option<String>,
}

/// Why nobody can have such a standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StandingError {
    /// It names no company and must.
    #[error("must be named: only an operator or auditor may be one for the whole host")]
    NoCompany,
    /// An agent's, and it does not say which agent's.
    #[error("must be named: a token of the role agent is one agent's")]
    NoAgent,
    /// Bound to an agent, and of another role.
    #[error("is only for the role agent")]
    NotAnAgent,
}

impl StandingError {
    /// The field at fault.
    pub const fn field(self) -> &'static str {
        match self {
            StandingError::NoCompany => "company",
            StandingError::NoAgent | StandingError::NotAnAgent => "agent",
        }
    }
}

impl Standing {
    /// Whether there can be such a standing.
    ///
    /// # Errors
    /// [`StandingError`] with what is missing or too much.
    pub fn check(&self) -> Result<(), StandingError> {
        if self.company.is_none() && !self.role.may_be_host_wide() {
            return Err(StandingError::NoCompany);
        }
        match (self.role, &self.agent) {
            (Role::Agent, None) => Err(StandingError::NoAgent),
            (Role::Agent, Some(_)) | (_, None) => Ok(()),
            (_, Some(_)) => Err(StandingError::NotAnAgent),
        }
    }

    /// Whether it reaches a company of this name.
    pub fn reaches(&self, company: &str) -> bool {
        self.company.as_deref().is_none_or(|own| own == company)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(company: Option<&str>, role: Role, agent: Option<&str>) -> Standing {
        Standing {
            company: company.map(str::to_owned),
            role,
            agent: agent.map(str::to_owned),
        }
    }

    #[test]
    fn only_operators_and_auditors_stand_for_the_whole_host() {
        for role in Role::ALL {
            let agent = (role == Role::Agent).then_some("ana");
            let host_wide = standing(None, role, agent).check();
            let wanted = matches!(role, Role::Operator | Role::Auditor);
            assert_eq!(host_wide.is_ok(), wanted, "{role:?}");
            assert_eq!(standing(Some("a"), role, agent).check(), Ok(()));
        }
    }

    #[test]
    fn an_agents_token_is_one_agents_and_no_other_is() {
        let nobody = standing(Some("a"), Role::Agent, None).check();
        assert_eq!(nobody, Err(StandingError::NoAgent));
        let bound = standing(Some("a"), Role::Supervisor, Some("ana")).check();
        assert_eq!(bound, Err(StandingError::NotAnAgent));
    }

    #[test]
    fn a_role_reads_back_from_its_name_and_the_error_names_all() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            assert!(NotARole.to_string().contains(role.as_str()));
        }
        assert_eq!("Operator".parse::<Role>(), Err(NotARole));
    }

    #[test]
    fn a_token_is_good_for_a_minute_to_ten_years() {
        assert_eq!(lifetime(None), Ok(Seconds(90 * DAY)));
        for span in [60, 3_650 * DAY] {
            assert_eq!(lifetime(Some(Seconds(span))), Ok(Seconds(span)));
        }
        for span in [0, 59, 3_650 * DAY + 1, u32::MAX] {
            assert_eq!(lifetime(Some(Seconds(span))), Err(LifetimeError));
        }
    }

    #[test]
    fn a_company_reaches_itself_alone() {
        let one = standing(Some("a"), Role::Operator, None);
        assert!(one.reaches("a") && !one.reaches("b") && !one.reaches("A"));
        assert!(standing(None, Role::Operator, None).reaches("b"));
    }
}
