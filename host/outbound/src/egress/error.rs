//! Why a request failed, in words for the operator. Texts show scheme, host
//! and port of an address but not its path and query: they may be secret.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use thiserror::Error;

/// A request that got no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{origin} {problem}")]
pub struct EgressError {
    /// Scheme, host and port.
    pub origin: String,
    /// What went wrong.
    pub problem: EgressProblem,
}

/// What went wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EgressProblem {
    /// The host's address is special-purpose and not listed. Nothing was
    /// connected.
    #[error(
        "resolves to {address}, which is {range}; to permit it, add its range to `allow` in [egress] of the server's settings"
    )]
    Refused {
        /// The first address that was refused.
        address: IpAddr,
        /// The range it is in.
        range: Cow<'static, str>,
    },
    /// Plain http to an address that is not listed. Nothing was connected.
    #[error(
        "is not encrypted; use https, or add the range of {address} to `allow` in [egress] of the server's settings"
    )]
    Unencrypted {
        /// The host's address.
        address: IpAddr,
    },
    /// The name does not resolve, or the resolver failed.
    #[error("was not found: {0}; check the URL and this machine's DNS")]
    NotFound(String),
    /// No address accepted a connection.
    #[error(
        "accepts no connection at {address}: {problem}; check that it runs and that this machine may reach it"
    )]
    Unreachable {
        /// The address that was tried last.
        address: SocketAddr,
        /// The system's message.
        problem: String,
    },
    /// The certificate is not valid for the host, or the host speaks no TLS.
    #[error("is not trusted: {0}; check its certificate")]
    Untrusted(String),
    /// This machine has no certificate authorities.
    #[error(
        "is not trusted: this machine has no certificate authorities; install them (package ca-certificates) or name a file of them in SSL_CERT_FILE, and restart the server"
    )]
    NoAuthorities,
    /// A time limit passed.
    #[error("did not {step} within {limit:?}; check its load and its log")]
    Timeout {
        /// What the host did not do.
        step: &'static str,
        /// The limit.
        limit: Duration,
    },
    /// The body is longer than this many bytes.
    #[error("answered with more than {0} bytes; check the URL")]
    TooLarge(usize),
    /// The connection ended before the answer did, or the answer is not HTTP.
    #[error("did not complete its answer: {0}; check its log")]
    Interrupted(String),
}

impl EgressError {
    /// Whether an operator's rule refused the request. A retry fails too,
    /// until the settings change.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self.problem,
            EgressProblem::Refused { .. } | EgressProblem::Unencrypted { .. }
        )
    }
}
