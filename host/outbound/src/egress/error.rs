//! Why something did not go out, in words for whoever runs the host. An
//! address is shown without its path and query: they may be secret.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use thiserror::Error;

/// Why nothing was exchanged with an address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EgressError {
    /// It is at an address nothing goes to. Nothing was connected.
    #[error(
        "{origin} is at {address}, which is {what}; if that is meant, list its range as `allow` in [egress] of the server's settings"
    )]
    Refused {
        /// Scheme, host and port.
        origin: String,
        /// Where it is.
        address: IpAddr,
        /// What that is.
        what: Cow<'static, str>,
    },
    /// It would go unencrypted to an address nobody listed. Nothing was
    /// connected.
    #[error(
        "{origin} would be reached without encryption; use https, or list the range of {address} as `allow` in [egress] of the server's settings"
    )]
    Unencrypted {
        /// Scheme, host and port.
        origin: String,
        /// Where it is.
        address: IpAddr,
    },
    /// The name leads nowhere, or could not be asked for.
    #[error("the host of {origin} was not found: {problem}; check the url and this machine's DNS")]
    NotFound {
        /// Scheme, host and port.
        origin: String,
        /// What the system said.
        problem: String,
    },
    /// No connection came about.
    #[error(
        "{origin} does not take connections at {address}: {problem}; check that it runs and may be reached from here"
    )]
    Unreachable {
        /// Scheme, host and port.
        origin: String,
        /// Where it was tried last.
        address: SocketAddr,
        /// What the system said.
        problem: String,
    },
    /// It did not prove to be the host it should be, or speaks no TLS.
    #[error("{origin} could not be trusted: {problem}; check its certificate")]
    Untrusted {
        /// Scheme, host and port.
        origin: String,
        /// What is wrong.
        problem: String,
    },
    /// Nobody could be trusted: there are no certificate authorities here.
    #[error(
        "{origin} could not be trusted: this machine has no certificate authorities; install them (package ca-certificates), or name a file of them in SSL_CERT_FILE, and start the server again"
    )]
    NoAuthorities {
        /// Scheme, host and port.
        origin: String,
    },
    /// It took too long.
    #[error("{origin} did not {what} within {limit:?}; check how it fares")]
    TooSlow {
        /// Scheme, host and port.
        origin: String,
        /// What it did not do.
        what: &'static str,
        /// How long it had.
        limit: Duration,
    },
    /// There was more of the answer than is read.
    #[error("{origin} answered with more than {most} bytes; check that it is the right url")]
    TooLong {
        /// Scheme, host and port.
        origin: String,
        /// Most bytes that are read.
        most: usize,
    },
    /// The connection ended before there was an answer, or it was no HTTP.
    #[error("{origin} broke off before it answered: {problem}; check its log")]
    Broken {
        /// Scheme, host and port.
        origin: String,
        /// What happened.
        problem: String,
    },
}

impl EgressError {
    /// Whether it was a rule of ours that kept it in: trying again changes
    /// nothing.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            EgressError::Refused { .. } | EgressError::Unencrypted { .. }
        )
    }
}
