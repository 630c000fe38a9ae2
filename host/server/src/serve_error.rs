//! Why a server does not start.

use std::net::SocketAddr;

use patchbay_access::TlsError;
use patchbay_desk::DeskError;
use patchbay_generations::assemble::InvalidFile;
use patchbay_journal::JournalError;
use patchbay_settings::ClientSecretProblem;
use thiserror::Error;

/// Why a server does not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address is reachable from the network, and the host has no tokens.
    #[error(
        "will not listen on {address}: without tokens, every program that reaches the address could call the API; listen on 127.0.0.1 or [::1], or make a token first: `patchbay token create --role operator`"
    )]
    NotLoopback {
        /// The address in the settings.
        address: SocketAddr,
    },
    /// The address cannot be bound.
    #[error(
        "cannot listen on {address}: {error}; is another server running, or the port reserved?"
    )]
    Bind {
        /// The address in the settings.
        address: SocketAddr,
        /// The system's error.
        error: std::io::Error,
    },
    /// The address for mails cannot be bound.
    #[error(transparent)]
    Lmtp(#[from] patchbay_lmtp::BindError),
    /// The journal cannot be opened.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Company files are invalid whose companies have no stored generation, and
    /// the settings are strict or the host has no other company.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Companies(Vec<InvalidFile>),
    /// A company's active generation cannot be built, and the settings are
    /// strict.
    #[error(
        "company {company:?}: the active generation {number} cannot be built: {because}; start without --strict to serve the other companies, then `patchbay apply` a new generation"
    )]
    Generation {
        /// Name of the company.
        company: String,
        /// Number of the generation.
        number: u64,
        /// The reasons.
        because: String,
    },
    /// The desk cannot be opened.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The TLS certificate cannot be used.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] TlsError),
    /// The secret for sign-in by the issuer cannot be read.
    #[error(transparent)]
    ClientSecret(#[from] ClientSecretProblem),
    /// A thread cannot be started.
    #[error("cannot start the deciding threads: {0}; set fewer `workers` under [server]")]
    Workers(std::io::Error),
}
