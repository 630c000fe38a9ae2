//! Why a pack cannot be pushed or pulled.

use std::io;
use std::path::{Path, PathBuf};

use patchbay_config::excerpt::shortened;
use patchbay_outbound::egress::{EgressError, EgressProblem};
use patchbay_pack::pack_file::PackFileError;
use serde::Deserialize;
use thiserror::Error;

use crate::reference::ReferenceError;

/// Longest text of a registry that is shown, in bytes.
const DETAIL_BYTES: usize = 300;

/// Why a pack cannot be pushed or pulled.
#[derive(Debug, Error)]
pub enum RegistryError {
    /// A text is not a reference.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// No answer, or one that was cut off.
    #[error("{}", describe(.0))]
    Connection(EgressError),
    /// A host's address may not be reached. Nothing was connected.
    #[error("{0}")]
    Refused(String),
    /// The registry does not have it.
    #[error("the registry {registry} has no {what}")]
    NotFound {
        /// Host of the registry.
        registry: String,
        /// What it does not have.
        what: String,
    },
    /// The registry wants other credentials, or none have the right.
    #[error("the registry {registry} refuses access to {repository}{detail}; {advice}")]
    Denied {
        /// Host of the registry.
        registry: String,
        /// The repository.
        repository: String,
        /// What the registry says, after `: `.
        detail: String,
        /// What to do next.
        advice: String,
    },
    /// The registry has an error.
    #[error("the registry {registry} answers {status} to {what}{detail}")]
    Status {
        /// Host of the registry.
        registry: String,
        /// The HTTP status.
        status: u16,
        /// The request.
        what: String,
        /// What the registry says, after `: `.
        detail: String,
    },
    /// An answer is not what the protocol or a digest says. Nothing of it is used.
    #[error("the registry {registry} {problem}")]
    Misbehaved {
        /// Host of the registry.
        registry: String,
        /// What it does.
        problem: String,
    },
    /// The registry is too slow.
    #[error("the registry {registry} is too slow: {what} did not arrive within {seconds} s")]
    Slow {
        /// Host of the registry.
        registry: String,
        /// What was transferred.
        what: String,
        /// The limit.
        seconds: u64,
    },
    /// The tag or the repository does not fit the pack.
    #[error("{0}")]
    Mismatch(String),
    /// The credentials cannot be used.
    #[error("cannot use the registry credentials of Docker: {0}")]
    Credentials(String),
    /// What was pulled is not a pack.
    #[error("{reference} is not a pack: {error}")]
    Pack {
        /// Its name in the registry.
        reference: String,
        /// Why not.
        error: PackFileError,
    },
    /// A local file cannot be read or written.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Error of the operating system.
        error: io::Error,
    },
}

impl RegistryError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> RegistryError + use<> {
        let path = path.to_owned();
        move |error| RegistryError::Io { path, error }
    }

    /// Whether the same request may succeed a little later.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            RegistryError::Connection(error) => matches!(
                error.problem,
                EgressProblem::Unreachable { .. }
                    | EgressProblem::Timeout { .. }
                    | EgressProblem::Interrupted(_)
            ),
            RegistryError::Status { status, .. } => is_transient(*status),
            _ => false,
        }
    }
}

/// Whether a request with this status may succeed a little later.
pub(crate) fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

/// The advice of [`EgressProblem`] is for the operator of a server.
fn describe(error: &EgressError) -> String {
    let origin = &error.origin;
    match &error.problem {
        EgressProblem::NoAuthorities => format!(
            "{origin} is not trusted: this machine has no certificate authorities; install them (package ca-certificates) or name a file of them in SSL_CERT_FILE"
        ),
        EgressProblem::Untrusted(reason) => format!(
            "{origin} is not trusted: {reason}; check its certificate, and name a private authority in SSL_CERT_FILE"
        ),
        EgressProblem::Interrupted(reason) => {
            format!("{origin} did not complete its answer: {reason}")
        }
        problem => format!("{origin} {problem}"),
    }
}

/// The errors in an answer.
#[derive(Deserialize)]
struct ErrorDocument {
    errors: Vec<ErrorEntry>,
}

#[derive(Deserialize)]
struct ErrorEntry {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

/// What the body of an error says, after `: `; empty where it says nothing.
pub(crate) fn detail(body: &[u8]) -> String {
    let Ok(document) = serde_json::from_slice::<ErrorDocument>(body) else {
        return String::new();
    };
    let Some(first) = document.errors.into_iter().next() else {
        return String::new();
    };
    let text = match (first.message.is_empty(), first.code.is_empty()) {
        (true, true) => return String::new(),
        (true, false) => first.code,
        (false, _) => first.message,
    };
    let mut end = text.len().min(DETAIL_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!(": {}", shortened(&text[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registrys_own_words_are_bounded() {
        let body = br#"{"errors":[{"code":"NAME_UNKNOWN","message":"no such repository"}]}"#;
        assert_eq!(detail(body), ": no such repository");
        assert_eq!(detail(br#"{"errors":[{"code":"DENIED"}]}"#), ": DENIED");
        assert_eq!(detail(b"<html>"), "");
        assert_eq!(detail(br#"{"errors":[]}"#), "");
        let long = format!(r#"{{"errors":[{{"message":"{}"}}]}}"#, "é".repeat(5_000));
        assert!(detail(long.as_bytes()).len() <= DETAIL_BYTES + 40);
    }
}
