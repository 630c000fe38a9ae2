//! Limits of one decision of one plugin. The engine enforces each; a hostile
//! guest tests each.

use patchbay_config::duration::{ByteSize, Millis};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// One row per limit: default, default ceiling, key, unit, and the module that
/// enforces it.
macro_rules! limits {
    ($( $(#[doc = $doc:literal])+ $field:ident: $type:ty = $default:expr, $ceiling:expr, $key:literal, $unit:literal, $enforced:literal; )+) => {
        /// The limits a plugin runs under.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub struct Limits {
            $( $(#[doc = $doc])+ pub $field: $type, )+
        }

        /// Limits in a pack (suggested), a company file (requested) or the
        /// server's settings (ceiling); each may be absent.
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
            /// Limits of a plugin: the company's, else the pack's, else the
            /// default. Values of the pack are lowered to the ceiling.
            ///
            /// # Errors
            /// One [`CeilingError`] per value of the company above the ceiling.
            pub fn resolve(
                ceiling: &Limits,
                suggested: &LimitsFile,
                wanted: &LimitsFile,
            ) -> Result<Limits, Vec<CeilingError>> {
                let default = Limits::default();
                let mut above = Vec::new();
                $(
                    if wanted.$field.as_ref().is_some_and(|wanted| *wanted > ceiling.$field) {
                        above.push(CeilingError {
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

            /// One row per limit.
            pub const TABLE: &'static [LimitInfo] = &[ $( LimitInfo {
                key: $key,
                unit: $unit,
                enforced_in: $enforced,
            }, )+ ];

            /// The ceiling: the server's settings, and the default ceiling for
            /// limits they leave out.
            pub fn ceiling(file: &LimitsFile) -> Limits {
                Limits { $( $field: file.$field.unwrap_or($ceiling), )+ }
            }
        }
    };
}

limits! {
    /// CPU time of one call. Wall-clock time is limited to ten times as much.
    deadline: Millis = Millis(50), Millis(1_000), "deadline", "ms", "engine: instance";
    /// Linear memory of one instance.
    memory: ByteSize = ByteSize(32 << 20), ByteSize(128 << 20), "memory", "bytes", "engine: limits::limiter";
    /// Elements of one table of one instance.
    table_elements: u32 = 20_000, 100_000, "table-elements", "elements", "engine: limits::limiter";
    /// Bytes a policy may pass to or get from the host in one call.
    transfer: ByteSize = ByteSize(1 << 20), ByteSize(8 << 20), "transfer", "bytes", "engine: instance";
    /// Handles to host resources alive in one decision.
    handles: u32 = 1024, 1024, "handles", "handles", "engine: care::handles";
    /// Bytes of an answer.
    output: ByteSize = ByteSize(256 << 10), ByteSize(1 << 20), "output", "bytes", "engine: plugin::lease";
    /// Bytes of log lines stored with a decision; later lines are counted only.
    log: ByteSize = ByteSize(16 << 10), ByteSize(64 << 10), "log", "bytes", "engine: care::log_buffer";
    /// Bytes of keys and values one decision may write.
    state: ByteSize = ByteSize(64 << 10), ByteSize(256 << 10), "state", "bytes", "engine: care::state";
    /// Decisions of the plugin that may run at once.
    concurrency: u32 = 64, 256, "concurrency", "decisions", "engine: gate";
    /// Instructions, roughly, of one call on the metered engine.
    fuel: u64 = 500_000_000, 50_000_000_000, "fuel", "units", "engine: instance";
}

/// A row of the table of limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitInfo {
    /// Key in the files.
    pub key: &'static str,
    /// Unit of the value.
    pub unit: &'static str,
    /// Module that enforces it.
    pub enforced_in: &'static str,
}

/// A limit of a company above the ceiling.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("limit `{limit}` is above the operator's ceiling of {ceiling}")]
pub struct CeilingError {
    /// Key of the limit.
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
    fn the_company_overrides_the_pack() {
        let ceiling = Limits::ceiling(&LimitsFile::default());
        let limits = Limits::resolve(&ceiling, &file(10), &file(20)).expect("allowed");
        assert_eq!(limits.deadline, Millis(20));
        let limits = Limits::resolve(&ceiling, &file(10), &LimitsFile::default()).expect("allowed");
        assert_eq!(limits.deadline, Millis(10));
    }

    #[test]
    fn values_of_a_pack_are_lowered_and_those_of_a_company_refused() {
        let ceiling = Limits::ceiling(&file(15));
        let limits =
            Limits::resolve(&ceiling, &file(100), &LimitsFile::default()).expect("lowered");
        assert_eq!(limits.deadline, Millis(15));
        let refused =
            Limits::resolve(&ceiling, &LimitsFile::default(), &file(16)).expect_err("above");
        assert_eq!(refused[0].limit, "deadline");
    }
}
