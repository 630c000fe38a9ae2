//! Strings of settings that name something of the company: a queue, an agent, a target. The host
//! checks them when a company file is applied, and suggests the nearest name for a misspelt one.
//!
//! ```
//! use patchbay_sdk::prelude::*;
//! use patchbay_sdk::references::{QueueRef, TargetRef};
//!
//! settings! {
//!     pub struct Settings {
//!         /// Queue of lost and stolen cards.
//!         fraud: QueueRef,
//!         /// Whom to notify.
//!         #[serde(default)]
//!         press: Option<TargetRef>,
//!     }
//! }
//!
//! let settings: Settings = settings::parse(r#"{"fraud": "cards"}"#).unwrap();
//! let plan = RoutePlan::to_queue(&*settings.fraud);
//! assert_eq!(plan.target.id.as_deref(), Some("cards"));
//! ```
//!
//! Keys of a map are checked too: `BTreeMap<SkillRef, String>`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

macro_rules! references {
    ($($(#[$doc:meta])* $name:ident = $kind:literal,)+) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::ops::Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self(name.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl From<&$name> for String {
            fn from(name: &$name) -> String {
                name.0.clone()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        // Written as a text in a default of the schema.
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "x-patchbay-ref": $kind})
            }
        }
    )+ };
}

references! {
    /// A queue of the company file.
    QueueRef = "queue",
    /// An agent. Agents also come from the roster: an agent that the company file lacks is a
    /// warning.
    AgentRef = "agent",
    /// A team of agents; as for agents.
    TeamRef = "team",
    /// A skill of agents or queues; as for agents.
    SkillRef = "skill",
    /// A target of the company file, for replies and notices.
    TargetRef = "target",
    /// Business hours of the company file.
    HoursRef = "hours",
    /// A channel: a code the host knows, or one with a table in the company file.
    ChannelRef = "channel",
}

/// Where a secret of the company is, as `env:NAME` or `file:/run/secrets/name`. A company file gives
/// it as `{ env = "NAME" }` or `{ file = "/run/secrets/name" }`, and the host refuses anything else.
///
/// A policy never gets the secret: what it knows can get into its answers, its log and its stored
/// state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(transparent)]
pub struct SecretRef(String);

impl SecretRef {
    /// Where the secret is.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

// Written as a text in a default of the schema.
impl serde::Serialize for SecretRef {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl JsonSchema for SecretRef {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "SecretRef".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "x-patchbay-secret": true})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::settings! {
        struct Settings {
            #[expect(dead_code, reason = "only its schema is used")]
            fraud: QueueRef,
            #[expect(dead_code, reason = "only its schema is used")]
            press: Option<TargetRef>,
            #[expect(dead_code, reason = "only its schema is used")]
            token: Option<SecretRef>,
        }
    }

    #[test]
    fn the_schema_marks_what_a_string_names() {
        let schema = schemars::schema_for!(Settings).to_value();
        assert_eq!(schema["properties"]["fraud"]["x-patchbay-ref"], "queue");
        let press = schema["properties"]["press"].to_string();
        assert!(press.contains("\"x-patchbay-ref\":\"target\""), "{press}");
        let token = schema["properties"]["token"].to_string();
        assert!(token.contains("\"x-patchbay-secret\":true"), "{token}");
    }
}
