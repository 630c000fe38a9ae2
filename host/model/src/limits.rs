//! What one decision of one plugin may use. Every limit is enforced by the
//! engine, and each has a hostile guest that breaks it among the tests.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::duration::{ByteSize, Millis};

/// Declares the limits once: the resolved set, the partial set people write,
/// the defaults, and how the two meet under a ceiling.
macro_rules! limits {
    ($( $(#[doc = $doc:literal])+ $field:ident: $type:ty = $default:expr, $key:literal; )+) => {
        /// The limits a plugin runs under.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub struct Limits {
            $( $(#[doc = $doc])+ pub $field: $type, )+
        }

        /// Limits as people write them, in a pack (suggested), in a company
        /// file (wanted) or in the server's settings (the ceiling): any may be
        /// left out.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
        pub struct LimitsFile {
            $( $(#[doc = $doc])+
               #[serde(skip_serializing_if = "Option::is_none")]
               pub $field: Option<$type>, )+
        }

        impl Default for Limits {
            fn default() -> Limits {
                Limits { $( $field: $default, )+ }
            }
        }

        impl Limits {
            /// The limits of a plugin: what the company wants, else what the
            /// pack suggests, else the default, and never above the ceiling. A
            /// suggestion above the ceiling is lowered to it.
            ///
            /// # Errors
            /// [`AboveCeiling`] where the company itself asks for more: it
            /// would otherwise believe it got it.
            pub fn resolve(
                ceiling: &Limits,
                suggested: &LimitsFile,
                wanted: &LimitsFile,
            ) -> Result<Limits, Vec<AboveCeiling>> {
                let default = Limits::default();
                let mut above = Vec::new();
                $(
                    if wanted.$field.as_ref().is_some_and(|wanted| *wanted > ceiling.$field) {
                        above.push(AboveCeiling {
                            limit: $key,
                            ceiling: format!("{}", ceiling.$field),
                        });
                    }
                )+
                if !above.is_empty() {
                    return Err(above);
                }
                Ok(Limits {
                    $( $field: wanted
                        .$field
                        .or(suggested.$field)
                        .unwrap_or(default.$field)
                        .min(ceiling.$field), )+
                })
            }

            /// The ceiling: the largest values a host allows unless told
            /// otherwise, overridden where `file` says so.
            pub fn ceiling(file: &LimitsFile) -> Limits {
                let usual = Limits::usual_ceiling();
                Limits { $( $field: file.$field.unwrap_or(usual.$field), )+ }
            }
        }
    };
}

limits! {
    /// CPU time of one call. Wall-clock time is limited to ten times as much.
    deadline: Millis = Millis(50), "deadline";
    /// Linear memory of one instance.
    memory: ByteSize = ByteSize(32 << 20), "memory";
    /// Elements of one table of one instance.
    table_elements: u32 = 20_000, "table-elements";
    /// Bytes a policy may hand to the host in one call, either way.
    transfer: ByteSize = ByteSize(1 << 20), "transfer";
    /// Handles to host resources alive in one decision.
    handles: u32 = 1024, "handles";
    /// Bytes of an answer.
    output: ByteSize = ByteSize(256 << 10), "output";
    /// Bytes of log lines kept with a decision; later lines are counted only.
    log: ByteSize = ByteSize(16 << 10), "log";
    /// Bytes of keys and values one decision may write.
    state: ByteSize = ByteSize(64 << 10), "state";
    /// Decisions of the plugin that may run at once.
    concurrency: u32 = 64, "concurrency";
    /// Instructions, roughly, of one call on the metered engine.
    fuel: u64 = 500_000_000, "fuel";
}

impl Limits {
    fn usual_ceiling() -> Limits {
        Limits {
            deadline: Millis(1_000),
            memory: ByteSize(128 << 20),
            table_elements: 100_000,
            transfer: ByteSize(8 << 20),
            handles: 1024,
            output: ByteSize(1 << 20),
            log: ByteSize(64 << 10),
            state: ByteSize(256 << 10),
            concurrency: 256,
            fuel: 50_000_000_000,
        }
    }
}

/// A company wants more than the operator allows.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("limit `{limit}` is above the operator's ceiling of {ceiling}")]
pub struct AboveCeiling {
    /// Key of the limit, as in the files.
    pub limit: &'static str,
    /// The ceiling.
    pub ceiling: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(deadline: u64) -> LimitsFile {
        LimitsFile {
            deadline: Some(Millis(deadline)),
            ..LimitsFile::default()
        }
    }

    #[test]
    fn the_company_wins_over_the_pack() {
        let ceiling = Limits::ceiling(&LimitsFile::default());
        let limits = Limits::resolve(&ceiling, &file(10), &file(20)).expect("allowed");
        assert_eq!(limits.deadline, Millis(20));
        let limits = Limits::resolve(&ceiling, &file(10), &LimitsFile::default()).expect("allowed");
        assert_eq!(limits.deadline, Millis(10));
    }

    #[test]
    fn a_suggestion_is_lowered_and_a_wish_is_refused() {
        let ceiling = Limits::ceiling(&file(15));
        let limits =
            Limits::resolve(&ceiling, &file(100), &LimitsFile::default()).expect("lowered");
        assert_eq!(limits.deadline, Millis(15));
        let refused =
            Limits::resolve(&ceiling, &LimitsFile::default(), &file(16)).expect_err("above");
        assert_eq!(refused[0].limit, "deadline");
    }
}
