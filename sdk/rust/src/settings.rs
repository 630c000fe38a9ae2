//! The settings a company gave the policy. Needs no grant.

use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use crate::Problems;
use crate::source;

crate::settings! {
    /// Settings of a policy that has none.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct NoSettings {}
}

/// All settings as one JSON object, with the schema's defaults. A policy rarely needs it:
/// [`prepare`](crate::Policy::prepare) receives them.
pub fn text() -> String {
    source::settings::get()
}

/// Parses settings.
///
/// # Errors
/// The first value that does not fit, with its path.
pub fn parse<T: DeserializeOwned>(json: &str) -> Result<T, Problems> {
    let mut json = serde_json::Deserializer::from_str(json);
    let settings = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| Problems::at(pointer(error.path()), without_position(error.inner())))?;
    json.end()
        .map_err(|error| Problems::at("", without_position(&error)))?;
    Ok(settings)
}

/// Removes the position: companies write TOML, and a line of the JSON made from it means nothing.
fn without_position(error: &serde_json::Error) -> String {
    let mut message = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    if message.ends_with(&position) {
        message.truncate(message.len() - position.len());
    }
    message
}

fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Unknown => {}
        }
    }
    pointer
}

/// Defines the settings of a policy: structs and enums that are read from JSON and have a JSON
/// Schema.
///
/// Each item derives `Deserialize` and `JsonSchema`, has names in kebab-case, and rejects unknown
/// names. Add other derives, documentation (it becomes the schema's descriptions) and serde
/// attributes such as `#[serde(default = "…")]` as needed.
///
/// ```
/// use patchbay_sdk::prelude::*;
///
/// settings! {
///     /// What a company can set.
///     #[derive(Clone, Debug)]
///     pub struct Settings {
///         /// Followers from which a public post is urgent.
///         #[serde(default = "many")]
///         urgent_reach: u64,
///         /// What to do at night.
///         night: Night,
///     }
///
///     /// What to do at night.
///     #[derive(Clone, Copy, Debug, PartialEq)]
///     pub enum Night { Queue, NextSite }
/// }
///
/// fn many() -> u64 { 100_000 }
///
/// let settings: Settings = settings::parse(r#"{"night": "next-site"}"#).unwrap();
/// assert_eq!((settings.urgent_reach, settings.night), (100_000, Night::NextSite));
///
/// let problems = settings::parse::<Settings>(r#"{"nigth": "queue"}"#).unwrap_err();
/// assert_eq!(
///     problems.to_string(),
///     "/nigth: unknown field `nigth`, expected `urgent-reach` or `night`",
/// );
/// ```
///
/// For another shape, derive both traits directly with `#[serde(crate = "patchbay_sdk::serde")]`
/// and `#[schemars(crate = "patchbay_sdk::schemars")]`.
#[macro_export]
macro_rules! settings {
    ($($item:item)+) => {
        $(
            #[derive($crate::serde::Deserialize, $crate::schemars::JsonSchema)]
            #[serde(
                crate = "patchbay_sdk::serde",
                deny_unknown_fields,
                rename_all = "kebab-case"
            )]
            #[schemars(crate = "patchbay_sdk::schemars")]
            $item
        )+
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::settings! {
        #[derive(Debug)]
        struct Settings {
            queues: Vec<Queue>,
        }

        #[derive(Debug)]
        struct Queue {
            #[expect(dead_code, reason = "only its type matters")]
            least_agents: u32,
        }
    }

    fn problem(json: &str) -> String {
        parse::<Settings>(json).unwrap_err().to_string()
    }

    #[test]
    fn a_problem_has_its_path() {
        assert_eq!(
            problem(r#"{"queues": [{"least-agents": 1}, {"least-agents": "two"}]}"#),
            "/queues/1/least-agents: invalid type: string \"two\", expected u32",
        );
        assert_eq!(
            problem(r#"{"queues": [{}]}"#),
            "/queues/0: missing field `least-agents`"
        );
        assert_eq!(problem("{}"), "missing field `queues`");
    }

    #[test]
    fn text_after_the_settings_is_a_problem() {
        assert_eq!(problem(r#"{"queues": []} {}"#), "trailing characters");
    }

    #[test]
    fn names_are_escaped_in_pointers() {
        let problems =
            parse::<std::collections::BTreeMap<String, u8>>(r#"{"a/b~c": 300}"#).unwrap_err();
        assert_eq!(problems.iter().next().unwrap().path, "/a~1b~0c");
    }

    #[test]
    fn valid_settings_are_parsed() {
        let settings: Settings = parse(r#"{"queues": [{"least-agents": 1}]}"#).unwrap();
        assert_eq!(settings.queues.len(), 1);
    }
}
