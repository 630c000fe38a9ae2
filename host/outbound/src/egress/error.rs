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
    /// A mail server without encryption, whose address is not listed. Nothing was
    /// connected.
    #[error(
        "is not encrypted; use smtps:// or smtp://, or add the range of {address} to `allow` in [egress] of the server's settings"
    )]
    UnencryptedMail {
        /// The host's address.
        address: IpAddr,
    },
    /// A mailbox without encryption, on another machine. Nothing was connected.
    #[error(
        "is not encrypted, at {address}; use imaps:// or imap://: without encryption, mailboxes are read on this machine only"
    )]
    UnencryptedMailbox {
        /// The server's address.
        address: IpAddr,
    },
    /// The mail server offers no STARTTLS. It got no address and no mail.
    #[error(
        "offers no STARTTLS; use smtps://, or check what stands between this machine and the server"
    )]
    NoStartTls,
    /// Bytes came between STARTTLS and TLS. They would count as sent within it.
    #[error(
        "sent data before TLS began; check what stands between this machine and the server, or use smtps://"
    )]
    BeforeTls,
    /// The mail server takes no password.
    #[error("offers neither AUTH PLAIN nor AUTH LOGIN; check its port and its settings")]
    NoLogin,
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
    /// The connection ended before the answer did, or the answer is not of the
    /// protocol.
    #[error("did not complete its answer: {0}; check its log")]
    Interrupted(String),
}

impl EgressError {
    /// The error for the company: without the address that a name has in this
    /// machine's network, which is for the host's operator.
    pub fn without_address(&self) -> String {
        let origin = &self.origin;
        match &self.problem {
            EgressProblem::Refused { .. } => format!(
                "{origin} resolves to an address that this host may not reach; use a public address, or ask the host's operator to permit it"
            ),
            EgressProblem::UnencryptedMail { .. } => format!(
                "{origin} is not encrypted; use smtps:// or smtp://, or ask the host's operator to permit it"
            ),
            EgressProblem::UnencryptedMailbox { .. } => format!(
                "{origin} is not encrypted; use imaps:// or imap://: without encryption, mailboxes are read on the host itself only"
            ),
            EgressProblem::Unencrypted { .. } => format!(
                "{origin} is not encrypted; use https, or ask the host's operator to permit it"
            ),
            EgressProblem::Unreachable { problem, .. } => format!(
                "{origin} accepts no connection: {problem}; check that it runs and that this host may reach it"
            ),
            _ => self.to_string(),
        }
    }

    /// Whether an operator's rule refused the request. A retry fails too,
    /// until the settings change.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self.problem,
            EgressProblem::Refused { .. }
                | EgressProblem::Unencrypted { .. }
                | EgressProblem::UnencryptedMail { .. }
                | EgressProblem::UnencryptedMailbox { .. }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_company_does_not_learn_the_address_of_a_name() {
        let address: IpAddr = [10, 20, 30, 40].into();
        for problem in [
            EgressProblem::Refused {
                address,
                range: "in 10.0.0.0/8 (private)".into(),
            },
            EgressProblem::Unencrypted { address },
            EgressProblem::UnencryptedMail { address },
            EgressProblem::UnencryptedMailbox { address },
            EgressProblem::Unreachable {
                address: (address, 8443).into(),
                problem: "connection refused".to_owned(),
            },
        ] {
            let origin = "https://hooks.example".to_owned();
            let error = EgressError { origin, problem };
            assert!(error.to_string().contains("10.20.30.40"), "{error}");
            let told = error.without_address();
            assert!(told.starts_with("https://hooks.example "), "{told}");
            assert!(!told.contains("10."), "{told}");
        }
    }
}
