//! How a decision ended: one enum, and the single source for each outcome's
//! name, message, metric label and HTTP status.

use serde::{Deserialize, Serialize};

/// Declares [`OutcomeKind`] with everything that is said about each case, so
/// that a name, a status or a text exists in one place only.
macro_rules! outcomes {
    ($( $(#[doc = $doc:literal])+ $case:ident = $name:literal, $status:literal, $message:literal; )+) => {
        /// How a call to a policy ended.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum OutcomeKind {
            $( $(#[doc = $doc])+ $case, )+
        }

        impl OutcomeKind {
            /// Every outcome, in the order of their declaration.
            pub const ALL: &'static [OutcomeKind] = &[ $( OutcomeKind::$case, )+ ];

            /// The name: in JSON, in metric labels and in messages.
            pub const fn as_str(self) -> &'static str {
                match self { $( OutcomeKind::$case => $name, )+ }
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
    Ok = "ok", 200, "the policy answered";
    /// The policy has no opinion. Not a failure.
    Declined = "declined", 200, "the policy has no opinion";
    /// The policy itself reported that it could not do its work.
    Failed = "failed", 502, "the policy reported an error";
    /// The CPU deadline, or ten times as much wall-clock time, ran out.
    Timeout = "timeout", 504, "the policy did not answer in time";
    /// The metered engine's fuel ran out.
    OutOfFuel = "out-of-fuel", 504, "the policy used up its fuel";
    /// A limit on memory, tables, handles or state was hit.
    OutOfMemory = "out-of-memory", 502, "the policy needed more memory than it may have";
    /// The call stack grew past its limit.
    StackOverflow = "stack-overflow", 502, "the policy recursed too deeply";
    /// The policy crashed.
    Trapped = "trapped", 502, "the policy crashed";
    /// The policy answered something the contract does not allow, or handed
    /// over more bytes than the limit on a transfer.
    BadOutput = "bad-output", 502, "the policy's answer is not valid";
    /// The policy used something it was not granted.
    Denied = "denied", 502, "the policy used something it was not granted";
    /// The host was too busy to start the decision. No fault of the policy.
    Overloaded = "overloaded", 503, "the host is too busy";
    /// The input crashed the host's process repeatedly and is set aside.
    Quarantined = "quarantined", 502, "the input is set aside after repeated crashes";
    /// An operator has taken the policy, or its stage, out for a while.
    Bypassed = "bypassed", 502, "an operator has taken the policy out for a while";
    /// The component does not fit the contract this host speaks.
    Incompatible = "incompatible", 502, "the policy does not fit this host's contract";
}

impl OutcomeKind {
    /// Whether the stage's `on-failure` rule has to decide: everything but an
    /// answer, no opinion, and a host that was too busy to ask.
    pub const fn is_failure(self) -> bool {
        !matches!(
            self,
            OutcomeKind::Ok | OutcomeKind::Declined | OutcomeKind::Overloaded
        )
    }
}

impl std::fmt::Display for OutcomeKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
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

/// How a call to a policy ended, with what is needed to understand why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Which of the closed set it was.
    pub kind: OutcomeKind,
    /// What in particular happened: the field that is wrong, the grant that is
    /// missing, the policy's own words. Never personal data of the host's.
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
    /// An outcome with nothing more to say.
    pub fn plain(kind: OutcomeKind) -> Outcome {
        Outcome {
            kind,
            detail: None,
            limit: None,
            backtrace: Vec::new(),
        }
    }

    /// An outcome with its particulars.
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
    fn the_serialised_name_is_the_declared_name() {
        for kind in OutcomeKind::ALL {
            let json = serde_json::to_value(kind).expect("an enum serialises");
            assert_eq!(json, kind.as_str());
        }
    }

    #[test]
    fn overload_is_no_fault_of_the_policy() {
        assert!(!OutcomeKind::Overloaded.is_failure());
        assert!(OutcomeKind::Trapped.is_failure());
    }
}
