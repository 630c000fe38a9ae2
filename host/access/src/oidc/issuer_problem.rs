//! Why the host cannot use what an issuer publishes.

use thiserror::Error;

use super::sign_in_failure::SignInFailure;

/// Why the host cannot use what an issuer publishes; in words for the operator.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IssuerProblem {
    /// The issuer does not answer, or its answer is no document of an issuer. A later
    /// request may succeed.
    #[error("{0}")]
    Unavailable(String),
    /// The issuer answers, and this host cannot use its keys or endpoints, or may not
    /// connect to it. Requests fail until an operator changes the issuer or the settings.
    #[error("{0}")]
    Unsuitable(String),
}

impl IssuerProblem {
    /// What people see who sign in meanwhile.
    pub(super) fn sign_in_failure(&self) -> SignInFailure {
        match self {
            IssuerProblem::Unavailable(_) => SignInFailure::IssuerUnavailable,
            IssuerProblem::Unsuitable(_) => SignInFailure::Misconfigured,
        }
    }
}
