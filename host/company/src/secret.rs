//! Where the key of a webhook comes from.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Prefixes of the secrets that dashboards show.
const SECRETS: [&str; 2] = ["whsec_", "v1,"];

/// Where a secret comes from. The file never contains the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Name of an environment variable.
    pub env: String,
    /// Name of the variable with the secret being replaced. While it is set,
    /// requests are signed with both.
    pub previous_env: Option<String>,
}

/// The table as it stands in a file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct SecretTable {
    env: VariableName,
    #[serde(default)]
    previous_env: Option<VariableName>,
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        deserializer.deserialize_map(SecretVisitor)
    }
}

struct SecretVisitor;

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = Secret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table such as { env = \"HELP_DESK_SECRET\" }")
    }

    /// The message does not repeat the secret: logs and feeds show it.
    fn visit_str<E: Error>(self, _: &str) -> Result<Secret, E> {
        Err(E::custom(
            "a company file must not contain a secret; set an environment variable to it, and name the variable: secret = { env = \"HELP_DESK_SECRET\" }",
        ))
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Secret, M::Error> {
        let table = SecretTable::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Secret {
            env: table.env.0,
            previous_env: table.previous_env.map(|name| name.0),
        })
    }
}

/// Name of an environment variable.
struct VariableName(String);

impl<'de> Deserialize<'de> for VariableName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<VariableName, D::Error> {
        let name = String::deserialize(deserializer)?;
        if SECRETS.iter().any(|prefix| name.starts_with(prefix)) {
            return Err(D::Error::custom(
                "this is a secret, not the name of an environment variable; set a variable to it, and write the variable's name here",
            ));
        }
        if name.is_empty() || name.contains(|c: char| c == '=' || c.is_control()) {
            return Err(D::Error::custom(
                "this cannot be the name of an environment variable; write one such as HELP_DESK_SECRET",
            ));
        }
        Ok(VariableName(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct File {
        secret: Secret,
    }

    fn parse(secret: &str) -> Result<Secret, String> {
        let file = toml::from_str::<File>(&format!("secret = {secret}"));
        file.map(|file| file.secret)
            .map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_secret_names_one_or_two_variables() {
        let parsed = parse(r#"{ env = "NEW", previous-env = "OLD.1" }"#).expect("valid");
        let expected = Secret {
            env: "NEW".to_owned(),
            previous_env: Some("OLD.1".to_owned()),
        };
        assert_eq!(parsed, expected);
        assert_eq!(
            parse(r#"{ env = "NEW" }"#).expect("valid").previous_env,
            None
        );
    }

    #[test]
    fn no_message_about_a_secret_in_the_file_repeats_it() {
        for (secret, expected) in [
            (
                r#""whsec_c2VjcmV0""#,
                "a company file must not contain a secret",
            ),
            (r#""c2VjcmV0""#, "a company file must not contain a secret"),
            (r#"{ env = "whsec_c2VjcmV0" }"#, "this is a secret"),
            (
                r#"{ env = "A", previous-env = "whsec_c2VjcmV0" }"#,
                "this is a secret",
            ),
            (r#"{ env = "v1,c2VjcmV0" }"#, "this is a secret"),
            (r#"{ env = "" }"#, "this cannot be the name"),
            (r#"{ env = "A=c2VjcmV0" }"#, "this cannot be the name"),
            (r#"{ value = "c2VjcmV0" }"#, "unknown field `value`"),
            (r#"{ previous-env = "A" }"#, "missing field `env`"),
        ] {
            let message = parse(secret).expect_err(secret);
            assert!(message.starts_with(expected), "{secret}: {message}");
            assert!(!message.contains("c2VjcmV0"), "{message}");
        }
    }
}
