//! Outcomes of calls to policies.

use serde::{Deserialize, Serialize};

use crate::codes;

/// One row per outcome: code, class, HTTP status and message.
macro_rules! outcomes {
    ($( $(#[doc = $doc:literal])+ $case:ident = $name:literal, $class:ident, $status:literal, $message:literal; )+) => {
        codes! {
            /// Outcome of a call to a policy.
            pub enum OutcomeKind {
                $( $(#[doc = $doc])+ $case = $name, )+
            }
        }

        impl OutcomeKind {
            /// Whose result it is: decides fallbacks and the circuit breaker.
            pub const fn class(self) -> OutcomeClass {
                match self { $( OutcomeKind::$case => OutcomeClass::$class, )+ }
            }

            /// What happened, in a sentence without a full stop.
            pub const fn message(self) -> &'static str {
                match self { $( OutcomeKind::$case => $message, )+ }
            }

            /// HTTP status of an answer that consists of this outcome alone.
            pub const fn http_status(self) -> u16 {
                match self { $( OutcomeKind::$case => $status, )+ }
            }
        }
    };
}

outcomes! {
    /// The policy answered, and the answer is valid.
    Ok = "ok", Answered, 200, "the policy answered";
    /// The policy has no opinion. Not a failure.
    Declined = "declined", Answered, 200, "the policy has no opinion";
    /// The policy itself reported that it could not do its work.
    Failed = "failed", Failed, 502, "the policy reported an error";
    /// The CPU deadline, or ten times as much wall-clock time, ran out.
    Timeout = "timeout", Failed, 504, "the policy did not answer in time";
    /// The metered engine's fuel ran out.
    OutOfFuel = "out-of-fuel", Failed, 504, "the policy used up its fuel";
    /// A limit on memory, tables, handles or state was hit.
    OutOfMemory = "out-of-memory", Failed, 502, "the policy exceeded its memory limit";
    /// The call stack grew past its limit.
    StackOverflow = "stack-overflow", Failed, 502, "the policy recursed too deeply";
    /// The policy crashed.
    Trapped = "trapped", Failed, 502, "the policy crashed";
    /// The answer violates the contract, or the policy passed more bytes than
    /// the transfer limit.
    BadOutput = "bad-output", Failed, 502, "the policy's answer is not valid";
    /// The policy used something it was not granted.
    Denied = "denied", Failed, 502, "the policy used something it was not granted";
    /// The host had no capacity to start the decision.
    Overloaded = "overloaded", HostBusy, 503, "the host is too busy";
    /// The input crashed the host repeatedly; no policy is called about it.
    Quarantined = "quarantined", Failed, 502, "the input is quarantined after repeated crashes";
    /// An operator bypasses the policy or its stage.
    Bypassed = "bypassed", Failed, 502, "an operator bypasses the policy";
    /// The component does not fit the contract this host speaks.
    Incompatible = "incompatible", Failed, 502, "the policy does not fit this host's contract";
}

/// What an outcome means for the stage and for the circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutcomeClass {
    /// The policy did its work. Closes the circuit breaker.
    Answered,
    /// The stage's `on-failure` rule decides. Counts for the circuit breaker.
    Failed,
    /// The host had no capacity for the call. The circuit breaker stays as it
    /// is.
    HostBusy,
}

impl OutcomeKind {
    /// Whether the stage's `on-failure` rule has to decide.
    pub const fn is_failure(self) -> bool {
        matches!(self.class(), OutcomeClass::Failed)
    }
}

/// A limit that was hit, by name and value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitHit {
    /// Name of the limit: `cpu`, `wall`, `fuel`, `memory`, `table`, `stack`,
    /// `handles`, `output`, `state`, `random`, `concurrency`.
    pub limit: String,
    /// Its value.
    pub value: u64,
    /// Unit of the value: `ms`, `bytes`, `elements`, `handles`, `units`.
    pub unit: String,
}

/// Outcome of a call, with details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Kind.
    pub kind: OutcomeKind,
    /// Details: the invalid field, the missing grant, or the policy's message.
    /// Never personal data of the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The limit that was hit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitHit>,
    /// Frames of the policy's call stack at a trap, innermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backtrace: Vec<String>,
}

impl Outcome {
    /// An outcome without details.
    pub fn plain(kind: OutcomeKind) -> Outcome {
        Outcome {
            kind,
            detail: None,
            limit: None,
            backtrace: Vec::new(),
        }
    }

    /// An outcome with details.
    pub fn with_detail(kind: OutcomeKind, detail: impl Into<String>) -> Outcome {
        Outcome {
            detail: Some(detail.into()),
            ..Outcome::plain(kind)
        }
    }

    /// An outcome caused by a limit.
    pub fn limited(kind: OutcomeKind, limit: &str, value: u64, unit: &str) -> Outcome {
        Outcome {
            limit: Some(LimitHit {
                limit: limit.to_owned(),
                value,
                unit: unit.to_owned(),
            }),
            ..Outcome::plain(kind)
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.kind, self.kind.message())?;
        if let Some(hit) = &self.limit {
            write!(f, " (limit {}: {} {})", hit.limit, hit.value, hit.unit)?;
        }
        if let Some(detail) = &self.detail {
            write!(f, ": {detail}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_serialized() {
        for kind in OutcomeKind::ALL {
            let json = serde_json::to_value(kind).expect("an enum serialises");
            assert_eq!(json, kind.as_str());
        }
    }

    #[test]
    fn overload_is_not_a_failure() {
        assert!(!OutcomeKind::Overloaded.is_failure());
        assert!(OutcomeKind::Trapped.is_failure());
    }
}
