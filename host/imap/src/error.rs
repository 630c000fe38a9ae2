//! Why a session ends. Contains no text of the server: it may hold addresses.

use std::time::Duration;

use patchbay_model::codes;
use thiserror::Error;

codes! {
    /// The step of a session at which something happened.
    pub enum ImapStep {
        /// The server's greeting, and what it offers.
        Greeting = "greeting",
        /// STARTTLS.
        Tls = "tls",
        /// LOGIN or AUTHENTICATE.
        Login = "login",
        /// EXAMINE.
        Folder = "folder",
        /// FETCH of sizes and dates.
        List = "list",
        /// FETCH of a mail.
        Mail = "mail",
        /// IDLE.
        Wait = "wait",
    }
}

/// What a server sends that the protocol or a bound does not permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Violation {
    /// A line is longer than 64 KiB.
    #[error("a line is longer than 64 KiB")]
    LineTooLong,
    /// A literal is longer than the command asked for.
    #[error("it announces a literal of {0} bytes, more than was asked for")]
    LiteralTooLong(u64),
    /// A response has more than 64 literals.
    #[error("a response has too many literals")]
    TooManyLiterals,
    /// Lists in lists, deeper than 16.
    #[error("lists are nested too deeply")]
    TooDeep,
    /// It is not IMAP.
    #[error("{0}")]
    Syntax(&'static str),
    /// Bytes came between STARTTLS and TLS. They would count as sent within it.
    #[error("it sent data before TLS began")]
    BeforeTls,
}

/// Why a session cannot go on. Only after [`ImapError::Refused`] it can be used again.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ImapError {
    /// The server refuses the command: NO or BAD.
    #[error("the server refuses it at the step `{step}`{}", in_brackets(.code.as_deref()))]
    Refused {
        /// The step.
        step: ImapStep,
        /// The response code, upper case, such as `AUTHENTICATIONFAILED`.
        code: Option<String>,
    },
    /// The server says BYE.
    #[error("the server ended the session at the step `{step}`{}", in_brackets(.code.as_deref()))]
    Bye {
        /// The step.
        step: ImapStep,
        /// The response code, upper case, such as `UNAVAILABLE`.
        code: Option<String>,
    },
    /// The connection ended or broke.
    #[error("the connection ended at the step `{step}`: {problem}")]
    Ended {
        /// The step.
        step: ImapStep,
        /// The system's message.
        problem: String,
    },
    /// The server is silent, or too slow.
    #[error("no answer at the step `{step}` within {} s", .limit.as_secs())]
    Timeout {
        /// The step.
        step: ImapStep,
        /// The limit.
        limit: Duration,
    },
    /// The server does not keep to the protocol or to a bound.
    #[error("the answer at the step `{step}` is not accepted: {violation}")]
    Violation {
        /// The step.
        step: ImapStep,
        /// What it sent.
        violation: Violation,
    },
    /// The server lacks something that is needed.
    #[error("the server {0}")]
    Lacks(&'static str),
    /// The caller has no room for more bytes of a mail.
    #[error("the host has no room for the mail now")]
    NoRoom,
}

impl ImapError {
    /// The step at which it happened, if one is known.
    pub fn step(&self) -> Option<ImapStep> {
        match self {
            ImapError::Refused { step, .. }
            | ImapError::Bye { step, .. }
            | ImapError::Ended { step, .. }
            | ImapError::Timeout { step, .. }
            | ImapError::Violation { step, .. } => Some(*step),
            ImapError::Lacks(_) | ImapError::NoRoom => None,
        }
    }
}

fn in_brackets(code: Option<&str>) -> String {
    code.map(|code| format!(" ({code})")).unwrap_or_default()
}
