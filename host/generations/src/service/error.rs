//! Why a change of a company's generation is refused.

use patchbay_config::bound::BoundLimit;
use patchbay_config::file_problem::FileProblem;
use patchbay_journal::JournalError;
use thiserror::Error;

use super::NewCompany;
use crate::activation::{ActivateError, ActivationConflict};
use crate::assemble::Findings;
use crate::rollout::RolloutError;

/// Why a change was refused. Nothing was changed.
#[derive(Debug, Error)]
pub enum ChangeError {
    /// The generation is invalid, or conflicts with open work.
    #[error("the generation is invalid or conflicts with open work")]
    Invalid {
        /// Text of the company file.
        document: String,
        /// Problems in it.
        problems: Vec<FileProblem>,
        /// Conflicts with open work.
        conflicts: Vec<ActivationConflict>,
        /// Valid settings in it that are probably a mistake.
        warnings: Vec<String>,
    },
    /// The stored source of a generation is damaged: its number, and how.
    #[error("generation {0} cannot be built from its stored source: {1}")]
    Unbuildable(u64, String),
    /// No generation with a lower number than the active one was ever active.
    #[error(
        "no generation before {0} was ever active, so there is none to roll back to; activate a later one by its number"
    )]
    NoEarlierGeneration(u64),
    /// The generation is active already.
    #[error("generation {0} is active already")]
    AlreadyActive(u64),
    /// The journal has no such company.
    #[error("there is no company {0:?}")]
    UnknownCompany(String),
    /// The company does not exist, and the request does not create it.
    #[error("{0}")]
    NewCompany(NewCompany),
    /// The activation failed.
    #[error(transparent)]
    Activate(#[from] ActivateError),
    /// The rollout did not start, change or end.
    #[error(transparent)]
    Rollout(#[from] RolloutError),
    /// A limit of the company is exceeded.
    #[error("{message}")]
    AtBound {
        /// The limit.
        limit: &'static BoundLimit,
        /// Its value.
        value: u64,
        /// What exceeds it, and what to do.
        message: String,
    },
    /// Rollouts need a running desk.
    #[error("a shadow run or canary needs live traffic; start the server")]
    NoDesk,
}

impl From<JournalError> for ChangeError {
    fn from(error: JournalError) -> ChangeError {
        ChangeError::Activate(error.into())
    }
}

impl ChangeError {
    pub(super) fn stopping() -> ChangeError {
        ChangeError::Activate(ActivateError::Stopping)
    }

    pub(super) fn invalid(document: &str, findings: impl Into<Findings>) -> ChangeError {
        let Findings { problems, warnings } = findings.into();
        ChangeError::Invalid {
            document: document.to_owned(),
            problems,
            conflicts: Vec::new(),
            warnings,
        }
    }
}
