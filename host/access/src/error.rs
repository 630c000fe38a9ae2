//! Why a request is not let in.

use thiserror::Error;

/// Why a request is not let in. The text never repeats what the request showed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AccessError {
    /// The request shows no token, or something that is not one.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// The request shows a token that is unknown, revoked or expired.
    #[error("{0}")]
    InvalidToken(&'static str),
    /// Another page than the console's uses the session of the browser.
    #[error("{0}")]
    ForeignPage(&'static str),
    /// A page of another origin uses the browser's client certificate.
    #[error("requests with a client certificate must come from this server's own pages")]
    ForeignOrigin,
    /// The caller may not know whether the company exists.
    #[error("unknown company")]
    UnknownCompany,
    /// The caller's role, company or agent does not allow the request.
    #[error("{detail}")]
    Forbidden {
        /// The field of the request that names another person, if there is one.
        field: Option<&'static str>,
        /// What the operation requires.
        detail: String,
    },
    /// Without tokens a request must name who acts.
    #[error("is missing: name the agent or supervisor who acts")]
    MissingName,
}

impl AccessError {
    pub(crate) fn forbidden(detail: impl Into<String>) -> AccessError {
        AccessError::Forbidden {
            field: None,
            detail: detail.into(),
        }
    }
}
